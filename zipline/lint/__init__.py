"""Definitions that will hurt: rules over the definitions of a repository and over facts about their data."""

"""Profiles: what the values of a training set's features are like."""

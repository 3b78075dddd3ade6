"""Engines: places that lower a plan and run it."""

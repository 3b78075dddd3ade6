"""Logs of events (topics, pushed rows): reading them, decoding them, and what cannot be decoded."""

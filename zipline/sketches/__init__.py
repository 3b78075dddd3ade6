"""Approximate aggregations, defined to the bit: plain Python that needs nothing installed."""

"""Timelines: a feature's value through time, exact at every moment at which it can change."""

from zipline.timeline.result import Timeline

__all__ = ["Timeline"]

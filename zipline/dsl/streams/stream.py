"""Stream: where a source's events come from as they happen. It says nothing of what they mean."""

from __future__ import annotations

from zipline.dsl.definition import Definition


class Stream(Definition):
    """A place that brings the rows of a source one after another, in the columns of its table."""

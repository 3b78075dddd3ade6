"""Definitions as one would write them: what differs from the defaults, on one line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from zipline.display.secrets import plainly, without_secrets
from zipline.dsl.aggregation import Feature
from zipline.dsl.definition import Definition
from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Stream
from zipline.dsl.table import Frame, Table
from zipline.dsl.timestamp import Timestamp
from zipline.dsl.window import Window
from zipline.time import from_micros, micros_text


def written(value: Any) -> str:
    """Return a table, a stream, a time or an aggregation as the call that makes it; another value as Python shows it.

    The secrets in a table's address are hidden.

    >>> from zipline import Count, Csv, Quantile
    >>> written(Csv("sales.csv")), written(Count(where="late")), written(Quantile("arr_delay", 0.9))
    ("Csv('sales.csv')", "Count(where='late')", "Quantile('arr_delay', 0.9)")
    """
    if isinstance(value, Timestamp) and value.unit is None and value.zone is None:
        return repr(value.column)
    if not isinstance(value, Definition) or isinstance(value, Frame):
        return repr(list(value) if isinstance(value, tuple) else value)
    text = f"{type(value).__name__}({', '.join(_arguments(value))})"
    return without_secrets(text) if isinstance(value, (Table, Stream)) else text


def places(source: EventSource) -> str:
    """Return where a source's rows lie and stream from.

    >>> from zipline import Kafka, Parquet
    >>> places(EventSource("a", table=Parquet("a/"), stream=Kafka("a"), event_time="ts"))
    "Parquet('a/'), Kafka('a')"
    """
    found = [source.table] if source.has_table else []
    return ", ".join(written(each) for each in (*found, source.stream) if each is not None)


def online(view: FeatureView) -> str:
    """Return whether a view is read online, and when what is read is stale; empty where it is not read."""
    late = f", stale after {duration(view.freshness_us)}" if view.freshness_us is not None else ""
    return f"yes{late}" if view.online else ""


def time_column(time: Timestamp) -> str:
    """Return a time column's name, or with the word of explanation that it needs."""
    return time.column if time.unit is None and time.zone is None else written(time)


def duration(micros: int) -> str:
    """Return a duration in its largest whole unit up to a day."""
    return micros_text(micros)


def what(feature: Feature | Derived) -> str:
    """Return what a feature computes, without its window."""
    return feature.expression if isinstance(feature, Derived) else written(feature.aggregation)


def window_of(feature: Feature | Derived) -> str:
    """Return a feature's window; empty for a derived one.

    >>> from zipline import Count, Window
    >>> from zipline.dsl.aggregation import features_of
    >>> window_of(features_of(Count().over(Window("30d", hop="1d")))[0]), window_of(features_of(Count())[0])
    ('30d hop 1d', 'lifetime')
    """
    return _window(feature.window) if isinstance(feature, Feature) else ""


def _window(window: Window) -> str:
    length, _, offset = window.label.partition("offset_")
    steps = [(name, getattr(window, f"{name}_us")) for name in ("hop", "align")]
    parts = [length.strip("_") or "lifetime", *([f"offset {offset}"] if offset else [])]
    return " ".join([*parts, *(f"{name} {duration(micros)}" for name, micros in steps if micros)])


def _arguments(value: Definition) -> Iterator[str]:
    """Give the arguments of the call: by position as long as none is left out, then by name."""
    fields = type(value).model_fields
    by_name = False
    for name, parameter in inspect.signature(type(value).__init__).parameters.items():
        field = name if name in fields else f"{name}_us"
        if field not in fields:
            continue
        given = getattr(value, field)
        if given == fields[field].default or given in (None, ()):
            by_name = True
            continue
        text = _argument(field, given)
        by_name = by_name or parameter.kind is inspect.Parameter.KEYWORD_ONLY
        yield f"{name}={text}" if by_name else text


def _argument(field: str, given: Any) -> str:
    if field == "at_us":
        return repr(from_micros(given).isoformat().replace("+00:00", "Z"))
    if field in ("properties", "options"):
        return repr(dict(plainly(given, field)))
    return repr(duration(given)) if field.endswith("_us") and isinstance(given, int) else written(given)

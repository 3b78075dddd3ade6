"""A timeline is what observations at its moments get, and holds between them: to the bit, of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zipline as zl
from tests.conformance.dataset import STAMP
from tests.conformance.engines import Case
from tests.conformance.plain import exact, rows_of
from tests.conformance.random_requests import cases
from zipline.time import from_micros
from zipline.timeline import Timeline

FIRST, LAST = -70, 110


def of_case(case: Case, key: Any, first: int, last: int, **options: Any) -> Timeline:
    return zl.FeatureStore().timeline(
        case.features, key, from_micros(first), from_micros(last), **options,
        as_of=None if case.as_of is None else from_micros(case.as_of), hindsight=case.hindsight,
    )  # fmt: skip


def dense(case: Case, key: Any, kind: pa.DataType, first: int, last: int) -> dict[int, dict[str, Any]]:
    """Return what an observation at every single microsecond gets."""
    times = list(range(first, last + 1))
    asked = pa.table({"t": pa.array(times, STAMP), "k": pa.array([key] * len(times), kind)})
    rows = zl.FeatureStore().training_set(
        asked, case.features, time="t",
        as_of=None if case.as_of is None else from_micros(case.as_of), hindsight=case.hindsight,
    )  # fmt: skip
    return {row.pop("t"): row for row in rows_of(rows.to_arrow())}


def values(row: dict[str, Any], names: Sequence[str], prefix: str = "") -> dict[str, Any]:
    return {name: exact(row[prefix + name]) for name in names}


# One feature of every case sees all events; alone, each of the others changes at moments of its own.
@given(case=cases(), pick=st.integers(0, 99), first=st.integers(FIRST, 40), length=st.integers(0, 80))
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_values_hold_from_one_moment_to_the_next(case: Case, pick: int, first: int, length: int) -> None:
    keys = case.observations["k"].to_pylist() or [None]
    key, kind = keys[pick % len(keys)], case.observations["k"].type
    names = case.features.names if pick % 4 == 0 else case.features.names[:1]
    last = first + length
    wanted = dense(case, key, kind, first, last)
    found = of_case(case, key, first, last, features=names)
    rows = {row["time"]: row for row in rows_of(found.to_arrow())}
    assert list(rows)[:1] == [first]
    assert list(rows)[-1:] == [last]
    current: dict[str, Any] = {}
    for t, row in wanted.items():
        right = values(row, names, "v__")
        if t in rows:
            current = values(rows[t], names)
            assert current == right, t
        else:
            held = {name: value for name, value in current.items() if name not in found.continuous}
            assert held == {name: right[name] for name in held}, t


@given(case=cases(), step=st.integers(1, 30))
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_grid_is_what_observations_on_it_get(case: Case, step: int) -> None:
    keys = case.observations["k"].to_pylist() or [None]
    wanted = dense(case, keys[0], case.observations["k"].type, FIRST, LAST)
    rows = rows_of(of_case(case, keys[0], FIRST, LAST, every=f"{step}us").to_arrow())
    assert [row["time"] for row in rows] == list(range(FIRST, LAST + 1, step))
    for row in rows:
        names = case.features.names
        assert values(row, names) == values(wanted[row["time"]], names, "v__")

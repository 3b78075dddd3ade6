"""Logged reads are computed again: equal, different, or behind the stream."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.online.verify.conftest import ASKED, HOURS, Logged
from zipline.online.logged_reads import LoggedReads
from zipline.online.verify import NotReplayed, verify


def changed(reads: LoggedReads, column: str, row: int, value: Any) -> LoggedReads:
    """Return reads of which one value was another."""
    values = reads.values.to_pylist()
    values[row][column] = value
    kind = reads.table.schema.field("values").type
    place = reads.table.schema.get_field_index("values")
    return LoggedReads(reads.service, reads.table.set_column(place, "values", pa.array(values, kind)))


def test_what_was_served_is_what_training_sees(served: Logged) -> None:
    found = served.verify()
    assert (found.service, found.reads, found.failed) == ("delay_model@1", 2 * len(HOURS) * len(ASKED), 0)
    assert [each.feature for each in found.features] == served.reads().values.column_names
    assert all((each.equal, each.different, each.lag) == (found.reads, 0, 0) for each in found.features)
    assert (found.differences, found.unexplained) == ((), None)


def test_a_value_that_is_another_is_told_in_full(served: Logged) -> None:
    reads = served.reads()
    value = reads.values["carriers__count_1d"][7].as_py()
    found = served.verify(changed(reads, "carriers__count_1d", 7, value + 1))
    assert found.different == 1
    (counts,) = [each for each in found.features if each.different]
    assert (counts.feature, counts.equal, counts.lag) == ("carriers__count_1d", found.reads - 1, 0)
    (difference,) = found.differences
    assert (difference.served, difference.computed, difference.lag) == (value + 1, value, False)
    assert difference.request == reads.requests.slice(7, 1).to_pylist()[0]
    assert difference.at == reads.table["at"][7].value


def test_what_the_stream_had_not_brought_is_lag(logged: Logged) -> None:
    world = logged.world
    (record,) = [each for each in world.publish("delay_model") if each.name == "carriers"]
    others = [
        each for each in world.publish("delay_model") if each.kind == "view" and each.name != "carriers"
    ]
    for each in others:
        world.fill(each)
    world.fill(record, rows=world.rows.slice(0, 150))
    logged.read(HOURS)
    found = logged.verify()
    assert (found.different, found.unexplained) == (0, None)
    assert {each.feature.partition("__")[0] for each in found.features if each.lag} == {
        "carriers",
        "per_mile",
    }
    assert all(each.lag for each in found.differences)


def test_a_wrong_value_is_no_lag_because_others_are(logged: Logged) -> None:
    for record in logged.world.publish("delay_model"):
        if record.kind == "view":
            logged.world.fill(record, rows=logged.world.rows.slice(0, 150))
    logged.read((60.0,))
    reads = logged.reads()
    assert logged.verify().lag > 0
    found = logged.verify(changed(reads, "carriers__count_1d", 0, -1))
    assert found.different == 1
    assert [each.served for each in found.differences if not each.lag] == [-1]


def test_lag_cannot_be_told_without_the_events(served: Logged) -> None:
    reads = changed(served.reads(), "carriers__count_1d", 0, -1)

    def gone(reads: LoggedReads) -> Any:
        raise NotReplayed("flights:push:0 begins at offset 5,000", hint="keep it longer")

    found = verify(reads, served.compute, gone)
    assert (found.different, found.lag) == (1, 0)
    assert found.unexplained == "flights:push:0 begins at offset 5,000\nHint: keep it longer"


def test_replayed_whole_it_is_what_training_sees(served: Logged) -> None:
    """The second way to compute is held against the first."""
    reads = served.reads()
    found = verify(reads, served.compute, served.replayer().as_known)
    assert found.different == 0
    for name, values in served.replayer().as_known(reads).items():
        assert values.to_pylist() == reads.values[name].to_pylist(), name


def test_reads_that_failed_are_counted_apart(served: Logged) -> None:
    reads = served.reads()
    place = reads.table.schema.get_field_index("errors")
    errors = [[("carriers__count_1d", "overflow")], *[[]] * (len(reads) - 1)]
    table = reads.table.set_column(place, "errors", pa.array(errors, pa.map_(pa.string(), pa.string())))
    found = served.verify(LoggedReads(reads.service, table))
    assert (found.failed, found.reads, found.different) == (1, len(reads) - 1, 0)

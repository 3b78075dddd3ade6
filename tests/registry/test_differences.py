"""What differs is said at the deepest path, durations as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from zipline.registry.differences import differences


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
        ({"a": {"b": 1}}, {"a": {}}, [("a.b", 1, None)]),
        ({}, {"a": {"length_us": 3_600_000_000}}, [("a", None, {"length": "1h"})]),
        ({"length_us": 86_400_000_000}, {}, [("length", "1d", None)]),
        ({"delay_us": 1}, {"delay_us": 1_209_600_000_000}, [("delay", "1us", "14d")]),
        ({"names": ["a", "b"]}, {"names": ["b", "c"]}, [("names", "a", None), ("names", None, "c")]),
        ({"q": [0.9, 0.5]}, {"q": [0.5]}, [("q", [0.9, 0.5], [0.5])]),
        ({"column": ["b", "a"]}, {"column": ["a", "b"]}, [("column", ["b", "a"], ["a", "b"])]),
        (
            {"table": {}},
            {"table": {"at_us": 1_000_000}},
            [("table.at", None, "1970-01-01T00:00:01+00:00")],
        ),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
    ],
)
def test_differences(before: Any, after: Any, expected: Any) -> None:
    assert [tuple(each) for each in differences(before, after)] == expected

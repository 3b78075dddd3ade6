"""Documents folded into values: the kernel against the general fold, and what each says of odd documents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.plain import cells, exact
from tests.online.state.views import facts_of, state_of
from zipline.aggregations import Count, First, Last, Max, Mean, Min, Sum, TimeSinceFirst, TimeSinceLast
from zipline.dsl import Window
from zipline.online.state.document import deltas
from zipline.online.state.fold import Folder, Needed
from zipline.online.state.fold_general import GeneralFold
from zipline.online.state.fold_questions import longest, questions
from zipline.online.state.view_state import ViewState

SCHEMA = pa.schema(
    [("x", pa.float64()), ("n", pa.int64()), ("b", pa.bool_()), ("d", pa.date32()), ("s", pa.string())]
)
WINDOWS = [
    Window("20us"),
    Window("5us"),
    Window("20us", offset="3us", hop="7us"),
    Window("15us", align="6us"),
]
COMPILED = [
    Count(),
    Count("s"),
    Count("x", where="n > 0", default=7),
    *(each(column) for each in (Sum, Mean) for column in "xnb"),
    *(each(column) for each in (Min, Max, First, Last) for column in "xnbd"),
    Last("x", where="b", default=1.5),
    TimeSinceFirst(),
    TimeSinceLast(where="n > 0"),
]
STATE = state_of(
    [
        each.named(f"f{number}_{place}").over(window)
        for number, each in enumerate(COMPILED)
        for place, window in enumerate(WINDOWS)
    ],
    SCHEMA,
)
FLOATS = [0.0, -0.0, 0.1, 1e308, 1.7e308, -1.7e308, 5e-324, 2.0**53, 1.0, math.nan, math.inf, -math.inf]

rows = st.fixed_dictionaries(
    {
        "at": st.integers(-40, 40),
        "known": st.integers(-40, 60),
        "x": st.none() | st.sampled_from(FLOATS) | st.floats(),
        "n": st.none() | st.sampled_from([0, 1, -1, 2**62, -(2**62), 2**63 - 1]),
        "b": st.none() | st.booleans(),
        "d": st.none() | st.integers(-2, 2),
        "s": st.none() | st.just("a"),
    }
)


def general(
    state: ViewState, documents: Sequence[bytes], t: int
) -> tuple[dict[str, list[Any]], Any, list[bool]]:
    """Return every feature's values as the general fold has them, its errors, and which entities are found."""
    names = [each.name for each in state.features]
    asked = questions(state, names)
    fold = GeneralFold(state, asked, longest(state.windows))
    looked = {row: fold.look(document, row, t, {}) for row, document in enumerate(documents)}
    answer = fold.answer(looked, dict.fromkeys(looked, range(len(asked))), t)
    values = {name: [answer.values[row, place] for row in looked] for place, name in enumerate(names)}
    return values, answer.errors, [each.found for each in looked.values()]


@given(
    entities=st.lists(st.lists(rows, max_size=12), min_size=1, max_size=3),
    t=st.integers(-30, 70),
    cut=st.integers(1, 5),
)
@settings(max_examples=60)
def test_the_kernel_folds_as_the_algebra_does(entities: list[list[dict[str, Any]]], t: int, cut: int) -> None:
    documents = [
        b"".join(
            data
            for start in range(0, len(each), cut)
            for _, data in deltas(STATE, facts_of(STATE, each[start : start + cut]))
        )
        for each in entities
    ]
    folded = Folder(STATE, [each.name for each in STATE.features]).fold(documents, t)
    assert not isinstance(folded, Needed)
    expected, errors, found = general(STATE, documents, t)
    assert folded.errors == errors
    assert folded.found == found
    for name, values in expected.items():
        assert exact(cells(folded.column(name))) == exact(values), name

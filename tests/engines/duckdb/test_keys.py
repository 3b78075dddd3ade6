"""Numbers for entities: equal keys get one number, a null part none."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.duckdb.keys import encode_keys
from zipline.types import BINARY, BOOL, DATE, INT64, STRING, TIMESTAMP, DataType, decimal, to_arrow

PARTS = st.tuples(st.sampled_from(["", "a", "b", None]), st.integers(-2, 2) | st.none())


@given(st.lists(PARTS, max_size=30))
def test_equal_keys_get_one_number(rows: list[tuple[str | None, int | None]]) -> None:
    texts, numbers = (
        pa.array([row[i] for row in rows], kind) for i, kind in enumerate((pa.string(), pa.int64()))
    )
    keys = encode_keys([texts, pa.chunked_array([numbers])], [STRING, INT64])
    whole = list(dict.fromkeys(row for row in rows if None not in row))
    assert keys.count == len(whole)
    assert keys.codes.tolist() == [whole.index(row) if row in whole else len(whole) for row in rows]
    assert list(zip(*(keys.table[f"key_{i}"].to_pylist() for i in range(2)), strict=True)) == whole
    assert keys.table["code"].to_pylist() == list(range(len(whole)))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False, None], BOOL),
        ([-(2**63), 2**63 - 1, None], INT64),
        (["", "\x00", None], STRING),
        ([b"", b"\x00", None], BINARY),
        ([0, -1, None], DATE),
        ([0, -1, None], TIMESTAMP),
        ([Decimal("1.50"), Decimal("-0.01"), None], decimal(38, 2)),
    ],
)
def test_keys_of_each_type_keep_their_values(values: list[object], kind: DataType) -> None:
    column = pa.array(values, to_arrow(kind))
    keys = encode_keys([column], [kind])
    assert keys.codes.tolist() == [0, 1, 2]
    assert keys.table["key_0"].combine_chunks().equals(column.slice(0, 2))


def test_texts_are_integers_in_canonical_decimal_form_only() -> None:
    ends = [str(2**63 - 1), str(2**63), str(-(2**63)), "9" * 40]
    texts = ["7", "07", "-7", "-0", "0", "+1", " 1", "1.0", "", None, *ends]
    keys = encode_keys([pa.array(texts)], [INT64])
    assert keys.table["key_0"].to_pylist() == [7, -7, 0, 2**63 - 1, -(2**63)]
    assert [text for text, code in zip(texts, keys.codes, strict=True) if code < keys.count] == [
        "7", "-7", "0", str(2**63 - 1), str(-(2**63)),
    ]  # fmt: skip


def test_integers_are_texts_in_decimal_form() -> None:
    keys = encode_keys([pa.array([7, -7, 0])], [STRING])
    assert keys.table["key_0"].to_pylist() == ["7", "-7", "0"]


def test_no_observations_have_no_entities() -> None:
    keys = encode_keys([pa.array([], pa.int64()), pa.array([], pa.string())], [INT64, STRING])
    assert (keys.count, len(keys.codes), keys.table.num_rows) == (0, 0, 0)


def test_many_parts_of_many_values_do_not_run_into_each_other() -> None:
    rng = np.random.default_rng(5)
    columns = [pa.array(rng.permutation(5000)) for _ in range(6)]
    keys = encode_keys(columns, [INT64] * 6)
    assert keys.count == 5000
    assert keys.codes.tolist() == list(range(5000))

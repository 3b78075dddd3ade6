"""The axes of the conformance matrix: every aggregation with every option, window kind and source kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.conformance.dataset import HOUR, MINUTE, copied_rows, plain_rows, table_of, versioned_rows
from zipline import aggregations
from zipline.dsl import (
    Aggregation,
    Entity,
    EventSource,
    FeatureView,
    Frame,
    Snapshot,
    Union,
    Window,
)

WINDOWS: Final[Mapping[str, Sequence[Window]]] = {
    "exact": [Window("2h"), Window("40m")],
    "hop": [Window("2h", hop="1h")],
    "offset": [Window("2h", offset="1h")],
    "offset+hop": [Window("3h", offset="20m", hop="30m")],
    "align": [Window("3h", align="1h")],
    "align+offset": [Window("90m", offset="30m", align="1h")],
    "lifetime": [Window.lifetime()],
    "lifetime+offset": [Window.lifetime(offset="1h")],
    "lifetime+align": [Window.lifetime(align="1h")],
}

_LATE: Final = "n IS NULL OR y > 0.15"
_NUMBERS: Final = {"float": "y", "huge": "x", "nan": "wild", "int": "n", "decimal": "money", "bool": "flag"}
_ORDERABLE: Final = {**_NUMBERS, "string": "word", "binary": "blob", "date": "day", "timestamp": "moment"}
_ANY: Final = {**_ORDERABLE, "list": "tags", "struct": "pair", "vector": "v64", "vector32": "v32"}
_COUNTABLE: Final = {"string": "word", "int": "n", "bool": "flag"}
_VECTORS: Final = {"vector": "v64", "vector32": "v32"}

_ONE_DEFAULT: Final = {"default": 7}


def _typed(columns: Mapping[str, str], *args: Any, default: Any = None, **fields: Any) -> dict[str, Any]:
    """Return an option per input type, and `where`, `by` and `default` on the first of them."""
    first = next(iter(columns.values()))
    options: dict[str, Any] = {name: ((column, *args), fields) for name, column in columns.items()}
    return options | _common((first, *args), fields, default)


def _common(args: tuple[Any, ...], fields: Mapping[str, Any], default: Any) -> dict[str, Any]:
    return {
        "where": (args, {**fields, "where": _LATE}),
        "by": (args, {**fields, "by": "word"}),
        "by+where": (args, {**fields, "by": "n", "where": _LATE}),
        "default": (args, {**fields, "default": default}),
        "by+limit+default": (args, {**fields, "by": "flag", "limit": 100, "default": {True: default}}),
    }


_LABELS: Final = ["word", "y", "event_time"]


def _ends(*args: Any) -> dict[str, Any]:
    columns = _LABELS
    last: Any = [0.5] if args else 0.5
    return _typed(_ANY, *args, default=last) | {
        "nulls": (("y", *args), {"nulls": True}),
        "columns": ((columns, *args), {}),
        "columns+by": ((columns, *args), {"by": "flag"}),
        "columns+where": ((columns, *args), {"where": _LATE}),
    }


def _k_ends() -> dict[str, Any]:
    return _ends(3) | {
        "k=1": (("y", 1), {}),
        "distinct": (("flag", 2), {"distinct": True}),
        "distinct+nulls": (("n", 4), {"distinct": True, "nulls": True}),
        "distinct+columns": ((["flag", "day"], 3), {"distinct": True}),
    }


_SAMPLE: Final = {"sample": (("y",), {"sample": True}), "sample+by": (("y",), {"sample": True, "by": "word"})}
_NO_COLUMN: Final = {"plain": ((), {}), **_common((), {}, 5)}
_DECAY: Final = {"half_life": "1h"}

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Count": {**_NO_COLUMN, **{name: ((column,), {}) for name, column in _ANY.items()}},
    "Sum": _typed(_NUMBERS, **_ONE_DEFAULT),
    "Mean": _typed(_NUMBERS, **_ONE_DEFAULT),
    "Variance": _typed(_NUMBERS, **_ONE_DEFAULT) | _SAMPLE,
    "Stddev": _typed(_NUMBERS, **_ONE_DEFAULT) | _SAMPLE,
    "Skew": _typed(_NUMBERS, **_ONE_DEFAULT),
    "Kurtosis": _typed(_NUMBERS, **_ONE_DEFAULT),
    "Min": _typed(_ORDERABLE, **_ONE_DEFAULT),
    "Max": _typed(_ORDERABLE, **_ONE_DEFAULT),
    "First": _ends(),
    "Last": _ends(),
    "FirstK": _k_ends(),
    "LastK": _k_ends(),
    "TopK": _typed(_ORDERABLE, 3, default=[1.5, 2.5]) | {"k=1": (("y", 1), {})},
    "BottomK": _typed(_ORDERABLE, 3, default=[1.5, 2.5]) | {"k=1": (("y", 1), {})},
    "CountDistinct": _typed(_ANY, **_ONE_DEFAULT) | {"limit": (("word",), {"limit": 100})},
    "ApproxCountDistinct": _typed(_ANY, **_ONE_DEFAULT),
    "Quantile": _typed(_NUMBERS, 0.5, **_ONE_DEFAULT)
    | {
        "list": (("y", [0.0, 0.25, 0.9, 1.0]), {}),
        "accuracy": (("y", 0.75), {"accuracy": 0.05}),
        "list+by": (("y", [0.5, 0.9]), {"by": "flag"}),
    },
    "Histogram": _typed(_COUNTABLE, default={"a": 1})
    | {"k": (("word", 2), {}), "limit": (("word",), {"limit": 100})},
    "MostFrequent": _typed(_COUNTABLE, 2, default=["zzz"]) | {"k=1": (("n",), {})},
    "DecayedSum": _typed(_NUMBERS, **_DECAY, **_ONE_DEFAULT) | {"fast": (("y",), {"half_life": "1s"})},
    "DecayedCount": {"plain": ((), _DECAY), "fast": ((), {"half_life": "1s"}), **_common((), _DECAY, 5)},
    "TimeSinceFirst": {**_NO_COLUMN},
    "TimeSinceLast": {**_NO_COLUMN},
    "VectorSum": _typed(_VECTORS, default=[1.0, 2.0]),
    "VectorMean": _typed(_VECTORS, default=[1.0, 2.0]),
}


@dataclass(frozen=True)
class Kind:
    """A source kind: how its source is declared, and how it is asked.

    Attributes:
        snapshot: how the rows are copies, if they are.
        others: further sources, that it is in a union with.
    """

    rows: Sequence[dict[str, Any]]
    source: Mapping[str, Any]
    request: Mapping[str, Any] = field(default_factory=dict)
    snapshot: Mapping[str, Any] | None = None
    others: tuple[Kind, ...] = ()


_VERSIONED: Final = {"id": "event_id", "knowledge_time": "known"}
_DELETED: Final = {**_VERSIONED, "deleted": "gone"}
_AS_OF: Final = {"as_of": 2 * HOUR}
_COPIES: Final = {"date": "at", "id": "event_id", "delay": "20m"}
_CORRECTED: Final = versioned_rows(tombstones=False)
_WITHDRAWN: Final = versioned_rows(seed=12, tombstones=True)

SOURCES: Final[Mapping[str, Kind]] = {
    "plain": Kind(plain_rows(), {}),
    "as_of": Kind(plain_rows(), {}, {"as_of": 2 * HOUR - 10 * MINUTE}),
    "knowledge": Kind(plain_rows(), {"knowledge_time": "known"}),
    "delay": Kind(plain_rows(), {"delay": "90m"}),
    "id": Kind(plain_rows(), {"id": ["event_id"]}),
    "corrections": Kind(_CORRECTED, _VERSIONED),
    "sequence": Kind(_CORRECTED, {**_VERSIONED, "sequence": "lsn"}),
    "bounded": Kind(_WITHDRAWN, {**_DELETED, "corrections": "30m"}),
    "deleted": Kind(_WITHDRAWN, _DELETED),
    "deleted+sequence": Kind(_WITHDRAWN, {**_DELETED, "sequence": "lsn"}),
    "deleted+as_of": Kind(_WITHDRAWN, _DELETED, _AS_OF),
    "hindsight": Kind(_WITHDRAWN, _DELETED, {"hindsight": True}),
    "hindsight+as_of": Kind(_WITHDRAWN, _DELETED, {"hindsight": True, **_AS_OF}),
    "where+select": Kind(
        _WITHDRAWN,
        {**_DELETED, "where": "n <> 7 OR word IS NULL", "select": {"y": "y * 2.0", "flag": "NOT flag"}},
    ),
    "snapshot": Kind(copied_rows(), {}, snapshot=_COPIES),
    "union": Kind(
        plain_rows(seed=8, count=30),
        {},
        others=(
            Kind(versioned_rows(seed=14, count=20, tombstones=True), _DELETED),
            Kind(copied_rows(seed=15, ids=4), {}, snapshot=_COPIES),
        ),
    ),
}


@dataclass(frozen=True)
class Cell:
    """One place of the matrix, apart from source kind and engine."""

    aggregation: str
    option: str
    window: str


def source_of(kind: Kind) -> EventSource | Union:
    """Return the source that a kind is of."""
    members = [_member(each, f"events{number or ''}") for number, each in enumerate((kind, *kind.others))]
    return Union("events_of_all", members) if kind.others else members[0]


def _member(kind: Kind, name: str) -> EventSource:
    frame = Frame(table_of(list(kind.rows)))
    if kind.snapshot is not None:
        return EventSource(name, table=Snapshot(frame, **kind.snapshot), **kind.source)
    return EventSource(name, table=frame, event_time="at", **kind.source)


def view_of(
    kind: Kind,
    names: Sequence[str],
    windows: Sequence[str] = tuple(WINDOWS),
    chosen: Collection[Cell] | None = None,
) -> tuple[FeatureView, dict[str, Cell]]:
    """Return a view with every option of some aggregations over some windows, and the cell of each column.

    Args:
        kind: of the source.
        names, windows: of the cells.
        chosen: those of the cells that are wanted; all unless given.
    """
    source = source_of(kind)
    features: list[Any] = []
    cells: dict[str, Cell] = {}
    for name in names:
        for option, (args, fields) in OPTIONS[name].items():
            built: Aggregation = getattr(aggregations, name)(*args, **fields)
            for window in windows:
                if chosen is not None and Cell(name, option, window) not in chosen:
                    continue
                variants = WINDOWS[window]
                stem = "".join(each if each.isalnum() else "_" for each in f"{name}_{option}_in_{window}")
                windowed = built.named(stem).over(*variants)
                features.append(windowed)
                for variant in variants:
                    by = f"_by_{built.by}" if built.by else ""
                    label = f"_{variant.label}" if variant.label else ""
                    cells[f"v__{stem}{by}{label}"] = Cell(name, option, window)
    return FeatureView("v", entity=Entity("user"), source=source, features=features), cells

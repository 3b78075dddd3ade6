"""What features are called. Section 6."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from zipline.dsl import Feature

_CALLED: Final = {
    "FirstK": "first",
    "LastK": "last",
    "TopK": "top",
    "BottomK": "bottom",
    "Quantile": "q",
}
"""Names that are not the class's own in snake case."""


def feature_name(feature: Feature) -> str:
    """Return `{stem}[_by_{column}][_{window}][_offset_{offset}]`; the window's own words are in its label."""
    aggregation: Any = feature.aggregation
    parts = [aggregation.stem or _stem(aggregation)]
    if aggregation.by is not None:
        parts += ["by", aggregation.by]
    if feature.window.label:
        parts.append(feature.window.label)
    return "_".join(parts)


def _stem(aggregation: Any) -> str:
    column = aggregation.column
    columns = [] if column is None else [column] if isinstance(column, str) else list(column)
    class_name = type(aggregation).__name__
    called = _CALLED.get(class_name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name))
    return "_".join([*columns, called + _parameter(aggregation)]).lower()


def _parameter(aggregation: Any) -> str:
    name = type(aggregation).__name__
    if name == "Quantile":
        shares = aggregation.q if isinstance(aggregation.q, tuple) else (aggregation.q,)
        return "_q".join(format((Decimal(str(q)) * 100).normalize(), "f").replace(".", "_") for q in shares)
    if name in ("DecayedSum", "DecayedCount"):
        return str(aggregation.half_life)
    return str(k) if (k := getattr(aggregation, "k", None)) is not None else ""

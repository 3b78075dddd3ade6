"""Fields that differ, before and after, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zipline.cli.values import shown

if TYPE_CHECKING:
    from zipline.registry import FieldChange


def field_texts(field: FieldChange) -> tuple[str, str, str]:
    """Return a field's path, and what it was before and after; nothing where it was not there."""
    return field.path, _text(field.before), _text(field.after)


def difference(field: FieldChange) -> str:
    """Return a field's change in one text.

    >>> from zipline.registry import FieldChange
    >>> difference(FieldChange("window.length", "1d", "7d")), difference(FieldChange("where", None, "late"))
    ('1d -> 7d', '+ late')
    """
    _, before, after = field_texts(field)
    if field.before is None:
        return f"+ {after}"
    return f"- {before}" if field.after is None else f"{before} -> {after}"


def _text(value: Any) -> str:
    return "" if value is None else shown(value)

"""Fields that differ, before and after, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zipline.cli.values import shown
from zipline.display.secrets import plainly

if TYPE_CHECKING:
    from zipline.registry import Change, FieldChange


def field_texts(field: FieldChange) -> tuple[str, str, str]:
    """Return a field's path, and what it was before and after; nothing where it was not there."""
    name = field.path.rpartition(".")[2]
    return field.path, _text(field.before, name), _text(field.after, name)


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


def document(change: Change) -> dict[str, Any]:
    """Return a change as JSON, without the secrets in the places of tables."""
    fields = [field_document(field) for field in change.fields]
    return change.to_json() | {"fields": fields}


def field_document(field: FieldChange) -> dict[str, Any]:
    """Return a field's change as JSON."""
    name = field.path.rpartition(".")[2]
    return {"path": field.path, "before": plainly(field.before, name), "after": plainly(field.after, name)}


def _text(value: Any, name: str) -> str:
    return "" if value is None else shown(plainly(value, name))

"""Derived: a column computed from features, after the windows."""

from __future__ import annotations

from zipline.dsl.definition import Definition, check_name
from zipline.errors import DefinitionError


class Derived(Definition):
    """A named expression over features: those of its view by their short names, or, in a service, output columns,
    `request` fields and earlier derived ones.

    >>> Derived("late_rate_7d", "late_7d / nullif(count_7d, 0)").name
    'late_rate_7d'
    """

    name: str
    expression: str

    def __init__(self, name: str, expression: str) -> None:
        from zipline.expressions import parse

        check_name(name, "a derived feature")
        try:
            parse(expression, derived=True)
        except DefinitionError as error:
            raise error.at(f"Derived({name!r})") from None
        super().__init__(name=name, expression=expression)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expression reads, in order of first use."""
        from zipline.expressions import parse

        return parse(self.expression, derived=True).columns

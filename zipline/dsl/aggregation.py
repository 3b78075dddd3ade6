"""Aggregation: the noun that every statistic in `zipline.aggregations` fills in, and its fluent verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple, Self

from zipline.dsl.definition import Definition, as_tuple, check_name
from zipline.dsl.window import Window, as_window
from zipline.errors import DefinitionError
from zipline.types import DataType


class Input(NamedTuple):
    """One event as an aggregation sees it; `value` is never null unless the aggregation keeps nulls."""

    event_time: int
    knowledge_time: int
    value: Any


class Aggregation(Definition):
    """A commutative monoid over events: `zero`, `add`, `merge`, and `finish` which makes the feature's value.

    `merge` is associative and commutative and `zero` is its identity, so that events may be split into tiles and
    partitions in any way; `add` is `merge` with a single event.

    Attributes:
        column: the aggregated column, several for one event's columns together, or None.
        where: an expression; only events for which it is true count.
        by: a column that groups inside the window; the result is then a map.
        limit: more different values of `by` than this in a window are an error; of an aggregation that keeps every
            value, more of the column (inside a group) as well.
        default: what replaces the result when no input is left.
        stem: replaces `{column}_{aggregation}{parameter}` in the feature's name.
    """

    kind: ClassVar[str]
    """The middle of the default name, such as `sum`."""
    takes_none: ClassVar[bool] = False
    """Whether it can do without a column."""
    takes_several: ClassVar[bool] = False
    """Whether it takes a list of columns, whose values in one event stay together."""
    keeps_values: ClassVar[bool] = False
    """Whether a partial holds every different value, so that only `limit` bounds it."""

    column: str | tuple[str, ...] | None = None
    where: str | None = None
    by: str | None = None
    limit: int | None = None
    default: Any = None
    stem: str | None = None

    def __init__(self, **fields: Any) -> None:
        for part in ("column", "by"):
            if part in fields:
                fields[part] = self._checked(part, fields[part])
        self._check_limit(fields.get("limit"), fields.get("by"))
        super().__init__(**fields)
        if self.where is not None:
            from zipline.expressions import parse

            try:
                parse(self.where)
            except DefinitionError as error:
                raise error.at(f"{self.title()}, where") from None

    @classmethod
    def _checked(cls, part: str, value: object) -> str | tuple[str, ...] | None:
        if value is None and (part == "by" or cls.takes_none):
            return None
        if isinstance(value, (list, tuple)) and part == "column" and cls.takes_several:
            return as_tuple(value, f"{cls.__name__}'s columns")
        if not isinstance(value, str) or not value:
            several = " or a list of them" if part == "column" and cls.takes_several else ""
            raise DefinitionError(
                f"{part}={value!r} is not a column", where=cls.__name__, hint=f"give a column's name{several}"
            )
        return value

    @classmethod
    def _check_limit(cls, limit: object, by: object) -> None:
        if limit is None:
            return
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise DefinitionError(
                f"limit={limit!r} is not a whole number of at least 1", where=cls.__name__,
                hint="write limit=1000, for example",
            )  # fmt: skip
        if by is None and not cls.keeps_values:
            raise DefinitionError(
                f"has limit={limit} and no by=", where=cls.__name__,
                hint="a limit bounds the groups of by='...'; drop it",
            )  # fmt: skip

    def __hash__(self) -> int:
        """Hash what is shown: a default may be a list or a map, which Python does not hash."""
        return hash((type(self), repr(self)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The aggregated columns, none, one or several; `event_time` is the event's time."""
        if self.column is None:
            return ()
        return (self.column,) if isinstance(self.column, str) else self.column

    @property
    def keeps_nulls(self) -> bool:
        """Whether null inputs are events like others (always so for several columns)."""
        return isinstance(self.column, tuple)

    @property
    def parameter(self) -> str:
        """What follows the aggregation in the default name, such as `90` in `q90`."""
        return ""

    def default_stem(self) -> str:
        """Return `{column}_{aggregation}{parameter}`, or what `.named` said."""
        if self.stem is not None:
            return self.stem
        if self.where is not None:
            raise DefinitionError(
                f"{self.title()} has where={self.where!r} and no name",
                hint=f"name it: .named('{'_'.join((*self.columns, self.kind))}_when')",
            )
        return "_".join((*self.columns, self.kind + self.parameter)).lower()

    def title(self) -> str:
        """Return the aggregation as messages show it, such as `Sum('amount')`."""
        shown = ", ".join(repr(column) for column in self.columns)
        return f"{type(self).__name__}({f'[{shown}]' if isinstance(self.column, tuple) else shown})"

    def named(self, stem: str) -> Self:
        """Return the same aggregation with another stem for its features' names."""
        return self.model_copy(update={"stem": check_name(stem, "a feature")})

    def over(self, *windows: str | timedelta | Window) -> Windowed:
        """Return one feature per window, in their order."""
        if not windows:
            raise DefinitionError(
                f"{self.title()}.over() names no window",
                hint="write .over('7d'), or leave .over out for a lifetime",
            )
        return Windowed(aggregation=self, windows=tuple(as_window(window) for window in windows))

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        """Return the type of the result (before `by`) for columns of these types; unfit types are an error."""
        raise NotImplementedError

    def zero(self) -> Any:
        """Return the partial of no events."""
        raise NotImplementedError

    def add(self, partial: Any, event: Input) -> Any:
        """Return the partial with one more event."""
        raise NotImplementedError

    def merge(self, left: Any, right: Any) -> Any:
        """Return the partial of both partials' events."""
        raise NotImplementedError

    def finish(self, partial: Any, t: int) -> Any:
        """Return the result for an observation at `t` microseconds (the window's `t`, after `align`)."""
        raise NotImplementedError

    def is_empty(self, partial: Any, t: int) -> bool:
        """Return whether no input is left for an observation at `t`: then, and only then, `default` is the result."""
        return bool(partial == self.zero())

    @property
    def empty(self) -> Any:
        """What the result is when no input is left and no `default` is given."""
        return self.finish(self.zero(), 0)


class Windowed(Definition):
    """An aggregation over one or more windows: one feature each."""

    aggregation: Aggregation
    windows: tuple[Window, ...]

    def named(self, stem: str) -> Windowed:
        """Return the same features with another stem."""
        return Windowed(aggregation=self.aggregation.named(stem), windows=self.windows)


class Feature(Definition):
    """One column of a view: an aggregation over one window, and its name."""

    name: str
    aggregation: Aggregation
    window: Window

    @property
    def grows_with(self) -> str | None:
        """The column each of whose values is kept for ever, so that the feature's state has no bound; None if none."""
        aggregation = self.aggregation
        if self.window.length_us is not None or aggregation.limit is not None:
            return None
        if aggregation.by is not None:
            return aggregation.by
        return aggregation.columns[0] if aggregation.keeps_values else None


def features_of(item: Aggregation | Windowed) -> list[Feature]:
    """Return the features that an entry of a view's list stands for, named as semantics.md section 6 says."""
    windowed = (
        item if isinstance(item, Windowed) else Windowed(aggregation=item, windows=(Window.lifetime(),))
    )
    aggregation = windowed.aggregation
    stem = aggregation.default_stem()
    by = f"by_{aggregation.by}" if aggregation.by else ""
    return [
        Feature(
            name=check_name("_".join(part for part in (stem, by, window.label) if part), "a feature"),
            aggregation=aggregation,
            window=window,
        )
        for window in windowed.windows
    ]


def common(where: str | None, by: str | None, limit: int | None, default: Any) -> Mapping[str, Any]:
    """Return the options that every aggregation takes, as fields."""
    return {"where": where, "by": by, "limit": limit, "default": default}

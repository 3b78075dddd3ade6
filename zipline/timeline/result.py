"""Timeline: the features of one entity through time, as a frame and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zipline.display import Displayed
from zipline.time import from_micros

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from zipline.display.card import Card


@dataclass(frozen=True)
class Stretch:
    """What a timeline is of.

    Attributes:
        view: the view's name.
        entity: key -> value.
        first, last: microseconds.
        every: the step of the grid; None where the rows are the changes.
    """

    view: str
    entity: Mapping[str, Any]
    first: int
    last: int
    every: str | None

    @property
    def entity_text(self) -> str:
        """The entity, such as `carrier='AA'`."""
        return ", ".join(f"{key}={value!r}" for key, value in self.entity.items())


class Timeline(Displayed):
    """The features of one entity through time: one row per moment, `time` and then a column per feature.

    Each row is what an observation at that moment would get, to the bit. An event counts for observations strictly
    after it, so a value appears one microsecond after its event. Without a grid the rows are the start, every later
    moment at which a window gains or loses an event, and the end: each row's values hold until the next row, except
    those of `continuous` features.

    Attributes:
        continuous: features that change at every instant (they fade or tell an age), and are exact at the rows only.
        notes: what limits the answers, as of a training set.
    """

    def __init__(
        self,
        frame: pa.Table,
        stretch: Stretch,
        *,
        continuous: tuple[str, ...],
        notes: tuple[str, ...],
        events: Callable[[], tuple[pa.Table, int]],
    ) -> None:
        self._frame = frame
        self._stretch = stretch
        self._read_events = events
        self.continuous = continuous
        self.notes = (*notes, *_note(continuous, stretch.every))

    @property
    def frame(self) -> pl.DataFrame:
        """The rows as a Polars frame."""
        return self.to_polars()

    @property
    def features(self) -> tuple[str, ...]:
        """The features' names, in the order of the columns."""
        return tuple(self._frame.column_names[1:])

    @property
    def stretch(self) -> Stretch:
        """What it is a timeline of."""
        return self._stretch

    @property
    def events(self) -> pl.DataFrame:
        """The entity's events that happened between start and end, the newest 5,000 of them, in order.

        They are read when first asked for: `event_time`, `known_from` and `replaced_from` where the source knows them,
        and the columns that the features read.
        """
        import polars as pl

        return pl.DataFrame(pl.from_arrow(self._events[0]))

    @property
    def events_left_out(self) -> int:
        """How many older events `events` has no room for."""
        return self._events[1]

    @cached_property
    def _events(self) -> tuple[pa.Table, int]:
        return self._read_events()

    def __repr__(self) -> str:
        """Show what it is of, and the frame as Polars does, which fits it to the screen."""
        from zipline.display.text import card_text

        return f"{card_text(replace(self.card(), rows=()))}\n{self.to_polars()!r}"

    def __len__(self) -> int:
        return int(self._frame.num_rows)

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._frame

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        import polars as pl

        return pl.DataFrame(pl.from_arrow(self._frame))

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a pandas frame."""
        return self._frame.to_pandas()

    def card(self) -> Card:
        """Return what is shown of it."""
        from zipline.display.results import timeline_card

        return timeline_card(self)

    def plot(self, *, width: int = 720, height: int = 110) -> alt.VConcatChart:
        """Draw each feature over time with the entity's events below: an Altair chart, zoomed by scrolling, moved by
        dragging, back by a double click.

        Features that are no single number, text, boolean or time are left out, and named below the title.

        Args:
            width, height: of one feature's panel, in pixels.

        Raises:
            ConfigError: Altair is not installed.
            RequestError: no feature can be drawn.
        """
        from zipline.timeline.plot import draw

        return draw(self, width, height)


def _note(continuous: tuple[str, ...], every: str | None) -> tuple[str, ...]:
    if not continuous:
        return ()
    names = ", ".join(continuous)
    verb = "changes" if len(continuous) == 1 else "change"
    rest = "" if every else "; every='...' samples a grid"
    return (f"{names} {verb} at every instant: exact at the rows, another value between them{rest}",)


def moment_text(micros: int) -> str:
    """Return a time as people read it, no longer than it needs to be.

    >>> moment_text(0), moment_text(1)
    ('1970-01-01 00:00', '1970-01-01 00:00:00.000001')
    """
    moment = from_micros(micros).replace(tzinfo=None)
    exact = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.isoformat(sep=" ", timespec=exact)

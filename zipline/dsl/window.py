"""Window: which stretch of event time an aggregation sees, relative to the time of the observation."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from zipline.dsl.definition import Definition
from zipline.errors import DefinitionError
from zipline.time import duration_text, parse_duration


class Window(Definition):
    """A window `[lower, t - offset)` with `lower = t - offset - length`, half open, exact to the microsecond.

    Args:
        length: how far back it reaches, such as `"7d"`.
        offset: how long before `t` it ends; 0 unless given.
        hop: moves the lower end in steps (both ends when there is an offset): cheaper online for busy keys.
        align: puts `floor(t)` on this grid in place of `t`, such as `"1d"` for values of last midnight.

    Attributes:
        length_us: in microseconds; None for a lifetime window.
        offset_us, hop_us, align_us: in microseconds; 0 where absent.
        label: how feature names call the window; empty for a lifetime window.

    >>> Window("7d", offset="1d").label
    '7d_offset_1d'
    """

    length_us: int | None
    offset_us: int = 0
    hop_us: int = 0
    align_us: int = 0
    label: str = ""

    def __init__(
        self,
        length: str | timedelta,
        *,
        offset: str | timedelta | Literal[0] = 0,
        hop: str | timedelta | None = None,
        align: str | timedelta | None = None,
    ) -> None:
        length_us = parse_duration(length, what="window length")
        hop_us = parse_duration(hop, what="hop") if hop is not None else 0
        where = f"Window({duration_text(length)!r})"
        if hop_us > length_us:
            raise DefinitionError(
                f"the hop {hop!r} is longer than the window", where=where, hint="a hop is at most the length"
            )
        if hop_us and align is not None:
            raise DefinitionError("has both a hop and an align", where=where, hint="keep one of them")
        self._set(length_us, duration_text(length), offset, hop_us, align)

    def _set(
        self, length_us: int | None, label: str, offset: str | timedelta | int, hop_us: int,
        align: str | timedelta | None,
    ) -> None:  # fmt: skip
        if isinstance(offset, (str, timedelta)):
            if isinstance(offset, timedelta) and offset < timedelta(0):
                raise DefinitionError(
                    f"the offset {offset!r} is negative",
                    hint="a window that looks ahead would leak the future",
                )
            offset_us = 0 if offset == timedelta(0) else parse_duration(offset, what="offset")
            if offset_us:
                label = "_".join(part for part in (label, "offset", duration_text(offset)) if part)
        elif offset == 0:
            offset_us = 0
        else:
            raise DefinitionError(f"the offset {offset!r} has no unit", hint="write a duration such as '1d'")
        super().__init__(
            length_us=length_us,
            offset_us=offset_us,
            hop_us=hop_us,
            align_us=parse_duration(align, what="align") if align is not None else 0,
            label=label,
        )

    @classmethod
    def lifetime(
        cls, *, offset: str | timedelta | Literal[0] = 0, align: str | timedelta | None = None
    ) -> Window:
        """Return the window without a lower end.

        >>> Window.lifetime().length_us is None
        True
        """
        window = cls.__new__(cls)
        window._set(None, "", offset, 0, align)
        return window

    @property
    def meaning(self) -> tuple[int | None, int, int, int]:
        """What decides the window's values: `"24h"` and `"1d"` are one window."""
        return (self.length_us, self.offset_us, self.hop_us, self.align_us)

    def bounds(self, t: int) -> tuple[int | None, int]:
        """Return `[lower, upper)` in microseconds for an observation at `t`; no lower end is None.

        >>> Window("2h", hop="1h").bounds(5 * 3_600_000_000 + 1)
        (10800000000, 18000000001)
        """
        if self.align_us:
            t -= t % self.align_us
        upper = t - self.offset_us
        if self.length_us is None:
            return None, upper
        lower = upper - self.length_us
        if self.hop_us:
            lower -= lower % self.hop_us
            upper -= upper % self.hop_us if self.offset_us else 0
        return lower, upper


def as_window(value: str | timedelta | Window) -> Window:
    """Return what a user wrote for a window as a `Window`."""
    if isinstance(value, Window):
        return value
    if isinstance(value, (str, timedelta)):
        return Window(value)
    raise DefinitionError(f"{value!r} is not a window", hint="write a length such as '7d', or zl.Window(...)")

"""The rows that an expression, or one branch of a CASE, is evaluated for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from zipline.errors import DataError
from zipline.expressions.values import Mask, Values


class Rows:
    """Columns seen through a choice of rows, each cut to it when first read.

    Attributes:
        size: how many rows are chosen.
    """

    def __init__(
        self, columns: Mapping[str, Values], size: int, chosen: npt.NDArray[np.int64] | None = None
    ) -> None:
        self._columns = columns
        self._chosen = chosen
        self._cut: dict[str, Values] = {}
        self.size = size

    def column(self, name: str) -> Values:
        """Return a column's values at the chosen rows."""
        if self._chosen is None:
            return self._columns[name]
        if name not in self._cut:
            whole = self._columns[name]
            valid = None if whole.valid is None else whole.valid[self._chosen]
            self._cut[name] = Values(whole.data[self._chosen], valid)
        return self._cut[name]

    def where(self, mask: Mask) -> Rows:
        """Return these rows narrowed to where the mask is true."""
        if mask.all():
            return self
        kept = np.flatnonzero(mask)
        chosen = kept if self._chosen is None else self._chosen[kept]
        return Rows(self._columns, len(chosen), chosen)

    def error(self, row: int, message: str) -> DataError:
        """Return the error of one row, named by its place in the whole input."""
        return DataError(message, where=f"row {row if self._chosen is None else int(self._chosen[row])}")

    def refuse(self, bad: Mask, message: str, *seen: Values) -> None:
        """Raise for the first row where `bad` is true; `message` is formatted with the values seen there."""
        if bad.any():
            row = int(np.argmax(bad))
            raise self.error(
                row,
                message.format(
                    *(
                        each.data[row].item() if hasattr(each.data[row], "item") else each.data[row]
                        for each in seen
                    )
                ),
            )

"""What notebooks and terminals show of definitions and results.

Nothing here raises, reads rows or takes long. Only `Displayed` is imported with the package: the rest when something
is shown.
"""

from __future__ import annotations


class Displayed:
    """Shows itself: a short text where text is shown, a card in a notebook."""

    def __repr__(self) -> str:
        from zipline.display.show import text_of

        return text_of(self)

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        from zipline.display.show import html_of

        return html_of(self)

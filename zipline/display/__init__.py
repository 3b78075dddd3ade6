"""What notebooks and terminals show of definitions and results.

Nothing here raises, reads rows or takes long. Only `Displayed` is imported with the package: the rest when something
is shown.
"""

from __future__ import annotations


def called(thing: object) -> str:
    """Return a thing on one line, as errors call it: a definition by its kind and name, others as Python shows them.

    >>> from zipline import Entity
    >>> called(Entity("user")), called("user")
    ("Entity('user')", "'user'")
    """
    name = getattr(thing, "name", None)
    if isinstance(thing, Displayed):
        return f"{type(thing).__name__}({name!r})" if isinstance(name, str) else f"<{type(thing).__name__}>"
    return repr(thing)


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

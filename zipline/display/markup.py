"""HTML that cannot be broken into: every text is escaped, only elements made here are not."""

from __future__ import annotations

from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = "Markup | str | list[Content] | tuple[Content, ...]"


def element(tag: str, *children: Content, **attributes: str | int | float | None) -> Markup:
    """Return an element; `_` in attribute names is `-`, a trailing one is dropped, None leaves one out.

    >>> element("p", "a < b", element("b", "!"), class_="x\\"y")
    '<p class="x&quot;y">a &lt; b<b>!</b></p>'
    """
    shown = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{shown}>{html_of(list(children))}</{tag}>")


def html_of(content: Content) -> Markup:
    """Return content as HTML, what is plain text escaped."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(content))
    return Markup("".join(html_of(each) for each in content))

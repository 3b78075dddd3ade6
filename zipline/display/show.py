"""From a thing to its card, and from that to text and HTML, whatever goes wrong on the way."""

from __future__ import annotations

from typing import Any

from zipline.display.card import Card


def text_of(thing: Any) -> str:
    """Return a thing as text."""
    from zipline.display.text import card_text

    try:
        return card_text(card_of(thing))
    except Exception:  # a debugger shows things that are half made, too
        return _plain(thing)


def html_of(thing: Any) -> str:
    """Return a thing as HTML."""
    from zipline.display.html import card_html, page
    from zipline.display.markup import element

    try:
        return str(card_html(card_of(thing)))
    except Exception:
        return str(page(element("p", _plain(thing))))


def card_of(thing: Any) -> Card:
    """Return the card of a definition, or of a result, which has one of its own."""
    from zipline.display import definitions
    from zipline.dsl import BoundView, Entity, EventSource, FeatureService, FeatureView, Selection, Union

    match thing:
        case Entity():
            return definitions.entity_card(thing)
        case EventSource() | Union():
            return definitions.source_card(thing)
        case FeatureView() | BoundView() | Selection():
            return definitions.view_card(thing)
        case FeatureService():
            return definitions.service_card(thing)
    card = thing.card()
    assert isinstance(card, Card)
    return card


def _plain(thing: Any) -> str:
    name = getattr(thing, "name", None)
    return f"<{type(thing).__name__}{f' {name}' if isinstance(name, str) else ''}>"

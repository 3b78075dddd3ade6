"""Cards as HTML: no script, no picture or font from elsewhere, legible on light and dark ground."""

from __future__ import annotations

from zipline.display.card import Card
from zipline.display.markup import Content, Markup, element

ROWS = 200

# Colours are the notebook's own: text inherits, lines and grounds are a grey that lets either ground through.
STYLE = """
.zl{color:inherit;font-family:system-ui,sans-serif;font-size:13px;line-height:1.45;max-width:75em}
.zl h4{margin:0 0 .3em;font-size:15px;font-weight:600}
.zl h4 span{opacity:.65;font-weight:400;margin-right:.4em}
.zl p{margin:.2em 0;max-width:60em}
.zl dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em;margin:.5em 0}
.zl dt{opacity:.65;font-weight:400}.zl dd{margin:0;overflow-wrap:anywhere}
.zl table{border-collapse:collapse;margin:.6em 0;font-size:12px;color:inherit;background:transparent}
.zl caption{caption-side:bottom;text-align:left;opacity:.65;padding:.3em 0}
.zl th,.zl td{text-align:left;vertical-align:middle;padding:.25em .8em .25em 0;border:0;
border-bottom:1px solid rgba(128,128,128,.3);background:transparent;color:inherit;white-space:pre-wrap}
.zl th{font-weight:600}.zl td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.zl td:first-child{font-family:ui-monospace,monospace}
.zl .note{opacity:.8;border-left:3px solid rgba(128,128,128,.6);padding-left:.6em}
.zl svg{display:block}
""".replace("\n", "")


def card_html(card: Card) -> Markup:
    """Return a card as HTML."""
    facts = [(name, text) for name, text in card.facts if text]
    parts: list[Content] = [element("h4", element("span", card.kind), card.name)]
    if card.about:
        parts.append(element("p", card.about))
    if facts:
        pairs = [each for name, text in facts for each in (element("dt", name), element("dd", text))]
        parts.append(element("dl", *pairs))
    if card.rows:
        parts.append(table(card))
    parts += [element("p", note, class_="note") for note in card.notes]
    return page(*parts)


def page(*parts: Content) -> Markup:
    """Return parts as one block with its style."""
    return element("div", element("style", Markup(STYLE)), *parts, class_="zl")


def table(card: Card) -> Markup:
    """Return a card's table; of a very long one the first rows, and how many more there are."""
    rows = [element("tr", *(element("td", cell) for cell in row)) for row in card.rows[:ROWS]]
    more = len(card.rows) - ROWS
    head = element("tr", *(element("th", column, scope="col") for column in card.columns))
    caption: Content = element("caption", f"and {more:,} more {card.what}") if more > 0 else ""
    return element("table", caption, element("thead", head), element("tbody", *rows))

"""Small pictures of values: bars, drawn in the colour of the text, told in words to who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.display.markup import Markup, element

WIDTH, HEIGHT = 120, 28


def histogram(counts: Sequence[int], words: str) -> Markup:
    """Return upright bars as high as the counts, with what they show in words."""
    top, step = max(counts), WIDTH / len(counts)
    bars = [
        _bar(i * step, HEIGHT - high, max(step - 1, 0.5), high)
        for i, count in enumerate(counts)
        if count and (high := max(1.0, HEIGHT * count / top))
    ]
    return _picture(bars, words)


def shares(parts: Sequence[float], words: str) -> Markup:
    """Return lying bars as long as shares of one, below each other, with what they show in words."""
    step = HEIGHT / len(parts)
    bars = [
        bar
        for i, share in enumerate(parts)
        for bar in (
            _bar(0, i * step, WIDTH, max(step - 1.5, 1), opacity=0.12),
            _bar(0, i * step, WIDTH * share, max(step - 1.5, 1)),
        )
    ]
    return _picture(bars, words)


def _picture(bars: Sequence[Markup], words: str) -> Markup:
    return element(
        "svg", element("title", words), list(bars),
        width=WIDTH, height=HEIGHT, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=words,
    )  # fmt: skip


def _bar(x: float, y: float, width: float, height: float, opacity: float = 0.6) -> Markup:
    return element(
        "rect", x=_short(x), y=_short(y), width=_short(width), height=_short(height), fill="currentColor",
        fill_opacity=opacity,
    )  # fmt: skip


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")

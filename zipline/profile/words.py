"""Profiles in words: shares, numbers of bearable length, and one line per feature."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.profile.feature import FeatureProfile


def percent(share: float) -> str:
    """Return a share in percent; only nothing is 0 %, only all is 100 %.

    >>> percent(0), percent(0.0001), percent(0.25), percent(0.99999)
    ('0 %', '<0.1 %', '25 %', '>99.9 %')
    """
    if 0 < share < 0.001:
        return "<0.1 %"
    if 0.999 < share < 1:
        return ">99.9 %"
    text = f"{100 * share:.1f}".removesuffix(".0")
    return f"{text} %"


def number(value: float) -> str:
    """Return a number in four digits or, below ten million, all of those before the point.

    >>> number(1234567.8), number(0.123456), number(1200.0), number(-3.0), number(1e300)
    ('1,234,568', '0.1235', '1,200', '-3', '1e+300')
    """
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def summary(feature: FeatureProfile) -> str:
    """Return a feature's values in one line."""
    return ", ".join(summary_parts(feature))


def summary_parts(feature: FeatureProfile) -> Sequence[str]:
    """Return a feature's values in a few phrases."""
    present = feature.rows - feature.nulls
    if not present:
        return []
    parts = []
    if feature.true_share is not None:
        parts.append(f"true {percent(feature.true_share)}")
    elif feature.measured == "time":
        parts.append(f"{feature.smallest} to {feature.largest}")
    elif feature.most_frequent and feature.measured == "length":
        shown = [f"{value!r} {percent(count / present)}" for value, count in feature.most_frequent[:3]]
        parts.append(" ".join(shown))
    elif feature.min is not None and feature.max is not None and feature.median is not None:
        of = "length " if feature.measured == "length" else ""
        ends = f"{of}{number(feature.min)} to {number(feature.max)}, median {number(feature.median)}"
        spread = f", mean {number(feature.mean)}" if feature.mean is not None else ""
        parts.append(ends + spread)
    if feature.not_finite:
        parts.append(f"{feature.not_finite:,} not finite")
    return parts

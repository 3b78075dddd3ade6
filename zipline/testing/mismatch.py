"""FeatureMismatch: how `assert_features` fails."""

from __future__ import annotations


class FeatureMismatch(AssertionError):
    """Features have other values than expected; the message holds a table of them and of the events behind them."""


FeatureMismatch.__module__ = "zipline.testing"  # where users import it from, and what a test run shows

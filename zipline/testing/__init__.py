"""Unit tests of definitions: what would these features be, had these events happened?"""

from __future__ import annotations

from zipline.testing.assertion import assert_features
from zipline.testing.mismatch import FeatureMismatch

__all__ = ["FeatureMismatch", "assert_features"]

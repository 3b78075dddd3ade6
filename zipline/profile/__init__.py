"""Profiles: what the values of a training set's features are like."""

from zipline.profile.feature import FeatureProfile
from zipline.profile.result import Profile

__all__ = ["FeatureProfile", "Profile"]

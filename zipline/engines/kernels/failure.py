"""A feature has no value for an observation: which one, to be told in the words of the request."""

from __future__ import annotations

from zipline.dsl.aggregation import Feature


class Failure(Exception):
    """An observation that a feature cannot be answered for.

    Attributes:
        observation: first its position in the timeline, outside of `answers` the row it was given in.
        message, hint: what is wrong, and what to do about it.
        feature: which cannot be answered.
    """

    def __init__(
        self, observation: int, message: str, hint: str | None, feature: Feature | None = None
    ) -> None:
        super().__init__(message)
        self.observation, self.message, self.hint, self.feature = observation, message, hint, feature

    def of(self, observation: int, feature: Feature) -> Failure:
        """Return the same failure, of an observation as the caller counts them."""
        return Failure(observation, self.message, self.hint, feature)

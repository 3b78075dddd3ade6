"""Mean, spread and ends of numbers, in one pass."""

from __future__ import annotations

import math

import numpy as np

from zipline.engines.kernels.arrays import Floats


class Numbers:
    """Running moments of finite numbers (Chan, Golub, LeVeque, 1979), and how many are not finite."""

    def __init__(self) -> None:
        self.count = 0
        self.not_finite = 0
        self.mean = 0.0
        self.low = math.inf
        self.high = -math.inf
        self._squares = 0.0

    def add(self, values: Floats) -> None:
        """Count values in."""
        finite = values[np.isfinite(values)]
        self.not_finite += len(values) - len(finite)
        if not len(finite):
            return
        n = len(finite)
        with np.errstate(all="ignore"):  # beyond the largest float64 they are infinite, and shown so
            mean = float(finite.mean())
            squares = float(np.square(finite - mean).sum())
            gap = mean - self.mean
            total = self.count + n
            self._squares += squares + gap * gap * self.count / total * n
            self.mean += gap * n / total
        self.count = total
        self.low = min(self.low, float(finite.min()))
        self.high = max(self.high, float(finite.max()))

    @property
    def std(self) -> float | None:
        """The standard deviation of a sample, divided by n - 1; None of fewer than two."""
        return math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else None

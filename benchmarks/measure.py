"""The result of a benchmark: one JSON object for each number, always with the same fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.harness import Timing


@dataclass(frozen=True)
class Measure:
    """One number of zipline beside a rival's, ``ratio`` being zipline / rival.

    Where only an absolute figure is asked for, the three fields of the rival and the ratio are None.
    ``detail`` always has ``target`` (what is allowed, in words) and ``met``.
    """

    benchmark: str
    measure: str
    zipline: float
    rival: float | None
    rival_name: str | None
    rival_version: str | None
    ratio: float | None
    unit: str
    scale: float
    detail: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields in order, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Report:
    """Turn the timings of one benchmark at one scale into measures."""

    benchmark: str
    scale: float
    detail: dict[str, Any]

    def against(
        self, measure: str, zipline: Timing, rival: Timing, *, at_most: float, **detail: object
    ) -> Measure:
        """Compare seconds with a rival's: the target is a ratio of at most ``at_most``."""
        ratio = zipline.seconds / rival.seconds
        return Measure(
            benchmark=self.benchmark,
            measure=measure,
            zipline=_rounded(zipline.seconds),
            rival=_rounded(rival.seconds),
            rival_name=rival.name,
            rival_version=rival.version,
            ratio=_rounded(ratio),
            unit="s",
            scale=self.scale,
            detail={
                "target": f"ratio <= {at_most:g}",
                "met": ratio <= at_most,
                "zipline_runs": [_rounded(run) for run in zipline.runs],
                "rival_runs": [_rounded(run) for run in rival.runs],
                **self.detail,
                **detail,
            },
        )

    def absolute(self, measure: str, value: float, unit: str, *, under: float, **detail: object) -> Measure:
        """Report a figure that has a limit of its own and no rival."""
        return Measure(
            benchmark=self.benchmark,
            measure=measure,
            zipline=_rounded(value),
            rival=None,
            rival_name=None,
            rival_version=None,
            ratio=None,
            unit=unit,
            scale=self.scale,
            detail={"target": f"under {under:g} {unit}", "met": value < under, **self.detail, **detail},
        )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")

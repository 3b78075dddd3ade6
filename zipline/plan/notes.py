"""What a user should know of a plan's answers, beside their values."""

from __future__ import annotations

from zipline.plan.nodes import Plan


def notes(plan: Plan) -> tuple[str, ...]:
    """Return what limits a plan's answers, one sentence each.

    Without knowledge times, going back by `as_of` is as good as the files are old: rows that were written since into
    an earlier event time are seen.
    """
    timeless = dict.fromkeys(
        source.name for sweep in plan.sweeps for source in sweep.sources if not source.has_knowledge
    )
    found = [
        f"source {name!r} has no knowledge time: as_of compares event times, and the same request gives the same "
        "bytes only while its files are unchanged"
        for name in timeless
    ]
    if plan.visibility.hindsight:
        found.append("hindsight: late data and corrections count as if known at once, which is a leak")
    return tuple(found)

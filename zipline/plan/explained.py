"""A plan as text: its nodes, and the kernel's steps of each sweep."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.window import Window
from zipline.plan.nodes import Plan, Select, Sweep
from zipline.plan.notes import notes
from zipline.plan.schema import SweepTypes
from zipline.time import from_micros


def plan_lines(plan: Plan, observations: str) -> Iterator[str]:
    """Yield what is asked for; `observations` is their title."""
    yield "Plan"
    yield from (f"  {line}" for line in _plan(plan))
    yield ""
    yield f"Observations: {observations}"
    yield f"  time {plan.time.column}; as of {from_micros(plan.visibility.as_of).isoformat()}"
    yield from (f"  note: {note}" for note in notes(plan))


def sweep_title(number: int, sweep: Sweep) -> str:
    """Return the line that stands above a sweep's."""
    return f"Sweep {number}: {sweep.title} by {', '.join(column for _, column in sweep.keys)}"


def kernel_lines(sweep: Sweep, types: SweepTypes) -> Iterator[str]:
    """Yield the kernel's steps of a sweep."""
    yield "kernel:"
    yield "  sort events and observations by (key, time)"
    windows: dict[Window, list[str]] = {}
    for column in sweep.columns:
        windows.setdefault(column.feature.window, []).append(column.name)
    for window, names in windows.items():
        ranges = "two orders, of entering and of leaving" if sweep.has_knowledge else "one range of events"
        yield f"  window {_window(window)}: {ranges} per observation"
        yield from (f"    {name}: {types.features[name]}" for name in names)


def _plan(plan: Plan) -> Iterator[str]:
    yield f"Derive {', '.join(column.name for column in plan.root.columns) or 'nothing'}"
    yield f"  Assemble {len(plan.root.outputs)} features beside the observations"
    for sweep in plan.sweeps:
        keys = ", ".join(f"{source} = {column}" for source, column in sweep.keys)
        yield f"    Sweep {len(sweep.columns)} features on {keys}"
        for select in sweep.inputs:
            yield from _select(select)


def _select(select: Select) -> Iterator[str]:
    source = select.source
    chosen = [f"{name}: {text}" for name, text in select.columns]
    condition = [f"where {select.where}"] if select.where else []
    yield f"      Select {'; '.join([*chosen, *condition]) or 'all'}"
    pushed = f", of ids where {select.input.where}" if select.input.where else ""
    changes = ", where a copy differs from the one before it" if isinstance(source.table, Snapshot) else ""
    yield f"        Versions by {', '.join(source.id) or 'row'}{changes}{pushed}"
    yield f"          Scan {source.name} ({', '.join(select.input.input.columns or ())})"


def _window(window: Window) -> str:
    parts = [window.label or "lifetime"]
    parts += [f"hop {window.hop_us} us"] if window.hop_us else []
    parts += [f"align {window.align_us} us"] if window.align_us else []
    return ", ".join(parts)

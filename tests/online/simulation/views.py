"""The views that are simulated: four kinds of sources, and sets of windows small enough to see."""

from __future__ import annotations

from functools import cache
from typing import Final

import zipline as zl
from zipline.online.state.view_state import ViewState
from zipline.plan.build import build
from zipline.plan.nodes import Visibility
from zipline.plan.schema import check_sweep
from zipline.types import BOOL, INT64, STRING, TIMESTAMP

KINDS: Final = ("plain", "arrival", "stays", "moves")
CORRECTIONS: Final = 6_000_000
WINDOWS: Final = (
    zl.Window("4s"), zl.Window("6s", hop="2s"), zl.Window("3s", offset="2s"), zl.Window("5s", align="3s"),
    zl.Window.lifetime(), zl.Window("4s", offset="1s", hop="2s"), zl.Window("900ms"),
    zl.Window.lifetime(offset="2s"), zl.Window("60s"),
)  # fmt: skip
_SCHEMA: Final = {
    "entity": STRING, "time": TIMESTAMP, "known": TIMESTAMP, "value": INT64, "id": STRING, "gone": BOOL,
}  # fmt: skip


@cache
def state_of(kind: str, windows: tuple[int, ...]) -> ViewState:
    """Return the state of a view over a kind of source with some of the windows."""
    ids = kind in ("stays", "moves")
    source = zl.EventSource(
        "s", table=zl.Parquet("s.parquet"), event_time="time", knowledge_time="known",
        id="id" if ids else None, deleted="gone" if ids else None, corrections="6s" if ids else None,
        moves=kind != "stays",
    )  # fmt: skip
    features = [
        each.over(*(WINDOWS[at] for at in windows))
        for each in (zl.Count(), zl.Sum("value"), zl.Last("value"))
    ]
    view = zl.FeatureView("v", entity=zl.Entity("entity"), source=source, features=features)
    plan = build(view, time="time", keys=None, visibility=Visibility(0))
    (sweep,) = plan.sweeps
    return ViewState("v@1", view, sweep, check_sweep(sweep, [_SCHEMA]))

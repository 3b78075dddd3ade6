"""Small definitions that several tests take apart."""

from __future__ import annotations

import zipline as zl

USER = zl.Entity("user")
CLICKS = zl.EventSource("clicks", table=zl.Parquet("clicks.parquet"), event_time="ts")


def view(*features: object, name: str = "user_clicks", keys: dict[str, str] | None = None) -> zl.FeatureView:
    """Return a view of users' clicks; features of the wrong kind are what some tests are about."""
    return zl.FeatureView(name, entity=USER, source=CLICKS, features=features, keys=keys)  # type: ignore[arg-type]

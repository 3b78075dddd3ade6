"""The definitions that these tests test: a shop's orders, late, corrected and cancelled."""

from __future__ import annotations

from typing import Any

import zipline as zl

ORDERS = zl.EventSource(
    "orders",
    table=zl.Parquet("nowhere/orders.parquet"),
    event_time="ordered",
    knowledge_time="entered",
    id="order",
    deleted="cancelled",
)
SPENDING = zl.FeatureView(
    "spending",
    entity=zl.Entity("customer"),
    source=ORDERS,
    features=[
        zl.Count().over("7d"),
        zl.Sum("amount").over("7d"),
        zl.Last("amount").over("30d"),
        zl.Count(where="amount > 100").named("large").over("30d"),
        zl.Sum("amount", by="shop").over("7d"),
        zl.LastK("amount", 2).over("7d"),
        zl.Last(["shop", "event_time"]).over("7d"),
        zl.Derived("mean_7d", "amount_sum_7d / nullif(count_7d, 0)"),
    ],
)


def order(
    number: int, customer: str | None, amount: float | None, ordered: str, entered: str, **more: Any
) -> dict[str, Any]:
    """Return an event of ORDERS; days of May 2024."""
    row = {"order": number, "customer": customer, "amount": amount}
    return {**row, "ordered": f"2024-05-{ordered}", "entered": f"2024-05-{entered}", "shop": "north", **more}


EVENTS = [
    order(1, "ann", 20.0, "01", "01"),
    order(2, "ann", 30.0, "02", "06", shop="south"),
    order(3, "bob", 900.0, "02", "02"),
    order(3, "bob", 90.0, "02", "04"),
    order(4, "ann", 50.0, "03", "03"),
    order(4, "ann", None, "03", "05", cancelled=True),
]

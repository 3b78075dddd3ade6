"""A shop's repository in a folder: orders in a Parquet file, a module that a test writes, and what is asked of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

import zipline as zl

DAYS: Final = (1, 2, 2, 3, 5, 6)
ORDERS: Final = pa.table(
    {
        "customer": ["ann", "ann", "bob", "ann", "bob", "ann"],
        "item": ["a", "b", "a", "c", "b", "a"],
        "amount": [20.0, 30.0, 90.0, None, 5.5, 0.1],
        "ordered": pa.array([datetime(2024, 5, day) for day in DAYS], pa.timestamp("us")),
    }
)
ASKED: Final = pa.table(
    {
        "customer": ["ann", "bob", "ann", "eve"],
        "at": pa.array([datetime(2024, 5, day, 12) for day in (3, 4, 7, 7)], pa.timestamp("us")),
    }
)

MODULE: Final = """
import zipline as zl

orders = zl.EventSource("orders", table=zl.Parquet("orders.parquet"), event_time="ordered")
spending = zl.FeatureView(
    "spending",
    entity=zl.Entity("customer"),
    source=orders,
    owner="sales",
    features=[
        zl.Count().over("7d"),
        zl.Sum("amount").over("7d"),
        zl.Count(where="amount > 15").named("large").over("30d"),
        zl.Derived("mean_7d", "amount_sum_7d / nullif(count_7d, 0)"),
    ],
)
model = zl.FeatureService("model", [spending["count_7d", "large_30d"]], time="at", owner="science")
"""


class Shop:
    """The repository of a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.orders(ORDERS)
        self.settings("")
        self.module(MODULE)

    def settings(self, text: str) -> None:
        """Write zipline.toml."""
        (self.root / "zipline.toml").write_text(text)

    def module(self, text: str) -> None:
        """Write the module that defines the features; nothing leaves none."""
        path = self.root / "shop_features.py"
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)

    def change(self, *pairs: tuple[str, str]) -> None:
        """Write the module with other words in place of some."""
        text = MODULE
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        self.module(text)

    def orders(self, table: pa.Table, name: str = "orders.parquet") -> None:
        """Write the orders."""
        pq.write_table(table, self.root / name)

    @property
    def store(self) -> zl.FeatureStore:
        """A store that has just read the module."""
        return zl.FeatureStore(self.root)

    def files(self, folder: str = "") -> list[str]:
        """Return the paths of the registry's files."""
        place = self.root / "registry"
        return sorted(str(path.relative_to(place)) for path in (place / folder).rglob("*") if path.is_file())

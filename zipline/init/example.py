"""The example repository: definitions, their test, and a small shop's data, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

COMMANDS: Final = (
    "zipline list",
    "zipline training-set next_order --observations data/observations.parquet --out out/train.parquet",
    "zipline plan",
    "pytest",
)
"""What to run next, in the folder."""

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAYS: Final = 90
CUSTOMERS: Final = 120
PRODUCTS: Final = ("tea", "coffee", "mug", "kettle", "filter", "grinder")
PAGES: Final = ("home", "search", "product", "cart", "help")
TEXTS: Final = {
    "zipline.toml": "zipline.toml.txt",
    "features.py": "features.py.txt",
    "test_features.py": "test_features.py.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
}


def template(name: str) -> str:
    """Return a template's text. They end in .txt so that no tool takes them for code of this package."""
    return (files("zipline.init") / "templates" / name).read_text(encoding="utf-8")


def example_files() -> dict[str, bytes]:
    """Return the files of the example, by their path in the folder."""
    texts = {name: template(source).encode() for name, source in TEXTS.items()}
    texts["README.md"] = template("README.md.txt").replace("{commands}", "\n".join(COMMANDS)).encode()
    shop = Shop()
    return {
        **texts,
        "data/orders.parquet": _parquet(shop.orders()),
        "data/visits.csv": shop.visits().encode(),
        "data/observations.parquet": _parquet(shop.observations()),
    }


@dataclass(frozen=True)
class Order:
    """One order: `entered` is when the shop's system had it, `cancelled` when it was taken back."""

    customer: int
    ordered: datetime
    entered: datetime
    cancelled: datetime | None
    product: str
    amount: float


class Shop:
    """Ninety days of a small shop, drawn with a fixed seed."""

    def __init__(self) -> None:
        # Of all that `random` has, only `random()` is promised to give the same numbers in every Python.
        self._draw = Random(2024).random
        self._orders = sorted(self._drawn(), key=lambda order: (order.ordered, order.customer))

    def _drawn(self) -> Iterator[Order]:
        for customer in range(1, CUSTOMERS + 1):
            eager = 2 + 14 * self._draw() ** 2
            for _ in range(round(eager)):
                ordered = START + timedelta(minutes=int(self._draw() * DAYS * 1440))
                late = 1 + int(2880 * self._draw()) if self._draw() < 0.2 else 1
                entered = ordered + timedelta(minutes=late)
                back = entered + timedelta(minutes=int(60 + 7000 * self._draw()))
                yield Order(
                    customer,
                    ordered,
                    entered,
                    back if self._draw() < 0.07 else None,
                    PRODUCTS[int(self._draw() ** 2 * len(PRODUCTS))],
                    round(5 + 120 * self._draw() ** 3, 2),
                )

    def orders(self) -> pa.Table:
        """Return a row per order, and one more for each that was cancelled, as they became known."""
        rows = []
        for number, order in enumerate(self._orders, start=1):
            row = {
                "order_id": number,
                "customer_id": order.customer,
                "ordered_at": order.ordered,
                "known_at": order.entered,
                "product": order.product,
                "amount": order.amount,
                "cancelled": False,
            }
            rows.append(row)
            if order.cancelled:
                rows.append(row | {"known_at": order.cancelled, "cancelled": True})
        return _table(sorted(rows, key=lambda row: (row["known_at"], row["order_id"])))

    def visits(self) -> str:
        """Return the visits to the shop's pages as CSV; most orders come after some."""
        rows = []
        for order in self._orders:
            for _ in range(int(6 * self._draw())):
                at = order.ordered - timedelta(seconds=int(20 + 200_000 * self._draw() ** 3))
                page = PAGES[int(self._draw() * len(PAGES))]
                rows.append((at, order.customer, page, round(3 + 90 * self._draw() ** 2, 1)))
        lines = [f"{at:%Y-%m-%d %H:%M:%S},{customer},{page},{s}" for at, customer, page, s in sorted(rows)]
        return "\n".join(["visited_at,customer_id,page,seconds", *lines, ""])

    def observations(self) -> pa.Table:
        """Return what a model would have been asked each Monday, and whether an order came within a week."""
        times: dict[int, list[datetime]] = {}
        for order in self._orders:
            times.setdefault(order.customer, []).append(order.ordered)
        week = timedelta(days=7)
        mondays = [START + n * week for n in range(2, DAYS // 7)]
        return _table(
            [
                {
                    "customer_id": customer,
                    "asked_at": monday,
                    "ordered": any(monday < at <= monday + week for at in times.get(customer, [])),
                }
                for monday in mondays
                for customer in range(1, CUSTOMERS + 1)
            ]
        )


def _table(rows: list[dict[str, object]]) -> pa.Table:
    import pyarrow as pa

    table = pa.Table.from_pylist(rows)
    return table.cast(
        pa.schema(
            pa.field(
                field.name, pa.timestamp("us", "UTC") if pa.types.is_timestamp(field.type) else field.type
            )
            for field in table.schema
        )
    )


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()

"""Features of orders: a first proposal, to be checked.

It was made from the schema and all 120 rows of data/orders.parquet.
"""

import zipline as zl

# Entity: "customer_id" has 20 different values in 120 rows. Others that could be:
# "order_id" (60), "channel" (3).
# Check: is it what you make predictions about?
customer = zl.Entity("customer", keys=["customer_id"])

orders = zl.EventSource(
    "orders",
    table=zl.Parquet("data/orders.parquet"),
    # Event time: "ordered_at", timestamps, from 2024-01-01 to 2024-02-04.
    # Check: is it when it happened, and not when it was stored? Times without a zone
    # are read as UTC: local ones need zl.Timestamp(..., zone="Europe/Paris").
    event_time="ordered_at",
    # Knowledge time: "loaded_at", timestamps, from 2024-01-01 to 2024-02-04.
    # Check: is it when a row could first have been known?
    knowledge_time="loaded_at",
    # Id: "order_id" has 60 values in 120 rows: later rows correct earlier ones. Check:
    # are they versions of one event?
    id="order_id",
    # Check: does a row where this is true withdraw the event?
    deleted="cancelled",
)

customer_orders = zl.FeatureView(
    "customer_orders",
    entity=customer,
    source=orders,
    features=[
        # Windows: the events span 34.7 days.
        zl.Count().over("1d", "7d", "14d"),
        # "amount" is float64, from 0 to 17.
        zl.Sum("amount").over("1d", "7d", "14d"),
        zl.Mean("amount").over("1d", "7d", "14d"),
        zl.Max("amount").over("1d", "7d", "14d"),
        # "channel" has 3 different values in 120 rows.
        zl.CountDistinct("channel").over("14d"),
        zl.MostFrequent("channel", 3).over("14d"),
    ],
)

# What a model reads. Asked at the events' own times, each row sees what was known just
# before it. Check: when is your model asked, and by which columns?
orders_model = zl.FeatureService(
    "orders_model",
    [customer_orders],
    time="ordered_at",
)

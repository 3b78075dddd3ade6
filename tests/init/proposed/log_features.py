"""Features of log: a first proposal, to be checked.

It was made from the schema and all 120 rows of data/log.parquet.
"""

import zipline as zl

# Entity: "host" has 5 different values in 120 rows.
# Check: is it what you make predictions about?
host = zl.Entity("host", keys=["host"])

log = zl.EventSource(
    "log",
    table=zl.Parquet("data/log.parquet"),
    # Event time: "ts", integers that are times from 2023-11-14 to 2023-11-15 if they
    # count milliseconds.
    # Check: is it when it happened, and not when it was stored?
    event_time=zl.Timestamp("ts", unit="ms"),
    # Knowledge time: no column is called like one. Check: when could a row first have
    # been known? Without it training sets see rows that came late. Name a column as
    # knowledge_time, or say delay="1h".
)

host_log = zl.FeatureView(
    "host_log",
    entity=host,
    source=log,
    features=[
        # Windows: the events span 0.1 days.
        zl.Count().over("1m", "5m", "10m"),
        # "bytes" is int64, from 0 to 14161.
        zl.Sum("bytes").over("1m", "5m", "10m"),
        zl.Mean("bytes").over("1m", "5m", "10m"),
        zl.Max("bytes").over("1m", "5m", "10m"),
        # "ok" says yes or no: its mean is the share of yes.
        zl.Mean("ok").over("1m", "5m", "10m"),
        # Nothing was made of "nothing", "tags".
    ],
)

# What a model reads. Asked at the events' own times, each row sees what was known just
# before it. Check: when is your model asked, and by which columns?
log_model = zl.FeatureService(
    "log_model",
    [host_log],
    time=zl.Timestamp("ts", unit="ms"),
)

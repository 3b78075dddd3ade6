"""Features for one question, asked two hours before departure: how late will this flight land?

The data are the flights that left New York in 2013 and the weather there (`demo/prepare.py` makes the files).
"""

import zipline as zl

carrier = zl.Entity("carrier", keys=["carrier"])
airport = zl.Entity("airport", keys=["airport"])
plane = zl.Entity("plane", keys=["tailnum"])
route = zl.Entity("route", keys=["origin", "dest"])

FLIGHTS = zl.Parquet("data/flights/*.parquet")
FLIGHTS_LIVE = zl.Kafka("flights")  # the same rows as JSON, as they become known

flights = zl.EventSource(
    "flights",
    table=FLIGHTS,
    stream=FLIGHTS_LIVE,
    event_time="scheduled_departure",
    knowledge_time="known_at",  # a row when the flight departs, one more when it lands
    id="flight_id",  # ... which corrects the first
    corrections="3d",  # no flight takes longer
    moves=False,  # it lands as the flight that it left as: of the same carrier, plane and route
    deleted="cancelled",
    select={"late": "arr_delay > 15"},
    where="distance > 0",
    description="Departures from New York; what is known at departure, corrected at landing.",
)

cancellations = zl.EventSource(
    "cancellations",
    table=FLIGHTS,
    stream=FLIGHTS_LIVE,
    event_time="scheduled_departure",
    knowledge_time="known_at",
    where="cancelled",
    description="The flights that never left: the same files, read as events of another kind.",
)

observed_weather = zl.EventSource(
    "observed_weather",
    table=zl.Parquet("data/weather.parquet"),
    stream=zl.Kafka("weather"),
    event_time="time_hour",
    delay="1h",  # the record of an hour is out when the hour is over
    description="Hourly records at the three airports of New York.",
)

carrier_delays = zl.FeatureView(
    "carrier_delays",
    entity=carrier,
    source=flights,
    owner="ops",
    tags={"team": "eta"},
    # Not read online: a histogram over a lifetime has no bounded state. `limit=` on it would give it one.
    description="How busy and how late a carrier has been.",
    features=[
        zl.Count().over("1h", "1d"),
        zl.Mean("arr_delay").over("1d", "7d", zl.Window("30d", hop="1d")),
        zl.Quantile("arr_delay", 0.9).over("30d"),
        zl.Count(where="late").named("late").over("7d"),
        zl.Count().over("7d"),
        zl.Histogram("origin", k=5),
        zl.LastK(["dest", "arr_delay"], 5).over("7d"),
        zl.Sum("arr_delay", by="origin").over(zl.Window("7d", offset="1d")),
        zl.Derived("late_rate_7d", "late_7d / nullif(count_7d, 0)"),
    ],
)

planes = zl.FeatureView(
    "planes",
    entity=plane,
    source=flights,
    online=True,
    freshness="5m",
    owner="ops",
    description="Where a plane has been: one that lands late leaves late.",
    features=[
        zl.Count().over("1d"),
        zl.Last("arr_delay").over("1d"),
        zl.TimeSinceLast().over("7d"),
        zl.CountDistinct("dest").over("30d"),
    ],
)

routes = zl.FeatureView(
    "routes",
    entity=route,
    source=flights,
    online=True,
    freshness="5m",
    owner="network",
    features=[
        zl.Mean("distance").over("30d"),
        zl.Mean("air_time").over("30d"),
        zl.Stddev("arr_delay").over("30d"),
        zl.Max("arr_delay").over(zl.Window("7d", align="1d")),  # as of last midnight
    ],
)

weather = zl.FeatureView(
    "weather",
    entity=airport,
    source=observed_weather,
    keys={"airport": "origin"},
    online=True,
    freshness="5m",
    owner="ops",
    features=[
        zl.Last("wind_speed").named("wind_speed_last").over(zl.Window.lifetime()),
        zl.Mean("visib").over("3h"),
        zl.Max("wind_gust").over("1d"),
    ],
)

arrivals = zl.FeatureView(
    "arrivals",
    entity=airport,
    source=flights,
    keys={"airport": "dest"},
    online=True,
    freshness="5m",
    owner="network",
    description="What an airport has seen land.",
    features=[
        zl.Mean("arr_delay").over("1d"),
        zl.DecayedSum("arr_delay", half_life="6h").over("2d"),
        zl.MostFrequent("carrier", 3).over("30d"),
    ],
)

disruption = zl.FeatureView(
    "disruption",
    entity=airport,
    source=cancellations,
    keys={"airport": "origin"},
    online=True,
    freshness="5m",
    owner="ops",
    features=[zl.Count().named("cancelled").over("6h", "1d")],
)

delay_model = zl.FeatureService(
    "delay_model",
    [
        carrier_delays,
        weather["wind_speed_last", "visib_mean_3h"],
        arrivals.bind("dest_arrivals", keys={"airport": "dest"}),
        disruption,
        planes,
        routes,
        zl.Derived("distance_ratio", "distance / routes__distance_mean_30d"),
    ],
    request={"distance": "double"},
    time="asked_at",
    keys={"carrier": "op_carrier", "airport": "origin"},
    description="All that is known of a flight two hours before it should leave.",
    owner="ops",
)

live_delay_model = zl.FeatureService(
    "live_delay_model",
    [
        weather["wind_speed_last", "visib_mean_3h"],
        arrivals.bind("dest_arrivals", keys={"airport": "dest"}),
        disruption,
        planes,
        routes,
        zl.Derived("distance_ratio", "distance / routes__distance_mean_30d"),
    ],
    request={"distance": "double"},
    time="asked_at",
    keys={"airport": "origin"},
    description="The part of delay_model that is read online, at the moment when a flight is asked about.",
    owner="ops",
)

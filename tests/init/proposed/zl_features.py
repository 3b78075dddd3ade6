"""Features of zl: a first proposal, to be checked.

It was made from the schema and all 120 rows of data/zl.parquet.
"""

import zipline as zl

# Entity: 'Group "A" / \\n' has 4 different values in 120 rows. Others that could be:
# "2nd" (4).
# Check: is it what you make predictions about?
group_a_n = zl.Entity("group_a_n", keys=['Group "A" / \\n'])

zl_ = zl.EventSource(
    "zl",
    table=zl.Parquet("data/zl.parquet"),
    # Event time: "class", dates, from 2024-01-01 to 2024-01-09.
    # Check: is it when it happened, and not when it was stored?
    event_time="class",
    # Knowledge time: no column is called like one. Check: when could a row first have
    # been known? Without it training sets see rows that came late. Name a column as
    # knowledge_time, or say delay="1h".
)

group_a_n_zl = zl.FeatureView(
    "group_a_n_zl",
    entity=group_a_n,
    source=zl_,
    features=[
        # Windows: the events span 8.0 days.
        zl.Count().over("1d", "2d", "3d"),
        # "Größe__" is float64, from 0 to 17.
        zl.Sum("Größe__").named("gr_e_sum").over("1d", "2d", "3d"),
        zl.Mean("Größe__").named("gr_e_mean").over("1d", "2d", "3d"),
        zl.Max("Größe__").named("gr_e_max").over("1d", "2d", "3d"),
        # "größe" is float64, from 0 to 39.6667.
        zl.Sum("größe").named("gr_e_sum_2").over("1d", "2d", "3d"),
        zl.Mean("größe").named("gr_e_mean_2").over("1d", "2d", "3d"),
        zl.Max("größe").named("gr_e_max_2").over("1d", "2d", "3d"),
        # "2nd" has 4 different values in 120 rows.
        zl.CountDistinct("2nd").named("x_2nd_count_distinct").over("3d"),
        zl.MostFrequent("2nd", 3).named("x_2nd_most_frequent").over("3d"),
        # "both ' and \"" is int64, from 0 to 10.
        zl.Sum("both ' and \"").named("both_and_sum").over("1d", "2d", "3d"),
        zl.Mean("both ' and \"").named("both_and_mean").over("1d", "2d", "3d"),
        zl.Max("both ' and \"").named("both_and_max").over("1d", "2d", "3d"),
        # "lambda" says yes or no: its mean is the share of yes.
        zl.Mean("lambda").over("1d", "2d", "3d"),
    ],
)

# What a model reads. Asked at the events' own times, each row sees what was known just
# before it. Check: when is your model asked, and by which columns?
zl_model = zl.FeatureService(
    "zl_model",
    [group_a_n_zl],
    time="class",
)

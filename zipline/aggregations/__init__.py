"""Every aggregation: how events become a value, each defined as a commutative monoid in a file of its own."""

from zipline.aggregations.approx_count_distinct import ApproxCountDistinct
from zipline.aggregations.bottom_k import BottomK
from zipline.aggregations.count import Count
from zipline.aggregations.count_distinct import CountDistinct
from zipline.aggregations.decayed_count import DecayedCount
from zipline.aggregations.decayed_sum import DecayedSum
from zipline.aggregations.first import First
from zipline.aggregations.first_k import FirstK
from zipline.aggregations.histogram import Histogram
from zipline.aggregations.kurtosis import Kurtosis
from zipline.aggregations.last import Last
from zipline.aggregations.last_k import LastK
from zipline.aggregations.max import Max
from zipline.aggregations.mean import Mean
from zipline.aggregations.min import Min
from zipline.aggregations.most_frequent import MostFrequent
from zipline.aggregations.quantile import Quantile
from zipline.aggregations.skew import Skew
from zipline.aggregations.stddev import Stddev
from zipline.aggregations.sum import Sum
from zipline.aggregations.time_since_first import TimeSinceFirst
from zipline.aggregations.time_since_last import TimeSinceLast
from zipline.aggregations.top_k import TopK
from zipline.aggregations.variance import Variance
from zipline.aggregations.vector_mean import VectorMean
from zipline.aggregations.vector_sum import VectorSum

__all__ = [
    "ApproxCountDistinct",
    "BottomK",
    "Count",
    "CountDistinct",
    "DecayedCount",
    "DecayedSum",
    "First",
    "FirstK",
    "Histogram",
    "Kurtosis",
    "Last",
    "LastK",
    "Max",
    "Mean",
    "Min",
    "MostFrequent",
    "Quantile",
    "Skew",
    "Stddev",
    "Sum",
    "TimeSinceFirst",
    "TimeSinceLast",
    "TopK",
    "Variance",
    "VectorMean",
    "VectorSum",
]

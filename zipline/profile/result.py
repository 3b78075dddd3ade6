"""Profile: what the values of a training set's features are like, as a table and with small pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from zipline.display.card import Card
from zipline.display.html import page
from zipline.display.markup import Content, Markup, element
from zipline.display.text import card_text
from zipline.errors import RequestError, nearest
from zipline.profile.feature import FeatureProfile
from zipline.profile.picture import histogram, shares
from zipline.profile.words import number, percent, summary, summary_parts

if TYPE_CHECKING:
    import polars as pl

QUANTILES = ("q05", "q25", "median", "q75", "q95")


class Profile:
    """The features' values in numbers; the same rows give the same profile.

    Counts, means, deviations and ends are of all rows. Of more than 32,768 rows, quantiles, pictures and the frequent
    ones among very many values come from a sample of that size; of more than 16,384 different values the number is an
    estimate.

    Attributes:
        features: one profile each, in the order of the columns.
        rows: how many there were.
        sampled: how many of them are in the sample.
    """

    def __init__(self, features: tuple[FeatureProfile, ...], rows: int, sampled: int) -> None:
        self.features = features
        self.rows = rows
        self.sampled = sampled

    def __getitem__(self, name: str) -> FeatureProfile:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise RequestError(
            f"the profile has no feature {name!r}", hint=nearest(name, [each.name for each in self.features])
        )

    @property
    def warnings(self) -> dict[str, tuple[str, ...]]:
        """The features that have something suspicious, and what: `all null`, `constant`."""
        return {each.name: each.warnings for each in self.features if each.warnings}

    def to_polars(self) -> pl.DataFrame:
        """Return a table with a row per feature; columns are `FeatureProfile`'s, quantiles one by one."""
        import polars as pl

        rows = []
        for each in self.features:
            row = asdict(each)
            row |= dict(zip(QUANTILES, row.pop("quantiles"), strict=True))
            row["feature"] = row.pop("name")
            row["most_frequent"] = [{"value": value, "count": count} for value, count in each.most_frequent]
            row["warnings"], row["histogram"] = list(each.warnings), list(each.histogram)
            rows.append(row)
        return pl.DataFrame(rows, schema=_schema())

    def __repr__(self) -> str:
        rows = [
            (each.name, percent(each.null_share), _distinct(each), summary(each)) for each in self.features
        ]
        columns = ("feature", "null", "distinct", "values")
        return card_text(Card("Profile", self._title(), "", (), columns, rows, list(self._notes())))

    def _repr_html_(self) -> str:
        columns = ("feature", "type", "null", "distinct", "", "values")
        head = element("tr", *(element("th", column, scope="col") for column in columns))
        body = [_row(each) for each in self.features]
        table = element("table", element("thead", head), element("tbody", *body))
        notes: list[Content] = [element("p", note, class_="note") for note in self._notes()]
        title = element("h4", element("span", "Profile"), self._title())
        return str(page(title, table, *notes))

    def _title(self) -> str:
        return f"of {len(self.features):,} features, {self.rows:,} rows"

    def _notes(self) -> Iterator[str]:
        for name, warnings in self.warnings.items():
            yield f"{name}: {', '.join(warnings)}"
        if any(each.is_sampled for each in self.features):
            yield f"quantiles and pictures are of a sample of {self.sampled:,} rows"
        if any(each.distinct is not None and not each.distinct_is_exact for each in self.features):
            yield "~: an estimate, with a standard error of 0.8 %"


def _row(feature: FeatureProfile) -> Markup:
    phrases = summary_parts(feature)
    parts: list[Content] = [each for phrase in phrases for each in (phrase, Markup("<br>"))]
    warned: list[Content] = [element("b", f"{each} ") for each in feature.warnings]
    return element(
        "tr",
        element("td", feature.name),
        element("td", feature.type),
        element("td", percent(feature.null_share), class_="n"),
        element("td", _distinct(feature), class_="n"),
        element("td", _picture(feature)),
        element("td", warned, parts[:-1]),
    )


def _picture(feature: FeatureProfile) -> Content:
    present = feature.rows - feature.nulls
    if feature.true_share is not None:
        return shares([feature.true_share], f"{percent(feature.true_share)} are true")
    categories = feature.most_frequent and (
        feature.measured != "value" or (feature.distinct or 0) <= len(feature.most_frequent)
    )
    if categories and present:
        words = ", ".join(f"{value} {percent(count / present)}" for value, count in feature.most_frequent)
        return shares([min(1.0, count / present) for _, count in feature.most_frequent], words)
    if feature.histogram and feature.min is not None and feature.max is not None:
        measured = "lengths" if feature.measured == "length" else "values"
        ends = (feature.smallest, feature.largest) if feature.measured == "time" else (None, None)
        low, high = (ends[0] or number(feature.min)), (ends[1] or number(feature.max))
        return histogram(feature.histogram, f"histogram of {measured} from {low} to {high}")
    return ""


def _distinct(feature: FeatureProfile) -> str:
    if feature.distinct is None:
        return ""
    return f"{'' if feature.distinct_is_exact else '~'}{feature.distinct:,}"


def _schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    import polars as pl

    frequent = pl.List(pl.Struct({"value": pl.String, "count": pl.Int64}))
    floats = ("mean", "std", "min", *QUANTILES, "max")
    return {
        "feature": pl.String, "type": pl.String, "rows": pl.Int64, "nulls": pl.Int64, "distinct": pl.Int64,
        "distinct_is_exact": pl.Boolean, "measured": pl.String, "not_finite": pl.Int64,
        **dict.fromkeys(floats, pl.Float64),
        "smallest": pl.String, "largest": pl.String, "true_share": pl.Float64,
        "most_frequent": frequent, "frequent_is_exact": pl.Boolean, "histogram": pl.List(pl.Int64),
        "is_sampled": pl.Boolean, "warnings": pl.List(pl.String),
    }  # fmt: skip

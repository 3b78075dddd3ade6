"""`assert_features`: compute features from events written by hand, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from zipline.errors import RequestError, ZiplineError
from zipline.testing.mismatch import FeatureMismatch
from zipline.time import TimeLike, to_micros

if TYPE_CHECKING:
    from zipline.dsl.feature_service import FeatureService
    from zipline.dsl.feature_view import FeatureView
    from zipline.testing.run import Answer


def assert_features(
    features: FeatureView | FeatureService,
    events: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    at: TimeLike | Sequence[TimeLike],
    expect: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    entity: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
    schema: Mapping[str, Any] | None = None,
    approx: float | None = None,
    as_of: TimeLike | None = None,
    hindsight: bool = False,
) -> None:
    """Assert what features are at some time, had nothing but these events happened.

    The definitions are those of production, and so is the engine; only the rows of the sources' tables are replaced.
    On failure the message shows what was expected and computed, and what each event had to do with it.

    Args:
        features: a view, or a service.
        events: dicts with the columns of the source's table; times may be texts; a column that an event does not
            have is null. Where several sources are read: source name -> its events.
        at: the time of the observation, or several.
        expect: feature -> value (with several times a list of values), or for each time a dict of these. Features
            are named as in the view, those of a service as its columns; only the named ones are compared. NaN
            equals NaN, and numbers are equal by value.
        entity: whose features: key -> value; of a service, by the names of the observations' columns. Not needed
            where all events have one entity.
        request: the request fields of a service.
        schema: column -> type, such as `{"amount": "double"}`, where the values do not tell; with events of several
            sources: source name -> such a mapping.
        approx: how far numbers may be off, relative to the larger of the expected one and 1; exact unless given.
        as_of: see only what was known by then; all of it unless given, whatever the clock says.
        hindsight: see late data and corrections as if they had been known at once.

    Raises:
        FeatureMismatch: an `AssertionError`: features have other values.
        ZiplineError: the definitions do not fit the events, or the test asks for what is not there.

    >>> import zipline as zl
    >>> clicks = zl.EventSource("clicks", table=zl.Parquet("clicks/"), event_time="ts")
    >>> view = zl.FeatureView("clicked", entity=zl.Entity("user"), source=clicks, features=[zl.Count().over("1h")])
    >>> seen = [{"user": 1, "ts": "2024-05-01T11:30"}, {"user": 1, "ts": "2024-05-01T12:00"}]
    >>> assert_features(view, seen, at="2024-05-01T12:00", expect={"count_1h": 1})
    """
    __tracebackhide__ = True
    try:
        from zipline.testing.run import Question, answer

        times = [at] if isinstance(at, (str, date)) else list(at)
        expected = _expected(expect, times, several=not isinstance(at, (str, date)))
        question = Question(
            features=features,
            names=tuple(dict.fromkeys(name for each in expected for name in each)),
            times=tuple(to_micros(each) for each in times),
            entity=dict(entity or {}),
            request=dict(request or {}),
            as_of=None if as_of is None else to_micros(as_of),
            hindsight=hindsight,
        )
        message = _difference(answer(question, events, schema or {}), expected, approx)
    except ZiplineError as error:
        raise error.with_traceback(None) from None
    if message:
        raise FeatureMismatch(message)


def _expected(expect: Any, times: Sequence[TimeLike], *, several: bool) -> list[Mapping[str, Any]]:
    """Return what is expected at each time.

    Raises:
        RequestError: there are not as many values as times.
    """
    if not times or not expect:
        raise RequestError(
            "names no time" if not times else "names no feature",
            where="at=" if not times else "expect=",
            hint="give a time such as '2024-05-03'" if not times else "such as expect={'count_7d': 2}",
        )
    if not isinstance(expect, Mapping):
        listed = list(expect)
        if len(listed) != len(times):
            raise RequestError(
                f"{len(listed)} dicts for {len(times)} times", where="expect=", hint="give one for each"
            )
        return listed
    if not several:
        return [expect]
    for name, values in expect.items():
        if not isinstance(values, (list, tuple)) or len(values) != len(times):
            raise RequestError(
                f"{name!r} is {values!r}, for {len(times)} times",
                where="expect=",
                hint="at= is a list, so give a list of as many values",
            )
    return [{name: values[i] for name, values in expect.items()} for i in range(len(times))]


def _difference(answer: Answer, expected: Sequence[Mapping[str, Any]], approx: float | None) -> str:
    """Return the message of a failure; empty if all is as expected."""
    from zipline.testing.equality import same
    from zipline.testing.message import told

    wrong = [
        (i, [name for name in values if not same(values[name], answer.rows[i][name], approx)])
        for i, values in enumerate(expected)
    ]
    wrong = [(i, names) for i, names in wrong if names]
    return told(answer, expected, wrong) if wrong else ""

"""Sql on a real PostgreSQL: types, what is pushed down, one snapshot for a run, and errors that keep secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from adbc_driver_postgresql.dbapi import connect

import zipline as zl
from tests.engines.duckdb.small import ASKED, ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.readers import postgres as reading

EVENTS = (
    "SELECT * FROM (VALUES ('a', '1970-01-01'::timestamptz, 1), ('a', '1970-01-01', 2), ('b', '1970-01-01', 4)) "
    'AS e ("user", ts, x)'
)
DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def run(postgres_url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return a function that runs statements and gives the last one's rows."""

    def statements(text: str) -> list[tuple[Any, ...]]:
        with connect(postgres_url, autocommit=True) as connection, connection.cursor() as cursor:
            for each in text.split(";"):
                cursor.execute(each)
            return cursor.fetchall() if cursor.description else []

    return statements


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the queries that are sent to the database."""
    sent: list[str] = []
    original = reading.PostgresSession.running

    def running(self: reading.PostgresSession, sql: str) -> Any:
        sent.append(sql)
        return original(self, sql)

    monkeypatch.setattr(reading.PostgresSession, "running", running)
    return sent


def test_a_query_is_read_as_a_table(postgres_url: str) -> None:
    table = zl.Sql(postgres_url, EVENTS + " ; ")
    assert sums(table) == [3, 4, None]
    assert sums(zl.Sql(postgres_url, EVENTS + " -- the events\n")) == [3, 4, None]
    asked = zl.Sql(
        postgres_url, "SELECT * FROM (VALUES ('b', now()), ('c', now()), ('a', now())) AS o (\"user\", t)"
    )
    assert sums(table, asked=asked) == [4, None, 3]


def test_names_are_quoted(postgres_url: str) -> None:
    table = zl.Sql(postgres_url, EVENTS.replace("ts", '"t""s; SELECT"'))
    assert sums(table, event_time='t"s; SELECT') == [3, 4, None]
    assert sums(table, event_time='t"s; SELECT', where="\"user\" <> 'it''s' AND \"user\" = 'a'") == [
        3,
        None,
        None,
    ]


VALUES: dict[str, tuple[str, Any]] = {
    "smallint": ("7::int2", 7),
    "real": ("1.5::float4", 1.5),
    "numeric": ("1.50::numeric(7,2)", Decimal("1.50")),
    "varchar": ("'é'::varchar(5)", "é"),
    "char": ("'x'::char(3)", "x  "),
    "bytea": ("'\\x00ff'::bytea", b"\x00\xff"),
    "date": ("'2024-02-29'::date", date(2024, 2, 29)),
    "timestamp": (
        "'2024-02-29 12:00:00.123456'::timestamp",
        datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC),
    ),
    "timestamptz": ("'2024-02-29 12:00+02'::timestamptz", datetime(2024, 2, 29, 10, tzinfo=UTC)),
    "uuid": ("'00000000-0000-0000-0000-000000000001'::uuid", "00000000-0000-0000-0000-000000000001"),
    "json": ("'{\"a\": [1]}'::json", '{"a": [1]}'),
    "jsonb": ("'{\"a\": [1]}'::jsonb", '{"a": [1]}'),
    "array": ("array[1, null, 3]", [1, None, 3]),
    "texts": ("array['x', null]", ["x", None]),
    "boolean": ("true", True),
    "null": ("null", None),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_of_each_type(kind: str, postgres_url: str) -> None:
    sql, expected = VALUES[kind]
    query = f"SELECT 'a'::text AS \"user\", '1970-01-01'::date AS ts, {sql} AS x"
    asked = pa.table({"user": ["a"], "t": ["2024-01-01"]})
    answer = ask(zl.Sql(postgres_url, query), [zl.Last("x")], asked=asked).to_arrow()
    assert answer["v__x_last"].to_pylist() == [expected]


def test_enums_are_texts_and_their_conditions_stay_outside(
    postgres_url: str, run: Callable[[str], Any], statements: list[str]
) -> None:
    run("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('glad', 'sad')")
    query = (
        "SELECT 'a'::text AS \"user\", '1970-01-01'::date AS ts, unnest(array['glad', 'sad']::mood[]) AS x"
    )
    for condition, count in (("x = 'sad'", 1), ("x = 'angry'", 0)):
        answer = ask(zl.Sql(postgres_url, query), [zl.Count()], where=condition).to_arrow()
        assert answer["v__count"].to_pylist()[0] == count
    assert not any("'sad'" in each.partition(") AS zl_query")[2] for each in statements)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("'1.2.3.4'::inet", "'y' is of PostgreSQL's type inet, which is not read: write CAST(\"y\" AS text)"),
        ("1.5::money", "write CAST(\"y\" AS numeric(18,2)) in the query"),
        ("array[1.5::numeric]", "_numeric, which is not read"),
        ("row(1, 'x')", "its fields one by one"),
        ("'[1,2)'::int4range", "which is not read"),
        ("1.5::numeric", "is numeric without a precision"),
        ("1.5::numeric(50,2)", "is numeric without a precision that a decimal can have"),
    ],
)  # fmt: skip
def test_types_that_are_not_read_say_what_to_do(sql: str, hint: str, postgres_url: str) -> None:
    table = zl.Sql(postgres_url, f"SELECT e.*, {sql} AS y FROM ({EVENTS}) AS e")
    assert sums(table) == [3, 4, None]
    message = refusal(ask(table, [zl.Last("y")]).to_arrow, zl.SchemaError)
    assert "column 'y' cannot be read" in message
    assert hint in message
    observed = refusal(lambda: sums(zl.Sql(postgres_url, EVENTS), asked=table, time="ts"), zl.SchemaError)
    assert "column 'y' cannot be read" in observed


@pytest.mark.parametrize(
    "value",
    ["'infinity'::timestamptz", "'-infinity'::timestamp", "'infinity'::date", "'0044-03-15 BC'::date"],
)
def test_times_that_no_calendar_has_are_refused(value: str, postgres_url: str) -> None:
    table = zl.Sql(postgres_url, f"SELECT e.*, {value} AS until FROM ({EVENTS}) AS e")
    assert sums(table) == [3, 4, None]
    message = refusal(ask(table, [zl.Last("until")]).to_arrow, zl.DataError)
    assert message.startswith(
        "source 'events', column 'until': has a time before the year 1 or after 9999, or an infinite one"
    )


def test_numerics_are_exact_as_declared(postgres_url: str) -> None:
    values = "(VALUES (0.1), (0.2), (99999999999999999.99)) AS v (x)"
    query = f"SELECT 'a'::text AS \"user\", '1970-01-01'::date AS ts, x FROM {values}"
    answer = ask(zl.Sql(postgres_url, query), [zl.Sum("x")], schema={"x": "decimal(20,2)"}).to_arrow()
    assert answer["v__x_sum"].to_pylist()[0] == Decimal("100000000000000000.29")
    message = refusal(lambda: sums(zl.Sql(postgres_url, query), schema={"x": "decimal(20,1)"}), zl.DataError)
    assert (
        "source 'events', row 2, column 'x': '99999999999999999.99' is not of type decimal(20,1)" in message
    )
    nan = zl.Sql(postgres_url, query.replace(", x FROM", ", 'NaN'::numeric(9,2) AS x FROM"))
    message = refusal(lambda: sums(nan), zl.DataError)
    assert message.startswith("source 'events', column 'x': 'nan' is not of type decimal128(9, 2)\nHint: ")


@pytest.fixture
def orders(run: Callable[[str], Any]) -> str:
    """Make a table of 100 days with 10 users each, indexed by user and by time, and return a query of it."""
    run(
        'DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int, "user" int, ts timestamptz, kind text, x float8, '
        "unread bytea); INSERT INTO orders SELECT d * 10 + u, u, '2024-01-01'::timestamptz + d * interval '1 day', "
        "CASE WHEN u % 2 = 0 THEN 'even' ELSE 'odd' END, d, null "
        "FROM generate_series(0, 99) d, generate_series(0, 9) u; "
        'CREATE INDEX ON orders ("user"); ANALYZE orders'
    )
    return "SELECT * FROM orders"


def pushed(statements: list[str]) -> str:
    """Return the only query that read rows: its columns and its conditions."""
    (read,) = [each for each in statements if "LIMIT 0" not in each]
    head, _, tail = read.partition(" FROM (\n")
    return f"{head} ... {tail.partition(') AS zl_query')[2].strip()}"


def test_columns_times_keys_and_conditions_are_pushed_down(
    postgres_url: str, orders: str, statements: list[str], run: Callable[[str], Any]
) -> None:
    asked = pa.table({"user": [2, 4], "t": [START + 10 * DAY, START + 12 * DAY]})
    where = "kind = 'even' AND x > 1.5 AND x % 1 = 0"
    request = ask(zl.Sql(postgres_url, orders), [zl.Sum("x").over("2d")], asked=asked, where=where)
    assert request.to_arrow()["v__x_sum_2d"].to_pylist() == [17.0, 21.0]
    assert pushed(statements) == (
        'SELECT "user", "ts", "kind", "x" ... WHERE "ts" >= TIMESTAMPTZ \'2024-01-09T00:00:00+00:00\' AND '
        '"ts" < TIMESTAMPTZ \'2024-01-13T00:00:00.000001+00:00\' AND "user" IN (2, 4) AND "kind" = \'even\' AND '
        '"x" > 1.5::float8'
    )
    (read,) = [each for each in statements if "LIMIT 0" not in each]
    with connect(postgres_url) as connection:
        cursor = connection.cursor(adbc_stmt_kwargs={"adbc.postgresql.use_copy": False})
        cursor.execute(f"EXPLAIN {read}")
        plan = "\n".join(str(row[0]) for row in cursor.fetchall())
        cursor.close()
    assert "Seq Scan on orders" in plan or "Bitmap" in plan or "Index" in plan
    assert "Subquery" not in plan
    assert len(run(read)) == 10


def test_below_versions_only_the_id_and_what_is_known_are_pushed_down(
    postgres_url: str, orders: str, statements: list[str]
) -> None:
    asked = pa.table({"user": [2], "t": [START + 10 * DAY]})
    options: dict[str, Any] = {"id": "id", "knowledge_time": "ts", "where": "id < 500"}
    view = ask(zl.Sql(postgres_url, orders), [zl.Sum("x").over("2d")], asked=asked, **options)
    assert view.to_arrow()["v__x_sum_2d"].to_pylist() == [17.0]
    reads = [each for each in statements if "LIMIT 0" not in each]
    assert reads
    for each in reads:
        tail = each.partition(") AS zl_query")[2]
        assert tail.startswith(' WHERE "ts" < TIMESTAMPTZ \'20')
        assert tail.endswith(' AND "id" < 500')


def test_a_run_sees_one_snapshot(
    postgres_url: str, run: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are written while a run is under way are not seen by its later queries, of this table or another."""
    run(
        "DROP TABLE IF EXISTS moving; "
        "CREATE TABLE moving AS SELECT 'a'::text AS \"user\", '1970-01-01'::date AS ts, 1 AS x"
    )
    original = reading.PostgresReader.batches
    scans = []

    def batches(self: reading.PostgresReader, *wanted: Any) -> Any:
        scans.append(wanted)
        run("INSERT INTO moving VALUES ('a', '1970-01-01', 100)")
        return original(self, *wanted)

    monkeypatch.setattr(reading.PostgresReader, "batches", batches)
    first = zl.EventSource("first", table=zl.Sql(postgres_url, "SELECT * FROM moving"), event_time="ts")
    second = zl.EventSource("second", table=zl.Sql(postgres_url, "SELECT *, 1 FROM moving"), event_time="ts")
    views = [
        zl.FeatureView(source.name, entity=zl.Entity("user"), source=source, features=[zl.Sum("x")])
        for source in (first, second)
    ]
    asked = zl.Sql(postgres_url, 'SELECT "user", now() AS t FROM moving')
    answer = zl.FeatureStore().training_set(asked, views, time="t").to_arrow()
    assert answer.num_rows == 1
    assert answer.select(["first__x_sum", "second__x_sum"]).to_pylist() == [
        {"first__x_sum": 1, "second__x_sum": 1}
    ]
    assert len(scans) >= 3
    assert run("SELECT count(*) FROM moving")[0][0] == 1 + len(scans)


def test_sessions_end_with_the_run(postgres_url: str, run: Callable[[str], Any]) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    assert sums(zl.Sql(postgres_url, EVENTS)) == [3, 4, None]
    refusal(lambda: sums(zl.Sql(postgres_url, "SELECT 1 / 0 AS x")))
    assert run(count) == [(0,)]


def test_nothing_can_be_written(postgres_url: str) -> None:
    table = zl.Sql(postgres_url, "WITH gone AS (DELETE FROM pg_class RETURNING 1 AS x) SELECT * FROM gone")
    assert "Sql('postgresql://zipline@" in refusal(lambda: sums(table), zl.DataError)


def test_errors_of_a_query_name_the_table(postgres_url: str) -> None:
    message = refusal(lambda: sums(zl.Sql(postgres_url, "SELECT * FROM absent")), zl.DataError)
    assert message == (
        f"Sql({postgres_url!r}, 'SELECT * FROM absent'): Failed to prepare query: ERROR:  relation \"absent\" does not "
        "exist\nHint: check the connection and the query"
    )
    late = EVENTS.replace("SELECT *", "SELECT *, 1 / (x - 2) AS y")
    message = refusal(ask(zl.Sql(postgres_url, late), [zl.Sum("y")]).to_arrow, zl.DataError)
    assert message.startswith("source 'events': ")
    assert "division by zero" in message
    twice = zl.Sql(postgres_url, "SELECT 1 AS x, 2 AS x")
    assert "two columns are called 'x'" in refusal(lambda: sums(twice), zl.SchemaError)


@pytest.mark.parametrize(
    "place", ["127.0.0.1:1/x", "127.0.0.1:1/x?sslmode=disable", "no-such-host.invalid/x", "127.0.0.1:99999/x"]
)
def test_a_server_that_is_not_there_hides_the_password(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "Xyzzy%20Plugh")
    for password in ("Xyzzy%20Plugh", "${SECRET}"):
        table = zl.Sql(f"postgresql://ann:{password}@{place}", EVENTS)
        message = refusal(lambda table=table: sums(table))  # type: ignore[misc]
        assert "Sql('postgresql://ann:" in message
        assert "Xyzzy" not in message
        assert "Plugh" not in message


def test_a_wrong_password_or_database_is_not_shown(postgres_url: str) -> None:
    url = postgres_url.replace("zipline@", "zipline:Xyzzy@").replace("/postgres", "/Xyzzy")
    message = refusal(lambda: sums(zl.Sql(url, EVENTS)), zl.DataError)
    assert "Xyzzy" not in message.replace("/Xyzzy', ", "")
    assert 'database "***" does not exist' in message


@pytest.mark.parametrize("password", ["p@Xyzzy", "p/Xyzzy", "p%zzXyzzy", "p#Xyzzy", "p?Xyzzy"])
def test_passwords_that_a_url_does_not_take(password: str) -> None:
    message = refusal(lambda: sums(zl.Sql(f"postgresql://ann:{password}@127.0.0.1:1/x", EVENTS)))
    assert "Xyzzy" not in message


def test_copies_that_nobody_may_see_yet_are_not_read(postgres_url: str, statements: list[str]) -> None:
    columns = "'2024-01-01'::date + d AS ds, 'a'::text AS \"user\", d / 2 AS x, 1 AS unread"
    copies = f"SELECT {columns} FROM generate_series(0, 9) d"
    table = zl.Snapshot(zl.Sql(postgres_url, copies), date="ds", id="user", columns="x")
    source = zl.EventSource("users", table=table)
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[zl.Last("x"), zl.Count()])
    asked = pa.table({"user": ["a"], "t": [START + 4 * DAY]})
    answer = zl.FeatureStore().training_set(asked, view, time="t").to_arrow()
    assert answer.select(["v__x_last", "v__count"]).to_pylist() == [{"v__x_last": 1, "v__count": 1}]
    reads = [each for each in statements if "LIMIT 0" not in each]
    assert reads
    assert all(
        ' WHERE "ds" <= DATE \'2024-01-0' in each and "unread" not in each.partition("FROM")[0]
        for each in reads
    )


def test_members_of_a_union_may_lie_anywhere(postgres_url: str) -> None:
    one = zl.EventSource("one", table=zl.Sql(postgres_url, EVENTS), event_time="ts")
    file = pa.table(
        {"user": ["a", "c"], "ts": ["1970-01-01", "1970-01-01"], "x": pa.array([10, 20], pa.int32())}
    )
    other = zl.EventSource("other", table=zl.Frame(file), event_time="ts")
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", [one, other]), features=[zl.Sum("x")]
    )
    answer = zl.FeatureStore().training_set(ASKED, view, time="t").to_arrow()
    assert answer["v__x_sum"].to_pylist() == [13, 4, 20]


def test_a_run_that_is_given_up_lets_go_of_its_sessions(postgres_url: str, run: Callable[[str], Any]) -> None:
    many = "SELECT (i % 7)::text AS \"user\", '1970-01-01'::timestamptz + i * interval '1 second' AS ts, i AS x FROM "
    table = zl.Sql(postgres_url, many + "generate_series(1, 200000) i")
    asked = zl.Sql(
        postgres_url, 'SELECT "user", ts AS t FROM (' + many + "generate_series(1, 200000) i) AS o"
    )
    request = ask(table, [zl.Count()], asked=asked)
    assert request.head(2)["v__count"].to_list() == [0, 0]
    batches = request.batches()
    assert next(batches).num_rows > 2
    batches.close()  # type: ignore[attr-defined]
    assert run("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'") == [(0,)]

"""`${name}`: what it stands for, and that its value stays hidden."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.refusals import refusal
from zipline.engines.duckdb.database import Database, NotATime
from zipline.errors import ConfigError, DataError
from zipline.settings import DuckDBSettings
from zipline.variables import Variables, check_variable, names_in

SECRET = "p@ss/w:rd 'x'"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    """Return variables of which one is a secret of the environment."""
    monkeypatch.setenv("ZL_SECRET", SECRET)
    monkeypatch.setenv("data", "of the environment")
    return Variables({"data": "s3://lake", "password": "${ZL_SECRET}", "literal": "$${x}"})


@pytest.mark.parametrize(
    ("text", "located"),
    [
        ("plain $name $ {x} 100%", "plain $name $ {x} 100%"),
        ("${data}/a/${data}", "s3://lake/a/s3://lake"),
        ("${password}", SECRET),
        ("${ZL_SECRET}", SECRET),
        ("$${data}", "${data}"),
        ("$${", "${"),
        ("$$${data}", "$${data}"),
        ("${literal}", "${x}"),
        ("", ""),
    ],
)
def test_locations(variables: Variables, text: str, located: str) -> None:
    assert variables.located(text) == located


@pytest.mark.parametrize("text", ["${", "a${b", "${}", "${a b}", "${1a}", "${a-b}", "${${data}}"])
def test_what_begins_no_variable(variables: Variables, text: str) -> None:
    assert refusal(lambda: variables.located(text, where="here"), ConfigError) == (
        f"here: {text!r}: '${{' begins no variable\n"
        "Hint: write ${name} with letters, digits and _, or $${ for the text ${ itself"
    )
    assert refusal(lambda: names_in(text), ConfigError).startswith(repr(text))


def test_a_variable_that_nobody_has(variables: Variables) -> None:
    assert refusal(lambda: variables.located("${dat}/x", where="Parquet('${dat}/x')"), ConfigError) == (
        "Parquet('${dat}/x'): there is no variable 'dat'\n"
        "Hint: set it in [variables] of zipline.toml, or in the environment: export dat=...; "
        "did you mean 'data'? Allowed: 'data', 'password', 'literal'"
    )
    assert refusal(lambda: Variables().located("${dat}"), ConfigError) == (
        "there is no variable 'dat'\n"
        "Hint: set it in [variables] of zipline.toml, or in the environment: export dat=..."
    )


def test_a_variable_that_another_profile_has() -> None:
    variables = Variables({}, {"ci": frozenset(), "prod": frozenset({"bucket"})})
    assert refusal(lambda: variables.located("${bucket}"), ConfigError) == (
        "there is no variable 'bucket'\n"
        "Hint: profile 'prod' has it: choose it with --profile prod or ZIPLINE_PROFILE=prod"
    )


def test_the_environment_may_change_between_runs(
    variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables.located("${password}")
    monkeypatch.setenv("ZL_SECRET", "another")
    assert variables.located("${password}") == "another"
    assert variables.masked(f"{SECRET} another") == "${ZL_SECRET} ${ZL_SECRET}"


def test_names_of_variables() -> None:
    assert names_in("${a}/$${b}/${c}${a}") == ["a", "c", "a"]
    check_variable("_a1")
    assert refusal(lambda: check_variable("1a", where="there"), ConfigError) == (
        "there: '1a' is not a name of a variable\nHint: use letters, digits and _, no digit first"
    )


@pytest.mark.parametrize(
    "form", [SECRET, "p%40ss/w%3Ard%20%27x%27", "p%40ss%2Fw%3Ard%20%27x%27", repr(SECRET)[1:-1]]
)
def test_values_of_the_environment_are_hidden(variables: Variables, form: str) -> None:
    assert variables.masked(form) == form, "nobody has asked for it yet"
    variables.located("postgresql://ann:${password}@db")
    assert variables.masked(f"cannot reach db with <{form}>") == "cannot reach db with <${ZL_SECRET}>"
    assert variables.masked("s3://lake/x") == "s3://lake/x", "what zipline.toml says is no secret"


def test_a_value_that_was_quoted_for_a_url_is_hidden_unquoted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZL_QUOTED", "a%40b%3Ac")
    variables = Variables()
    variables.located("${ZL_QUOTED}")
    assert variables.masked("password a@b:c is wrong") == "password ${ZL_QUOTED} is wrong"


def test_the_password_of_a_url_is_hidden_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZL_DSN", "postgresql://ann:hun%40ter2@db/shop")
    monkeypatch.setenv("ZL_ODD", "http://[::1")
    variables = Variables()
    variables.located("${ZL_DSN}${ZL_ODD}")
    assert variables.masked("ann at db: 'hun@ter2', hun%40ter2") == "ann at db: '${ZL_DSN}', ${ZL_DSN}"
    assert variables.masked("http://[::1 is odd") == "${ZL_ODD} is odd"


def test_short_values_are_hidden_where_they_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZL_SHORT", "a1")
    monkeypatch.setenv("ZL_EMPTY", "")
    variables = Variables()
    assert variables.located("${ZL_SHORT}${ZL_EMPTY}") == "a1"
    assert variables.masked("a1: ga1n (a1)") == "${ZL_SHORT}: ga1n (${ZL_SHORT})"


def test_the_longer_of_two_values_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZL_USER", "hunter")
    monkeypatch.setenv("ZL_SECRET", "hunter22")
    variables = Variables()
    variables.located("${ZL_USER}:${ZL_SECRET}")
    assert variables.masked("hunter:hunter22") == "${ZL_USER}:${ZL_SECRET}"


def test_an_error_keeps_its_kind_and_what_it_carries(variables: Variables) -> None:
    variables.located("${password}")
    error = NotATime(f"{SECRET!r} is no time", where=f"Csv({SECRET!r})")
    error.column = "ts"
    hidden = variables.hidden(error)
    assert isinstance(hidden, NotATime)
    assert (hidden.column, hidden.hint) == ("ts", None)
    assert SECRET not in str(hidden) + repr(hidden)
    assert hidden.where is not None
    assert "${ZL_SECRET}" in hidden.where
    assert variables.hidden(DataError("nothing to hide")) is None


def test_errors_of_others_are_hidden_only_if_they_show_a_value(variables: Variables) -> None:
    variables.located("${password}")
    assert variables.hidden(OSError("unreachable")) is None
    hidden = variables.hidden(OSError(f"cannot open {SECRET}"))
    assert isinstance(hidden, DataError)
    assert str(hidden) == "OSError: cannot open ${ZL_SECRET}"


def test_a_block_hides_what_its_errors_show(variables: Variables) -> None:
    def fail(message: str) -> None:
        with variables.hiding():
            raise DataError(message, where=variables.located("${password}"))

    assert refusal(lambda: fail("it broke")) == "${ZL_SECRET}: it broke"
    with pytest.raises(DataError) as caught:
        fail("it broke")
    assert caught.value.__suppress_context__, "a traceback would show the first error"
    with pytest.raises(DataError, match="plain"), variables.hiding():
        raise DataError("plain")


def test_what_an_error_comes_from_is_hidden_too(variables: Variables) -> None:
    def fail(silent: bool) -> None:
        with variables.hiding():
            try:
                raise OSError(variables.located("${password}"))
            except OSError as error:
                if silent:
                    raise DataError("it broke") from None
                raise DataError("it broke") from error

    for silent in (True, False):
        with pytest.raises(DataError, match="it broke") as caught:
            fail(silent)
        shown = "".join(traceback.format_exception(caught.value))
        assert SECRET not in shown
    assert caught.value.__cause__ is None


def test_errors_that_leave_the_database_show_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZL_FOLDER", str(tmp_path / "secrets"))

    def read() -> None:
        with Database(DuckDBSettings(), tmp_path, Variables({"folder": "${ZL_FOLDER}"})) as database:
            place = database.variables.located("${folder}/x.parquet")
            database.table(f"SELECT * FROM read_parquet('{place}')")

    assert refusal(read, DataError).startswith("no file matches '${ZL_FOLDER}/x.parquet'")

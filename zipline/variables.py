"""`${name}` in configuration and in the locations of tables: what it stands for, and how its value stays hidden."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from urllib.parse import quote, unquote, urlsplit

from zipline.errors import ConfigError, DataError, ZiplineError, nearest

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACE = re.compile(r"\$(\$)?\{(?:([^{}]*)\})?")
_SHORT = 4


class Variables:
    """The variables of a profile, and behind them the environment.

    What the environment gave is remembered, so that no message shows it.

    Args:
        values: name -> text, in which `${NAME}` is a variable of the environment.
        others: profile -> the names that it has, to tell which profile would know a name.
    """

    def __init__(
        self, values: Mapping[str, str] | None = None, others: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.values: Mapping[str, str] = MappingProxyType(dict(values or {}))
        self._others = dict(others or {})
        self._given: dict[str, str] = {}

    def located(self, text: str, *, where: str | None = None) -> str:
        """Return a location with every `${name}` replaced; `$${` stands for `${` itself.

        Args:
            text: a path, a URL or a connection.
            where: whose location it is, for the message.

        Raises:
            ConfigError: a variable that neither the profile nor the environment has, or no name between the braces.

        >>> Variables({"data": "s3://lake"}).located("${data}/clicks/*.parquet")
        's3://lake/clicks/*.parquet'
        """
        return _replaced(text, lambda name: self._value(name, where), where)

    def expanded(self, text: str, *, where: str | None = None) -> str:
        """Return a value of zipline.toml with every `${NAME}` replaced by the environment's."""
        say = "export {0}=...: a value of zipline.toml asks the environment alone"
        return _replaced(text, lambda name: self._environment(name, where, say.format(name)), where)

    def masked(self, text: str) -> str:
        """Return a text with `${NAME}` in place of every value that the environment gave."""
        shown = {form: f"${{{name}}}" for value, name in self._given.items() for form in _forms(value)}
        if not shown:
            return text
        ordered = sorted(shown, key=len, reverse=True)
        whole = [
            re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in ordered
        ]
        return re.sub("|".join(whole), lambda match: shown[match[0]], text)

    def hidden(self, error: Exception) -> ZiplineError | None:
        """Return what to raise in place of an error that shows a value of the environment; None for any other.

        What a traceback would show with it, the errors that it comes from, counts as well.
        """
        if all(self.masked(str(each)) == str(each) for each in _chain(error)):
            return None
        if not isinstance(error, ZiplineError):
            return DataError(f"{type(error).__name__}: {self.masked(str(error))}")
        result = copy.copy(error)
        result.message = self.masked(error.message)
        result.where, result.hint = (text and self.masked(text) for text in (error.where, error.hint))
        result.args = (result.message,)
        return result

    @contextmanager
    def hiding(self) -> Iterator[None]:
        """Raise errors from within so that they show no value of the environment."""
        try:
            yield
        except Exception as error:
            hidden = self.hidden(error)
            if hidden is None:
                raise
            raise hidden from None

    def _value(self, name: str, where: str | None) -> str:
        if name in self.values:
            return self.expanded(self.values[name], where=f"{where or 'zipline.toml'}, variable {name!r}")
        return self._environment(name, where, self._way_out(name))

    def _environment(self, name: str, where: str | None, hint: str) -> str:
        value = os.environ.get(name)
        if value is None:
            raise ConfigError(f"there is no variable {name!r}", where=where, hint=hint)
        if value:
            self._given[value] = name
        return value

    def _way_out(self, name: str) -> str:
        profile = next((profile for profile, names in self._others.items() if name in names), None)
        if profile is not None:
            return (
                f"profile {profile!r} has it: choose it with --profile {profile} or ZIPLINE_PROFILE={profile}"
            )
        say = f"set it in [variables] of zipline.toml, or in the environment: export {name}=..."
        return f"{say}; {nearest(name, self.values)}" if self.values else say


def check_variable(name: str, *, where: str | None = None) -> None:
    """Refuse a name that no `${name}` could mean."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a name of a variable",
            where=where,
            hint="use letters, digits and _, no digit first",
        )


def names_in(text: str, *, where: str | None = None) -> list[str]:
    """Return the names that a text refers to, in their order.

    Raises:
        ConfigError: a `${` with no name and brace after it.

    >>> names_in("postgresql://${user}:${password}@db/$${x}")
    ['user', 'password']
    """
    found: list[str] = []

    def note(name: str) -> str:
        found.append(name)
        return ""

    _replaced(text, note, where)
    return found


def _replaced(text: str, value_of: Callable[[str], str], where: str | None) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        if match[2] is None or not _NAME.fullmatch(match[2]):
            raise ConfigError(
                f"{text!r}: '${{' begins no variable", where=where,
                hint="write ${name} with letters, digits and _, or $${ for the text ${ itself",
            )  # fmt: skip
        return value_of(match[2])

    return _PLACE.sub(replace, text)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Return an error and those that a traceback shows before it."""
    shown: BaseException | None = error
    while shown is not None:
        yield shown
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


def _forms(value: str) -> set[str]:
    """Return how a value may stand in a message: as it is, quoted for a URL or read from one, or in a `repr`.

    Of a URL the password, which a driver may name alone.
    """
    values = [value]
    with suppress(ValueError):
        values.append(urlsplit(value).password or "")
    forms = {form for each in values for form in (each, quote(each), quote(each, safe=""), unquote(each))}
    return {form for each in forms for form in (each, repr(each)[1:-1])} - {""}

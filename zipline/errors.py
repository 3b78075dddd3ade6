"""Every error that zipline raises on purpose, each named for the situation it stands for.

ZiplineError
├── DefinitionError         a feature module says something that cannot be meant
│   ├── ExpressionError     a SQL expression outside the subset, or of the wrong type
│   └── SchemaError         a definition that does not fit its table's columns
├── RequestError            a training set or snapshot asked for in a way that cannot be answered
├── DataError               a row that breaks a rule that the definition relies on
├── ConfigError             zipline.toml, the command line or the environment
├── RegistryError           the registry: a file torn, foreign or changed by hand, or a place that cannot hold one
└── OnlineError             the online state: a value that cannot be decoded, a service or an instant it does not hold
    ├── StoreUnavailable    the online store is down, slow, full or not set up as it must be
    └── StreamError         a topic or log: out of reach, or its offsets are not those of the state

DeprecatedWarning is not raised but warned, where something deprecated is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ZiplineError(Exception):
    """What is wrong, where it is, and the way out.

    Args:
        message: what is wrong, with the value seen and what is allowed.
        where: the feature, file or row, as a reader would look for it.
        hint: what to do about it.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\nHint: {self.hint}" if self.hint else head

    def at(self, where: str) -> ZiplineError:
        """Return the same error seen from further out: `where` goes before the place it names."""
        outer = f"{where}, {self.where}" if self.where else where
        return type(self)(self.message, where=outer, hint=self.hint)


class DefinitionError(ZiplineError):
    """A definition says something that cannot be meant."""


class ExpressionError(DefinitionError):
    """An expression is outside the subset, or its types do not fit."""


class SchemaError(DefinitionError):
    """A definition does not fit the columns or types of its table."""


class RequestError(ZiplineError):
    """A request cannot be answered as it was asked."""


class DataError(ZiplineError):
    """A row breaks a rule that the definition relies on."""


class ConfigError(ZiplineError):
    """The configuration, the command line or the environment is not usable."""


class RegistryError(ZiplineError):
    """The registry holds what zipline has not written so, or cannot be written."""


class OnlineError(ZiplineError):
    """The online state cannot answer, or holds what zipline has not written so."""


class StoreUnavailable(OnlineError):
    """The online store is down, slow, full or not set up as it must be."""


class StreamError(OnlineError):
    """A topic or a log cannot be read, or its offsets are not those of the state."""


class DeprecatedWarning(UserWarning):
    """A view or a service is used whose definition says what to use instead."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Say which allowed name was probably meant, as the end of a sentence.

    >>> nearest("arr_dely", ["arr_delay", "dep_delay"])
    "did you mean 'arr_delay'? Allowed: 'arr_delay', 'dep_delay'"
    >>> nearest("", {"c", "b", "a"})  # a set's own order is another in each process
    "allowed: 'a', 'b', 'c'"
    """
    names = sorted(allowed) if isinstance(allowed, (set, frozenset)) else list(dict.fromkeys(allowed))
    shown = ", ".join(repr(each) for each in names[:12]) + (", ..." if len(names) > 12 else "")
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}? Allowed: {shown}"
    return f"allowed: {shown}" if names else "there are none"

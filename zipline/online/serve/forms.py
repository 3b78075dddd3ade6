"""A service's requests and answers as JSON: which fields need another form is decided once for each version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from zipline.online.serve.json_values import Form, form, instant_text, parsed
from zipline.online.statuses import Status

if TYPE_CHECKING:
    from zipline.online.answer import Answer
    from zipline.online.features import Features
    from zipline.online.service_state import ServiceState
    from zipline.types import DataType


class Forms:
    """The JSON of one service version.

    Args:
        state: of the service.
    """

    def __init__(self, state: ServiceState) -> None:
        self.state = state
        self._given = _needed(state.fields, parsed)
        self._handed_out = _needed({name: state.kinds[name] for name in state.outputs}, form)
        floats = [name for name in state.outputs if state.kinds[name].kind == "float64"]
        self._numbers = tuple((name, write) for name, write in self._handed_out if name in floats)
        self._others = tuple((name, write) for name, write in self._handed_out if name not in floats)
        self._floats = itemgetter(*floats) if len(floats) > 1 else None

    def request(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return a request with the values that its JSON stands for."""
        for field, read in self._given:
            if given.get(field) is not None:
                given[field] = read(given[field])
        return given

    def one(self, features: Features) -> bytes:
        """Return the answer to a request of one entity."""
        values = features.to_dict()
        for name, write in self._others if self._all_finite(values) else self._handed_out:
            if (value := values[name]) is not None:
                values[name] = write(value)
        content: dict[str, Any] = {
            "service": features.service,
            "at": instant_text(features.time),
            "values": values,
            "statuses": features.statuses,
        }
        if features.errors:
            content["errors"] = features.errors
        return msgspec.json.encode(content)

    def _all_finite(self, values: Mapping[str, Any]) -> bool:
        """Return whether no number needs to be a text; looked at one by one they would take as long as all the rest."""
        if self._floats is None:
            return not self._numbers
        total = sum(filter(None, self._floats(values)))
        return bool(total - total == 0.0)

    def many(self, answer: Answer) -> bytes:
        """Return the answer to a request of several entities, in their order."""
        forms = dict(self._handed_out)
        values = {name: _column(answer.columns[name], forms.get(name)) for name in self.state.outputs}
        statuses = {name: answer.statuses(name) for name in self.state.outputs}
        rows: list[dict[str, Any]] = [
            {
                "values": {name: column[number] for name, column in values.items()},
                "statuses": {name: column[number] for name, column in statuses.items()},
            }
            for number in range(len(answer))
        ]
        for (number, name), why in answer.errors.items():
            rows[number].setdefault("errors", {})[name] = why
        content = {"service": self.state.title, "at": instant_text(answer.time), "rows": rows}
        return msgspec.json.encode(content)


def _needed(kinds: Mapping[str, DataType], of: Any) -> tuple[tuple[str, Form], ...]:
    made = ((name, of(kind)) for name, kind in kinds.items())
    return tuple((name, each) for name, each in made if each is not None)


def _column(values: Any, write: Form | None) -> list[Any]:
    plain: list[Any] = values.to_pylist()
    return plain if write is None else [None if each is None else write(each) for each in plain]


def counted(statuses: Sequence[Status]) -> dict[str, int]:
    """Return how often each status occurs.

    >>> counted([Status.PRESENT, Status.NULL, Status.PRESENT])
    {'PRESENT': 2, 'NULL': 1}
    """
    present = statuses.count(Status.PRESENT)
    counts = {Status.PRESENT.value: present} if present else {}
    if present < len(statuses):
        counts |= {each.value: n for each in list(Status)[1:] if (n := statuses.count(each))}
    return counts

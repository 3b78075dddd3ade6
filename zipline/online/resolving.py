"""From a service's name to what is read: its version, its views' states and the fills that are ready; remembered.

What was resolved is used for `RECHECK` and then looked at again: only when the catalog's entries have changed, or a
newer fill was not ready the last time, is anything resolved anew. A fill that is gone is noticed by the read itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from zipline.errors import OnlineError, RequestError, nearest
from zipline.online.calls import Call, GetEntry, ListEntries
from zipline.online.catalog import fills, service_records, view_record
from zipline.online.fills import Fill
from zipline.online.protocol.filling import newest_ready
from zipline.online.service_state import ServiceState, service_state, single_view_state
from zipline.online.steps import Steps
from zipline.registry.references import Reference, parse_reference

RECHECK: Final = 2_000_000
"""Microseconds after which a newer version or fill is looked for: readers switch within that time."""

T = TypeVar("T")


@dataclass(frozen=True)
class Resolved:
    """What a name stands for now.

    Attributes:
        service: how it is read.
        fills: of each of its parts, the one that is read.
        settled: whether no newer fill exists that may become ready.
        entries: what the catalog was asked, and said.
        since: microseconds of a clock that never goes back, when it was last found to be so.
    """

    service: ServiceState
    fills: tuple[Fill, ...]
    settled: bool
    entries: Mapping[Call, object]
    since: int


class Resolver:
    """Resolves names, for many threads.

    Args:
        monotonic: gives microseconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], int]) -> None:
        self._monotonic = monotonic
        self._known: dict[str, Resolved] = {}
        self._states: dict[tuple[str, str], tuple[object, ServiceState]] = {}

    def known(self, name: str) -> Resolved | None:
        """Return what a name stands for, if it was found out or confirmed lately."""
        found = self._known.get(name)
        return found if found is not None and self._monotonic() - found.since < RECHECK else None

    def resolve(self, name: str, *, anew: bool = False) -> Steps[Resolved]:
        """Return what a name stands for.

        Args:
            name: `name` or `name@version`, of a service or a view.
            anew: although it was found out lately: what was found cannot be read.

        Raises:
            RequestError: there is none of that name.
            OnlineError: it has no state that is complete, or its entries are not what zipline wrote.
        """
        before = None if anew else self._known.get(name)
        since = self._monotonic()
        if before is not None:
            before = self._known[name] = replace(before, since=since)  # other threads need not look as well
            if (yield from _still(before)):
                return before
        entries: dict[Call, object] = {}
        found = yield from _watched(self._found(name, entries, since), entries)
        self._known[name] = found
        return found

    def _found(self, name: str, entries: Mapping[Call, object], since: int) -> Steps[Resolved]:
        reference = _reference(name)
        service = yield from self._service(reference)
        if service is not None:
            chosen, settled = yield from _chosen(service)
            return Resolved(service, chosen, settled, entries, since)
        numbers = yield from _view_versions(reference)
        for number in numbers:
            view = yield from self._view(reference, number)
            try:
                chosen, settled = yield from _chosen(view)
            except OnlineError:
                if number == numbers[-1]:
                    raise
                continue
            return Resolved(view, chosen, settled and number == numbers[0], entries, since)
        raise (yield from _unknown(name))

    def _service(self, reference: Reference) -> Steps[ServiceState | None]:
        """Return a service's state; None where there is no service of that name."""
        suffix = "" if reference.version is None else f"@{reference.version}"
        if (yield GetEntry(f"service/{reference.name}{suffix}")) is None:
            return None
        record, views = yield from service_records(reference.name, reference.version)
        return self._state(
            (record.title, ""), (record, views), lambda: service_state(record, lambda name, _: views[name])
        )

    def _view(self, reference: Reference, number: int) -> Steps[ServiceState]:
        record = yield from view_record(reference.name, number)
        prefix = reference.name if reference.version is None else f"{reference.name}_v{number}"
        return self._state((record.title, prefix), record, lambda: single_view_state(record, prefix))

    def _state(self, key: tuple[str, str], records: object, make: Callable[[], ServiceState]) -> ServiceState:
        """Return a state, the same one for as long as its records say the same."""
        before = self._states.get(key)
        if before is None or before[0] != records:
            before = self._states[key] = (records, make())
        return before[1]


def _reference(name: str) -> Reference:
    reference = parse_reference(name)
    if reference.feature is not None:
        raise RequestError(
            f"{name!r} is one feature of a view", hint=f"read {name.partition(':')[0]!r}, or make a service"
        )
    return reference


def _chosen(service: ServiceState) -> Steps[tuple[tuple[Fill, ...], bool]]:
    """Return the fill of each part, and whether none of them has a newer one.

    Raises:
        OnlineError: a view has none that is ready.
    """
    chosen: dict[str, Fill] = {}
    settled = True
    for part in service.parts:
        title = part.state.title
        if title in chosen:
            continue
        view, _, version = title.rpartition("@")
        known = yield from fills(view, int(version))
        ready = yield from newest_ready(known)
        if ready is None:
            raise OnlineError(
                f"view {title} has no complete state in the online store",
                where=service.title,
                hint=f"its history is still being loaded, or was never: zipline materialize {view}",
            )
        chosen[title] = ready
        settled = settled and ready == known[-1]
    return tuple(chosen[part.state.title] for part in service.parts), settled


def _view_versions(reference: Reference) -> Steps[list[int]]:
    """Return the published numbers of a view that a name may stand for, newest first."""
    entries: list[str] = yield ListEntries(f"view/{reference.name}@")
    numbers = sorted((int(each.rpartition("@")[2]) for each in entries), reverse=True)
    return [number for number in numbers if reference.version in (None, number)]


def _unknown(name: str) -> Steps[RequestError]:
    entries: list[str] = [*(yield ListEntries("service/")), *(yield ListEntries("view/"))]
    names = sorted({each.partition("/")[2] for each in entries})
    return RequestError(
        f"there is no service or view {name!r} in the online store",
        hint=nearest(name, names) if names else "put one there: zipline apply, then zipline materialize",
    )


def _still(before: Resolved) -> Steps[bool]:
    """Return whether the catalog says what it said, and no newer fill was waited for."""
    if not before.settled:
        return False
    for call, said in before.entries.items():
        if (yield call) != said:
            return False
    return True


def _watched(steps: Steps[T], entries: dict[Call, object]) -> Steps[T]:
    """Run steps, and note what they ask the catalog."""
    try:
        call = next(steps)
        while True:
            answer = yield call
            if isinstance(call, (GetEntry, ListEntries)):
                entries[call] = answer
            call = steps.send(answer)
    except StopIteration as end:
        found: T = end.value
        return found

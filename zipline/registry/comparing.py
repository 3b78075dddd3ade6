"""The code beside what was applied last: what that changes, and whom it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.registry.applied import Applied, Facts
from zipline.registry.changes import Change, Changes
from zipline.registry.codec import encode
from zipline.registry.differences import differences
from zipline.registry.drafts import Draft, Drafts, views_of
from zipline.registry.meaning import Meaning
from zipline.registry.records import Kind, Record

Recorded = Callable[[Kind, str, int], Record]


def state_of(drafts: Drafts, number: Callable[[Draft, Mapping[str, int]], int], applied_at: str) -> Applied:
    """Return the state of the code.

    Args:
        drafts: the code.
        number: gives a draft its number, for a service with those of its views.
        applied_at: the time of it.
    """
    views = {name: number(draft, {}) for name, draft in drafts.views.items()}
    services = {
        name: number(draft, {view: views[view] for view in _views(draft)})
        for name, draft in drafts.services.items()
    }
    return Applied(
        applied_at,
        {name: _facts(drafts.views[name], version) for name, version in views.items()},
        {name: _facts(drafts.services[name], version) for name, version in services.items()},
        drafts.sources,
        drafts.streams,
    )


def compare(drafts: Drafts, before: Applied, after: Applied, recorded: Recorded) -> Changes:
    """Return how the code differs from what was applied last.

    Args:
        drafts: the code.
        before: what was applied last, an empty state where nothing was.
        after: the state of the code.
        recorded: gives the record of a version.
    """
    reach = _Reach(drafts, before, recorded)
    titles = {draft.identity: f"{name}@{after.views[name].version}" for name, draft in drafts.views.items()}
    views = _compared("view", drafts.views, before.views, after.views, recorded, titles)
    services = _compared("service", drafts.services, before.services, after.services, recorded, titles)
    return Changes((*map(reach.of, views), *map(reach.of, services), *map(reach.of, _sources(before, after))))


def _compared(
    kind: Kind, drafts: Mapping[str, Draft], before: Mapping[str, Facts], after: Mapping[str, Facts],
    recorded: Recorded, titles: dict[str, str],
) -> Iterator[Change]:  # fmt: skip
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None:
            assert old is not None
            yield Change(kind, name, "-", None, old.version)
        elif old is None:
            yield Change(kind, name, "+", new.version)
        else:
            facts = tuple(differences(_affecting_nothing(old), _affecting_nothing(new)))
            if new.version == old.version:
                if facts:
                    yield Change(kind, name, "*", new.version, old.version, facts)
                continue
            record = recorded(kind, name, old.version)
            pinned = {recorded("view", *pin).identity: f"{pin[0]}@{pin[1]}" for pin in record.views.items()}
            meanings = (titled(record.meaning, pinned), titled(drafts[name].meaning, titles))
            yield Change(kind, name, "~", new.version, old.version, (*differences(*meanings), *facts))


def _sources(before: Applied, after: Applied) -> Iterator[Change]:
    for name in sorted({*before.sources, *after.sources}):
        if name not in before.sources or name not in after.sources:
            yield Change("source", name, "-" if name in before.sources else "+")
        elif fields := tuple(differences(_place(before, name), _place(after, name))):
            yield Change("source", name, "*", fields=fields)


def _place(state: Applied, source: str) -> Meaning:
    stream = state.streams.get(source)
    return {"table": encode(state.sources[source])} | ({"stream": encode(stream)} if stream else {})


class _Reach:
    """Which services a change reaches, and whose they and it are."""

    def __init__(self, drafts: Drafts, before: Applied, recorded: Recorded) -> None:
        self._drafts = drafts
        self._before = before
        self._recorded = recorded

    def of(self, change: Change) -> Change:
        """Return the change with the services that it reaches, and the owners."""
        services = sorted(self._removed(change) if change.mark == "-" else self._affected(change))
        owners = [*self._own(change), *(self._owner("service", name) for name in services)]
        return replace(change, reaches=tuple(services), owners=tuple(dict.fromkeys(filter(None, owners))))

    def _affected(self, change: Change) -> Iterable[str]:
        if change.kind == "service":
            return ()
        views = {change.name} if change.kind == "view" else self._reading(change.name)
        return (name for name, draft in self._drafts.services.items() if views & {*_views(draft)})

    def _removed(self, change: Change) -> Iterable[str]:
        if change.kind != "view":
            return ()
        pins = {
            name: self._recorded("service", name, facts.version)
            for name, facts in self._before.services.items()
        }
        return (name for name, record in pins.items() if change.name in record.views)

    def _reading(self, source: str) -> set[str]:
        return {name for name, draft in self._drafts.views.items() if source in draft.schemas}

    def _own(self, change: Change) -> Iterable[str]:
        if change.kind != "source":
            return [self._owner(change.kind, change.name)]
        views = [draft.definition for draft in self._drafts.views.values()]
        members = [each for view in views if isinstance(view, FeatureView) for each in view.source.members]
        return [each.owner for each in members if each.name == change.name]

    def _owner(self, kind: Kind, name: str) -> str:
        drafts = self._drafts.services if kind == "service" else self._drafts.views
        facts = self._before.services if kind == "service" else self._before.views
        return drafts[name].definition.owner if name in drafts else facts[name].owner


def _views(draft: Draft) -> tuple[str, ...]:
    return views_of(draft.definition) if isinstance(draft.definition, FeatureService) else ()


def _facts(draft: Draft, version: int) -> Facts:
    said = draft.definition
    facts = Facts(version, said.description, said.owner, dict(said.tags), said.deprecated)
    if isinstance(said, FeatureView):
        return replace(facts, online=said.online, freshness_us=said.freshness_us)
    return facts


def _affecting_nothing(facts: Facts) -> Meaning:
    said = {
        "description": facts.description,
        "owner": facts.owner,
        "tags": dict(facts.tags),
        "deprecated": facts.deprecated,
        "online": facts.online,
        "freshness_us": facts.freshness_us,
    }
    return {name: value for name, value in said.items() if value} | {"tags": dict(facts.tags)}


def titled(meaning: Mapping[str, object], titles: Mapping[str, str]) -> dict[str, object]:
    """Return a service's meaning with its views called by their versions."""
    views = meaning.get("views")
    if not isinstance(views, Mapping):
        return dict(meaning)
    shown = {name: {**each, "view": titles.get(each["view"], each["view"])} for name, each in views.items()}
    return {**meaning, "views": shown}

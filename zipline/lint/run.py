"""Running the rules over a repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.errors import ConfigError, nearest
from zipline.lint.finding import Finding
from zipline.lint.look import with_facts
from zipline.lint.rules.cannot_be_read import cannot_be_read
from zipline.lint.rules.constant_column import constant_column
from zipline.lint.rules.duplicate_feature import duplicate_feature
from zipline.lint.rules.empty_source import empty_source
from zipline.lint.rules.event_in_1970 import event_in_1970
from zipline.lint.rules.event_in_the_future import event_in_the_future
from zipline.lint.rules.float_id import float_id
from zipline.lint.rules.growing_lifetime import growing_lifetime
from zipline.lint.rules.id_without_corrections import id_without_corrections
from zipline.lint.rules.key_seen_once import key_seen_once
from zipline.lint.rules.known_at_once import known_at_once
from zipline.lint.rules.known_before_it_happens import known_before_it_happens
from zipline.lint.rules.null_column import null_column
from zipline.lint.rules.null_id import null_id
from zipline.lint.rules.null_key import null_key
from zipline.lint.rules.null_time import null_time
from zipline.lint.rules.partly_online import partly_online
from zipline.lint.rules.unreadable_rows import unreadable_rows
from zipline.lint.rules.unused_feature import unused_feature
from zipline.lint.rules.where_never_true import where_never_true
from zipline.lint.rules.window_longer_than_data import window_longer_than_data
from zipline.lint.rules.window_too_late import window_too_late
from zipline.lint.subject import Subject

if TYPE_CHECKING:
    from zipline.repository import Repository

Rule: TypeAlias = Callable[[Subject], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    cannot_be_read,
    empty_source,
    unreadable_rows,
    null_id,
    null_key,
    key_seen_once,
    null_time,
    event_in_1970,
    event_in_the_future,
    known_before_it_happens,
    known_at_once,
    window_too_late,
    window_longer_than_data,
    where_never_true,
    null_column,
    constant_column,
    float_id,
    growing_lifetime,
    id_without_corrections,
    partly_online,
    duplicate_feature,
    unused_feature,
)
_ORDER: Final = ("error", "warning", "note")


def rule_name(rule: Rule) -> str:
    """Return a rule's name, as findings and `[lint] ignore` have it.

    >>> rule_name(null_key)
    'null-key'
    """
    return rule.__name__.replace("_", "-")


def lint(repository: Repository, names: Sequence[str] = (), *, data: bool = True) -> list[Finding]:
    """Return what the rules find, the most severe first.

    Args:
        repository: the definitions, and the settings that say what is ignored.
        names: of the views and services that are judged; all unless given.
        data: whether tables are read: one query for each source.

    Raises:
        ConfigError: there is no such view, service or rule.
    """
    ignored = repository.settings.lint.ignore
    _check_ignored(ignored)
    views = _views(repository, names)
    subject = Subject(views, tuple(repository.services.values()))
    if data:
        subject = with_facts(repository, subject)
    found = [replace(finding, rule=rule_name(rule)) for rule in RULES for finding in rule(subject)]
    kept = [finding for finding in found if not _is_ignored(finding, ignored)]
    return sorted(kept, key=lambda finding: _ORDER.index(finding.severity))


def _check_ignored(ignored: Iterable[str]) -> None:
    known = [rule_name(rule) for rule in RULES]
    for entry in ignored:
        name = entry.partition(":")[0]
        if name not in known:
            raise ConfigError(
                f"ignore names {name!r}, which is no rule", where="[lint]", hint=nearest(name, known)
            )


def _is_ignored(finding: Finding, ignored: Iterable[str]) -> bool:
    speaks = {finding.rule, *(f"{finding.rule}:{place}" for place in finding.places)}
    return not speaks.isdisjoint(ignored)


def _views(repository: Repository, names: Sequence[str]) -> tuple[FeatureView, ...]:
    views: dict[str, FeatureView] = {} if names else dict(repository.views)
    for name in names:
        found = repository.find(name)
        if isinstance(found, FeatureService):
            views |= {item.view.name: item.view for item in found.features if isinstance(item, Selection)}
        else:
            views[found.name] = found
    return tuple(views.values())

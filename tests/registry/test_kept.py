"""A registry that an earlier zipline wrote: what is in `kept` is never written again, and stays readable."""

from __future__ import annotations

from pathlib import Path

from tests.registry.definitions import TYPES
from tests.registry.golden import service
from zipline.dsl.feature_view import Selection
from zipline.registry.drafts import draft
from zipline.registry.folder import LocalFolder
from zipline.registry.registry import Registry

KEPT = Path(__file__).with_name("kept")


def test_records_of_the_first_format_are_read_and_are_what_the_code_means() -> None:
    registry = Registry(LocalFolder(KEPT))
    model = registry.record("service", "model", 1)
    views = [item.view for item in service().features if isinstance(item, Selection)]
    sources = {source for view in views for source in view.source.members}
    assert model.definition == service()
    assert model.views == {"one": 1, "two": 1}
    assert registry.plan(draft(views, [service()], dict.fromkeys(sources, TYPES))).is_empty

"""The pytest plugin: a fixture, and short failures. It collects nothing, and imports nothing until it is used."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zipline.store import FeatureStore


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the `zipline_repo` setting."""
    parser.addini(
        "zipline_repo",
        "The feature repository of the zipline_store fixture; relative to the rootdir.",
        default="",
    )


@pytest.fixture(scope="module")
def zipline_store(request: pytest.FixtureRequest) -> FeatureStore:
    """Return the store of the feature repository: the `zipline_repo` of pytest's settings, or the one around the test.

    The profile is that of the environment, ZIPLINE_PROFILE.
    """
    from zipline.configuration import find_root
    from zipline.store import FeatureStore

    named = str(request.config.getini("zipline_repo"))
    if named:
        return FeatureStore(request.config.rootpath / named)
    root = find_root(Path(request.path).parent)
    if root is None:
        raise pytest.UsageError(
            f"{request.path} is in no feature repository: no folder above it has a zipline.toml. "
            'Hint: name it in pytest\'s settings: zipline_repo = "path"'
        )
    return FeatureStore(root)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a mismatch of features as its message below the line of the test, without the test's whole source."""
    report = yield
    loaded = sys.modules.get("zipline.testing.mismatch")
    if loaded is None or call.excinfo is None or not isinstance(call.excinfo.value, loaded.FeatureMismatch):
        return report
    if item.config.getoption("tbstyle", "auto") == "auto" and not item.config.getoption("fulltrace", False):
        report.longrepr = pytest.Item.repr_failure(item, call.excinfo, "short")
    return report

from __future__ import annotations

import pytest

from benchmarks.rivals.environment import locked_version


@pytest.mark.parametrize(("rival", "version"), [("feast", "0.67.0"), ("temporian", "0.9.0")])
def test_the_lock_says_which_version_runs(rival: str, version: str) -> None:
    assert locked_version(rival) == version

"""What is proposed is a module that loads, fits its data and says why; linters and type checkers agree with it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from zipline.init.adopt import adopted
from zipline.init.folder import write_new

PROPOSED = Path(__file__).parent / "proposed"
N = 120
HOURS = [datetime(2024, 1, 1) + timedelta(hours=7 * n) for n in range(N)]
TABLES: dict[str, dict[str, Any]] = {
    "orders": {
        "order_id": [n // 2 for n in range(N)],
        "customer_id": [n % 20 for n in range(N)],
        "ordered_at": HOURS,
        "loaded_at": [at + timedelta(hours=1) for at in HOURS],
        "cancelled": [n % 10 == 9 for n in range(N)],
        "amount": [n / 7 for n in range(N)],
        "channel": [f"c{n % 3}" for n in range(N)],
    },
    "log": {
        "ts": [1_700_000_000_000 + 60_000 * n for n in range(N)],
        "host": [f"h{n % 5}" for n in range(N)],
        "bytes": [n * n for n in range(N)],
        "ok": [n % 2 for n in range(N)],
        "nothing": pa.nulls(N),
        "tags": pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int64())),
    },
    "zl": {
        'Group "A" / \\n': [f"g{n % 4}" for n in range(N)],
        "class": [date(2024, 1, 1) + timedelta(days=n % 9) for n in range(N)],
        "Größe__": [n / 7 for n in range(N)],
        "größe": [n / 3 for n in range(N)],
        "2nd": [f"it's {n % 4}" for n in range(N)],
        "both ' and \"": [n % 11 for n in range(N)],
        "lambda": [n % 2 == 0 for n in range(N)],
    },
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a module for each table."""
    folder = tmp_path_factory.mktemp("proposed")
    (folder / "data").mkdir()
    (folder / "zipline.toml").touch()
    for name, columns in TABLES.items():
        path = folder / "data" / f"{name}.parquet"
        pq.write_table(pa.table(columns), path)
        entity = 'Group "A" / \\n' if name == "zl" else None
        adoption = adopted(str(path), folder, entity=entity, event_time=None, name=None)
        assert list(adoption.files) == [f"{name}_features.py"]
        write_new(folder, adoption.files)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_its_features_can_be_computed(repo: Path, name: str) -> None:
    store = zl.FeatureStore(repo)
    result = store.training_set(str(repo / "data" / f"{name}.parquet"), f"{name}_model")
    assert result.to_arrow().num_rows == N


def test_a_linter_and_a_formatter_have_nothing_to_say(repo: Path) -> None:
    for check in (("check",), ("format", "--check")):
        arguments = [sys.executable, "-m", "ruff", *check, "--isolated", "--no-cache", "."]
        ran = subprocess.run(arguments, cwd=repo, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


@pytest.mark.parametrize("name", TABLES)
def test_a_module_is_the_one_that_the_type_checker_has_seen(repo: Path, name: str) -> None:
    """`make types` checks the modules of the folder `proposed`, which are written by UPDATE=1."""
    kept, text = PROPOSED / f"{name}_features.py", (repo / f"{name}_features.py").read_text()
    if os.environ.get("UPDATE"):
        kept.write_text(text)
    assert text == kept.read_text()


def test_the_view_finds_nothing_that_hurts(repo: Path) -> None:
    from zipline.lint.run import lint
    from zipline.repository import open_repository

    found = lint(open_repository(repo), ["orders_model", "log_model"])
    assert [each.rule for each in found] == ["id-without-corrections"]

"""Memory is bounded by the setting, and Ctrl-C ends a run at once and leaves nothing behind."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.engines.duckdb.runs import start

MIB = 2**20

MEASURED = """
import resource
folder = sys.argv[1]
generate(folder, 7_000_000, 50_000)
features = [zl.Sum("amount").over("7d"), zl.Last("kind"), zl.Count(by="kind").over("1d")]
request(folder, features).head(1)  # what every run needs: modules and kernels
low = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
rows = sum(batch.num_rows for batch in request(folder, features).batches())
print(rows, low, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""

INTERRUPTED = """
folder = sys.argv[1]
generate(folder, 1_000_000, 1_000_000)
run = request(folder, [zl.Sum("amount").over("7d"), zl.LastK("kind", 9)])
run.head(1)
batches = run.batches

def watched():
    for batch in batches():
        print("writing", flush=True)
        yield batch

run.batches = watched
print("sweeping", flush=True)
run.write_parquet(Path(folder) / "out" / "features.parquet")
"""


def test_events_beyond_the_memory_limit_are_spilled(tmp_path: Path) -> None:
    run = start(MEASURED, tmp_path, memory_limit='"300MB"', temp_directory=f'"{tmp_path}"', threads="2")
    out, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    rows, low, peak = map(int, out.split())
    assert rows == 50_000
    assert peak - low < 550 * MIB, f"{low / MIB:.0f} MiB before, {peak / MIB:.0f} MiB at most"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "asked.parquet",
        "events.parquet",
        "zipline.toml",
    ]


@pytest.mark.parametrize("moment", ["sweeping", "writing"])
def test_ctrl_c_ends_a_run_and_leaves_no_files(moment: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "features.parquet").write_bytes(b"before")
    run = start(INTERRUPTED, tmp_path, temp_directory=f'"{tmp_path}"')
    assert run.stdout is not None
    assert moment in iter(lambda: run.stdout.readline().strip(), "")  # type: ignore[union-attr]
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=10)
    assert run.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["asked.parquet", "events.parquet", "out", "zipline.toml"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["features.parquet"]
    assert (tmp_path / "out" / "features.parquet").read_bytes() == b"before"

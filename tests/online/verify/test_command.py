"""`zipline verify`: counts, the first differences in full, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.online.verify.conftest import Logged
from tests.online.verify.test_verify import changed
from zipline.cli import main
from zipline.errors import ConfigError
from zipline.online.verify import NotReplayed


@pytest.fixture
def tampered(served: Logged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a log of which one value was changed, beside logs that can be read again."""
    reads = changed(served.reads(), "carriers__count_1d", 7, -1)
    folder = tmp_path / "reads" / "delay_model@1"
    folder.mkdir(parents=True)
    pq.write_table(reads.table, folder / "changed.parquet")
    monkeypatch.setattr("zipline.online.verifying.AppliedEvents", lambda *_: served.applied)
    return str(tmp_path / "reads")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["verify", "delay_model", *arguments])
    return code, *capsys.readouterr()


def test_nothing_differs(served: Logged, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--log", str(served.place), "--repo", str(served.world.folder))
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "delay_model@1: 24 reads, no value differs"
    assert lines[1:3] == ["feature\tequal\tdifferent\tlag", "carriers__count_1h\t24\t0\t0"]
    assert len(lines) == 2 + served.reads().values.num_columns


def test_a_difference_is_told_in_full(
    served: Logged, tampered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "--log", tampered, "--repo", str(served.world.folder))
    assert code == 1
    assert out.splitlines()[0] == "delay_model@1: 24 reads, 1 value differs"
    assert "carriers__count_1d\t23\t1\t0" in out
    told = out.partition("\n\n")[2].splitlines()
    assert told[0] == "carriers__count_1d: different"
    assert told[1].startswith("  asked     op_carrier=")
    assert told[2] == "  served    -1"
    assert told[3].startswith("  computed  ")


def test_json(served: Logged, tampered: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "--log", tampered, "--repo", str(served.world.folder), "--json", "--newest", "23"
    )
    (document,) = json.loads(out)
    assert code == 1
    assert (document["service"], document["reads"], document["failed"]) == ("delay_model@1", 23, 0)
    assert document["features"][1] == {
        "feature": "carriers__count_1d", "equal": 22, "different": 1, "lag": 0,
    }  # fmt: skip
    (difference,) = document["differences"]
    assert difference.keys() == {"feature", "at", "logged_at", "request", "served", "computed", "lag"}
    assert (difference["served"], difference["lag"], document["unexplained"]) == (-1, False, None)


def test_it_says_plainly_what_is_no_longer_there(
    served: Logged, tampered: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise NotReplayed("flights:push:0 begins at offset 7", hint="retain it longer")

    monkeypatch.setattr("zipline.online.verifying.AppliedEvents", lambda *_: gone)
    code, out, _ = run(capsys, "--log", tampered, "--repo", str(served.world.folder))
    assert code == 1
    assert (
        "What differs may be lag, which cannot be told: flights:push:0 begins at offset 7\nHint: retain"
        in out
    )


def test_the_log_of_the_configuration(served: Logged) -> None:
    store = zl.FeatureStore(served.world.folder)
    with pytest.raises(
        ConfigError, match=r"no feature log is named\nHint: give one, --log FOLDER, or name it"
    ):
        store.verify("delay_model")
    (found,) = store.verify("delay_model@1", served.place)
    assert (found.different, found.reads) == (0, 24)

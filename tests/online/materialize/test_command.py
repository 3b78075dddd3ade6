"""`zipline materialize`, and `store.materialize`, on an embedded store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import zipline as zl
from tests.online.materialize.shop import MODULE, rows_of
from zipline.cli import main


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository that is the current folder."""
    import pyarrow.parquet as pq

    pq.write_table(rows_of(60), tmp_path / "flights.parquet")
    (tmp_path / "zipline.toml").write_text('[online]\nhistory = "36500d"\nshards = 2\ntimeout = "20s"\n')
    (tmp_path / "features.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    zl.FeatureStore(tmp_path).apply()
    return tmp_path


@pytest.fixture
def ran(repo: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["materialize", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_view_and_a_service(ran: Callable[..., tuple[int, str, str]]) -> None:
    assert ran("carriers", "--until", "2024-03-02", "--json")[0] == 0
    code, out, err = ran("model", "--until", "2024-03-02T00:00:00Z", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert [(each["view"], each["fill"], each["resumed"]) for each in told] == [
        ("airports@1", "airports@1.1", False),
        ("carriers@1", "carriers@1.2", False),  # a new one, as the first was whole
        ("landed@1", "landed@1.1", False),
    ]
    assert all(set(each) == {"view", "fill", "events", "resumed"} for each in told)
    code, out, _ = ran("landed")
    assert out.split()[:5] == ["view", "fill", "events", "landed@1", "landed@1.2"]


def test_what_it_refuses(ran: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = ran("carriers")
    assert (code, out) == (1, "")
    assert "source 'flights': nothing says where its table ends and its stream goes on" in err
    code, _, err = ran("carriers", "--until", "2200-01-01")
    assert "--until 2200-01-01T00:00:00Z is in the future" in err


def test_from_python(repo: Path) -> None:
    store = zl.FeatureStore(repo)
    (loaded,) = store.materialize("landed")
    assert (loaded.view, loaded.fill, loaded.resumed) == ("landed@1", "landed@1.1", False)
    asked = [{"carrier": "UA"}, {"carrier": "AA"}]
    with store.online() as client:
        read = client.get_many("landed", asked, at="2024-03-02").to_pylist()
    import pyarrow as pa

    table = pa.table({"t": ["2024-03-02 00:00:00"] * 2, "carrier": ["UA", "AA"]})
    trained = store.training_set(table, "landed", time="t").to_arrow().drop_columns("t").to_pylist()
    assert repr(read) == repr(trained)

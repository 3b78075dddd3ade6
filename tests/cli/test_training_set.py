"""`zipline training-set`: files in, a file out, and what is said where that cannot be."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.conftest import NOTE, Ran
from tests.cli.modules import change
from tests.cli.terminal import COMMAND
from tests.services.spark import session
from zipline.engines.duckdb.engine import DuckDBEngine

Run = Callable[..., Ran]
ARGUMENTS = ("training-set", "price_model", "--observations", "asked.csv", "--out")


def test_it_writes_the_features_of_a_service(repo: Path, run: Run) -> None:
    assert run(*ARGUMENTS, "train.parquet") == Ran(
        0, "", "price_model: 3 rows written to train.parquet\n" + NOTE
    )
    written = pl.read_parquet(repo / "train.parquet")
    assert written.columns == ["asked_at", "at_shop", "shop", "item", "shops__price_sum_1d", "items__count"]
    assert written.select("shops__price_sum_1d", "items__count").rows() == [(1.5, 2), (3.5, 1), (None, 2)]


def test_a_folder_gets_a_file(repo: Path, run: Run) -> None:
    assert run(*ARGUMENTS, "train/").code == 0
    assert not (repo / "train.parquet").exists()
    assert pl.read_parquet(repo / "train" / "part-0.parquet").height == 3


def test_json_says_what_was_written(repo: Path, run: Run) -> None:
    (repo / "sales.csv").write_text((repo / "sales.csv").read_text() + "2024-01-02 09:30:00,,x,2.0\n")
    ran = run(*ARGUMENTS, "train/", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {
        "name": "price_model",
        "written": "train/part-0.parquet",
        "rows": 3,
        "columns": [
            {"name": "asked_at", "type": "timestamp"},
            {"name": "at_shop", "type": "string"},
            {"name": "shop", "type": "string"},
            {"name": "item", "type": "string"},
            {"name": "shops__price_sum_1d", "type": "float64"},
            {"name": "items__count", "type": "int64"},
        ],
        "notes": [NOTE.removeprefix("Note: ").removesuffix("\n")],
        "left_out": {"sales": {"sold_at": 0, "shop": 1, "item": 0}},
    }


def test_what_is_left_out_is_said(repo: Path, run: Run) -> None:
    (repo / "sales.csv").write_text(
        (repo / "sales.csv").read_text() + "2024-01-02 09:30:00,,x,2.0\nsoon,a,x,1\n"
    )
    features = (repo / "features.py").read_text().replace('"sold_at"', '"sold_at", on_error="skip"')
    (repo / "features.py").write_text(features)
    ran = run(*ARGUMENTS, "train.parquet")
    assert ran.code == 0
    assert "Left out: 1 rows of source 'sales', where 'shop' is null\n" in ran.err
    assert "Left out: 1 rows of source 'sales', which cannot be read\n" in ran.err


def test_versions_and_features_are_named(repo: Path, run: Run) -> None:
    assert run("apply", "--yes").code == 0
    change(repo, ("zl.Count()", 'zl.Count().over("1h")'))
    asked = ("--observations", "asked.csv", "--time", "asked_at", "--out", "train.parquet")
    for name, column in (("items@1", "items_v1__count"), ("items:count_1h", "items__count_1h")):
        assert run("training-set", name, *asked).code == 0
        assert pl.read_parquet(repo / "train.parquet").columns[-1] == column
    assert run("training-set", "price_model@1", *asked).code == 0
    assert pl.read_parquet(repo / "train.parquet")["items__count"].to_list() == [2, 1, 2]


def test_what_is_deprecated_is_warned_of_in_words_alone(repo: Path) -> None:
    features = (
        (repo / "features.py").read_text().replace('owner="ops"', 'owner="ops", deprecated="use items"')
    )
    (repo / "features.py").write_text(features)
    ran = subprocess.run([*COMMAND, *ARGUMENTS, "train.parquet"], check=True, capture_output=True, text=True)
    assert ran.stderr.splitlines()[0] == (
        "Warning: view shops is deprecated: use items (used by service price_model)"
    )


def test_time_and_keys_replace_the_services(repo: Path, run: Run) -> None:
    arguments = ("training-set", "shops", "--observations", "asked.csv", "--out", "train.parquet")
    assert run(*arguments, "--time", "asked_at", "--key", "shop=item").code == 0
    assert pl.read_parquet(repo / "train.parquet")["shops__price_sum_1d"].to_list() == [None, None, None]


def test_as_of_forgets_what_came_later(repo: Path, run: Run) -> None:
    assert run(*ARGUMENTS, "train.parquet", "--as-of", "2024-01-01T11:00Z").code == 0
    assert pl.read_parquet(repo / "train.parquet")["items__count"].to_list() == [1, 0, 1]


def test_hindsight_is_passed_on(repo: Path, run: Run) -> None:
    features = (repo / "features.py").read_text().replace('"sold_at"', '"sold_at", delay="1h"')
    (repo / "features.py").write_text(features)
    counts = []
    for option in ((), ("--hindsight",)):
        ran = run(*ARGUMENTS, "train.parquet", *option)
        assert (ran.code, "Note: hindsight: " in ran.err) == (0, bool(option))
        counts.append(pl.read_parquet(repo / "train.parquet")["items__count"].to_list())
    assert counts == [[2, 0, 2], [2, 1, 2]]


def test_another_repository_is_named_and_files_stay_where_they_are_typed(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "elsewhere").mkdir()
    (repo / "asked.csv").rename(repo / "elsewhere" / "asked.csv")
    (repo / "definitions").mkdir()
    for name in ("zipline.toml", "features.py", "sales.csv"):
        (repo / name).rename(repo / "definitions" / name)
    monkeypatch.chdir(repo / "elsewhere")
    assert run(*ARGUMENTS, "train.parquet", "--repo", "../definitions").code == 0
    assert pl.read_parquet(repo / "elsewhere" / "train.parquet").height == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--key", "shop"), "Error: --key 'shop' is not ENTITY_KEY=COLUMN\nHint: such as --key carrier=op_carrier\n"),
        (
            ("--key", "shop=a", "--key", "shop=b"),
            "Error: --key maps 'shop' twice, to 'a' and to 'b'\nHint: keep one\n",
        ),
        (("--key", "store=a"), "Error: keys= maps 'store', which is no key of the requested views\nHint: "),
        (("--time", "when"), "Error: observations, time: there is no column 'when'\nHint: "),
        (("--as-of", "soon"), "Error: 'soon' is not a time\nHint: write YYYY-MM-DD"),
        (
            ("--out", "train.csv"),
            "Error: --out 'train.csv': only Parquet is written\nHint: such as --out train.parquet\n",
        ),
        (("--observations", "asked.xlsx"), "Error: cannot tell the format of 'asked.xlsx'\nHint: say it"),
        (("--observations", "none.csv"), "Error: no file matches "),
        (("--repo", "nowhere"), "nowhere has no zipline.toml: there is no such folder\nHint: create an empty"),
        (("--out", "x" * 250 + ".parquet"), f"Error: {'x' * 250}.parquet: File name too long\n"),
        (("--out", "asked.csv/train.parquet"), "Error: "),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_message(
    repo: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    before = sorted(path.name for path in repo.iterdir())
    ran = run(*ARGUMENTS, "train.parquet", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert message in ran.err
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err
    after = sorted(path.name for path in repo.iterdir() if path.name != "__pycache__")
    assert after == before


def test_an_unknown_service_is_answered_with_the_nearest(repo: Path, run: Run) -> None:
    ran = run("training-set", "price_modle", "--observations", "asked.csv", "--out", "train.parquet")
    assert ran.code == 1
    assert ran.err == (
        f"Error: there is no service or view 'price_modle' in {repo}\n"
        "Hint: did you mean 'price_model'? Allowed: 'price_model', 'shop_model', 'shops', 'items'\n"
    )


def test_a_module_that_does_not_load_is_named(repo: Path, run: Run) -> None:
    (repo / "broken.py").write_text("import zipline as zl\nzl.Entity('a b')\n")
    ran = run(*ARGUMENTS, "train.parquet")
    assert ran.code == 1
    assert ran.err.startswith(f"Error: {repo / 'broken.py'}")


def test_ctrl_c_leaves_nothing_half_done(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = DuckDBEngine.run

    def interrupted(*arguments: Any) -> Iterator[Any]:
        yield from complete(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(DuckDBEngine, "run", interrupted)
    before = {path.name for path in repo.iterdir()}
    ran = run(*ARGUMENTS, "train.parquet")
    assert (ran.code, ran.out, ran.err) == (130, "", "")
    assert {path.name for path in repo.iterdir()} - before <= {"__pycache__"}


def test_spark_writes_a_folder(repo: Path, run: Run) -> None:
    session()
    ran = run(*ARGUMENTS, "train", "--engine", "spark")
    assert (ran.code, ran.out) == (0, "")
    assert "price_model: 3 rows written to train\n" in ran.err
    written = pl.read_parquet(repo / "train" / "*.parquet").sort("asked_at", "at_shop")
    assert sorted(written["items__count"].to_list()) == [1, 2, 2]


def test_an_error_of_sparks_is_ours_and_its_trace_is_shown_when_asked_for(repo: Path, run: Run) -> None:
    session()
    arguments = (*ARGUMENTS, "train", "--engine", "spark")
    (repo / "asked.csv").write_text("asked_at,at_shop,item\nsoon,a,x\n")
    ran = run(*arguments)
    assert ran.code == 1
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err
    assert "Traceback" in run("--verbose", *arguments).err

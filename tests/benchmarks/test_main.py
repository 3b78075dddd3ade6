from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import registry
from benchmarks.__main__ import NAMES, main

FIELDS = [
    "benchmark",
    "measure",
    "zipline",
    "rival",
    "rival_name",
    "rival_version",
    "ratio",
    "unit",
    "scale",
    "detail",
]


def test_list_names_every_benchmark_with_its_work(capsys: pytest.CaptureFixture[str]) -> None:
    main(["list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert all(len(line.split()) > 3 for line in lines)


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["offline_window"])
    assert "offline_windows" in capsys.readouterr().err


# Those whose rivals need no environment of their own: harness, data and every comparison of answers, tiny.
@pytest.mark.parametrize(
    "name", ["offline_windows", "offline_mixed", "offline_knowledge", "offline_dimension"]
)
def test_a_benchmark_runs_compares_and_reports(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results" / "result.json"
    main([name, "--scale", "0.001", "--seed", "3", "--json", str(file)])
    measures = json.loads(file.read_text())
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == measures
    for measure in measures:
        assert list(measure) == FIELDS
        assert (measure["benchmark"], measure["scale"], measure["unit"]) == (name, 0.001, "s")
        assert measure["zipline"] > 0
        assert measure["rival"] > 0
        assert measure["rival_version"]
        assert len(measure["detail"]["zipline_runs"]) == 3


def test_spark_is_raced_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks", "spark_windows", "--scale", "0.0005", "--json", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    measures = json.loads(file.read_text())
    assert len(measures) == 3
    assert all(measure["detail"]["values_compared"] == 16 * 50 for measure in measures)


def test_the_registry_is_measured_without_a_rival(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "RUNS", 1)
    main(["registry", "--scale", "0.05"])
    measures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(measure) for measure in measures] == [FIELDS] * 5
    for measure in measures:
        assert (measure["benchmark"], measure["rival"], measure["ratio"]) == ("registry", None, None)
        assert measure["detail"]["views"] == 10

"""What `zipline stream --engine spark` refuses, and says why."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.test_stream import MODULE
from zipline.cli import main
from zipline.errors import ConfigError
from zipline.online.spark.course import _source
from zipline.online.spark.opening import _check, settled
from zipline.settings import KafkaSettings, SchemaRegistrySettings, Settings
from zipline.variables import Variables


def stream(folder: Path, config: str) -> int:
    (folder / "zipline.toml").write_text(config)
    (folder / "features.py").write_text(MODULE)
    assert main(["apply", "--yes", "--repo", str(folder)]) == 0
    return main(["stream", "--engine", "spark", "--repo", str(folder)])


def test_an_embedded_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stream(tmp_path, "") == 1
    error = capsys.readouterr().err
    assert "the store 'embedded:.zipline/online' is one process's, and executors are others" in error
    assert "Hint: name a Redis, [online] store = 'redis://...', or stream without --engine spark" in error


def test_spark_connect(
    tmp_path: Path, redis_server: str, redis_prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (
        f'[online]\nstore = "{redis_server}"\nprefix = "{redis_prefix}"\n[spark]\nmaster = "sc://there"\n'
    )
    assert stream(tmp_path, config) == 1
    error = capsys.readouterr().err
    assert (
        "[spark] master: a query of Spark Connect would run where its state cannot be looked after" in error
    )


def test_dead_letters_in_folders_of_many_machines() -> None:
    session: Any = SimpleNamespace(sparkContext=SimpleNamespace(master="spark://there:7077"))
    with pytest.raises(ConfigError, match="would be kept in folders of many machines"):
        _check(session, Settings())
    _check(session, Settings(kafka=KafkaSettings(dead_letters="letters")))


def test_a_spark_without_the_jars() -> None:
    class Session:
        version = "4.2.0"

        @property
        def readStream(self) -> Any:  # noqa: N802  Spark's name
            raise RuntimeError("Failed to find data source: kafka.\nMore")

    session: Any = Session()
    with pytest.raises(ConfigError) as caught:
        _source(session, {})
    assert str(caught.value) == (
        "[spark]: Spark cannot read Kafka: Failed to find data source: kafka.\n"
        "Hint: it needs the jars org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0, "
        "org.apache.spark:spark-token-provider-kafka-0-10_2.13, org.apache.kafka:kafka-clients and "
        'org.apache.commons:commons-pool2: name the four, with commas between them, as "spark.jars" under [spark]'
    )


def test_variables_are_put_in_where_tasks_cannot_ask_for_them() -> None:
    settings = Settings(
        variables=Variables({"password": "secret"}),
        kafka=KafkaSettings(options={"sasl_plain_password": "$${x}${password}", "fetch_min_bytes": 1}),
        schema_registry=SchemaRegistrySettings(url="http://${password}"),
    )
    told = settled(settings)
    assert told.variables.values == {}
    assert told.located(str(told.kafka.options["sasl_plain_password"])) == "${x}secret"
    assert (told.kafka.options["fetch_min_bytes"], told.schema_registry.url) == (1, "http://secret")

"""The jars with which Spark reads Kafka, for tests: fetched with Maven once, into a cache folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.services.process import leave_out

JARS = (
    "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
    "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0",
    "org.apache.kafka:kafka-clients:3.9.1",
    "org.apache.commons:commons-pool2:2.12.1",
)
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>zipline</groupId><artifactId>test-spark-kafka</artifactId><version>1</version>
  <dependencies>{}</dependencies>
</project>
"""
_ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"


def jars() -> str:
    """Return the jars as `spark.jars` names them."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "zipline-tests" / "spark-kafka-4.2.0"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of one run all want it at once
        if not (folder / "lib").is_dir():
            _fetch(folder)
    return ",".join(map(str, sorted((folder / "lib").iterdir())))


def _fetch(folder: Path) -> None:
    if not shutil.which("mvn"):
        leave_out("tests of Spark with Kafka", "its jars are fetched with mvn, which is not here")
    (folder / "pom.xml").write_text(_POM.format("".join(map(_dependency, JARS))))
    shutil.rmtree(folder / "fetched", ignore_errors=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'fetched'}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        leave_out("tests of Spark with Kafka", f"mvn could not fetch its jars: {done.stdout[-400:].strip()}")
    (folder / "fetched").rename(folder / "lib")


def _dependency(jar: str) -> str:
    group, artifact, version = jar.split(":")
    said = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
    return f"<dependency>{said}{_ALONE}</dependency>"

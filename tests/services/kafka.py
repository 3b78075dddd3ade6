"""A real Kafka broker for tests: the one that is named, or one of its own on this machine.

In order: the address in ZIPLINE_TEST_KAFKA; a broker and controller in one process, of jars that Maven puts into a
cache folder (XDG_CACHE_HOME or ~/.cache), on free ports in a folder of its own. Java and Maven are installed with
`apt-get` where that is allowed (root and CI=true).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.services.process import free_port, leave_out, start, stop

VERSION = "4.1.0"
SECONDS = 120
LARGEST = 8 << 20
"""Bytes of the largest request that is written; a topic's own `max.message.bytes` is about 1 MB unless it says more."""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>zipline</groupId><artifactId>test-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{0}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{0}</version></dependency>
  </dependencies>
</project>
"""
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listener}
log.dirs={folder}/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.ms=-1
log.retention.check.interval.ms=500
log.initial.task.delay.ms=500
"""
_SECURED = """listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms={mechanism}
listener.name.sasl_ssl.{name}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
"""
MECHANISM = "SCRAM-SHA-512"
USER, PASSWORD = "zipline", "correct horse"
_JAVA = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]


class Broker:
    """A broker that can be killed and started again; one that was named cannot.

    Attributes:
        address: `host:port`.
        secured: where it speaks TLS alone and asks for `USER` and `PASSWORD`; None where it does not.
    """

    def __init__(
        self, address: str, folder: Path | None = None, jars: Path | None = None, secured: str | None = None
    ) -> None:
        self.address, self.secured = address, secured
        self._folder, self._jars = folder, jars
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self._folder is not None
        log = self._folder / "log"
        with log.open("ab") as sink:
            command = [*_JAVA, f"{self._jars}/*", "kafka.Kafka", str(self._folder / "server.properties")]
            self._process = start(command, log=sink, cwd=self._folder, end=signal.SIGKILL)
        self._answers(log)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self._process is not None
        stop(self._process, signal.SIGKILL)

    def let_in(self) -> None:
        """Tell it of the user who may speak to it where it is secured."""
        from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion

        admin = KafkaAdminClient(bootstrap_servers=self.address)
        try:
            user = UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD)
            admin.alter_user_scram_credentials([user])
        finally:
            admin.close()

    def topic(self, name: str, partitions: int = 1, settings: dict[str, str] | None = None) -> str:
        """Make a topic, and return a name that no other test uses."""
        from kafka.admin import KafkaAdminClient, NewTopic

        unique = f"{name}-{uuid.uuid4().hex[:8]}"
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        try:
            admin.create_topics([NewTopic(unique, partitions, 1, topic_configs=settings or {})])
        finally:
            admin.close()
        return unique

    def produce(self, topic: str, *values: bytes | None, partition: int = 0, times: Any = None) -> None:
        """Write records, and wait until the broker has them; `times` are their timestamps in milliseconds."""
        from kafka import KafkaProducer

        producer = KafkaProducer(
            bootstrap_servers=self.address, acks="all", linger_ms=5, max_request_size=LARGEST
        )
        try:
            sent = [
                producer.send(
                    topic, value, b"", partition=partition, timestamp_ms=times[at] if times else None
                )
                for at, value in enumerate(values)
            ]
            for each in sent:
                each.get(SECONDS)
        finally:
            producer.close()

    def _answers(self, log: Path) -> None:
        from kafka.admin import KafkaAdminClient
        from kafka.errors import KafkaError

        assert self._process is not None
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with suppress(KafkaError, OSError):
                host, _, port = self.address.partition(":")
                socket.create_connection(
                    (host, int(port))
                ).close()  # a client that cannot connect leaves a thread
                admin = KafkaAdminClient(bootstrap_servers=self.address, bootstrap_timeout_ms=1000)
                try:
                    admin.list_topics()
                finally:
                    admin.close()
                return
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
                break
        raise RuntimeError(log.read_text()[-4000:])


@contextmanager
def broker(certificate: tuple[Path, Path] | None = None) -> Iterator[Broker]:
    """Yield a broker that is there as long as the block runs.

    Args:
        certificate: of a second listener, which is secured; and its key.
    """
    jars = _jars()
    with TemporaryDirectory(prefix="zipline-kafka-") as name:
        folder, port = Path(name), free_port()
        properties, secured = _properties(folder, port, free_port()), None
        if certificate is not None:
            keystore, secured = folder / "keystore.pem", f"127.0.0.1:{free_port()}"
            keystore.write_text("".join(file.read_text() for file in certificate[::-1]))
            properties = _properties(folder, port, free_port(), f",SASL_SSL://{secured}")
            properties += _SECURED.format(mechanism=MECHANISM, name=MECHANISM.lower(), keystore=keystore)
        (folder / "server.properties").write_text(properties)
        shutil.copytree(jars.parent / "formatted", folder / "logs")
        made = Broker(f"127.0.0.1:{port}", folder, jars, secured)
        try:
            made.start()
            if secured is not None:
                made.let_in()
            yield made
        finally:
            made.kill()


@contextmanager
def named_or_own() -> Iterator[Broker]:
    """Yield the broker that ZIPLINE_TEST_KAFKA names, or one of its own."""
    given = os.environ.get("ZIPLINE_TEST_KAFKA")
    if given:
        yield Broker(given)
        return
    with broker() as own:
        yield own


def _jars() -> Path:
    """Return the folder with the broker's jars, fetched where it is missing."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "zipline-tests" / f"kafka-{VERSION}"
    if not shutil.which("java") or not ((folder / "lib").is_dir() or shutil.which("mvn")):
        _install()
    if not shutil.which("java"):
        leave_out("tests with Kafka", "no java here; install a JRE of 17 or later, or set ZIPLINE_TEST_KAFKA")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of one run all want it at once
        if not (folder / "lib").is_dir():
            _fetch(folder)
        if not (folder / "formatted").is_dir():
            _format(folder)
    return folder / "lib"


def _format(folder: Path) -> None:
    """Make an empty folder of logs, which every broker begins with a copy of: it takes as long as a broker's start."""
    with TemporaryDirectory(prefix="zipline-kafka-") as name:
        made = Path(name)
        (made / "server.properties").write_text(_properties(made, 1, 2))
        identity = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = [*_JAVA, f"{folder / 'lib'}/*", "kafka.tools.StorageTool", "format", "-t", identity, "-c"]
        subprocess.run([*tool, str(made / "server.properties")], check=True, cwd=made, capture_output=True)
        shutil.copytree(made / "logs", folder / "formatted")


def _properties(folder: Path, port: int, controller: int, listener: str = "") -> str:
    return _PROPERTIES.format(folder=folder, port=port, controller=controller, listener=listener)


def _fetch(folder: Path) -> None:
    if not shutil.which("mvn"):
        leave_out(
            "tests with Kafka", "its jars are fetched with mvn, which is not here; or set ZIPLINE_TEST_KAFKA"
        )
    (folder / "pom.xml").write_text(_POM.format(VERSION))
    shutil.rmtree(folder / "fetched", ignore_errors=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'fetched'}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        leave_out("tests with Kafka", f"mvn could not fetch its jars: {done.stdout[-400:].strip()}")
    (folder / "fetched").rename(folder / "lib")


def _install() -> None:
    if os.geteuid() == 0 and os.environ.get("CI") == "true" and shutil.which("apt-get"):
        for step in (
            ["update"],
            ["install", "-y", "--no-install-recommends", "maven", "default-jre-headless"],
        ):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "-q", *step], check=False, env=environment)

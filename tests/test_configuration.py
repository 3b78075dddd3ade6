"""zipline.toml: what it may say, its profiles, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.refusals import refusal
from zipline.configuration import read_settings
from zipline.errors import ConfigError
from zipline.settings import (
    DuckDBSettings,
    KafkaSettings,
    LintSettings,
    OnlineSettings,
    PushSettings,
    RegistrySettings,
    SchemaRegistrySettings,
    ServeSettings,
    Settings,
)

Read = Callable[..., Settings]
PROFILES = """
[duckdb]
threads = 2
memory_limit = "1GB"
[registry]
path = "registry"
[variables]
data = "data"
[profile.prod.duckdb]
threads = 16
[profile.prod.registry]
path = "s3://${BUCKET}/registry"
record_usage = true
[profile.prod.variables]
data = "s3://${BUCKET}/data"
password = "${PASSWORD}"
[profile.ci]
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return a function that reads a text as a zipline.toml."""
    monkeypatch.delenv("ZIPLINE_PROFILE", raising=False)

    def settings(text: str, profile: str | None = None) -> Settings:
        (tmp_path / "zipline.toml").write_text(text, encoding="utf-8")
        return read_settings(tmp_path / "zipline.toml", profile)

    return settings


def test_an_empty_file_gives_the_defaults(read: Read) -> None:
    settings = read("")
    assert (settings.duckdb, settings.registry) == (DuckDBSettings(), RegistrySettings("registry", False))
    assert (settings.profile, settings.variables.values) == (None, {})


def test_every_key(read: Read) -> None:
    settings = read(
        """
        [duckdb]
        memory_limit = "1GB"
        threads = 3
        temp_directory = "/var/tmp"
        [registry]
        path = "s3://bucket/registry"
        record_usage = true
        [lint]
        ignore = ["unused-feature"]
        [variables]
        daten = "Übung"
        """
    )
    assert settings.duckdb == DuckDBSettings(10**9, 3, "/var/tmp")
    assert settings.registry == RegistrySettings("s3://bucket/registry", True)
    assert settings.lint.ignore == ("unused-feature",)
    assert settings.located("${daten}/clicks") == "Übung/clicks"


ONLINE = """
[online]
store = "rediss://${REDIS_PASSWORD}@host:6379/0"
shards = 4
history = "1h"
timeout = "${TIMEOUT}"
prefix = "shop:"
[kafka]
client = "confluent"
bootstrap_servers = "${BROKERS}"
dead_letters = "${DEAD}"
security_protocol = "SASL_SSL"
"sasl.password" = "${KAFKA_PASSWORD}"
fetch_min_bytes = 1
enable = true
[schema_registry]
url = "https://${REGISTRY_HOST}"
user = "me"
password = "${REGISTRY_PASSWORD}"
timeout = "1s"
[push]
folder = "pushed"
[serve]
host = "0.0.0.0"
port = 0
workers = 2
keys = "keys.json"
max_body = "1MB"
max_batch = 10
request_timeout = "2s"
tls_certificate = "cert.pem"
tls_key = "${KEY_FILE}"
allow_without_keys = true
log = "served/"
log_sample = 0.25
"""


def test_every_key_of_what_is_read_online(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEOUT", "90ms")
    settings = read(ONLINE)
    assert settings.online == OnlineSettings(
        "rediss://${REDIS_PASSWORD}@host:6379/0", 4, 3_600_000_000, 90_000, "shop:"
    )
    options: dict[str, str | int | float | bool] = {
        "security_protocol": "SASL_SSL", "sasl.password": "${KAFKA_PASSWORD}", "fetch_min_bytes": 1, "enable": True,
    }  # fmt: skip
    assert settings.kafka == KafkaSettings("confluent", "${BROKERS}", "${DEAD}", options)
    url = "https://${REGISTRY_HOST}"
    assert settings.schema_registry == SchemaRegistrySettings(url, "me", "${REGISTRY_PASSWORD}", 1_000_000)
    assert settings.push == PushSettings("pushed")
    assert settings.serve == ServeSettings(
        "0.0.0.0", 0, 2, "keys.json", 10**6, 10, 2_000_000, "cert.pem", "${KEY_FILE}", True, "served/", 0.25
    )


def test_a_secret_of_the_online_store_is_asked_for_when_it_is_used(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_PASSWORD", raising=False)
    settings = read('[online]\nstore = "redis://:${REDIS_PASSWORD}@host"')
    message = refusal(lambda: settings.located(settings.online.store, where="[online] store"), ConfigError)
    assert message.startswith(
        "[online] store: there is no variable 'REDIS_PASSWORD'\nHint: set it in [variables]"
    )
    monkeypatch.setenv("REDIS_PASSWORD", "hush-hush")
    assert settings.located(settings.online.store) == "redis://:hush-hush@host"
    assert settings.variables.masked("no answer of hush-hush") == "no answer of ${REDIS_PASSWORD}"


@pytest.mark.parametrize(
    ("section", "entry", "said"),
    [
        ("online", "shards = 0", "shards = 0 is not a positive number"),
        ("online", "store = 1", "store = 1 is not a text"),
        ("online", 'prefix = ""', "prefix = '' is not a text"),
        (
            "online", 'timeout = "fast"',
            "timeout = 'fast' is not a duration\nHint: write a whole number and a unit, such as '250ms' or '10m'",
        ),
        ("online", 'stoer = "x"', ("unknown key 'stoer'\nHint: did you mean 'store'? Allowed: 'store', 'shards', "
         "'history', 'timeout', 'prefix'")),
        ("kafka", 'client = "other"', "client = 'other' is not one of kafka-python, confluent"),
        (
            "kafka", "sasl.mechanism = 'PLAIN'",
            ("sasl = {'mechanism': 'PLAIN'} is not a text, a number, true or false\n"
            "Hint: a name with dots is written in quotes: \"sasl.mechanism\" = 'PLAIN'"),
        ),
        ("serve", "port = 70000", "port = 70000 is not a number from 0 to 65535"),
        ("serve", "log_sample = 2", "log_sample = 2 is not a number from 0 to 1"),
        ("serve", "allow_without_keys = 1", "allow_without_keys = 1 is not true or false"),
    ],
)  # fmt: skip
def test_what_online_sections_refuse(read: Read, section: str, entry: str, said: str) -> None:
    message = refusal(lambda: read(f"[{section}]\n{entry}"), ConfigError)
    assert message.partition(f"zipline.toml, [{section}]: ")[2] == said


@pytest.mark.parametrize(
    ("value", "said"), [("0.5", 0.5), ("x", "log_sample = '${SHARE}' is not a number from 0 to 1")]
)
def test_a_share_may_stand_in_a_variable(
    read: Read, monkeypatch: pytest.MonkeyPatch, value: str, said: object
) -> None:
    monkeypatch.setenv("SHARE", value)
    text = "[serve]\nlog_sample = '${SHARE}'"
    if isinstance(said, float):
        assert read(text).serve.log_sample == said
    else:
        assert str(said) in refusal(lambda: read(text), ConfigError)


def test_what_the_readme_says(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (text,) = [block.partition("```")[0] for block in readme.split("```toml\n")[1:]]
    settings = read(text)
    assert settings.duckdb.memory_limit == DuckDBSettings().memory_limit
    assert (settings.registry, settings.lint) == (RegistrySettings(), LintSettings())
    monkeypatch.setenv("BUCKET", "lake")
    settings = read(text, "prod")
    assert settings.duckdb.memory_limit == 100 * 10**9
    assert settings.located("${data}/clicks/") == "s3://lake/events/clicks/"


def test_the_temp_directory_is_relative_to_the_repository(read: Read, tmp_path: Path) -> None:
    assert read('[duckdb]\ntemp_directory = "spill"').duckdb.temp_directory == str(tmp_path / "spill")
    at_home = read('[duckdb]\ntemp_directory = "~/spill"').duckdb.temp_directory
    assert at_home == str(Path("~/spill").expanduser())


def test_a_profile_is_laid_over_key_by_key(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "lake")
    base, prod = read(PROFILES), read(PROFILES, "prod")
    assert (base.profile, base.duckdb.threads, base.located("${data}/x")) == (None, 2, "data/x")
    assert (prod.profile, prod.duckdb.threads, prod.located("${data}/x")) == ("prod", 16, "s3://lake/data/x")
    assert prod.duckdb.memory_limit == 10**9
    assert (base.registry.path, prod.registry.path) == ("registry", "s3://${BUCKET}/registry")
    assert prod.located(prod.registry.path) == "s3://lake/registry"
    assert (base.registry.record_usage, prod.registry.record_usage) == (False, True)
    assert read(PROFILES, "ci").duckdb == base.duckdb


def test_the_environment_chooses_a_profile_unless_one_is_given(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIPLINE_PROFILE", "prod")
    assert read(PROFILES).profile == "prod"
    assert read(PROFILES, "ci").profile == "ci"
    assert read(PROFILES, "").profile is None
    monkeypatch.setenv("ZIPLINE_PROFILE", "")
    assert read(PROFILES).profile is None


def test_a_profile_that_is_not_there(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "zipline.toml"
    assert refusal(lambda: read(PROFILES, "pord"), ConfigError) == (
        f"{place}: profile 'pord': there is no such profile\nHint: did you mean 'prod'? Allowed: 'prod', 'ci'"
    )
    monkeypatch.setenv("ZIPLINE_PROFILE", "prod")
    assert refusal(lambda: read(""), ConfigError) == (
        f"{place}: ZIPLINE_PROFILE=prod: there is no such profile\nHint: begin one with [profile.prod.variables]"
    )


def test_variables_give_values_of_every_type(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
    [duckdb]
    memory_limit = "${MEMORY}"
    threads = "${THREADS}"
    temp_directory = "${root}/${THREADS}"
    [registry]
    record_usage = "${RECORD}"
    [variables]
    root = "/tmp/$${"
    """
    monkeypatch.setenv("MEMORY", "2GB")
    monkeypatch.setenv("THREADS", "4")
    monkeypatch.setenv("RECORD", "true")
    settings = read(text)
    assert settings.duckdb == DuckDBSettings(2 * 10**9, 4, "/tmp/${/4")
    assert settings.registry.record_usage is True
    monkeypatch.setenv("RECORD", "secret")
    message = refusal(lambda: read(text), ConfigError)
    assert message.endswith("[registry]: record_usage = '${RECORD}' is not true or false")
    monkeypatch.setenv("THREADS", "hunter2")
    assert "threads = '${THREADS}' is not a positive number" in refusal(lambda: read(text), ConfigError)
    monkeypatch.delenv("MEMORY")
    message = refusal(lambda: read(text), ConfigError)
    assert "zipline.toml, [duckdb], memory_limit: there is no variable 'MEMORY'" in message


def test_variables_of_other_profiles_and_of_locations_may_be_unset(read: Read) -> None:
    text = '[profile.prod.duckdb]\nthreads = "${ABSENT}"\n[variables]\nx = "${ABSENT}"\n'
    settings = read(text + '[registry]\npath = "${ABSENT}"')
    assert settings.registry.path == "${ABSENT}"
    message = refusal(lambda: settings.located("${x}", where="Parquet('${x}')"), ConfigError)
    assert message == (
        "Parquet('${x}'), variable 'x': there is no variable 'ABSENT'\n"
        "Hint: export ABSENT=...: a value of zipline.toml asks the environment alone"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[duckdb", "zipline.toml: "),
        ("[duckbd]\n", "zipline.toml: unknown key 'duckbd'\nHint: did you mean 'duckdb'?"),
        (
            '[duckdb]\nmemory = "1GB"\n',
            "zipline.toml, [duckdb]: unknown key 'memory'\nHint: did you mean 'memory_limit'?",
        ),
        (
            '[duckdb]\nmemory_limit = "lots"\n',
            "zipline.toml, [duckdb]: memory_limit = 'lots' is not a size\nHint: write a number",
        ),
        ("[duckdb]\nmemory_limit = 5\n", "zipline.toml, [duckdb]: memory_limit = 5 is not a size"),
        ("[duckdb]\nthreads = 0\n", "zipline.toml, [duckdb]: threads = 0 is not a positive number"),
        ('[duckdb]\nthreads = "two"\n', "zipline.toml, [duckdb]: threads = 'two' is not a positive number"),
        ("[duckdb]\nthreads = true\n", "zipline.toml, [duckdb]: threads = True is not a positive number"),
        ("[duckdb]\ntemp_directory = 3\n", "zipline.toml, [duckdb]: temp_directory = 3 is not a path"),
        ("[registry]\npath = 3\n", "zipline.toml, [registry]: path = 3 is not a path"),
        ('[registry]\npath = ""\n', "zipline.toml, [registry]: path = '' is not a path"),
        ("[registry]\nrecord = true\n", "unknown key 'record'\nHint: did you mean 'record_usage'?"),
        ("[registry]\nrecord_usage = 1\n", "[registry]: record_usage = 1 is not true or false"),
        ("[lint]\nignore = 'x'\n", "[lint]: ignore = 'x' is not a list of texts\nHint: such as ignore = "),
        ("[variables]\nport = 5432\n", "zipline.toml, [variables]: port = 5432 is not a text"),
        ("[variables]\n'a b' = 'x'\n", "[variables]: 'a b' is not a name of a variable\nHint: use letters"),
        ("[variables]\na = '${'\n", "[variables], a: '${': '${' begins no variable\nHint: write ${name}"),
        ("[variables]\na = '${b c}'\n", "[variables], a: '${b c}': '${' begins no variable"),
        ("profile = 3\n", "zipline.toml: profile = 3 is not a section\nHint: write [profile.NAME.duckdb]"),
        ("[profile]\nprod = 3\n", "profile.prod = 3 is not a section\nHint: write [profile.prod]"),
        (
            "[profile.prod]\nduckdb = 3\n",
            "profile.prod.duckdb = 3 is not a section\nHint: write [profile.prod.duckdb]",
        ),
        (
            "[profile.prod.duckbd]\n",
            "zipline.toml, [profile.prod]: unknown key 'duckbd'\nHint: did you mean 'duckdb'?",
        ),
        ("[profile.prod]\nthreads = 3\n", "[profile.prod]: unknown key 'threads'\nHint: allowed: 'engine', "),
        (
            "[profile.prod.duckdb]\nthreads = 0\n",
            "[profile.prod.duckdb]: threads = 0 is not a positive number",
        ),
        ("[profile.prod.variables]\na = 1\n", "zipline.toml, [profile.prod.variables]: a = 1 is not a text"),
        ("duckdb = 3\n", "zipline.toml: duckdb = 3 is not a section\nHint: write [duckdb]"),
    ],
)
def test_what_is_refused(read: Read, text: str, message: str) -> None:
    assert message in refusal(lambda: read(text), ConfigError)


def test_a_file_that_is_no_text(read: Read, tmp_path: Path) -> None:
    (tmp_path / "zipline.toml").write_bytes(b"\xff")
    message = refusal(lambda: read_settings(tmp_path / "zipline.toml"), ConfigError)
    assert message.startswith(f"{tmp_path / 'zipline.toml'}: 'utf-8' codec")

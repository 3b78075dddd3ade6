"""URLs of Redis: what they say, what is refused, and that no secret is shown."""

from __future__ import annotations

import pytest

from tests.refusals import refusal
from zipline.errors import ConfigError
from zipline.online.stores.redis_address import EXAMPLES, RedisAddress, parse_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", RedisAddress("single", (("localhost", 6379),))),
        ("redis://h:1/15", RedisAddress("single", (("h", 1),), database=15)),
        ("redis://[::1]:1/", RedisAddress("single", (("::1", 1),))),
        ("redis://:p%40ss:x@h", RedisAddress("single", (("h", 6379),), password="p@ss:x")),
        ("redis://ann:p@ss@h", RedisAddress("single", (("h", 6379),), username="ann", password="p@ss")),
        ("redis://ann@h", RedisAddress("single", (("h", 6379),), username="ann")),
        ("redis://h?durable=no", RedisAddress("single", (("h", 6379),), durable=False)),
        ("rediss://h", RedisAddress("single", (("h", 6379),), tls={})),
        (
            "rediss://h?ssl_ca_certs=/ca.pem&ssl_check_hostname=no",
            RedisAddress("single", (("h", 6379),), tls={"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False}),
        ),
        (
            "rediss://h?ssl_cert_reqs=none",
            RedisAddress("single", (("h", 6379),), tls={"ssl_cert_reqs": "none", "ssl_check_hostname": False}),
        ),
        (
            "redis+sentinel://a,b:1/shop",
            RedisAddress("sentinel", (("a", 26379), ("b", 1)), service="shop"),
        ),
        (
            "rediss+sentinel://ann:pw@a/shop/2?sentinel_username=bob&sentinel_password=x",
            RedisAddress(
                "sentinel", (("a", 26379),), "shop", 2, "ann", "pw", {}, sentinel_username="bob", sentinel_password="x"
            ),
        ),
        ("redis+cluster://a,b:1", RedisAddress("cluster", (("a", 6379), ("b", 1)))),
        ("rediss+cluster://:pw@a/0", RedisAddress("cluster", (("a", 6379),), password="pw", tls={})),
    ],
)  # fmt: skip
def test_a_url_says_where_and_who(url: str, address: RedisAddress) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "'' is not how one begins"),
        ("localhost:6379", "'localhost' is not how one begins"),
        ("http://h", "'http' is not how one begins"),
        ("redis+://h", "'redis+' is not how one begins"),
        ("redis://[h", "Invalid IPv6 URL"),
        ("redis://", "it names no host"),
        ("redis:///0", "it names no host"),
        ("redis://h:port", "'h:port' is not a host and a port"),
        ("redis://h:99999", "'h:99999' is not a host and a port"),
        ("redis://a,b", "it names several hosts, which only redis+sentinel:// and redis+cluster:// may"),
        ("redis+cluster://a,", "it names no host"),
        ("redis://h/x", "'x' is not the number of a database"),
        ("redis://h/-1", "'-1' is not the number of a database"),
        ("redis://h/1/2", "'1/2' is not the number of a database"),
        ("redis+sentinel://h", "it names no service of the Sentinels"),
        ("redis+sentinel://h/shop/x", "'x' is not the number of a database"),
        ("redis+cluster://h/3", "it names database 3, but a cluster has only 0"),
        ("redis://h?durabel=no", "it has an option 'durabel'; did you mean 'durable'?"),
        ("redis://h?durable=maybe", "durable=maybe is neither yes nor no"),
        ("redis://h?ssl_ca_certs=/ca.pem", "ssl_ca_certs needs a scheme with TLS, such as rediss://"),
        ("rediss://h?ssl_cert_reqs=some", "ssl_cert_reqs=some is none of required, optional, none"),
        ("rediss://h?ssl_check_hostname=some", "ssl_check_hostname=some is neither yes nor no"),
    ],
)
def test_what_is_no_url_of_a_redis_is_refused(url: str, what: str) -> None:
    told = refusal(lambda: parse_address(url), ConfigError)
    assert told.startswith(f"the online store's URL: {what}")
    assert told.endswith("Hint: write one like " + ", ".join(EXAMPLES))


@pytest.mark.parametrize("url", EXAMPLES[:-1])
def test_the_examples_are_right(url: str) -> None:
    parse_address(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://ann:secret@h/2", "redis://ann@h:6379/2"),
        ("redis://:secret@[::1]", "redis://[::1]:6379/0"),
        ("rediss://:secret@h?ssl_password=secret", "rediss://h:6379/0"),
        (
            "redis+sentinel://:secret@a,b/shop?sentinel_password=secret",
            "redis+sentinel://a:26379,b:26379/shop/0",
        ),
        ("rediss+cluster://:secret@a", "rediss+cluster://a:6379"),
    ],
)
def test_no_secret_is_shown(url: str, shown: str) -> None:
    address = parse_address(url)
    assert str(address) == shown
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url", ["redis://ann:secret@h,i", "redis://:secret@h:port", "redis://:secret@h/x", "x://a:secret@h"]
)
def test_no_refusal_shows_one(url: str) -> None:
    assert "secret" not in refusal(lambda: parse_address(url), ConfigError)

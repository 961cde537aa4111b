"""The web settings: what would let in anybody is refused, with what to do instead."""

from __future__ import annotations

import pytest

from models import secrets
from models.audit import WAYBILL
from models.errors import ConfigurationError
from models.settings import Web
from worker.servers.web.rules import SECRET, is_loopback, rules

pytestmark = pytest.mark.usefixtures("home")


def proxied(**changes: object) -> Web:
    given = {"behind_proxy": True, "proxies": "10.0.0.7", "user_header": "X-Waybill-User", "host": "0.0.0.0"}  # noqa: S104 - behind a proxy
    return Web(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "waybill.example.com"])  # noqa: S104 - refused
def test_address_of_others_without_a_proxy_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing is encrypted there") as refused:
        rules(Web(host=host))
    assert "web.behind_proxy" in refused.value.remedy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_address_of_this_machine_needs_nothing_else(host: str) -> None:
    found = rules(Web(host=host, port=0))
    assert (found.host, found.port, found.proxy) == (host, 0, None)
    assert (found.max_sessions, found.idle_seconds) == (10, 1800.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user_header": ""}, "web.user_header names no header"),
        ({"user_header": "X User"}, "web.user_header names no header"),
        ({"proxies": " , "}, "web.proxies is empty"),
        ({"proxies": "proxy.example.com"}, "'proxy.example.com', which is no address"),
        ({"proxies": "10.0.0.7/8"}, "'10.0.0.7/8', which is no address"),
        ({"max_sessions": 0}, "web.max_sessions is 0"),
        ({"idle_minutes": -1}, "web.idle_minutes is -1"),
    ],
)
def test_proxy_that_is_half_described_is_refused(changes: dict[str, object], said: str) -> None:
    secrets.set_secret(WAYBILL, SECRET, "x" * 20)
    with pytest.raises(ConfigurationError, match=said):
        rules(proxied(**changes))


def test_proxy_without_a_long_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"the secret web\.proxy is not"):
        rules(proxied())
    secrets.set_secret(WAYBILL, SECRET, "x" * 19)
    with pytest.raises(ConfigurationError, match="below 20 characters"):
        rules(proxied())


def test_proxy_is_known_by_its_addresses() -> None:
    secrets.set_secret(WAYBILL, SECRET, "x" * 20)
    proxy = rules(proxied(proxies="10.0.0.7, 192.168.1.0/24,::1")).proxy
    assert proxy is not None
    inside = ("10.0.0.7", "192.168.1.200", "::1", "::ffff:10.0.0.7")
    outside = ("10.0.0.8", "192.168.2.1", "::2", "127.0.0.1", "::ffff:10.0.0.8")
    assert [proxy.is_at(address) for address in inside + outside] == [True] * 4 + [False] * 5


@pytest.mark.parametrize(
    "host", ["127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.1", "", "128.0.0.1"]
)
def test_name_that_only_looks_like_this_machine_is_not(host: str) -> None:
    assert not is_loopback(host)

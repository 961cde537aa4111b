"""What the settings allow: which addresses are listened on, who is believed, how many and how long."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from models import secrets
from models.errors import ConfigurationError
from models.settings import Web

SECRET = "web.proxy"  # noqa: S105 - its name
_SHORTEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The reverse proxy that is believed who comes: from where, by which secret, in which header."""

    networks: tuple[IPv4Network | IPv6Network, ...]
    secret: str
    user_header: str

    def is_at(self, address: str) -> bool:
        """Whether it connects from this address."""
        found = ipaddress.ip_address(address.split("%")[0])
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self.networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the site is run."""

    host: str
    port: int
    proxy: Proxy | None = None
    """None: people log in with tokens, on this machine's own addresses only."""
    max_sessions: int = 10
    idle_seconds: float = 1_800.0
    look_seconds: float = 2.0
    """How often sessions are looked at: idle ones end, and those whose token no longer opens anything."""
    wrong_tokens: int = 10
    """So many from one address within a minute, and it has to wait for one."""


def rules(web: Web) -> Rules:
    """The rules of an installation; raises `ConfigurationError` for what would let in just anybody."""
    for key, value in (("max_sessions", web.max_sessions), ("idle_minutes", web.idle_minutes)):
        if value < 1:
            raise _wrong(f"web.{key} is {value}", "give 1 or more")
    if not web.behind_proxy and not is_loopback(web.host):
        raise _wrong(
            f"web.host is {web.host or 'empty'}: other machines reach that, and nothing is encrypted there",
            "leave it at 127.0.0.1 and let people come through SSH, or put a reverse proxy before it and set "
            "web.behind_proxy: see docs/web.md",
        )
    return Rules(
        host=web.host,
        port=web.port,
        proxy=_proxy(web) if web.behind_proxy else None,
        max_sessions=web.max_sessions,
        idle_seconds=60.0 * web.idle_minutes,
    )


def is_loopback(host: str) -> bool:
    """Whether a name or address of a URL is this machine's own and nobody else's."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(web: Web) -> Proxy:
    if not re.fullmatch(r"[A-Za-z0-9-]+", web.user_header):
        raise _wrong(
            "web.behind_proxy is set, and web.user_header names no header",
            "name the one in which the proxy says the user's e-mail address, such as X-Waybill-User",
        )
    networks = [_network(text.strip()) for text in web.proxies.split(",") if text.strip()]
    if not networks:
        raise _wrong(
            "web.behind_proxy is set, and web.proxies is empty",
            "give the address the proxy connects from, such as 127.0.0.1",
        )
    secret = secrets.reveal(SECRET)
    if secret is None or len(secret) < _SHORTEST:
        raise _wrong(
            f"web.behind_proxy is set, and the secret {SECRET} is not, or is below {_SHORTEST} characters",
            f"make one up, set it with: waybill secret set {SECRET}, and let the proxy send it",
        )
    return Proxy(networks=tuple(networks), secret=secret, user_header=web.user_header)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise _wrong(
            f"web.proxies has {text!r}, which is no address or network",
            "give addresses with commas between, such as 127.0.0.1, 10.0.0.0/24",
        ) from error


def _wrong(what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, remedy=remedy, code="invalid_setting")

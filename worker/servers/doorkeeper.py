"""Who may not even knock: addresses that kept guessing, kept in memory and forgotten again."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_REMEMBERED = 10_000


@dataclass(slots=True)
class _Record:
    failures: list[float] = field(default_factory=list)
    banned_until: float = 0.0


class Doorkeeper:
    """Bans an address for `ban_seconds` after `allowed` failed logins within `window_seconds`.

    Loopback is never banned: behind a proxy on this host everyone would be. IPv6 addresses count by their
    /64, which is what one customer holds.
    """

    def __init__(
        self,
        *,
        allowed: int,
        window_seconds: float,
        ban_seconds: float,
        spare_loopback: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed, self._window, self._ban = allowed, window_seconds, ban_seconds
        self._spare_loopback = spare_loopback
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def is_banned(self, address: str) -> bool:
        """Whether the address has to wait."""
        with self._lock:
            record = self._records.get(_counted_as(address))
            return record is not None and record.banned_until > self._clock()

    def failed(self, address: str) -> bool:
        """Count a failed login; whether it was the one too many."""
        if self._spare_loopback and ipaddress.ip_address(_bare(address)).is_loopback:
            return False
        now, key = self._clock(), _counted_as(address)
        with self._lock:
            record = self._records.setdefault(key, _Record())
            self._records.move_to_end(key)
            if len(self._records) > _REMEMBERED:
                self._records.popitem(last=False)
            record.failures = [at for at in record.failures if at > now - self._window] + [now]
            if len(record.failures) < self._allowed:
                return False
            record.failures.clear()
            record.banned_until = now + self._ban
            return True


def _bare(address: str) -> str:
    return address.split("%")[0]  # fe80::1%eth0


def _counted_as(address: str) -> str:
    found = ipaddress.ip_address(_bare(address))
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)

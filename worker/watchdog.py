"""What a service tells systemd of itself: ready, still working, stopping. Without systemd, nothing.

The protocol is one datagram to the socket that `NOTIFY_SOCKET` names (sd_notify(3)). Telling never fails the
one who tells: without a sign of life the supervisor starts the service again, which is what it is for.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


def ready(environment: Mapping[str, str] = os.environ) -> None:
    """The service does its work now."""
    _tell("READY=1", environment)


def alive(environment: Mapping[str, str] = os.environ) -> None:
    """Real work was just done: to be called by what does it, never by a thread that only calls this."""
    if "WATCHDOG_USEC" in environment:
        _tell("WATCHDOG=1", environment)


def stopping(environment: Mapping[str, str] = os.environ) -> None:
    """The service was told to stop, and is about to."""
    _tell("STOPPING=1", environment)


def _tell(state: str, environment: Mapping[str, str]) -> None:
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract one: its name begins with a zero byte
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as telling:
            telling.setblocking(False)
            telling.sendto(state.encode(), address)
    except OSError as error:
        log.warning("watchdog.unheard state=%s: %s", state, error)

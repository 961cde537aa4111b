"""A service saying that it is there: by whoever does its work, for what can be read in `models.services`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from peewee import DatabaseError

from models import services
from models.database import connection
from models.services import Kind

log = logging.getLogger(__name__)

_SECONDS = services.EVERY.total_seconds()
_LAST_SECONDS = 2.0


class Presence:
    """One service's sign of life; a database in trouble costs it one turn, never its work."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._next = 0.0
        self._begun = False

    def alive(self) -> None:
        """Work was just done, or waited for: say so, where it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _SECONDS
        try:
            with connection():
                services.note(self._kind) if self._begun else services.begin(self._kind)
        except DatabaseError as error:
            log.warning("presence.database service=%s: %s; said again later", self._kind, error)
        else:
            self._begun = True

    def over(self) -> None:
        """The service stops."""
        try:
            with connection():
                services.leave(self._kind)
        except DatabaseError as error:
            log.warning("presence.database service=%s: %s; it is missed all the same", self._kind, error)


@contextmanager
def said(kind: Kind) -> Iterator[None]:
    """Say it for as long as the block runs: for servers, whose own threads wait for customers."""
    presence, stop = Presence(kind), threading.Event()

    def keep_saying() -> None:
        presence.alive()
        while not stop.wait(_SECONDS):
            presence.alive()

    thread = threading.Thread(target=keep_saying, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_LAST_SECONDS)  # a locked database is waited for no longer
        presence.over()

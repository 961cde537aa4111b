"""The bell on a PostgreSQL server: Huey's own storage, which lives through the loss of server and tables.

A server that is away is waited for, in silence but for one line of the log; its tables are made whenever they
are missing. Loaded only where `queue.url` names a server: it needs psycopg.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from huey.constants import EmptyData
from huey.storage import PostgresStorage

from models.database import SERVER

log = logging.getLogger(__name__)

R = TypeVar("R")

_MAKING = (
    0x5741_5944  # the number of an advisory lock: two that make a table at once get an error of the catalogue
)
_PAUSE = 1.0  # seconds until the next try, while the server is away


class ServerStorage(PostgresStorage):
    """Huey's tables on PostgreSQL, not looked at before they are needed."""

    _conn: Any

    def __init__(self, name: str, **options: Any) -> None:
        self._is_away = False
        super().__init__(name, create_tables=False, **options, **SERVER)

    def _create_connection(self) -> Any:
        connection = self._connect()
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            for statement in self.ddl:
                connection.execute(statement)
        return connection

    @contextmanager
    def db(self, commit: bool = False, close: bool = False) -> Iterator[Any]:
        """A cursor; where a table turns out to be missing, the next one's connection makes it."""
        try:
            with super().db(commit, close) as cursor:
                yield cursor
        except psycopg.errors.UndefinedTable:
            with self.lock:
                self._close_quiet(self._conn)
                self._conn = None
            raise

    def dequeue(self) -> bytes | None:
        """The next message; None while there is none, or no server."""
        message: bytes | None = self._patiently(super().dequeue, None)
        return message

    def read_schedule(self, ts: Any) -> list[bytes]:
        """What is due by then; nothing while there is no server."""
        return self._patiently(lambda: super(ServerStorage, self).read_schedule(ts), [])

    def peek_many(self, keys: Any) -> dict[str, bytes]:  # noqa: ARG002 - as Huey calls it
        """Nothing: Huey asks before each task whether it was revoked, and Waybill revokes none."""
        return {}

    def pop_data(self, key: Any) -> Any:  # noqa: ARG002 - as Huey calls it
        """Nothing, likewise after each task."""
        return EmptyData

    def _patiently(self, ask: Callable[[], R], nothing: R) -> R:
        try:
            answer = ask()
        except psycopg.Error as error:
            if not self._is_away:
                why = str(error).partition("\n")[0]
                log.warning("queue.unreachable %s; the ticker finds what it does not hear", why)
            self._is_away = True
            time.sleep(_PAUSE)  # Huey asks again at once
            return nothing
        if self._is_away:
            log.info("queue.reached again")
        self._is_away = False
        return answer

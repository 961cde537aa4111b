"""The connection of each thread: opened, kept, made anew, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from peewee import Database, DatabaseProxy, OperationalError, PostgresqlDatabase, SqliteDatabase
from playhouse.pool import PooledPostgresqlDatabase

from models.settings import Settings

_PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", 2),
    ("foreign_keys", 1),
    ("cache_size", -8_000),
    ("journal_size_limit", 64 << 20),
)
SERVER: dict[str, Any] = {
    "application_name": "waybill",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How a PostgreSQL server is connected to: one whose host vanished is noticed within half a minute."""
# Waits for a lock as long as SQLite does; a commit that was acknowledged survives a power cut here too.
_OPTIONS = "-c lock_timeout={seconds}s -c synchronous_commit=on"

_EXISTING = "?mode=rw"
_ONCE_MORE = 0.5  # seconds between two tries to reach a server

database: Any = DatabaseProxy()
"""The database of this process; `bind` says which."""


class Postgresql(PooledPostgresqlDatabase):  # type: ignore[misc]  # playhouse has no types
    """PostgreSQL with text that sorts, and folds case, by its bytes, as SQLite's does.

    A connection that a thread closes is kept for the next one: the services look at the database each second,
    and connecting costs a server more than all they ask it. One that broke meanwhile is thrown away.
    """

    field_types = PostgresqlDatabase.field_types | {"TEXT": 'TEXT COLLATE "C"'}


def connect(settings: Settings) -> Database:
    """A database object for the installation's records, not yet open."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        # Never made by opening it: an empty one in the place of one that is away for a moment would be found
        # there by its own write-ahead log when it comes back.
        path = f"file:{quote(url.removeprefix('sqlite:///'))}{_EXISTING}"
        return SqliteDatabase(
            path,
            uri=True,
            pragmas=(*_PRAGMAS, ("busy_timeout", settings.database.busy_seconds * 1_000)),
            timeout=settings.database.busy_seconds,
            lock_type="IMMEDIATE",
            returning_clause=True,
        )
    return Postgresql(
        url,
        max_connections=None,
        prefer_psycopg3=True,
        encoding="utf8",
        isolation_level="READ COMMITTED",
        **SERVER,
        options=_OPTIONS.format(seconds=settings.database.busy_seconds),
    )


def bind(settings: Settings) -> None:
    """Make the installation's database the one that every table uses in this process."""
    disconnect()
    database.initialize(connect(settings))


def disconnect() -> None:
    """Close this thread's connection, and those that are kept for later ones."""
    if isinstance(database.obj, Database):
        database.close()
        if is_postgresql():
            database.close_idle()


def is_postgresql() -> bool:
    """Whether this process's database is PostgreSQL."""
    return isinstance(database.obj, PostgresqlDatabase)


@contextmanager
def connection() -> Iterator[None]:
    """This thread's connection, opened when it is not and then closed again."""
    if not database.is_closed():
        yield
        return
    database.connect()
    try:
        yield
    finally:
        database.close()


@contextmanager
def kept_connection() -> Iterator[None]:
    """This thread's connection, kept open for the next time: for threads that come again and again.

    To open SQLite's anew, and prepare every statement again, takes longer than a small job's work in it.
    One whose file is no longer there, or no longer the one of that name, is closed.
    """
    if is_postgresql():  # which keeps those that are closed
        with connection():
            yield
        return
    file = _file_identity()
    if not database.is_closed() and (file is None or file != getattr(_kept, "file", None)):
        database.close()
    if database.is_closed():
        database.connect()
        _kept.file = file
    yield


_kept = threading.local()


def _file_identity() -> tuple[int, int] | None:
    """Which file stands under the name of SQLite's database; None: there is none."""
    try:
        status = os.stat(_path_in(database.obj.database))  # noqa: PTH116 - asked for each job
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@cache
def _path_in(uri: str) -> str:
    return unquote(uri.removeprefix("file:").removesuffix(_EXISTING))


def reconnect(patience: float) -> None:
    """Connect this thread anew where its connection to a server broke, for whoever goes on after an error.

    Raises peewee's `OperationalError` when the server is not back after so many seconds.
    """
    if not is_postgresql() or database.is_closed() or database.is_connection_usable():
        return
    database.close()
    until = time.monotonic() + patience
    while database.is_closed():
        try:
            database.connect()
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_ONCE_MORE)

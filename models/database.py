"""The connection, the transaction and the base of every table, on SQLite and on PostgreSQL.

SQLite runs with a write-ahead log and `synchronous=FULL`: a commit that was acknowledged survives a power
cut, and a file may only leave after one. Every transaction begins IMMEDIATE: a deferred one that reads
and then writes is refused at once under load, whatever the busy timeout says.

So on SQLite no two transactions ever overlap, and what one has read stays true until it commits. On
PostgreSQL `transaction()` keeps that promise with an advisory lock. Those that need less take it shared,
`transaction(shared=True)`: they overlap each other, never one of the others; each of their writes is
conditional on what it changes, or held by a unique key, or comes after `serialise`.
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from peewee import (  # type: ignore[attr-defined]  # its types lack the wrapper
    OP,
    BigAutoField,
    Database,
    DatabaseProxy,
    Expression,
    Model,
    OperationalError,
    PostgresqlDatabase,
    SqliteDatabase,
    __exception_wrapper__,
)
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

# Advisory locks of PostgreSQL: one that transactions hold, and one for each key of `serialise`.
_WRITERS = 0x5741_5942
_KEYS = 0x5741_5943

database: Any = DatabaseProxy()
"""The database of this process; `bind` says which."""


class Postgresql(PooledPostgresqlDatabase):  # type: ignore[misc]  # playhouse has no types
    """PostgreSQL with text that sorts, and folds case, by its bytes, as SQLite's does.

    A connection that a thread closes is kept for the next one: the services look at the database each second,
    and connecting costs a server more than all they ask it. One that broke meanwhile is thrown away.
    """

    field_types = PostgresqlDatabase.field_types | {"TEXT": 'TEXT COLLATE "C"'}


_Model = TypeVar("_Model", bound="Row")


class Row(Model):
    """Base of all tables: strict types where SQLite has them, plain names."""

    class Meta:
        database = database
        legacy_table_names = False
        strict_tables = True

    @classmethod
    def get(cls, *query: Any, **filters: Any) -> Any:
        """As peewee's; one row by its id, which is most of what a job asks, without building the query."""
        if len(query) == 1 and not filters and _asks_by_id(cls, query[0]):
            return _one_by_id(cls, query[0].rhs)
        return super().get(*query, **filters)


class Table(Row):
    """Base of the tables that have an integer id."""

    id = BigAutoField()


def _asks_by_id(model: type[Model], query: Any) -> bool:
    meta: Any = model._meta
    return (
        isinstance(query, Expression)
        and query.lhs is meta.primary_key
        and query.op == OP.EQ
        and type(query.rhs) is int
    )


def _one_by_id(model: Any, key: int) -> Any:
    for found in rows(model, _by_id(model), (key,)):
        return found
    raise model.DoesNotExist(f"{model.__name__} {key} does not exist")


@cache
def _by_id(model: Any) -> str:
    return f'"{model._meta.primary_key.column_name}" = ?'


def rows(model: type[_Model], condition: str, parameters: Sequence[object]) -> list[_Model]:
    """The model's rows that a constant condition (and order) names, without building the query."""
    meta: Any = model._meta
    return [_made(model, meta.sorted_fields, row) for row in execute(_rows_sql(model, condition), parameters)]


def _made(model: Any, fields: Sequence[Any], row: Sequence[object]) -> Any:
    made = model(__no_default__=1)
    made.__data__.update(
        (field.name, field.python_value(value)) for field, value in zip(fields, row, strict=True)
    )
    return made


@cache
def _rows_sql(model: Any, condition: str) -> str:
    meta = model._meta
    columns = ", ".join(f'"{field.column_name}"' for field in meta.sorted_fields)
    return f'SELECT {columns} FROM "{meta.table_name}" WHERE {condition}'  # noqa: S608 - constant text


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


@contextmanager
def transaction(*, shared: bool = False, lasting: bool = True) -> Iterator[None]:
    """All or nothing; nested ones are savepoints. Never hold one across network or file work.

    On PostgreSQL no other overlaps it, unless both are `shared`; of nested ones the outermost decides. One
    that is not `lasting` does not wait for the disk: a power cut may undo it, until the next lasting one has
    been committed. For what nobody was told of, and nothing outside the database relies on before that.
    """
    with connection():
        if database.in_transaction():
            with database.atomic():
                yield
        elif is_postgresql():
            with database.atomic():
                _lock(_WRITERS, 0, shared=shared)
                if not lasting:
                    execute("SET LOCAL synchronous_commit = off")
                yield
        else:
            _wait_to_write()
            try:
                with nullcontext() if lasting else _not_synced(), database.transaction():
                    yield
            finally:
                _writing.release()


class _Undone(Exception):
    """The way out of a rehearsal."""


@contextmanager
def rehearsal() -> Iterator[None]:
    """A transaction that is undone at its end: acts within it show what they would do, or refuse."""
    with suppress(_Undone), transaction(lasting=False):
        yield
        raise _Undone


@contextmanager
def _not_synced() -> Iterator[None]:
    """SQLite's commits are only written, in their order: a power cut takes none that is not the last."""
    (before,) = execute("PRAGMA synchronous").fetchone()
    execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        execute(f"PRAGMA synchronous = {before:d}")


_writing = threading.Lock()


def _wait_to_write() -> None:
    """Let the threads of this process write to SQLite in turn, as it has them do anyway.

    A thread that finds it locked sleeps, and looks again ever more rarely; one that waits here is woken.
    """
    if not _writing.acquire(timeout=database.timeout):
        raise OperationalError("database is locked")


@contextmanager
def snapshot() -> Iterator[None]:
    """For reading only: every query sees the database as the first one did. Holds nobody up.

    Within a transaction it is that one's reading.
    """
    way = {"isolation_level": "REPEATABLE READ"} if is_postgresql() else {"lock_type": "DEFERRED"}
    with connection():
        if database.in_transaction():
            yield
            return
        with database.atomic(**way):
            yield


def serialise(key: str) -> None:
    """Wait until no other transaction has this key, and keep it until the end of the caller's.

    For shared transactions that look whether something is free before they take it.
    """
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock(?, hashtext(?))", (_KEYS, key))


def _lock(space: int, key: int, *, shared: bool) -> None:
    way = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    execute(f"SELECT {way}(?::int4, ?::int4)", (space, key))


def after_commit(act: Callable[[], object]) -> None:
    """Run `act` once the outermost transaction is committed (at once when there is none)."""
    database.after_commit(act)


def execute(sql: str, parameters: Sequence[object] = ()) -> Any:
    """Run constant SQL text with `?` placeholders; returns the cursor. For the few hot statements.

    `LIKE` takes small and capital ASCII letters for the same on both. `FOR UPDATE OF name` and `FOR UPDATE
    SKIP LOCKED` are for PostgreSQL; SQLite, which has one writer at a time, never sees them.
    """
    if is_postgresql():
        return database.execute_sql(_for_postgresql(sql), parameters)
    with __exception_wrapper__:  # peewee's own way here would take as long again as SQLite does
        return database.obj.cursor().execute(_for_sqlite(sql), parameters)


def stream(sql: str, parameters: Sequence[object] = (), *, chunk: int = 2_000) -> Iterator[Any]:
    """The rows of a query that may be very many, in flat memory; other statements may run meanwhile."""
    if not is_postgresql():
        yield from execute(sql, parameters)
        return
    with __exception_wrapper__, database.connection().cursor(uuid.uuid4().hex, withhold=True) as cursor:
        cursor.itersize = chunk
        cursor.execute(_dialect(sql), parameters)
        yield from cursor


def executemany(sql: str, rows: Iterable[Sequence[object]], *, chunk: int = 5_000) -> None:
    """Run one statement for many rows, inside the caller's transaction, at the driver's full speed."""
    cursor = database.cursor()
    text, rest = _dialect(sql), iter(rows)
    with __exception_wrapper__:  # else the driver's own errors come out, which nobody waits for
        while batch := list(islice(rest, chunk)):
            cursor.executemany(text, batch)


def _dialect(sql: str) -> str:
    return _for_postgresql(sql) if is_postgresql() else _for_sqlite(sql)


@lru_cache(maxsize=1_000)
def _for_sqlite(sql: str) -> str:
    return _LOCKING.sub("", sql)


_LOCKING = re.compile(r"FOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?")
_TOKEN = re.compile(r"'(?:[^']|'')*'|\?|%|\bLIKE\b")
_REPLACED = {"?": "%s", "LIKE": "ILIKE"}


@lru_cache(maxsize=1_000)
def _for_postgresql(sql: str) -> str:
    """Placeholders as psycopg wants them; what stands between quotes is text, where `%` is doubled."""
    return _TOKEN.sub(lambda found: _REPLACED.get(found[0]) or found[0].replace("%", "%%"), sql)

"""Constant SQL text, run as it stands on SQLite and translated for PostgreSQL."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from peewee import __exception_wrapper__  # type: ignore[attr-defined]  # its types lack the wrapper

from models.database.connecting import database, is_postgresql


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

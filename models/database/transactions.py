"""All or nothing, and who waits for whom.

Every transaction begins IMMEDIATE on SQLite: a deferred one that reads and then writes is refused at once
under load, whatever the busy timeout says. So no two ever overlap there, and what one has read stays true
until it commits. On PostgreSQL `transaction()` keeps that promise with an advisory lock. Those that need less
take it shared, `transaction(shared=True)`: they overlap each other, never one of the others; each of their
writes is conditional on what it changes, or held by a unique key, or comes after `serialise`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

from peewee import OperationalError

from models.database.connecting import connection, database, is_postgresql
from models.database.statements import execute

# Advisory locks of PostgreSQL: one that transactions hold, and one for each key of `serialise`.
_WRITERS = 0x5741_5942
_KEYS = 0x5741_5943


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

"""Whether anything was committed since one last looked: cheap enough to ask each second."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peewee import OperationalError

from models.database import SERVER
from models.errors import ConfigurationError
from models.settings import Settings

if TYPE_CHECKING:
    import psycopg  # an extra: there only where a server is used

_PATIENCE = 2.0  # seconds to wait for a lock, or for a server, before saying so


class Changes:
    """Watches one installation's database over a connection of its own.

    May be used from any thread, one at a time.
    """

    def __init__(self, settings: Settings) -> None:
        path = sqlite_file(settings)
        self._watched = _Server(settings.database_url) if path is None else _File(path)
        self._state: object = None

    def seen(self) -> bool:
        """Whether another connection committed since the last call; the first call says yes.

        Raises `ConfigurationError` when the database is gone, and a database error when it cannot be read.
        """
        try:
            state = self._watched.state()
        except Exception:
            self.close()
            raise
        changed = state != self._state
        self._state = state
        return changed

    def close(self) -> None:
        """Let go of the database; the next look opens it again and says that it changed."""
        self._watched.close()
        self._state = None


class _File:
    """An SQLite file, and which one: another may stand in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: int | None = None

    def state(self) -> tuple[int, int]:
        """The file, and a number that other connections' commits change."""
        there = present(self._path)
        if self._connection is None or there != self._file:  # another file stands there now: a restored one
            self.close()
            uri = f"{self._path.as_uri()}?mode=rw"
            self._connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, check_same_thread=False)
            self._file = there
            self._connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        return there, int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None


class _Server:
    """A PostgreSQL database.

    Whatever writes takes a transaction number first, so both its beginning and its end change which numbers
    a snapshot says are open. Other databases of the server share the numbers: a change too many costs one
    reading.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def state(self) -> str:
        """Which transactions a query would see now."""
        import psycopg

        try:
            if self._connection is None:
                patience = SERVER | {"connect_timeout": int(_PATIENCE)}
                self._connection = psycopg.connect(self._url, autocommit=True, **patience)
            row = self._connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        except psycopg.Error as error:
            raise OperationalError(str(error)) from error
        return str(row[0]) if row else ""

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def sqlite_file(settings: Settings) -> Path | None:
    """The file of the records; None when they are on a server."""
    name = settings.database_url.removeprefix("sqlite:///")
    return None if name == settings.database_url else Path(name)


def present(path: Path) -> int:
    """The database file's own number (inode); raises `ConfigurationError` when there is none."""
    try:
        return path.stat().st_ino
    except OSError as error:
        raise ConfigurationError(
            f"the database {path} cannot be reached: {error.strerror}",
            remedy="put it back, or restore a backup; nothing is shown until it is there",
            code="database_gone",
        ) from error

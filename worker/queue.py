"""The bell: Huey on its own SQLite file, or on the server of queue.url. It carries job ids, as JSON.

Nothing depends on it. Losing, doubling or deleting what it holds changes nothing but how soon a job starts:
the database holds the jobs, and the ticker finds what the bell missed.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

from huey import Huey, MemoryHuey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import SqliteStorage

from models import settings
from models.settings import Settings

log = logging.getLogger(__name__)

_NAME = "waybill"


class JSONSerializer(Serializer):
    """Messages as JSON objects, so that what waits can be read and no pickle is ever opened."""

    def _serialize(self, data: Any) -> bytes:
        message = {key: value for key, value in data._asdict().items() if value is not None}
        return json.dumps(message).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(**json.loads(data))


def make(wanted: Settings) -> Any:
    """The installation's Huey: results off, times in UTC."""
    return on_server(wanted.queue.url) if wanted.queue.url else on_file(str(wanted.queue_file))


def on_server(url: str) -> Any:
    """A Huey on PostgreSQL, over connections of its own; the server need not be there yet."""
    from worker.queue_server import ServerStorage

    return Huey(
        _NAME,
        storage_class=ServerStorage,
        results=False,
        utc=True,
        serializer=JSONSerializer(),
        dsn=url,
    )


def on_file(path: str) -> Any:
    """A Huey on one SQLite file: results off, times in UTC. A file that is none makes way for a new one.

    One that cannot be used (no permission, no room, locked) is done without: this process hears itself alone,
    and the ticker finds what others have to say.
    """
    try:
        return _open(path)
    except sqlite3.OperationalError as error:
        log.warning("queue.unusable %s: %s; jobs start seconds later until it is mended", path, error)
        return MemoryHuey(_NAME, results=False, utc=True, serializer=JSONSerializer())
    except sqlite3.DatabaseError as error:
        log.warning("queue.damaged %s: %s; it is put aside, the ticker finds what it held", path, error)
        for ending in ("-wal", "-shm"):
            Path(path + ending).unlink(missing_ok=True)
        Path(path).replace(f"{path}.damaged")
        return _open(path)


def _open(path: str) -> Any:
    return Huey(
        _NAME,
        storage_class=_FileStorage,
        results=False,
        utc=True,
        serializer=JSONSerializer(),
        filename=path,
    )


class _FileStorage(SqliteStorage):
    """Waits for the disk now and then only: what a power cut takes of the bell, the ticker finds."""

    def _create_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._create_connection()
        connection.execute("PRAGMA synchronous = NORMAL")  # as whole after a power cut as with FULL
        return connection


def _troubles(wanted: Settings) -> tuple[type[Exception], ...]:
    if not wanted.queue.url:
        return (sqlite3.Error, OSError)
    import psycopg

    return (psycopg.Error, OSError)


huey = make(settings.current())
BROKEN = _troubles(settings.current())
"""What may come out of a bell that cannot be rung."""

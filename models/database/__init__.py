"""The connection, the transaction and the base of every table, on SQLite and on PostgreSQL.

SQLite runs with a write-ahead log and `synchronous=FULL`: a commit that was acknowledged survives a power
cut, and a file may only leave after one. Each thread has a connection of its own (`connecting`), and no two
transactions overlap unless both say that they may (`transactions`).
"""

from __future__ import annotations

from models.database.connecting import (
    SERVER,
    bind,
    connect,
    connection,
    database,
    disconnect,
    is_postgresql,
    kept_connection,
    reconnect,
)
from models.database.statements import execute, executemany, stream
from models.database.tables import Row, Table, rows
from models.database.transactions import after_commit, rehearsal, serialise, snapshot, transaction

__all__ = [
    "SERVER",
    "Row",
    "Table",
    "after_commit",
    "bind",
    "connect",
    "connection",
    "database",
    "disconnect",
    "execute",
    "executemany",
    "is_postgresql",
    "kept_connection",
    "reconnect",
    "rehearsal",
    "rows",
    "serialise",
    "snapshot",
    "stream",
    "transaction",
]

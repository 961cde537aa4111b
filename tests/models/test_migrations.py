"""The migrations make exactly the tables that the models declare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from peewee import SqliteDatabase

from models.database import database, is_postgresql
from models.tables import TABLES

_ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_ON_POSTGRESQL = """
SELECT c.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || a.attnotnull || COALESCE(l.collname, '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0
UNION ALL SELECT indexname, REPLACE(indexdef, current_schema() || '.', '') FROM pg_indexes
WHERE schemaname = current_schema()
UNION ALL SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace
"""


@pytest.mark.usefixtures("home")
def test_migrated_database_has_the_tables_the_models_declare() -> None:
    with declared() as made:
        expected = _schema(made)

    migrated = _schema(database)

    assert {name: migrated.get(name) for name in expected} == expected, "run scripts/freeze-schema"
    assert {name for name in migrated if "migration" not in name} == expected.keys()


@contextmanager
def declared() -> Iterator[Any]:
    """A database where the models themselves have made their tables."""
    if not is_postgresql():
        made = SqliteDatabase(":memory:")
        with made.bind_ctx(TABLES):
            made.create_tables(TABLES)
            yield made
        return
    metas = [table._meta for table in TABLES]
    kept = [(meta.strict_tables, meta.without_rowid) for meta in metas]
    database.execute_sql("CREATE SCHEMA declared")
    database.execute_sql("SET search_path TO declared")
    try:
        for meta in metas:
            meta.strict_tables = meta.without_rowid = False
        database.create_tables(TABLES)
        yield database
    finally:
        for meta, (strict, without) in zip(metas, kept, strict=True):
            meta.strict_tables, meta.without_rowid = strict, without
        database.execute_sql("SET search_path TO public")


def _schema(made: Any) -> dict[str, Any]:
    return dict(made.execute_sql(_ON_POSTGRESQL if is_postgresql() else _ON_SQLITE).fetchall())

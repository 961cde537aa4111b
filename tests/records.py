"""The records as the tests look at them, and get in their way, whatever the engine."""

from __future__ import annotations

from models.database import execute, is_postgresql
from models.tables import TABLES

_POSTGRESQL = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = '{message}'; END $$;
CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW {only} EXECUTE FUNCTION {name}()
"""
_SQLITE = """
CREATE TRIGGER {name} BEFORE {when} ON {table} {only} BEGIN SELECT RAISE(ABORT, '{message}'); END
"""


def dump(*, without: str = "") -> list[str]:
    """Every row of every table as text, in order; one table may be left out."""
    return sorted(
        f"{name} {row}"
        for name in (table._meta.table_name for table in TABLES)
        if name != without
        for row in execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - a name of ours
    )


def refuse(name: str, when: str, table: str, *, only: str = "", message: str = "refused") -> None:
    """From now on the database refuses an INSERT or UPDATE of a table, `only` where a condition says so."""
    condition = f"WHEN ({only})" if only else ""
    text = _POSTGRESQL if is_postgresql() else _SQLITE
    execute(text.format(name=name, when=when, table=table, only=condition, message=message))


def allow(name: str, table: str) -> None:
    """Take such a refusal away."""
    execute(f"DROP TRIGGER {name} ON {table}" if is_postgresql() else f"DROP TRIGGER {name}")

"""Write, to standard output, a copy of all tables that says everything itself and follows no later change.

Fields become peewee's own ones (an enumeration is text with a check of today's values), and what a list of
column names cannot say, partial indexes, becomes constant SQL that both databases understand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any

from peewee import AutoField, CompositeKey, Field, ForeignKeyField, SqliteDatabase

from models.database import database
from models.tables import TABLES

_HEAD = '''"""All tables of the first version: a frozen copy, whatever the models say later.

Written by `scripts/freeze-schema`, never by hand. Until the first release, run that after each change of a
table; from then on this file stays as it is, and a change is a migration of its own.
"""

from __future__ import annotations

from typing import Any

from peewee import {kinds}


def _one_of(column: str, *values: str) -> Any:
    listed = ", ".join(f"'{{value}}'" for value in values)
    return Check(f'"{{column}}" IN ({{listed}})')


class Row(Model):
    """Base of the copies."""

    class Meta:
        legacy_table_names = False
        strict_tables = True


class Table(Row):
    """Base of those that have an integer id."""

    id = BigAutoField()

'''
_TAIL = '''

def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 - playhouse calls it with both
    """Create every table and index."""
    if not isinstance(db, SqliteDatabase):
        for model in TABLES:  # what only SQLite has
            model._meta.strict_tables = model._meta.without_rowid = False
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
        for statement in INDEXES:
            db.execute_sql(statement)
'''


def write() -> str:
    """The whole migration, as source text; its layout is ruff's business."""
    database.initialize(SqliteDatabase(":memory:"))
    kinds = {"BigAutoField", "Check", "Model", "SqliteDatabase"}
    models = "\n\n".join(_model(model, kinds) for model in TABLES)
    names = ", ".join(model.__name__ for model in TABLES)
    statements = "".join(f"    {_quoted(text)},\n" for model in TABLES for text in _index_statements(model))
    head = _HEAD.format(kinds=f"({', '.join(sorted(kinds))})")
    return f"{head}\n{models}\n\nTABLES = ({names})\n\nINDEXES = (\n{statements})\n{_TAIL}"


def _model(model: Any, kinds: set[str]) -> str:
    meta = model._meta
    fields = [field for field in meta.sorted_fields if not isinstance(field, AutoField)]
    composite = isinstance(meta.primary_key, CompositeKey)
    lines = [f"class {model.__name__}({'Row' if composite else 'Table'}):"]
    lines += [f"    {field.name} = {_field(field, kinds)}" for field in fields]
    lines += ["", "    class Meta:", f'        table_name = "{meta.table_name}"']
    if composite:
        kinds.add("CompositeKey")
        key = ", ".join(f'"{name}"' for name in meta.primary_key.field_names)
        lines.append(f"        primary_key = CompositeKey({key})")
    if meta.without_rowid:
        lines.append("        without_rowid = True")
    if plain := [index for index in meta.indexes if isinstance(index, list | tuple)]:
        lines.append(f"        indexes = {tuple((tuple(columns), unique) for columns, unique in plain)!r}")
    return "\n".join(lines) + "\n"


def _field(field: Field, kinds: set[str]) -> str:
    kind = next(base.__name__ for base in type(field).__mro__ if base.__module__ == "peewee")
    if isinstance(field, ForeignKeyField) and field.deferred:  # has no constraint in the database either
        kind = "BigIntegerField"
    kinds.add(kind)
    return f"{kind}({', '.join([*_reference(field), *_column(field)])})"


def _reference(field: Field) -> Iterator[str]:
    if isinstance(field, ForeignKeyField) and not field.deferred:
        yield '"self"' if field.rel_model is field.model else field.rel_model.__name__
        if field.on_delete:
            yield f'on_delete="{field.on_delete}"'


def _column(field: Field) -> Iterator[str]:
    reference = isinstance(field, ForeignKeyField) and not field.deferred
    if field.column_name != (f"{field.name}_id" if reference else field.name):
        yield f'column_name="{field.column_name}"'
    if field.null:
        yield "null=True"
    if field.unique:
        yield "unique=True"
    elif field.index != reference:
        yield f"index={field.index}"
    if choices := getattr(field, "enum_class", None):
        values = ", ".join(f'"{member.value}"' for member in choices)
        yield f'constraints=[_one_of("{field.column_name}", {values})]'
    elif field.constraints:
        raise NotImplementedError(f"a constraint of {field.model.__name__}.{field.name} cannot be copied")


def _index_statements(model: Any) -> Iterator[str]:
    for index in model._meta.indexes:
        if isinstance(index, list | tuple):
            continue
        text, values = database.get_sql_context().sql(index.safe(False)).query()
        for value in values:
            text = text.replace("?", _literal(value), 1)
        yield text


def _literal(value: object) -> str:
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, str):
        return "'" + plain.replace("'", "''") + "'"
    if isinstance(plain, int) and not isinstance(plain, bool):
        return str(plain)
    raise NotImplementedError(f"{plain!r} in an index cannot be copied: its text differs between databases")


def _quoted(statement: str) -> str:
    """As Python strings, one for each part of the statement that a line should hold."""
    parts = re.split(r"(?= ON | WHERE )", statement)
    return "(" + "\n".join(repr(part) for part in parts) + ")"


if __name__ == "__main__":
    sys.stdout.write(write())

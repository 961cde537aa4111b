"""The base of every table, and rows read without building a query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from peewee import OP, BigAutoField, Expression, Model

from models.database.connecting import database
from models.database.statements import execute

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

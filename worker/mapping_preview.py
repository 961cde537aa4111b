"""What a mapping would write while it is being edited: its first rows, of invoices that wait."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from models import clock, destinations
from models.columns import Layout
from models.database import execute, snapshot
from models.entities import LegalEntity
from models.errors import InvalidInput
from models.invoices import Direction
from models.jobs import posting_date
from models.jobs.items import ItemRow
from models.people import Action, Actor, require
from models.problems import Problem
from worker.export import batches
from worker.formats import OTHER, Batch, Format, Item, load
from worker.formats.csv import codec
from worker.formats.rows import Rows
from worker.formats.xlsx import Xlsx


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutPreview:
    """The first rows as they would stand in the file."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Cells as the file has them, without the rows before, between and after those of invoices."""
    text: str
    """The very text of it; of a workbook, which is none, its cells with tabs between."""
    refused: tuple[tuple[str, Problem], ...]
    """Invoices that could not go with this mapping, and why."""
    pending: bool
    """Whether these wait for export; else there are none that do, and the newest are shown."""


_COLUMNS = """
SELECT i.id, i.direction, i.document_type, i.number, i.party_id, p.number, p.name, i.issue_date, i.due_date,
       i.currency, i.payable, a.routing, a.number, a.kind, a.holder, a.name, v.content
"""
_JOINS = """
JOIN party p ON p.id = i.party_id
JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version
LEFT JOIN bank_account a ON a.id = p.bank_account_id
"""
_PENDING = f"""{_COLUMNS} FROM
(SELECT invoice_id FROM export_ledger WHERE destination_id = ? AND state = 'pending' LIMIT ?) l
JOIN invoice i ON i.id = l.invoice_id {_JOINS} ORDER BY i.party_id, i.document_type, i.id
"""  # noqa: S608 - constant text
# The plus keeps SQLite from sorting the whole entity by way of another index: the newest stand at the end.
_NEWEST = f"""{_COLUMNS} FROM
(SELECT id FROM invoice WHERE +entity_id = ? AND direction = ? ORDER BY id DESC LIMIT ?) n
JOIN invoice i ON i.id = n.id {_JOINS} ORDER BY i.party_id, i.document_type, i.id
"""  # noqa: S608 - constant text


def show(
    actor: Actor,
    entity: LegalEntity,
    layout: Mapping[str, Any],
    *,
    direction: Direction = Direction.PAYABLE,
    format_key: str | None = None,
    limit: int = 20,
) -> LayoutPreview:
    """The first rows of the layout, saved or not; writes nothing anywhere.

    Without a format, as CSV, or of fixed width where every column says its width.

    Raises `PermissionDenied`, or `InvalidInput` naming the column or format that cannot be.
    """
    require(actor, Action.MANAGE_MAPPINGS, entity.id)
    columns = Layout.from_dict(layout)
    chosen = _format(format_key or _usual_format(columns))
    with snapshot():
        rows, pending = _sample(entity, direction, limit)
    batch, items = _batch(entity, columns), [batches.as_item(row) for row in rows]
    problems = dict(chosen.problems(items, batch))
    carried = [item for item in items if item.item_id not in problems]
    rows_of = Rows(columns, batch).of
    cells = [tuple(row) for item in carried for row in rows_of(item)]
    header = tuple(column.header for column in columns.columns)
    return LayoutPreview(
        header=header,
        rows=tuple(cells),
        text=_text(chosen, batch, carried, [header, *cells]),
        refused=tuple((_named(items, item_id), problem) for item_id, problem in problems.items()),
        pending=pending,
    )


def _format(key: str) -> Format:
    formats = {name: one for name, one in load().items() if one.uses_columns}
    if key not in formats:
        raise InvalidInput(
            f"{key} files have no columns to choose", remedy=f"choose one of: {', '.join(sorted(formats))}"
        )
    return formats[key]


def _sample(entity: LegalEntity, direction: Direction, limit: int) -> tuple[list[ItemRow], bool]:
    place = destinations.find(entity, direction)
    rows = execute(_PENDING, (place.id, limit)).fetchall()
    pending = bool(rows)
    if not pending:
        rows = execute(_NEWEST, (entity.id, direction, limit)).fetchall()
    return [ItemRow._make((*row, True, None, None)) for row in rows], pending


def _batch(entity: LegalEntity, columns: Layout) -> Batch:
    now = clock.now()
    return Batch(
        entity=entity.name,
        route=OTHER,
        job_id=0,
        file_name="preview",
        created=now.astimezone(ZoneInfo(entity.zone)),
        posting_date=posting_date(entity, now),
        columns=columns,
    )


def _usual_format(columns: Layout) -> str:
    return "fixed" if all(column.width is not None for column in columns.columns) else "csv"


def _text(chosen: Format, batch: Batch, items: Sequence[Item], cells: Sequence[Sequence[str]]) -> str:
    if isinstance(chosen, Xlsx):
        return "\n".join("\t".join(row) for row in cells)
    out = io.BytesIO()
    chosen.write(batch, lambda: iter(items), out)
    return out.getvalue().decode(codec(batch.columns) if batch.columns else "utf-8")


def _named(items: Sequence[Item], item_id: int) -> str:
    return next(item.number for item in items if item.item_id == item_id)

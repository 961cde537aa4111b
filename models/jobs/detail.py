"""One job as it is looked at: what happened, why, where its invoices are now, what it wrote and sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from models import destinations
from models.database import execute
from models.destinations import LedgerState
from models.errors import NotFound
from models.fields import amount_text, from_millis
from models.invoices import Direction
from models.jobs import selection
from models.jobs.queries import PAGE, JobRow, Page, find_row
from models.jobs.records import ItemState, JobAttempt, JobEvent, JobState, Route
from models.paging import Seek
from models.people import Actor

KEPT = 500
"""The most attempts, and steps of the history, that are shown: the newest."""


class Whereabouts(NamedTuple):
    """Where the invoices of a job stand now, for its destination."""

    exported_here: int
    exported_elsewhere: int
    """By another job, or marked by a person."""
    in_progress: int
    on_hold: int
    pending: int
    """Of a job that took no invoice: what waits for its destination, or of what was chosen for it."""
    changed: int
    """Of those exported here: whose content changed since; nothing of them goes again by itself."""


class DeliveryRow(NamedTuple):
    """One file's way through one gateway."""

    id: int
    gateway: str
    target: str
    state: str
    reason: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of a job."""

    id: int
    name: str
    format: str
    route: Route
    state: str
    size: int
    sha256: str
    items: int
    totals: Mapping[str, str]
    """Per currency, as text with a point; signed."""
    control: Mapping[str, Any]
    """What the format itself counts."""
    deliveries: Sequence[DeliveryRow]


class ItemDetail(NamedTuple):
    """One invoice within a job, and where it stands now."""

    invoice_id: int
    number: str
    document_type: str
    party: str
    amount: str
    currency: str
    state: ItemState
    route: Route
    file: str
    code: str
    term: str
    """The business term, or field of the format, that the reason is about."""
    reason: str
    remedy: str
    now: str
    """The ledger's state; empty when the invoice does not belong to the destination any more."""
    now_job_id: int | None
    """The job that holds or exported it."""
    version: int
    """What the job took."""
    present_version: int
    exported_version: int | None

    @property
    def changed_since_export(self) -> bool:
        """Whether its content changed after it was exported."""
        exported = self.now == LedgerState.EXPORTED and self.exported_version is not None
        return exported and (self.exported_version or 0) < self.present_version


class ItemCursor(NamedTuple):
    """The last item of a page: its state's place in the order, and its invoice."""

    place: int
    invoice_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """Everything of a job but its items, which come in pages."""

    row: JobRow
    entity_id: int
    destination: str
    direction: Direction
    posting_date: str
    due_at: datetime | None
    created_at: datetime
    tries: int
    note: str
    owner: str
    outputs: Mapping[Route, Mapping[str, Any]]
    """What was asked for: route → format and mapping's name."""
    items: Mapping[ItemState, int]
    invoices: Whereabouts
    collected: bool
    """Whether it got as far as taking invoices."""
    attempts: Sequence[JobAttempt]
    """The newest first."""
    events: Sequence[JobEvent]
    """The oldest first."""
    files: Sequence[FileRow]


_HEAD = """
SELECT j.destination_id, d.direction, d.name, j.entity_id, j.posting_date, j.due_at, j.created_at, j.tries,
       j.note, j.owner, j.outputs
FROM export_job j JOIN destination d ON d.id = j.destination_id WHERE j.id = ?
"""


def find(actor: Actor, job_id: int) -> JobDetail:
    """By id; raises `NotFound` for one the actor may not see too."""
    row = find_row(actor, job_id)
    if row is None:
        raise NotFound(f"there is no job {job_id} that you can see", remedy="see: waybill job list")
    head = execute(_HEAD, (job_id,)).fetchone()
    destination_id, direction, name, entity_id, posting_date, due_at, created_at, tries, *said = head
    note, owner, outputs = said
    items = _item_counts(job_id)
    return JobDetail(
        row=row,
        entity_id=entity_id,
        destination=f"{direction}/{name}",
        direction=Direction(direction),
        posting_date=posting_date,
        due_at=None if due_at is None else from_millis(due_at),
        created_at=from_millis(created_at),
        tries=tries,
        note=note,
        owner=owner if row.state == JobState.IN_PROGRESS else "",
        outputs=_outputs(outputs),
        items=items,
        invoices=_whereabouts(job_id, destination_id, collected=bool(items)),
        collected=bool(items),
        attempts=_attempts(job_id),
        events=_events(job_id),
        files=_files(job_id),
    )


_ITEM_COUNTS = "SELECT state, COUNT(*) FROM export_item WHERE job_id = ? GROUP BY state"
_WHEREABOUTS = """
SELECT CASE WHEN l.state <> 'exported' THEN l.state WHEN l.job_id = t.job_id THEN 'here' ELSE 'elsewhere' END,
       COUNT(*), SUM(CASE WHEN l.version < i.version THEN 1 ELSE 0 END)
FROM export_item t JOIN export_ledger l ON l.destination_id = ? AND l.invoice_id = t.invoice_id
JOIN invoice i ON i.id = t.invoice_id
WHERE t.job_id = ? GROUP BY 1
"""


def _item_counts(job_id: int) -> dict[ItemState, int]:
    return {ItemState(state): number for state, number in execute(_ITEM_COUNTS, (job_id,))}


def _whereabouts(job_id: int, destination_id: int, *, collected: bool) -> Whereabouts:
    if not collected:
        restricted = selection.is_restricted(job_id)
        waiting = selection.waiting(job_id) if restricted else destinations.pending_count(destination_id)
        return Whereabouts(0, 0, 0, 0, waiting, 0)
    rows = execute(_WHEREABOUTS, (destination_id, job_id)).fetchall()
    found, changed = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    states = ("here", "elsewhere", "in_progress", "on_hold", "pending")
    return Whereabouts._make((*(found.get(state, 0) for state in states), changed.get("here", 0)))


def _outputs(text: str) -> dict[Route, dict[str, Any]]:
    asked: dict[str, dict[str, Any]] = json.loads(text)
    names = {
        output["mapping_id"]: _mapping_name(output["mapping_id"])
        for output in asked.values()
        if output["mapping_id"] is not None
    }
    return {
        Route(route): {"format": output["format"], "mapping": names.get(output["mapping_id"])}
        for route, output in asked.items()
    }


def _mapping_name(mapping_id: int) -> str:
    row = execute("SELECT name FROM mapping WHERE id = ?", (mapping_id,)).fetchone()
    return f"mapping {mapping_id}, which is no more" if row is None else str(row[0])


def _attempts(job_id: int) -> list[JobAttempt]:
    query = JobAttempt.select().where(JobAttempt.job == job_id)
    return list(query.order_by(JobAttempt.number.desc()).limit(KEPT))


def _events(job_id: int) -> list[JobEvent]:
    query = JobEvent.select().where(JobEvent.job == job_id).order_by(JobEvent.id.desc()).limit(KEPT)
    return list(query)[::-1]


_FILES = """
SELECT id, name, format, route, state, size, sha256, items, totals FROM batch_file WHERE job_id = ?
ORDER BY CASE state WHEN 'void' THEN 1 ELSE 0 END, id DESC
"""
_DELIVERIES = """
SELECT d.file_id, d.id, d.gateway, d.target, d.state, d.reason, d.started_at, d.finished_at
FROM delivery d JOIN batch_file f ON f.id = d.file_id WHERE f.job_id = ? ORDER BY d.id
"""


def _files(job_id: int) -> list[FileRow]:
    """The job's files: what needs a person first, then the newest, and last those that never left."""
    ways: dict[int, list[DeliveryRow]] = {}
    for file_id, *way in execute(_DELIVERIES, (job_id,)):
        way[-2:] = [None if at is None else from_millis(at) for at in way[-2:]]
        ways.setdefault(file_id, []).append(DeliveryRow(*way))
    rows = execute(_FILES, (job_id,)).fetchall()
    files = [_file(row, ways.get(row[0], [])) for row in rows]
    return sorted(files, key=_calm)


def _calm(file: FileRow) -> int:
    """How little there is to be done about it; the void ones stay where they are."""
    states = {way.state for way in file.deliveries}
    return 0 if "unknown" in states else 1 if "failed" in states else 2


def _file(row: Sequence[Any], deliveries: list[DeliveryRow]) -> FileRow:
    file_id, name, format_key, route, state, size, sha256, items, totals = row
    counted: dict[str, Any] = json.loads(totals)
    return FileRow(
        id=file_id,
        name=name,
        format=format_key,
        route=Route(route),
        state=state,
        size=size,
        sha256=sha256,
        items=items,
        totals={currency: amount_text(sum_, currency) for currency, sum_ in counted.get("sums", {}).items()},
        control=counted.get("control", {}),
        deliveries=deliveries,
    )


_ORDER = (
    ItemState.FAILED,
    ItemState.ABANDONED,
    ItemState.IN_PROGRESS,
    ItemState.PENDING,
    ItemState.SUCCESSFUL,
)
_PLACES = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(_ORDER))
_PLACE = f"CASE t.state {_PLACES} END"
_ITEMS = f"""
SELECT {_PLACE}, t.invoice_id, i.number, t.document_type, p.name, t.amount, t.currency, t.state, t.route,
       COALESCE(f.name, ''), t.code, t.term, t.reason, t.remedy, COALESCE(l.state, ''), l.job_id,
       t.version, i.version, l.version
FROM (SELECT * FROM export_item t WHERE t.job_id = ? AND {{beyond}} ORDER BY {{order}} LIMIT ?) t
JOIN export_job j ON j.id = t.job_id JOIN invoice i ON i.id = t.invoice_id JOIN party p ON p.id = t.party_id
LEFT JOIN batch_file f ON f.id = t.file_id
LEFT JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id
ORDER BY {{order}}
"""  # noqa: S608 - constant text


def items(job_id: int, *, after: ItemCursor | None = None, limit: int = PAGE) -> Page[ItemDetail, ItemCursor]:
    """A page of a job's items, those that failed first; ask `find` whether the actor may see the job."""
    found = paged_items(job_id, Seek(after, limit=limit + 1))
    following = item_cursor(found[limit - 1]) if len(found) > limit else None
    return Page(rows=found[:limit], following=following)


def paged_items(job_id: int, seek: Seek) -> list[ItemDetail]:
    """The items that `seek` names, those that failed first; their key is an `ItemCursor`."""
    beyond, order, keys = seek.sql(_PLACE, "t.invoice_id")
    found = execute(_ITEMS.format(beyond=beyond, order=order), (job_id, *keys, seek.limit)).fetchall()
    return [_item(row[1:]) for row in seek.in_order(found)]


def item_cursor(item: ItemDetail) -> ItemCursor:
    """Where an item stands in its job's list."""
    return ItemCursor(_ORDER.index(item.state), item.invoice_id)


def _item(row: Sequence[Any]) -> ItemDetail:
    invoice_id, number, kind, party, amount, currency, state, route, *rest = row
    return ItemDetail(
        invoice_id,
        number,
        kind,
        party,
        amount_text(amount, currency),
        currency,
        ItemState(state),
        Route(route),
        *rest,
    )

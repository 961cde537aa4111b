"""Jobs as the command line answers them in JSON."""

from __future__ import annotations

from typing import Any

from models.jobs import ItemState, JobAttempt, JobEvent
from models.jobs.detail import FileRow, ItemCursor, ItemDetail, JobDetail
from models.jobs.queries import JobRow, Page


def as_item(row: JobRow) -> dict[str, Any]:
    """One job of a list."""
    return {
        "id": row.id,
        "state": row.state,
        "entity": row.entity,
        "facility": row.facility,
        "schedule": row.schedule or None,
        "on_behalf_of": row.on_behalf_of,
        "trigger": row.trigger,
        "as_of": row.as_of,
        "run_at": row.run_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "attempt": row.attempt,
        "succeeded": row.succeeded,
        "failed": row.failed,
        "abandoned": row.abandoned,
        "error": _as_error(row),
    }


def _as_error(row: JobRow | ItemDetail) -> dict[str, str] | None:
    if not row.code and not row.reason:
        return None
    term = {"term": row.term} if isinstance(row, ItemDetail) and row.term else {}
    return {"code": row.code} | term | {"reason": row.reason, "remedy": row.remedy}


def as_detail(job: JobDetail, items: Page[ItemDetail, ItemCursor]) -> dict[str, Any]:
    """One job with everything of it, and a page of its items."""
    return as_item(job.row) | {
        "destination": job.destination,
        "posting_date": job.posting_date,
        "due_at": job.due_at,
        "created_at": job.created_at,
        "tries": job.tries,
        "note": job.note,
        "outputs": {route: dict(output) for route, output in job.outputs.items()},
        "item_states": {state: job.items.get(state, 0) for state in ItemState},
        "invoices_now": job.invoices._asdict(),
        "attempts": [_as_attempt(attempt) for attempt in job.attempts],
        "files": [_as_file(file) for file in job.files],
        "history": [_as_event(event) for event in job.events],
        "items": {
            "items": [_as_item_detail(item) for item in items.rows],
            "next": None if items.following is None else "{}.{}".format(*items.following),
        },
    }


def _as_attempt(attempt: JobAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "owner": attempt.owner,
        "started_at": attempt.started_at,
        "finished_at": attempt.finished_at,
        "outcome": attempt.outcome or None,
        "code": attempt.code,
        "reason": attempt.reason,
        "detail": attempt.detail,
    }


def _as_event(event: JobEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "attempt": event.attempt,
        "what": event.what,
        "actor": event.actor,
        "reason": event.reason,
    }


def _as_file(file: FileRow) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "format": file.format,
        "route": file.route,
        "state": file.state,
        "size": file.size,
        "sha256": file.sha256,
        "items": file.items,
        "totals": dict(file.totals),
        "control": dict(file.control),
        "deliveries": [way._asdict() for way in file.deliveries],
    }


def _as_item_detail(item: ItemDetail) -> dict[str, Any]:
    kept = ("invoice_id", "number", "document_type", "party", "amount", "currency", "state", "route")
    now = {
        "state": item.now or None,
        "job_id": item.now_job_id,
        "changed_since_export": item.changed_since_export,
    }
    return {key: getattr(item, key) for key in kept} | {
        "version": item.version,
        "file": item.file or None,
        "error": _as_error(item),
        "now": now,
    }

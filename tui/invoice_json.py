"""Invoices as the command line answers them in JSON."""

from __future__ import annotations

from typing import Any

from models.deliveries import Delivery
from models.destinations import LedgerRow
from models.fields import amount_text
from models.files import BatchFile
from models.invoice_search import Found
from models.invoices import Invoice, InvoiceVersion
from models.timeline import Event, Export


def found_item(row: Found) -> dict[str, Any]:
    """One invoice of a list."""
    return {
        "id": row.invoice_id,
        "number": row.number,
        "document_type": row.document_type,
        "direction": row.direction,
        "status": row.status,
        "party_id": row.party_id,
        "party": row.party,
        "issue_date": row.issue_date,
        "due_date": row.due_date,
        "amount": row.amount,
        "currency": row.currency,
        "version": row.version,
        "state": row.state,
        "changed_since_export": row.changed,
        "job": row.job_id,
        "code": row.code,
        "reason": row.reason,
    }


def found_line(row: Found) -> dict[str, Any]:
    """The same for people."""
    state = f"{row.state}, changed since" if row.changed else row.state
    return found_item(row) | {"state": state}


def as_item(invoice: Invoice) -> dict[str, Any]:
    """One invoice itself."""
    return {
        "id": invoice.id,
        "number": invoice.number,
        "entity": invoice.entity.name,
        "document_type": invoice.document_type,
        "direction": invoice.direction,
        "status": invoice.status,
        "party_id": invoice.party_id,
        "party": invoice.party.name,
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date,
        "amount": invoice.amount,
        "total": amount_text(invoice.total, invoice.currency),
        "currency": invoice.currency,
        "version": invoice.version,
    }


def ledger_item(row: LedgerRow) -> dict[str, Any]:
    """Where it stands for one destination."""
    return {
        "destination": row.destination.label,
        "state": row.state,
        "exported_version": row.version,
        "changed_since_export": row.is_changed,
        "job": row.job_id,
        "code": row.code,
        "reason": row.reason,
        "changed_at": row.changed_at,
    }


def version_item(version: InvoiceVersion) -> dict[str, Any]:
    """One version of its content."""
    return {
        "number": version.number,
        "sha256": version.sha256,
        "source": version.source,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def export_item(export: Export, files: dict[int, BatchFile], ways: list[Delivery]) -> dict[str, Any]:
    """One time that a job carried it, and what became of the file."""
    file = files.get(export.file_id) if export.file_id is not None else None
    return {
        "job": export.job_id,
        "destination": export.destination,
        "version": export.version,
        "route": export.route,
        "amount": export.amount_text,
        "currency": export.currency,
        "state": export.state,
        "code": export.code,
        "reason": export.reason,
        "remedy": export.remedy,
        "file": file and {"id": file.id, "name": file.name, "sha256": file.sha256, "state": file.state},
        "deliveries": [
            {"gateway": way.gateway, "target": way.target, "state": way.state, "finished_at": way.finished_at}
            for way in ways
            if file is not None and way.file_id == file.id
        ],
    }


def event_item(event: Event) -> dict[str, Any]:
    """One line of its timeline."""
    return {"at": event.at, "what": event.what, "by": event.by, "detail": event.detail}

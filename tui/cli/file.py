"""`waybill file`: the batch files that jobs made, their totals and their bytes."""

from __future__ import annotations

from typing import Any

import click

from models import deliveries, files
from models.deliveries import Delivery
from models.fields import amount_text
from models.files import BatchFile
from models.jobs import detail
from models.repairs import repeat
from models.repairs.plan import Kind
from tui.cli.console import ROW_ID, Session, Verbs, after_option, entity_filter, in_session, limit_option
from tui.repairs import Consent, carry_out, repair_options


@click.group("file", cls=Verbs)
def command() -> None:
    """Batch files; the master copy of each stays in the archive."""


@command.command("list")
@entity_filter
@after_option
@limit_option
@in_session
def list_files(session: Session, entity_name: str | None, after: int | None, limit: int) -> None:
    """The files, the latest first."""
    entity_id = session.entity(entity_name).id if entity_name is not None else None
    found = files.listed(session.actor, entity_id=entity_id, before_id=after, limit=limit + 1)
    shown = found[:limit]
    session.table(
        [_as_item(file) for file in shown],
        ["id", "name", "job", "state", "items", "sums"],
        empty="No file yet. A job makes them: waybill schedule list",
        following=str(shown[-1].id) if len(found) > limit else None,
    )


@command.command("show")
@click.argument("file_id", metavar="ID", type=ROW_ID)
@in_session
def show_file(session: Session, file_id: int) -> None:
    """One file: totals, SHA-256, where its master copy is, and where its copies went."""
    file = files.find(session.actor, file_id)
    ways = deliveries.of_file(file)
    archived = str(session.settings.archive / file.archive_path) if file.archive_path else None
    item = _as_item(file) | {"archive_path": archived, "control": file.totals.get("control", {})}
    item["notes"] = file.totals.get("notes", [])
    item["deliveries"] = [_way(way) if session.as_json else _way_text(way) for way in ways]
    session.show(item)


@command.command("repeat")
@click.argument("file_ids", metavar="[ID]...", type=ROW_ID, nargs=-1)
@click.option("--job", "job_id", type=ROW_ID, help="All files of this job, instead of IDs.")
@repair_options
@in_session
def repeat_files(session: Session, file_ids: tuple[int, ...], job_id: int | None, consent: Consent) -> None:
    """Deliver the very same bytes of files once more, under new names, each by a job of its own."""
    if bool(file_ids) == (job_id is not None):
        raise click.UsageError("give the IDs of files, or --job")
    if job_id is not None:
        detail.find(session.actor, job_id)  # a job that cannot be seen has no files
        file_ids = tuple(file.id for file in files.of_job(job_id))
    carry_out(
        session,
        Kind.REPEAT,
        lambda: repeat.plan(session.actor, file_ids),
        repeat.apply,
        "Deliver {} once more?",
        consent,
    )


def _way(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "gateway": delivery.gateway,
        "target": delivery.target,
        "state": delivery.state,
        "finished_at": delivery.finished_at,
    }


def _way_text(delivery: Delivery) -> str:
    return f"{delivery.id}: {delivery.gateway}, {delivery.state}, {delivery.target}"


def _as_item(file: BatchFile) -> dict[str, Any]:
    sums = {code: amount_text(minor, code) for code, minor in file.totals.get("sums", {}).items()}
    return {
        "id": file.id,
        "name": file.name,
        "entity": file.entity.name,
        "job": file.job_id,
        "route": file.route,
        "format": file.format,
        "state": file.state,
        "items": file.items,
        "sums": sums,
        "size": file.size,
        "sha256": file.sha256,
        "repeats": file.repeats,
        "created_at": file.created_at,
    }

"""`waybill delivery`: the ways that files took, and how each ended."""

from __future__ import annotations

from typing import Any

import click

from models import files
from models.files import Delivery, DeliveryState
from models.repairs import resolve
from tui.cli.console import ROW_ID, Session, Verbs, after_option, entity_filter, in_session, limit_option
from tui.repairs import carry_out, repair_options


@click.group("delivery", cls=Verbs)
def command() -> None:
    """Deliveries: one file's way through one gateway."""


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@entity_filter
@after_option
@limit_option
@in_session
def list_deliveries(
    session: Session, state: str | None, entity_name: str | None, after: int | None, limit: int
) -> None:
    """The deliveries, the latest first."""
    found = files.listed_deliveries(
        session.actor,
        entity_id=session.entity(entity_name).id if entity_name is not None else None,
        state=DeliveryState(state) if state else None,
        before_id=after,
        limit=limit + 1,
    )
    shown = found[:limit]
    session.table(
        [_as_item(delivery) for delivery in shown],
        ["id", "file", "gateway", "state", "finished_at"],
        empty="No delivery." if state else "No delivery yet. A job makes them: waybill schedule list",
        following=str(shown[-1].id) if len(found) > limit else None,
    )


@command.command("show")
@click.argument("delivery_id", metavar="ID", type=ROW_ID)
@in_session
def show_delivery(session: Session, delivery_id: int) -> None:
    """One delivery: what, where to, how it stands and why."""
    session.show(_as_item(files.find_delivery(session.actor, delivery_id)))


@command.command("resolve")
@click.argument("delivery_id", metavar="ID", type=ROW_ID)
@click.option("--arrived/--not-arrived", "arrived", default=None, help="What you found where it was to go.")
@repair_options
@in_session
def resolve_delivery(
    session: Session, delivery_id: int, arrived: bool | None, reason: str | None, dry_run: bool, yes: bool
) -> None:
    """Say whether a file arrived, when Waybill could not find out: look where it was to go first.

    If it arrived, its invoices count as exported; if not, they are pending and go again.
    """
    if arrived is None:
        raise click.UsageError("say which: --arrived or --not-arrived")
    carry_out(
        session,
        lambda: resolve.plan(session.actor, delivery_id, arrived=arrived),
        resolve.apply,
        "Settle {} so?",
        reason=reason,
        dry_run=dry_run,
        yes=yes,
    )


def _as_item(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "file": delivery.file.name,
        "file_id": delivery.file_id,
        "sha256": delivery.file.sha256,
        "job": delivery.file.job_id,
        "gateway": delivery.gateway,
        "target": delivery.target,
        "state": delivery.state,
        "code": delivery.code,
        "reason": delivery.reason,
        "started_at": delivery.started_at,
        "finished_at": delivery.finished_at,
    }

"""`waybill delivery`: the ways that files took, and how each ended."""

from __future__ import annotations

from typing import Any

import click

from models import deliveries
from models.deliveries import Delivery, DeliveryState
from models.repairs import resolve
from models.repairs.plan import Kind
from tui.cli.console import ROW_ID, Session, Verbs, after_option, entity_filter, in_session, limit_option
from tui.repairs import Consent, carry_out, repair_options


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
    found = deliveries.listed(
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
    session.show(_as_item(deliveries.find(session.actor, delivery_id)))


@command.command("resolve")
@click.argument("delivery_ids", metavar="[ID]...", type=ROW_ID, nargs=-1)
@click.option("--all-unknown", is_flag=True, help="All whose outcome is unknown, instead of IDs.")
@click.option("--arrived/--not-arrived", "arrived", default=None, help="What you found where it was to go.")
@entity_filter
@repair_options
@in_session
def resolve_deliveries(
    session: Session,
    delivery_ids: tuple[int, ...],
    all_unknown: bool,
    arrived: bool | None,
    entity_name: str | None,
    consent: Consent,
) -> None:
    """Say whether files arrived, when Waybill could not find out: look where they were to go first.

    If they arrived, their invoices count as exported; if not, these are pending and go again.
    """
    if arrived is None:
        raise click.UsageError("say which: --arrived or --not-arrived")
    if bool(delivery_ids) == all_unknown:
        raise click.UsageError("give the IDs of deliveries, or --all-unknown")
    carry_out(
        session,
        Kind.RESOLVE,
        lambda: resolve.plan(session.actor, delivery_ids or _unknown(session, entity_name), arrived=arrived),
        resolve.apply,
        "Settle {} so?",
        consent,
    )


def _unknown(session: Session, entity_name: str | None) -> tuple[int, ...]:
    found = deliveries.listed(
        session.actor,
        entity_id=session.entity(entity_name).id if entity_name is not None else None,
        state=DeliveryState.UNKNOWN,
        limit=resolve.LIMIT,
    )
    return tuple(delivery.id for delivery in found)


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

"""`waybill job`: export jobs, what became of them, re-queueing failed ones, cancelling."""

from __future__ import annotations

from collections.abc import Iterable

import click

from models import facilities
from models.errors import Conflict
from models.jobs import detail, queries, requeue
from models.jobs.detail import ItemCursor
from models.jobs.queries import Filter, Group
from models.jobs.requeue import RequeuePlan
from models.repairs import cancel
from tui import job_json, job_text, wording
from tui.cli.console import (
    ROW_ID,
    Session,
    Verbs,
    after_option,
    entity_option,
    in_session,
    limit_option,
    visible,
    yes_option,
)
from tui.repairs import carry_out, repair_options

facility_option = click.option("--facility", "facility_name", help="Only those of this facility.")


def _cursor(context: click.Context, parameter: click.Parameter, value: str | None) -> ItemCursor | None:
    """Where a page of items ended: `place.invoice`."""
    if value is None:
        return None
    place, _, invoice_id = value.partition(".")
    if not (place.isdecimal() and invoice_id.isdecimal()) or len(value) > 20:
        raise click.BadParameter("give the `next` of the items before", context, parameter)
    return ItemCursor(int(place), int(invoice_id))


@click.group("job", cls=Verbs)
def command() -> None:
    """Export jobs: which ran, what became of them, and re-queueing failed ones."""


@command.command("list")
@click.option(
    "--state",
    "group",
    type=click.Choice([group.value for group in Group]),
    default=Group.ALL.value,
    help="pending; active; completed: all that ended; failed: wholly or in part.",
)
@entity_option
@facility_option
@limit_option
@after_option
@in_session
def list_jobs(
    session: Session,
    group: str,
    entity_name: str | None,
    facility_name: str | None,
    limit: int,
    after: int | None,
) -> None:
    """The jobs of your legal entities, newest first."""
    wanted = _filter(session, Group(group), entity_name, facility_name)
    page = queries.listed(session.actor, wanted, before_id=after, limit=limit)
    rows = [job_json.as_item(row) if session.as_json else job_text.list_line(row) for row in page.rows]
    session.table(
        rows,
        ["id", "state", "due_utc", "facility", "schedule", "sent", "what"],
        empty=_nothing(wanted.group),
        following=None if page.following is None else str(page.following),
    )


@command.command("show")
@click.argument("job_id", type=ROW_ID, metavar="ID")
@limit_option
@click.option("--after", callback=_cursor, help="Go on with the items behind the last answer.")
@in_session
def show_job(session: Session, job_id: int, limit: int, after: ItemCursor | None) -> None:
    """One job: what happened, why, where its invoices are now, and what to do."""
    job = detail.find(session.actor, job_id)
    items = detail.items(job_id, after=after, limit=limit)
    session.answer(job_json.as_detail(job, items), _text(job_text.detail_lines(job, items)))


@command.command("requeue")
@click.argument("job_ids", type=ROW_ID, nargs=-1, metavar="[ID]...")
@click.option("--failed", is_flag=True, help="All failed jobs, instead of IDs.")
@entity_option
@facility_option
@click.option("--reason", help="Why; it is kept with the act. Required unless --dry-run.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@yes_option
@in_session
def requeue_jobs(
    session: Session,
    job_ids: tuple[int, ...],
    failed: bool,
    entity_name: str | None,
    facility_name: str | None,
    reason: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Re-queue failed jobs: their own invoices that are still pending, and nothing that left.

    Shows the plan first: which jobs run, with how many invoices, what is left out and why.
    """
    if bool(job_ids) == failed:
        raise click.UsageError("give the IDs of jobs, or --failed")
    if reason is None and not dry_run:
        raise click.UsageError("missing option '--reason'")
    if failed:
        job_ids = _failed(session, _filter(session, Group.FAILED, entity_name, facility_name))
    plan = requeue.plan(session.actor, job_ids)
    if not dry_run:
        _refuse_nothing(plan)
    if dry_run or not session.as_json:
        session.answer({"plan": job_json.as_plan(plan), "result": None}, _text(job_text.plan_lines(plan)))
    if not dry_run:
        if plan.going:
            session.confirm(f"Re-queue {wording.counted(len(plan.going), 'job')}?", yes=yes)
        _apply(session, plan, reason or "")


@command.command("cancel")
@click.argument("job_ids", type=ROW_ID, nargs=-1, metavar="[ID]...")
@click.option("--pending", is_flag=True, help="All that wait, instead of IDs.")
@entity_option
@facility_option
@repair_options
@in_session
def cancel_jobs(
    session: Session,
    job_ids: tuple[int, ...],
    pending: bool,
    entity_name: str | None,
    facility_name: str | None,
    reason: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """End jobs that wait or run; every invoice of theirs that did not leave is pending again.

    A running job is asked to stop, and does so between two steps unless its file is on its way.
    """
    if bool(job_ids) == pending:
        raise click.UsageError("give the IDs of jobs, or --pending")
    if pending:
        wanted = _filter(session, Group.PENDING, entity_name, facility_name)
        job_ids = tuple(queries.ids(session.actor, wanted, limit=requeue.LIMIT).rows)
    carry_out(
        session,
        lambda: cancel.plan(session.actor, job_ids),
        cancel.apply,
        "Cancel {}?",
        reason=reason,
        dry_run=dry_run,
        yes=yes,
    )


def _failed(session: Session, wanted: Filter) -> tuple[int, ...]:
    page = queries.ids(session.actor, wanted, limit=requeue.LIMIT)
    if page.following is not None:
        limit = requeue.LIMIT
        click.echo(f"the newest {limit} failed jobs; the rest by the same command again", err=True)
    return tuple(page.rows)


def _apply(session: Session, plan: RequeuePlan, reason: str) -> None:
    from worker import tasks

    result = requeue.apply(session.actor, plan, reason)
    for job_id in result.queued:
        tasks.ring(job_id)
    answer = {"plan": job_json.as_plan(plan), "result": job_json.as_result(result)}
    session.answer(answer, _text(job_text.result_lines(result)))


def _filter(session: Session, group: Group, entity_name: str | None, facility_name: str | None) -> Filter:
    entity = session.entity(entity_name) if entity_name or facility_name else None
    facility = facilities.find(entity, facility_name) if entity and facility_name else None
    return Filter(
        group=group,
        entity_id=entity.id if entity else None,
        facility_id=facility.id if facility else None,
    )


def _text(lines: Iterable[str]) -> str:
    return "\n".join(map(visible, lines))


def _nothing(group: Group) -> str:
    if group is Group.ALL:
        return "No job yet. A schedule makes them: waybill schedule create NAME"
    return {
        Group.PENDING: "No job is pending. See what comes next: waybill schedule list",
        Group.ACTIVE: "No job is running. See what waits: waybill job list --state pending",
        Group.COMPLETED: "No job has ended yet. See what waits: waybill job list --state pending",
        Group.FAILED: "No job failed. See all that ended: waybill job list --state completed",
    }[group]


def _refuse_nothing(plan: RequeuePlan) -> None:
    """Nothing to do is a failure, unless it is because all are queued already."""
    serious = [job for job in plan.left_out if job.code != "already_queued"]
    if plan.going or not serious:
        return
    first = serious[0]
    more = f", and {len(serious) - 1} more" if len(serious) > 1 else ""
    raise Conflict(
        f"nothing was re-queued: job {first.job_id}: {first.reason}{more}",
        remedy=first.remedy,
        code=first.code,
    )

"""`waybill job`: export jobs, what became of them, re-queueing failed ones, cancelling."""

from __future__ import annotations

from collections.abc import Iterable

import click

from models import facilities
from models.jobs import detail, filter_line, queries
from models.jobs.detail import ItemCursor
from models.jobs.filter_line import Term
from models.jobs.queries import Filter, Group
from models.repairs import cancel, requeue
from models.repairs.plan import LIMIT, Kind
from tui import job_json, job_text
from tui.cli.console import (
    ROW_ID,
    Session,
    Verbs,
    after_option,
    entity_option,
    in_session,
    limit_option,
    visible,
)
from tui.repairs import Consent, carry_out, repair_options

facility_option = click.option("--facility", "facility_name", help="Only those of this facility.")


def _terms(_: click.Context, __: click.Parameter, value: str | None) -> tuple[Term, ...] | None:
    return None if value is None else filter_line.parse(value)


_EXAMPLES = " ".join(example for example, _ in filter_line.KEYS.values())
filter_option = click.option(
    "--filter",
    "terms",
    metavar="LINE",
    callback=_terms,
    help=f"Those that match every word, e.g. {_EXAMPLES}; -state:failed turns one round.",
)


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
    help="pending; active; completed: wholly; failed: wholly or in part; ended: however; or all.",
)
@filter_option
@entity_option
@facility_option
@limit_option
@after_option
@in_session
def list_jobs(
    session: Session,
    group: str,
    terms: tuple[Term, ...] | None,
    entity_name: str | None,
    facility_name: str | None,
    limit: int,
    after: int | None,
) -> None:
    """The jobs of your legal entities, newest first."""
    wanted = _filter(session, Group(group), entity_name, facility_name, terms)
    page = queries.listed(session.actor, wanted, before_id=after, limit=limit)
    rows = [job_json.as_item(row) if session.as_json else job_text.list_line(row) for row in page.rows]
    session.table(
        rows,
        ["id", "state", "due_utc", "facility", "schedule", "sent", "what"],
        empty=_nothing(wanted.group) if terms is None else "No job matches.",
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
@filter_option
@entity_option
@facility_option
@repair_options
@in_session
def requeue_jobs(
    session: Session,
    job_ids: tuple[int, ...],
    failed: bool,
    terms: tuple[Term, ...] | None,
    entity_name: str | None,
    facility_name: str | None,
    consent: Consent,
) -> None:
    """Re-queue failed jobs: their own invoices that are still pending, and nothing that left.

    Shows the plan first: which jobs run, with how many invoices, what is left out and why. With --filter:
    the failed jobs that match.
    """
    if bool(job_ids) == (failed or terms is not None):
        raise click.UsageError("give the IDs of jobs, or --failed, or --filter")
    if not job_ids:
        wanted = _filter(session, Group.FAILED, entity_name, facility_name, terms)
        job_ids = _matching(session, wanted, requeue.LIMIT)
    carry_out(
        session,
        Kind.REQUEUE,
        lambda: requeue.plan(session.actor, job_ids),
        requeue.apply,
        "Re-queue {}?",
        consent,
    )


@command.command("cancel")
@click.argument("job_ids", type=ROW_ID, nargs=-1, metavar="[ID]...")
@click.option("--pending", is_flag=True, help="All that wait, instead of IDs.")
@filter_option
@entity_option
@facility_option
@repair_options
@in_session
def cancel_jobs(
    session: Session,
    job_ids: tuple[int, ...],
    pending: bool,
    terms: tuple[Term, ...] | None,
    entity_name: str | None,
    facility_name: str | None,
    consent: Consent,
) -> None:
    """End jobs that wait or run; every invoice of theirs that did not leave is pending again.

    A running job is asked to stop, and does so between two steps unless its file is on its way. With
    --filter: the jobs that match, of those that wait or run.
    """
    if bool(job_ids) == (pending or terms is not None):
        raise click.UsageError("give the IDs of jobs, or --pending, or --filter")
    if not job_ids:
        groups = [Group.PENDING] if pending else [Group.PENDING, Group.ACTIVE]
        wanted = [_filter(session, group, entity_name, facility_name, terms) for group in groups]
        job_ids = tuple(job_id for each in wanted for job_id in _matching(session, each, LIMIT // 2))
    carry_out(
        session,
        Kind.CANCEL,
        lambda: cancel.plan(session.actor, job_ids),
        cancel.apply,
        "Cancel {}?",
        consent,
    )


def _matching(session: Session, wanted: Filter, limit: int) -> tuple[int, ...]:
    page = queries.ids(session.actor, wanted, limit=limit)
    if page.following is not None:
        click.echo(f"the newest {limit:,} of them; the rest by the same command again", err=True)
    return tuple(page.rows)


def _filter(
    session: Session,
    group: Group,
    entity_name: str | None,
    facility_name: str | None,
    terms: tuple[Term, ...] | None,
) -> Filter:
    entity = session.entity(entity_name) if entity_name or facility_name else None
    facility = facilities.find(entity, facility_name) if entity and facility_name else None
    return Filter(
        group=group,
        entity_id=entity.id if entity else None,
        facility_id=facility.id if facility else None,
        terms=terms or (),
    )


def _text(lines: Iterable[str]) -> str:
    return "\n".join(map(visible, lines))


def _nothing(group: Group) -> str:
    if group is Group.ALL:
        return "No job yet. A schedule makes them: waybill schedule create NAME"
    return {
        Group.PENDING: "No job is pending. See what comes next: waybill schedule list",
        Group.ACTIVE: "No job is running. See what waits: waybill job list --state pending",
        Group.COMPLETED: "No job is completed. See all that ended: waybill job list --state ended",
        Group.FAILED: "No job failed. See all that ended: waybill job list --state ended",
        Group.ENDED: "No job has ended yet. See what waits: waybill job list --state pending",
    }[group]

"""`waybill export`: export chosen invoices now, or look at what that would write."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from models import facilities, invoices, manual, parties
from models.entities import LegalEntity
from models.facilities import Facility
from models.jobs import ENDED, Job, JobState, detail
from models.manual import Choice, ManualPlan, Requested, Written
from tui import job_json, manual_text
from tui.cli.console import Session, Verbs, entity_option, in_session, visible, yes_option
from tui.schedule_form import a_day, outputs

F = TypeVar("F", bound=Callable[..., Any])

_LOOK_SECONDS = 0.25
_PATIENCE_LOOKS = 40

_CHOICE = (
    click.option("--facility", "facility_name", help="What exports; not needed when there is one."),
    click.option(
        "--invoice", "numbers", metavar="NUMBER", multiple=True, help="This invoice; may be repeated."
    ),
    click.option(
        "--customer", "names", metavar="PARTY", multiple=True, help="Those of this party; may be repeated."
    ),
    click.option(
        "--from", "since", metavar="DATE", callback=a_day, help="Those issued on this day or after it."
    ),
    click.option("--to", "until", metavar="DATE", callback=a_day, help="Those issued up to this day."),
    click.option("--all", "everything", is_flag=True, help="All that is not exported."),
    click.option("--again", is_flag=True, help="Those that were exported already, too."),
    click.option("--ach", metavar="TYPE", help='The file type for ACH invoices; "" writes none.'),
    click.option("--ach-mapping", metavar="NAME", help="Its columns: a saved mapping."),
    click.option("--other", metavar="TYPE", help='The file type for all other invoices; "" writes none.'),
    click.option("--other-mapping", metavar="NAME", help="Its columns: a saved mapping."),
)


def _choosing(act: F) -> F:
    """Give a command the options that say which invoices, and into which files."""
    for option in reversed(_CHOICE):
        act = option(act)
    return act


@click.group("export", cls=Verbs)
def command() -> None:
    """Export by hand: chosen invoices now. Schedules do it by themselves: waybill schedule"""


@command.command("run")
@_choosing
@click.option("--reason", default="", help="Why; kept with the act. Required with --again.")
@click.option(
    "--request-id", help="An id of yours for this export: sent again with it, there is one job all the same."
)
@click.option("--dry-run", is_flag=True, help="Show what would go and do nothing.")
@click.option("--wait", is_flag=True, help="Follow the job to its end; exit 1 unless all of it left.")
@yes_option
@entity_option
@in_session
def run_export(
    session: Session,
    facility_name: str | None,
    reason: str,
    request_id: str | None,
    dry_run: bool,
    wait: bool,
    yes: bool,
    entity_name: str | None,
    **given: Any,
) -> None:
    """Export chosen invoices now, on your behalf, as one job.

    Shows first which were not exported and which were already; these go again only with --again and a
    reason.

    \b
    For example:
      waybill export run --customer 'Blue Ltd' --from 2026-11-01 --to 2026-11-30
      waybill export run --invoice A-1 --again --reason 'the bank lost the file'
    """
    request_id = manual.checked_request_id(request_id) if request_id else manual.new_request_id()
    if given["again"] and not reason.strip() and not dry_run:
        raise click.UsageError("'--again' needs a '--reason'")
    facility = facilities.find(session.entity(entity_name), facility_name)
    if not dry_run and (before := manual.asked_before(session.actor, facility, request_id)) is not None:
        _answer(session, None, before, wait=wait)
        return
    plan = _plan(session, facility, given, request_id)
    refused = manual.refusal(session.actor, plan)
    if dry_run or not session.as_json:
        item = {"plan": manual_text.as_plan(plan, refused), "result": None}
        session.answer(item, "\n".join(manual_text.plan_lines(plan, refused if dry_run else None)))
    if dry_run:
        return
    if refused is not None:
        raise refused
    session.confirm(f"Export {manual_text.counted(len(plan.going))} now?", yes=yes)
    _answer(session, plan, _request(session, plan, reason), wait=wait)


def _request(session: Session, plan: ManualPlan, reason: str) -> Requested:
    """Make the job and ring for it."""
    from worker import tasks

    requested = manual.request(session.actor, plan, reason)
    tasks.ring(requested.job_id)
    return requested


@command.command("preview")
@_choosing
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to write the files to; else their first lines are shown.",
)
@entity_option
@in_session
def preview_export(
    session: Session, facility_name: str | None, out: Path | None, entity_name: str | None, **given: Any
) -> None:
    """Check chosen invoices and show the files an export would write; nothing is exported or kept."""
    facility = facilities.find(session.entity(entity_name), facility_name)
    plan = _plan(session, facility, given, manual.new_request_id())
    from worker.preview import preview

    with _folder(out) as folder:
        seen = preview(session.actor, plan, Path(folder))
        item = {
            "plan": manual_text.as_plan(plan, manual.refusal(session.actor, plan)),
            "preview": manual_text.as_preview(seen, kept=out is not None),
        }
        lines = [*manual_text.plan_lines(plan, None), *manual_text.preview_lines(seen, kept=out is not None)]
        session.answer(item, "\n".join(lines))


def _folder(out: Path | None) -> AbstractContextManager[Any]:
    if out is None:
        return tempfile.TemporaryDirectory(prefix="waybill-preview-")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    return nullcontext(out)


def _plan(session: Session, facility: Facility, given: dict[str, Any], request_id: str) -> ManualPlan:
    choice = _choice(facility.entity, given)
    written = manual.default_outputs(facility)
    if any(given[key] is not None for key in ("ach", "ach_mapping", "other", "other_mapping")):
        written = Written(outputs=outputs(facility.entity, given, written.outputs))
    return manual.find(session.actor, facility, choice, written, request_id=request_id, again=given["again"])


def _choice(entity: LegalEntity, given: dict[str, Any]) -> Choice:
    since, until = _day(given["since"]), _day(given["until"])
    narrowed = bool(given["numbers"] or given["names"] or since or until)
    if narrowed == given["everything"]:
        raise click.UsageError("say which invoices: --invoice, --customer, --from and --to, or --all alone")
    return Choice(
        invoices=tuple(dict.fromkeys(invoices.find(entity, number).id for number in given["numbers"])),
        parties=tuple(dict.fromkeys(parties.find(entity, name).id for name in given["names"])),
        since=since,
        until=until,
    )


def _day(value: date | str | None) -> date | None:
    return value if isinstance(value, date) else None


def _answer(session: Session, plan: ManualPlan | None, requested: Requested, *, wait: bool) -> None:
    made = {"job": requested.job_id, "request_id": requested.request_id, "made": requested.made}
    item: dict[str, Any] = {"plan": plan and manual_text.as_plan(plan, None), "result": made}
    text = manual_text.requested_line(requested)
    if not wait:
        session.answer(item, text)
        return
    if not session.as_json:
        click.echo(text)
    state = _follow(requested.job_id)
    job, rows = detail.find(session.actor, requested.job_id), detail.items(requested.job_id)
    result = made | {"detail": job_json.as_detail(job, rows)}
    session.answer(item | {"result": result}, "\n".join(manual_text.job_lines(job, rows)))
    if state != JobState.COMPLETED:
        raise click.exceptions.Exit(1)


def _follow(job_id: int) -> JobState:
    """Wait for the job's end, saying each new state on stderr; stopping this does not stop the job."""
    said, looks = None, 0
    while True:
        job: Job = Job.get_by_id(job_id)
        if job.state != said:
            said = job.state
            click.echo(visible(f"job {job_id} is {said.replace('_', ' ')}"), err=True)
        if job.state in ENDED:
            return JobState(job.state)
        looks += 1
        if looks == _PATIENCE_LOOKS and job.state == JobState.PENDING:
            why = job.reason or "no worker took it yet; does `waybill worker` run?"
            click.echo(visible(f"still waiting: {why} Ctrl-C ends this wait, not the job"), err=True)
        time.sleep(_LOOK_SECONDS)

"""`waybill schedule`: when which facility exports what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from models import clock, facilities, people, schedules
from models.schedules import Instruction, Listed, Schedule, history
from tui import schedule_calendar
from tui.cli.console import (
    Moment,
    Session,
    Verbs,
    entity_option,
    in_session,
    refuse_empty_edit,
    visible,
    yes_option,
)
from tui.schedule_form import changed_recurrence, new_recurrence, outputs, saying
from tui.schedule_preview import missed_words
from tui.schedule_text import as_item, list_lines, run_item, run_line, shown_fields

_RUNS_SHOWN = 5
_ALL = "all"


@click.group("schedule", cls=Verbs)
def command() -> None:
    """Schedules: when a facility exports by itself. Times are UTC unless a zone is named."""


@command.command("list")
@entity_option
@in_session
def list_schedules(session: Session, entity_name: str | None) -> None:
    """The schedules of your legal entities: active, pending, completed."""
    entity = session.entity(entity_name) if entity_name else None
    found = schedules.listed(session.actor, entity)
    several = len({one.schedule.entity_id for one in found}) > 1
    session.listing(
        [as_item(one) for one in found],
        lambda: list_lines(found, several=several),
        empty="No schedule yet. Make one: waybill schedule create NAME --every daily --at 02:00 …",
    )


@command.command("show")
@click.argument("name")
@entity_option
@in_session
def show_schedule(session: Session, name: str, entity_name: str | None) -> None:
    """One schedule, and when it runs next."""
    schedule = _find(session, name, entity_name)
    if session.as_json:
        session.show(_with_runs(schedule))
    else:
        session.show(shown_fields(schedules.look(schedule), schedules.next_runs(schedule, _RUNS_SHOWN)))


@command.command("create")
@click.argument("name")
@click.option("--facility", "facility_name", help="Whose invoices; not needed when there is one.")
@saying
@click.option("--disabled", is_flag=True, help="Do not let it run yet.")
@entity_option
@in_session
def create_schedule(
    session: Session,
    name: str,
    facility_name: str | None,
    disabled: bool,
    entity_name: str | None,
    **given: Any,
) -> None:
    """Let a facility export by itself.

    It needs --every or --once, --at, --on-behalf-of, and a file type for one of the routes or for both.

    \b
    For example:
      waybill schedule create nightly --every daily --at 02:00 \\
        --on-behalf-of anna@example.com --ach nacha --other csv
    """
    for option, key in (("--every", "frequency"), ("--at", "at"), ("--on-behalf-of", "person")):
        if given[key] is None:
            raise click.UsageError(f"missing option '{option}'")
    entity = session.entity(entity_name)
    instruction = Instruction(
        name=name,
        on_behalf_of=people.find(given["person"]).id,
        recurrence=new_recurrence(given),
        outputs=outputs(entity, given, {}),
    )
    facility = facilities.find(entity, facility_name)
    schedule = schedules.create(session.actor, facility, instruction, enabled=not disabled)
    _say_runs(session, f"created the schedule {schedule.name}", schedule)


@command.command("edit")
@click.argument("name")
@click.option("--name", "new_name", help="Its new name.")
@saying
@entity_option
@in_session
def edit_schedule(
    session: Session, name: str, new_name: str | None, entity_name: str | None, **given: Any
) -> None:
    """Change what is given, from now on; "" takes away an end, zone, file type or mapping."""
    refuse_empty_edit()
    schedule = _find(session, name, entity_name)
    said = schedule.instruction
    instruction = Instruction(
        name=said.name if new_name is None else new_name,
        on_behalf_of=said.on_behalf_of if given["person"] is None else people.find(given["person"]).id,
        recurrence=changed_recurrence(said.recurrence, given),
        outputs=outputs(schedule.entity, given, said.outputs),
    )
    schedule = schedules.edit(session.actor, schedule, instruction)
    _say_runs(session, f"changed the schedule {schedule.name}", schedule)


@command.command("enable")
@click.argument("name")
@entity_option
@in_session
def enable_schedule(session: Session, name: str, entity_name: str | None) -> None:
    """Let it run from now on; what it missed while disabled is not caught up."""
    schedule = schedules.enable(session.actor, _find(session, name, entity_name))
    _say_runs(session, f"enabled the schedule {schedule.name}", schedule)


@command.command("disable")
@click.argument("name")
@click.option("--reason", default="", help="Why; it is kept with the act.")
@entity_option
@in_session
def disable_schedule(session: Session, name: str, reason: str, entity_name: str | None) -> None:
    """Let it rest; a job it made already goes on."""
    schedule = schedules.disable(session.actor, _find(session, name, entity_name), reason=reason)
    session.answer(as_item(schedules.look(schedule)), f"disabled the schedule {schedule.name}")


@command.command("duplicate")
@click.argument("name")
@click.option("--name", "new_name", help="The copy's name; else that of the original and `copy`.")
@entity_option
@in_session
def duplicate_schedule(session: Session, name: str, new_name: str | None, entity_name: str | None) -> None:
    """Copy it, disabled: to be edited and enabled."""
    copy = schedules.duplicate(session.actor, _find(session, name, entity_name), name=new_name)
    done = f"made the schedule {copy.name}, disabled"
    again = session.command("schedule", "edit", copy.name, entity=copy.entity)
    session.answer(as_item(schedules.look(copy)), f"{done}\nnext: {again} …")


@command.command("delete")
@click.argument("name")
@click.option("--reason", default="", help="Why; it is kept with the act.")
@yes_option
@entity_option
@in_session
def delete_schedule(session: Session, name: str, reason: str, yes: bool, entity_name: str | None) -> None:
    """Take it away for good; its jobs and their files stay."""
    schedule = _find(session, name, entity_name)
    item = as_item(schedules.look(schedule))
    session.confirm(f"This deletes the schedule {schedule.name} for good. Go on?", yes=yes)
    schedules.delete(session.actor, schedule, reason=reason)
    session.answer(item, f"deleted the schedule {schedule.name}")


@command.command("next")
@click.argument("name", required=False, metavar="[NAME|all]")
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True)
@entity_option
@in_session
def next_runs(session: Session, name: str | None, count: int, entity_name: str | None) -> None:
    """The coming runs, of one schedule or of all that run: in UTC and local time."""
    entity = session.entity(entity_name) if entity_name else None
    listed = schedules.listed(session.actor, entity)
    if name is None or (name == _ALL and all(one.schedule.name != _ALL for one in listed)):
        chosen = [one for one in listed if one.next_run]
    else:
        chosen = [schedules.look(_find(session, name, entity_name))]
        _say_why_not(session, chosen[0])
    runs = [(run, one) for one in chosen for run in schedules.next_runs(one.schedule, count)]
    runs = sorted(runs, key=lambda pair: pair[0].at)[:count]
    session.listing(
        [run_item(run, one) for run, one in runs],
        lambda: [run_line(run, one.schedule, named=True) for run, one in runs],
        empty="Nothing is going to run. See: waybill schedule list",
    )


@command.command("history")
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 1000), default=14, show_default=True)
@entity_option
@in_session
def past_runs(session: Session, name: str, count: int, entity_name: str | None) -> None:
    """The last runs and how they ended, the newest last."""
    schedule = _find(session, name, entity_name)
    runs = history.last_runs([schedule.id], count)[schedule.id]
    items = [
        {
            "job": run.job_id,
            "due_at": run.due_at,
            "state": run.state.value,
            "succeeded": run.succeeded,
            "unsent": run.unsent,
        }
        for run in runs
    ]
    session.table(
        items, ["job", "due_at", "state", "succeeded", "unsent"], empty=f"{schedule.name} has not run yet."
    )


@command.command("calendar")
@click.argument("name")
@click.option("--month", "wanted", metavar="MONTH", type=Moment("%Y-%m"), help="YYYY-MM; else this month.")
@entity_option
@in_session
def show_calendar(session: Session, name: str, wanted: datetime | None, entity_name: str | None) -> None:
    """A month of a schedule: what ran on each day and how it ended, and what is planned."""
    schedule = _find(session, name, entity_name)
    shown = schedule_calendar.read(schedule, wanted.date() if wanted else None)
    session.listing(
        [schedule_calendar.day_item(day) for day in shown.days],
        lambda: schedule_calendar.page_lines(shown),
        empty="",
    )


def _find(session: Session, name: str, entity_name: str | None) -> Schedule:
    return schedules.find(session.entity(entity_name), name)


def _with_runs(schedule: Schedule) -> dict[str, Any]:
    runs = schedules.next_runs(schedule, _RUNS_SHOWN)
    return as_item(schedules.look(schedule)) | {"next_runs": [run.at for run in runs]}


def _say_runs(session: Session, done: str, schedule: Schedule) -> None:
    """Answer with the schedule, and for people with its coming runs."""
    lines = [done, f"  {schedule.recurrence.describe()}"]
    lines += [f"  {run_line(run, schedule)}" for run in schedules.next_runs(schedule, _RUNS_SHOWN)]
    lines += [f"  {words}" for words in missed_words(schedule.recurrence, clock.now())]
    one = schedules.look(schedule)
    session.answer(_with_runs(schedule), "\n".join(lines))
    if not session.as_json:
        _say_why_not(session, one)


def _say_why_not(session: Session, one: Listed) -> None:
    if not one.schedule.enabled:
        again = session.command("schedule", "enable", one.schedule.name, entity=one.schedule.entity)
        click.echo(visible(f"It is disabled, so nothing runs before: {again}"), err=True)
    elif one.held_up_by:
        click.echo(visible(f"Nothing runs, because {one.held_up_by}."), err=True)

"""What is done to a schedule from its screens: the commands, and the plans of those that need no form."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from models import schedules
from models.audit import Actor
from models.people import Action
from models.schedules import Schedule, history
from tui import wording
from tui.kit.commands import Command
from tui.kit.live import LiveScreen
from tui.kit.plan import Plan, PlanScreen
from tui.kit.rehearsed import rehearsed_plan
from tui.schedule_preview import usage_line
from tui.screens.schedule_editor import Purpose, ScheduleForm
from tui.screens.schedule_month import MonthScreen

_MANAGE = Action.MANAGE_SCHEDULES

EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="change what it says; the next runs are shown as one types",
    cli="waybill schedule edit",
    action=_MANAGE,
)
DUPLICATE = Command(
    name="duplicate",
    key="d",
    title="Duplicate",
    help="its values in the editor, to be changed and saved as another",
    cli="waybill schedule duplicate",
    action=_MANAGE,
)
SWITCH = Command(
    name="switch",
    key="o",
    title="Enable/disable",
    help="let it run, or rest; says first what that changes; also: waybill schedule disable",
    cli="waybill schedule enable",
    action=_MANAGE,
)
DELETE = Command(
    name="delete",
    key="D",
    title="Delete",
    help="for good; its jobs and files stay; says first what happens to jobs that are open",
    cli="waybill schedule delete",
    action=_MANAGE,
)
MONTH = Command(
    name="month",
    key="v",
    title="Month",
    help="a calendar of what ran and what is planned",
    cli="waybill schedule calendar",
)
ON_ONE = (EDIT, DUPLICATE, SWITCH, DELETE, MONTH)


class Subject(NamedTuple):
    """The schedule that an act is done to."""

    id: int
    name: str
    entity_id: int


class ScheduleActs(LiveScreen):
    """The acts on one schedule, for the list and for the screen of one."""

    def subject(self) -> Subject | None:
        """Which one; None where there is none."""
        raise NotImplementedError

    def deleted(self) -> None:
        """It is gone."""
        self.load()

    def refusal(self, command: Command) -> str:
        """As everywhere, by the rights for the schedule's own legal entity."""
        one = self.subject()
        if command in ON_ONE and one is None:
            return "there is no schedule here"
        if command in ON_ONE and one is not None and command.action is not None:
            forbidden = self.waybill.rights.refusal(command.action, one.entity_id)
            return forbidden or self.why_not(command.name)
        return super().refusal(command)

    def do_edit(self) -> None:
        """The form with what it says."""
        self._form(Purpose.EDIT)

    def do_duplicate(self) -> None:
        """The form with the same values, for another one."""
        self._form(Purpose.COPY)

    def _form(self, purpose: Purpose) -> None:
        if (one := self.subject()) is not None:
            self.app.push_screen(ScheduleForm(purpose, one.id))

    def do_switch(self) -> None:
        """Plan to enable or to disable it."""
        if (one := self.subject()) is not None:
            screen = PlanScreen(
                f"Enable or disable {wording.one_line(one.name)}",
                partial(_switch, self.waybill.actor, one.id),
                "waybill schedule enable",
            )
            self.app.push_screen(screen, lambda _: self.load())

    def do_delete(self) -> None:
        """Plan to delete it."""
        if (one := self.subject()) is not None:
            make = partial(_delete, self.waybill.actor, one.id)
            screen = PlanScreen(f"Delete {wording.one_line(one.name)}", make, "waybill schedule delete")
            self.app.push_screen(screen, lambda done: self.deleted() if done else self.load())

    def do_month(self) -> None:
        """The calendar of this month."""
        if (one := self.subject()) is not None:
            self.app.push_screen(MonthScreen(one.id))


def _switch(actor: Actor, schedule_id: int) -> Plan:
    schedule = schedules.seen(actor, str(schedule_id))
    one = schedules.look(schedule)
    if schedule.enabled and schedule.next_due is not None:
        return _disabling(actor, schedule, one.held_up_by)

    def act(_reason: str) -> str:
        return f"enabled {schedules.enable(actor, schedule).name}"

    runs = schedules.next_runs(schedule, 3)
    usage = usage_line(history.usage(schedule.entity), schedule.entity.name, more=1)
    return rehearsed_plan(
        act,
        head=f"enable {schedule.name}: {schedule.recurrence.describe()}",
        button="Enable",
        going=[_run(run) for run in runs],
        warnings=[f"nothing runs while {why}"] if (why := schedules.hindrance(schedule)) else [],
        effect=f"what it missed while disabled is not caught up; {usage}",
    )


def _disabling(actor: Actor, schedule: Schedule, held_up_by: str) -> Plan:
    def act(_reason: str) -> str:
        return f"disabled {schedules.disable(actor, schedule).name}"

    coming = [f"does not run {_run(run)}" for run in schedules.next_runs(schedule, 3)]
    return rehearsed_plan(
        act,
        head=f"disable {schedule.name}: {schedule.recurrence.describe()}",
        button="Disable",
        going=[] if held_up_by else coming,
        warnings=_open_jobs(schedule),
        effect="it rests until it is enabled; what comes due meanwhile is not caught up",
    )


def _delete(actor: Actor, schedule_id: int) -> Plan:
    schedule = schedules.seen(actor, str(schedule_id))
    one = schedules.look(schedule)

    def act(reason: str) -> str:
        schedules.delete(actor, schedule, reason=reason)
        return f"deleted {schedule.name}"

    coming = f"next would be {wording.both_times(one.next_run)}" if one.next_run else "nothing was to come"
    return rehearsed_plan(
        act,
        head=f"delete {schedule.name} for good: {schedule.recurrence.describe()}",
        button="Delete for good",
        going=[coming],
        warnings=_open_jobs(schedule),
        effect="the jobs it made, their files and their history stay",
        needs_reason=True,
    )


def _run(run: schedules.Run) -> str:
    return "; ".join([wording.both_times(run.at), *run.notes])


def _open_jobs(schedule: Schedule) -> list[str]:
    """What becomes of the jobs that have not ended."""
    return [
        f"job {job_id} is {state.replace('_', ' ')} and goes on; to stop it: waybill job cancel {job_id}"
        for job_id, state in history.open_jobs(schedule.id)
    ]

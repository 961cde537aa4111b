"""The form of a schedule: new, changed or copied; its next runs as one types, a plan before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, cast
from zoneinfo import available_timezones

from rich.text import Text

from models import clock, mappings, people, schedules
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.errors import Conflict, InvalidInput
from models.facilities import Facility
from models.invoices import Direction
from models.people import Role
from models.recurrence import today
from models.schedules import Instruction, Schedule, history
from models.schedules.history import Usage
from tui import schedule_fields, wording
from tui.kit.form import Form, FormScreen, Values
from tui.kit.plan import Plan, PlanScreen
from tui.kit.rehearsed import rehearsed_plan
from tui.schedule_fields import Choices
from tui.schedule_preview import missed_words, preview_lines, usage_line

_NEW = {"frequency": "daily", "at": "02:00", "other": "csv"}


class Purpose(StrEnum):
    """What the form is for."""

    NEW = "new"
    EDIT = "edit"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Form):
    """The form of one facility's schedule, and what has to be known beside it."""

    choices: Choices
    facility_id: int
    entity: str
    usage: Usage
    zones: frozenset[str] = frozenset()


class ScheduleForm(FormScreen[int]):
    """Asks what a schedule is to say; saves it through a plan."""

    def __init__(self, purpose: Purpose, which: int, facility: str = "") -> None:
        """`which` is the facility of a new schedule, else the schedule that is edited or copied."""
        super().__init__()
        self._purpose = purpose
        self._which = which
        self._facility = facility

    @property
    def draft(self) -> str:
        """One for each schedule, and for each facility's new one."""
        return f"schedule/{self._purpose}/{self._which}"

    def crumb(self) -> str:
        """What is being done."""
        new = self._purpose is Purpose.NEW  # the name of another one stands in its first field
        return f"new: {wording.one_line(self._facility)}" if new else str(self._purpose)

    def reader(self) -> Callable[[], Form]:
        """What can be chosen, and what stands there to begin with."""
        return partial(_sheet, self.waybill.actor, self._purpose, self._which)

    def wrong(self, values: Values) -> Mapping[str, str]:
        """What is wrong with its times."""
        try:
            schedule_fields.recurrence(values)
        except InvalidInput as error:
            return {schedule_fields.field_of(error, values): self._said(error, values)}
        return {}

    def _said(self, error: InvalidInput, values: Values) -> str:
        if error.code == "schedule_zone" and isinstance(self.form, Sheet):
            typed = str(values["zone"]).lower().replace(" ", "_")
            if near := sorted(zone for zone in self.form.zones if typed in zone.lower())[:4]:
                return f"{error.message}; there is {', '.join(near)}"
        return f"{error.message}: {error.remedy}"

    def showing(self, values: Values, wrong: Mapping[str, str]) -> Text:
        """Its next runs and the limit, whatever else is still missing."""
        sheet = self.form
        if not isinstance(sheet, Sheet) or not {"frequency", "at", "start"} <= values.keys():
            return Text()
        try:
            when = schedule_fields.recurrence(values)
        except InvalidInput as error:
            return Text() if wrong.keys() - {"name"} else Text(f"! {error.message}: {error.remedy}")
        lines = [] if _untimed(wrong) else preview_lines(when, self.size.width - 2)
        more = int(bool(values.get("enabled")))
        limit = wording.one_line(usage_line(sheet.usage, sheet.entity, more=more))
        return Text("\n".join([*lines, limit]))

    def lands_on(self, result: int) -> int:
        """The schedule's id."""
        return result

    def plan(self, values: Values) -> PlanScreen:
        """What saving it changes; its outcome is the schedule's id."""
        sheet = cast("Sheet", self.form)
        words = "Save what changed" if self._purpose is Purpose.EDIT else "Create the schedule"
        make = partial(_plan, self.waybill.actor, self._purpose, self._which, sheet, values)
        return PlanScreen(words, make, f"waybill schedule {'edit' if 'Save' in words else 'create'}")


def _untimed(wrong: Mapping[str, str]) -> bool:
    """Whether the times cannot be told."""
    times = ("frequency", "every_", "weekdays", "day", "at", "zone", "start", "end")
    return any(name.startswith(times) for name in wrong)


def _sheet(actor: Actor, purpose: Purpose, which: int) -> Sheet:
    if purpose is Purpose.NEW:
        facility, schedule = Facility.get_by_id(which), None
    else:
        schedule = schedules.seen(actor, str(which))
        facility = schedule.facility
    choices = _choices(facility)
    if schedule is None:
        start = today(None, clock.now()).isoformat()
        values: dict[str, Any] = {**_NEW, "start": start}
    else:
        values = schedule_fields.values_of(schedule.instruction, choices)
    if schedule is not None and purpose is Purpose.COPY:
        values |= {"name": schedules.free_name(schedule), "enabled": False}
    return Sheet(
        settings=schedule_fields.settings(choices, new=purpose is not Purpose.EDIT),
        values=values,
        choices=choices,
        facility_id=facility.id,
        entity=facility.entity.name,
        usage=history.usage(facility.entity),
        zones=frozenset(available_timezones()),
    )


def _choices(facility: Facility) -> Choices:
    finance = people.holders(frozenset({Role.FINANCE}), facility.entity_id)
    saved = mappings.of_entity(facility.entity)
    return Choices(
        people={user.email: user.id for user in finance},
        mappings={mapping.name: mapping.id for mapping in saved},
        ach=facility.destination.direction == Direction.PAYABLE,
    )


def _plan(actor: Actor, purpose: Purpose, which: int, sheet: Sheet, values: Values) -> Plan:
    said = schedule_fields.instruction(values, sheet.choices)
    if purpose is Purpose.EDIT:
        return _editing(actor, schedules.seen(actor, str(which)), said)
    return _creating(actor, Facility.get_by_id(sheet.facility_id), said, enabled=bool(values["enabled"]))


def _creating(actor: Actor, facility: Facility, said: Instruction, *, enabled: bool) -> Plan:
    made: list[Schedule] = []

    def act(_reason: str) -> str:
        made.append(schedules.create(actor, facility, said, enabled=enabled))
        return f"created {said.name}{'' if enabled else ', disabled'}"

    usage = usage_line(history.usage(facility.entity), facility.entity.name, more=int(enabled))
    return rehearsed_plan(
        act,
        head=f"create {said.name}: {said.recurrence.describe()}",
        button="Create",
        going=lambda: [*_told(made[-1]), *_first_runs(made[-1], 3)],
        warnings=missed_words(said.recurrence, clock.now()),
        effect=usage if enabled else f"it rests until it is enabled; {usage}",
        value=lambda: made[-1].id,
    )


def _editing(actor: Actor, schedule: Schedule, said: Instruction) -> Plan:
    before = schedules.as_dict(schedule)
    made: list[Schedule] = []

    def act(_reason: str) -> str:
        if said == schedule.instruction:
            raise Conflict("it says that already", remedy="change something, or leave")
        made.append(schedules.edit(actor, schedule, said))
        return f"changed {said.name}"

    def changes() -> list[str]:
        after = schedules.as_dict(made[-1])
        changed = [
            f"{name.replace('_', ' ')}: {_value(before[name])} → {_value(after[name])}"
            for name in after
            if before[name] != after[name]
        ]
        return [*changed, *_first_runs(made[-1], 3)]

    return rehearsed_plan(
        act,
        head=f"change {schedule.name}: {said.recurrence.describe()}",
        button="Save",
        going=changes,
        warnings=[] if said.recurrence == schedule.recurrence else missed_words(said.recurrence, clock.now()),
        effect="from now on; jobs that it made already stay as they are",
        value=lambda: schedule.id,
    )


def _told(schedule: Schedule) -> Iterator[str]:
    """Whose it is and what it writes."""
    told = schedules.as_dict(schedule)
    yield f"{told['facility']}, {schedule.entity.name}, on behalf of {told['on_behalf_of']}"
    for route, title in (("other", "other invoices"), ("ach", "ACH invoices")):
        if key := told[f"{route}_format"]:
            mapping = told[f"{route}_mapping"]
            yield f"{title}: {key}" + (f", mapping {mapping}" if mapping else "")
        else:
            yield f"{title}: not exported, they stay pending"


def _first_runs(schedule: Schedule, count: int) -> list[str]:
    runs = schedules.next_runs(schedule, count)
    return [f"runs {'; '.join([wording.both_times(run.at), *run.notes])}" for run in runs]


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return "none" if value in (None, "") else str(value)


class FacilityChoice(NamedTuple):
    """An active facility, for which a schedule can be made."""

    id: int
    title: str


class FacilityForm(FormScreen[int]):
    """Asks for which facility a new schedule is, where there are several."""

    def __init__(self, facilities: Sequence[FacilityChoice]) -> None:
        super().__init__()
        self._facilities = {each.title: each.id for each in facilities}

    @property
    def draft(self) -> str:
        """What was chosen and not gone on with."""
        return "schedule/facility"

    def crumb(self) -> str:
        """What is being made."""
        return "new: for which facility"

    def reader(self) -> Callable[[], Form]:
        """One choice."""
        asked = Setting(
            name="facility",
            title="Facility",
            kind=SettingKind.CHOICE,
            choices=tuple(self._facilities),
            required=True,
            help="left and right choose, ctrl+s goes on",
        )
        return lambda: Form(settings=[asked], values={})

    def save(self, values: Values) -> Callable[[], int]:
        """Nothing is saved yet."""
        chosen = self._facilities[str(values["facility"])]
        return lambda: chosen

    def saved(self, result: int) -> None:
        """On to the schedule."""
        title = next(title for title, id_ in self._facilities.items() if id_ == result)
        self.app.call_later(self.app.push_screen, ScheduleForm(Purpose.NEW, result, title))

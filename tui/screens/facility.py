"""One facility: its setup step by step, settings, gateways, file types and, when active, its schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from rich.text import Text

from models.catalogue import discover
from models.facilities import FacilityState
from models.facility_setup import Step, StepState
from models.people import Action
from tui import facility_text, wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.screens import facility_sections, facility_switch
from tui.screens.facility_forms import FormatForm, StepForm
from tui.screens.facility_sections import AUTOMATION, FORMATS, SETTINGS, SETUP, Looked
from tui.screens.facility_switch import ACTIVATE, DEACTIVATE
from tui.screens.facility_trial import TEST, TrialScreen
from tui.screens.schedule import ScheduleScreen
from tui.screens.schedule_editor import Purpose, ScheduleForm

EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="go on with its setup where something is missing, else change its settings",
    cli="waybill facility edit",
    action=Action.MANAGE_FACILITIES,
)
SCHEDULE = Command(
    name="schedule",
    key="n",
    title="New schedule",
    help="let it export by itself",
    cli="waybill schedule create",
    action=Action.MANAGE_SCHEDULES,
)


class FacilityScreen(DetailScreen[Looked]):
    """One facility in full."""

    SECTIONS = facility_sections.SECTIONS
    LABEL_WIDTH = 9
    ACTS: ClassVar[Sequence[Command]] = (EDIT, TEST, ACTIVATE, DEACTIVATE, SCHEDULE)

    def __init__(
        self,
        which: int | str,
        neighbour: Neighbour | None = None,
        *,
        edit: bool = False,
        after: Step | None = None,
    ) -> None:
        """`edit`: begin with what Edit opens; `after`: with what follows this step, which was just done."""
        super().__init__(which, neighbour)
        self._edit = edit
        self._after = after

    def crumb(self) -> str:
        """Its name."""
        return f"facility {wording.one_line(self.data.facility.name if self.data else str(self.which))}"

    def reader(self) -> Callable[[], Looked]:
        """All of it."""
        actor, which = self.waybill.actor, self.which
        return lambda: facility_sections.read(actor, which)

    def entries(self, section: str, data: Looked) -> Sequence[Entry]:
        """The rows of a part."""
        return facility_sections.entries(section, data)

    def nothing(self, section: str, data: Looked) -> str:
        """Why a part has no row."""
        return facility_sections.nothing(section, data)

    def summary(self, data: Looked) -> Iterable[tuple[str, Text]]:
        """What it is, where it stands, how it does."""
        facility, health = data.facility, data.health
        head = Text(wording.one_line(facility.name), "bold").append("  ")
        head.append(facility_text.state_text(FacilityState(facility.state)), "bold")
        head.append(f"  {facility.destination.label} of {wording.one_line(facility.entity.name)}", "not bold")
        yield "Facility", head
        yield "Setup", Text("  ".join(_short(step) for step in data.steps))
        sends = "; ".join(f"{one.used_for} by {one.title}" for one in data.gateways)
        yield "Sends", Text(f"{sends}; {wording.counted(data.pending, 'invoice')} pending")
        yield "Health", Text(wording.one_line(_health(data)))
        if health.reason:
            yield "", Text(wording.one_line(health.reason))

    def _show(self, data: Looked) -> None:
        """Show it, and open the next step of a setup that is under way."""
        self.which, self.ENTITY_ID = data.facility.id, data.facility.entity_id
        super()._show(data)
        after, edit = self._after, self._edit
        self._after, self._edit = None, False
        if after is not None:
            self._open_next(data, after)
        elif edit:
            self.do_edit()

    def _open_next(self, data: Looked, after: Step) -> None:
        """What is missing after a step; of a draft also what only may be said, and at last activating it."""
        draft = data.facility.state == FacilityState.DRAFT
        steps = list(Step)
        for state in data.steps[steps.index(after) :]:
            if state.step is after and not state.done:
                self.notify(f"{after} still lacks: {', '.join(state.missing)}", markup=False)
                return
            if state.step is not after and (not state.done or (draft and state.asked)):
                self._open_step(state.step)
                return

    def open(self, entry: Entry) -> None:
        """Enter: the step, the settings of a step or a file type, the schedule."""
        if self.section.key == SETUP:
            self._open_step(Step(str(entry.key)))
        elif self.section.key == SETTINGS:
            self._open_step(entry.key[0])  # type: ignore[index]
        elif self.section.key == FORMATS:
            self._open_format(str(entry.key))
        elif self.section.key == AUTOMATION:
            self.app.push_screen(ScheduleScreen(int(str(entry.key))))
        else:
            super().open(entry)

    def _open_step(self, step: Step) -> None:
        if self.data is None:
            return
        if step is Step.ACTIVATE:
            self.action_command(ACTIVATE.name)
        elif why := self.refusal(EDIT):
            self.notify(f"Edit: {why}", severity="warning", markup=False)
        elif not next(one for one in self.data.steps if one.step is step).asked:
            self.notify(f"{step}: its gateways ask nothing.")
        else:
            self.app.push_screen(StepForm(self.which, step, self._step_saved))

    def _step_saved(self, step: Step) -> None:
        self._after = step

    def _open_format(self, key: str) -> None:
        if why := self.refusal(EDIT):
            self.notify(f"Edit: {why}", severity="warning", markup=False)
        elif discover("waybill.formats")[key].settings:
            self.app.push_screen(FormatForm(self.which, key))
        else:
            self.notify(f"{key} asks nothing of a facility; its options stand in 7 Mappings.")

    # Acts

    def why_not(self, name: str) -> str:
        """What keeps it from being switched, or from exporting by itself."""
        if self.data is None:
            return ""
        if name == SCHEDULE.name:
            return self.data.why_no_automation
        facility = self.data.facility
        return facility_switch.why_not(name, facility.name, FacilityState(facility.state))

    def do_edit(self) -> None:
        """The first step that lacks something, else what is configured."""
        if self.data is not None:
            lacking = (one.step for one in self.data.steps if not one.done and one.asked)
            self._open_step(next(lacking, Step.CONFIGURATION))

    def do_test(self) -> None:
        """Try its connection."""
        if self.data is not None:
            self.app.push_screen(TrialScreen(self.which, self.data.facility.name))

    def do_activate(self) -> None:
        """Plan for it."""
        self._ask_with(facility_switch.activate_screen)

    def do_deactivate(self) -> None:
        """Plan for it."""
        self._ask_with(facility_switch.deactivate_screen)

    def _ask_with(self, make: Callable[..., Any]) -> None:
        if self.data is not None:
            self.app.push_screen(make(self.waybill, self.which, self.data.facility.name))

    def do_schedule(self) -> None:
        """The form of a new one for it."""
        if self.data is not None:
            form = ScheduleForm(Purpose.NEW, self.data.facility.id, self.data.facility.name)
            self.app.push_screen(form)


def _short(step: StepState) -> str:
    return f"{'+' if step.done else '!'} {step.step}"


def _health(data: Looked) -> str:
    health = data.health
    last = f" (job {health.job_id}, {wording.short_time(health.ended_at)} UTC)" if health.job_id else ""
    sent = f"; last export {wording.short_time(health.exported_at)} UTC" if health.exported_at else ""
    return f"{facility_text.health_text(health)}{last}{sent}"

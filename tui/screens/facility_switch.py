"""Switching a facility on or off: what else that switches, shown beforehand."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from models import facilities, facility_list, facility_setup
from models.audit import Actor
from models.facilities import ActivationPlan, Facility, FacilityState
from models.facility_setup import DeactivationPlan
from models.people import Action
from tui import facility_text
from tui.kit.commands import Command
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.wording import counted

if TYPE_CHECKING:
    from tui.app import WaybillApp

ACTIVATE = Command(
    name="activate",
    key="o",
    title="Activate",
    help="export its destination by it; shows first what that switches off",
    cli="waybill facility activate",
    action=Action.MANAGE_FACILITIES,
)
DEACTIVATE = Command(
    name="deactivate",
    key="O",
    title="Deactivate",
    help="switch it off, and its schedules with it; shows first which",
    cli="waybill facility deactivate",
    action=Action.MANAGE_FACILITIES,
)


def why_not(name: str, facility: str, state: FacilityState) -> str:
    """What keeps a facility in this state from being switched; empty when nothing does, or for other acts."""
    if name == ACTIVATE.name and state is FacilityState.ACTIVE:
        return f"{facility} is active already"
    if name == DEACTIVATE.name and state is not FacilityState.ACTIVE:
        return f"{facility} is {state}, not active"
    return ""


def activate_screen(app: WaybillApp, facility_id: int, name: str) -> PlanScreen:
    """Asks whether to activate it; dismisses with what was switched."""
    make = partial(_activation, app.actor, facility_id)
    return PlanScreen(f"Activate {name}", make, "waybill facility activate")


def deactivate_screen(app: WaybillApp, facility_id: int, name: str) -> PlanScreen:
    """Asks whether to deactivate it; dismisses with what was switched."""
    make = partial(_deactivation, app.actor, facility_id)
    return PlanScreen(f"Deactivate {name}", make, "waybill facility deactivate")


def _activation(actor: Actor, facility_id: int) -> Plan:
    facility = facility_list.find(actor, facility_id)
    planned = facilities.plan_activation(facility)
    going = [f"{facility.name}: {facility.state} -> active"]
    if planned.replaces:
        going.append(f"{planned.replaces}: active -> inactive")
    going += _disabled(planned.schedules_disabled)
    undone = [step for step in facility_setup.steps(facility) if not step.done]
    wait = "waits and goes" if planned.pending == 1 else "wait and go"
    return Plan(
        head=f"{facility.name} exports {facility.destination.label}",
        number=0 if facility.state == FacilityState.ACTIVE else len(going),
        carry_out=partial(_activate, actor, facility, planned),
        button=f"Activate {facility.name}",
        going=going,
        warnings=[
            *facility_text.lacking_lines(undone),
            *_kept_off(str(planned.replaces), planned.schedules_disabled),
        ],
        effect=f"{counted(planned.pending, 'invoice')} {wait} with the next export; "
        "nothing that was exported goes again",
        needs_reason=False,
    )


def _activate(
    actor: Actor, facility: Facility, planned: ActivationPlan, _reason: str
) -> Generator[Progress, None, Outcome]:
    done = facilities.activate(actor, facility, planned=planned)
    yield Progress(1, 1)
    lines = [f"active: {facility.name}", *facility_text.switched_lines(done)]
    return Outcome(lines, value=done)


def _deactivation(actor: Actor, facility_id: int) -> Plan:
    facility = facility_list.find(actor, facility_id)
    planned = facility_setup.plan_deactivation(facility)
    going = [f"{facility.name}: {facility.state} -> inactive", *_disabled(planned.schedules_disabled)]
    waits = "waits" if planned.pending == 1 else "wait"
    return Plan(
        head=f"{facility.name} no longer exports {facility.destination.label}",
        number=0 if facility.state != FacilityState.ACTIVE else len(going),
        carry_out=partial(_deactivate, actor, facility, planned),
        button=f"Deactivate {facility.name}",
        going=going,
        warnings=_kept_off(facility.name, planned.schedules_disabled),
        effect=f"{counted(planned.pending, 'invoice')} {waits} until a facility of it is active; "
        "jobs under way go on",
        needs_reason=False,
    )


def _deactivate(
    actor: Actor, facility: Facility, planned: DeactivationPlan, _reason: str
) -> Generator[Progress, None, Outcome]:
    disabled = facilities.deactivate(actor, facility, planned=planned.schedules_disabled)
    yield Progress(1, 1)
    return Outcome([f"inactive: {facility.name}", *_disabled(disabled)], value=planned)


def _disabled(schedules: list[str]) -> list[str]:
    return [f"schedule {name}: enabled -> disabled" for name in schedules]


def _kept_off(name: str, schedules: list[str]) -> list[str]:
    return [f"Switching {name} on again leaves its schedules disabled."] if schedules else []

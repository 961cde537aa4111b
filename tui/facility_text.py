"""Facilities in words, alike on screens and in commands: states, steps, health, and what switching brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.catalogue import SettingKind
from models.facilities import ActivationPlan, FacilityState
from models.facility_list import Health
from models.facility_setup import Asked, DeactivationPlan, Step, StepState, System
from tui import wording
from tui.wording import counted

_STATES = {FacilityState.DRAFT: ".", FacilityState.ACTIVE: "+", FacilityState.INACTIVE: "-"}

_STEPS = {
    Step.SYSTEM: "which systems its files go to",
    Step.CONFIGURATION: "where they are, and how files are named",
    Step.AUTHENTICATION: "what is shown to be let in there",
    Step.ACTIVATE: "from then on its invoices go by it",
}


def state_text(state: FacilityState) -> str:
    """A mark and a word: `+ active`."""
    return f"{_STATES[state]} {state}"


def step_mark(step: StepState) -> str:
    """`+ done`, or `! missing`."""
    return "+ done" if step.done else "! missing"


def step_about(step: Step) -> str:
    """What the step is about, in a clause."""
    return _STEPS[step]


def step_lines(step: StepState, number: int) -> Iterator[str]:
    """A step, what it lacks, and each thing it asks with its value."""
    yield f"{number} {step.step:<15} {step_mark(step):<10} {step_about(step.step)}"
    yield from (f"  ! {missing}" for missing in step.missing)
    yield from (f"    {asked.setting.title:<38} {value_text(asked)}" for asked in step.asked)


def value_text(asked: Asked) -> str:
    """A setting's value; of a secret only whether there is one."""
    if asked.setting.kind is SettingKind.SECRET:
        return "stored" if asked.given else "not stored"
    if isinstance(asked.value, bool):
        return "yes" if asked.value else "no"
    return "-" if asked.value in (None, "") else str(asked.value)


def system_needs(system: System) -> str:
    """What has to be configured."""
    return ", ".join(system.configuration) or "nothing"


def system_authentication(system: System) -> str:
    """How one is let in."""
    return " or ".join(system.authentication) or "nothing"


def health_text(health: Health) -> str:
    """How its last job ended, and which of its gateways are left alone: `+ completed; sftp left alone`."""
    last = wording.state_text(health.state) if health.state else "no job yet"
    alone = f"! {', '.join(health.left_alone)} left alone" if health.left_alone else ""
    return "; ".join(filter(None, (alone, last)))


def activation_lines(plan: ActivationPlan, undone: Sequence[StepState]) -> Iterator[str]:
    """What activating switches besides, what goes then, and what would keep it from going."""
    if plan.replaces:
        yield f"Activating {plan.facility} switches {plan.replaces} off."
    if plan.schedules_disabled:
        yield f"Its schedules are disabled: {', '.join(plan.schedules_disabled)}."
    wait = "waits for this destination and goes" if plan.pending == 1 else "wait for this destination and go"
    yield f"{counted(plan.pending, 'invoice')} {wait} with the next export."
    yield from lacking_lines(undone)


def switched_lines(done: ActivationPlan) -> Iterator[str]:
    """What was switched off besides."""
    if done.replaces:
        yield f"switched off: {done.replaces}"
    if done.schedules_disabled:
        yield f"disabled: {', '.join(done.schedules_disabled)}"


def lacking_lines(undone: Sequence[StepState]) -> Iterator[str]:
    """What the steps before activating lack."""
    for step in undone:
        if step.step is not Step.ACTIVATE:
            yield f"Its exports will fail: {step.step} is not done: {', '.join(step.missing)}."


def deactivation_lines(plan: DeactivationPlan) -> Iterator[str]:
    """What deactivating switches besides, and what stays."""
    if plan.schedules_disabled:
        yield f"This disables the schedules: {', '.join(plan.schedules_disabled)}."
    if plan.pending:
        waits = "waits" if plan.pending == 1 else "wait"
        yield f"{counted(plan.pending, 'invoice')} {waits} until a facility of this destination is active."

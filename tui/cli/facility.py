"""`waybill facility`: the configured ways out, at most one of them active per destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from models import destinations, facilities, facility_list, facility_settings, facility_setup
from models.catalogue import discover
from models.errors import InvalidInput
from models.facilities import Facility, FacilityState
from models.facility_list import Listed
from models.facility_setup import StepState, System
from tui import facility_text, setting_text
from tui.cli.console import (
    Session,
    Verbs,
    entity_option,
    in_session,
    pairs,
    refuse_empty_edit,
    time_text,
    yes_option,
)
from tui.wording import counted

if TYPE_CHECKING:
    from worker.trial import StepResult

set_option = click.option(
    "--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting; repeat for more."
)


@click.group("facility", cls=Verbs)
def command() -> None:
    """Export facilities: what is exported where, and how. See also: waybill facility settings."""


@command.command("list")
@entity_option
@in_session
def list_facilities(session: Session, entity_name: str | None) -> None:
    """The facilities of a legal entity."""
    session.table(
        [_as_row(listed) for listed in facility_list.listed(session.actor, session.entity(entity_name))],
        ["name", "destination", "state", "last_job", "last_export"],
        empty="No facility yet. Make one: waybill facility create NAME",
    )


@command.command("show")
@click.argument("name", required=False)
@entity_option
@in_session
def show_facility(session: Session, name: str | None, entity_name: str | None) -> None:
    """One facility: its settings, where it publishes, and which file types still lack settings."""
    facility = _find(session, name, entity_name)
    item = _as_item(facility) | {
        "folder": str(session.settings.pickup / facility.entity.folder),
        "effective_settings": facility_settings.effective_settings(facility),
        "formats": {key: _readiness(facility, key) for key in sorted(discover("waybill.formats"))},
        "gateways": {key: _readiness(facility, key) for key in sorted(discover("waybill.gateways"))},
    }
    session.show(item)


@command.command("steps")
@click.argument("name", required=False)
@entity_option
@in_session
def show_steps(session: Session, name: str | None, entity_name: str | None) -> None:
    """Setting it up, step by step: what each asks, and what is still missing."""
    steps = facility_setup.steps(_find(session, name, entity_name))
    lines = [line for number, step in enumerate(steps, 1) for line in facility_text.step_lines(step, number)]
    session.answer({"steps": [_step_item(step) for step in steps]}, "\n".join(lines))


def _step_item(step: StepState) -> dict[str, Any]:
    asked = [{"key": one.key, "value": one.value, "given": one.given} for one in step.asked]
    return {"step": step.step, "done": step.done, "missing": list(step.missing), "asks": asked}


@command.command("systems")
@in_session
def list_systems(session: Session) -> None:
    """The catalogue: the systems that a facility can send to, and what each needs."""
    items = [
        {
            "system": system.key,
            "title": system.title,
            "about": system.about,
            "configuration": list(system.configuration),
            "authentication": list(system.authentication),
        }
        for system in facility_setup.catalogue()
    ]
    session.listing(items, lambda: map(_system_text, facility_setup.catalogue()), empty="")


def _system_text(system: System) -> str:
    needs = f"    to configure: {facility_text.system_needs(system)}"
    ways = f"    to authenticate: {facility_text.system_authentication(system)}"
    return f"{system.key}: {system.title}\n    {system.about}\n{needs}\n{ways}"


@command.command("create")
@click.argument("name")
@click.option(
    "--destination",
    "label",
    default="payable",
    show_default=True,
    help="payable, receivable, or one more stream.",
)
@set_option
@entity_option
@in_session
def create_facility(
    session: Session, name: str, label: str, given: tuple[str, ...], entity_name: str | None
) -> None:
    """Add a facility in draft; nothing is exported before it is activated."""
    entity = session.entity(entity_name)
    destination = destinations.find(entity, label)
    facility = facilities.create(session.actor, entity, name, destination, {**pairs(given)})
    done = f"created the facility {facility.name} for {destination.label}, a draft"
    again = session.command("facility", "activate", facility.name, entity=entity)
    session.answer(_as_item(facility), f"{done}\nnext: {again}")
    _warn_of_formats(session, facility)


@command.command("edit")
@click.argument("name", required=False)
@click.option("--name", "new_name", help="Its new name.")
@set_option
@click.option("--unset", multiple=True, metavar="KEY", help="Takes a setting back to its default.")
@entity_option
@in_session
def edit_facility(
    session: Session,
    name: str | None,
    new_name: str | None,
    given: tuple[str, ...],
    unset: tuple[str, ...],
    entity_name: str | None,
) -> None:
    """Change what is given; a job under way keeps the settings it began with."""
    refuse_empty_edit()
    facility = _find(session, name, entity_name)
    if strange := [key for key in unset if key not in facility.settings]:
        known = ", ".join(facility.settings) or "nothing"
        raise InvalidInput(f"{facility.name} does not set {strange[0]}", remedy=f"it sets: {known}")
    changes = {**pairs(given), **dict.fromkeys(unset)}
    facility = facilities.edit(session.actor, facility, changes, name=new_name)
    session.answer(_as_item(facility), f"changed the facility {facility.name}")
    _warn_of_formats(session, facility)


@command.command("activate")
@click.argument("name", required=False)
@yes_option
@entity_option
@in_session
def activate_facility(session: Session, name: str | None, yes: bool, entity_name: str | None) -> None:
    """Make it the active one of its destination; another one, with its schedules, is switched off."""
    facility = _find(session, name, entity_name)
    plan = facilities.plan_activation(facility)
    undone = [step for step in facility_setup.steps(facility) if not step.done]
    if plan.replaces:
        told = facility_text.activation_lines(plan, undone)
        session.confirm("\n".join(told) + "\nGo on?", yes=yes)
    else:
        for line in facility_text.lacking_lines(undone):
            session.warn(line)
    done = facilities.activate(session.actor, facility, planned=plan)
    item = _as_item(facility) | {
        "replaced": done.replaces,
        "schedules_disabled": done.schedules_disabled,
        "pending": done.pending,
    }
    lines = [f"activated the facility {facility.name} for {facility.destination.label}"]
    if done.replaces:
        lines.append(f"  switched off  {done.replaces}, schedules disabled: {len(done.schedules_disabled)}")
    go = "goes" if done.pending == 1 else "go"
    lines.append(f"  pending       {counted(done.pending, 'invoice')} {go} with the next export")
    session.answer(item, "\n".join([*lines, "next: waybill schedule create"]))


@command.command("deactivate")
@click.argument("name", required=False)
@yes_option
@entity_option
@in_session
def deactivate_facility(session: Session, name: str | None, yes: bool, entity_name: str | None) -> None:
    """Switch it off, and its schedules with it; switching it on again leaves them off."""
    facility = _find(session, name, entity_name)
    plan = facility_setup.plan_deactivation(facility)
    if plan.schedules_disabled:
        session.confirm(" ".join([*facility_text.deactivation_lines(plan), "Go on?"]), yes=yes)
    disabled = facilities.deactivate(session.actor, facility, planned=plan.schedules_disabled)
    done = f"deactivated the facility {facility.name}, schedules disabled: {len(disabled)}"
    session.answer(_as_item(facility) | {"schedules_disabled": disabled}, done)


@command.command("test")
@click.argument("name", required=False)
@click.option(
    "--trust-host-key",
    "trusted",
    metavar="SHA256:…",
    help="Approve this host key of the SFTP server, if it is the one the server shows now.",
)
@entity_option
@in_session
def test_facility(session: Session, name: str | None, trusted: str | None, entity_name: str | None) -> None:
    """Try every gateway of a facility, step by step: a small file is sent, read back and taken away."""
    from worker import trial

    facility = _find(session, name, entity_name)
    if trusted is not None:
        approved = trial.trust_host_key(session.actor, facility, trusted)
        facility = _find(session, facility.name, entity_name)
        click.echo(f"approved the host key {approved}", err=True)
    steps = trial.run(session.actor, facility)
    items = [{"gateway": step.gateway, "step": step.name} | _outcome(step) for step in steps]
    ok = all(step.problem is None for step in steps)
    session.answer(
        {"facility": facility.name, "ok": ok, "steps": items},
        "\n".join([*map(_step_text, items), "ok" if ok else "failed"]),
    )
    if not ok:
        raise click.exceptions.Exit(1)


def _outcome(step: StepResult) -> dict[str, Any]:
    if step.problem is None:
        return {"result": "ok", "what": step.what, "remedy": ""}
    return {"result": "failed", "what": step.problem.reason, "remedy": step.problem.remedy}


def _step_text(item: dict[str, Any]) -> str:
    mark = "+" if item["result"] == "ok" else "x"
    text = f"{mark} {item['gateway']} {item['step']}: {item['what']}"
    return f"{text}\n  {item['remedy']}" if item["remedy"] else text


@command.command("settings")
@in_session
def list_settings(session: Session) -> None:
    """Everything that can be set, for a facility itself, each file type and each gateway."""
    items = list(setting_text.every_setting())
    session.listing(items, lambda: map(setting_text.setting_text, items), empty="")


def _warn_of_formats(session: Session, facility: Facility) -> None:
    """Say what is wrong with the settings of a file type that is being set up."""
    for key in sorted({setting.partition(".")[0] for setting in facility.settings if "." in setting}):
        problem = facility_settings.missing_settings(facility, key)
        if problem is not None:
            session.warn(f"{problem.message}. {problem.remedy[:1].upper()}{problem.remedy[1:]}")


def _readiness(facility: Facility, format_key: str) -> str:
    missing = facility_settings.missing_settings(facility, format_key)
    return "ready" if missing is None else f"{missing.message}; {missing.remedy}"


def _find(session: Session, name: str | None, entity_name: str | None) -> Facility:
    return facilities.find(session.entity(entity_name), name)


def _as_row(listed: Listed) -> dict[str, Any]:
    health = listed.health
    return _as_item(listed.facility) | {
        "last_job": health.state,
        "last_job_id": health.job_id,
        "last_export": time_text(health.exported_at),
        "left_alone": list(health.left_alone),
    }


def _as_item(facility: Facility) -> dict[str, Any]:
    return {
        "id": facility.id,
        "name": facility.name,
        "entity": facility.entity.name,
        "destination": facility.destination.label,
        "state": FacilityState(facility.state),
        "settings": facility.settings,
    }

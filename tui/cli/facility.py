"""`waybill facility`: the configured ways out, at most one of them active per destination."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from models import destinations, facilities, facility_settings
from models.catalogue import Setting, SettingKind, discover
from models.errors import InvalidInput
from models.facilities import ActivationPlan, Facility, FacilityState
from tui.cli.console import Session, Verbs, entity_option, in_session, pairs, yes_option
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
        [_as_item(facility) for facility in facilities.of_entity(session.entity(entity_name))],
        ["name", "destination", "state"],
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
    if plan.replaces:
        session.confirm("\n".join(_plan_lines(plan)) + "\nGo on?", yes=yes)
    done = facilities.activate(session.actor, facility)
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
    names = facilities.enabled_schedules(facility)
    if names:
        session.confirm(f"This disables the schedules: {', '.join(names)}. Go on?", yes=yes)
    disabled = facilities.deactivate(session.actor, facility)
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
    items = list(_all_settings())
    session.listing(items, lambda: map(_setting_text, items), empty="")


def _all_settings() -> Iterator[dict[str, Any]]:
    yield from (_setting_item(setting.name, setting) for setting in facility_settings.SETTINGS)
    for group in ("waybill.formats", "waybill.gateways"):
        for key, plugin in sorted(discover(group).items()):
            yield from (_setting_item(f"{key}.{setting.name}", setting) for setting in plugin.settings)


def _setting_item(key: str, setting: Setting) -> dict[str, Any]:
    return {
        "key": key,
        "title": setting.title,
        "help": setting.help,
        "kind": setting.kind,
        "choices": list(setting.allowed()),
        "default": setting.default,
        "required": setting.required,
    }


def _setting_text(item: dict[str, Any]) -> str:
    given = {True: "yes", False: "no"}.get(item["default"], item["default"])
    default = "" if given is None else f" (default {given})"
    required = " (required)" if item["required"] else ""
    if item["kind"] == SettingKind.SECRET:
        required = " (a secret: waybill secret set facility.ID." + item["key"].replace(".", "_") + ")"
    choices = ", ".join(item["choices"]) or ("yes, no" if item["kind"] is SettingKind.BOOLEAN else "")
    told = ": ".join(part for part in (item["title"], item["help"]) if part)
    lines = [told, f"one of: {choices}"] if choices else [told]
    return "\n".join([f"{item['key']}{required}{default}", *(_indented(line) for line in lines)])


def _indented(text: str) -> str:
    return textwrap.fill(text, 79, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False)


def _plan_lines(plan: ActivationPlan) -> Iterator[str]:
    yield f"Activating {plan.facility} switches {plan.replaces} off."
    if plan.schedules_disabled:
        yield f"Its schedules are disabled: {', '.join(plan.schedules_disabled)}."
    wait = "waits for this destination and goes" if plan.pending == 1 else "wait for this destination and go"
    yield f"{counted(plan.pending, 'invoice')} {wait} with the next export."


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


def _as_item(facility: Facility) -> dict[str, Any]:
    return {
        "id": facility.id,
        "name": facility.name,
        "entity": facility.entity.name,
        "destination": facility.destination.label,
        "state": FacilityState(facility.state),
        "settings": facility.settings,
    }

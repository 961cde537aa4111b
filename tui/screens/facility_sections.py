"""A facility as its screen shows it: what is read, and its parts as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from models import breakers, facility_list, facility_settings, facility_setup, schedules
from models.audit import Actor
from models.breakers import BreakerState
from models.catalogue import discover
from models.destinations import pending_count
from models.errors import ConfigurationError
from models.facilities import Facility
from models.facility_list import Health
from models.facility_setup import Asked, Step, StepState
from models.schedules import Listed
from tui import facility_text, wording
from tui.kit.detail import Entry, Section
from tui.widgets.cells import state_style
from tui.widgets.table import Cell, Cells, Column

SETUP, SETTINGS, GATEWAYS, FORMATS, AUTOMATION = "setup", "settings", "gateways", "file types", "automation"

SECTIONS = (
    Section(
        SETUP,
        "setup",
        (
            Column("number", "#", 3),
            Column("step", "STEP", 16),
            Column("state", "STATE", 11),
            Column("what", "WHAT IT IS ABOUT, OR LACKS", 0),
        ),
        "",
    ),
    Section(
        SETTINGS,
        "settings",
        (
            Column("title", "SETTING", 38),
            Column("given", "FROM", 10),
            Column("value", "VALUE", 0),
        ),
        "",
    ),
    Section(
        GATEWAYS,
        "gateways",
        (
            Column("gateway", "GATEWAY", 22),
            Column("for", "FOR", 15),
            Column("state", "STATE", 14),
            Column("what", "WHY", 0),
        ),
        "",
    ),
    Section(
        FORMATS,
        "file types",
        (
            Column("format", "FILE TYPE", 30),
            Column("state", "STATE", 11),
            Column("what", "WHAT IT LACKS", 0),
        ),
        "",
    ),
    Section(
        AUTOMATION,
        "automation",
        (
            Column("on", "ON", 4),
            Column("name", "SCHEDULE", 20),
            Column("words", "WHEN", 0),
            Column("next", "NEXT UTC", 13),
            Column("last", "LAST", 14),
        ),
        "It exports when somebody asks for it. For one that comes by itself: n New schedule",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """One gateway it uses: what for, what it lacks, and whether it is left alone."""

    key: str
    title: str
    used_for: str
    lacks: str
    left_alone_until: datetime | None
    failures: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A facility with all that its screen shows."""

    facility: Facility
    health: Health
    steps: Sequence[StepState]
    gateways: Sequence[GatewayState]
    formats: Sequence[tuple[str, str, str]]
    """Key, title, and what it lacks."""
    schedules: Sequence[Listed]
    why_no_automation: str
    pending: int


def read(actor: Actor, which: int | str) -> Looked:
    """Everything about one facility; raises `NotFound`."""
    facility = facility_list.find(actor, which)
    return Looked(
        facility=facility,
        health=facility_list.health()[facility.id],
        steps=facility_setup.steps(facility),
        gateways=[*_gateways(facility)],
        formats=[*_formats(facility)],
        schedules=[
            one for one in schedules.listed(actor, facility.entity) if one.schedule.facility_id == facility.id
        ],
        why_no_automation=facility_setup.why_no_automation(facility),
        pending=pending_count(facility.destination_id),
    )


def _gateways(facility: Facility) -> Iterator[GatewayState]:
    failing = {one.gateway: one for one in breakers.of_facility(facility.id)}
    for key, names in facility_setup.gateways_of(facility).items():
        one = failing.get(key)
        alone = one is not None and one.state is not BreakerState.CLOSED
        yield GatewayState(
            key=key,
            title=discover("waybill.gateways")[key].title,
            used_for="all files" if len(names) > 1 else _for(*names),
            lacks=_said(facility_settings.missing_settings(facility, key)),
            left_alone_until=one.until if one and alone else None,
            failures=one.failures if one else 0,
            reason=one.reason if one else "",
        )


def _for(setting: str) -> str:
    return "ACH files" if setting == "ach_gateway" else "other files"


def _formats(facility: Facility) -> Iterator[tuple[str, str, str]]:
    for key, plugin in sorted(discover("waybill.formats").items()):
        yield key, plugin.title, _said(facility_settings.missing_settings(facility, key))


def _said(missing: ConfigurationError | None) -> str:
    return "" if missing is None else missing.message.partition(": ")[2] or missing.message


# As tables


def entries(section: str, data: Looked) -> Sequence[Entry]:
    """The rows of a part."""
    if section == SETUP:
        return [_step(step, number) for number, step in enumerate(data.steps, 1)]
    if section == SETTINGS:
        return [_setting(step.step, asked) for step in data.steps for asked in step.asked]
    if section == GATEWAYS:
        return [_gateway(one) for one in data.gateways]
    if section == FORMATS:
        return [_format(*one) for one in data.formats]
    return [] if data.why_no_automation else [_schedule(one) for one in data.schedules]


def nothing(section: str, data: Looked) -> str:
    """What stands in a part without a row."""
    if section == AUTOMATION and data.why_no_automation:
        kept = ", ".join(wording.one_line(one.schedule.name) for one in data.schedules)
        own = f"Not yet: {data.why_no_automation}.\n\nTo change that: o Activate"
        return f"{own}\n\nIts schedules are kept, disabled: {kept}" if kept else own
    return next(each.nothing for each in SECTIONS if each.key == section)


def _step(step: StepState, number: int) -> Entry:
    about = facility_text.step_about(step.step)
    texts: Cells = {
        "number": str(number),
        "step": step.step,
        "state": Cell(facility_text.step_mark(step), "" if step.done else "yellow"),
        "what": "; ".join(step.missing) or about,
    }
    lines = [f"{step.step}: {about}", *(f"! {missing}" for missing in step.missing)]
    return Entry(step.step, texts, "\n".join([*lines, "enter opens it"]))


def _setting(step: Step, asked: Asked) -> Entry:
    value = facility_text.value_text(asked)
    texts: Cells = {
        "title": asked.setting.title,
        "given": "given" if asked.given else "! missing" if asked.problem else "default",
        "value": value,
    }
    head = f"{asked.setting.title}: {value}"
    lines = [head, asked.setting.help, f"{asked.key}, of the step {step}; enter changes it"]
    return Entry((step, asked.key), texts, "\n".join(filter(None, lines)))


def _gateway(one: GatewayState) -> Entry:
    if one.left_alone_until:
        state, why = "! left alone", f"until {wording.short_time(one.left_alone_until)} UTC: {one.reason}"
    elif one.lacks:
        state, why = "! missing", one.lacks
    else:
        state, why = "+ ready", f"last trouble: {one.reason}" if one.failures else ""
    texts: Cells = {"gateway": one.title, "for": one.used_for, "state": state, "what": why}
    lines = [f"{one.title} ({one.key}) for {one.used_for}: {state[2:]} {why}".rstrip()]
    if one.left_alone_until:
        lines.append(f"{wording.counted(one.failures, 'failure')} in a row. To end that now: t Test")
    return Entry(one.key, texts, "\n".join(lines))


def _format(key: str, title: str, lacks: str) -> Entry:
    texts: Cells = {"format": title, "state": "! missing" if lacks else "+ ready", "what": lacks}
    return Entry(key, texts, f"{title} ({key}): {lacks or 'ready'}\nenter opens its settings")


def _schedule(one: Listed) -> Entry:
    schedule = one.schedule
    last = wording.state_text(one.last.state) if one.last else "not yet"
    texts: Cells = {
        "on": "[x]" if schedule.enabled else "[ ]",
        "name": schedule.name,
        "words": schedule.recurrence.describe(),
        "next": wording.short_time(one.next_run),
        "last": Cell(last, state_style(one.last.state) if one.last else ""),
    }
    coming = f"next {wording.both_times(one.next_run)}" if one.next_run else one.held_up_by or "nothing comes"
    head = f"{schedule.name}: {schedule.recurrence.describe()}, on behalf of {schedule.on_behalf_of.email}"
    return Entry(schedule.id, texts, f"{head}\n{coming}; last {last}\nenter opens it")

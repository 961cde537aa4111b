"""One facility in a narrow pane beside the list: how it does, what it lacks, its gateways and schedules."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from models.facilities import FacilityState
from tui import facility_text, wording
from tui.screens.facility_sections import Looked

_SCHEDULES = 6


def text(data: Looked) -> Text:
    """All of it, as much as a look needs."""
    made = Text()
    for part in (*_head(data), *_steps(data), *_gateways(data), *_schedules(data)):
        made.append_text(part).append("\n")
    return made


def _head(data: Looked) -> Iterator[Text]:
    facility, health = data.facility, data.health
    state = facility_text.state_text(FacilityState(facility.state))
    yield Text(f"{wording.one_line(facility.name)}  {state}", "bold")
    yield _plain(f"{facility.destination.label} of {facility.entity.name}")
    yield _plain(f"{wording.counted(data.pending, 'invoice')} pending")
    yield _plain(facility_text.health_text(health))
    if health.reason:
        yield _plain(health.reason)


def _steps(data: Looked) -> Iterator[Text]:
    yield Text("\nSetup", "bold")
    for step in data.steps:
        yield _plain(f"{facility_text.step_mark(step)[0]} {step.step}")
        if not step.done and step.asked:
            yield from (_plain(f"    {missing}") for missing in step.missing)


def _gateways(data: Looked) -> Iterator[Text]:
    yield Text("\nGateways", "bold")
    for one in data.gateways:
        yield _plain(f"{one.title}: {one.used_for}")
        if one.left_alone_until:
            until = wording.short_time(one.left_alone_until)
            yield _plain(f"! left alone until {until} UTC: {one.reason}")


def _schedules(data: Looked) -> Iterator[Text]:
    yield Text("\nSchedules", "bold")
    for listed in data.schedules[:_SCHEDULES]:
        on = "x" if listed.schedule.enabled else " "
        yield _plain(f"[{on}] {listed.schedule.name}  {wording.short_time(listed.next_run)}")
    if len(data.schedules) > _SCHEDULES:
        yield _plain(f"and {len(data.schedules) - _SCHEDULES} more")
    if not data.schedules:
        yield _plain("none")


def _plain(text: str) -> Text:
    indent = text[: len(text) - len(text.lstrip())]
    return Text(indent + wording.one_line(text), "not bold")

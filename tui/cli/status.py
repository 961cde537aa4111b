"""`waybill status`: what needs a person, how jobs go and what runs next, on one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import click

from models import attention, services
from models.attention import Concern
from models.jobs import error_groups, pace
from models.jobs.error_groups import ANY, ErrorGroup
from models.jobs.pace import Ended, Pace
from models.schedules import history
from models.schedules.history import Coming
from models.services import Kind, Seen
from tui.cli.console import Session, in_session, time_text, visible

_GAPS: Final = re.compile(rf"{ANY}(?: {ANY})+")


@click.command("status")
@in_session
def command(session: Session) -> None:
    """What needs a person, how jobs go, and what runs next: the dashboard as text."""
    groups = error_groups.groups(session.actor)
    concerns = attention.concerns(session.actor)
    now, coming = pace.pace(session.actor), history.coming(session.actor)
    standing = services.listed()
    item = {
        "failed": [_group_item(group) for group in groups],
        "attention": [_concern_item(one) for one in concerns],
        "jobs": _pace_item(now),
        "next_runs": [run._asdict() for run in coming],
        "services": [_service_item(one) for one in standing],
    }
    lines = [*_lines(groups, concerns, now, coming), *_service_lines(standing)]
    session.answer(item, "\n".join(lines))


def _service_lines(standing: list[Seen]) -> Iterator[str]:
    """Each that runs; of a kind of which none does, the last one. A worker there must be."""
    kinds = {one.kind for one in standing if one.running}
    for one in standing:
        where = f"on {visible(one.host)}, process {one.pid}"
        if one.running:
            yield f"{one.kind}  runs {where}, since {time_text(one.started_at)}"
        elif one.kind not in kinds:
            kinds.add(one.kind)
            yield f"{one.kind}  ! none since {time_text(one.seen_at)}; the last ran {where}"
    if Kind.WORKER not in {one.kind for one in standing}:
        yield "worker  ! none has been seen yet; start one: waybill up"


def _lines(
    groups: list[ErrorGroup], concerns: list[Concern], now: Pace, coming: list[Coming]
) -> Iterator[str]:
    yield "needs attention" if groups or concerns else "nothing needs attention"
    for group in groups:
        yield f"  x {group.open:,} failed ({group.hour:,} in 1 h, {group.day:,} in 24 h): {_what(group)}"
        yield f"      {group.code}; such as job {group.example_id}; {', '.join(group.facilities)}"
    for one in concerns:
        names = f": {', '.join(one.first)}" if one.first else ""
        yield f"  ! {one.count:,} {one.what}{names}"
        yield f"      {one.command}"
    yield f"jobs  active {now.active:,}  pending {now.pending:,}  failed, open {now.failed:,}"
    yield f"      1 h   {_ended_text(now.hour)}"
    yield f"      24 h  {_ended_text(now.day)}"
    for run in coming:
        yield f"next  {time_text(run.at)}  {run.schedule}  {run.facility}"


def _what(group: ErrorGroup) -> str:
    """The reason in full of one job alone; of several what they share, a `…` for each part that differs."""
    return group.example if group.open == 1 else _GAPS.sub(ANY, group.text)


def _service_item(one: Seen) -> dict[str, Any]:
    return {**one._asdict(), "kind": one.kind.value}


def _ended_text(ended: Ended) -> str:
    return f"completed {ended.completed:,}  with errors {ended.with_errors:,}  failed {ended.failed:,}"


def _group_item(group: ErrorGroup) -> dict[str, Any]:
    return {
        "code": group.code,
        "text": group.text,
        "hour": group.hour,
        "day": group.day,
        "week": group.week,
        "open": group.open,
        "facilities": list(group.facilities),
        "example": group.example_id,
        "remedy": group.remedy,
    }


def _concern_item(one: Concern) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "count": one.count,
        "what": one.what,
        "first": list(one.first),
        "since": one.since,
        "opens": one.opens,
        "command": one.command,
    }


def _pace_item(now: Pace) -> dict[str, Any]:
    return {
        "pending": now.pending,
        "active": now.active,
        "failed": now.failed,
        "oldest_pending": now.oldest_pending,
        "hour": now.hour._asdict(),
        "day": now.day._asdict(),
    }

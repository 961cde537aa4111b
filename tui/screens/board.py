"""What the dashboard shows, read at once: what needs a person, how jobs go, what comes, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import attention, audit, clock, services
from models.attention import Concern
from models.audit import Actor, AuditEntry
from models.errors import PermissionDenied
from models.jobs import error_groups, pace, queries
from models.jobs.error_groups import ErrorGroup
from models.jobs.pace import DAY, MINUTE, Pace, Span
from models.jobs.queries import Filter
from models.people import audited_entities
from models.schedules import history
from models.schedules.history import Coming
from tui import audit_text, wording
from tui.kit import first_steps

MINUTES, DAYS = 40, 14
_COMING, _ACTS = 6, 12


class Need(NamedTuple):
    """One line of what needs a person, or of the first steps; enter opens it."""

    key: str
    mark: str
    what: str
    where: str
    hour: str
    day: str
    now: str
    opens: str
    """A link."""
    full: str
    """All of it, with what to do."""
    group: ErrorGroup | None = None
    """The failures that it is about, which can be re-queued."""


class Act(NamedTuple):
    """One act of somebody."""

    id: int
    at: datetime
    who: str
    what: str


class Plots(NamedTuple):
    """What is drawn as pictures, once a minute."""

    minutes: tuple[Span, ...]
    days: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One reading of it all."""

    needs: tuple[Need, ...]
    starting: bool
    """There was no job yet: what needs a person are the first steps."""
    jobs: Pace
    worker_runs: bool
    worker_seen: datetime | None
    """When one gave a sign last; None: never."""
    coming: tuple[Coming, ...]
    acts: tuple[Act, ...] | None
    """None: the actor may not see the audit."""


def read(actor: Actor) -> Board:
    """All of it but the plots, each a question that costs what is wrong and not the archive."""
    jobs = pace.pace(actor)
    starting = (
        not (jobs.pending or jobs.active or jobs.failed) and not queries.ids(actor, Filter(), limit=1).rows
    )
    needs = [_group(group) for group in error_groups.by_code(actor)]
    needs += [_concern(one) for one in attention.concerns(actor)]
    if starting:
        needs = [_step(number, step) for number, step in enumerate(first_steps.find(actor))] + needs
    return Board(
        needs=tuple(needs),
        starting=starting,
        jobs=jobs,
        worker_runs=services.running(services.Kind.WORKER),
        worker_seen=services.last_seen(services.Kind.WORKER),
        coming=tuple(history.coming(actor, _COMING)),
        acts=_acts(actor),
    )


def plots(actor: Actor) -> Plots:
    """The series behind the pictures."""
    return Plots(tuple(pace.series(actor, MINUTE, MINUTES)), tuple(pace.series(actor, DAY, DAYS)))


def _group(group: ErrorGroup) -> Need:
    places = group.facilities
    where = places[0] + (f" +{len(places) - 1}" if len(places) > 1 else "") if places else ""
    return Need(
        key=f"failed {group.code}",
        mark="x",
        what=f"failed: {group.example}",
        where=where,
        hour=f"{group.hour:,}",
        day=f"{group.day:,}",
        now=f"{group.open:,}",
        opens=f"job/{group.example_id}" if group.open == 1 else f"job?error:{group.code}",
        full=f"{group.example}\nTo do: {group.remedy}",
        group=group,
    )


def _concern(one: Concern) -> Need:
    since = f"since {moment(one.since)}" if one.since else ""
    return Need(
        key=one.kind,
        mark="!",
        what=one.what,
        where=", ".join(one.first) or since,
        hour="",
        day="",
        now=f"{one.count:,}",
        opens=one.opens,
        full="\n".join(filter(None, [f"{one.what}: {', '.join(one.first)}", since, f"To do: {one.command}"])),
    )


def moment(at: datetime) -> str:
    """A moment in words that stay true for as long as the line is drawn: the clock time, or the day."""
    return wording.clock_time(at)[:5] + " UTC" if clock.now() - at < DAY else wording.short_time(at)


def _step(number: int, step: first_steps.Step) -> Need:
    return Need(
        key=f"step {number}",
        mark="+" if step.done else ".",
        what=f"[{'x' if step.done else ' '}] {step.what}",
        where=f"{step.key} or: {step.command}" if step.key else f"in another terminal: {step.command}",
        hour="",
        day="",
        now="",
        opens=step.opens,
        full=step.command,
    )


def _acts(actor: Actor) -> tuple[Act, ...] | None:
    try:
        allowed = audited_entities(actor, None)
    except PermissionDenied:
        return None
    return tuple(_act(entry) for entry in audit.entries(entity_ids=allowed, limit=_ACTS))


def _act(entry: AuditEntry) -> Act:
    what = f"{audit_text.act(entry)} {entry.subject_name}".strip()
    return Act(entry.id, entry.at, entry.actor, what + (f": {entry.reason}" if entry.reason else ""))

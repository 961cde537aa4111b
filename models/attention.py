"""What a person should look at now, failed jobs aside (`models.jobs.error_groups`): the cheap questions.

Each is one statement on an index that holds only what is wrong, so that asking costs what is wrong and not
the archive. `waybill doctor` looks further, and takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from models import clock, services, tokens
from models.audit import Actor
from models.database import execute, snapshot
from models.fields import from_millis, to_millis
from models.jobs import lease, queries
from models.people import visible_entities

LATE = timedelta(minutes=2)
"""A worker that is there takes what waits within seconds."""
STUCK = timedelta(minutes=30)
"""A job that is still running after this is worth a look."""
UNUSED = timedelta(days=14)
EXPIRING = timedelta(days=7)
_NAMED = 3


class Kind(StrEnum):
    """What is wrong."""

    WORKER_SILENT = "worker_silent"
    NO_WORKER = "no_worker"
    STUCK_JOB = "stuck_job"
    LATE_SCHEDULE = "late_schedule"
    BREAKER_OPEN = "breaker_open"
    OUTCOME_UNKNOWN = "outcome_unknown"
    ON_HOLD = "on_hold"
    MAIL_NOT_SENT = "mail_not_sent"
    TOKEN_EXPIRES = "token_expires"  # noqa: S105 - a kind of concern
    CREDENTIAL_UNUSED = "credential_unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that needs a person, and the command that shows it or ends it."""

    kind: Kind
    count: int
    what: str
    """A clause that goes after the count: `invoices on hold`."""
    first: tuple[str, ...]
    """The first of them: names, or ids as links name them."""
    since: datetime | None
    opens: str
    """The link that shows them: `job/1041` for one thing, `invoice` for the list."""
    command: str


def concerns(actor: Actor) -> list[Concern]:
    """Everything that is wrong now in the legal entities the actor sees, the most pressing first."""
    with snapshot():
        found = [*_silent(actor), *_stuck(actor), *_late(actor), *_breakers(actor)]
        return [
            *found,
            *_unknown(actor),
            *_on_hold(actor),
            *_letters(actor),
            *_tokens(actor),
            *_unused(actor),
        ]


def _silent(actor: Actor) -> Iterator[Concern]:
    """Jobs that wait although nothing hinders them; before any does, schedules that nobody would start."""
    now = queries.pulse(actor)
    if now.waiting_since is None or now.waiting_since >= clock.now() - LATE:
        yield from _unattended(actor)
    else:
        yield Concern(
            kind=Kind.WORKER_SILENT,
            count=now.waiting,
            what="jobs that no worker takes",
            first=(),
            since=now.waiting_since,
            opens="job",
            command="waybill worker",
        )


_TO_START = """
SELECT COUNT(*) FROM schedule s WHERE s.enabled AND NOT s.deleted AND s.next_due IS NOT NULL{scope}
"""


def _unattended(actor: Actor) -> Iterator[Concern]:
    if services.running(services.Kind.WORKER):
        return
    ((count,),) = _rows(actor, _TO_START, "s.entity_id")
    if count:
        yield Concern(
            kind=Kind.NO_WORKER,
            count=count,
            what="schedules, and no worker runs that would start them",
            first=(),
            since=services.last_seen(services.Kind.WORKER),
            opens="schedule",
            command="waybill worker",
        )


_STUCK = """
SELECT j.id, a.started_at, j.owner FROM export_job j
JOIN job_attempt a ON a.job_id = j.id AND a.number = j.attempt
WHERE j.state = 'in_progress' AND j.state IN ('pending', 'in_progress'){scope} ORDER BY a.started_at
"""


def _stuck(actor: Actor) -> Iterator[Concern]:
    before = to_millis(clock.now() - STUCK)
    rows = [row for row in _rows(actor, _STUCK, "+j.entity_id") if row[1] < before or lease.is_gone(row[2])]
    yield from _concern(
        Kind.STUCK_JOB,
        "jobs that run for more than 30 minutes, or whose worker is gone",
        [(job_id, at) for job_id, at, _ in rows],
        "job",
        "waybill job show",
    )


_LATE_SCHEDULES = """
SELECT s.name, s.next_due FROM schedule s JOIN facility f ON f.id = s.facility_id
JOIN legal_entity e ON e.id = s.entity_id
WHERE s.enabled AND s.next_due < ? AND NOT s.deleted AND e.export_scheduler AND f.state = 'active'{scope}
ORDER BY s.next_due, s.id
"""


def _late(actor: Actor) -> Iterator[Concern]:
    rows = _rows(actor, _LATE_SCHEDULES, "s.entity_id", to_millis(clock.now() - LATE))
    yield from _concern(
        Kind.LATE_SCHEDULE, "schedules that were due and have made no job", rows, "schedule", "waybill doctor"
    )


_BREAKERS = """
SELECT f.name || ' by ' || b.gateway || ': ' || b.reason, b.until FROM gateway_breaker b
JOIN facility f ON f.id = b.facility_id WHERE b.state <> 'closed'{scope} ORDER BY f.name, b.gateway
"""


def _breakers(actor: Actor) -> Iterator[Concern]:
    rows = [(name, None) for name, _ in _rows(actor, _BREAKERS, "f.entity_id")]
    yield from _concern(
        Kind.BREAKER_OPEN,
        "gateways left alone after failures in a row",
        rows,
        "facility",
        "waybill facility test",
    )


_UNKNOWN = """
SELECT d.id, d.started_at FROM delivery d JOIN batch_file f ON f.id = d.file_id
WHERE d.state = 'unknown'{scope} ORDER BY d.id
"""


def _unknown(actor: Actor) -> Iterator[Concern]:
    yield from _concern(
        Kind.OUTCOME_UNKNOWN,
        "deliveries of which nobody knows whether they arrived",
        _rows(actor, _UNKNOWN, "f.entity_id"),
        "delivery",
        "waybill delivery resolve",
    )


# The destination first, and nothing but what its partial index holds: the ledger is never asked.
_ON_HOLD = """
SELECT COUNT(*) FROM destination d CROSS JOIN export_ledger l
WHERE l.destination_id = d.id AND l.state = 'on_hold'{scope}
"""


def _on_hold(actor: Actor) -> Iterator[Concern]:
    ((count,),) = _rows(actor, _ON_HOLD, "d.entity_id")
    if count:
        yield Concern(
            kind=Kind.ON_HOLD,
            count=count,
            what="invoices on hold",
            first=(),
            since=None,
            opens="invoice",
            command="waybill invoice list --state on_hold",
        )


# Two halves, each with an index of its own: what was given up, and what was tried and waits.
_LETTERS = """
SELECT m.recipient, m.created_at FROM outbox_mail m WHERE m.state = 'given_up'{scope}
UNION ALL
SELECT m.recipient, m.created_at FROM outbox_mail m WHERE m.state = 'waiting' AND m.created_at < ?{scope}
"""


def _letters(actor: Actor) -> Iterator[Concern]:
    condition, values = _scope(actor, "m.entity_id")
    late = to_millis(clock.now() - LATE)
    rows = execute(_LETTERS.format(scope=condition), [*values, late, *values]).fetchall()
    yield from _concern(
        Kind.MAIL_NOT_SENT,
        "mails that have not left",
        sorted(rows, key=lambda row: row[1]),
        "notification",
        "waybill notification list",
    )


def _tokens(actor: Actor) -> Iterator[Concern]:
    soon = clock.now() + EXPIRING
    rows = [
        (one.name, None) for one in tokens.visible(actor) if one.state == "active" and one.expires_at < soon
    ]
    yield from _concern(
        Kind.TOKEN_EXPIRES, "tokens that expire within a week", rows, "token", "waybill token list"
    )


_UNUSED = """
SELECT c.user_name, c.created_at FROM credential c
WHERE c.revoked_at IS NULL AND c.last_used_at IS NULL AND c.created_at < ?{scope} ORDER BY c.created_at, c.id
"""


def _unused(actor: Actor) -> Iterator[Concern]:
    yield from _concern(
        Kind.CREDENTIAL_UNUSED,
        "credentials that were never used",
        _rows(actor, _UNUSED, "c.entity_id", to_millis(clock.now() - UNUSED)),
        "credential",
        "waybill credential list",
    )


def _rows(actor: Actor, text: str, column: str, *parameters: object) -> list[Any]:
    condition, values = _scope(actor, column)
    rows: list[Any] = execute(text.format(scope=condition), [*parameters, *values]).fetchall()
    return rows


def _scope(actor: Actor, column: str) -> tuple[str, list[object]]:
    seen = visible_entities(actor)
    if seen is None:
        return "", []
    return f" AND {column} IN ({queries.marks(seen)})", [*seen]


def _concern(kind: Kind, what: str, rows: Sequence[Any], noun: str, command: str) -> Iterator[Concern]:
    """One concern of the things found, each its name or id and since when; nothing when there are none."""
    if not rows:
        return
    names = tuple(str(name) for name, _ in rows[:_NAMED])
    since = rows[0][1]
    one = len(rows) == 1 and kind not in (Kind.BREAKER_OPEN, Kind.MAIL_NOT_SENT)
    yield Concern(
        kind=kind,
        count=len(rows),
        what=what,
        first=names,
        since=from_millis(since) if isinstance(since, int) else None,
        opens=f"{noun}/{names[0]}" if one else noun,
        command=command,
    )

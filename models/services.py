"""Which services run: each says so now and then in a row of its own. It is shown; nothing is decided by it.

A row is written rarely and without waiting for the disk: a power cut may undo it, and then the service is
no more either. Whether a process of this host lives is asked of the system, so one that was killed is told
at once; one of another host counts as gone when it has been silent for three of its turns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from peewee import CompositeKey, TextField

from models import clock
from models.database import Row, execute, transaction
from models.fields import EnumField, UTCField, from_millis, to_millis
from models.jobs import lease

EVERY = timedelta(seconds=30)
"""How often a service says that it is there."""
_SILENT = 3 * EVERY


class Kind(StrEnum):
    """What a service does."""

    WORKER = "worker"
    SFTP = "sftp"
    WEB = "web"


class Service(Row):
    """One process that runs as a service, or was the last to."""

    kind = EnumField(Kind)
    owner = TextField()
    """The process, unique per incarnation: `models.jobs.lease.owner_name`."""
    started_at = UTCField()
    seen_at = UTCField()
    stopped_at = UTCField(null=True)
    """When it ended by itself; a process that was killed has none."""

    class Meta:
        table_name = "service"
        primary_key = CompositeKey("kind", "owner")


class Seen(NamedTuple):
    """One service, as it stands."""

    kind: Kind
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    running: bool


_NOTE = """
INSERT INTO service (kind, owner, started_at, seen_at) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, owner) DO UPDATE SET seen_at = excluded.seen_at, stopped_at = NULL
"""
_LEAVE = "UPDATE service SET seen_at = ?, stopped_at = ? WHERE kind = ? AND owner = ?"
_FORGET = "DELETE FROM service WHERE kind = ? AND owner = ?"
_LISTED = """
SELECT kind, owner, started_at, seen_at, stopped_at FROM service ORDER BY kind, started_at DESC, owner
"""


def begin(kind: Kind) -> None:
    """This process is a service from now on; those of its kind that are no more are forgotten."""
    with transaction(shared=True, lasting=False):
        for owner, seen in _rows():
            if seen.kind is kind and not seen.running:
                execute(_FORGET, (kind, owner))
        note(kind)


def note(kind: Kind) -> None:
    """This process is still there."""
    now = to_millis(clock.now())
    with transaction(shared=True, lasting=False):
        execute(_NOTE, (kind, lease.owner_name(), now, now))


def leave(kind: Kind) -> None:
    """This process ends."""
    now = to_millis(clock.now())
    with transaction(shared=True, lasting=False):
        execute(_LEAVE, (now, now, kind, lease.owner_name()))


def listed() -> list[Seen]:
    """Those that run, and the last of each kind that ran; by kind, the newest first."""
    return [seen for _, seen in _rows()]


def running(kind: Kind) -> bool:
    """Whether at least one of this kind runs."""
    return any(seen.running for seen in listed() if seen.kind is kind)


def last_seen(kind: Kind) -> datetime | None:
    """When one of this kind gave a sign last; None: never, as far as is known."""
    return max((seen.seen_at for seen in listed() if seen.kind is kind), default=None)


def _rows() -> list[tuple[str, Seen]]:
    return [(owner, _seen(kind, owner, *times)) for kind, owner, *times in execute(_LISTED).fetchall()]


def _seen(kind: str, owner: str, started: int, seen: int, stopped: int | None) -> Seen:
    host, _, pid, _ = owner.rsplit("/", 3)
    silent = clock.now() - from_millis(seen) > _SILENT
    gone = stopped is not None or silent or lease.is_gone(owner)
    return Seen(Kind(kind), host, int(pid), from_millis(started), from_millis(seen), not gone)

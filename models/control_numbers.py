"""Control numbers: within a scope, such as an interchange's sender and receiver, each file has the next one.

    free (given back) → reserved for a file → for ever its own once anything of it may have left

Partners refuse a number that comes twice and ask after one that never comes. So a number is taken in the
database before its file is written, and one whose file was given up before anything of it left is given
back: the next file takes the lowest of those. A file that repeats another's bytes has that one's number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

from peewee import SQL, BigIntegerField, ForeignKeyField, TextField

from models import audit
from models.audit import Actor, checked_reason
from models.database import Table, execute, executemany, serialise, transaction
from models.errors import ConfigurationError, Conflict, InvalidInput
from models.files import BatchFile
from models.jobs import Claim, hold_job
from models.people import Action, require

HIGHEST = 999_999_999
"""Nine digits: as many as X12 has (ISA13), and fewer than EDIFACT (UNB 0020)."""


class ControlNumber(Table):
    """One number of a scope; without a file it was given back."""

    file = ForeignKeyField(BatchFile, null=True, index=False)
    scope = TextField()
    number = BigIntegerField()
    file_id: int | None

    class Meta:
        table_name = "control_number"
        indexes = ((("scope", "number"), True), (("file", "scope"), True))


ControlNumber.add_index(
    ControlNumber.index(
        ControlNumber.scope, ControlNumber.number, name="control_number_free", where=SQL("file_id IS NULL")
    )
)


class ControlStart(Table):
    """The least number of a scope: a partner's that had files from another system before."""

    scope = TextField(unique=True)
    first = BigIntegerField()

    class Meta:
        table_name = "control_start"


class Scope(NamedTuple):
    """How far the numbers of a scope have come."""

    scope: str
    first: int
    last: int | None
    """The highest that was ever given; None before the first."""
    following: int
    """What the next file gets."""


_OF_FILES = "SELECT file_id, scope, number FROM control_number WHERE file_id IN ({marks})"
_FREE = """
SELECT number FROM control_number WHERE scope = ? AND file_id IS NULL AND number >= ? ORDER BY number LIMIT ?
"""
_LAST = "SELECT MAX(number) FROM control_number WHERE scope = ?"
_FIRST = "SELECT first FROM control_start WHERE scope = ?"
_TAKE = """
INSERT INTO control_number (file_id, scope, number) VALUES (?, ?, ?)
ON CONFLICT (scope, number) DO UPDATE SET file_id = excluded.file_id
"""
# Whatever may have left keeps its number.
_GIVE_BACK = """
UPDATE control_number SET file_id = NULL WHERE file_id IN (
    SELECT f.id FROM batch_file f WHERE f.{which} = ? AND NOT EXISTS (
        SELECT 1 FROM delivery d WHERE d.file_id = f.id AND d.state NOT IN ('staged', 'failed')))
"""
_GIVE_BACK_OF_JOB = _GIVE_BACK.format(which="job_id")
_GIVE_BACK_OF_FILE = _GIVE_BACK.format(which="id")


def reserve(claim: Claim, wanted: Mapping[int, Iterable[str]]) -> None:
    """Take for each file its number in each of its scopes; it keeps those that it has.

    Inside the caller's transaction. Raises `ConfigurationError` when a scope's nine digits are used up.
    """
    hold_job(claim)
    having = of_files(wanted)
    files_of = defaultdict[str, list[int]](list)
    for file_id, scopes in wanted.items():
        for scope in dict.fromkeys(scopes):
            if scope not in having.get(file_id, {}):
                files_of[scope].append(file_id)
    for scope, file_ids in sorted(files_of.items()):  # in one order, so that no two wait for each other
        serialise(f"control numbers of {scope}")
        free = upcoming(scope, len(file_ids))
        executemany(_TAKE, [(file_id, scope, next(free)) for file_id in file_ids])


def of_files(file_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """By file, its number in each scope."""
    ids, found = list(file_ids), defaultdict[int, dict[str, int]](dict)
    if ids:
        marks = ", ".join("?" * len(ids))
        for file_id, scope, number in execute(_OF_FILES.format(marks=marks), ids):
            found[file_id][scope] = number
    return dict(found)


def upcoming(scope: str, wanted: int = 1) -> Iterator[int]:
    """What the next files get, the lowest that was given back first."""
    first = _first(scope)
    yield from (number for (number,) in execute(_FREE, (scope, first, wanted)).fetchall())
    for number in count(max(first, (_last(scope) or 0) + 1)):
        if number > HIGHEST:
            raise ConfigurationError(
                f"the control numbers of {scope} are used up: {HIGHEST} was the last",
                remedy="agree with the partner on a new sender or receiver id",
                code="control_numbers_used_up",
            )
        yield number


def give_back(job_id: int) -> None:
    """Give the numbers of a job's files back of which nothing left, once none of them can leave any more.

    Inside the caller's transaction.
    """
    execute(_GIVE_BACK_OF_JOB, (job_id,))


def give_back_of(file_id: int) -> None:
    """Give the numbers of one file back that turns out not to have left; inside the caller's transaction."""
    execute(_GIVE_BACK_OF_FILE, (file_id,))


_SCOPES = "SELECT scope FROM control_number UNION SELECT scope FROM control_start ORDER BY 1"
_SET_FIRST = """
INSERT INTO control_start (scope, first) VALUES (?, ?)
ON CONFLICT (scope) DO UPDATE SET first = excluded.first
"""


def listed(actor: Actor) -> list[Scope]:
    """Every scope with how far it has come; raises `PermissionDenied`."""
    require(actor, Action.MANAGE_FACILITIES, None)
    return [_state(scope) for (scope,) in execute(_SCOPES).fetchall()]


_ON_ITS_WAY = """
SELECT n.number, f.job_id FROM control_number n
JOIN batch_file f ON f.id = n.file_id JOIN export_job j ON j.id = f.job_id
WHERE n.scope = ? AND f.state IN ('reserved', 'rendered') AND j.state IN ('pending', 'in_progress')
ORDER BY n.number LIMIT 1
"""


def go_on_from(actor: Actor, scope: str, first: int, reason: str) -> Scope:
    """Let a scope's next file get this number, and none lower ever again.

    Raises `PermissionDenied`, `InvalidInput`, and `Conflict` while a lower one may leave yet.
    """
    require(actor, Action.MANAGE_FACILITIES, None)
    reason = checked_reason(reason)
    with transaction():
        before = _state(scope)
        if not (before.last or 0) < first <= HIGHEST:
            raise InvalidInput(
                f"{scope} cannot go on from {first}: its last number was {before.last or 0}",
                remedy=f"give a number from {(before.last or 0) + 1} to {HIGHEST}",
                code="number_given_already",
            )
        if (waits := execute(_ON_ITS_WAY, (scope,)).fetchone()) is not None:
            raise Conflict(
                f"number {waits[0]} of {scope} belongs to a file of job {waits[1]}, which has not ended",
                remedy=f"wait for its end, or cancel it: waybill job cancel {waits[1]}",
                code="number_on_its_way",
            )
        execute(_SET_FIRST, (scope, first))
        audit.record(
            actor,
            "edit",
            "control numbers",
            name=scope,
            before={"next": before.following},
            after={"next": first},
            reason=reason,
        )
    return _state(scope)


def _state(scope: str) -> Scope:
    return Scope(scope, _first(scope), _last(scope), next(upcoming(scope)))


def _first(scope: str) -> int:
    row = execute(_FIRST, (scope,)).fetchone()
    return 1 if row is None else int(row[0])


def _last(scope: str) -> int | None:
    last: int | None = execute(_LAST, (scope,)).fetchone()[0]
    return last

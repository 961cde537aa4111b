"""Prenotes: entries of zero that ask a payee's bank whether there is such an account, before it is paid.

    none → in a file (waiting) → cleared, three banking days after it settled, unless the bank answered

Nothing of it is stored but which file asked about which account and from when on it may be paid; whether and
when the file left is its delivery's truth, and what the bank answered is the record of returns. A file that
left later than the day it was to settle on settles on the next banking day. An account that was paid before
needs no prenote.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from peewee import ForeignKeyField, TextField

from models import audit, clock
from models.audit import WAYBILL
from models.banking_days import banking_day_after
from models.database import Table, execute, stream
from models.fields import UTCField, from_millis, to_millis
from models.files import BatchFile, FileState
from models.jobs import Claim, hold_job
from models.parties import BankAccount, Party

WANTED = "prenote_first"
"""The code of an item whose account this job's file asks about."""
WAITING = "prenote_waiting"
RETURNED = "prenote_returned"
HELD_BACK = (WANTED, WAITING, RETURNED)


class Prenote(Table):
    """One account that one file asks about."""

    account = ForeignKeyField(BankAccount, index=False)
    file = ForeignKeyField(BatchFile)
    effective = TextField()
    """The effective entry date, ISO."""
    live_from = TextField()
    """The first day on which the account may be paid, ISO."""
    created_at = UTCField(default=clock.now)

    class Meta:
        table_name = "prenote"
        indexes = ((("account", "file"), True),)


class Standing(NamedTuple):
    """How far an account has come; without a file nobody has been asked."""

    is_paid: bool
    """It was paid before."""
    file_id: int | None
    live_from: str | None
    """From when on the account may be paid, if the file leaves in time."""
    has_left: bool
    answer: str | None
    """How the bank's return of the prenote reads; None as long as there is none."""

    def is_clear(self, day: date) -> bool:
        """Whether the account may be paid by a file of this day."""
        if self.is_paid:
            return True
        if self.live_from is None or self.answer is not None or not self.has_left:
            return False
        return self.live_from <= day.isoformat()


class NewAccount(NamedTuple):
    """An account that a file asks about, as its prenote has it."""

    account_id: int
    party_id: int
    party_name: str
    party_number: str
    direction: str
    routing: str
    number: str
    kind: str
    holder: str
    holder_name: str
    may_be_debited: bool


# A file of a job that is under way will leave yet, or be void with all that is in it.
_ON_ITS_WAY = """
(EXISTS (SELECT 1 FROM delivery d WHERE d.file_id = f.id
         AND d.state IN ('sending', 'delivered', 'confirmed', 'unknown'))
 OR f.state IN ('reserved', 'rendered') AND j.state IN ('pending', 'in_progress'))
"""
STANDING = f"""
SELECT EXISTS (SELECT 1 FROM invoice i JOIN export_item t ON t.invoice_id = i.id
               WHERE i.party_id = a.party_id AND t.account_id = a.id AND t.state = 'successful'),
       n.file_id, n.effective, n.live_from,
       (SELECT MIN(COALESCE(d.finished_at, d.started_at)) FROM delivery d
        WHERE d.file_id = n.file_id AND d.state IN ('delivered', 'confirmed', 'unknown')),
       (SELECT MIN(r.code || ': ' || r.words) FROM ach_answer r
        WHERE r.file_id = n.file_id AND r.party_id = a.party_id AND r.kind = 'return')
FROM bank_account a LEFT JOIN (
    SELECT n.account_id, n.file_id, n.effective, n.live_from FROM prenote n
    JOIN batch_file f ON f.id = n.file_id JOIN export_job j ON j.id = f.job_id
    WHERE n.account_id = ? AND {_ON_ITS_WAY} ORDER BY n.id DESC LIMIT 1
) n ON n.account_id = a.id
WHERE a.id = ?
"""  # noqa: S608 - constant text
_WANTED = """
SELECT COUNT(DISTINCT account_id) FROM export_item
WHERE job_id = ? AND route = ? AND state = 'failed' AND code = 'prenote_first'
"""
_HELD_BACK = """
SELECT COUNT(*) FROM export_item WHERE job_id = ? AND state = 'failed'
  AND code IN ('prenote_first', 'prenote_waiting', 'prenote_returned')
"""
_RESERVE = """
INSERT INTO prenote (account_id, file_id, effective, live_from, created_at)
SELECT DISTINCT t.account_id, CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT)
FROM export_item t
WHERE t.job_id = ? AND t.route = 'ach' AND t.state = 'failed' AND t.code = 'prenote_first'
ON CONFLICT (account_id, file_id) DO UPDATE SET effective = excluded.effective, live_from = excluded.live_from
RETURNING account_id, created_at = ?
"""
_OF_FILE = """
SELECT a.id, p.id, p.name, p.number, d.direction, a.routing, a.number, a.kind, a.holder, a.name,
       a.debit_authority <> ''
FROM prenote n JOIN bank_account a ON a.id = n.account_id JOIN party p ON p.id = a.party_id
JOIN batch_file f ON f.id = n.file_id JOIN export_job j ON j.id = f.job_id
JOIN destination d ON d.id = j.destination_id
WHERE n.file_id = ? ORDER BY p.id, a.id
"""


def standing(account_id: int) -> Standing:
    """How far the account has come."""
    is_paid, file_id, effective, live_from, left_at, answer = execute(
        STANDING, (account_id, account_id)
    ).fetchone()
    if left_at is not None:
        live_from = _live_from(effective, live_from, from_millis(left_at).date().isoformat())
    return Standing(bool(is_paid), file_id, live_from, left_at is not None, answer)


def _live_from(effective: str, live_from: str, left: str) -> str:
    """The day as stored, or as many banking days later as the file left late."""
    if left <= effective:
        return live_from
    waits, day = 0, date.fromisoformat(effective)
    while day < date.fromisoformat(live_from):
        waits, day = waits + 1, banking_day_after(day, 1)
    return banking_day_after(banking_day_after(date.fromisoformat(left), 1), waits).isoformat()


def wanted(job_id: int, route: str) -> int:
    """How many accounts the job's file of a route asks about."""
    return int(execute(_WANTED, (job_id, route)).fetchone()[0])


def held_back(job_id: int) -> int:
    """How many of the job's failed items only wait for a prenote."""
    return int(execute(_HELD_BACK, (job_id,)).fetchone()[0])


def reserve(claim: Claim, file: BatchFile, *, effective: date, live_from: date) -> None:
    """Say which accounts the file asks about, and when; inside the caller's transaction.

    On a repeat these are the same accounts, and the days those of the attempt that writes the file.
    """
    hold_job(claim)
    if file.state != FileState.RESERVED:
        return
    now = to_millis(clock.now())
    told = (file.id, effective.isoformat(), live_from.isoformat(), now, claim.job_id, now)
    for account_id, is_new in execute(_RESERVE, told).fetchall():
        if is_new:
            _audit(account_id, file, live_from)


def _audit(account_id: int, file: BatchFile, live_from: date) -> None:
    account: BankAccount = BankAccount.get_by_id(account_id)
    party: Party = account.party
    audit.record(
        WAYBILL,
        "prenote",
        "party",
        subject_id=party.id,
        name=party.name,
        entity_id=party.entity_id,
        after={"account": account.masked, "file": file.name, "live_from": live_from.isoformat()},
    )


def of_file(file_id: int) -> Iterator[NewAccount]:
    """The accounts that a file asks about, by party."""
    return map(NewAccount._make, stream(_OF_FILE, (file_id,)))


def shown(account: BankAccount, today: date) -> str:
    """What is to be known of an account's prenote, in a few words; empty when there never was one."""
    found = standing(account.id)
    if found.file_id is None:
        return ""
    if found.answer is not None:
        return f"prenote in file {found.file_id} came back: {found.answer}"
    if found.is_paid or found.is_clear(today):
        return f"prenote in file {found.file_id}, cleared {found.live_from}"
    if not found.has_left:
        return f"prenote in file {found.file_id}, which has not left yet"
    return f"prenote in file {found.file_id}, to be paid from {found.live_from}"

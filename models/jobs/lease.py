"""Who holds a job: claim, heartbeat counter, fencing, handing back and taking back.

A claim is one conditional update. Liveness is a heartbeat counter that the holder moves; an observer judges
it by its own monotonic clock, so that no wall clock matters. Whoever writes for a job calls `hold_job`
first, in the same transaction: it changes exactly one row while the claim stands and raises `Fenced` after.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from peewee import IntegrityError

from models import clock
from models.database import execute, transaction
from models.errors import Fenced
from models.faults import fault_point
from models.fields import to_millis
from models.jobs.records import note_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job held by this worker, and what is needed to say so."""

    job_id: int
    attempt: int
    owner: str
    entity_id: int
    destination_id: int


# Oldest first within the destination; one in progress per destination (a partial unique index holds it too).
# Whoever comes second does not wait for the first.
_CLAIM = """
UPDATE export_job SET state = 'in_progress', attempt = attempt + 1, tries = tries + 1, owner = ?,
       heartbeat = heartbeat + 1, run_at = NULL, started_at = COALESCE(started_at, ?)
WHERE id = ? AND state = 'pending' AND (run_at IS NULL OR run_at <= ?)
  AND id = (SELECT k.id FROM export_job k WHERE k.id = export_job.id FOR UPDATE SKIP LOCKED)
  AND NOT EXISTS (SELECT 1 FROM export_job o WHERE o.destination_id = export_job.destination_id
                  AND o.id <> export_job.id
                  AND (o.state = 'in_progress' OR (o.state = 'pending' AND o.id < export_job.id
                       AND (o.run_at IS NULL OR o.run_at <= ?))))
RETURNING attempt, entity_id, destination_id
"""
_HOLD = """
UPDATE export_job SET heartbeat = heartbeat + 1
WHERE id = ? AND attempt = ? AND owner = ? AND state = 'in_progress'
"""
_RELEASE = """
UPDATE export_job SET state = 'pending', owner = '', run_at = ?, code = ?, reason = ?, remedy = ?
WHERE id = ? AND attempt = ? AND owner = ? AND state = 'in_progress'
"""
_NOT_TRIED = "UPDATE export_job SET tries = tries - 1 WHERE id = ? AND tries > 0"
_RELEASE_STILL = f"{_RELEASE} AND heartbeat = ?"
_END_ATTEMPT = """
UPDATE job_attempt SET finished_at = ?, outcome = ?, code = ?, reason = ?, detail = ?
WHERE job_id = ? AND number = ?
"""


@cache
def owner_name(pid: int = os.getpid()) -> str:
    """This process's own name, unique per incarnation: host, boot, process id and its start time."""
    return f"{socket.gethostname()}/{_boot_id()}/{pid}/{_start_time(pid)}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this host that no longer runs; False when that cannot be known."""
    host, boot, pid, started = owner.rsplit("/", 3) if owner.count("/") >= 3 else ("", "", "", "")
    if host != socket.gethostname():
        return False
    return boot != _boot_id() or _start_time(int(pid)) != started


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip().partition("-")[0]


def _start_time(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, *others = stat.rpartition(")")[2].split()  # proc(5): field 3 and those after it
    return "" if state in "ZX" else others[18]  # one that is dead stays listed until its parent looks


def claim(job_id: int, owner: str) -> Claim | None:
    """Take the job, or None when it is not there to be taken (held, ended, too early, not its turn)."""
    try:
        return _claim(job_id, owner)
    except IntegrityError:  # another job of the destination was taken at the same moment
        return None


def _claim(job_id: int, owner: str) -> Claim | None:
    millis = to_millis(clock.now())
    # Undone by a power cut the job is pending, and nothing was done for it: its next commit is lasting.
    with transaction(shared=True, lasting=False):
        row = execute(_CLAIM, (owner, millis, job_id, millis, millis)).fetchone()
        if row is None:
            return None
        attempt, entity_id, destination_id = row
        execute(_BEGIN_ATTEMPT, (job_id, attempt, owner, millis))
        note_event(job_id, attempt, "claimed", actor=owner)
        fault_point("job.claiming")
    fault_point("job.claimed")
    if attempt > 1:  # has collected already, and what it dies of, be it the machine, is to be counted
        with transaction(shared=True):
            execute(_HOLD, (job_id, attempt, owner))
    return Claim(
        job_id=job_id, attempt=attempt, owner=owner, entity_id=entity_id, destination_id=destination_id
    )


_BEGIN_ATTEMPT = """
INSERT INTO job_attempt (job_id, number, owner, started_at, outcome, code, reason, detail)
VALUES (?, ?, ?, ?, '', '', '', '')
"""


def hold_job(claim: Claim) -> None:
    """Prove, inside a transaction, that the claim still stands; raises `Fenced`."""
    if execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount != 1:
        raise Fenced(claim.job_id, claim.attempt)


def beat(claim: Claim) -> bool:
    """Move the heartbeat counter; False when the job was taken over."""
    fault_point("heartbeat.due")
    with transaction(shared=True):
        held = bool(execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount == 1)
        fault_point("heartbeat.beating")
    fault_point("heartbeat.beaten")
    return held


def end_attempt(claim: Claim, outcome: str, *, code: str = "", reason: str = "", detail: str = "") -> None:
    """Close the attempt's row; inside the caller's transaction."""
    finished = to_millis(clock.now())
    execute(_END_ATTEMPT, (finished, outcome, code, reason, detail, claim.job_id, claim.attempt))


def postpone(
    claim: Claim, until: datetime, *, code: str, reason: str, remedy: str, counted: bool = True
) -> None:
    """Put the job back to pending with a time to try again; its ledger rows stay held by it.

    Not `counted`: nothing was tried, so the limit of tries does not come nearer.
    """
    _release(claim, until, "postponed", code, reason, remedy, tried=counted)


def hand_back(claim: Claim) -> None:
    """Put the job back to pending, to be gone on with at once: this worker is stopping.

    It is no try of the job's, and no death of its worker.
    """
    _release(claim, None, "handed_back", "", "", "", tried=False)


def take_back(claim: Claim, why: str, *, beat: int | None = None) -> bool:
    """Free a job whose holder is gone; False when its holder was quicker. `claim` is what was observed.

    With `beat`, only while the heartbeat counter still stands there; its worker may live all the same, kept
    from giving a sign by a locked database for one, so this is no death.
    """
    observed = (None, "", "", "", claim.job_id, claim.attempt, claim.owner)
    fault_point("job.abandoned")
    with transaction(shared=True):
        if beat is None:
            freed = execute(_RELEASE, observed).rowcount
        else:
            freed = execute(_RELEASE_STILL, (*observed, beat)).rowcount
        if freed != 1:
            return False
        end_attempt(claim, "lost", code="worker_lost" if beat is None else "worker_silent", reason=why)
        note_event(claim.job_id, claim.attempt, "taken back", reason=why)
        fault_point("job.freeing")
    fault_point("job.freed")
    return True


def _release(
    claim: Claim,
    until: datetime | None,
    outcome: str,
    code: str,
    reason: str,
    remedy: str,
    *,
    tried: bool = True,
) -> None:
    run_at = None if until is None else to_millis(until)
    with transaction(shared=True):
        parameters = (run_at, code, reason, remedy, claim.job_id, claim.attempt, claim.owner)
        if execute(_RELEASE, parameters).rowcount != 1:
            raise Fenced(claim.job_id, claim.attempt)
        if not tried:
            execute(_NOT_TRIED, (claim.job_id,))
        end_attempt(claim, outcome, code=code, reason=reason)
        note_event(claim.job_id, claim.attempt, outcome, reason=reason)
        fault_point("job.releasing")
    fault_point("job.released")


_DEATHS = """
SELECT COUNT(*) FROM job_attempt WHERE job_id = ? AND outcome = 'lost' AND code = 'worker_lost' AND number > (
    SELECT COALESCE(MAX(number), 0) FROM job_attempt WHERE job_id = ? AND outcome NOT IN ('lost', ''))
"""


def deaths(job_id: int) -> int:
    """How many of the job's last attempts, one after the other, ended with the death of their worker."""
    return int(execute(_DEATHS, (job_id, job_id)).fetchone()[0])


_HELD = """
SELECT id, attempt, owner, entity_id, destination_id, heartbeat FROM export_job WHERE state = 'in_progress'
"""
_CLAIMABLE = """
SELECT MIN(id) FROM export_job j WHERE state = 'pending' AND (run_at IS NULL OR run_at <= ?)
  AND NOT EXISTS (SELECT 1 FROM export_job o
                  WHERE o.destination_id = j.destination_id AND o.state = 'in_progress')
GROUP BY destination_id ORDER BY MIN(id)
"""


_NEXT = """
SELECT MIN(id) FROM export_job WHERE state = 'pending' AND (run_at IS NULL OR run_at <= ?)
   AND destination_id = (SELECT destination_id FROM export_job WHERE id = ?)
"""


def next_in_turn(job_id: int) -> int | None:
    """The job that waits for the same destination's turn, once this one has ended."""
    found: int | None = execute(_NEXT, (to_millis(clock.now()), job_id)).fetchone()[0]
    return found


def held() -> list[tuple[Claim, int]]:
    """Every job in progress with its heartbeat counter."""
    return [
        (Claim(job_id=job, attempt=attempt, owner=owner, entity_id=entity, destination_id=destination), beat)
        for job, attempt, owner, entity, destination, beat in execute(_HELD)
    ]


def claimable(now: datetime) -> list[int]:
    """The job that is next in turn for each destination that has none in progress."""
    return [job_id for (job_id,) in execute(_CLAIMABLE, (to_millis(now),))]

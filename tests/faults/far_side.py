"""The far side: who takes the files, and what came of it against the ledger.

What was lost, what arrived twice, and whether the records add up.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from models.audit import WAYBILL
from models.database import execute
from models.doctor import archive, ledger
from models.doctor.finding import Level
from tests.faults.installation import Home, wait_for

_NUMBER = re.compile(rb"FLT\d{6}")
_CONTROL_NUMBER = re.compile(rb"\ASLIP (\d+)\n")


class Receiver:
    """Whoever takes each file the moment it appears, while the block runs."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start taking files."""
        program = str(Path(__file__).with_name("receiver.py"))
        folders = [str(self._home.inbox), str(self._home.received)]
        self._process = subprocess.Popen([sys.executable, "-S", program, *folders])
        return self

    def __exit__(self, *_: object) -> None:
        """Let it take what is there, and end."""
        assert self._process is not None
        (self._home.received.parent / "stop").touch()
        assert self._process.wait(30) == 0

    def catch_up(self) -> None:
        """Wait until it has taken all that is there now."""
        ask = self._home.received.parent / "ask"
        ask.touch()
        wait_for(lambda: not ask.exists(), "the receiver to take what is there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a home's invoices."""

    lost: tuple[str, ...]
    """Had to arrive and did not, or not often enough."""
    doubled: tuple[str, ...]
    """Arrived more often."""
    broken: tuple[str, ...]
    """What does not add up in the records."""

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, ledger ok."""
        return not (self.lost or self.doubled or self.broken)


def compare(home: Home, times: Mapping[str, int] | None = None) -> Verdict:
    """Every file ever seen by the receiver, by its bytes, with what the records say.

    `times` names the invoices that a person wants to have arrived another number of times than once.
    """
    wanted = dict.fromkeys(home.numbers, 1) | dict(times or {})
    arrived = Counter[str]()
    for path in home.received.iterdir():
        arrived.update(number.decode() for number in set(_NUMBER.findall(path.read_bytes())))
    return Verdict(
        lost=tuple(number for number, often in wanted.items() if arrived[number] < often),
        doubled=tuple(number for number, often in wanted.items() if arrived[number] > often),
        broken=(
            *_rows(arrived),
            *_received_files(home),
            *_control_numbers(home),
            *_left_over(home),
            *_ledger(),
            *_doctor(),
        ),
    )


def names_received(home: Home) -> Counter[str]:
    """How often each name came, with the folder of its legal entity."""
    return Counter(_name_of(path) for path in home.received.iterdir())


def _name_of(received: Path) -> str:
    return received.name.partition("-")[2].replace("~", "/")


_EXPORTED = """
SELECT i.number FROM export_ledger l JOIN invoice i ON i.id = l.invoice_id
WHERE l.state = 'exported' AND l.code <> 'marked'
"""


def _rows(arrived: Counter[str]) -> list[str]:
    exported = {number for (number,) in execute(_EXPORTED)}
    return [
        *(f"{number} is exported and never arrived" for number in sorted(exported - set(arrived))),
        *(f"{number} arrived and is not exported" for number in sorted(set(arrived) - exported)),
    ]


_FILES = "SELECT e.folder, f.name, f.sha256 FROM batch_file f JOIN legal_entity e ON e.id = f.entity_id"


def _received_files(home: Home) -> list[str]:
    """A file seen under its final name is whole, is ours, and came once."""
    known = {f"{folder}/{name}": sha256 for folder, name, sha256 in execute(_FILES)}
    wrong = [
        f"{_name_of(path)} arrived with other bytes than were recorded"
        for path in home.received.iterdir()
        if known.get(_name_of(path)) != hashlib.sha256(path.read_bytes()).hexdigest()
    ]
    seen = names_received(home)
    return wrong + [f"{name} arrived {times} times" for name, times in seen.items() if times > 1]


def _control_numbers(home: Home) -> list[str]:
    """Every number that was ever given came once, or is free again."""
    found = (_CONTROL_NUMBER.match(path.read_bytes()) for path in home.received.iterdir())
    came = Counter(int(match[1]) for match in found if match)
    free = {number for (number,) in execute("SELECT number FROM control_number WHERE file_id IS NULL")}
    highest = max([*came, *free], default=0)
    return [
        f"the control number {number} came {came[number]} times, free: {number in free}"
        for number in range(1, highest + 1)
        if came[number] + (number in free) != 1
    ]


def _left_over(home: Home) -> list[str]:
    """Nothing unfinished ever stands where a customer of ours looks; elsewhere it may only lie about."""
    if home.sshd is not None:
        return []
    return [f"{path.name} lies in a pickup folder" for path in home.inbox.rglob(".*")]


# Each finds rows that must not be; nothing runs any more when they are asked.
_LAWS = {
    "a ledger row is still in progress": "SELECT COUNT(*) FROM export_ledger WHERE state = 'in_progress'",
    "a job is still open": "SELECT COUNT(*) FROM export_job WHERE state IN ('pending', 'in_progress')",
    "an item of an ended job is still open": """
        SELECT COUNT(*) FROM export_item t JOIN export_job j ON j.id = t.job_id
        WHERE j.state NOT IN ('pending', 'in_progress') AND t.state IN ('pending', 'in_progress')""",
    "an exported row has not one successful item with a delivered file": """
        SELECT COUNT(*) FROM export_ledger l WHERE l.state = 'exported' AND l.code <> 'marked' AND 1 <> (
            SELECT COUNT(*) FROM export_item t JOIN export_job j ON j.id = t.job_id
            JOIN delivery d ON d.file_id = t.file_id AND d.state IN ('delivered', 'confirmed')
            WHERE t.invoice_id = l.invoice_id AND j.id = l.job_id AND j.destination_id = l.destination_id
              AND t.state = 'successful' AND t.version = l.version)""",
    "a successful item's invoice is not exported": """
        SELECT COUNT(*) FROM export_item t JOIN export_job j ON j.id = t.job_id
        JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id
        WHERE t.state = 'successful' AND l.state <> 'exported'""",
    "a job counts its items wrongly": """
        SELECT COUNT(*) FROM export_job j WHERE j.state <> 'pending' AND j.succeeded <> (
            SELECT COUNT(*) FROM export_item t WHERE t.job_id = j.id AND t.state = 'successful')""",
    "a schedule's due time has two jobs": """
        SELECT COUNT(*) FROM (SELECT 1 FROM export_job WHERE schedule_id IS NOT NULL
                              GROUP BY schedule_id, due_at HAVING COUNT(*) > 1) AS doubled""",
    "an attempt that ended has no outcome": """
        SELECT COUNT(*) FROM job_attempt a JOIN export_job j ON j.id = a.job_id
        WHERE j.state NOT IN ('pending', 'in_progress') AND a.outcome = ''""",
}


def _ledger() -> list[str]:
    counted = {law: execute(sql).fetchone()[0] for law, sql in _LAWS.items()}
    return [f"{law}: {number}" for law, number in counted.items() if number]


def _doctor() -> list[str]:
    findings = [*ledger.examine(WAYBILL), archive.examine(WAYBILL)]
    return [
        f"doctor {finding.name}: {finding.what}: {finding.count}, {'; '.join(finding.first)}"
        for finding in findings
        if finding.level == Level.BROKEN
    ]

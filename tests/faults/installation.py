"""A home to crash in: legal entities with payable and receivable facilities, and work that is waiting.

The records are the product's own, written through its own functions in this process; what is run on them are
real `waybill` processes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from itertools import count
from pathlib import Path
from typing import Any

from models import (
    clock,
    destinations,
    facilities,
    facility_settings,
    installation,
    schedules,
    secrets,
    settings,
)
from models.audit import WAYBILL
from models.database import connection, disconnect, execute, transaction
from models.facilities import Facility
from models.fields import to_millis
from models.intake import Intake
from models.invoices import Direction
from models.jobs import Output, Route
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from models.settings import SETTINGS_FILE
from tests import postgres, thirdparty
from tests.faults.points import ROOT
from tests.worker.export_site import BOTH, Site, make_site
from tests.worker.sshd import Sshd

PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]
LEASE = 1
CSV = {Route.OTHER: Output(format="csv")}
JSON = {Route.OTHER: Output(format="json")}
SLIPS = {Route.OTHER: Output(format="slips")}
"""A file for each document, numbered without gaps: another package's, installed for the runs."""
ENTITIES = ("Acme Inc", "Bolt GmbH")
STUCK = "STUCK-1"
"""An invoice that cannot go: in euro, of a payee who is paid by ACH."""
KNOWN_NAME = "File_{job}.csv"
"""What the payable files of the second entity are called."""
_LIMIT = 60.0

_numbers = count(1)
_inboxes = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One destination with its facility, and what its jobs write."""

    site: Site
    outputs: dict[Route, Output]

    def feed(self, invoices: int) -> list[str]:
        """New invoices for it; returns their numbers, each unlike any other text of a file."""
        made = [f"FLT{next(_numbers):06}" for _ in range(invoices)]
        for number in made:
            vendor = "Wire Co" if Route.ACH in self.outputs and int(number[-1]) % 2 else "Blue Ltd"
            self.site.invoice(number, vendor=vendor)
        return made


@dataclass(kw_only=True)
class Home:
    """One installation of the harness."""

    path: Path
    lines: list[Line]
    numbers: list[str] = field(default_factory=list)
    """The invoices that have to arrive once each."""
    environment: dict[str, str] = field(default_factory=dict)
    server: postgres.Server | None = None
    """Where the records are; None: SQLite, in the home."""
    sshd: Sshd | None = None
    """Where the files go; None: into the pickup folders of the home."""
    inbox: Path
    """Where files appear for the receiver: a folder for each legal entity."""

    @property
    def received(self) -> Path:
        """Every file that ever appeared at the far side."""
        return self.path / "far" / "received"

    def process(
        self, *words: str, faults: str = "", under: Sequence[str] = (), log: str = "processes.log"
    ) -> subprocess.Popen[bytes]:
        """A `waybill` process on this home, `under` a program that changes what it may do."""
        with (self.path / log).open("ab") as out:
            return subprocess.Popen(
                [*under, *PROGRAM, *words], env=self._environment(faults), cwd=ROOT, stdout=out, stderr=out
            )

    def worker(self, faults: str = "") -> subprocess.Popen[bytes]:
        """A worker, with these faults planned for it."""
        return self.process("worker", faults=faults)

    def _environment(self, faults: str) -> dict[str, str]:
        own = {
            "WAYBILL_HOME": str(self.path),
            "WAYBILL_WORKER_LEASE_SECONDS": str(LEASE),
            "WAYBILL_FAULTS": faults,
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(thirdparty.slips()))),
        }
        return os.environ | own | self.environment

    def is_drained(self, *, mail: bool = False) -> bool:
        """Whether nothing is left to do for a worker."""
        open_work = execute(_OPEN, (to_millis(clock.now()),)).fetchone()[0]
        letters = execute(_LETTERS).fetchone()[0] if mail else 0
        return bool(not open_work and not letters)

    def log(self, name: str = "processes.log") -> str:
        """What the processes said."""
        path = self.path / name
        return path.read_text() if path.exists() else ""


_OPEN = """
SELECT (SELECT COUNT(*) FROM export_job WHERE state IN ('pending', 'in_progress'))
     + (SELECT COUNT(*) FROM schedule WHERE enabled AND next_due <= ?)
"""
_LETTERS = "SELECT COUNT(*) FROM outbox_mail WHERE state IN ('waiting', 'sending')"


def build(path: Path, server: postgres.Server | None = None, sshd: Sshd | None = None) -> Home:
    """A new home with its facilities, work waiting for each; a schedule's due time among it.

    With a server, records and queue are in PostgreSQL, in a database of the home's own; with an sshd, files
    go there.
    """
    if server is not None:
        path.mkdir(parents=True)
        (path / SETTINGS_FILE).write_text(_ON_SERVER.format(url=server.create()))
    thirdparty.found_for_good(thirdparty.slips())
    installation.create(path)
    home = Home(path=path, lines=[], server=server, sshd=sshd, inbox=_inbox(path, sshd))
    home.received.mkdir(parents=True)
    with connection():
        for name in ENTITIES:
            payable = make_site(name, **({} if sshd is None else sshd.settings()))
            receivable = SLIPS if name == ENTITIES[0] else JSON
            home.lines += [
                Line(site=payable, outputs=BOTH),
                Line(site=_receivable(payable, sshd), outputs=receivable),
            ]
        for line in home.lines:
            _authorise(line.site, sshd)
            home.numbers += line.feed(4)
            if Route.ACH in line.outputs:
                line.site.pay_by_ach("Wire Co")
        home.lines[0].site.invoice(STUCK, currency="EUR", vendor="Wire Co")
        facilities.edit(WAYBILL, home.lines[2].site.facility, {"other_file_name": KNOWN_NAME})
        _due_schedule(home.lines[0])
        for line in home.lines[1:]:
            line.site.job(line.outputs)
    disconnect()  # a database that somebody is connected to cannot be copied
    return home


_ON_SERVER = '[database]\nurl = "{url}"\n[queue]\nurl = "{url}"\n'


def _inbox(path: Path, sshd: Sshd | None) -> Path:
    if sshd is None:
        return path / "pickup" / "folders"
    return sshd.folder / f"inbox-{next(_inboxes)}"


def _receivable(payable: Site, sshd: Sshd | None) -> Site:
    destination = destinations.find(payable.entity, "receivable")
    values = {"slips.numbered": True} | ({} if sshd is None else sshd.settings())
    facility = facilities.create(WAYBILL, payable.entity, "Sales", destination, values)
    facilities.activate(WAYBILL, facility)
    return Site(
        entity=payable.entity,
        destination=destination,
        facility=Facility.get_by_id(facility.id),
        finance=payable.finance,
        intake=Intake(WAYBILL, payable.entity, Direction.RECEIVABLE),
    )


def _authorise(site: Site, sshd: Sshd | None) -> None:
    if sshd is not None:
        name = facility_settings.secret_name(site.facility, "sftp", "private_key")
        secrets.set_secret(WAYBILL, name, sshd.private_key)


def _due_schedule(line: Line) -> None:
    """A daily schedule whose time came a moment ago."""
    now = datetime.now(UTC)
    recurrence = Recurrence(
        kind=Frequency.DAILY, start_date=now.date() - timedelta(days=3), at=time_of_day(now.hour, now.minute)
    )
    instruction = Instruction(
        name="Nightly", on_behalf_of=line.site.finance.id, recurrence=recurrence, outputs=line.outputs
    )
    schedule = schedules.create(WAYBILL, line.site.facility, instruction)
    set_back(schedule.id)


def set_back(schedule_id: int) -> None:
    """Move a schedule's cursor two days back, so that it is due now."""
    now = clock.now()
    cursor, due = to_millis(now - timedelta(days=2)), to_millis(now - timedelta(minutes=5))
    with transaction():
        execute("UPDATE schedule SET cursor = ?, next_due = ? WHERE id = ?", (cursor, due, schedule_id))


def copy(template: Home, path: Path) -> Home:
    """A fresh copy of a home that nothing has run on, bound to this process."""
    shutil.copytree(template.path, path)
    if template.server is not None:
        original = settings.load(template.path).database.url
        (path / SETTINGS_FILE).write_text(_ON_SERVER.format(url=template.server.create(original)))
    installation.open_home(path)
    home = replace(
        template,
        path=path,
        numbers=list(template.numbers),
        environment=dict(template.environment),
        inbox=_inbox(path, template.sshd),
    )
    if home.sshd is not None:
        _point_at(home, home.inbox)
    return home


def _point_at(home: Home, inbox: Path) -> None:
    """Send everything of a copied home to a folder of its own."""
    with connection():
        for line in home.lines:
            folder = inbox / line.site.entity.folder
            folder.mkdir(parents=True, exist_ok=True)
            facilities.edit(WAYBILL, line.site.facility, {"sftp.folder": str(folder)})


def wait_for(what: Callable[[], Any], about: str, seconds: float = _LIMIT) -> Any:
    """What `what` answers once it is truthy; fails after the limit."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for {about}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, and be rid of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def mail_environment(port: int) -> dict[str, str]:
    """Settings for letters to a server on loopback."""
    mail = {"HOST": "127.0.0.1", "PORT": str(port), "TLS": "none", "SENDER": "waybill@acme.example"}
    return {f"WAYBILL_MAIL_{key}": value for key, value in (mail | {"SUPPORT": "help@acme.example"}).items()}

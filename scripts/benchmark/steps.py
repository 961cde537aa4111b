"""The steps that are measured: `python -m scripts.benchmark.steps STEP HOME SIZE` prints one JSON line."""

from __future__ import annotations

import csv
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.entities import LegalEntity
    from models.jobs import Output, Route

VENDORS = 500
MAPPING = """
[columns]
number = "number"
issue_date = "date"
due_date = "due"
currency = "currency"
"party.number" = "vendor no"
"party.name" = "vendor"
"totals.payable" = "amount"
"custom.cost_centre" = "cost centre"
"""
BANK = {
    "nacha.immediate_destination": "076401251",
    "nacha.immediate_origin": "1234567890",
    "nacha.company_name": "BENCH INC",
    "nacha.company_id": "1234567890",
    "nacha.odfi": "07640125",
}


def rows(size: int) -> Iterator[tuple[str, ...]]:
    """The invoices, one CSV row each."""
    for index in range(size):
        vendor = index % VENDORS
        amount = f"{100 + index % 9000}.{index % 100:02d}"
        number, cost_centre = f"INV-{index:07d}", str(4000 + index % 40)
        yield number, "2026-11-02", "2026-12-02", "USD", f"V{vendor}", f"Vendor {vendor}", amount, cost_centre


def prepare(home: Path, size: int) -> None:
    """A fresh installation, and the CSV file to import."""
    from models import entities, installation
    from models.audit import WAYBILL
    from models.database import connection

    installation.create(home)
    with connection():
        entities.create(WAYBILL, "Bench")
    (home / "mapping.toml").write_text(MAPPING)
    with (home / "invoices.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "date", "due", "currency", "vendor no", "vendor", "amount", "cost centre"))
        writer.writerows(rows(size))


def import_floor(home: Path, size: int) -> float:
    """The same number of invoice, version and ledger rows by `executemany`, into the same tables."""
    scratch = home.parent / "floor.db"
    scratch.unlink(missing_ok=True)
    with sqlite3.connect(home / "waybill.db") as source, sqlite3.connect(scratch) as target:
        source.backup(target)
    database = sqlite3.connect(scratch, isolation_level=None)
    database.execute("PRAGMA journal_mode = wal")
    database.execute("INSERT INTO party VALUES (1, 1, 'Vendor', '', '', 'other', NULL, 0, 0)")
    content = json.dumps(dict.fromkeys(("number", "issue_date", "due_date", "currency", "buyer"), "x" * 30))
    begun = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO invoice (id, entity_id, direction, party_id, document_type, number, status, version,"
        " currency, issue_date, due_date, total, payable, created_at, changed_at)"
        " VALUES (?, 1, 'payable', 1, 'invoice', ?, 'ready', 1, 'USD', '2026-11-02', NULL, 1, 1, 0, 0)",
        ((index, f"INV-{index:07d}") for index in range(1, size + 1)),
    )
    database.executemany(
        "INSERT INTO invoice_version (invoice_id, number, sha256, content, source, created_at, created_by)"
        " VALUES (?, 1, ?, ?, 'file.csv:1', 0, 'bench')",
        ((index, f"{index:064x}", content) for index in range(1, size + 1)),
    )
    database.executemany(
        "INSERT INTO export_ledger (destination_id, invoice_id, state, code, reason, actor, changed_at)"
        " VALUES (1, ?, 'pending', '', '', '', 0)",
        ((index,) for index in range(1, size + 1)),
    )
    database.execute("COMMIT")
    return time.perf_counter() - begun


def import_csv(home: Path, size: int) -> float:
    """`waybill import`, from the opened installation to the last commit."""
    from models import entities, installation
    from models.audit import WAYBILL
    from models.database import connection
    from models.invoices import Direction
    from worker import importing
    from worker.sources.mapping import ImportMapping

    installation.open_home(home)
    with connection():
        entity = entities.find(WAYBILL, None)
        mapping = ImportMapping.load(home / "mapping.toml")
        begun = time.perf_counter()
        report = importing.run(
            WAYBILL, entity, [home / "invoices.csv"], direction=Direction.PAYABLE, mapping=mapping
        )
        seconds = time.perf_counter() - begun
    if report.imported != size:
        sys.exit(f"imported {report.imported} of {size}: {report.refused[:1]}")
    return seconds


def export_floor(home: Path, size: int) -> float:
    """The least an export can do: collect, read the same rows, write them, settle; four commits, one file."""
    database = sqlite3.connect(home / "waybill.db", isolation_level=None)
    database.execute("PRAGMA synchronous = 2")
    begun = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.execute(
        "CREATE TABLE floor_item (invoice_id INTEGER PRIMARY KEY, state TEXT, amount INTEGER) STRICT"
    )
    database.execute(
        "INSERT INTO floor_item SELECT i.id, 'in_progress', i.payable FROM export_ledger l"
        " JOIN invoice i ON i.id = l.invoice_id WHERE l.state = 'pending' AND i.status = 'ready'"
    )
    database.execute("UPDATE export_ledger SET state = 'in_progress', job_id = 1 WHERE state = 'pending'")
    database.execute("COMMIT")
    with (home / "floor.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            database.execute(
                "SELECT i.number, p.number, p.name, i.issue_date, i.due_date, i.currency, t.amount, v.content"
                " FROM floor_item t JOIN invoice i ON i.id = t.invoice_id JOIN party p ON p.id = i.party_id"
                " JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version ORDER BY i.id"
            )
        )
    database.execute("BEGIN IMMEDIATE")
    database.execute("UPDATE floor_item SET state = 'successful'")
    settled = database.execute("UPDATE export_ledger SET state = 'exported' WHERE job_id = 1").rowcount
    database.execute("COMMIT")
    if settled != size:
        sys.exit(f"settled {settled} of {size}")
    return time.perf_counter() - begun


def export_csv(home: Path, size: int) -> float:
    """A whole job to a CSV file, from claim to settled."""
    from models.jobs import Output, Route

    return _export(home, size, Route.OTHER, Output(format="csv"))


def export_nacha(home: Path, size: int) -> float:
    """A whole job to a NACHA file, from claim to settled; every vendor is paid by ACH."""
    from models.jobs import Output, Route

    return _export(home, size, Route.ACH, Output(format="nacha"))


def _finance(entity: LegalEntity) -> int:
    """A user who may be exported on behalf of."""
    from models import people
    from models.audit import WAYBILL

    user = people.create(WAYBILL, "finance@bench.example")
    people.grant(WAYBILL, user, people.Role.FINANCE, entity.id)
    return user.id


def _export(home: Path, size: int, route: Route, output: Output) -> float:
    from models import clock, destinations, entities, facilities, installation, jobs
    from models.audit import WAYBILL
    from models.database import connection, transaction
    from models.jobs import JobState, Trigger
    from models.parties import BankAccount, Party

    settings = installation.open_home(home)
    with connection():
        entity = entities.find(WAYBILL, None)
        facility = facilities.create(
            WAYBILL, entity, "Bank", destinations.find(entity, "payable"), dict(BANK)
        )
        facilities.activate(WAYBILL, facility)
        with transaction():
            for party in Party.select() if route == "ach" else ():
                account = {"routing": "076401251", "number": f"10{party.id}", "kind": "checking"}
                row = BankAccount.create(party=party, holder="company", created_by="bench", **account)
                Party.update(payment_method="ach", bank_account_id=row.id).where(
                    Party.id == party.id
                ).execute()
        job = jobs.insert(
            facility,
            outputs={route: output},
            on_behalf_of=_finance(entity),
            as_of=clock.now(),
            trigger=Trigger.REQUEST,
            request_id="bench",
        )
    if job is None:
        raise RuntimeError("a new home has had that request before")
    from worker import export, service  # all that a worker loads, for its memory to be the worker's

    with connection():
        begun = time.perf_counter()
        state = export.run(job.id)
        seconds = time.perf_counter() - begun
        ended = jobs.Job.get_by_id(job.id)
    if state != JobState.COMPLETED or ended.succeeded != size:
        sys.exit(
            f"{service.__name__} in {settings.home}: {state}, {ended.succeeded} of {size}: {ended.reason}"
        )
    return seconds


STEPS: dict[str, Callable[[Path, int], float | None]] = {
    "prepare": prepare,
    "import floor": import_floor,
    "import CSV": import_csv,
    "export floor": export_floor,
    "export CSV": export_csv,
    "export NACHA": export_nacha,
}


if __name__ == "__main__":
    seconds = STEPS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds or 0, "mebibytes": peak}) + "\n")

"""Homes for the engine's measurements: many small destinations, and one very large ledger."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.facilities import Facility

_PARTY = "INSERT INTO party VALUES (?, ?, 'Vendor', '', '', 'other', NULL, 0, 0)"
_INVOICE = """
INSERT INTO invoice (id, entity_id, direction, party_id, document_type, number, status, version, currency,
                     issue_date, due_date, total, payable, created_at, changed_at)
VALUES (?, ?, 'payable', ?, 'invoice', ?, 'ready', 1, 'USD', '2026-11-02', NULL, 1, 1, 0, 0)
"""
_VERSION = """
INSERT INTO invoice_version (invoice_id, number, sha256, content, source, created_at, created_by)
VALUES (?, 1, ?, '{"issue_date":"2026-11-02"}', 'file.csv:1', 0, 'bench')
"""
_LEDGER = """
INSERT INTO export_ledger (destination_id, invoice_id, state, code, reason, actor, changed_at)
VALUES (?, ?, 'pending', '', '', '', 0)
"""


def small(home: Path, count: int) -> tuple[list[Facility], int]:
    """A home of `count` legal entities, each with a facility and one pending invoice; and a Finance user."""
    from models import destinations, entities, facilities, installation, people
    from models.audit import WAYBILL
    from models.database import connection, execute, transaction

    installation.create(home)
    made = []
    with connection(), transaction():
        user = people.create(WAYBILL, "finance@bench.example")
        for number in range(1, count + 1):
            entity = entities.create(WAYBILL, f"Bench {number}")
            people.grant(WAYBILL, user, people.Role.FINANCE, entity.id)
            destination = destinations.find(entity, "payable")
            facility = facilities.create(WAYBILL, entity, "Bank", destination, {})
            facilities.activate(WAYBILL, facility)
            made.append(facility)
            execute(_PARTY, (number, entity.id))
            execute(_INVOICE, (number, entity.id, number, f"INV-{number}"))
            execute(_VERSION, (number, f"{number:064x}"))
            execute(_LEDGER, (destination.id, number))
    return made, user.id


def one_more_each(facilities: list[Facility]) -> None:
    """Another pending invoice for each of the home's facilities."""
    from models.database import connection, execute, transaction

    with connection(), transaction():
        first = execute("SELECT MAX(id) FROM invoice").fetchone()[0]
        for party, facility in enumerate(facilities, start=1):
            number = first + party
            execute(_INVOICE, (number, facility.entity_id, party, f"INV-{number}"))
            execute(_VERSION, (number, f"{number:064x}"))
            execute(_LEDGER, (facility.destination_id, number))


def jobs(facilities: list[Facility], user: int, request: str) -> list[int]:
    """A pending job for each facility."""
    return [job(facility, user, f"{request}-{number}") for number, facility in enumerate(facilities)]


def job(facility: Facility, user: int, request: str) -> int:
    """A pending job that writes a CSV file; committed, its bell not rung."""
    from models import clock, jobs
    from models.jobs import Output, Route, Trigger

    made = jobs.insert(
        facility,
        outputs={Route.OTHER: Output(format="csv")},
        on_behalf_of=user,
        as_of=clock.now(),
        trigger=Trigger.REQUEST,
        request_id=request,
    )
    assert made is not None  # noqa: S101 - a request of our own
    return int(made.id)


_SCHEDULE = """
INSERT INTO schedule (entity_id, facility_id, name, on_behalf_of_id, frequency, start_date, at, every,
                      weekdays, other_format, enabled, cursor, next_due, deleted, created_at, created_by)
VALUES (?, ?, ?, ?, 'daily', ?, 0, 1, '[]', 'csv', TRUE, ?, ?, FALSE, 0, 'bench')
"""


def schedules(facilities: list[Facility], user: int, due: list[int]) -> list[int]:
    """Daily schedules, one for each time due (milliseconds), spread over the facilities; their ids."""
    from models import clock
    from models.database import connection, execute, transaction
    from models.fields import to_millis

    now, made = clock.now(), []
    start, cursor = (now - timedelta(days=9)).date().isoformat(), to_millis(now - timedelta(days=1))
    with connection(), transaction():
        for number, at in enumerate(due):
            facility = facilities[number % len(facilities)]
            row = (facility.entity_id, facility.id, f"Daily {number}", user, start, cursor, at)
            made.append(execute(f"{_SCHEDULE} RETURNING id", row).fetchone()[0])
    return made


PER_FILE = 1_000
_COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
# In the order of their foreign keys; all of one destination, each job with one delivered file.
_LARGE = (
    "INSERT INTO invoice (id, entity_id, direction, party_id, document_type, number, status, version,"
    " currency, issue_date, total, payable, created_at, changed_at)"
    " SELECT i + 1, 1, 'payable', 1, 'invoice', printf('INV-%08d', i), 'ready', 1, 'USD', '2026-11-02', 1, 1,"
    " 0, 0 FROM n",
    "INSERT INTO invoice_version (invoice_id, number, sha256, content, source, created_at, created_by)"
    " SELECT i + 1, 1, printf('%064x', i), '{}', 'file.csv:1', 0, 'bench' FROM n",
    "INSERT INTO export_item (job_id, invoice_id, version, route, party_id, party_number, party_name,"
    " document_type, amount, currency, state, file_id, held, code, term,"
    " reason, remedy)"
    " SELECT 1 + (i - 1) / 1000, i + 1, 1, 'other', 1, '', 'Vendor', 'invoice', 1, 'USD', 'successful',"
    " 1 + (i - 1) / 1000, FALSE, '', '', '', '' FROM n",
    "INSERT INTO export_ledger (destination_id, invoice_id, state, job_id, version, code, reason, actor,"
    " changed_at) SELECT 1, i + 1, 'exported', 1 + (i - 1) / 1000, 1, '', '', '', 0 FROM n",
)
_FILE = """
INSERT INTO batch_file (id, entity_id, job_id, route, format, name, archive_path, state, sha256, size, items,
                        totals, created_at)
VALUES (?, 1, ?, 'other', 'csv', ?, ?, 'rendered', ?, ?, ?, ?, 0)
"""
_DELIVERY = """
INSERT INTO delivery (file_id, gateway, target, state, attempt, code, reason, remedy, started_at,
                      finished_at)
VALUES (?, 'pickup', ?, 'delivered', 1, '', '', '', 0, 0)
"""
_ENDED = "UPDATE export_job SET state = 'completed', attempt = 1, succeeded = ?, finished_at = 0"


def large(home: Path, rows: int) -> None:
    """A home with this many exported invoices, a thousand to a file; each file is in the archive."""
    from models import settings
    from models.database import connection, execute, transaction

    made, user = small(home, 1)
    with connection(), transaction():
        execute("DELETE FROM export_ledger")
        execute("DELETE FROM invoice_version")
        execute("DELETE FROM invoice")
        for number in range(1, rows // PER_FILE + 1):
            job_id, content = job(made[0], user, f"large-{number}"), f"{number}\n".encode()
            name = f"file-{number}.csv"
            (settings.current().archive / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            totals = f'{{"control":{{}},"sums":{{"USD":{PER_FILE}}}}}'
            execute(_FILE, (number, job_id, name, name, digest, len(content), PER_FILE, totals))
            execute(_DELIVERY, (number, name))
        execute(_ENDED, (PER_FILE,))
        for sql in _LARGE:
            execute(_with(sql), (rows,))


def _with(insert: str) -> str:
    """The counting put before the insert's SELECT."""
    head, _, tail = insert.partition(" SELECT ")
    return f"{head} {_COUNTED}SELECT {tail}"

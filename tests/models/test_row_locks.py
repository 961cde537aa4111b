"""PostgreSQL, where transactions overlap: a claim never waits for another, and takes what still is so.

The other side of each race is a connection that knows nothing of Waybill's own locks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from models import clock, settings
from models.database import connection, execute
from models.fields import to_millis
from models.jobs import Job, JobState, collecting, lease, settling
from models.people import WAYBILL
from models.problems import Problem
from models.repairs import requeue
from tests.worker.export_site import Site, make_site

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("home")]
_LONG = 20.0
_HOUR = 3_600_000  # milliseconds
_OTHERS = "host/boot/1/1"
_HOLD_BACK = """
UPDATE export_ledger SET state = 'on_hold', reason = 'by somebody else'
WHERE invoice_id = (SELECT id FROM invoice WHERE number = 'A-1')
"""


@pytest.fixture
def site() -> Site:
    made = make_site()
    for number in ("A-1", "A-2"):
        made.invoice(number)
    return made


@contextmanager
def another() -> Iterator[psycopg.Connection[Any]]:
    """A transaction of somebody else's, open until it commits or the block ends."""
    with psycopg.connect(settings.current().database_url) as other:
        yield other
        other.rollback()


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Waybill's act in a thread, on its way while the block runs; it has come to its end after it."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with connection():
                act()
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(_LONG)
    assert not thread.is_alive()
    assert not failed


def wait_until_somebody_waits() -> None:
    """Until a connection waits for another's transaction to end."""
    sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'"
    until = time.monotonic() + _LONG
    while execute(sql).fetchone() is None:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def run(job: Job) -> None:
    from worker import export

    export.run(job.id)


def test_claim_of_a_job_that_somebody_just_takes_answers_no_at_once(site: Site) -> None:
    job = site.job()
    with another() as other:
        other.execute("SELECT 1 FROM export_job WHERE id = %s FOR UPDATE", (job.id,))
        began = time.monotonic()
        assert lease.claim(job.id, _OTHERS) is None
        assert time.monotonic() - began < settings.current().database.busy_seconds
    assert lease.claim(job.id, _OTHERS) is not None


def test_claim_of_two_jobs_of_one_destination_at_once_is_one_ones(site: Site) -> None:
    first, second = site.job(), site.job()
    execute("UPDATE export_job SET run_at = ? WHERE id = ?", (to_millis(clock.now()) + _HOUR, first.id))
    taken = list[lease.Claim | None]()
    with another() as other:
        # The claim of the second job cannot see this one yet; what holds is the unique index.
        other.execute("UPDATE export_job SET state = 'in_progress' WHERE id = %s", (first.id,))
        with meanwhile(lambda: taken.append(lease.claim(second.id, _OTHERS))):
            wait_until_somebody_waits()
            other.commit()
    assert taken == [None]
    assert Job.get_by_id(second.id).state == JobState.PENDING


def test_collect_takes_no_invoice_that_somebody_holds_back_at_that_moment(site: Site) -> None:
    job = site.job()
    with another() as other:
        other.execute(_HOLD_BACK)
        with meanwhile(lambda: run(job)):
            wait_until_somebody_waits()
            other.commit()
    assert site.ledger() == {"A-1": "on_hold", "A-2": "exported"}
    assert numbers_of(job) == ["A-2"]
    assert b"A-1" not in b"".join(site.published().values())


def test_collect_of_a_requeued_job_takes_none_that_somebody_holds_back_at_that_moment(site: Site) -> None:
    job = site.job()
    claim = lease.claim(job.id, _OTHERS)
    assert claim is not None
    assert collecting.collect(claim, job.outputs, {}) == 2
    settling.settle(claim, Problem(code="disk_full", reason="no room", remedy="make room"))
    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "there is room again")
    with another() as other:
        other.execute(_HOLD_BACK)
        with meanwhile(lambda: run(job)):
            wait_until_somebody_waits()
            other.commit()
    assert site.ledger() == {"A-1": "on_hold", "A-2": "exported"}
    assert numbers_of(job) == ["A-2"]
    assert b"A-1" not in b"".join(site.published().values())


def numbers_of(job: Job) -> list[str]:
    """The invoices that a job sent."""
    sql = """
    SELECT i.number FROM export_item t JOIN invoice i ON i.id = t.invoice_id
    WHERE t.job_id = ? AND t.state = 'successful' ORDER BY i.number
    """
    return [number for (number,) in execute(sql, (job.id,))]

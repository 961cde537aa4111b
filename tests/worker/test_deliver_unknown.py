"""What nobody can find out: its invoices wait on hold for a person, and nothing sends them by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import deliveries, facility_settings, files, jobs, secrets
from models.audit import WAYBILL
from models.database import execute, transaction
from models.deliveries import DeliveryState
from models.destinations import LedgerRow
from models.files import BatchFile, FileState
from models.jobs import ExportItem, Job, JobState
from models.repairs import requeue
from tests.worker.dead_attempts import DEAD, dead_attempt
from tests.worker.export_site import Site, make_site
from tests.worker.sshd import Line, Sshd
from worker import export
from worker.export import check, deliver

pytestmark = pytest.mark.outside("sshd", "ssh-keygen")


def site_for(sshd: Sshd, **changed: object) -> Site:
    """A site with one invoice for each route; only the non-ACH file goes by SFTP."""
    site = make_site("Acme Inc", **sshd.settings(**changed) | {"ach_gateway": "pickup"})
    name = facility_settings.secret_name(site.facility, "sftp", "private_key")
    secrets.set_secret(WAYBILL, name, sshd.private_key)
    site.invoice("W-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    site.invoice("A-1")
    return site


@pytest.fixture
def unknown(home: Path, sshd: Sshd) -> tuple[Site, Job]:  # noqa: ARG001 - it must be there
    """A job whose SFTP file was taken before anybody knew that it had arrived."""
    site = site_for(sshd)
    job = site.job()
    dead_attempt(job, "send")
    for path in sshd.folder.iterdir():
        path.unlink()
    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS
    return site, Job.get_by_id(job.id)


def test_other_file_counts_and_the_job_names_what_is_unknown(unknown: tuple[Site, Job]) -> None:
    site, job = unknown
    assert site.ledger() == {"W-1": "exported", "A-1": "on_hold"}
    assert (job.code, job.succeeded, job.failed) == ("outcome_unknown", 1, 1)
    assert "could not be found out" in job.reason
    file = BatchFile.get(BatchFile.job == job.id, BatchFile.route == "other")
    [delivery] = deliveries.of_file(file)
    assert (delivery.state, delivery.code) == (DeliveryState.UNKNOWN, "outcome_unknown")
    assert f"waybill delivery resolve {delivery.id}" in job.remedy
    [row] = LedgerRow.select().where(LedgerRow.state == "on_hold")
    assert (row.job_id, row.code) == (job.id, "outcome_unknown")
    [item] = ExportItem.select().where(ExportItem.job == job.id, ExportItem.state == "failed")
    assert (item.code, item.held) == ("outcome_unknown", True)


def test_neither_another_job_nor_a_requeue_sends_it_again(unknown: tuple[Site, Job], sshd: Sshd) -> None:
    site, job = unknown
    site.invoice("A-2")
    assert export.run(site.job().id) == JobState.COMPLETED
    plan = requeue.plan(WAYBILL, [job.id])
    assert [left.code for left in plan.left_out] == ["nothing_left"]
    assert site.ledger() == {"W-1": "exported", "A-1": "on_hold", "A-2": "exported"}
    [path] = sshd.folder.iterdir()
    assert b"A-1" not in path.read_bytes()


def test_attempt_after_one_that_found_it_unknown_and_died_does_not_begin_anew(home: Path, sshd: Sshd) -> None:
    del home
    site = site_for(sshd)
    job = site.job()
    dead_attempt(job, "send")
    for path in sshd.folder.iterdir():
        path.unlink()
    claim = jobs.claim(job.id, DEAD)
    assert claim is not None
    present = Job.get_by_id(job.id)
    plan = check.ready(present)
    problem = deliver.deliver(claim, present, plan, files.of_job(job.id)).problem
    assert problem is not None
    assert problem.code == "outcome_unknown"
    assert jobs.take_back(claim, "its worker is gone")  # before it settled

    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS
    assert (site.ledger()["A-1"], list(sshd.folder.iterdir())) == ("on_hold", [])


def test_server_that_cannot_be_asked_any_more_leaves_it_unknown(home: Path, sshd: Sshd) -> None:
    del home
    with Line(sshd.port) as line:
        site = site_for(sshd, port=line.port, connect_seconds=2)
        job = site.job()
        dead_attempt(job, "send")
    execute("UPDATE export_job SET tries = 99 WHERE id = ?", (job.id,))

    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS

    assert site.ledger() == {"W-1": "exported", "A-1": "on_hold"}
    [row] = LedgerRow.select().where(LedgerRow.state == "on_hold")
    assert (row.job_id, row.code) == (job.id, "outcome_unknown")
    with transaction():
        files.void_undelivered(job.id)
    assert {file.state for file in files.of_job(job.id)} == {FileState.CLOSED}


def test_server_back_in_time_tells_that_it_had_arrived(home: Path, sshd: Sshd) -> None:
    del home
    with Line(sshd.port) as line:
        site = site_for(sshd, port=line.port, connect_seconds=2)
        job = site.job()
        dead_attempt(job, "send")
        line.cut_after = 0
        assert export.run(job.id) is None  # postponed with everything it holds
        assert site.ledger() == {"W-1": "in_progress", "A-1": "in_progress"}
        line.cut_after = None
        execute("UPDATE export_job SET run_at = NULL")
        assert export.run(job.id) == JobState.COMPLETED
    assert site.ledger() == {"W-1": "exported", "A-1": "exported"}
    assert len(list(sshd.folder.iterdir())) == 1

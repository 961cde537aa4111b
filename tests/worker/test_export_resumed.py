"""A job whose worker died at some point: the next attempt goes on from what is recorded, and sends once.

Each test stops an attempt between two steps the way a kill would (nothing of it runs any more), frees the job
as the ticker does, and lets another attempt finish.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from models import facilities, faults, files, jobs, parties, settings
from models.audit import WAYBILL
from models.database import execute, transaction
from models.errors import Fenced
from models.jobs import Job, JobAttempt, JobState, Output, Route, lease, settling
from models.problems import Problem
from tests.worker.dead_attempts import DEAD, dead_attempt
from tests.worker.export_site import Site, make_site, staged
from worker import export
from worker.export import check, collect, data, render


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site with one invoice for each route."""
    site = make_site()
    site.invoice("W-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    site.invoice("A-1")
    return site


@pytest.mark.parametrize("steps", ["claim", "collect", "render", "stage", "send", "deliver"])
def test_attempt_after_a_death_finishes_and_sends_each_invoice_once(site: Site, steps: str) -> None:
    job = site.job()
    dead_attempt(job, steps)
    before = site.published()

    assert export.run(job.id) == JobState.COMPLETED

    published = site.published()
    assert len(published) == 2
    assert before.items() <= published.items()
    assert sum(data.count(b"W-1") for data in published.values()) == 1
    assert sum(data.count(b"A-1") for data in published.values()) == 1
    assert site.ledger() == {"W-1": "exported", "A-1": "exported"}
    assert (Job.get_by_id(job.id).attempt, staged()) == (2, [])
    outcomes = [row.outcome for row in JobAttempt.select().order_by(JobAttempt.number)]
    assert outcomes == ["lost", "completed"]


@pytest.mark.parametrize("taken", ["fetched and deleted", "moved away"])
def test_file_taken_by_the_customer_before_our_commit_is_not_sent_again(site: Site, taken: str) -> None:
    job = site.job()
    dead_attempt(job, "send")
    for path in [path for path in site.folder.iterdir() if path.is_file()]:
        if taken == "moved away":
            (site.folder / "done").mkdir(exist_ok=True)
            path.rename(site.folder / "done" / path.name)
        else:
            path.unlink()
    left = set(site.published())

    assert export.run(job.id) == JobState.COMPLETED

    assert set(site.published()) == left
    assert site.ledger() == {"W-1": "exported", "A-1": "exported"}


def test_second_attempt_makes_the_same_bytes(site: Site) -> None:
    job = site.job()
    dead_attempt(job, "render")
    first = {file.route: (file.name, file.sha256) for file in files.of_job(job.id)}
    for file in files.of_job(job.id):
        render.archived(file).unlink()  # as if the crash came before the file was recorded
        file.state = "reserved"
        file.save()

    export.run(job.id)

    assert {file.route: (file.name, file.sha256) for file in files.of_job(job.id)} == first


def test_worker_that_lost_its_job_changes_nothing_any_more(site: Site) -> None:
    job = site.job()
    zombie = dead_attempt(job, "collect")
    assert export.run(job.id) == JobState.COMPLETED
    settled = Job.get_by_id(job.id)

    assert not jobs.beat(zombie)
    with pytest.raises(Fenced):
        settling.settle(zombie, Problem(code="late", reason="late", remedy="none"))
    with pytest.raises(Fenced), transaction():
        files.reserve(zombie, route=Route.OTHER, format_key="csv", wanted="late.csv")
    assert Job.get_by_id(job.id).__data__ == settled.__data__
    assert site.ledger() == {"W-1": "exported", "A-1": "exported"}


def test_archived_file_that_changed_is_not_delivered(site: Site) -> None:
    job = site.job()
    dead_attempt(job, "render")
    for file in files.of_job(job.id):
        render.archived(file).write_bytes(b"something else")
    assert export.run(job.id) == JobState.FAILED
    assert Job.get_by_id(job.id).code == "archive_damaged"
    assert site.published() == {}
    assert site.ledger() == {"W-1": "pending", "A-1": "pending"}


def test_only_the_oldest_job_of_a_destination_can_be_claimed_and_only_one_runs(site: Site) -> None:
    first, second = site.job(), site.job()
    assert jobs.claim(second.id, DEAD) is None
    held = jobs.claim(first.id, DEAD)
    assert held is not None
    assert jobs.claim(first.id, "other") is None
    assert jobs.claim(second.id, DEAD) is None
    settling.settle(held, None)
    assert jobs.claim(second.id, DEAD) is not None


def test_owner_is_known_to_be_gone_only_when_its_process_is(tmp_path: Path) -> None:
    assert not lease.is_gone(lease.owner_name())
    host, boot, _, _ = lease.owner_name().rsplit("/", 3)
    assert lease.is_gone(f"{host}/{boot}/{2**22}/1")  # above any pid of this machine
    assert lease.is_gone(f"{host}/otherboot/1/1")
    assert not lease.is_gone(f"another-{tmp_path.name}/{boot}/1/1")


def test_payee_renamed_after_its_file_was_written_does_not_fall_out_of_it(site: Site) -> None:
    vendor = site.vendor("Wire Co")  # an account in nobody's own name is in that of the payee
    parties.add_bank_account(WAYBILL, vendor, routing="076401251", number="87654321")
    job = site.job()
    dead_attempt(job, "send")
    parties.edit(WAYBILL, site.vendor("Wire Co"), name="株式会社")  # which no ACH file can carry

    assert export.run(job.id) == JobState.COMPLETED
    assert site.ledger() == {"W-1": "exported", "A-1": "exported"}


def test_party_edited_after_its_invoices_were_collected_does_not_change_the_file(site: Site) -> None:
    job = site.job({Route.OTHER: Output(format="csv")})
    dead_attempt(job, "collect")
    parties.edit(WAYBILL, site.vendor("Blue Ltd"), name="Green Ltd", number="V-9")

    assert export.run(job.id) == JobState.COMPLETED

    [text] = [data.decode() for data in site.published().values()]
    assert ("Blue Ltd" in text, "Green Ltd" in text, "V-9" in text) == (True, False, False)


class _Killed(BaseException):
    """Nothing of the attempt runs after this."""


def _killed_at(point: str, job: Job) -> None:
    def stop(name: str) -> None:
        if name == point:
            raise _Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_planned", {point: []})
        patch.setattr(faults, "_pass", stop)
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # who is killed cleans nothing up
        with pytest.raises(_Killed):
            export.run(job.id)
    [(held, _)] = lease.held()
    assert jobs.take_back(held, "its worker is gone")


@pytest.mark.parametrize("ends", ["well", "otherwise"])
@pytest.mark.parametrize("point", ["whole.flushed", "file.read_back"])
def test_what_a_dead_attempt_wrote_does_not_stay_in_the_archive(site: Site, point: str, ends: str) -> None:
    job = site.job({Route.OTHER: Output(format="csv")})
    _killed_at(point, job)
    [left] = [path for path in settings.current().archive.rglob("*") if path.is_file()]
    if ends == "otherwise":
        execute("UPDATE export_job SET tries = 99 WHERE id = ?", (job.id,))

    assert export.run(job.id) == (JobState.COMPLETED if ends == "well" else JobState.FAILED)

    assert not left.exists()


def test_whole_batch_or_nothing_stays_so_after_a_death(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"when_items_fail": "whole_batch_or_nothing"})
    site.invoice("EUR-1", currency="EUR", vendor="Wire Co")
    job = site.job()
    claim = jobs.claim(job.id, DEAD)
    assert claim is not None
    present = Job.get_by_id(job.id)
    plan = check.ready(present)
    collect.collect(claim, present, plan)
    assert data.examine(claim, Job.get_by_id(job.id), plan) is not None
    assert jobs.take_back(claim, "its worker is gone")

    assert export.run(job.id) == JobState.FAILED
    assert site.published() == {}
    assert set(site.ledger().values()) == {"pending"}


def test_invoice_changed_after_it_was_claimed_goes_with_the_dates_it_was_claimed_with(site: Site) -> None:
    job = site.job({Route.OTHER: Output(format="csv")})
    dead_attempt(job, "collect")
    site.invoice("A-1", "999.00", due_date="2027-08-08", issue_date="2027-07-07")

    assert export.run(job.id) == JobState.COMPLETED

    [text] = [data.decode() for data in site.published().values()]
    assert ("2026-11-01" in text, "2026-12-01" in text) == (True, True)
    assert ("2027-07-07" in text, "2027-08-08" in text, "999" in text) == (False, False, False)

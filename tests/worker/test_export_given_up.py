"""Files on their way when their job ended otherwise: what left stays exported, what did not is back.

A second attempt, a worker presumed dead that comes back, and the customer may each be anywhere meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models import deliveries, facilities, files, jobs, settings
from models.audit import WAYBILL
from models.catalogue import discover
from models.database import execute, transaction
from models.deliveries import DeliveryState
from models.errors import DeliveryError, Fenced
from models.files import BatchFile, FileState
from models.jobs import ExportItem, Job, JobState, settling
from models.problems import Problem
from models.repairs import requeue, resolve
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import Site, make_site, staged
from worker import durable, export
from worker.export import check, deliver, render
from worker.gateways import Copy, OutcomeUnknown
from worker.gateways.pickup import Pickup


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site with one invoice for each route."""
    site = make_site()
    site.invoice("W-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    site.invoice("A-1")
    return site


EXPORTED = {"W-1": "exported", "A-1": "exported"}
PENDING = {"W-1": "pending", "A-1": "pending"}


def _facility_off(site: Site, job: Job) -> None:
    del job
    facilities.deactivate(WAYBILL, site.facility)


def _all_tries_spent(site: Site, job: Job) -> None:
    del site
    execute("UPDATE export_job SET tries = 99 WHERE id = ?", (job.id,))


def _archive_damaged(site: Site, job: Job) -> None:
    del site
    for file in files.of_job(job.id):
        render.archived(file).write_bytes(b"something else")


@pytest.mark.parametrize("ends", [_facility_off, _all_tries_spent, _archive_damaged])
@pytest.mark.parametrize("left", [True, False])
def test_job_that_cannot_go_on_keeps_what_left_and_gives_back_the_rest(
    site: Site, ends: Callable[[Site, Job], None], left: bool
) -> None:
    job = site.job()
    dead_attempt(job, "send" if left else "stage")
    ends(site, job)

    state = export.run(job.id)

    assert site.ledger() == (EXPORTED if left else PENDING)
    assert state == (JobState.COMPLETED if left else JobState.FAILED)  # nothing is left to do
    assert (len(site.published()), staged()) == (2 if left else 0, [])


def test_delivery_whose_outcome_cannot_be_known_holds_its_invoices(site: Site) -> None:
    job = site.job()
    dead_attempt(job, "send")
    _all_tries_spent(site, job)
    shutil.rmtree(settings.current().staging)  # as if its file system were not mounted

    assert export.run(job.id) == JobState.FAILED

    assert site.ledger() == {"W-1": "on_hold", "A-1": "on_hold"}
    states = [(row.state, row.code) for row in ExportItem.select().where(ExportItem.job == job)]
    assert states == [("failed", "outcome_unknown")] * 2
    assert {deliveries.of_file(file)[0].state for file in files.of_job(job.id)} == {DeliveryState.UNKNOWN}


def test_staging_that_is_not_there_after_a_restart_is_waited_for(site: Site) -> None:
    job = site.job()
    dead_attempt(job, "stage")
    staging = settings.current().staging
    kept = staging.rename(staging.with_name("kept"))

    assert export.run(job.id) is None  # postponed: the missing copies are no proof that the files left
    assert Job.get_by_id(job.id).code == "staging_missing"

    assert not staging.exists()
    kept.rename(staging)
    execute("UPDATE export_job SET run_at = NULL WHERE id = ?", (job.id,))
    assert export.run(job.id) == JobState.COMPLETED
    assert (site.ledger(), len(site.published())) == (EXPORTED, 2)


class _OvertakenAtTheLook(Pickup):
    """An earlier attempt, presumed dead, publishes just before this one takes its copy back."""

    def withdraw(self, copy: Copy) -> bool:
        super().send(copy)
        return super().withdraw(copy)


def test_file_published_by_an_earlier_attempt_at_the_last_moment_counts_as_delivered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = site.job()
    dead_attempt(job, "stage")
    monkeypatch.setitem(discover("waybill.gateways"), "pickup", _OvertakenAtTheLook)

    assert export.run(job.id) == JobState.COMPLETED
    assert (site.ledger(), len(site.published())) == (EXPORTED, 2)


def test_fault_after_the_rename_counts_as_delivered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    job = site.job()
    site.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def out_of_handles(folder: Path) -> None:
        raise OSError(24, "Too many open files", str(folder))

    class Exhausted(Pickup):
        def send(self, copy: Copy) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(durable, "sync_folder", out_of_handles)
                super().send(copy)

    monkeypatch.setitem(discover("waybill.gateways"), "pickup", Exhausted)
    assert export.run(job.id) == JobState.COMPLETED
    assert (site.ledger(), len(site.published())) == (EXPORTED, 2)


def test_copy_of_an_attempt_that_comes_back_is_not_taken_for_the_present_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = site.job()
    zombie = dead_attempt(job, "render")
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_delivered", _die)
        patch.setattr(export, "_export", export._steps)
        with pytest.raises(RuntimeError):
            export.run(job.id)  # dies after it published its first file
    execute("UPDATE export_job SET state = 'pending', owner = ''")
    [(file, delivery)] = deliveries.under_way(job.id)
    assert delivery.state == DeliveryState.SENDING
    delivery.attempt = zombie.attempt
    with deliver._frozen_gateway(zombie, file.route) as gateway:
        gateway.stage(deliver._copy(file, delivery))  # the first wakes up where it was
    (site.folder / file.name).unlink()  # and the customer has fetched the file

    assert export.run(job.id) == JobState.COMPLETED

    assert (site.ledger(), len(site.published())) == (EXPORTED, 1)


def _die(*_: object) -> None:
    raise RuntimeError("killed")


def test_attempt_that_comes_back_cannot_write_over_the_archive(site: Site) -> None:
    job = site.job()
    zombie = dead_attempt(job, "collect")
    stale = Job.get_by_id(job.id)
    assert export.run(job.id) == JobState.COMPLETED

    file = BatchFile.get(BatchFile.route == "other")
    before = render.archived(file).read_bytes()
    file.state = FileState.RESERVED  # as the zombie had read it
    with pytest.raises(Fenced):
        render._write_single(zombie, stale, check.ready(stale), file)
    assert render.archived(BatchFile.get_by_id(file.id)).read_bytes() == before


def test_settling_with_a_file_still_on_its_way_never_gives_its_invoices_back(site: Site) -> None:
    job = site.job()
    dead_attempt(job, "send")
    held = jobs.claim(job.id, "here/0/1/1")
    assert held is not None
    settling.settle(held, Problem(code="x", reason="x", remedy="x"))
    assert site.ledger() == {"W-1": "on_hold", "A-1": "on_hold"}
    with transaction():
        files.void_undelivered(job.id)
    assert {file.state for file in files.of_job(job.id)} == {FileState.CLOSED}


def test_file_of_an_earlier_run_found_not_to_have_arrived_is_not_sent_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its invoices go in the new file; the old one, closed, must stay where it is."""

    def lose(self: Pickup, copy: Copy) -> None:  # noqa: ARG001 - the gateway's own signature
        if copy.name.startswith("ACH"):
            raise DeliveryError("no", remedy="ask", code="refused")
        raise OutcomeUnknown("the line broke", remedy="look there")

    job = site.job()
    with monkeypatch.context() as patch:
        patch.setattr(Pickup, "send", lose)
        assert export.run(job.id) == JobState.FAILED
    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "the ACH file")
    [unknown] = deliveries.listed(WAYBILL, state=DeliveryState.UNKNOWN)
    resolve.apply(WAYBILL, resolve.plan(WAYBILL, [unknown.id], arrived=False), "not there")
    assert export.run(job.id) == JobState.COMPLETED
    assert site.ledger() == EXPORTED
    assert sum(b"A-1" in data for data in site.published().values()) == 1

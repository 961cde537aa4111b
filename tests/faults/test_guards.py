"""Each guard, by a directed interleaving: one process stopped at a named point until another has passed it.

Random kills do not bite on these: the race is narrow, or the effect looks alike. `scripts/faults --mutate`
takes each guard away and demands that a test of this folder goes red. Those against a worker that is taken
for dead are in test_fencing.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import peewee
import pytest

from models import clock, facilities, files, jobs, schedules, settings
from models.audit import WAYBILL
from models.database import execute, transaction
from models.jobs import Job, JobState, Trigger, lease, settling
from models.notifications import MailKind, outbox
from models.repairs import requeue
from models.schedules import Schedule
from tests.faults.installation import Home, set_back
from tests.faults.interleaving import (
    CSV,
    OTHER,
    WHY,
    at_point,
    claimed,
    numbers,
    taken_away,
)
from tests.peers.smtp import PostOffice
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import AS_OF, Site
from worker import export, gateways, notify
from worker.durable import move_without_replacing
from worker.export import deliver, render

# --- claiming


def test_job_is_claimed_once(site: Site) -> None:
    job = site.job(CSV)
    assert jobs.claim(job.id, OTHER) is not None
    assert jobs.claim(job.id, "elsewhere/0/2/2") is None


def test_destination_has_one_job_in_progress(site: Site) -> None:
    first, second = site.job(CSV), site.job(CSV)
    assert jobs.claim(first.id, OTHER) is not None
    assert jobs.claim(second.id, OTHER) is None


def test_destination_cannot_have_two_jobs_in_progress_whatever_claims_them(site: Site) -> None:
    first, second = site.job(CSV), site.job(CSV)
    by_force = "UPDATE export_job SET state = 'in_progress' WHERE id = ?"
    with transaction():
        execute(by_force, (first.id,))
    with pytest.raises(peewee.IntegrityError), transaction():
        execute(by_force, (second.id,))


# --- one effect per due time and per request


@pytest.mark.usefixtures("home")
def test_two_tickers_make_one_job_of_a_due_time() -> None:
    made = list[int]()
    with at_point("schedule.due", lambda: made.extend(schedules.fire(clock.now()))):
        made += schedules.fire(clock.now())
    assert len(made) == 1


@pytest.mark.usefixtures("home")
def test_due_time_that_comes_again_makes_no_second_job() -> None:
    now = clock.now()
    schedule = Schedule.get()
    assert len(schedules.fire(now)) == 1
    set_back(schedule.id)
    assert schedules.fire(now) == []


def test_request_sent_twice_makes_one_job(site: Site) -> None:
    def press() -> Job | None:
        return jobs.insert(
            site.facility,
            outputs=CSV,
            on_behalf_of=site.finance.id,
            as_of=AS_OF,
            trigger=Trigger.REQUEST,
            request_id="pressed",
        )

    assert press() is not None
    assert press() is None


def test_invoice_exported_by_one_job_is_not_taken_by_the_next(site: Site) -> None:
    first, second = site.job(CSV), site.job(CSV)
    assert export.run(first.id) == JobState.COMPLETED
    assert export.run(second.id) == JobState.COMPLETED
    assert set(numbers(site.published()).values()) == {1}


def test_job_queued_again_by_two_people_is_queued_once(site: Site) -> None:
    job = site.job(CSV)
    assert settling.settle(claimed(job), WHY) == JobState.FAILED
    plans = [requeue.plan(WAYBILL, [job.id]) for _ in range(2)]
    first, second = (requeue.apply(WAYBILL, plan, "it is mended") for plan in plans)
    assert [change.subject_id for change in first.done] == [job.id]
    assert (second.done, [left.code for left in second.left_out]) == ((), ["already_queued"])


def test_job_queued_again_and_begun_meanwhile_is_left_alone(site: Site) -> None:
    job = site.job(CSV)
    assert settling.settle(claimed(job), WHY) == JobState.FAILED
    late = requeue.plan(WAYBILL, [job.id])
    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "it is mended")
    assert settling.settle(claimed(job), WHY) == JobState.FAILED
    assert requeue.apply(WAYBILL, late, "it is mended").done == ()


# --- files


def test_file_stands_under_its_name_only_when_it_is_whole(site: Site) -> None:
    def look() -> None:
        found = [path for path in settings.current().archive.rglob("*") if path.is_file()]
        assert all(path.name.startswith(".") for path in found), found

    with at_point("whole.flushed", look):
        assert export.run(site.job(CSV).id) == JobState.COMPLETED


def test_file_of_the_customer_is_never_replaced(site: Site) -> None:
    job = site.job(CSV)

    def plant() -> None:
        [file] = files.of_job(job.id)
        (site.folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (site.folder / file.name).write_text("nobody's")

    with at_point("file.recorded", plant):
        assert export.run(job.id) == JobState.FAILED
    assert Job.get_by_id(job.id).code == "name_taken"
    assert list(site.published().values()) == [b"nobody's"]
    assert set(site.ledger().values()) == {"pending"}


def test_move_never_replaces(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    target.write_text("old")
    with pytest.raises(FileExistsError):
        move_without_replacing(source, target)


def test_file_that_does_not_say_what_the_database_says_does_not_leave(site: Site) -> None:
    def lose_a_line() -> None:
        [path] = [path for path in settings.current().archive.rglob("*.csv") if path.is_file()]
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    job = site.job(CSV)
    with at_point("file.written", lose_a_line):
        assert export.run(job.id) == JobState.FAILED
    assert Job.get_by_id(job.id).code == "totals_differ"
    assert site.published() == {}


def test_archived_file_that_changed_after_a_death_does_not_leave(site: Site) -> None:
    job = site.job(CSV)
    dead_attempt(job, "render")
    for file in files.of_job(job.id):
        render.archived(file).write_bytes(b"something else")
    assert export.run(job.id) == JobState.FAILED
    assert site.published() == {}


@pytest.mark.parametrize("taken", [True, False])
def test_file_sent_by_a_worker_that_died_before_it_said_so_is_not_sent_again(site: Site, taken: bool) -> None:
    job = site.job(CSV)
    dead_attempt(job, "send")
    seen = site.published()
    if taken:
        for name in seen:
            (site.folder / name).unlink()
    assert export.run(job.id) == JobState.COMPLETED
    assert site.published() == ({} if taken else seen)


def _late_sender(site: Site, job: Job) -> Callable[[], None]:
    """An attempt that staged its file and stood still before it sent it; what it does when it comes back."""
    dead_attempt(job, "stage")
    [file] = files.of_job(job.id)
    [delivery] = files.deliveries(file)
    gateway = gateways.make("pickup", site.facility)
    return lambda: gateway.send(deliver._copy(file, delivery))


def test_copy_that_was_withdrawn_cannot_be_sent_any_more(site: Site) -> None:
    job = site.job(CSV)
    send = _late_sender(site, job)

    def too_late() -> None:
        with pytest.raises(FileNotFoundError):
            send()

    with at_point("pickup.withdrawn", too_late):
        assert export.run(job.id) == JobState.COMPLETED
    assert set(numbers(site.published()).values()) == {1}
    assert len(site.published()) == 1


def test_copy_that_was_sent_before_it_could_be_withdrawn_is_not_sent_again(site: Site) -> None:
    job = site.job(CSV)
    with at_point("job.claimed", _late_sender(site, job), passing=1):
        assert export.run(job.id) == JobState.COMPLETED
    assert set(numbers(site.published()).values()) == {1}
    assert len(site.published()) == 1


@pytest.mark.parametrize("home", ["sftp"], indirect=True)
def test_file_that_a_dead_attempt_found_to_be_unknown_is_not_sent_again(home: Home, site: Site) -> None:
    job = site.job(CSV)
    dead_attempt(job, "send")
    assert len(taken_away(home)) == 1
    ended = list[JobState | None]()

    def take_over() -> None:
        [(held, _)] = lease.held()
        assert jobs.take_back(held, "it gave no sign")
        ended.append(export.run(job.id))

    with at_point("job.ending", take_over):
        assert export.run(job.id) is None
    assert ended == [JobState.FAILED]
    assert Job.get_by_id(job.id).code == "outcome_unknown"
    assert taken_away(home) == {}
    assert sorted(set(site.ledger().values())) == ["on_hold", "pending"]


# --- change while exporting


def test_invoice_changed_while_it_is_exported_goes_as_it_was_claimed(site: Site) -> None:
    site.invoice("FLT900001", "100.00", due_date="2026-12-24")
    job = site.job(CSV)
    with at_point("items.collected", lambda: site.invoice("FLT900001", "999.00", due_date="2027-08-08")):
        assert export.run(job.id) == JobState.COMPLETED
    [line] = [
        line
        for data in site.published().values()
        for line in data.decode().splitlines()
        if "FLT900001" in line
    ]
    assert ("2026-12-24" in line, "2027-08-08" in line, "999" in line) == (True, False, False)
    second = site.job(CSV)
    assert export.run(second.id) == JobState.COMPLETED
    assert numbers(site.published())[b"FLT900001"] == 1


def test_facility_changed_while_a_job_is_under_way_does_not_change_the_job(site: Site) -> None:
    job = site.job(CSV)
    dead_attempt(job, "collect")
    facilities.edit(WAYBILL, site.facility, {"other_file_name": "Changed{job}"})
    assert export.run(job.id) == JobState.COMPLETED
    assert not [name for name in site.published() if "Changed" in name]


# --- letters


@pytest.fixture
def letter(home: Home, office: PostOffice) -> Iterator[PostOffice]:
    """One letter waits, and a server that takes it."""
    office.received.clear()
    mail = settings.Mail(host="127.0.0.1", port=office.port, tls="none", sender="waybill@acme.example")
    before = settings.current()
    settings.use(replace(before, mail=mail))
    execute("UPDATE outbox_mail SET state = 'sent'")
    with transaction():
        _put_letter(home)
    yield office
    settings.use(before)


def _put_letter(home: Home) -> int:
    return outbox.put(
        "a failure",
        kind=MailKind.EXPORT_FAILED,
        entity_id=home.lines[0].site.entity.id,
        job_id=None,
        recipients=["anna@acme.example"],
        subject="Export failed",
        body="It did.",
    )


def test_two_senders_send_a_letter_once(letter: PostOffice) -> None:
    with at_point("mail.claimed", notify.send_waiting):
        notify.send_waiting()
    assert len(letter.received) == 1


@pytest.mark.usefixtures("letter")
def test_event_is_told_once_to_each(home: Home) -> None:
    with transaction():
        assert _put_letter(home) == 0


@pytest.mark.usefixtures("letter")
def test_sender_taken_for_dead_does_not_close_the_letter_of_another() -> None:
    late = outbox.claim_next("first")
    assert late is not None
    assert outbox.put_back(late, clock.now() - timedelta(seconds=1), "its sender stopped")
    assert outbox.claim_next("second") is not None
    assert not outbox.mark_sent(late)

"""Each guard, by a directed interleaving: one process stopped at a named point until another has passed it.

Random kills do not bite on these: the race is narrow, or the effect looks alike. `scripts/faults --mutate`
takes each guard away and demands that a test of this folder goes red.
"""

from __future__ import annotations

import inspect
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import peewee
import pytest

from models import clock, facilities, faults, files, jobs, schedules, settings
from models.audit import WAYBILL
from models.database import connection, database, execute, transaction
from models.errors import Fenced
from models.files import BatchFile, DeliveryState
from models.jobs import Claim, Job, JobState, Output, Route, Trigger, items, lease
from models.notifications import MailKind, outbox
from models.problems import Problem
from models.repairs import requeue
from models.schedules import Schedule
from tests.faults.conftest import Templates
from tests.faults.far_side import Receiver
from tests.faults.installation import LEASE, Home, copy, kill, set_back, wait_for
from tests.peers.smtp import PostOffice
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import AS_OF, Site
from worker import export, gateways, notify
from worker.durable import move_without_replacing
from worker.export import deliver, render

OTHER = "elsewhere/0/1/1"


@pytest.fixture
def home(templates: Templates, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """A home of its own, with work waiting; its parameter says by which gateway files leave."""
    home = copy(templates(getattr(request, "param", "pickup")), tmp_path / "home")
    with connection():
        yield home


both_gateways = pytest.mark.parametrize("home", ["pickup", "sftp"], indirect=True)


@pytest.fixture
def site(home: Home) -> Site:
    """The first entity's payable side, its schedule asleep."""
    execute("UPDATE schedule SET enabled = FALSE")
    return home.lines[0].site


@contextmanager
def running(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill them in the end, whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            kill(process)


@contextmanager
def at_point(name: str, act: Callable[[], object], *, passing: int = 1) -> Iterator[None]:
    """Let another one act, to its end, while this process stands at a passing of the point."""
    seen = Counter[str]()

    def stop(point: str) -> None:
        seen[point] += 1
        if point == name and seen[point] == passing:
            with ThreadPoolExecutor(1) as other:
                other.submit(_connected, act).result(30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_planned", {name: []})
        patch.setattr(faults, "_pass", stop)
        yield
    assert seen[name] >= passing, f"nothing came past {name}"


def _connected(act: Callable[[], object]) -> object:
    with connection():
        return act()


def _take_over(home: Home, job: Job) -> dict[str, bytes]:
    """What a ticker, another worker and the customer do while this worker is taken for dead."""
    [held] = [held for held, _ in lease.held() if held.job_id == job.id]
    assert jobs.take_back(held, "it gave no sign")
    assert export.run(job.id) == JobState.COMPLETED
    return _taken_away(home)


def _taken_away(home: Home) -> dict[str, bytes]:
    """What the customer finds, and takes."""
    found = {path: path.read_bytes() for path in home.inbox.rglob("[!.]*") if path.is_file()}
    for path in found:
        path.unlink()
    return {path.name: data for path, data in found.items()}


def _way_of_a_job(job: Job) -> list[tuple[str, int]]:
    """The points between claim and end that a worker passes outside its transactions, with the passing."""
    seen, way = Counter[str](), list[tuple[str, int]]()

    def note(point: str) -> None:
        seen[point] += 1
        if not database.in_transaction() and point.partition(".")[0] not in ("heartbeat", "schedule"):
            way.append((point, seen[point]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_planned", {"": []})
        patch.setattr(faults, "_pass", note)
        assert export.run(job.id) == JobState.COMPLETED
    return way[: way.index(("job.ending", 1)) + 1]


def _numbers(published: dict[str, bytes]) -> Counter[bytes]:
    return Counter(number for data in published.values() for number in re.findall(rb"FLT\d{6}", data))


def received(home: Home) -> dict[str, bytes]:
    """Every file that came to the far side."""
    return {path.name: path.read_bytes() for path in home.received.iterdir()}


CSV = {Route.OTHER: Output(format="csv")}


def _claimed(job: Job) -> Claim:
    held = jobs.claim(job.id, lease.owner_name())
    assert held is not None
    return held


# --- fencing and take-over


@both_gateways
def test_worker_taken_for_dead_anywhere_on_its_way_changes_and_sends_nothing(home: Home, site: Site) -> None:
    site.invoice("FLT900000")
    way = _way_of_a_job(site.job(CSV))
    assert len(_taken_away(home)) == 1
    for number, (point, passing) in enumerate(way, start=900001):
        site.invoice(f"FLT{number}")
        _is_fenced_at(home, site.job(CSV), point, passing, b"FLT%d" % number)
    assert set(site.ledger().values()) == {"exported", "pending"}  # what cannot go is pending


def _is_fenced_at(home: Home, job: Job, point: str, passing: int, number: bytes) -> None:
    taken, left = dict[str, bytes](), list[object]()

    def take_over() -> None:
        taken.update(_take_over(home, job))
        left.extend(_records())

    with at_point(point, take_over, passing=passing):
        assert export.run(job.id) is None, point
    assert _records() == left, point
    assert _taken_away(home) == {}, point
    assert _numbers(taken) == {number: 1}, point
    assert _way_of_files(job) == [DeliveryState.DELIVERED], point
    assert (Job.get_by_id(job.id).state, Job.get_by_id(job.id).attempt) == (JobState.COMPLETED, 2), point


_TABLES = ("export_job", "job_attempt", "job_event", "export_item", "export_ledger", "batch_file", "delivery")


def _records() -> list[object]:
    """All that is written down of jobs and of what they carry."""
    every = (execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES)  # noqa: S608 - constants
    return [sorted(rows, key=repr) for rows in every]


def _way_of_files(job: Job) -> list[DeliveryState]:
    return [delivery.state for file in files.of_job(job.id) for delivery in files.deliveries(file)]


_WHY = Problem(code="late", reason="it is late", remedy="")
# Each function that writes for a job, called by whoever held it once.
_WRITES: dict[str, Callable[[Claim, BatchFile], object]] = {
    "collect": lambda late, _: items.collect(late, [Route.OTHER], {}),
    "freeze": lambda late, _: items.freeze(late, {}),
    "fail": lambda late, _: items.fail(late, [(1, _WHY)]),
    "fail_route": lambda late, _: items.fail_route(late, Route.OTHER, _WHY),
    "assign_file": lambda late, file: items.assign_file(late, Route.OTHER, file.id),
    "settle": lambda late, _: items.settle(late, None),
    "reserve": lambda late, _: files.reserve(late, route=Route.ACH, format_key="csv", wanted="late.csv"),
    "give_up": lambda late, file: files.give_up(late, file),
    "record_rendered": lambda late, file: files.record_rendered(
        late, file, archive_path="late", sha256="late", size=0, items=0, totals={}
    ),
    "set_delivery": lambda late, file: files.set_delivery(
        late, files.deliveries(file)[0], DeliveryState.UNKNOWN
    ),
    "postpone": lambda late, _: jobs.postpone(late, clock.now(), code="late", reason="", remedy=""),
    "hand_back": lambda late, _: jobs.hand_back(late),
}
_ASKS_ONLY = {"begin_delivery"}
_IN_THE_LEASE_ITSELF = {"postpone", "hand_back"}


def test_every_function_that_writes_for_a_job_is_held_to_its_claim() -> None:
    found = {
        name
        for module in (items, files)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if "claim" in inspect.signature(function).parameters
    }
    assert found - _ASKS_ONLY == set(_WRITES) - _IN_THE_LEASE_ITSELF


@pytest.mark.parametrize("write", _WRITES)
def test_write_of_a_worker_taken_for_dead_is_refused(site: Site, write: str) -> None:
    job = site.job(CSV)
    late = dead_attempt(job, "stage")
    assert jobs.claim(job.id, OTHER) is not None
    [file] = files.of_job(job.id)
    with pytest.raises(Fenced), transaction():
        _WRITES[write](late, file)


def test_process_stopped_past_its_lease_finds_itself_fenced(home: Home, site: Site) -> None:
    execute("UPDATE export_job SET state = 'cancelled'")
    site.job()
    gate, heart = home.path / "gate", home.path / "heart"
    # Both its threads stand outside a transaction: stopped within one, SQLite would be locked for everyone.
    zombie = home.worker(f"stall@whole.begun:3={gate} stall@heartbeat.due={heart}")
    with Receiver(home), running(zombie):
        for place in (gate, heart):
            wait_for(place.with_name(f"{place.name}.reached").exists, f"the first worker to come to {place}")
        zombie.send_signal(signal.SIGSTOP)
        for place in (gate, heart):
            place.with_name(f"{place.name}.go").touch()
        other = home.worker()
        with running(other):
            wait_for(home.is_drained, "the second worker to finish")
            zombie.send_signal(signal.SIGCONT)
            wait_for(lambda: "job.fenced" in home.log(), "the first worker to find itself fenced")
    assert f"gave no sign for {LEASE} s" in home.log()
    assert set(_numbers(received(home)).values()) == {1}


def test_job_that_its_holder_ended_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = _claimed(job)
    freed = []
    with at_point("job.abandoned", lambda: items.settle(held, None)):
        freed.append(jobs.take_back(held, "it gave no sign"))
    assert freed == [False]
    assert Job.get_by_id(job.id).state == JobState.COMPLETED


def test_job_that_another_worker_claimed_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = _claimed(job)

    def pass_on() -> None:
        jobs.hand_back(held)
        assert jobs.claim(job.id, OTHER) is not None

    with at_point("job.abandoned", pass_on):
        assert not jobs.take_back(held, "its worker is gone")
    assert (Job.get_by_id(job.id).state, Job.get_by_id(job.id).attempt) == (JobState.IN_PROGRESS, 2)


def test_job_whose_holder_gave_a_sign_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = _claimed(job)
    [(_, beat)] = lease.held()
    with at_point("job.abandoned", lambda: jobs.beat(held)):
        assert not jobs.take_back(held, "it gave no sign", beat=beat)
    assert Job.get_by_id(job.id).state == JobState.IN_PROGRESS


def test_heartbeat_of_a_worker_taken_for_dead_keeps_nothing(site: Site) -> None:
    held = _claimed(site.job(CSV))
    assert jobs.take_back(held, "it gave no sign")
    assert jobs.claim(held.job_id, OTHER) is not None
    [(_, before)] = lease.held()
    assert not jobs.beat(held)
    [(_, after)] = lease.held()
    assert after == before


def test_attempt_only_grows(site: Site) -> None:
    job = site.job(CSV)
    for number in (1, 2, 3):
        held = _claimed(job)
        assert held.attempt == number
        jobs.hand_back(held)


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
    assert set(_numbers(site.published()).values()) == {1}


def test_job_queued_again_by_two_people_is_queued_once(site: Site) -> None:
    job = site.job(CSV)
    assert items.settle(_claimed(job), _WHY) == JobState.FAILED
    plans = [requeue.plan(WAYBILL, [job.id]) for _ in range(2)]
    first, second = (requeue.apply(WAYBILL, plan, "it is mended") for plan in plans)
    assert [change.subject_id for change in first.done] == [job.id]
    assert (second.done, [left.code for left in second.left_out]) == ((), ["already_queued"])


def test_job_queued_again_and_begun_meanwhile_is_left_alone(site: Site) -> None:
    job = site.job(CSV)
    assert items.settle(_claimed(job), _WHY) == JobState.FAILED
    late = requeue.plan(WAYBILL, [job.id])
    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "it is mended")
    assert items.settle(_claimed(job), _WHY) == JobState.FAILED
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
    assert set(_numbers(site.published()).values()) == {1}
    assert len(site.published()) == 1


def test_copy_that_was_sent_before_it_could_be_withdrawn_is_not_sent_again(site: Site) -> None:
    job = site.job(CSV)
    with at_point("job.claimed", _late_sender(site, job), passing=1):
        assert export.run(job.id) == JobState.COMPLETED
    assert set(_numbers(site.published()).values()) == {1}
    assert len(site.published()) == 1


@pytest.mark.parametrize("home", ["sftp"], indirect=True)
def test_file_that_a_dead_attempt_found_to_be_unknown_is_not_sent_again(home: Home, site: Site) -> None:
    job = site.job(CSV)
    dead_attempt(job, "send")
    assert len(_taken_away(home)) == 1
    ended = list[JobState | None]()

    def take_over() -> None:
        [(held, _)] = lease.held()
        assert jobs.take_back(held, "it gave no sign")
        ended.append(export.run(job.id))

    with at_point("job.ending", take_over):
        assert export.run(job.id) is None
    assert ended == [JobState.FAILED]
    assert Job.get_by_id(job.id).code == "outcome_unknown"
    assert _taken_away(home) == {}
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
    assert _numbers(site.published())[b"FLT900001"] == 1


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

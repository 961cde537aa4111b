"""A machine that says no: disk full, folder read-only, database locked or gone, no file handles, no bell.

A real worker process each time. While it lasts the worker lives on and nothing is half done; once it is over
everything arrives, once, and the ledger adds up. What had to end says why and what to do, by mail too.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from models import mappings, settings
from models.audit import WAYBILL
from models.database import connection, execute, transaction
from models.jobs import Job, JobState, Output, Route
from tests.faults.far_side import Receiver, compare
from tests.faults.installation import STUCK, Home, copy, kill, wait_for
from tests.peers.smtp import PostOffice

# Root without the right to write where permissions say no; an ordinary user needs nothing taken away.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
LASTS = 2.0
"""Seconds: longer than the lease and the database's patience, both a second here."""
_DEATHS = 3
"""So many of its workers' deaths in a row end a job."""
SUPPORT = "help@acme.example"


@pytest.fixture
def home(sqlite_template: Home, tmp_path: Path) -> Iterator[Home]:
    """A home of its own, with work waiting."""
    home = copy(sqlite_template, tmp_path / "home")
    home.environment["WAYBILL_DATABASE_BUSY_SECONDS"] = "1"
    with connection(), Receiver(home):
        yield home


@contextmanager
def working(home: Home, under: Sequence[str] = (), faults: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is alive until the end of the block."""
    worker = home.process("worker", under=under, faults=faults)
    try:
        yield worker
        assert worker.poll() is None, home.log()
    finally:
        kill(worker)


def limit(worker: subprocess.Popen[bytes], what: int, soft: int) -> None:
    """Change a limit of a running process; its hard limit stays."""
    _, hard = resource.prlimit(worker.pid, what)
    resource.prlimit(worker.pid, what, (soft, hard))


def lasts(worker: subprocess.Popen[bytes], home: Home, seconds: float = LASTS) -> None:
    """Let the trouble last, and see that the worker bears it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert worker.poll() is None, home.log()
        time.sleep(0.05)


def all_arrives(home: Home) -> None:
    """Now that it is over: waiting jobs go on, what ended is queued once more, and everything is there."""
    wait_for(lambda: _drained(home), "the jobs that waited")
    if execute(_UNSENT, (STUCK,)).fetchone()[0]:
        for line in home.lines:
            line.site.job(line.outputs)
        wait_for(lambda: _drained(home), "the jobs after the repair")


_UNSENT = """
SELECT COUNT(*) FROM export_ledger l JOIN invoice i ON i.id = l.invoice_id
WHERE l.state = 'pending' AND i.number <> ?
"""


def _drained(home: Home) -> bool:
    """Whether all is done; nobody waits here for the time of a next try."""
    with transaction():
        execute("UPDATE export_job SET run_at = NULL WHERE state = 'pending'")
    return home.is_drained()


def adds_up(home: Home) -> None:
    """Nothing lost, nothing doubled, ledger ok, the database whole."""
    wait_for(lambda: not compare(home).lost, "the receiver")
    assert compare(home).good, (compare(home), home.log())
    assert execute("PRAGMA integrity_check").fetchone() == ("ok",)


def ended(state: JobState = JobState.FAILED) -> list[Job]:
    """The jobs that came to this."""
    return list(Job.select().where(Job.state == state).order_by(Job.id))


def test_disk_full_under_the_database_holds_jobs_up_and_no_longer(home: Home) -> None:
    execute("PRAGMA wal_checkpoint(TRUNCATE)")  # then a commit's size is what the log has room for
    with working(home, under=("prlimit", "--fsize=30720:")) as worker:
        lasts(worker, home)
        limit(worker, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        all_arrives(home)
    adds_up(home)


def test_disk_full_under_a_file_fails_the_job_with_the_place_and_mails_it(
    home: Home, office: PostOffice
) -> None:
    office.received.clear()
    line = home.lines[2]
    wide = {"columns": [{"source": "party.name", "header": f"Name {n}"} for n in range(100)]}
    mapping = mappings.create(WAYBILL, line.site.entity, "Wide", wide)
    execute("DELETE FROM job_event")
    execute("DELETE FROM export_job")
    execute("UPDATE schedule SET enabled = FALSE")
    for n in range(150):
        home.numbers.append(f"FLT9{n:05}")
        line.site.invoice(home.numbers[-1], vendor=f"Vendor {'x' * 80}")
    job = line.site.job({Route.OTHER: Output(format="csv", mapping_id=mapping.id)})
    execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = (home.path / "waybill.db").stat().st_size

    with working(home, under=("prlimit", f"--fsize={size + 65_536}:")) as worker:
        wait_for(lambda: ended(), "the job's end")
        wait_for(lambda: office.counted[SUPPORT], "the letter")
        [failed] = ended()
        assert (failed.id, failed.code) == (job.id, "disk_full")
        assert f"{home.path}/archive/" in failed.reason
        assert "then re-queue the job" in failed.remedy
        assert set(line.site.ledger().values()) == {"pending"}

        limit(worker, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        all_arrives(home)
    adds_up(home)


@pytest.mark.parametrize("folder", ["archive", "pickup/folders/acme-inc"])
def test_folder_read_only_fails_its_jobs_with_the_place_and_mails_it(
    home: Home, office: PostOffice, folder: str
) -> None:
    office.received.clear()
    place = home.path / folder
    place.mkdir(exist_ok=True)
    place.chmod(0o500)
    try:
        with working(home, under=ORDINARY):
            wait_for(home.is_drained, "the jobs to end")
            failed = ended()
            assert failed
            assert {job.code for job in failed} == {"not_writable"}
            assert all(str(place) in job.reason and "re-queue" in job.remedy for job in failed)
            assert execute("SELECT COUNT(*) FROM export_ledger WHERE state = 'in_progress'").fetchone() == (
                0,
            )
            wait_for(lambda: office.counted[SUPPORT] >= len(failed), "the letters")
            place.chmod(0o700)
            all_arrives(home)
    finally:
        place.chmod(0o700)
    adds_up(home)


def test_database_locked_by_somebody_else_holds_jobs_up_and_no_longer(home: Home) -> None:
    with working(home) as worker, closing(sqlite3.connect(home.path / "waybill.db", timeout=10)) as somebody:
        for _ in range(2):
            somebody.execute("BEGIN IMMEDIATE")
            lasts(worker, home)
            somebody.rollback()
            lasts(worker, home, 0.1)
        all_arrives(home)
    adds_up(home)


def test_job_that_could_not_be_put_off_is_not_taken_for_its_workers_death(home: Home) -> None:
    execute("DELETE FROM job_event")
    execute("DELETE FROM export_job")
    execute("UPDATE schedule SET enabled = FALSE")
    job = home.lines[1].site.job(home.lines[1].outputs)
    staging, away, gate = settings.current().staging, home.path / "away", home.path / "gate"
    staging.rename(away)  # so the job is to be tried later
    with working(home, faults=f"stall@job.claimed:0={gate}"):
        for number in range(1, _DEATHS + 1):
            _locked_while_it_is_put_off(home, gate, number)
        wait_for(gate.with_name("gate.reached").exists, "the next attempt")
        away.rename(staging)
        gate.with_name("gate.go").touch()
        all_arrives(home)
    assert Job.get_by_id(job.id).state == JobState.COMPLETED
    adds_up(home)


def _locked_while_it_is_put_off(home: Home, gate: Path, number: int) -> None:
    """Lock the database while a job is claimed, until the worker has tried in vain to write for it."""
    reached, go = gate.with_name("gate.reached"), gate.with_name("gate.go")
    with closing(sqlite3.connect(home.path / "waybill.db", timeout=10)) as somebody:
        wait_for(reached.exists, f"attempt {number}")
        somebody.execute("BEGIN IMMEDIATE")
        reached.unlink()
        go.touch()
        wait_for(lambda: home.log().count("job.database ") == number, "the worker to try")
        go.unlink()
        somebody.rollback()


def test_database_gone_for_a_while_is_waited_for_and_never_made_anew(home: Home) -> None:
    records, aside = home.path / "waybill.db", home.path / "aside.db"
    with working(home) as worker:
        wait_for(lambda: "worker.started" in home.log(), "the worker")
        records.rename(aside)
        lasts(worker, home)
        assert not records.exists()
        aside.rename(records)
        all_arrives(home)
    adds_up(home)


def test_file_handles_used_up_hold_jobs_up_and_no_longer(home: Home) -> None:
    with working(home) as worker:
        wait_for(lambda: home.is_drained(), "the first jobs")
        soft, _ = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
        used = max(int(path.name) for path in Path(f"/proc/{worker.pid}/fd").iterdir()) + 1
        limit(worker, resource.RLIMIT_NOFILE, used)
        for line in home.lines:
            home.numbers += line.feed(2)
            line.site.job(line.outputs)
        lasts(worker, home)
        limit(worker, resource.RLIMIT_NOFILE, soft)
        all_arrives(home)
    adds_up(home)


def test_queue_deleted_under_a_worker_delays_jobs_only(home: Home) -> None:
    with working(home):
        wait_for(lambda: home.is_drained(), "the first jobs")
        for path in home.path.glob("queue.db*"):
            path.unlink()
        all_arrives(home)
    adds_up(home)


def test_queue_that_may_not_be_written_is_done_without(home: Home) -> None:
    (home.path / "queue.db").touch(mode=0o400)
    with working(home, under=ORDINARY):
        all_arrives(home)
    assert "queue.unusable" in home.log()
    adds_up(home)

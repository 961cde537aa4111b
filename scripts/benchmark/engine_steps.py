"""Steps of the engine: `python -m scripts.benchmark.engine_steps STEP HOME` prints one JSON line."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmark import peers, processes, sites
from scripts.benchmark.processes import cpu_seconds, until, worker

if TYPE_CHECKING:
    from models.facilities import Facility

LEASES = 1_000
BELLS = 100
DUE = 60
SMALL = 400
SCHEDULES = 10_000
KILLS = 5
IDLE_SECONDS = 20.0
ROWS = 1_000_000

_CLAIMED_AT = "SELECT started_at FROM job_attempt WHERE job_id = ? AND number = ?"
_UNENDED = "SELECT COUNT(*) FROM export_job WHERE state IN ('pending', 'in_progress')"

Figures = dict[str, float]


def lease(home: Path) -> Figures:
    """Claim a job and settle it, two commits; by turns with a no-op task of plain Huey, which has one.

    The tasks are lossy: one that is taken is lost with its worker.
    """
    from models.database import connection
    from models.jobs import claim, settling
    from models.jobs.lease import owner_name

    facilities, user = sites.small(home, 20)
    huey, nothing = peers.plain(home / "plain.db")
    ours, theirs = 0.0, 0.0
    with connection():
        ids = [sites.job(facilities[n % len(facilities)], user, f"lease-{n}") for n in range(LEASES)]
        for _ in ids:
            nothing("")
        for job_id in ids:
            begun = time.perf_counter()
            held = claim(job_id, owner_name())
            assert held is not None  # noqa: S101 - nobody else is here
            settling.settle(held, None)
            settled = time.perf_counter()
            huey.execute(huey.dequeue())
            ours, theirs = ours + settled - begun, theirs + time.perf_counter() - settled
    return {"rate": LEASES / ours, "plain": LEASES / theirs, "sync": peers.sync_cost(home)}


def bell(home: Path) -> Figures:
    """From the bell rung to the job claimed, by a worker with nothing else to do."""
    from models import clock
    from models.database import connection
    from models.fields import to_millis

    facilities, user = sites.small(home, 10)
    from worker import tasks

    waits, pause = [], random.Random(1)  # noqa: S311 - no secret
    with worker(home), connection():
        for number in range(BELLS + 1):
            job_id = sites.job(facilities[number % len(facilities)], user, f"bell-{number}")
            rung = to_millis(clock.now())
            tasks.ring(job_id)
            until(lambda: _claimed_at(job_id))  # noqa: B023 - asked at once
            waits.append(_claimed_at(job_id) - rung)
            until(lambda: not _count(_UNENDED))
            time.sleep(pause.uniform(0.0, 0.2))
    plain = _spread(peers.bell(home))
    # The first one may have waited for the worker's start.
    return _spread(waits[1:]) | {"plain": plain["p99"]}


def due(home: Path) -> Figures:
    """From a schedule's due time to its job claimed, times spread over twenty seconds."""
    from models import clock
    from models.database import connection, execute
    from models.fields import to_millis

    facilities, user = sites.small(home, DUE)
    spread = random.Random(1)  # noqa: S311 - no secret
    with worker(home), connection():
        first = to_millis(clock.now()) + 2_000
        times = [first + spread.randrange(20_000) for _ in range(DUE)]
        made = sites.schedules(facilities, user, times)
        until(lambda: _count("SELECT COUNT(*) FROM job_attempt") == DUE)
        claimed = dict(execute("SELECT j.schedule_id, a.started_at FROM export_job j, job_attempt a"
                               " WHERE a.job_id = j.id AND a.number = 1").fetchall())  # fmt: skip
    return _spread([claimed[schedule] - at for schedule, at in zip(made, times, strict=True)])


def small(home: Path) -> Figures:
    """One-invoice jobs of as many destinations, all waiting: from the first claimed to the last settled.

    Each destination has had a job before, for which its folders were made.
    """
    from models import settings
    from models.database import connection

    facilities, user = sites.small(home, SMALL)
    with connection(), worker(home) as process:
        _run_all(facilities, user, "first")
        last = _count("SELECT MAX(id) FROM export_job")
        sites.one_more_each(facilities)
        before = cpu_seconds(process.pid)
        _run_all(facilities, user, "small")
        used = cpu_seconds(process.pid) - before
        took = f"SELECT MAX(finished_at) - MIN(started_at) FROM export_job WHERE id > {last}"  # noqa: S608
        seconds = _count(took) / 1e3
        good = _count("SELECT COUNT(*) FROM export_job WHERE state = 'completed' AND succeeded = 1")
    arrived = sum(path.is_file() for path in settings.current().pickup.rglob("*.csv"))
    if not good == arrived == 2 * SMALL:
        sys.exit(f"error: {good} jobs completed and {arrived} files arrived, of {2 * SMALL}")
    return {"rate": SMALL / seconds, "wall": seconds / SMALL * 1e3, "cpu": used / SMALL * 1e3}


def _run_all(facilities: list[Facility], user: int, request: str) -> None:
    from worker import tasks

    for job_id in sites.jobs(facilities, user, request):
        tasks.ring(job_id)
    until(lambda: not _count(_UNENDED), 180)


def small_floor(home: Path) -> Figures:
    """The commits and fsyncs of a small job, counted, and what they cost here when nothing else is done."""
    from models.database import connection, database
    from worker import export

    facilities, user = sites.small(home, 12)
    with connection():
        for job_id in sites.jobs(facilities, user, "first"):
            export.run(job_id)
        sites.one_more_each(facilities)
        others = sites.jobs(facilities, user, "floor")
        with _counted_fsyncs() as synced:
            statements: list[str] = []
            database.connection().set_trace_callback(statements.append)
            for job_id in others:
                export.run(job_id)
            database.connection().set_trace_callback(None)
        said = Counter(statement.split(";")[0] for statement in statements)
        # One that need not last does not wait for the disk.
        commits = (said["COMMIT"] - said["PRAGMA synchronous = NORMAL"]) / len(others)
        syncs = len(synced) / len(others)
    each = peers.sync_cost(home)
    return {
        "commits": commits,
        "fsyncs": syncs,
        "statements": len(statements) / len(others),
        "sync": each,
        "floor": 1e3 / (each * (commits + syncs)),
    }


@contextmanager
def _counted_fsyncs() -> Iterator[list[int]]:
    seen: list[int] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        seen.append(handle)
        real(handle)

    os.fsync = fsync  # type: ignore[assignment]
    try:
        yield seen
    finally:
        os.fsync = real


def materialise(home: Path) -> Figures:
    """Schedules that are all due at one instant become jobs."""
    from models import clock, schedules
    from models.fields import to_millis

    facilities, user = sites.small(home, 100)
    now = clock.now()
    sites.schedules(facilities, user, [to_millis(now) - 1] * SCHEDULES)
    begun = time.perf_counter()
    made = schedules.fire(now)
    seconds = time.perf_counter() - begun
    if len(made) != SCHEDULES:
        sys.exit(f"error: {len(made)} jobs of {SCHEDULES} schedules")
    return {"seconds": seconds, "floor": peers.insert_jobs(home / "waybill.db", SCHEDULES)}


def takeover(home: Path) -> Figures:
    """From `kill -9` of a worker in the midst of a job to the job claimed by another one on this host."""
    from models import clock
    from models.database import connection
    from models.fields import to_millis

    facilities, user = sites.small(home, KILLS)
    from worker import tasks

    waits = []
    with connection():
        for number, facility in enumerate(facilities):
            gate = home / f"gate-{number}"
            with worker(home, faults=f"stall@job.claimed={gate}") as dying:
                job_id = sites.job(facility, user, f"kill-{number}")
                tasks.ring(job_id)
                until(Path(f"{gate}.reached").exists)
                with worker(home):
                    time.sleep(0.2 * number)  # the ticker's second is met at several places
                    killed = to_millis(clock.now())
                    dying.kill()
                    until(lambda: _claimed_at(job_id, 2))  # noqa: B023 - asked at once
                    waits.append(_claimed_at(job_id, 2) - killed)
                    until(lambda: not _count(_UNENDED))
    return _spread(waits)


def idle(home: Path) -> Figures:
    """What a worker with nothing to do takes of one core."""
    sites.small(home, 10)
    with worker(home) as process:
        time.sleep(3.0)  # its start is over
        begun, before = time.monotonic(), cpu_seconds(process.pid)
        time.sleep(IDLE_SECONDS)
        share = (cpu_seconds(process.pid) - before) / (time.monotonic() - begun)
    return {"share": share * 100, "plain": peers.idle(home)}


def doctor(home: Path) -> Figures:
    """`waybill doctor ledger`, the archive's files included."""
    import subprocess

    sites.large(home, ROWS)
    from models.database import connection

    with connection():
        rows = _count("SELECT COUNT(*) FROM export_ledger")
    command = [sys.executable, "-c", "from tui.cli import main; main()", "doctor", "ledger"]
    environment = os.environ | {"WAYBILL_HOME": str(home)}
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own program
        command, env=environment, cwd=processes.PROJECT, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begun
    if done.returncode != 0 or rows != ROWS:
        sys.exit(f"error: {rows} rows\n{done.stdout}{done.stderr}")
    return {"seconds": seconds, "floor": peers.join_once(home / "waybill.db")}


def _claimed_at(job_id: int, attempt: int = 1) -> int:
    from models.database import execute

    row = execute(_CLAIMED_AT, (job_id, attempt)).fetchone()
    return 0 if row is None else int(row[0])


def _count(sql: str) -> int:
    from models.database import execute

    return int(execute(sql).fetchone()[0])


def _spread(waits: list[int]) -> Figures:
    """Median, 99th percentile (nearest rank) and worst, in milliseconds."""
    ordered = sorted(waits)
    last = -(-99 * len(ordered) // 100) - 1
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[last], "worst": ordered[-1]}


STEPS: dict[str, Callable[[Path], Figures]] = {
    "lease": lease,
    "bell": bell,
    "due": due,
    "small": small,
    "small floor": small_floor,
    "materialise": materialise,
    "takeover": takeover,
    "idle": idle,
    "doctor": doctor,
}


if __name__ == "__main__":
    home = Path(sys.argv[2])
    os.environ["WAYBILL_HOME"] = str(home)
    sys.stdout.write(json.dumps(STEPS[sys.argv[1]](home)) + "\n")

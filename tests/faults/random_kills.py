"""Workers killed at random instants while work keeps coming, the queue deleted in between.

A last job for each destination takes what is pending at the end: every invoice must have arrived once.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from models.database import connection, execute, transaction
from tests.faults import person
from tests.faults.every_point import delete_queue
from tests.faults.far_side import Receiver, Verdict, compare
from tests.faults.installation import Home, copy, kill, wait_for
from tests.worker.export_site import AS_OF

_AT_WORK = 0.3
"""Seconds within which a worker is killed, once it has started, or taken a job."""
_IDLE = 0.7
"""Seconds after which it is killed all the same when no job has come its way."""
_SHARE_AT_WORK = 0.7
"""Of the kills, those that wait for a job; the others come whatever the worker does."""
_QUEUE_EVERY = 7
_OPEN_JOBS = 3
_SAME_DAY = 5
"""Rounds whose jobs are of one day: it has numbers for 36 ACH files of a bank, and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run came to."""

    kills: int
    workers: int
    jobs: int
    attempts: int
    lost_attempts: int
    ends: dict[str, int]
    """How many jobs ended with each code: why something is still pending."""
    unknown: int
    """Of how many files a person had to say whether they arrived."""
    verdict: Verdict
    seconds: float


def run(template: Home, path: Path, *, kills: int, workers: int, seed: int) -> Run:
    """Kill a random worker `kills` times, then let the rest finish, and compare."""
    began, chance = time.monotonic(), random.Random(seed)
    home = copy(template, path)
    with connection(), Receiver(home) as receiver:
        crew = [_Worker(home) for _ in range(workers)]
        try:
            for number in range(1, kills + 1):
                _feed(home, chance, AS_OF + timedelta(days=number // _SAME_DAY))
                place = chance.randrange(workers)
                crew[place].wait_until_started()
                if chance.random() < _SHARE_AT_WORK:
                    crew[place].wait_until_at_work()
                time.sleep(chance.uniform(0, _AT_WORK))
                crew[place].kill()
                if number % _QUEUE_EVERY == 0:
                    delete_queue(home)
                crew[place] = _Worker(home)
            unknown = _finish(home, receiver)
        finally:
            for worker in crew:
                worker.kill()
    with connection():
        return Run(
            kills=kills,
            workers=workers,
            jobs=execute("SELECT COUNT(*) FROM export_job").fetchone()[0],
            attempts=execute("SELECT COUNT(*) FROM job_attempt").fetchone()[0],
            lost_attempts=execute("SELECT COUNT(*) FROM job_attempt WHERE outcome = 'lost'").fetchone()[0],
            ends=dict(execute(_ENDS).fetchall()),
            unknown=unknown,
            verdict=compare(home),
            seconds=time.monotonic() - began,
        )


_workers = count()
_ENDS = "SELECT CASE code WHEN '' THEN state ELSE code END, COUNT(*) FROM export_job GROUP BY 1"


class _Worker:
    """A worker that is known by its own words to have started."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._log = f"worker-{next(_workers)}.log"
        self._process = home.process("worker", log=self._log)

    def wait_until_started(self) -> None:
        """Wait for it to begin with its work."""
        wait_for(lambda: "worker.started" in self._home.log(self._log), "a worker to start")

    def wait_until_at_work(self) -> None:
        """Wait for it to take one more job, but not for long: there may be none for it."""
        taken, until = self._jobs_taken(), time.monotonic() + _IDLE
        while self._jobs_taken() == taken and time.monotonic() < until:
            time.sleep(0.005)

    def _jobs_taken(self) -> int:
        return self._home.log(self._log).count("job.claimed")

    def kill(self) -> None:
        """SIGKILL."""
        kill(self._process)


_WAITING = """
SELECT destination_id, COUNT(*) FROM export_job WHERE state IN ('pending', 'in_progress')
GROUP BY destination_id
"""


def _feed(home: Home, chance: random.Random, as_of: datetime) -> None:
    """Keep work waiting for every destination."""
    waiting = dict(execute(_WAITING).fetchall())
    for line in home.lines:
        if waiting.get(line.site.destination.id, 0) < _OPEN_JOBS:
            home.numbers += line.feed(chance.randint(1, 5))
            line.site.job(line.outputs, as_of=as_of)


def _finish(home: Home, receiver: Receiver) -> int:
    """Let the jobs end, have a person say what is unknown, and let a last job each take what is pending."""
    wait_for(home.is_drained, "the jobs to end", 60)
    resolved = person.resolve_unknown(home, receiver)
    with transaction():
        for line in home.lines:
            line.site.job(line.outputs, as_of=AS_OF - timedelta(days=1))
    wait_for(home.is_drained, "the last jobs to end", 60)
    return resolved + person.resolve_unknown(home, receiver)

"""One scenario, one point: a worker is killed there, others go on, and nothing is lost or doubled."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models import settings
from models.database import connection, execute, transaction
from tests.faults import person
from tests.faults.far_side import Receiver, Verdict, compare
from tests.faults.installation import KNOWN_NAME, Home, copy, kill, wait_for

_LIMIT = 40.0
_ENDS = (-signal.SIGKILL, 0, -signal.SIGTERM)
"""How a worker ends at a point: by the kill, or by a SIGTERM, in good order or while it still started."""
_LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What has to happen before a worker comes past a point."""

    before: str = ""
    """Faults of a worker that runs first, and dies of them."""
    drained: bool = False
    """A worker ran first until only letters were left."""
    along: str = ""
    """Faults planned beside the one at the point."""
    without_staging: bool = False
    """The staging folder is not there at first: jobs are postponed."""
    blocked: bool = False
    """A file of the name stands in the pickup folder: a delivery fails."""


PLAIN = Way()
WAYS = {
    "heartbeat.due": Way(along="pause@items.collected=0.7"),
    "heartbeat.beating": Way(along="pause@items.collected=0.7"),
    "heartbeat.beaten": Way(along="pause@items.collected=0.7"),
    "job.abandoned": Way(before="kill@items.collected"),
    "job.freeing": Way(before="kill@items.collected"),
    "job.freed": Way(before="kill@items.collected"),
    "job.releasing": Way(without_staging=True),
    "job.released": Way(without_staging=True),
    "delivery.withdrawn": Way(before="kill@delivery.sending"),
    "delivery.taking_back": Way(before="kill@delivery.sending"),
    "delivery.taken_back": Way(before="kill@delivery.sending"),
    "pickup.withdrawn": Way(before="kill@delivery.sending"),
    "delivery.given_up": Way(blocked=True),
    "delivery.failing": Way(blocked=True),
    "delivery.failed": Way(blocked=True),
    "sftp.withdrawn": Way(before="kill@delivery.sending"),
    "sftp.discarded": Way(before="kill@delivery.sending"),
    "mail.claiming": Way(drained=True),
    "mail.claimed": Way(drained=True),
    "mail.handed_over": Way(drained=True),
    "mail.marking": Way(drained=True),
    "mail.marked": Way(drained=True),
}
"""Points that a plain run does not come past."""
REMOTE = "sftp."
"""How the points begin that only a delivery to somebody else's server passes."""
BEFORE_OUR_COMMIT = ("sftp.renamed", "delivery.handed_over", "delivery.recording")
"""Who dies there has handed a file over and not said so."""


def ways_out(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each point with the gateway of the run that comes past it; those of a delivery with both."""
    return [
        (name, gateway)
        for name in names
        for gateway in ("pickup", "sftp")
        if (gateway == "sftp") == name.startswith(REMOTE) or name.startswith("delivery.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run came to."""

    point: str
    passing: int
    workers: int
    died: int
    """How many workers died at the point: none means that it was never passed."""
    unknown: int
    """Of how many files a person had to say whether they arrived."""
    verdict: Verdict
    seconds: float
    home: Path


def run(
    template: Home,
    path: Path,
    point: str,
    *,
    passing: int = 1,
    workers: int = 1,
    action: str = "kill",
    lose_queue: bool = False,
) -> Outcome:
    """Run a copy of the template to its end, with `workers` workers that each die at the point once."""
    began, way = time.monotonic(), WAYS.get(point, PLAIN)
    home = copy(template, path)
    with connection(), Receiver(home) as receiver:
        _prepare(home, way)
        fault = f"{action}@{point}:{passing} {way.along}"
        crew = [home.worker(fault) for _ in range(workers)]
        try:
            mail = point.startswith("mail.")
            died = _work(home, receiver, crew, way, mail=mail, lose_queue=lose_queue)
            unknown = person.resolve_unknown(home, receiver)
            _repair(home, crew, way)
        finally:
            for process in crew:
                kill(process)
    with connection():
        verdict = compare(home)
    return Outcome(
        point=point,
        passing=passing,
        workers=workers,
        died=died,
        unknown=unknown,
        verdict=verdict,
        seconds=time.monotonic() - began,
        home=path,
    )


def _prepare(home: Home, way: Way) -> None:
    if way.without_staging:
        settings.current().staging.rename(home.path / "away")
    if way.blocked:
        block(home)
    if way.before:
        first = home.worker(way.before)
        assert first.wait(20) == -signal.SIGKILL, home.log()
    if way.drained:
        # Letters wait for a server: with mail.host empty none is claimed.
        quiet = replace(home, environment={"WAYBILL_MAIL_HOST": ""})
        first = quiet.worker()
        wait_for(home.is_drained, "the jobs to end")
        kill(first)


def _work(
    home: Home,
    receiver: Receiver,
    crew: list[subprocess.Popen[bytes]],
    way: Way,
    *,
    mail: bool,
    lose_queue: bool,
) -> int:
    """Replace whoever dies until nothing is left to do; returns how many died."""
    died, until = 0, time.monotonic() + _LIMIT
    while not (home.is_drained(mail=mail) and (died or _all_idle(crew))):
        assert time.monotonic() < until, f"not drained after {_LIMIT} s\n{home.log()}"
        for place, process in enumerate(crew):
            if process.poll() is not None:
                died += process.returncode in _ENDS
                if home.sshd is not None:
                    receiver.catch_up()  # who is quicker than our commit, each time
                if lose_queue:
                    delete_queue(home)
                if way.without_staging:
                    _staging_again(home)
                crew[place] = home.worker()
        time.sleep(0.01)
    return died


def _all_idle(crew: list[subprocess.Popen[bytes]]) -> bool:
    """A moment in which a worker that is past its last act may still come to the point."""
    try:
        crew[0].wait(_LAST_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def delete_queue(home: Home) -> None:
    """As if its disk were lost: the bell and all it held."""
    if home.server is not None:
        return  # it is tables of the database there
    for ending in ("", "-wal", "-shm"):
        (home.path / f"queue.db{ending}").unlink(missing_ok=True)


def _staging_again(home: Home) -> None:
    """The file system is mounted again, and the time to try again has come."""
    away = home.path / "away"
    if away.exists():
        shutil.rmtree(settings.current().staging, ignore_errors=True)
        away.rename(settings.current().staging)
    with transaction():
        execute("UPDATE export_job SET run_at = NULL WHERE state = 'pending'")


def block(home: Home) -> None:
    """Something stands where a file is to go; a folder, which the receiver leaves alone."""
    _blocked(home).mkdir(parents=True)


def unblock(home: Home) -> None:
    """It is gone."""
    _blocked(home).rmdir()


def _blocked(home: Home) -> Path:
    site = home.lines[2].site
    [(job_id,)] = execute("SELECT id FROM export_job WHERE destination_id = ?", (site.destination.id,))
    return home.inbox / site.entity.folder / KNOWN_NAME.format(job=job_id)


_UNDELIVERED = """
SELECT id FROM export_job WHERE state IN ('failed', 'completed_with_errors') AND code <> 'ach_currency'
"""


def _repair(home: Home, crew: list[subprocess.Popen[bytes]], way: Way) -> None:
    """What failed as it had to, or because all its workers died, is queued again by a person."""
    if way.blocked:
        unblock(home)
    jobs = [str(job) for (job,) in execute(_UNDELIVERED)]
    if not jobs:
        return
    crew.append(home.worker())
    person.act(home, "job", "requeue", *jobs)
    wait_for(home.is_drained, "the jobs that were queued again")

"""The worker service: a Huey consumer for jobs, a ticker for time, a postman for mail; one process.

SIGTERM lets the running job finish for a while, SIGINT does not wait; what does not finish is handed back,
and the next worker goes on with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from peewee import DatabaseError

from models import jobs, settings
from models.database import connection, kept_connection
from models.errors import Fenced
from models.jobs import Claim, lease
from models.services import Kind
from worker import notify, watchdog
from worker.presence import Presence
from worker.queue import huey
from worker.tasks import export_job, tick
from worker.ticker import Ticker

log = logging.getLogger(__name__)

_THREADS = 2
_LAST_SECONDS = 2.0
_LOOKS_AT_SIGNALS = 0.5
_MAIL_EVERY = 2.0

TASKS = (export_job, tick)
"""Named here so that the consumer knows them: a task it does not know is dropped."""


def run() -> None:
    """Work until told to stop."""
    stop, presence = threading.Event(), Presence(Kind.WORKER)
    threads = [
        # A mail server may take ten minutes to answer, a locked database one; a stop waits for neither.
        threading.Thread(target=Ticker(presence).run, args=(stop,), name="ticker", daemon=True),
        threading.Thread(
            target=_every, args=(_MAIL_EVERY, stop, notify.send_waiting), name="postman", daemon=True
        ),
    ]
    consumer = huey.create_consumer(
        workers=_THREADS,
        max_delay=0.2,  # seconds between looks at an empty queue: the bell is heard at once
        graceful_signal="TERM",
        shutdown_timeout=settings.current().worker.stop_seconds,
    )
    consumer._stop_flag_timeout = _LOOKS_AT_SIGNALS  # Huey's own 0.1 s is a third of what an idle worker uses
    for thread in threads:
        thread.start()
    log.info("worker.started threads=%s", _THREADS)
    watchdog.ready()
    try:
        consumer.run()
    finally:
        watchdog.stopping()
        stop.set()
        hand_back()
        for thread in threads:
            thread.join(_LAST_SECONDS)
        presence.over()
        log.info("worker.stopped")


def hand_back() -> None:
    """Let go of the jobs that this process still holds; what its threads may still do to them is fenced."""
    try:
        with connection():
            for claim, _ in lease.held():
                if claim.owner == lease.owner_name():
                    _hand_back(claim)
    except DatabaseError as error:
        log.warning("worker.database %s; the next worker finds its jobs all the same", error)


def _hand_back(claim: Claim) -> None:
    try:
        jobs.hand_back(claim)
    except Fenced:
        log.info("job.ended_meanwhile job=%s attempt=%s", claim.job_id, claim.attempt)
    else:
        log.warning("job.handed_back job=%s attempt=%s", claim.job_id, claim.attempt)


def _every(seconds: float, stop: threading.Event, act: Callable[[], object]) -> None:
    while not stop.is_set():
        try:
            with kept_connection():
                act()
        except DatabaseError as error:
            log.warning("postman.database %s; trying again", error)
        except Exception:
            # One letter nobody foresaw must not keep all others, for as long as the worker runs.
            log.exception("postman.unforeseen trying again")
        stop.wait(seconds)

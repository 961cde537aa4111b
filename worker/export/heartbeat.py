"""The sign of life of a job under way: its counter moves, from a thread and a connection of its own."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from peewee import DatabaseError

from models import settings
from models.database import connection
from models.jobs import Claim, beat

log = logging.getLogger(__name__)


class Heartbeat:
    """Moves the counter four times a lease while the block runs."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{claim.job_id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause = settings.current().worker.lease_seconds / 4
        while not self._stop.wait(pause):
            try:
                with connection():
                    if not beat(self._claim):  # ended just now, or taken over: the next step will say so
                        return
            except DatabaseError as error:
                log.warning("heartbeat.database job=%s: %s", self._claim.job_id, error)

"""The sign of life of the jobs under way: their counters move, from a thread and a connection of its own."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from peewee import DatabaseError

from models import settings
from models.database import kept_connection
from models.jobs import Claim, beat

log = logging.getLogger(__name__)


class Heartbeat:
    """Moves the counter of a claim four times a lease while the block runs."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def __enter__(self) -> Heartbeat:
        _heart.begin(self._claim)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _heart.end(self._claim)


class _Heart:
    """One thread for all jobs of this process: starting one for each took as long as a small job's file."""

    def __init__(self) -> None:
        self._claims = set[Claim]()
        self._changing = threading.Lock()
        self._hurry = threading.Event()
        self._pause = 0.0
        self._thread: threading.Thread | None = None

    def begin(self, claim: Claim) -> None:
        """Beat for this one too, the first time within a quarter of the lease."""
        with self._changing:
            self._claims.add(claim)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()
            elif _quarter() < self._pause:
                self._hurry.set()

    def end(self, claim: Claim) -> None:
        """No more beats for this one; one that is under way is fenced by the job's end."""
        with self._changing:
            self._claims.discard(claim)

    def _run(self) -> None:
        while True:
            self._hurry.clear()
            self._pause = _quarter()
            if not self._hurry.wait(self._pause):
                with self._changing:
                    claims = list(self._claims)
                for claim in claims:
                    self._beat(claim)

    def _beat(self, claim: Claim) -> None:
        try:
            with kept_connection():
                if not beat(claim):  # ended just now, or taken over: the next step will say so
                    self.end(claim)
        except DatabaseError as error:
            log.warning("heartbeat.database job=%s: %s", claim.job_id, error)
        except Exception:  # without it every job of this worker would be taken for abandoned
            log.exception("heartbeat.unforeseen job=%s", claim.job_id)


def _quarter() -> float:
    return settings.current().worker.lease_seconds / 4


_heart = _Heart()

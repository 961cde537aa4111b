"""A time limit for calls of a library that has none for some of its waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.25


class Watch:
    """Calls `cut`, from a thread of its own, when nothing has moved for too long."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut_connection = cut
        self._moved_at = 0.0
        self._is_on = False
        self._cut = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.seconds = 0
        """The limit of the present or last call."""

    @property
    def is_late(self) -> bool:
        """Whether nothing has moved for that long, whoever noticed it first: this, a timeout or the peer."""
        return self._cut or time.monotonic() - self._moved_at >= self.seconds

    @contextmanager
    def over(self, seconds: int) -> Iterator[None]:
        """Within this, something has to move at least every so many seconds."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sftp-client-watch", daemon=True)
            self._thread.start()
        self.seconds = seconds
        self.moved()
        self._is_on = True
        try:
            yield
        finally:
            self._is_on = False

    def moved(self) -> None:
        """Something did."""
        self._moved_at = time.monotonic()

    def stop(self) -> None:
        """Watch no longer."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            if self._is_on and self.is_late:
                self._cut = True
                self._cut_connection()
                return

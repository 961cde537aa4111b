"""Jobs run side by side in one worker process, but one whose worker died runs without the others.

Whatever runs in a process dies with it. If the job that kills its worker always had company, those beside it
would be given up with it after as many deaths; so only the first death of a job can be another job's fault.
Nobody waits for ever: after a while a job begins all the same, beside one that may hang.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds."""

_changed = threading.Condition()
_at_work = 0
_alone = 0
_waiting = 0
"""Jobs that want to be alone: no other begins before them, or they would wait while there is work."""


@contextmanager
def beside_others() -> Iterator[None]:
    """Run in this process together with other jobs, once none is or wants to be alone."""
    global _at_work
    with _changed:
        _changed.wait_for(lambda: not _alone and not _waiting, PATIENCE)
        _at_work += 1
    try:
        yield
    finally:
        with _changed:
            _at_work -= 1
            _changed.notify_all()


@contextmanager
def alone() -> Iterator[None]:
    """Run in this process without any other job."""
    global _alone, _waiting
    with _changed:
        _waiting += 1
        _changed.wait_for(lambda: not _alone and not _at_work, PATIENCE)
        _waiting -= 1
        _alone += 1
    try:
        yield
    finally:
        with _changed:
            _alone -= 1
            _changed.notify_all()

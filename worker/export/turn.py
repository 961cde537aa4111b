"""Small jobs one after another, large ones side by side.

Two threads at work in SQLite hand Python's interpreter to each other at every statement: two small jobs at
once take longer than one after the other. So a job waits for the one before it, but only for a moment: one
that takes longer (a slow disk, a large file, somebody else's server) is not waited for, nor by those after.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 0.01
"""Seconds; a small job on a quick disk takes half of it."""

_changed = threading.Condition()
_holder: object = None


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this process's job before, for a moment; it changes nothing but how soon both are done."""
    global _holder
    mine = object()
    with _changed:
        _changed.wait_for(lambda: _holder is None, _PATIENCE)
        _holder = mine
    try:
        yield
    finally:
        with _changed:
            if _holder is mine:
                _holder = None
                _changed.notify()

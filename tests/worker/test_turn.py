"""Small jobs one after another; one that takes longer holds nobody up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from worker.export import turn as turns
from worker.export.turn import turn

_LONG = 20


class Other(threading.Thread):
    """Another job's thread, which has its turn until it is told to finish."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.finish = threading.Event(), threading.Event()

    def run(self) -> None:
        with turn():
            self.began.set()
            self.finish.wait(_LONG)


@pytest.fixture
def other() -> Iterator[Other]:
    """One at work."""
    thread = Other()
    thread.start()
    assert thread.began.wait(_LONG)
    yield thread
    thread.finish.set()
    thread.join(_LONG)


def test_job_waits_for_a_small_one(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE", _LONG)
    threading.Timer(0.05, other.finish.set).start()
    with turn():
        assert other.finish.is_set()


def test_job_that_takes_long_holds_up_neither_the_next_nor_those_after(other: Other) -> None:
    with turn():
        assert other.is_alive()
    with turn():  # which is nobody's now: the other one has lost it
        assert other.is_alive()
    other.finish.set()
    other.join(_LONG)
    assert turns._holder is None


def test_turn_is_given_back_by_a_job_that_fails() -> None:
    with pytest.raises(RuntimeError), turn():
        raise RuntimeError
    assert turns._holder is None

"""A job that wants to be alone waits for those at work, and is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from worker.export import company
from worker.export.company import alone, beside_others

_LIMIT = 20


class Running(threading.Thread):
    """A job's thread, at work from when it may begin until it is told to finish."""

    def __init__(self, company: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(daemon=True)
        self._company = company
        self.began, self._finish = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        with self._company():
            self.began.set()
            self._finish.wait(_LIMIT)

    def finish(self) -> None:
        self._finish.set()
        self.join(_LIMIT)


def test_jobs_run_beside_each_other() -> None:
    first, second = Running(beside_others), Running(beside_others)
    assert first.began.wait(_LIMIT)
    assert second.began.wait(_LIMIT)
    first.finish()
    second.finish()


def test_job_alone_waits_for_those_at_work_and_those_after_wait_for_it() -> None:
    first = Running(beside_others)
    assert first.began.wait(_LIMIT)
    suspect = Running(alone)
    assert not suspect.began.wait(0.05)
    after = Running(beside_others)
    assert not after.began.wait(0.05), "a job that keeps coming would keep it from ever beginning"
    first.finish()
    assert suspect.began.wait(_LIMIT)
    assert not after.began.wait(0.05)
    suspect.finish()
    assert after.began.wait(_LIMIT)
    after.finish()


def test_two_that_want_to_be_alone_run_one_after_the_other() -> None:
    first = Running(alone)
    assert first.began.wait(_LIMIT)
    second = Running(alone)
    assert not second.began.wait(0.05)
    first.finish()
    assert second.began.wait(_LIMIT)
    second.finish()


@pytest.mark.parametrize(("hangs", "comes"), [(beside_others, alone), (alone, beside_others), (alone, alone)])
def test_job_beside_one_that_hangs_begins_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
    hangs: Callable[[], AbstractContextManager[None]],
    comes: Callable[[], AbstractContextManager[None]],
) -> None:
    monkeypatch.setattr(company, "PATIENCE", 0.05)
    hanging = Running(hangs)
    assert hanging.began.wait(_LIMIT)
    coming = Running(comes)
    assert coming.began.wait(_LIMIT)
    coming.finish()
    hanging.finish()

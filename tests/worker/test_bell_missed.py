"""Jobs that the bell missed: found again by the ticker, whatever else waits in the queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worker.export_site import make_site


def test_job_the_bell_missed_is_rung_for_once_while_the_queue_is_never_empty(
    home: Path,  # noqa: ARG001 - it must be there
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from worker import queue, tasks, ticker

    rung = list[int]()
    monkeypatch.setattr(tasks, "ring", rung.append)
    monkeypatch.setattr(ticker, "_MISSED_EVERY", 0.0)
    monkeypatch.setattr(queue.huey, "pending_count", lambda: 7)
    job = make_site().job()
    looking = ticker.Ticker()

    looking.tick()
    looking.tick()
    assert rung == [job.id]

    monkeypatch.setattr(queue.huey, "pending_count", lambda: 0)
    looking.tick()
    assert rung == [job.id, job.id]

"""What the engine's figures stand beside: plain Huey with tasks that do nothing, and what the disk allows."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

SYNCS = 300
BELLS = 40
IDLE_SECONDS = 10.0
THREADS, LONGEST_PAUSE = 2, 0.2  # a worker's own (`worker.service`)

_JOB = """
INSERT INTO export_job (entity_id, destination_id, facility_id, on_behalf_of_id, "trigger", schedule_id,
                        due_at, outputs, as_of, posting_date, note, created_at, state, attempt, tries, owner,
                        heartbeat, succeeded, failed, abandoned, code, reason, remedy)
SELECT entity_id, destination_id, facility_id, on_behalf_of_id, "trigger", ?, 1, outputs, as_of,
       posting_date, note, created_at, 'pending', 0, 0, '', 0, 0, 0, 0, '', '', '' FROM export_job LIMIT 1
"""
_BOTH_SIDES = """
SELECT COUNT(*), SUM(t.amount) FROM export_ledger l JOIN export_item t
ON t.job_id = l.job_id AND t.invoice_id = l.invoice_id
"""


def plain(path: Path) -> tuple[Any, Any]:
    """Huey as it comes, on a file of its own, and a task that notes when it ran; results off."""
    from huey import SqliteHuey

    huey = SqliteHuey("plain", filename=str(path), results=False)

    @huey.task()  # type: ignore[untyped-decorator]
    def nothing(ran: str) -> None:
        """Note that it ran, where anybody asks."""
        if ran:
            Path(ran).touch()

    return huey, nothing


def sync_cost(folder: Path) -> float:
    """Milliseconds of one write of a page and its fsync; a commit has one of these."""
    with (folder / "floor").open("wb", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(SYNCS):
            file.write(bytes(4_096))
            os.fsync(file.fileno())
        return (time.perf_counter() - begun) / SYNCS * 1e3


def bell(home: Path) -> list[int]:
    """Milliseconds from a task enqueued to the task run, by a consumer that polls as a worker does."""
    huey, nothing = plain(home / "plain.db")
    consumer = huey.create_consumer(workers=THREADS, max_delay=LONGEST_PAUSE)
    consumer.start()
    waits, pause = [], random.Random(1)  # noqa: S311 - no secret
    for number in range(BELLS):
        ran = home / f"ran-{number}"
        begun = time.perf_counter()
        nothing(str(ran))
        while not ran.exists():
            time.sleep(0.001)
        waits.append(round((time.perf_counter() - begun) * 1e3))
        time.sleep(pause.uniform(0.0, 0.4))
    consumer.stop(graceful=True)
    return waits


def idle(home: Path) -> float:
    """The share of a core, in percent, of a plain consumer that polls as a worker does."""
    huey, _ = plain(home / "plain.db")
    consumer = huey.create_consumer(workers=THREADS, max_delay=LONGEST_PAUSE)
    consumer.start()
    time.sleep(1.0)
    begun, before = time.monotonic(), time.process_time()
    time.sleep(IDLE_SECONDS)
    share = (time.process_time() - before) / (time.monotonic() - begun)
    consumer.stop(graceful=True)
    return share * 100


def insert_jobs(database: Path, count: int) -> float:
    """Seconds for so many job rows, and nothing else, by raw SQL in one transaction."""
    raw = sqlite3.connect(database, isolation_level=None)
    begun = time.perf_counter()
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany(_JOB, ((-number,) for number in range(1, count + 1)))
    raw.execute("COMMIT")
    return time.perf_counter() - begun


def join_once(database: Path) -> float:
    """Seconds to bring each ledger row together with its item once."""
    raw = sqlite3.connect(database)
    begun = time.perf_counter()
    raw.execute(_BOTH_SIDES).fetchall()
    return time.perf_counter() - begun

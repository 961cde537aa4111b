"""What transactions promise, on either engine, and how a statement is said to PostgreSQL."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from peewee import OperationalError

from models.database import (
    connection,
    database,
    execute,
    executemany,
    is_postgresql,
    kept_connection,
    serialise,
    snapshot,
    stream,
    transaction,
)
from models.database.statements import _for_postgresql
from models.jobs import lease
from tests.worker.export_site import make_site

pytestmark = pytest.mark.usefixtures("home")
_SOON, _LONG = 0.3, 20


@contextmanager
def elsewhere(act: Callable[[], None]) -> Iterator[threading.Event]:
    """Another thread's act; the event tells when it is through."""
    through = threading.Event()

    def run() -> None:
        with connection():
            act()
        through.set()

    thread = threading.Thread(target=run)
    thread.start()
    yield through
    thread.join(_LONG)
    assert through.is_set()


def take(*, shared: bool, key: str = "") -> None:
    with transaction(shared=shared):
        if key:
            serialise(key)


@pytest.mark.parametrize("fails", [False, True])
def test_transaction_that_need_not_last_leaves_the_next_one_lasting(fails: bool) -> None:
    setting = "SHOW synchronous_commit" if is_postgresql() else "PRAGMA synchronous"
    lasting, relaxed = ("on", "off") if is_postgresql() else (2, 1)
    with suppress(RuntimeError), transaction(lasting=False):
        assert execute(setting).fetchone()[0] == relaxed
        if fails:
            raise RuntimeError
    assert execute(setting).fetchone()[0] == lasting


def test_kept_connection_is_that_of_the_file_which_stands_there(home: Path) -> None:
    if is_postgresql():
        pytest.skip("the pool keeps those of a server")
    path = home / "waybill.db"

    def opened() -> object:
        with kept_connection():
            return database.connection()

    with ThreadPoolExecutor(1) as lasting:
        first = lasting.submit(opened).result(_LONG)
        assert lasting.submit(opened).result(_LONG) is first
        path.rename(home / "aside")
        with pytest.raises(OperationalError):
            lasting.submit(opened).result(_LONG)
        (home / "aside").rename(path)
        assert lasting.submit(opened).result(_LONG) is not first
        lasting.submit(database.close).result(_LONG)


@pytest.mark.parametrize(("ours", "theirs"), [(False, False), (False, True), (True, False)])
def test_transaction_that_is_not_shared_overlaps_no_other(ours: bool, theirs: bool) -> None:
    with transaction(shared=ours):
        other = elsewhere(lambda: take(shared=theirs))
        through = other.__enter__()
        assert not through.wait(_SOON)
    other.__exit__(None, None, None)


def test_shared_transactions_overlap_where_the_engine_can() -> None:
    if not is_postgresql():
        pytest.skip("SQLite has one writer")
    with transaction(shared=True), elsewhere(lambda: take(shared=True)) as through:
        assert through.wait(_LONG)


def test_serialise_keeps_shared_transactions_of_one_key_apart() -> None:
    with transaction(shared=True):
        serialise("a")
        other = elsewhere(lambda: take(shared=True, key="a"))
        through = other.__enter__()
        assert not through.wait(_SOON)
    other.__exit__(None, None, None)


def test_snapshot_sees_nothing_that_was_committed_since_its_first_query() -> None:
    def count() -> int:
        return int(execute("SELECT COUNT(*) FROM secret").fetchone()[0])

    def write() -> None:
        execute("INSERT INTO secret (name, value, changed_at, changed_by) VALUES ('a', 'b', 1, 'c')")

    with snapshot():
        assert count() == 0
        with elsewhere(write):
            pass
        assert count() == 0
    assert count() == 1


def test_stream_of_many_rows_takes_little_memory_and_lets_others_run() -> None:
    with transaction():
        executemany(
            "INSERT INTO secret (name, value, changed_at, changed_by) VALUES (?, ?, 1, '')",
            ((f"{number:06}", "x" * 500) for number in range(20_000)),
        )
    tracemalloc.start()
    seen = 0
    for name, _ in stream("SELECT name, value FROM secret ORDER BY name"):
        assert name == f"{seen:06}"
        seen += 1
        if seen % 5_000 == 0:
            execute("UPDATE secret SET changed_at = 2 WHERE name = ?", (name,))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == 20_000
    assert most < 5_000_000  # all of them are 12 MB


def test_text_sorts_by_its_bytes_and_like_folds_ascii_only() -> None:
    with transaction():
        executemany(
            "INSERT INTO secret (name, value, changed_at, changed_by) VALUES (?, '', 1, '')",
            [(name,) for name in ("b", "B", "ä", "Ä", "_", "a")],
        )
    assert [row[0] for row in execute("SELECT name FROM secret ORDER BY name")] == [
        "B",
        "_",
        "a",
        "b",
        "Ä",
        "ä",
    ]
    assert {row[0] for row in execute("SELECT name FROM secret WHERE name LIKE ?", ("B%",))} == {"b", "B"}
    assert {row[0] for row in execute("SELECT name FROM secret WHERE name LIKE ?", ("ä%",))} == {"ä"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHERE a = ? AND b LIKE ?", "WHERE a = %s AND b ILIKE %s"),
        ("a = '50% of what?' AND b = ?", "a = '50%% of what?' AND b = %s"),
        ("a = 'it''s LIKE ?' OR b % 2 = ?", "a = 'it''s LIKE ?' OR b %% 2 = %s"),
    ],
)
def test_statement_for_postgresql_keeps_what_is_between_quotes(text: str, expected: str) -> None:
    assert _for_postgresql(text) == expected


def test_claim_by_many_at_once_is_one_ones() -> None:
    site = make_site()
    for number in range(6):
        site.invoice(f"A-{number}")
    jobs = [site.job().id for _ in range(3)]
    barrier = threading.Barrier(8)

    def claim(number: int) -> lease.Claim | None:
        with connection():
            barrier.wait(_LONG)
            return lease.claim(jobs[number % 3], f"host/boot/{number}/1")

    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(claim, range(8)) if claim is not None]
    assert [claim.job_id for claim in claims] == jobs[:1]
    assert execute("SELECT COUNT(*) FROM job_attempt").fetchone()[0] == 1
    assert not database.is_closed()

"""A service's sign of life: rare, for as long as it runs, and never at the price of its work."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from models import services, settings
from models.database import execute, is_postgresql
from models.services import Kind
from worker import presence
from worker.presence import Presence


def changes() -> int:
    """How often this connection has changed a row."""
    return int(execute("SELECT total_changes()").fetchone()[0])


@pytest.mark.usefixtures("home")
def test_sign_of_life_is_written_once_for_many_ticks() -> None:
    if is_postgresql():
        pytest.skip("counts what SQLite counts")
    worker = Presence(Kind.WORKER)
    worker.alive()
    before = changes()
    for _ in range(50):
        worker.alive()
    assert changes() == before
    assert services.running(Kind.WORKER)


@pytest.mark.usefixtures("home")
def test_server_is_there_for_as_long_as_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_SECONDS", 0.01)
    with presence.said(Kind.SFTP):
        while (first := services.last_seen(Kind.SFTP)) is None:
            pass
        while services.last_seen(Kind.SFTP) == first:
            assert services.running(Kind.SFTP)
    assert not services.running(Kind.SFTP)


def test_locked_database_costs_a_turn_and_not_the_service(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if is_postgresql():
        pytest.skip("SQLite has one writer")
    monkeypatch.setattr(presence, "_SECONDS", 0.0)
    execute("PRAGMA busy_timeout = 10")
    worker = Presence(Kind.WORKER)
    with sqlite3.connect(settings.load(home).database_url.removeprefix("sqlite:///")) as other:
        other.execute("BEGIN IMMEDIATE")
        worker.alive()
        other.rollback()
    assert "presence.database service=worker: database is locked" in caplog.text
    assert not services.running(Kind.WORKER)
    worker.alive()
    assert services.running(Kind.WORKER)

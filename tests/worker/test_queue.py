"""The bell's own file: nothing depends on it, whatever state it is in."""

from __future__ import annotations

from pathlib import Path

from models import installation


def test_queue_file_that_is_no_database_makes_way_for_a_new_one(tmp_path: Path) -> None:
    installation.create(tmp_path / "home")
    from worker.queue import on_file

    path = tmp_path / "home" / "bell.db"
    path.write_bytes(b"not a database at all" * 500)

    bell = on_file(str(path))

    bell.storage.enqueue(b"one")
    assert bell.storage.queue_size() == 1
    assert path.with_name("bell.db.damaged").read_bytes().startswith(b"not a database")
    bell.storage.close()

"""What a job says of a machine that says no: the first cause, and the place."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from peewee import OperationalError

from worker.durable import written_whole


def test_database_that_is_full_is_not_told_as_a_rollback_that_failed(
    home: Path,  # noqa: ARG001 - in it the queue is opened
) -> None:
    from worker.export import _database_problem

    # What peewee raises then: SQLite has rolled back already, and peewee wants to.
    error = OperationalError("cannot rollback - no transaction is active")
    error.__context__ = OperationalError("database or disk is full")
    problem = _database_problem(error)

    assert problem.reason == "the database could not be used: database or disk is full"
    assert "disk space" in problem.remedy


def test_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    with pytest.raises(OSError, match="No space left") as refused, written_whole(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert refused.value.filename == str(path)
    assert list(path.parent.iterdir()) == []

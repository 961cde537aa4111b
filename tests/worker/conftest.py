"""What files are sent to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worker.sshd import Sshd, running


@pytest.fixture(scope="module")
def sshd_of_the_file(
    require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sshd]:
    """One server for all tests of a file; each has a folder of its own there."""
    with running(require_program("sshd"), tmp_path_factory.mktemp("sshd") / "server") as started:
        yield started


@pytest.fixture
def sshd(sshd_of_the_file: Sshd, tmp_path: Path) -> Sshd:
    """The server with a folder of this test's own."""
    (tmp_path / "inbox").mkdir()
    return dataclasses.replace(sshd_of_the_file, folder=tmp_path / "inbox")

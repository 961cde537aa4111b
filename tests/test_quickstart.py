"""The quickstart does what it says and leaves nothing behind; the demo is what its generator writes."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.parties import check_account
from tests.conftest import ROOT
from worker import sources
from worker.sources import Document
from worker.sources.mapping import ImportMapping

DEMO = ROOT / "scripts" / "demo"
INVOICES = DEMO / "invoices"


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    """The content of every document of the demo; none is refused."""
    mapping = ImportMapping.load(DEMO / "portal-columns.toml")
    found = list(sources.read([INVOICES], mapping=mapping))
    assert [one for one in found if not isinstance(one, Document)] == []
    return [one.content for one in found if isinstance(one, Document)]


def test_generator_run_again_writes_the_files_that_ship(tmp_path: Path) -> None:
    again = generated(tmp_path, "--seed", "7", "--count", "240")
    assert contents(again) == contents(INVOICES)


def test_generator_of_another_seed_writes_other_figures(tmp_path: Path) -> None:
    other = generated(tmp_path, "--seed", "8", "--count", "240")
    assert (other / "portal.csv").read_bytes() != (INVOICES / "portal.csv").read_bytes()


def generated(folder: Path, *options: str) -> Path:
    """What the generator writes into a folder."""
    command = [sys.executable, str(DEMO / "generate.py"), *options, "--out", str(folder)]
    subprocess.run(command, check=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_demo_read_holds_what_a_first_look_needs(documents: list[dict[str, Any]]) -> None:
    assert len(documents) >= 200
    assert len({content["number"] for content in documents}) == len(documents)
    assert len({content["currency"] for content in documents}) >= 4
    kinds = Counter(content["document_type"] for content in documents)
    assert kinds["credit_note"] >= 10


def test_demo_ubl_checked_keeps_the_rules_of_en_16931(oracles: Path) -> None:
    files = sorted((INVOICES / "ubl").glob("*.xml"))
    done = subprocess.run(
        [sys.executable, oracles / "validate_einvoice.py", "--profile", "en16931", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_demo_accounts_are_possible_and_nobodys() -> None:
    text = (DEMO / "companies.py").read_text(encoding="utf-8")
    routings = [part[:9] for part in text.split('routing="')[1:]]
    assert len(routings) >= 4
    for routing in routings:
        check_account(routing, "1")
        assert routing.startswith("99"), "a routing number that a bank could have"


# The play itself


@pytest.fixture
def quickstart(tmp_path: Path) -> Iterator[Quickstart]:
    """The script with a folder for temporary files of its own; its processes end with the test."""
    run = Quickstart(ROOT, tmp_path)
    yield run
    run.end()


class Quickstart:
    """Runs `scripts/quickstart` of a project."""

    def __init__(self, project: Path, folder: Path) -> None:
        self._command = [str(project / "scripts" / "quickstart")]
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        # The home of another installation, which must not be touched.
        self._environment = os.environ | {
            "TMPDIR": str(self.temporary),
            "WAYBILL_HOME": str(folder / "other"),
            "WAYBILL_SFTP_PORT": "not a port",
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start it; what it says can be read from its standard output."""
        self._process = subprocess.Popen(
            [*self._command, *options],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self._process

    def finish(self, *options: str) -> tuple[int, str]:
        """Run it to its end: exit code, and what it said."""
        process = self.start(*options)
        said, _ = process.communicate(timeout=110)
        return process.returncode, said

    def left_behind(self) -> list[str]:
        """Processes whose temporary folder is ours, and what stands in it."""
        ours = f"TMPDIR={self.temporary}".encode()
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if ours in environment.read_bytes().split(b"\0"):
                    found.append((environment.parent / "cmdline").read_text().replace("\0", " "))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # ended meanwhile, or somebody else's
        return found + [path.name for path in self.temporary.iterdir()]

    @contextmanager
    def at_a_terminal(self) -> Iterator[Terminal]:
        """Start it at a terminal of 80 by 24."""
        screen, keyboard = os.openpty()
        termios.tcsetwinsize(keyboard, (24, 80))
        self._process = subprocess.Popen(
            self._command,
            env=self._environment | {"TERM": "xterm-256color"},
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
            text=True,
        )
        os.close(keyboard)
        try:
            yield Terminal(screen)
        finally:
            os.close(screen)

    def end(self) -> int:
        """Its exit code; a process that a test has left running is ended."""
        if self._process is None:
            return 0
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            return self._process.wait(timeout=60)


class Terminal:
    """What a person sees and types."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def press(self, key: str) -> None:
        """Type something."""
        os.write(self._handle, key.encode())

    def until(self, wanted: str, seconds: float = 60) -> str:
        """Read until something is shown; everything read."""
        seen, deadline = "", time.monotonic() + seconds
        while wanted not in seen:
            ready, _, _ = select.select([self._handle], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{wanted!r} was not shown:\n{seen}"
            seen += os.read(self._handle, 65_536).decode("utf-8", "replace")
        return seen


@pytest.mark.outside("sftp")
def test_quickstart_headless_exports_fetches_and_leaves_nothing(quickstart: Quickstart) -> None:
    code, said = quickstart.finish("--headless")
    assert code == 0, said
    assert "240 exported by this job" in said
    assert said.count("the same bytes") == 2
    assert "ACHInvoiceBatch_" in said
    assert quickstart.left_behind() == []


def test_quickstart_told_to_keep_leaves_the_home_alone(quickstart: Quickstart) -> None:
    code, said = quickstart.finish("--headless", "--keep")
    assert code == 0, said
    (folder,) = quickstart.temporary.iterdir()
    assert quickstart.left_behind() == [folder.name]
    assert f"The installation is in {folder}/home" in said
    with (folder / "home" / "waybill.toml").open("rb") as settings:
        assert tomllib.load(settings) == {"sftp": {"port": 0}}
    assert list((folder / "home" / "pickup" / "folders").glob("*/ACHInvoiceBatch_*.ach"))


def test_quickstart_interrupted_stops_what_it_started(quickstart: Quickstart) -> None:
    process = quickstart.start("--headless")
    assert process.stdout is not None
    said = ""
    while "worker and SFTP server run" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    # A command that was just being started ends by itself, a moment later.
    deadline = time.monotonic() + 5
    while quickstart.left_behind() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert quickstart.left_behind() == []


@pytest.mark.outside("sftp")
def test_quickstart_at_a_terminal_opens_the_program_and_ends_with_it(quickstart: Quickstart) -> None:
    with quickstart.at_a_terminal() as terminal:
        said = terminal.until("Press Enter to open it")
        assert "sftp -P" in said
        terminal.press("\r")
        terminal.until("NEEDS ATTENTION")
        terminal.press("2")
        terminal.until("240/240")
        terminal.press("q")
        terminal.until("Everything is stopped, and the folder is removed.")
    assert quickstart.end() == 0
    assert quickstart.left_behind() == []


def test_quickstart_at_a_terminal_told_to_end_opens_nothing(quickstart: Quickstart) -> None:
    with quickstart.at_a_terminal() as terminal:
        terminal.until("Press Enter to open it")
        terminal.press("q\r")
        terminal.until("Everything is stopped, and the folder is removed.", seconds=30)
    assert quickstart.end() == 0
    assert quickstart.left_behind() == []


def test_quickstart_with_a_bad_document_says_which_and_stops(
    tmp_path: Path, project_copy: Callable[[Path], Path]
) -> None:
    project = project_copy(tmp_path / "project")
    bad = project / "scripts" / "demo" / "invoices" / "ubl" / "QR10001.xml"
    bad.write_text(bad.read_text(encoding="utf-8").replace("</cbc:ID>", "", 1), encoding="utf-8")
    broken = Quickstart(project, tmp_path)
    code, said = broken.finish("--headless")
    assert code == 1
    assert "error: $ waybill import" in said
    assert "refused: scripts/demo/invoices/ubl/QR10001.xml" in said
    assert broken.left_behind() == []


@pytest.fixture
def project_copy() -> Callable[[Path], Path]:
    """Makes a copy of the scripts whose environment is this one's, so that nothing is installed anew."""

    def copy(folder: Path) -> Path:
        shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        start = folder / "scripts" / "quickstart"
        start.write_text(f'#!/bin/sh\ncd {folder}\nexec {sys.executable} scripts/demo/quickstart.py "$@"\n')
        return folder

    return copy

"""What the documentation says can be done is done here, in a fresh home; what it names exists.

In a `console` block a line that begins with `$` is a command, and what follows is what it prints: `…` is
anything within a line, and alone any lines. A command that nothing follows may print what it likes.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from models import settings
from tests.conftest import ROOT
from tui.cli import waybill

PAGES = (
    "README.md",
    "docs/running.md",
    "docs/files.md",
    "docs/mappings.md",
    "docs/ach-files.md",
    "docs/postgresql.md",
    "docs/web.md",
    "docs/terminal.md",
    "docs/ach.md",
)
PORT = "2222"
_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of a page."""

    place: str
    command: str
    printed: tuple[str, ...]
    typed: tuple[str, ...]
    """What is then typed at a prompt of `sftp`."""


def steps(page: str) -> Iterator[Step]:
    """The commands of a page's console blocks, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.finditer(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        joined = block[1].replace("\\\n", "")
        for command in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            first, *rest = command.splitlines()
            place = f"{page}:{text[: block.start()].count(chr(10)) + 2}"
            typed = tuple(line.removeprefix("sftp> ") for line in rest if line.startswith("sftp> "))
            printed = tuple(line for line in rest if not line.startswith("sftp> "))
            yield Step(place=place, command=first, printed=printed, typed=typed)


class Newcomer:
    """Types the commands, with a home folder and a port of their own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        self._folder = folder
        (folder / "scripts").symlink_to(ROOT / "scripts")
        self._password = ""
        self._services = ExitStack()
        clean = {key: value for key, value in os.environ.items() if not key.startswith("WAYBILL_")}
        self._environment = clean | {
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "WAYBILL_SFTP_PORT": self._port,
        }

    def do(self, step: Step) -> None:
        """Type a command and compare what it prints."""
        if step.command == "waybill up":
            self._start_services()
        elif step.command.startswith("sftp "):
            self._fetch(step)
        elif re.search(r" (list|show)\b", step.command):
            self._look(step)
        else:
            self._run(step)

    def close(self) -> None:
        """Stop the services."""
        self._services.close()

    def _run(self, step: Step) -> None:
        if "$(date" in step.command:
            wait_for_time_to_type()
        code, said = self._shell(step.command)
        assert code == 0, f"{step.place}: {step.command}\n{said}"
        assert fits(step.printed, said), f"{step.place}: {step.command}\nprinted\n{said}"
        if password := re.search(r"^  password  (\S+)", said, re.MULTILINE):
            self._password = password[1]

    def _look(self, step: Step) -> None:
        """A look may come too early: it is taken again until it shows what the page says."""
        deadline = time.monotonic() + _SECONDS
        while True:
            code, said = self._shell(step.command)
            if code == 0 and fits(step.printed, said):
                return
            assert time.monotonic() < deadline, f"{step.place}: {step.command}\nprinted\n{said}"
            time.sleep(0.1)

    def _start_services(self) -> None:
        log = self._services.enter_context((self._folder / "up.log").open("wb"))
        services = subprocess.Popen(["waybill", "up"], env=self._environment, stdout=log, stderr=log)
        self._services.callback(services.wait, 60)
        self._services.callback(services.terminate)
        address, deadline = self._folder / ".waybill" / "sftp.address", time.monotonic() + _SECONDS
        while not address.exists():
            assert services.poll() is None, "the services ended"
            assert time.monotonic() < deadline, "the services do not start"
            time.sleep(0.05)

    def _fetch(self, step: Step) -> None:
        askpass = self._folder / "askpass"
        askpass.write_text(f"#!/bin/sh\necho '{self._password}'\n", encoding="utf-8")
        askpass.chmod(0o700)
        known = f"UserKnownHostsFile={self._folder / 'known_hosts'}"
        options = ("-F/dev/null", "-oBatchMode=no", "-oStrictHostKeyChecking=accept-new", f"-o{known}", "-b-")
        program, *arguments = shlex.split(step.command.replace(PORT, self._port))
        done = subprocess.run(
            [program, *options, *arguments],
            input="\n".join(step.typed),
            env=self._environment | {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"},
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{step.place}: {step.command}\n{done.stderr}"

    def _shell(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", command],
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.replace(self._port, PORT)


def fits(wanted: tuple[str, ...], said: str) -> bool:
    """Whether what was printed is what the page shows; how wide the gaps are does not matter."""
    if not wanted:
        return True
    lines = (
        r"(?:.*\n)*" if line == "…" else re.escape(one_blank(line)).replace("…", ".*") + r"\n"
        for line in wanted
    )
    return (
        re.fullmatch("".join(lines), "".join(f"{one_blank(line)}\n" for line in said.splitlines()))
        is not None
    )


def one_blank(line: str) -> str:
    """A line with every gap one blank wide."""
    return " ".join(line.split())


def wait_for_time_to_type() -> None:
    """A schedule of the present minute is refused once the minute is over: begin early enough in one."""
    while datetime.now(UTC).second >= 45:
        time.sleep(0.2)


@pytest.mark.outside("sftp")
def test_documentation_followed_from_the_first_command_to_the_last_does_what_it_says(tmp_path: Path) -> None:
    every = [step for page in PAGES for step in steps(page)]
    assert len(every) >= 20
    newcomer = Newcomer(tmp_path)
    try:
        for step in every:
            newcomer.do(step)
    finally:
        newcomer.close()
    fetched = list(tmp_path.glob("InvoiceBatch_*.csv"))
    assert len(fetched) == 1
    assert "WF-2026-10007" in fetched[0].read_text(encoding="utf-8")


def test_import_mapping_shown_in_the_docs_is_the_one_that_ships() -> None:
    shown = re.search(r"```toml\n(delimiter.*?)```", read("docs/files.md"), re.DOTALL)
    assert shown is not None
    ships = (ROOT / "scripts/demo/portal-columns.toml").read_text(encoding="utf-8")
    assert "".join(re.findall(r"^[^#].*\n|^\n", ships, re.MULTILINE)) == shown[1]


def test_settings_shown_for_postgresql_are_ones(tmp_path: Path) -> None:
    shown = re.findall(r"^```toml\n(.*?)^```$", read("docs/postgresql.md"), re.MULTILINE | re.DOTALL)
    (tmp_path / settings.SETTINGS_FILE).write_text("".join(shown))
    loaded = settings.load(tmp_path, {})
    assert loaded.database.url == loaded.queue.url != ""
    assert loaded.archive.parent == loaded.pickup.parent.parent


def test_readme_begins_with_the_two_commands() -> None:
    first_screen = read("README.md").splitlines()[:24]
    commands = [line.split()[0] for line in first_screen if line.startswith("scripts/")]
    assert commands == ["scripts/quickstart", "scripts/test"]
    for command in commands:
        assert os.access(ROOT / command, os.X_OK)


@pytest.mark.parametrize("page", sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")))
def test_page_of_the_docs_is_reached_from_the_readme(page: str) -> None:
    todo, seen = ["README.md"], set()
    while todo:
        one = todo.pop()
        seen.add(one)
        todo += [link for link in links(one) if link.endswith(".md") and link not in seen]
    assert page in seen


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", *PAGES[1:], "docs/decisions/README.md"])
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    assert [link for link in links(page) if not (ROOT / link).exists()] == []


def test_decision_records_stay_short() -> None:
    long = [
        path.name
        for path in (ROOT / "docs" / "decisions").glob("*.md")
        if len(path.read_text(encoding="utf-8").splitlines()) > 60
    ]
    assert long == []


def read(page: str) -> str:
    """A page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def links(page: str) -> list[str]:
    """The files a page links to, as paths from the project's root; sections must exist."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        path, _, section = target.partition("#")
        if "://" in target:
            continue
        if not path:
            headings = re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)
            assert section in {heading.lower().replace(" ", "-") for heading in headings}, target
        else:
            found.append(os.path.relpath((ROOT / page).parent / path, ROOT))
    return found


# What is named exists


def texts() -> Iterator[Path]:
    """Everything that tells users of commands: the pages, and the messages and helps in the code."""
    yield from (ROOT / page for page in (*PAGES, "CHANGELOG.md"))
    yield from (ROOT / "docs" / "decisions").glob("*.md")
    for package in ("models", "worker", "tui"):
        yield from (ROOT / package).rglob("*.py")


def test_commands_told_of_anywhere_exist_with_their_options() -> None:
    found = [
        f"{path.relative_to(ROOT)}: waybill{told}: {wrong}"
        for path in texts()
        for told in re.findall(r"(?<![/\w-])waybill((?: [^\s`\"']+)+)", path.read_text(encoding="utf-8"))
        if (wrong := wrong_part(told.split()))
    ]
    assert found == []


def wrong_part(words: list[str]) -> str:
    """The first word that is no command, verb or option; what is not written as one is not looked at."""
    command: click.Command = waybill
    for word in words:
        plain = word.rstrip(".,;:)]")
        if isinstance(command, click.Group) and not plain.startswith("-"):
            if not re.fullmatch(r"[a-z]+(-[a-z]+)*", plain):
                return ""
            following = command.get_command(click.Context(command), plain)
            if following is None:
                return plain
            command = following
        elif plain.startswith("--") and plain != "--help":
            known = [option for one in command.params for option in (*one.opts, *one.secondary_opts)]
            if plain.partition("=")[0] not in known:
                return plain
        if plain != word:  # the sentence goes on without the command
            return ""
    return ""

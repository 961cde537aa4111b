"""`waybill web` and the programs it starts, as processes: who acts, what is told, and that all of it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from models import settings, tokens
from models.audit import WAYBILL, AuditEntry
from models.people import Role
from models.settings import Settings, Web
from tests.conftest import ROOT
from tests.worker.servers.web.kit import Browser, a_token, a_user, until
from worker import up

_MAIN = "from tui.cli import main; main()"
_ACT = """
import tui.app
from models import entities, people
from models.database import connection

def act():
    with connection():
        entities.create(people.current_actor(), "Made in a browser")

tui.app.run = act
from tui.served import main
main()
"""


@contextmanager
def web(home: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`waybill web` on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "web", *arguments],
        cwd=ROOT,
        env=os.environ | {"WAYBILL_HOME": str(home), "WAYBILL_WEB_PORT": "0"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), line
    return line.split()[-1].rstrip("/")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = status.read_text().split(" (", 1)
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        state, parent = rest.rpartition(") ")[2].split()[:2]
        if int(parent) == pid and state != "Z":
            found.append(int(number))
    return found


def served(home: Path, *who: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The process behind a tab, with an act in the place of the screens."""
    return subprocess.run(
        [sys.executable, "-c", _ACT, *who],
        cwd=ROOT,
        env=os.environ | {"WAYBILL_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_act_in_a_tab_is_the_token_users_in_the_audit_whoever_started_the_server(home: Path) -> None:
    anna = a_user("anna", Role.ADMINISTRATOR)
    token, _ = tokens.create(WAYBILL, anna, "laptop", days=1)
    done = served(home, str(anna.id), str(token.id), SUDO_UID="12345")
    assert done.returncode == 0, done.stderr
    entry = AuditEntry.get(AuditEntry.subject_name == "Made in a browser")
    assert (entry.actor, entry.os_account) == ("anna@example.com", f"web:token {token.id}")


def test_act_in_a_tab_is_held_to_the_roles_of_its_user(home: Path) -> None:
    ben = a_user("ben")
    token, _ = tokens.create(WAYBILL, ben, "laptop", days=1)
    done = served(home, str(ben.id), str(token.id))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ben@example.com may not manage legal entities")


def test_tab_of_a_token_revoked_meanwhile_opens_nothing(home: Path) -> None:
    anna = a_user("anna", Role.ADMINISTRATOR)
    token, _ = tokens.create(WAYBILL, anna, "laptop", days=1)
    tokens.revoke(WAYBILL, token, reason="lost")
    done = served(home, str(anna.id), str(token.id))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the token was revoked or has expired, or its user is inactive.")


def test_web_says_where_it_listens_and_stops_on_a_signal(home: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with web(home, "--json") as process:
            assert process.stdout is not None
            told = ""
            while not told.endswith("}\n"):
                told += process.stdout.readline()
            said = json.loads(told)
            assert said["url"] == f"http://127.0.0.1:{said['port']}/"
            process.send_signal(number)
            rest, log = process.communicate(timeout=30)
            assert (process.returncode, rest) == (0, ""), log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_programs_end_with_the_server_however_it_ends(home: Path, number: signal.Signals) -> None:
    token = a_token(a_user("ben"))

    async def open_and_end(process: subprocess.Popen[str]) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            browser = Browser(session, address(process))
            await browser.log_in(token)
            async with browser.tab() as tab:
                await tab.until("ben@example.com")
                started = children(process.pid)
                assert len(started) == 1
                process.send_signal(number)
                await tab.until_closed()
        await until(lambda: not Path(f"/proc/{started[0]}").exists())

    with web(home) as process:
        asyncio.run(open_and_end(process))


def test_program_has_nothing_of_the_terminal_the_server_was_started_in(home: Path) -> None:
    token = a_token(a_user("ben"))
    foreign = {"SUDO_UID": str(os.getuid()), "SSH_CONNECTION": "a b c d", "NO_COLOR": "1", "TERM": "dumb"}

    async def look(process: subprocess.Popen[str]) -> list[str]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            browser = Browser(session, address(process))
            await browser.log_in(token)
            async with browser.tab() as tab:
                await tab.until("ben@example.com")
                (program,) = children(process.pid)
                return Path(f"/proc/{program}/environ").read_text().split("\0")

    with web(home, **foreign) as process:
        found = dict(line.partition("=")[::2] for line in asyncio.run(look(process)))
    assert found["TERM"] == "xterm-256color"
    assert set(found) & (set(foreign) - {"TERM"}) == set()


def test_web_where_it_may_not_or_cannot_listen_says_what_to_do(home: Path) -> None:
    with web(home, WAYBILL_WEB_HOST="0.0.0.0") as process:  # noqa: S104 - refused
        _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        assert said.startswith("error: web.host is 0.0.0.0: other machines reach that")
    with web(home) as first:
        port = address(first).rpartition(":")[2]
        with web(home, WAYBILL_WEB_PORT=port) as second:
            _, said = second.communicate(timeout=30)
            assert second.returncode == 1
            assert f"error: the web server cannot listen on 127.0.0.1 port {port}: " in said
            assert said.endswith("Set web.host and web.port to an address of this machine and a free port\n")


def test_up_starts_the_web_server_only_where_it_is_wanted(home: Path) -> None:
    assert up.services() == ("worker", "sftp")
    settings.use(Settings(home=home, web=Web(enabled=True)))
    assert up.services() == ("worker", "sftp", "web")

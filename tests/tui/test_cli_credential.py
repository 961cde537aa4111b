"""`waybill credential` at a terminal: a password has to be proved to be saved, or opens nothing."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.conftest import ROOT, clean_environment
from tests.tui.conftest import Waybill

_PROMPT = b"or ctrl-c to discard it: "


@dataclass
class Typing:
    """A command at a pseudo-terminal of its own."""

    process: subprocess.Popen[bytes]
    terminal: int
    said: bytes = b""
    seen: int = 0

    def until(self, text: bytes) -> None:
        """Read until it has said this, after what was waited for before."""
        while (place := self.said.find(text, self.seen)) < 0:
            self.said += self._read()
        self.seen = place + len(text)

    def end(self, *, pressing: bytes = b"") -> int:
        """Read all that is left; press keys, and again when nothing happens, as people do with ctrl-c."""
        while True:
            os.write(self.terminal, pressing)
            while select.select([self.terminal], [], [], 2.0 if pressing else None)[0]:
                if not (piece := self._read(at_end=b"")):
                    return self.process.wait(timeout=60)
                self.said += piece

    def _read(self, at_end: bytes | None = None) -> bytes:
        try:
            piece = os.read(self.terminal, 1024)
        except OSError:  # so Linux says that the other side is closed
            piece = b""
        if not piece and at_end is None:
            raise AssertionError(f"it ended after: {self.said.decode()}")
        return piece


def _hear_ctrl_c() -> None:
    """Take the terminal for one's own, and the signal even where the tests were started without it."""
    os.close(os.open(os.ttyname(0), os.O_RDWR))
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def typing(waybill: Waybill, *arguments: str) -> Iterator[Typing]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()", *arguments],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(waybill.home)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    )
    os.close(theirs)
    try:
        yield Typing(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def password_in(said: bytes) -> str:
    found = re.search(r"password  (\S+)   shown this once", said.decode())
    assert found is not None, said
    return found[1]


def test_credential_show_tells_keys_and_command_and_no_password(waybill: Waybill) -> None:
    made = waybill.do("credential", "generate")
    shown = waybill.do("credential", "show", "acme")
    assert (shown["opens"], shown["command"], shown["public_keys"]) == ("password", made["command"], [])
    assert made["password"] not in waybill("credential", "show", "acme").out
    assert waybill.refused("credential", "show", "nobody")["code"] == "not_found"


def test_token_show_tells_no_text(waybill: Waybill) -> None:
    made = waybill.do("token", "create", "laptop")
    assert waybill.do("token", "show", "1") == {key: made[key] for key in made if key != "token"}


def test_password_proved_at_the_terminal_opens(waybill: Waybill) -> None:
    with typing(waybill, "credential", "generate") as at:
        at.until(_PROMPT)
        os.write(at.terminal, b"????\n")
        at.until(b"not the last 4 characters")
        at.until(_PROMPT)
        os.write(at.terminal, f"{password_in(at.said)[-4:]}\n".encode())
        assert at.end() == 0
    assert waybill.do("credential", "show", "acme")["opens"] == "password"
    assert waybill.do("audit", "list")["items"][0]["action"] == "save password"


@pytest.mark.parametrize(("typed", "pressing"), [(b"", b"\x03"), (b"a\nb\nc\n", b"")])
def test_password_not_proved_at_the_terminal_opens_nothing(
    waybill: Waybill, typed: bytes, pressing: bytes
) -> None:
    with typing(waybill, "credential", "generate") as at:
        at.until(_PROMPT)
        os.write(at.terminal, typed)
        assert at.end(pressing=pressing) == 1
    assert b"was not saved, so it opens nothing" in at.said
    assert waybill.do("credential", "show", "acme")["opens"] == "nothing"

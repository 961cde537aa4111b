"""Where the quickstart plays: a throw-away home, the real `waybill` run in it, and its services."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

T = TypeVar("T")

WAYBILL = Path(sys.executable).parent / "waybill"
_WIDTH = 76  # and a backslash
_STOP_SECONDS = 60
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):
    """A step did not work; the text says which and what to do."""


class Stage:
    """Runs commands in a home of its own, shows each, and stops the services it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.log = folder / "services.log"
        self._services: subprocess.Popen[bytes] | None = None
        # Nobody's own settings: they are about another installation.
        others = {key: value for key, value in os.environ.items() if not key.startswith("WAYBILL_")}
        self._environment = others | {"WAYBILL_HOME": str(self.home)}

    def title(self, text: str) -> None:
        """Say what comes next."""
        click.secho(f"\n{text}", bold=True)

    def run(self, *arguments: str) -> None:
        """Run `waybill`, showing the command and what it says; raises `Failed` when it fails."""
        self.show(*arguments)
        self.say(self._output(*arguments))

    def show(self, *arguments: str) -> None:
        """Show a command as it could be typed, folded before its options."""
        click.secho(typed(*arguments), fg="cyan")

    def say(self, text: str) -> None:
        """Show what a command said."""
        click.echo(text.rstrip("\n"))

    def ask(self, *arguments: str) -> Any:
        """What `waybill … --json` answers."""
        return json.loads(self._output(*arguments, "--json"))

    def open_terminal_program(self) -> None:
        """Run the screens until their user leaves them."""
        subprocess.run([WAYBILL], env=self._environment, check=False)

    def start_services(self) -> None:
        """`waybill up` in the background; it is stopped with the stage."""
        with self.log.open("wb") as log:
            # A group of its own: Ctrl-C reaches this program alone, which then stops it.
            self._services = subprocess.Popen(
                [WAYBILL, "up"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def wait_for(self, what: str, found: Callable[[], T | None], seconds: float) -> T:
        """Ask until there is an answer; raises `Failed` with the services' last words when none comes."""
        deadline = time.monotonic() + seconds
        while (answer := found()) is None:
            if self._services is not None and (code := self._services.poll()) is not None:
                raise Failed(f"waybill up ended with exit code {code}. It said:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise Failed(f"{what} after {seconds:g} s. The services said:\n{self._last_words()}")
            time.sleep(0.1)
        return answer

    def close(self) -> None:
        """Stop what was started."""
        if self._services is None:
            return
        self._services.terminate()
        try:
            self._services.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            click.echo(f"waybill up (process {self._services.pid}) does not stop; ending it", err=True)
            self._services.kill()
            self._services.wait()
        self._services = None

    def _output(self, *arguments: str) -> str:
        done = subprocess.run(
            [WAYBILL, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
            raise Failed(f"{typed(*arguments)}\n{said}")
        return done.stdout

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-20:]) or "nothing"


@contextmanager
def stage(*, keep: bool) -> Iterator[Stage]:
    """A stage in a new folder; afterwards everything is stopped, and the folder removed unless kept."""
    folder = Path(tempfile.mkdtemp(prefix="waybill-quickstart-"))
    play = Stage(folder)
    for number in _STOPPING:
        signal.signal(number, _interrupt)
    try:
        yield play
    finally:
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
        play.close()
        if not keep:
            shutil.rmtree(folder)


def typed(*arguments: str) -> str:
    """A command as it is typed at a prompt, folded between its arguments and never after an option."""
    lines = ["$ waybill"]
    for part in _kept_together(arguments):
        if len(lines[-1]) + len(part) < _WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"    {part}")
    return " \\\n".join(lines)


def _kept_together(arguments: Sequence[str]) -> Iterator[str]:
    """Each argument, an option with the value that follows it."""
    option = ""
    for argument in map(shlex.quote, arguments):
        if option and not argument.startswith("--"):
            yield f"{option} {argument}"
            option = ""
            continue
        if option:
            yield option
        option = argument if argument.startswith("--") else ""
        if not option:
            yield argument
    if option:
        yield option


def _interrupt(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)

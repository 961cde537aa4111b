"""The command line as a person or a script meets it: a process of its own in a home of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models import entities, installation, people
from models.database import connection, database
from tests.conftest import ROOT, clean_environment
from tests.tui.forks import nursery

_MAIN = "from tui.cli import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def items(self) -> list[Any]:
        """The items of a list."""
        items: list[Any] = self.json["items"]
        return items


@dataclass(frozen=True, slots=True, kw_only=True)
class Waybill:
    """`waybill` for one home; call it with arguments."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        """Run one command without a terminal; with an environment of its own it is started from nothing."""
        if environment or "PYTHONPATH" in self.environment:
            return self._started(arguments, stdin, environment)
        ours = clean_environment() | {"WAYBILL_HOME": str(self.home)} | self.environment
        code, out, err = nursery().run(arguments, ours, stdin)
        return Ran(code=code, out=out, err=err)

    def _started(self, arguments: tuple[str, ...], stdin: str, environment: dict[str, str]) -> Ran:
        done = subprocess.run(
            [sys.executable, "-c", _MAIN, *arguments],
            cwd=ROOT,
            env=clean_environment() | {"WAYBILL_HOME": str(self.home)} | self.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            timeout=60,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def do(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command that must succeed with `--json`; returns its document."""
        ran = self(*arguments, "--json", stdin=stdin)
        assert ran.code == 0, ran.err
        assert ran.err == "", ran.err
        return ran.json

    def refused(self, *arguments: str, stdin: str = "") -> dict[str, str]:
        """Run a command that must be refused with exit 1; returns the error, told alike on both outputs."""
        ran = self(*arguments, "--json", stdin=stdin)
        assert ran.code == 1, ran
        error: dict[str, str] = ran.json["error"]
        assert set(error) == {"code", "message", "remedy"}
        remedy = error["remedy"]
        assert ran.err.splitlines()[-1] == f"error: {error['message']}. {remedy[:1].upper()}{remedy[1:]}"
        return error

    def as_user(self, uid: int) -> Waybill:
        """The same home, called by another OS account through sudo."""
        return Waybill(home=self.home, environment={"SUDO_UID": str(uid)})


@pytest.fixture
def fresh(tmp_path: Path, records: None) -> Waybill:  # noqa: ARG001 - where it will keep them
    """`waybill` where nothing is set up."""
    return Waybill(home=tmp_path / "home")


@pytest.fixture
def waybill(fresh: Waybill) -> Waybill:
    """`waybill` with an installation and the legal entity Acme, made in this process: that is quicker."""
    installation.create(fresh.home, email="root@example.com")
    with connection():
        entities.create(people.current_actor(), "Acme")
    database.close()
    return fresh

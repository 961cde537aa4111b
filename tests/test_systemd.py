"""The units that ship: what systemd itself says of them, and that they keep to what the services do."""

from __future__ import annotations

import configparser
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from models.settings import Worker
from tests.conftest import ROOT

UNITS = ROOT / "scripts" / "systemd"
SERVICES = ("waybill-sftp.service", "waybill-web.service", "waybill-worker.service")
PROGRAM = "/opt/waybill/bin/waybill"


@pytest.mark.outside("systemd-analyze")
def test_units_verified_by_systemd_have_no_fault(
    require_program: Callable[[str], str], tmp_path: Path
) -> None:
    program = tmp_path / "waybill"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS.glob("waybill*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, str(program)))
    units = sorted(tmp_path.glob("waybill*.*"))
    assert len(units) == 4

    done = subprocess.run(
        [require_program("systemd-analyze"), "verify", "--man=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
    )

    # It reads the machine's own units too, and says what it thinks of those.
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "waybill" in line]
    assert (done.returncode, ours) == (0, [])


def unit(name: str) -> configparser.ConfigParser:
    """A unit's sections; of an option given twice the last one."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as its documentation says to
    parser.read(UNITS / name)
    return parser


@pytest.mark.parametrize("name", SERVICES)
def test_service_that_ends_is_started_again_however_often(name: str) -> None:
    service = unit(name)["Service"]
    assert (service["Type"], service["Restart"], service["RestartSec"]) == ("notify", "always", "2")
    assert unit(name)["Unit"]["StartLimitIntervalSec"] == "0"


def test_worker_told_to_stop_has_more_time_than_its_job() -> None:
    service = unit("waybill-worker.service")["Service"]
    assert int(service["TimeoutStopSec"]) > Worker().stop_seconds
    assert service["KillMode"] == "control-group"


def test_worker_is_watched_and_its_patience_outlasts_a_lock_of_the_database() -> None:
    looks, busy_timeout = 3, 30
    assert int(unit("waybill-worker.service")["Service"]["WatchdogSec"]) > looks * busy_timeout


@pytest.mark.parametrize("name", SERVICES)
def test_service_runs_the_installed_program_as_its_own_account(name: str) -> None:
    service = unit(name)["Service"]
    command = name.removeprefix("waybill-").removesuffix(".service")
    assert service["ExecStart"] == f"{PROGRAM} {command}"
    assert service["User"] == "waybill"


@pytest.mark.outside("visudo")
def test_sudo_rule_that_ships_is_one_to_sudo(require_program: Callable[[str], str], tmp_path: Path) -> None:
    rule = tmp_path / "waybill"
    rule.write_bytes((UNITS / "sudoers").read_bytes())
    rule.chmod(0o440)  # which sudo demands, and a checkout does not keep
    done = subprocess.run(
        [require_program("visudo"), "-c", "-f", rule], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"{rule}: parsed OK"), done.stderr


def test_sudo_rule_that_ships_allows_the_program_alone_and_no_environment() -> None:
    rules = [line for line in (UNITS / "sudoers").read_text().splitlines() if not line.startswith("#")]
    assert rules == [
        f"Defaults!{PROGRAM} env_reset, !setenv, umask=0077",
        f"%invoicing ALL=(waybill) NOPASSWD: {PROGRAM}",
    ]

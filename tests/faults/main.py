"""`scripts/faults`: the crash tests by hand, with their one line in the end."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres
from tests.faults import every_point, installation, mutations, points, random_kills
from tests.faults.far_side import Verdict
from tests.faults.guards import MUTATIONS
from tests.faults.installation import Home
from tests.peers.smtp import PostOffice
from tests.worker import sshd

GATEWAYS = ("pickup", "sftp")
_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass
class Tally:
    """What has come out so far."""

    points: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    broken: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Points that no worker came past: nothing was shown of them."""

    def add(self, verdict: Verdict, *, kills: int) -> None:
        """Count one run."""
        self.kills += kills
        self.lost += len(verdict.lost)
        self.doubled += len(verdict.doubled)
        self.broken += verdict.broken

    @property
    def line(self) -> str:
        """The last line."""
        ledger = "broken" if self.broken else "ok"
        return (
            f"faults: {self.points} points, {self.kills} kills, {self.lost} lost, "
            f"{self.doubled} doubled, ledger {ledger}"
        )

    @property
    def good(self) -> bool:
        """Whether the promise holds."""
        return not (self.lost or self.doubled or self.broken or self.missed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 only for nothing lost, nothing doubled, ledger ok, and every point passed."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="waybill-faults-") as folder:
        if asked.mutate:
            return _mutate(Path(folder))
        with PostOffice() as office, _templates(asked, Path(folder), office) as templates:
            return _run(asked, Path(folder), templates)


@contextmanager
def _server(engine: str) -> Iterator[postgres.Server | None]:
    if engine == "sqlite":
        yield None
        return
    with postgres.running() as server:
        if server is None:
            raise SystemExit("error: there is no PostgreSQL here. Install the Debian package postgresql.")
        yield server


@contextmanager
def _templates(asked: argparse.Namespace, folder: Path, office: PostOffice) -> Iterator[dict[str, Home]]:
    """By gateway, the home that every run copies."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SYSTEM))
    program = shutil.which("sshd", path=path)
    if program is None:
        raise SystemExit("error: there is no sshd here. Install the Debian package openssh-server.")
    with _server(asked.engine) as server, sshd.running(program, folder / "sshd") as far:
        templates = {}
        for gateway in GATEWAYS:
            template = folder / f"template-{gateway}"
            home = installation.build(template, server, far if gateway == "sftp" else None)
            home.environment |= installation.mail_environment(office.port)
            templates[gateway] = home
        yield templates


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="random kills, 200 when left out")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4], help="1 2 4 when left out")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--gateway", choices=GATEWAYS, nargs="*", default=GATEWAYS, help="of random kills")
    parser.add_argument("--seed", type=int, default=1, help="of the random instants")
    parser.add_argument("--passings", type=int, default=1, help="kill at the first so many passings of each")
    parser.add_argument("--point", action="append", help="this point only; may be repeated")
    parser.add_argument("--mutate", action="store_true", help="take each guard away and demand a red test")
    return parser


def _run(asked: argparse.Namespace, folder: Path, templates: dict[str, Home]) -> int:
    tally, began = Tally(), time.monotonic()
    _every_point(asked, folder, templates, tally)
    combinations = [(gateway, crew) for gateway in asked.gateway for crew in asked.workers]
    for place, (gateway, workers) in enumerate(combinations if asked.kills else ()):
        kills = (asked.kills * (place + 1)) // len(combinations) - (asked.kills * place) // len(combinations)
        run = random_kills.run(
            templates[gateway],
            folder / f"random-{gateway}-{workers}",
            kills=kills,
            workers=workers,
            seed=asked.seed,
        )
        tally.add(run.verdict, kills=kills)
        _say(
            f"{gateway}, {workers} workers, {kills} kills: {run.jobs} jobs in {run.attempts} attempts, "
            f"{run.lost_attempts} of them lost, {run.unknown} files unknown, ends {run.ends}, "
            f"{run.seconds:.0f} s {_outcome(run.verdict)}"
        )
    _say(f"{time.monotonic() - began:.0f} s")
    if tally.missed:
        _say(f"no worker came past: {', '.join(tally.missed)}")
    _say(tally.line)
    return 0 if tally.good else 1


def _every_point(asked: argparse.Namespace, folder: Path, templates: dict[str, Home], tally: Tally) -> None:
    found = asked.point or points.of_workers()
    tally.points = len(found)
    for place, (point, gateway, workers, passing) in enumerate(_combinations(asked, found)):
        outcome = every_point.run(
            templates[gateway],
            folder / f"point-{place}",
            point,
            workers=workers,
            passing=passing,
            lose_queue=place % 2 == 1,
        )
        tally.add(outcome.verdict, kills=outcome.died)
        if not outcome.died and passing == 1:
            tally.missed.append(f"{point} ({gateway}, {workers} workers)")
        if outcome.died or passing == 1:
            _say(
                f"{point:22} {gateway:6} passing {passing}, {workers} workers: {outcome.died} died, "
                f"{outcome.unknown} unknown, {outcome.seconds:.1f} s {_outcome(outcome.verdict)}"
            )


def _combinations(asked: argparse.Namespace, names: Sequence[str]) -> list[tuple[str, str, int, int]]:
    return [
        (name, gateway, crew, passing)
        for name, gateway in every_point.ways_out(names)
        for crew in asked.workers
        for passing in range(1, asked.passings + 1)
    ]


def _outcome(verdict: Verdict) -> str:
    if verdict.good:
        return "ok"
    said = [f"lost {each}" for each in verdict.lost] + [f"doubled {each}" for each in verdict.doubled]
    return "; ".join(("NOT OK", *said, *verdict.broken))


def _mutate(folder: Path) -> int:
    survived = []
    try:
        for bite in mutations.run_all(folder, MUTATIONS):
            red = ", ".join(bite.red) or bite.trouble or "SURVIVED"
            survived += [] if bite.red else [bite.guard]
            _say(f"{bite.guard:60} {red}")
    except mutations.PatchError as error:
        _say(f"error: {error}")
        return 1
    _say(f"mutations: {len(MUTATIONS)} guards taken away, {len(survived)} survived")
    return 1 if survived else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

"""The engine's table: each figure beside its aim, and what it is measured against in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_LIMIT = 600

Figures = dict[str, float]


def main() -> None:
    """Measure everything and print a line for each figure as it comes."""
    _line("engine", "measured", "aim", "")
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as folder:
        for name, measured, aim, good in _measured(Path(folder)):
            _line(name, measured, aim, "" if good is None else "met" if good else "missed")


def _line(name: str, measured: str, aim: str, verdict: str) -> None:
    sys.stdout.write(f"{name:44}{measured:>16}{aim:>14}  {verdict}".rstrip() + "\n")
    sys.stdout.flush()


def _measured(folder: Path) -> Iterator[tuple[str, str, str, bool | None]]:
    """Name, figure, aim and whether it is met (None: there is no aim) of each line."""

    def step(name: str) -> Figures:
        return _step(name, folder / name.replace(" ", "-"))

    plain, lease = step("plain huey")["rate"], step("lease")["rate"]
    yield "plain Huey no-op tasks", f"{plain:,.0f}/s", "", None
    yield "claim + settle", f"{lease:,.0f}/s", "", None
    yield "  x plain Huey", f"{lease / plain:.2f}", ">= 0.5", lease >= plain / 2
    yield from _waits("bell rung to claimed", step("bell"), 250)
    yield from _waits("due to claimed", step("due"), 1_500)
    yield from _small(step("small"), step("small floor"))
    fired = step("materialise")["seconds"]
    yield "10,000 schedules due at once", f"{fired:.2f} s", "<= 0.5 s", fired <= 0.5
    worst = step("takeover")["worst"]
    yield "worker killed to job claimed by another", f"{worst:,.0f} ms", "< 2,000 ms", worst < 2_000
    share = step("idle")["share"]
    yield "idle worker, of one core", f"{share:.2f} %", "<= 0.5 %", share <= 0.5
    doctor = step("doctor")["seconds"]
    yield "doctor ledger, 1,000,000 rows", f"{doctor:.1f} s", "<= 10 s", doctor <= 10


def _waits(name: str, figures: Figures, aim: int) -> Iterator[tuple[str, str, str, bool | None]]:
    yield f"{name}, p50", f"{figures['p50']:,.0f} ms", "", None
    yield f"{name}, p99", f"{figures['p99']:,.0f} ms", f"<= {aim:,} ms", figures["p99"] <= aim


def _small(figures: Figures, floor: Figures) -> Iterator[tuple[str, str, str, bool | None]]:
    rate = figures["rate"]
    yield "small durable jobs, end to end", f"{rate:,.0f}/s", ">= 250/s", rate >= 250
    yield "  floor: their commits and fsyncs alone", f"{floor['floor']:,.0f}/s", "", None
    counts = f"{floor['commits']:.0f} + {floor['fsyncs']:.0f}"
    yield "  commits + fsyncs a job", counts, "", None
    yield "  one fsync on this disk", f"{floor['sync']:.2f} ms", "", None
    yield "  statements a job", f"{floor['statements']:.0f}", "", None
    yield "  time a job", f"{figures['wall']:.1f} ms", "", None
    yield "  processor time a job", f"{figures['cpu']:.1f} ms", "", None


def _step(step: str, home: Path) -> Figures:
    """Run one measurement in a process of its own on a home that is not there yet."""
    command = [sys.executable, "-m", "scripts.benchmark.engine_steps", step, str(home)]
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=_LIMIT
    )
    if done.returncode != 0:
        sys.exit(f"error: the measurement {step} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures

"""The engine's table: each figure beside its aim, and what it is measured against in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
_LIMIT = 600

Figures = dict[str, float]


class Line(NamedTuple):
    """One figure: as measured, what it should be, whether it is, and what it stands beside in this run."""

    name: str
    measured: str
    aim: str = ""
    met: bool | None = None
    beside: str = ""


def main() -> None:
    """Measure everything and print a line for each figure as it comes."""
    print_line("engine", "measured", "aim", "", "beside")
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as folder:
        for line in _measured(Path(folder)):
            verdict = "" if line.met is None else "met" if line.met else "missed"
            print_line(line.name, line.measured, line.aim, verdict, line.beside)


def print_line(name: str, measured: str, aim: str, verdict: str, beside: str) -> None:
    """One line of a table."""
    sys.stdout.write(f"{name:40}{measured:>12}{aim:>13}  {verdict:8}{beside}".rstrip() + "\n")
    sys.stdout.flush()


def _measured(folder: Path) -> Iterator[Line]:
    def step(name: str) -> Figures:
        return _step(name, folder / name.replace(" ", "-"))

    yield from _lease(step("lease"))
    rung = step("bell")
    yield from _waits("bell rung to claimed", rung, 250, f"plain Huey, run: {rung['plain']:,.0f} ms")
    yield from _waits("due to claimed", step("due"), 1_500, "a ticker looks each second")
    yield from _small(step("small"), step("small floor"))
    fired = step("materialise")
    yield _most("10,000 schedules due at once", fired["seconds"], 0.5, f"raw rows: {fired['floor']:.2f} s")
    worst = step("takeover")["worst"]
    yield Line("worker killed to job claimed by another", f"{worst:,.0f} ms", "< 2,000 ms", worst < 2_000,
               "a ticker looks each second")  # fmt: skip
    idle = step("idle")
    yield Line("idle worker, of one core", f"{idle['share']:.2f} %", "<= 0.5 %", idle["share"] <= 0.5,
               f"plain Huey: {idle['plain']:.2f} %")  # fmt: skip
    doctor = step("doctor")
    beside = f"ledger and items joined once: {doctor['floor']:.2f} s"
    yield _most("doctor ledger, 1,000,000 rows", doctor["seconds"], 10, beside)


def _most(name: str, seconds: float, aim: float, beside: str) -> Line:
    return Line(name, f"{seconds:.2f} s", f"<= {aim:g} s", seconds <= aim, beside)


def _lease(figures: Figures) -> Iterator[Line]:
    ours, plain, sync = figures["rate"], figures["plain"], figures["sync"]
    yield Line("one fsync on this disk", f"{sync:.2f} ms")
    yield Line("plain Huey no-op tasks", f"{plain:,.0f}/s", beside=f"one fsync: {1e3 / sync:,.0f}/s")
    yield Line("claim + settle", f"{ours:,.0f}/s", beside="one of its two commits waits for the disk")
    yield Line("  x plain Huey", f"{ours / plain:.2f}", ">= 0.5", ours >= plain / 2)


def _waits(name: str, figures: Figures, aim: int, beside: str) -> Iterator[Line]:
    yield Line(f"{name}, p50", f"{figures['p50']:,.0f} ms")
    p99 = figures["p99"]
    yield Line(f"{name}, p99", f"{p99:,.0f} ms", f"<= {aim:,} ms", p99 <= aim, beside)


def _small(figures: Figures, floor: Figures) -> Iterator[Line]:
    rate = figures["rate"]
    counts = f"{floor['commits']:.0f} lasting commits + {floor['fsyncs']:.0f} fsyncs a job"
    beside = f"{counts}, one after another: {floor['floor']:,.0f}/s"
    yield Line("small durable jobs, end to end", f"{rate:,.0f}/s", ">= 250/s", rate >= 250, beside)
    yield Line("  one fsync on this disk", f"{floor['sync']:.2f} ms")
    yield Line("  statements a job", f"{floor['statements']:.0f}")
    yield Line("  time a job", f"{figures['wall']:.1f} ms")
    yield Line("  processor time a job", f"{figures['cpu']:.1f} ms")


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

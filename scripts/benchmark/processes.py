"""Real `waybill worker` processes, for as long as they are measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_LIMIT = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def worker(home: Path, *, faults: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A worker that has started; stopped, or at worst killed, at the end."""
    log = home / f"worker-{time.monotonic_ns()}.log"
    own = {"WAYBILL_HOME": str(home), "WAYBILL_FAULTS": faults, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", "from tui.cli import main; main()", "worker"]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, env=os.environ | own, cwd=PROJECT, stdout=out, stderr=out
        )
    try:
        until(lambda: "worker.started" in log.read_text() or process.poll() is not None)
        if process.poll() is not None:
            sys.exit(f"error: the worker ended:\n{log.read_text()}")
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(holds: Callable[[], object], seconds: float = _LIMIT) -> None:
    """Wait until this holds; ends the measurement when it takes too long."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"error: nothing happened for {seconds:.0f} s")
        time.sleep(0.005)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS  # proc(5): utime and stime

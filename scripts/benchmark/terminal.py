"""The terminal program: through a real pseudo-terminal of 80 by 24, on 1,000,000 jobs."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
JOBS = 1_000_000
_LIMIT = 30.0
_QUIET = 0.4  # seconds without a byte: what was drawn is drawn
_STYLE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The program on a terminal of its own, and the bytes it sends there."""

    def __init__(self, home: Path, *arguments: str, size: tuple[int, int] = (80, 24)) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        own = {
            "WAYBILL_HOME": str(home),
            "PYTHONPATH": str(PROJECT),
            "TERM": "xterm-256color",
            # As installed: compiled once, whatever this process was told, and not into the source tree.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(home.parent / "bytecode"),
        }
        self.began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", "from tui.cli import main; main()", *arguments],
            env=os.environ | own, cwd=PROJECT, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """What comes within that time, without waiting once something came."""
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._master, 1 << 16)
        except OSError:
            sys.exit("error: the terminal program ended")

    def until(self, wanted: bytes) -> tuple[float, bytes]:
        """Seconds since now, and all bytes, until a text stands on the screen."""
        began, seen = time.perf_counter(), b""
        while wanted not in _STYLE.sub(b"", seen):
            if time.perf_counter() - began > _LIMIT:
                sys.exit(f"error: {wanted!r} did not come; this did:\n{seen[-2000:]!r}")
            seen += self.read(1)
        return time.perf_counter() - began, seen

    def quiet(self) -> bytes:
        """All bytes until nothing comes any more."""
        seen = b""
        while part := self.read(_QUIET):
            seen += part
        return seen

    def press(self, key: bytes) -> tuple[float, bytes]:
        """Milliseconds from a key to the last byte of what it draws at once, and the bytes."""
        began, seen, last = time.perf_counter(), b"", 0.0
        os.write(self._master, key)
        while part := self.read(0.15 if seen else 5):
            seen += part
            last = time.perf_counter() - began
        return last * 1000, seen

    def memory(self) -> float:
        """MiB of resident memory of the process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def close(self) -> None:
        """End it as a closed window does."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._master)


def main() -> None:
    """Measure everything and print a line for each figure as it comes."""
    _line("terminal, 80x24", "measured", "aim", "")
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as folder:
        home = Path(folder) / "home"
        _prepare(home)
        for name, measured, aim, good in _measured(home):
            _line(name, measured, aim, "met" if good else "missed")


def _line(name: str, measured: str, aim: str, verdict: str) -> None:
    sys.stdout.write(f"{name:44}{measured:>16}{aim:>14}  {verdict}".rstrip() + "\n")
    sys.stdout.flush()


def _prepare(home: Path) -> None:
    command = [sys.executable, "-m", "scripts.benchmark.terminal_home", str(home), str(JOBS)]
    subprocess.run(command, cwd=PROJECT, check=True)  # noqa: S603 - ours


Figure = tuple[str, str, str, bool]


def _measured(home: Path) -> Iterator[Figure]:
    yield from _first_paint(home)
    terminal = Terminal(home, "open", "job")
    try:
        terminal.until(b"1,000,000")
        terminal.quiet()
        yield from _keys(terminal)
        idle = len(_for(terminal, 5))
        yield "bytes in 5 s of nothing", f"{idle:,}", "0", idle == 0
        yield from _changes(terminal, home)
        yield "resident memory", f"{terminal.memory():.0f} MiB", "<= 70 MiB", terminal.memory() <= 70
    finally:
        terminal.close()


def _first_paint(home: Path) -> Iterator[Figure]:
    """From the start of the process to the dashboard and to what it counts, once it is compiled."""
    _start(home)  # compiles
    frames, figures, sizes = zip(*(_start(home) for _ in range(5)), strict=True)
    frame, figure = median(frames), median(figures)
    yield "started to dashboard", f"{frame:,.0f} ms", "<= 500 ms", frame <= 500
    yield "  to the figures on it", f"{figure:,.0f} ms", "<= 500 ms", figure <= 500
    yield "  bytes till all of it stands", f"{max(sizes):,}", "<= 12,288", max(sizes) <= 12 * 1024


def _start(home: Path) -> tuple[float, float, int]:
    """Milliseconds to the dashboard's frame and to its figures, and bytes till it is quiet."""
    terminal = Terminal(home)
    try:
        _, frame = terminal.until(b"1DASH")
        at_frame = time.perf_counter()
        _, figures = terminal.until(f"{JOBS // 25:,}".encode())  # the failed ones
        at_figures = time.perf_counter()
        size = len(frame) + len(figures) + len(terminal.quiet())
    finally:
        terminal.close()
    return (at_frame - terminal.began) * 1000, (at_figures - terminal.began) * 1000, size


_KEYS = {"down": b"\x1b[B", "pagedown": b"\x1b[6~", "end": b"\x1b[F", "up": b"\x1b[A", "home": b"\x1b[H"}


def _keys(terminal: Terminal) -> Iterator[Figure]:
    for name, key in _KEYS.items():
        pressed = [terminal.press(key) for _ in range(1 if name in ("end", "home") else 15)]
        worst, size = max(each[0] for each in pressed), max(len(each[1]) for each in pressed)
        yield f"{name}: key to paint, worst ({size:,} bytes)", f"{worst:,.0f} ms", "<= 50 ms", worst <= 50


def _changes(terminal: Terminal, home: Path) -> Iterator[Figure]:
    """A row in sight changes each second."""
    sizes = []
    for number in range(5):
        command = [sys.executable, "-m", "scripts.benchmark.terminal_home", str(home), "change", str(number)]
        subprocess.run(command, cwd=PROJECT, check=True)  # noqa: S603 - ours
        sizes.append(len(_for(terminal, 2)))
    yield "bytes of a changed second, worst", f"{max(sizes):,}", "<= 1,024", 0 < max(sizes) <= 1024


def _for(terminal: Terminal, seconds: float) -> bytes:
    end, seen = time.perf_counter() + seconds, b""
    while (left := end - time.perf_counter()) > 0:
        seen += terminal.read(left)
    return seen

"""`scripts/bench [engine | formats [NAME ...] | terminal | SIZE ...]`, each figure by its own process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.benchmark import engine, formats, terminal

PROJECT = Path(__file__).resolve().parents[2]
SIZES = (1_000, 10_000, 100_000)
STEPS = ("import floor", "import CSV", "export floor", "export CSV", "export NACHA")


def main() -> None:
    """Print the table of sizes and that of the engine, or the one that was asked for."""
    words = sys.argv[1:]
    if words == ["terminal"]:
        terminal.main()
        return
    if words[:1] == ["formats"]:
        formats.main(words[1:])
        return
    if words != ["engine"]:
        _sizes([int(word.replace(",", "")) for word in words] or list(SIZES))
    if words in ([], ["engine"]):
        engine.main()
    if not words:
        formats.main([])
        terminal.main()


def _sizes(sizes: list[int]) -> None:
    """Measure every step at every size and print the table."""
    sys.stdout.write(
        f"{'':14}{'invoices':>10}{'seconds':>10}{'invoices/s':>12}{'x floor':>9}{'peak MiB':>10}\n"
    )
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as folder:
        for size in sizes:
            _measure(Path(folder), size)


def _measure(folder: Path, size: int) -> None:
    home = folder / f"home-{size}"
    _step("prepare", home, size)
    floors: dict[str, float] = {}
    for step in STEPS:
        # Each job finds all invoices pending: it works on a copy of the home as the import left it.
        at = home if step.startswith("import") else folder / "copy"
        if at != home:
            shutil.rmtree(at, ignore_errors=True)
            shutil.copytree(home, at)
        seconds, mebibytes = _step(step, at, size)
        kind = step.partition(" ")[0]
        floors.setdefault(kind, seconds)
        times = f"{seconds / floors[kind]:.1f}" if "floor" not in step else ""
        sys.stdout.write(
            f"{step:14}{size:>10,}{seconds:>10.2f}{size / seconds:>12,.0f}{times:>9}{mebibytes:>10.0f}\n"
        )
        sys.stdout.flush()


def _step(step: str, home: Path, size: int) -> tuple[float, float]:
    """Run one step in a process of its own; seconds it took and that process's peak memory in MiB."""
    command = [sys.executable, "-m", "scripts.benchmark.steps", step, str(home), str(size)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        sys.exit(f"error: the step {step} failed:\n{done.stderr}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["seconds"], answer["mebibytes"]


if __name__ == "__main__":
    main()

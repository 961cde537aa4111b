"""The formats' table: each `formats_NAME` of this folder measures one, in a process of its own."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

import scripts.benchmark
from scripts.benchmark.engine import Line, print_line

PROJECT = Path(__file__).resolve().parents[2]
_PREFIX = "formats_"
_LIMIT = 900


def main(names: list[str]) -> None:
    """Measure the formats of these names, or every one, and print a line for each figure."""
    print_line("formats", "measured", "aim", "", "beside")
    for name in names or measured():
        for line in _lines(name):
            verdict = "" if line.met is None else "met" if line.met else "missed"
            print_line(line.name, line.measured, line.aim, verdict, line.beside)


def measured() -> list[str]:
    """The formats that a module measures."""
    modules = pkgutil.iter_modules(scripts.benchmark.__path__)
    return sorted(each.name.removeprefix(_PREFIX) for each in modules if each.name.startswith(_PREFIX))


def _lines(name: str) -> list[Line]:
    command = [sys.executable, "-m", "scripts.benchmark.formats", name]
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=_LIMIT
    )
    if done.returncode != 0:
        sys.exit(f"error: the measurement of {name} failed:\n{done.stderr}")
    return [Line(*line) for line in json.loads(done.stdout.splitlines()[-1])]


if __name__ == "__main__":
    module = importlib.import_module(f"scripts.benchmark.{_PREFIX}{sys.argv[1]}")
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as made:
        sys.stdout.write(json.dumps(module.measure(Path(made))) + "\n")

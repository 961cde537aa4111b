"""Every fault point there is, found in the code itself: a new one is killed at without being told of here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("models", "worker")
_BY_PEOPLE = "repair."
"""How the points begin that no worker comes past: they are in what people do."""


class Point(NamedTuple):
    """One call of `fault_point`."""

    name: str
    place: str
    """File and line."""


def discover() -> list[Point]:
    """The points of the product, in the order of the files; raises `TypeError` for one named otherwise."""
    found: list[Point] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found += _in_file(path)
    return found


def names() -> list[str]:
    """Their names."""
    return [point.name for point in discover()]


def of_workers() -> list[str]:
    """The names of those that a worker passes."""
    return [name for name in names() if not name.startswith(_BY_PEOPLE)]


def _in_file(path: Path) -> list[Point]:
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault_point"
    ]
    return [_point(path, call) for call in sorted(calls, key=lambda call: call.lineno)]


def _point(path: Path, call: ast.Call) -> Point:
    place = f"{path.relative_to(ROOT)}:{call.lineno}"
    name = call.args[0] if len(call.args) == 1 else None
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        raise TypeError(f"{place}: a fault point is named by a literal, so that it can be found")
    return Point(name.value, place)

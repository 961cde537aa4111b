"""Each guard taken away in turn, in a copy of the tree: some test has to go red, or it is not proven."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.faults.points import ROOT

_COPIED = ("models", "worker", "tui", "tests", "scripts", "pyproject.toml")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::\S+|\S+)", re.MULTILINE)
_SECONDS = 300


class Edit(NamedTuple):
    """One place of the tree, said by its text; it has to be there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One guard, how it is taken away, and the tests of which one has to notice."""

    guard: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    only: str = ""
    """An expression for pytest's -k, so that the run is quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bite:
    """What became of one mutation."""

    guard: str
    red: tuple[str, ...]
    """The tests that went red: none means that it survived."""
    trouble: str = ""
    """Why it could not be tried."""


class PatchError(Exception):
    """The text that a mutation changes is not in the tree any more: say the mutation anew."""


def copy_tree(target: Path) -> None:
    """The tree without what the tools leave in it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "*.pyc")
    target.mkdir(parents=True)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored)
        else:
            shutil.copy(source, target / name)


def run_all(folder: Path, chosen: Sequence[Mutation]) -> Iterator[Bite]:
    """Take each guard away in turn; raises `PatchError` when the tests are red with all guards there."""
    tree = folder / "tree"
    copy_tree(tree)
    for unchanged in _selections(chosen):
        if red := _red(tree, unchanged):
            raise PatchError(f"with every guard in place these are red already: {', '.join(red)}")
    for mutation in chosen:
        try:
            yield Bite(guard=mutation.guard, red=_mutated(tree, mutation))
        except PatchError as error:
            yield Bite(guard=mutation.guard, red=(), trouble=str(error))


def _selections(chosen: Sequence[Mutation]) -> list[Mutation]:
    """All tests that will be asked, by file, with nothing taken away."""
    asked: dict[tuple[str, ...], list[str]] = {}
    for mutation in chosen:
        asked.setdefault(mutation.tests, []).append(f"({mutation.only})" if mutation.only else "")
    return [
        Mutation(guard="none", edits=(), tests=tests, only=" or ".join(only) if all(only) else "")
        for tests, only in asked.items()
    ]


def _mutated(tree: Path, mutation: Mutation) -> tuple[str, ...]:
    without = patched(tree, mutation)
    before = {name: (tree / name).read_text(encoding="utf-8") for name in without}
    try:
        for name, text in without.items():
            (tree / name).write_text(text, encoding="utf-8")
        return _red(tree, mutation)
    finally:
        for name, text in before.items():
            (tree / name).write_text(text, encoding="utf-8")


def patched(tree: Path, mutation: Mutation) -> dict[str, str]:
    """The files of the guard as they are without it, by name."""
    texts = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in mutation.edits}
    for file, old, new in mutation.edits:
        if (times := texts[file].count(old)) != 1:
            raise PatchError(f"{file} has {times} times: {old}")
        texts[file] = texts[file].replace(old, new)
    return texts


def _red(tree: Path, mutation: Mutation) -> tuple[str, ...]:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
    if mutation.only:
        command += ["-k", mutation.only]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode not in (0, 1):
        raise PatchError(f"{mutation.guard}: the tests could not be run\n{done.stdout}{done.stderr}")
    return tuple(name.rpartition("::")[2] for name in _FAILED.findall(done.stdout))

"""What `waybill ach check` says, finding by finding, as the file is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from tui.cli.ach.streaming import stream_list
from tui.cli.console import sentence, visible
from worker.ach.check import Finding, Sent, check


def check_all(paths: Sequence[Path], *, as_json: bool) -> bool:
    """Check files one after the other; whether anything was found."""
    sent: Sent = {}
    if as_json:
        found = ({"file": str(path), **asdict(one)} for path in paths for one in check(path, sent=sent))
        return stream_list(found) > 0
    return sum([_check_one(path, sent) for path in paths]) > 0


def _check_one(path: Path, sent: Sent) -> int:
    """Say what is found in one file; how much that is."""
    number = 0
    for found in check(path, sent=sent):
        number += 1
        for line in _lines(path, found):
            click.echo(line)
    click.echo(visible(f"{path}: {'no problem' if not number else _problems(number)} found"))
    return number


def _problems(number: int) -> str:
    return "1 problem" if number == 1 else f"{number:,} problems"


def _lines(path: Path, found: Finding) -> Iterator[str]:
    where = f"{found.field} ({found.start}-{found.end})" if found.field else "whole record"
    value = f" is {found.value!r}" if found.value else ""
    yield visible(f"{path.name}:{found.record}: {found.severity}: {where}{value} [{found.code}]")
    yield f"    {sentence(found.rule if not found.field else f'it {found.rule}', found.remedy)}."

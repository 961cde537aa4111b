"""`waybill doctor`: everything that could be wrong, checked, each with its remedy."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from models.doctor import archive, exports, installation, ledger
from models.doctor.finding import Finding, Level
from models.doctor.ledger import Standing
from tui.cli.console import Session, Verbs, entity_filter, in_session, open_session, visible

_MARKS = {Level.OK: "+", Level.WARNING: "!", Level.BROKEN: "x"}
_EVERY = 100  # files between two words of progress


@click.group("doctor", cls=Verbs, invoke_without_command=True)
@entity_filter
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
@click.pass_context
def command(context: click.Context, entity_name: str | None, as_json: bool) -> None:
    """Everything that could be wrong, checked, each with its remedy; exits 1 when something is broken.

    It only reads. The whole ledger and the archive: waybill doctor ledger.
    """
    if context.invoked_subcommand is not None:
        return
    with open_session(as_json=as_json) as session:
        entity = session.entity(entity_name) if entity_name is not None else None
        found = [
            *installation.examine(),
            *exports.examine(session.actor, entity),
            *ledger.examine(session.actor, entity, quick=True),
        ]
        _answer(session, found, [])


@command.command("ledger")
@entity_filter
@click.option("--files/--no-files", default=True, help="Whether to look at the archive too.")
@click.option("--quick", is_flag=True, help="Compare the sizes of files only, not their content.")
@in_session
def examine_ledger(session: Session, entity_name: str | None, files: bool, quick: bool) -> None:
    """Prove that the ledger adds up: each invoice in one state, each state true, each file as it left.

    Exits 0 when it does and 1 when it does not.
    """
    entity = session.entity(entity_name) if entity_name is not None else None
    found = ledger.examine(session.actor, entity)
    if files:
        progress = _progress if sys.stderr.isatty() and not session.as_json else None
        found.append(archive.examine(session.actor, entity, hashes=not quick, progress=progress))
        found.append(archive.unfinished(session.actor, entity))
    _answer(session, found, ledger.standing(session.actor, entity))


def _progress(looked: int, amount: int) -> None:
    if looked % _EVERY == 0:
        click.echo(f"\r{looked:,} files, {amount / 1e6:,.0f} MB", nl=False, err=True)


def _answer(session: Session, found: Sequence[Finding], standing: Sequence[Standing]) -> None:
    broken = [finding for finding in found if finding.level is Level.BROKEN]
    item = {
        "ok": not broken,
        "checks": [_as_item(finding) for finding in found],
        "invoices": [row._asdict() for row in standing],
    }
    lines = [*_standing_lines(standing), *_lines(found), _verdict(found, broken)]
    session.answer(item, "\n".join(map(visible, lines)))
    if broken:
        click.get_current_context().exit(1)


def _as_item(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "what": finding.what,
        "level": finding.level,
        "count": finding.count,
        "first": list(finding.first),
        "remedy": finding.remedy or None,
    }


def _standing_lines(standing: Sequence[Standing]) -> Iterator[str]:
    for row in standing:
        yield f"{row.destination}  {row.state.replace('_', ' ')}: {row.invoices:,}"
    if standing:
        yield ""


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    """What is fine in a line each; what is not with its first offenders and what to do."""
    for finding in found:
        if finding.level is Level.OK:
            yield f"+ {finding.what}"
            continue
        yield f"{_MARKS[finding.level]} {finding.level}: not so that {finding.what}: {finding.count:,}"
        yield from (f"    {line}" for line in finding.first)
        if finding.count > len(finding.first):
            yield f"    and {finding.count - len(finding.first):,} more"
        yield f"    to do: {finding.remedy}"


def _verdict(found: Sequence[Finding], broken: Sequence[Finding]) -> str:
    warned = sum(finding.level is Level.WARNING for finding in found)
    warnings = f", {warned} to look at" if warned else ""
    if broken:
        return f"broken: {', '.join(finding.name for finding in broken)}{warnings}"
    return f"ok: {len(found)} checks{warnings}"

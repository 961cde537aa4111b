"""`waybill invoice render`: one invoice in any format, as it would leave."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from models import invoices, mappings
from models.errors import Conflict, InvalidInput
from models.problems import Problem
from tui.cli.console import Session, entity_option, in_session, pairs, sentence

_LEFT_OUT: Final = 10
"""How much of what a format leaves out is said at a terminal."""


@click.command("render")
@click.argument("number", metavar="ID")
@click.option(
    "--format", "key", required=True, metavar="NAME", help="The file type; see: waybill format list"
)
@click.option("--mapping", metavar="NAME", help="Its columns: a saved mapping; else the schedule's.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A new file for it.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting, for this time.")
@entity_option
@in_session
def render_invoice(
    session: Session,
    number: str,
    key: str,
    mapping: str | None,
    out: Path | None,
    given: tuple[str, ...],
    entity_name: str | None,
) -> None:
    """Write one invoice (by number or id) as a file, exactly as it would leave; nothing is exported or kept.

    With the settings of the facility that serves it. Where it would not leave, everything against it is said
    and the exit code is 1.

    \b
    For example:
      waybill invoice render A-1 --format json
      waybill invoice render A-1 --format csv --out a-1.csv
    """
    from worker.one_invoice import write

    entity = session.entity(entity_name)
    mapping_id = None if mapping is None else mappings.find(entity, mapping).id
    one = write(session.actor, invoices.find(entity, number), key, pairs(given), mapping_id)
    if out is not None and not one.findings:
        _save(out, one.data)
    for finding in one.findings:
        click.echo(_line(finding), err=True)
    _tell_left_out(one.not_carried)
    if one.placeholders and not one.findings:
        click.echo(f"note: {one.placeholders}", err=True)
    if session.as_json:
        session.answer(_as_item(one, out), "")
    elif out is None and not one.findings:
        _print(one.data, key)
    if one.findings:
        raise click.exceptions.Exit(1)


def _tell_left_out(phrases: Sequence[str]) -> None:
    """The first of them, for a source can have hundreds of elements without a term; --json has all."""
    for phrase in phrases[:_LEFT_OUT]:
        click.echo(f"note: not carried: {phrase}", err=True)
    if len(phrases) > _LEFT_OUT:
        click.echo(f"note: not carried: {len(phrases) - _LEFT_OUT:,} more; --json lists all", err=True)


def _save(out: Path, data: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise Conflict(f"{out} is there already", remedy="name a new file") from error


def _print(data: bytes, key: str) -> None:
    if sys.stdout.isatty() and _text(data) is None:
        raise InvalidInput(
            f"a {key} file is no text for a terminal",
            remedy="save it: --out FILE",
            code="binary_to_terminal",
        )
    sys.stdout.buffer.write(data)


def _text(data: bytes) -> str | None:
    """The file as text; None where it is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or "\x1b" in text else text


def _line(finding: Problem) -> str:
    where = " ".join(part for part in (finding.code, finding.term) if part)
    return sentence(f"error: {where}: {finding.reason}", finding.remedy)


def _as_item(one: Any, out: Path | None) -> dict[str, Any]:
    text = _text(one.data)
    content = (
        {"content": text} if text is not None else {"content_base64": base64.b64encode(one.data).decode()}
    )
    written: dict[str, Any] = {"size": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
    written |= {"path": str(out)} if out is not None else content
    return {
        "format": one.format,
        "name": one.name,
        "facility": one.facility or None,
        "findings": [
            {name: getattr(finding, name) for name in ("code", "term", "value", "reason", "remedy")}
            for finding in one.findings
        ],
        "not_carried": list(one.not_carried),
        "placeholders": one.placeholders,
        "file": None if one.findings else written,
    }

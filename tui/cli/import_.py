"""`waybill import`: invoices in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models import mapping_check
from models.entities import LegalEntity
from models.invoices import Direction
from tui.cli.console import Session, entity_option, in_session, sentence, to_json, visible

if TYPE_CHECKING:
    from worker.importing import Report

_SHOWN = 50

direction_type = click.Choice([direction.value for direction in Direction])


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@entity_option
@click.option("--direction", type=direction_type, help="When the documents do not tell.")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that says what CSV columns mean.")
@in_session
def command(
    session: Session,
    paths: tuple[Path, ...],
    entity_name: str | None,
    direction: str | None,
    mapping: Path | None,
) -> None:
    """Take in invoices and credit notes: UBL 2.1, CSV or JSON files, and folders of them.

    A document that is known already changes nothing. What cannot be taken is named with its place and
    what to do; the rest goes in. Exit code 1 when anything was refused.
    """
    from worker import importing
    from worker.sources.mapping import ImportMapping

    entity = session.entity(entity_name)
    loaded = None if mapping is None else ImportMapping.load(mapping)
    show = sys.stderr.isatty() and not session.as_json
    report = importing.run(
        session.actor,
        entity,
        paths,
        direction=None if direction is None else Direction(direction),
        mapping=loaded,
        progress=lambda count: click.echo(f"\r{count:,} documents …", nl=False, err=True) if show else None,
    )
    if show:
        click.echo("\r", nl=False, err=True)
    if session.as_json:
        click.echo(to_json(report.as_dict()))
    else:
        _show(entity, report)
    new = report.imported + report.updated
    for lost in mapping_check.vanished(entity, newest=new) if new else ():
        if lost.users:  # what nothing writes with can wait for `mapping check`
            session.warn(lost.told)
    if report.refused:
        click.get_current_context().exit(1)


def _show(entity: LegalEntity, report: Report) -> None:
    """What was refused on stderr, the rest on stdout; of very many only the first."""
    for refusal in report.refused[:_SHOWN]:
        place = f":{refusal.line}" if refusal.line else f" {refusal.xpath}" if refusal.xpath else ""
        told = sentence(f"refused: {refusal.path}{place}: {refusal.message}", refusal.remedy)
        click.echo(told, err=True)
    if len(report.refused) > _SHOWN:
        click.echo(f"… and {len(report.refused) - _SHOWN} more; --json lists all", err=True)
    for number, version in report.versions:
        click.echo(visible(f"updated: {number}, now version {version}"))
    if report.updated > len(report.versions):
        click.echo(f"… and {report.updated - len(report.versions)} more")
    click.echo(
        f"{entity.name}: {report.imported} imported, {report.updated} updated, "
        f"{report.unchanged} unchanged, {len(report.refused)} refused"
    )

"""`waybill ach`: ACH files of any bank shown and checked, and what comes back of our own."""

from __future__ import annotations

from pathlib import Path

import click

from models.repairs import reverse
from models.repairs.plan import Kind
from tui.cli.console import ROW_ID, Session, Verbs, entity_filter, in_session, yes_option
from tui.repairs import Consent, carry_out, repair_options

a_file = click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
full_option = click.option(
    "--full", is_flag=True, help="Account numbers in full; for Finance and Administrators."
)


@click.group("ach", cls=Verbs)
def command() -> None:
    """ACH files: any bank's are shown and checked; returns and changes are matched to what was paid."""


@command.command("show")
@a_file
@full_option
@in_session
def show_file(session: Session, path: Path, full: bool) -> None:
    """An ACH file as a table: batches, entries, what they pay, totals. Account numbers are masked."""
    from tui.cli.ach import opening, showing

    opening.permit(session, path, full=full)
    showing.show(path, as_json=session.as_json, full=full)


@command.command("check")
@click.argument(
    "paths",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@in_session
def check_files(session: Session, paths: tuple[Path, ...]) -> None:
    """Every problem of ACH files by the Nacha rules, and what to do. Exits 1 when there is any."""
    from tui.cli.ach import checking, opening

    for path in paths:
        opening.permit(session, path)
    if checking.check_all(paths, as_json=session.as_json):
        raise click.exceptions.Exit(1)


@command.command("returns")
@a_file
@entity_filter
@click.option("--dry-run", is_flag=True, help="Show what would be recorded and do nothing.")
@yes_option
@in_session
def record_returns(session: Session, path: Path, entity_name: str | None, dry_run: bool, yes: bool) -> None:
    """Match a bank's returns and changes to what was paid, and record them.

    A return puts its invoices on hold; a change becomes a proposed account: waybill party show. Exits 1 when
    one belongs to no entry of ours.
    """
    from tui.cli.ach import opening, returning
    from worker.ach import returns

    opening.permit(session, path)
    entity_id = session.entity(entity_name).id if entity_name is not None else None
    returning.carry_out(session, returns.plan(session.actor, path, entity_id), dry_run=dry_run, yes=yes)


@command.command("reverse")
@click.argument("file_id", metavar="FILE_ID", type=ROW_ID)
@click.option(
    "--entry", "wanted", multiple=True, help="Only this payment: its trace number, or an invoice's."
)
@repair_options
@in_session
def reverse_file(session: Session, file_id: int, wanted: tuple[str, ...], consent: Consent) -> None:
    """Take payments of an ACH file of ours back, within five banking days, by a file and a job of its own.

    Their invoices are on hold from then on; waybill file list has the ID.
    """
    from worker.ach import reversal

    carry_out(
        session,
        Kind.REVERSE,
        lambda: reversal.plan(session.actor, file_id, wanted),
        reverse.apply,
        "Take {} back?",
        consent,
    )

"""`waybill open`: the terminal program, at one thing."""

from __future__ import annotations

import click

from tui.cli import console


@click.command("open")
@click.argument("link", required=False, default="")
@click.option("--plain", is_flag=True, help="ASCII frames: for slow or old terminals.")
def command(link: str, *, plain: bool) -> None:
    """Open the terminal program at LINK: job/1041, schedule, …; without one, where it begins."""
    console.run_terminal_program(link, plain=plain)

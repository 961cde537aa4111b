"""`waybill web`: the terminal program in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.console import to_json

if TYPE_CHECKING:
    from worker.servers.web.service import Listening


@click.command("web")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON document.")
def command(as_json: bool) -> None:
    """Serve the terminal program to browsers until stopped.

    It listens on this machine only (web.port in waybill.toml; 0 takes a free one), and wants a token: see
    `waybill token create`. For other machines put a reverse proxy before it, and set web.behind_proxy.
    """
    from worker import logs
    from worker.opening import open_home
    from worker.servers.web.service import serve

    def announce(listening: Listening) -> None:
        click.echo(_as_json(listening) if as_json else _as_text(listening))

    logs.to_stderr("web")
    serve(open_home(), announce=announce)


def _as_json(listening: Listening) -> str:
    return to_json({"url": listening.url, "host": listening.host, "port": listening.port})


def _as_text(listening: Listening) -> str:
    way = "the reverse proxy says who comes" if listening.behind_proxy else "log in with a token"
    return f"listening on {listening.url}\n{way}"

"""`waybill sftp`: the server that pickup folders are fetched from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.console import to_json

if TYPE_CHECKING:
    from worker.servers.service import Listening


@click.command("sftp")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one JSON document.")
def command(as_json: bool) -> None:
    """Serve the pickup folders over SFTP until stopped.

    The first line says where it listens. sftp.host and sftp.port in waybill.toml choose the address:
    127.0.0.1 is this machine only, 0.0.0.0 lets other machines fetch; port 0 takes a free one.
    """
    from worker import logs
    from worker.opening import open_home
    from worker.servers.service import serve

    def announce(listening: Listening) -> None:
        click.echo(_as_json(listening) if as_json else _as_text(listening))

    logs.to_stderr("sftp")
    serve(open_home(), announce=announce)


def _as_json(listening: Listening) -> str:
    return to_json(
        {"host": listening.host, "port": listening.port, "host_keys": list(listening.fingerprints)}
    )


def _as_text(listening: Listening) -> str:
    keys = [f"host key {key}" for key in listening.host_keys]
    return "\n".join([f"listening on {listening.host} port {listening.port}", *keys])

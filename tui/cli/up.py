"""`waybill up`: all services in one foreground process tree."""

from __future__ import annotations

import click

from models import installation


@click.command("up")
def command() -> None:
    """Run the worker and the SFTP server together, until stopped with Ctrl-C.

    With web.enabled in waybill.toml, the web server too.

    For a first look or a small site; in production run each as a service of its own.
    """
    installation.open_home()
    from worker import logs, up

    logs.to_stderr("up")
    up.run()

"""`waybill worker`: the unattended service that runs exports and sends mail."""

from __future__ import annotations

import click

from models import installation


@click.command("worker")
def command() -> None:
    """Run due exports and send notices, until stopped (SIGTERM finishes the running job)."""
    installation.open_home()
    from worker import logs, service

    logs.to_stderr("worker")
    service.run()

"""`waybill worker`: the unattended service that runs exports and sends mail."""

from __future__ import annotations

import click


@click.command("worker")
def command() -> None:
    """Run due exports and send notices, until stopped (SIGTERM finishes the running job)."""
    from worker import logs
    from worker.opening import open_home

    logs.to_stderr("worker")
    open_home()
    from worker import service  # which makes the queue that the settings name

    service.run()

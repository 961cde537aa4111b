"""How a service opens its installation: a database server that is not there yet is waited for."""

from __future__ import annotations

import logging
import time

from peewee import OperationalError

from models import installation
from models.database import is_postgresql
from models.settings import Settings

log = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds; less than a supervisor allows a service to start in (systemd: 90)."""
_PAUSE = 1.0


def open_home(*, patience: float = _PATIENCE) -> Settings:
    """Open the installation of a service.

    Raises what `installation.open_home` does, and peewee's `OperationalError` for a PostgreSQL server that
    stays away, or lets nobody in: a wrong password looks the same from here.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return installation.open_home()
        except OperationalError as error:
            if not is_postgresql() or time.monotonic() > until:
                raise
            log.warning("database.unreachable %s; trying again", str(error).partition("\n")[0])
            time.sleep(_PAUSE)

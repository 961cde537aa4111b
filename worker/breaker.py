"""The circuit breaker around whatever a worker does with a gateway."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from models import breakers
from models.breakers import BreakerState
from models.errors import DeliveryError

log = logging.getLogger(__name__)

CONNECTION_CODES = frozenset({"unreachable", "connection_lost"})
"""What says that the other side could not be reached; everything else says that it was."""


class BreakerOpen(DeliveryError):
    """The gateway failed so often that it is left alone for a while; nobody tried this time."""

    code = "breaker_open"

    def __init__(self, gateway: str, until: datetime) -> None:
        super().__init__(
            f"the gateway {gateway} could not be reached several times in a row and is left alone until "
            f"{until:%H:%M:%S} UTC",
            remedy="the job waits by itself; to try now: waybill facility test",
            retryable=True,
        )
        self.until = until


@contextmanager
def passing(facility_id: int, gateway: str) -> Iterator[None]:
    """Raise `BreakerOpen` without trying, or try, and remember how it went."""
    until = breakers.wait_until(facility_id, gateway)
    if until is not None:
        raise BreakerOpen(gateway, until)
    with watching(facility_id, gateway):
        yield


@contextmanager
def watching(facility_id: int, gateway: str) -> Iterator[None]:
    """Remember how it went."""
    try:
        yield
    except DeliveryError as error:
        if error.code in CONNECTION_CODES:
            _failed(facility_id, gateway, error.message)
        else:
            breakers.succeeded(facility_id, gateway)
        raise
    breakers.succeeded(facility_id, gateway)


def _failed(facility_id: int, gateway: str, reason: str) -> None:
    if breakers.failed(facility_id, gateway, reason) == BreakerState.OPEN:
        log.warning("breaker.open facility=%s gateway=%s: %s", facility_id, gateway, reason)

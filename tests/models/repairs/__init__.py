"""Tests of the repairs; the two that most tests need, done at once."""

from __future__ import annotations

from models.destinations import Destination
from models.people import WAYBILL
from models.repairs import mark, revert
from models.repairs.ledger import Choice
from models.repairs.plan import Result


def reverted(destination: Destination, *numbers: str, reason: str = "send it again") -> Result:
    """The invoices pending again."""
    return revert.apply(WAYBILL, revert.plan(WAYBILL, destination, Choice(numbers=numbers)), reason)


def marked(destination: Destination, *numbers: str, reason: str = "it is there") -> Result:
    """The invoices counted as exported."""
    return mark.apply(WAYBILL, mark.plan(WAYBILL, destination, Choice(numbers=numbers)), reason)

"""Chosen invoices one by one, as they stand for the facility's destination: pages by key, by invoice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from models.database import execute
from models.facilities import Facility
from models.fields import amount_text, from_millis
from models.manual.choice import Choice, Standing, statement
from models.paging import Seek


class ChosenInvoice(NamedTuple):
    """One chosen invoice and where it stands."""

    invoice_id: int
    number: str
    document_type: str
    party: str
    issue_date: str
    currency: str
    payable: int
    standing: Standing
    route: str
    reason: str
    job_id: int | None
    since: datetime | None
    """Since when it stands so; None when it does not belong to the destination."""

    @property
    def amount(self) -> str:
        """The amount due as text, a credit note's below zero."""
        sign = -1 if self.document_type == "credit_note" else 1
        return amount_text(sign * self.payable, self.currency)


_COLUMNS = """
i.id, i.number, i.document_type, p.name AS party, i.issue_date, i.currency, i.payable,
COALESCE(l.reason, '') AS reason, l.job_id, l.changed_at
"""
_PAGE = """
SELECT id, number, document_type, party, issue_date, currency, payable, standing, route, reason, job_id,
       changed_at
FROM ({chosen}) x WHERE standing IN ({standings}) AND {beyond} ORDER BY {order} LIMIT ?
"""


def paged(
    facility: Facility, choice: Choice, standings: Collection[Standing], seek: Seek
) -> list[ChosenInvoice]:
    """The chosen invoices that stand so and that `seek` names, in the order in which they came.

    Of all there are, those exported already are not listed: choose by customer or date.
    """
    text, values = page_statement(facility, choice, standings, seek)
    return seek.in_order([_row(*row) for row in execute(text, values)])


def page_statement(
    facility: Facility, choice: Choice, standings: Collection[Standing], seek: Seek
) -> tuple[str, list[object]]:
    """The statement of one page and its parameters."""
    chosen, values = statement(facility, choice, _COLUMNS)
    beyond, order, keys = seek.sql("id")
    names = ", ".join(sorted(f"'{standing}'" for standing in standings))
    text = _PAGE.format(chosen=chosen, standings=names, beyond=beyond, order=order)
    return text, [*values, *keys, seek.limit]


def _row(*row: object) -> ChosenInvoice:
    found = ChosenInvoice._make(row)
    since = from_millis(row[-1]) if isinstance(row[-1], int) else None
    return found._replace(standing=Standing(found.standing), since=since)

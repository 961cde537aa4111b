"""Mappings, a schedule that uses one, and invoices with content that wait: what the mapping screens show."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from models import mappings, schedules
from models.intake import Intake, Origin
from models.invoices import Direction
from models.jobs import Output, Route
from models.mappings import Mapping
from models.people import WAYBILL, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from tests.tui.screen_kit import Desk

LEDGER: dict[str, Any] = {
    "delimiter": ";",
    "columns": [
        "number",
        {"header": "Supplier", "source": "party.name"},
        {"header": "Amount", "source": "totals.payable", "sign": "signed"},
        {"header": "Kind", "constant": "BILL"},
    ],
}
MONTHLY = Recurrence(kind=Frequency.DAILY, start_date=date(2026, 11, 1), at=time(4, 15))


def add_mappings(desk: Desk) -> Mapping:
    """One in its second version that an active schedule uses, and one that nothing uses; the first."""
    entity = desk.site.entity
    ledger = mappings.create(WAYBILL, entity, "Ledger", LEDGER | {"columns": LEDGER["columns"][:3]})
    mappings.edit(WAYBILL, ledger, LEDGER)
    mappings.create(WAYBILL, entity, "Short", {"columns": ["number", "totals.payable"]})
    finance = desk.site.add_user("ledger@example.com", Role.FINANCE)
    outputs = {Route.OTHER: Output(format="csv", mapping_id=ledger.id)}
    said = Instruction(name="To the ledger", on_behalf_of=finance.id, recurrence=MONTHLY, outputs=outputs)
    schedules.create(WAYBILL, desk.site.facility, said)
    return ledger


def add_documents(desk: Desk) -> None:
    """Three payable invoices with content, pending."""
    intake = Intake(WAYBILL, desk.site.entity, Direction.PAYABLE)
    for number, payable, supplier in (
        ("B-1001", "1250.00", "Blue Ltd"),
        ("B-1002", "99.95", "Blue Ltd"),
        ("N-77", "18400.50", "Northern Lights A/S"),
    ):
        content = {
            "document_type": "invoice",
            "number": number,
            "issue_date": "2026-11-01",
            "due_date": "2026-12-01",
            "currency": "EUR",
            "party": {"name": supplier},
            "totals": {"payable": payable},
        }
        taken = intake.take([(content, Origin("test"))])
        assert not taken.refused, taken.refused

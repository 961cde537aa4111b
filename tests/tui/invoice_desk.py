"""A home whose invoices came in as documents and left by real export jobs, and the program on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import time_machine

from models import entities, installation, invoices, people, settings
from models.audit import WAYBILL, Actor
from models.database import connection, execute
from models.entities import LegalEntity
from models.intake import Intake, Origin
from models.invoices import Direction, Invoice
from models.people import Role
from tests.tui.screen_kit import BEGIN, Desk
from tests.worker.export_site import Site, make_site
from tui.app import WaybillApp
from worker import export

LINES = [
    {
        "id": "1",
        "quantity": "2",
        "price": "40.00",
        "net": "80.00",
        "item": {"name": "Cement, 25 kg"},
    }
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDesk(Desk):
    """With the site whose invoices these are."""

    exports: Site

    def ledger_of(self, number: str) -> str:
        """Where an invoice stands now."""
        with connection():
            return self.exports.ledger()[number]

    def invoice(self, number: str) -> Invoice:
        """One of them."""
        with connection():
            return invoices.find(self.exports.entity, number)

    def as_user(self, *roles: Role) -> InvoiceDesk:
        """The same seat for somebody with only these roles."""
        user = people.create(WAYBILL, "other@example.com")
        for role in roles:
            people.grant(WAYBILL, user, role, self.exports.entity.id)
        actor = Actor(user_id=user.id, name=user.email)
        return InvoiceDesk(home=self.home, site=self.site, actor=actor, exports=self.exports)


@contextmanager
def at_invoice_desk(home: Path) -> Iterator[InvoiceDesk]:
    """A-1 was exported and changed since, A-2 was exported, B-1 waits, B-2 cannot be paid, B-3 is a draft."""
    with time_machine.travel(BEGIN, tick=False):
        installation.create(home, email="anna@example.com")
        settings.use(settings.load(home))
        with connection():
            site = make_site("Acme Nordic")
            people.grant(WAYBILL, people.find("anna@example.com"), Role.FINANCE, None)
            _fill(site)
            actor = Actor(user_id=1, name="anna@example.com")
            yield InvoiceDesk(home=home, site=None, actor=actor, exports=site)  # type: ignore[arg-type]


def _fill(site: Site) -> None:
    site.invoice("A-1", "100.00", lines=LINES, order_reference="PO-7")
    site.invoice("A-2", "250.00")
    assert export.run(site.job().id) == "completed"
    site.invoice("A-1", "110.00", lines=LINES, order_reference="PO-8")
    site.invoice("B-1", "99.95", vendor="Red Ltd", issue_date="2026-10-15")
    site.invoice("B-2", "12.30", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    execute("UPDATE bank_account SET routing = '076401252'")
    site.invoice("B-3", "7.00")
    draft = invoices.find(site.entity, "B-3").id
    execute("UPDATE invoice SET status = 'draft' WHERE id = ?", (draft,))
    execute("DELETE FROM export_ledger WHERE invoice_id = ?", (draft,))


def second_entity(name: str = "Acme South") -> LegalEntity:
    """Another legal entity with one invoice."""
    entity = entities.create(WAYBILL, name)
    take_receivable(entity, "S-1")
    return entity


def take_receivable(entity: LegalEntity, number: str) -> None:
    """One invoice that the entity is owed."""
    document = {
        "document_type": "invoice",
        "number": number,
        "issue_date": "2026-11-01",
        "currency": "EUR",
        "party": {"name": "Green Ltd"},
        "totals": {"payable": "5.00"},
    }
    taken = Intake(WAYBILL, entity, Direction.RECEIVABLE).take([(document, Origin("test"))])
    assert not taken.refused, taken.refused


def app_of(pilot: Any) -> WaybillApp:
    """The program."""
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app

"""A legal entity with vendors, invoices and an active facility, to run whole export jobs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from models import destinations, entities, facilities, jobs, parties, people, settings
from models.audit import WAYBILL
from models.database import execute
from models.destinations import Destination
from models.entities import LegalEntity
from models.facilities import Facility
from models.intake import Intake, Origin
from models.invoices import Direction
from models.jobs import Job, Output, Route, Trigger
from models.parties import Party, PaymentMethod
from models.people import Role, User
from worker.gateways.pickup import folder_of

BANK = {
    "nacha.immediate_destination": "076401251",
    "nacha.immediate_origin": "1234567890",
    "nacha.company_name": "ACME INC",
    "nacha.company_id": "1234567890",
    "nacha.odfi": "07640125",
}
AS_OF = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BOTH = {Route.ACH: Output(format="nacha"), Route.OTHER: Output(format="csv")}

_requests = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The entity and what exports its payable invoices."""

    entity: LegalEntity
    destination: Destination
    facility: Facility
    finance: User
    intake: Intake

    def invoice(
        self, number: str, payable: str = "100.00", *, vendor: str = "Blue Ltd", **fields: Any
    ) -> None:
        """One document in; `fields` override its content."""
        content = {
            "document_type": "invoice",
            "number": number,
            "issue_date": "2026-11-01",
            "due_date": "2026-12-01",
            "currency": "USD",
            "party": {"name": vendor},
            "totals": {"payable": payable},
        }
        taken = self.intake.take([(content | fields, Origin("test"))])
        assert not taken.refused, taken.refused

    def vendor(self, name: str) -> Party:
        """The party of that name."""
        return parties.find(self.entity, name)

    def pay_by_ach(self, name: str, *, routing: str = "076401251", number: str = "12345678") -> None:
        """Give a vendor an account and pay it by ACH."""
        party = self.vendor(name)
        parties.add_bank_account(WAYBILL, party, routing=routing, number=number, name=name.upper()[:22])
        parties.edit(WAYBILL, party, payment_method=PaymentMethod.ACH)

    def job(self, outputs: dict[Route, Output] | None = None, *, as_of: datetime = AS_OF) -> Job:
        """A pending job of this facility."""
        job = jobs.insert(
            self.facility,
            outputs=outputs or BOTH,
            on_behalf_of=self.finance.id,
            as_of=as_of,
            trigger=Trigger.REQUEST,
            request_id=f"test-{next(_requests)}",
        )
        assert job is not None
        return job

    def ledger(self) -> dict[str, str]:
        """Invoice number → ledger state."""
        sql = (
            "SELECT i.number, l.state FROM export_ledger l JOIN invoice i ON i.id = l.invoice_id"
            " WHERE l.destination_id = ?"
        )
        return dict(execute(sql, (self.destination.id,)).fetchall())

    @property
    def folder(self) -> Path:
        """The entity's pickup folder."""
        return folder_of(self.entity)

    def published(self) -> dict[str, bytes]:
        """Every file of the pickup folder, by its path within."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


def make_site(name: str = "Acme Inc", **facility_settings: object) -> Site:
    """An entity with an active facility for its payable invoices, and nobody's invoices yet."""
    entity = entities.create(WAYBILL, name)
    finance = people.create(WAYBILL, f"finance@{entity.folder}.example")
    people.grant(WAYBILL, finance, Role.FINANCE, entity.id)
    destination = destinations.find(entity, "payable")
    facility = facilities.create(WAYBILL, entity, "Bank files", destination, BANK | facility_settings)
    facilities.activate(WAYBILL, facility)
    return Site(
        entity=entity,
        destination=destination,
        facility=Facility.get_by_id(facility.id),
        finance=finance,
        intake=Intake(WAYBILL, entity, Direction.PAYABLE),
    )


def staged() -> list[Path]:
    """What waits in staging."""
    return list(settings.current().staging.glob("delivery-*"))

"""Jobs that ended one way or another, made through the doors the worker uses; only invoices are bulk rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from models import clock, destinations, entities, facilities, people, settings
from models.database import execute, executemany, transaction
from models.destinations import Destination
from models.entities import LegalEntity
from models.facilities import Facility
from models.fields import to_millis
from models.files import DeliveryState, begin_delivery, record_rendered, reserve, set_delivery
from models.invoices import Direction
from models.jobs import Claim, Job, Output, Route, Trigger, claim, collecting, insert, items, settling
from models.parties import Party
from models.people import WAYBILL, Role, User
from models.problems import Problem
from models.settings import Mail

CANNOT_WRITE = Problem(
    code="pickup_unwritable",
    reason="the pickup folder acme cannot be written: permission denied",
    remedy="let the service account write to it",
)
BAD_ACCOUNT = Problem(
    code="bad_check_digit",
    reason="the bank account of Blue Ltd cannot be paid: 021000022 fails its check digit",
    remedy="add the right account: waybill party bank-account PARTY …",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An entity with one facility that serves its payable invoices."""

    entity: LegalEntity
    facility: Facility
    destination: Destination
    party: Party

    def add_invoices(self, count: int) -> list[int]:
        """Ready invoices, pending for the destination, as bulk rows; their ids."""
        with transaction():
            executemany(_INVOICE, [self._invoice(uuid4().hex) for _ in range(count)])
            destinations.open_rows_of_new_invoices(self.entity.id, 0)
        return _pending(self.destination)

    def add_user(self, email: str, *roles: Role, everywhere: bool = False, active: bool = True) -> User:
        """A user with these roles for this entity, or for all."""
        user = people.create(WAYBILL, email)
        for role in roles:
            people.grant(WAYBILL, user, role, None if everywhere else self.entity.id)
        return user if active else people.edit(WAYBILL, user, active=False)

    def run(
        self,
        *,
        failing: Mapping[int, Problem] | None = None,
        error: Problem | None = None,
        collect: bool = True,
        again: Job | None = None,
    ) -> Job:
        """One job from claimed to settled; what does not fail is delivered unless `error` ends the whole."""
        job = again or self.new_job()
        held = claim(job.id, "here")
        assert held is not None
        if collect:
            collecting.collect(held, list(Route), {})
            items.fail(held, (failing or {}).items())
            if error is None:
                _deliver(held)
        settling.settle(held, error)
        return Job.get_by_id(job.id)

    def new_job(self) -> Job:
        """A job that waits."""
        user = User.select().get()
        outputs = {Route.OTHER: Output(format="csv")}
        job = insert(
            self.facility,
            outputs=outputs,
            on_behalf_of=user.id,
            as_of=clock.now(),
            trigger=Trigger.REQUEST,
            request_id=uuid4().hex,
        )
        assert job is not None
        return job

    def _invoice(self, number: str) -> tuple[object, ...]:
        now = to_millis(clock.now())
        return (self.entity.id, "payable", self.party.id, "invoice", number, now, now)


_INVOICE = """
INSERT INTO invoice (entity_id, direction, party_id, document_type, number, status, version, currency,
                     issue_date, total, payable, created_at, changed_at)
VALUES (?, ?, ?, ?, ?, 'ready', 1, 'EUR', '2026-03-01', 1230, 1230, ?, ?)
"""


def make_site(name: str = "Acme", *, facility: str = "Bank files", party: str = "Blue Ltd") -> Site:
    """An entity, its facility, and one supplier."""
    entity = entities.create(WAYBILL, name)
    destination = destinations.find(entity, Direction.PAYABLE)
    return Site(
        entity=entity,
        facility=facilities.create(WAYBILL, entity, facility, destination, {}),
        destination=destination,
        party=Party.create(entity=entity, name=party),
    )


def use_mail(mail: Mail) -> None:
    """Make these the mail settings of this process."""
    settings.use(replace(settings.current(), mail=mail))


def requeue(job: Job) -> Job:
    """The job pending again, as a re-queue leaves it."""
    Job.update(state="pending").where(Job.id == job.id).execute()
    return job


def change(invoice_ids: Iterable[int]) -> None:
    """New content: the invoices' next version."""
    with transaction():
        executemany(
            "UPDATE invoice SET version = version + 1 WHERE id = ?", [(each,) for each in invoice_ids]
        )


def _deliver(held: Claim) -> None:
    with transaction():
        file = reserve(held, route=Route.OTHER, format_key="csv", wanted="batch.csv")
        items.assign_file(held, Route.OTHER, file.id)
        record_rendered(held, file, archive_path="batch.csv", sha256="", size=0, items=0, totals={})
        delivery = begin_delivery(held, file, "pickup", "acme/batch.csv")
        set_delivery(held, delivery, DeliveryState.DELIVERED)


def _pending(destination: Destination) -> list[int]:
    return [row[0] for row in execute(_PENDING, (destination.id,))]


_PENDING = """
SELECT invoice_id FROM export_ledger WHERE destination_id = ? AND state = 'pending' ORDER BY invoice_id
"""

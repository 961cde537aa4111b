"""What an act is done in, and what a case of it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time
from functools import partial
from pathlib import Path
from typing import Any

from models import (
    credentials,
    deliveries,
    entities,
    facilities,
    files,
    invoices,
    mappings,
    people,
    schedules,
    secrets,
    tokens,
)
from models.columns import default_layout
from models.database import execute
from models.deliveries import Delivery
from models.entities import LegalEntity
from models.files import BatchFile
from models.jobs import Job, Output, Route
from models.people import WAYBILL, Action, Actor, Role, RoleGrant, User
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from tests.models.acts.paid import Paid, pay
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3yAvqTBCUaVZnXHrJmJ9hs8sfLJSJx3TjUf5KQjNNj someone"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A legal entity that has one of everything, so that every act has something to act on."""

    site: Site
    other: LegalEntity
    user: User
    job: Job
    waiting: Job
    file: BatchFile
    delivery: Delivery
    held: invoices.Invoice
    paid: Paid

    @property
    def entity(self) -> LegalEntity:
        """The legal entity acted on."""
        return self.site.entity

    @property
    def layout(self) -> dict[str, Any]:
        """Any layout."""
        return default_layout("other").to_dict()

    def mapping(self) -> mappings.Mapping:
        """The mapping there is."""
        return mappings.find(self.entity, "columns")

    def schedule(self) -> schedules.Schedule:
        """The schedule there is."""
        return schedules.find(self.entity, "nightly")

    def credential(self) -> credentials.Credential:
        """The credential there is."""
        return credentials.find(WAYBILL, "pickup")

    def actor(self, role: Role | None, *, entity_id: int | None) -> Actor:
        """A new user with one role, for one entity or for all."""
        user = User.create(email=f"{role}-{User.select().count()}@example.com")
        if role is not None:
            people.grant(WAYBILL, user, role, entity_id)
        return Actor(user_id=user.id, name=user.email, os_account="someone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One act: what permits it, and how it is done in the world."""

    name: str
    action: Action
    act: Callable[[Actor, World], object]
    everywhere: bool = False
    """It concerns the whole installation: a role for one legal entity is not enough."""


everywhere = partial(Case, everywhere=True)


def instruction(user: User, **changes: Any) -> Instruction:
    """What a schedule says; `changes` override it."""
    said = Instruction(
        name="nightly",
        on_behalf_of=user.id,
        recurrence=Recurrence(kind=Frequency.DAILY, start_date=date(2030, 1, 1), at=time(2, 0)),
        outputs={Route.OTHER: Output(format="csv")},
    )
    return replace(said, **changes)


def add_finance(actor: Actor, world: World) -> None:
    """Exports run on behalf of Finance users only, so that who may export holds that, too."""
    if people.allowed(actor, Action.EXPORT, world.entity.id):
        RoleGrant.insert(
            user=actor.user_id, role=Role.FINANCE, entity=world.entity
        ).on_conflict_ignore().execute()


def make_world(folder: Path) -> World:
    """Everything, in the installation that is open; `folder`: where a bank's files arrive."""
    site = make_site()
    facilities.activate(WAYBILL, site.facility)
    facilities.create(WAYBILL, site.entity, "Draft", site.destination, {})
    user = site.add_user("finance@example.com", Role.FINANCE)
    schedules.create(WAYBILL, site.facility, instruction(user), enabled=True)
    schedules.create(WAYBILL, site.facility, instruction(user, name="off"), enabled=False)
    mappings.create(WAYBILL, site.entity, "columns", default_layout("other").to_dict())
    credentials.generate(WAYBILL, site.entity, user_name="pickup", key_lines=[KEY])
    secrets.set_secret(WAYBILL, "mail.password", "given")
    tokens.create(WAYBILL, user, "lost", days=1)
    paid = pay(site, user, folder)
    site.add_invoices(1)
    file = files.of_job(site.run().id)[0]
    delivery = _lost(site)
    held, _ = site.add_invoices(2)
    execute("UPDATE export_ledger SET state = 'on_hold', code = 'no_route' WHERE invoice_id = ?", (held,))
    job = site.run(error=CANNOT_WRITE)
    return World(
        site=site,
        other=entities.create(WAYBILL, "Other"),
        user=user,
        job=job,
        waiting=site.new_job(),
        file=file,
        delivery=delivery,
        held=invoices.Invoice.get_by_id(held),
        paid=paid,
    )


def _lost(site: Site) -> Delivery:
    """A delivery of which nobody knows whether it arrived."""
    site.add_invoices(1)
    (file,) = files.of_job(site.run().id)
    (delivery,) = deliveries.of_file(file)
    execute("UPDATE delivery SET state = 'unknown' WHERE id = ?", (delivery.id,))
    unknown = "held = TRUE, code = 'outcome_unknown'"
    execute(f"UPDATE export_item SET state = 'failed', {unknown} WHERE job_id = ?", (file.job_id,))  # noqa: S608
    execute(
        "UPDATE export_ledger SET state = 'on_hold', code = 'outcome_unknown' WHERE job_id = ?",
        (file.job_id,),
    )
    return deliveries.find(WAYBILL, delivery.id)

"""Every act that changes something: refused without a role that permits it, and written into the audit.

`CASES` names each act of the models once; `test_cases_name_every_act` reads the sources, so that an act
without a case is a failure.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models import (
    audit,
    credentials,
    deliveries,
    destinations,
    entities,
    facilities,
    files,
    invoices,
    manual,
    mappings,
    parties,
    people,
    schedules,
    secrets,
    settings,
    settings_file,
    tokens,
)
from models.audit import AuditEntry
from models.columns import default_layout
from models.database import execute, transaction
from models.deliveries import Delivery
from models.destinations import LedgerState
from models.entities import LegalEntity
from models.errors import PermissionDenied
from models.files import BatchFile
from models.intake import Intake, Origin
from models.invoices import Direction
from models.jobs import Job, Output, Route
from models.notifications import outbox
from models.parties import PaymentMethod
from models.people import PERMITTED, WAYBILL, Action, Actor, Role, RoleGrant, User
from models.recurrence import Frequency, Recurrence
from models.repairs import cancel, mark, re_export, repeat, requeue, resolve, revert
from models.repairs.ledger import Choice
from models.schedules import Instruction
from tests.conftest import ROOT
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site
from tests.records import dump

DAY = datetime(2030, 1, 1, tzinfo=UTC).date()
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


def instruction(user: User, **changes: Any) -> Instruction:
    said = Instruction(
        name="nightly",
        on_behalf_of=user.id,
        recurrence=Recurrence(kind=Frequency.DAILY, start_date=date(2030, 1, 1), at=time(2, 0)),
        outputs={Route.OTHER: Output(format="csv")},
    )
    return replace(said, **changes)


@pytest.fixture
def world(home: Path) -> World:  # noqa: ARG001 - the installation it stands in
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One act: what permits it, and how it is done in the world."""

    name: str
    action: Action
    act: Callable[[Actor, World], object]
    everywhere: bool = False
    """It concerns the whole installation: a role for one legal entity is not enough."""


def _import(actor: Actor, world: World) -> None:
    intake = Intake(actor, world.entity, Direction.PAYABLE)
    content = {
        "document_type": "invoice",
        "number": "N1",
        "issue_date": "2026-11-01",
        "currency": "EUR",
        "party": {"name": "Blue Ltd"},
        "totals": {"payable": "1.00"},
    }
    intake.record(intake.take([(content, Origin("test"))]), "test", refused=0)


def _requeue(actor: Actor, world: World) -> None:
    wanted = requeue.plan(WAYBILL, [world.job.id])
    assert requeue.apply(actor, wanted, "the folder can be written again").jobs


def _add_finance(actor: Actor, world: World) -> None:
    """Exports run on behalf of Finance users only, so that who may export holds that, too."""
    if people.allowed(actor, Action.EXPORT, world.entity.id):
        RoleGrant.insert(
            user=actor.user_id, role=Role.FINANCE, entity=world.entity
        ).on_conflict_ignore().execute()


def _re_export(actor: Actor, world: World) -> None:
    _add_finance(actor, world)
    facility = facilities.find(world.entity, world.site.facility.name)
    wanted = re_export.plan(WAYBILL, facility, Choice(state=LedgerState.EXPORTED))
    assert re_export.apply(actor, wanted, "they lost it").jobs


def _export(actor: Actor, world: World) -> None:
    _add_finance(actor, world)
    facility = facilities.find(world.entity, world.site.facility.name)
    written = manual.Written(outputs={Route.OTHER: Output(format="csv")})
    plan = manual.find(WAYBILL, facility, manual.Choice(), written, request_id="one")
    assert manual.request(actor, plan).made


def _revert(actor: Actor, world: World) -> None:
    wanted = revert.plan(WAYBILL, world.site.destination, Choice(numbers=(world.held.number,)))
    assert revert.apply(actor, wanted, "a route was added").done


def _mark(actor: Actor, world: World) -> None:
    wanted = mark.plan(WAYBILL, world.site.destination, Choice(numbers=(world.held.number,)))
    assert mark.apply(actor, wanted, "it is there").done


def _cancel(actor: Actor, world: World) -> None:
    assert cancel.apply(actor, cancel.plan(WAYBILL, [world.waiting.id]), "not today").done


def _resolve(actor: Actor, world: World) -> None:
    wanted = resolve.plan(WAYBILL, [world.delivery.id], arrived=True)
    assert resolve.apply(actor, wanted, "they have it").done


def _repeat(actor: Actor, world: World) -> None:
    assert repeat.apply(actor, repeat.plan(WAYBILL, [world.file.id]), "they lost it").jobs


def _revoke_token(actor: Actor, world: World) -> None:
    tokens.revoke(actor, tokens.Token.get(user=world.user), reason="it was left in a train")


def _change_setting(actor: Actor, _: World) -> None:
    tries = settings.current().worker.max_tries
    settings_file.change(
        actor, "worker.max_tries", str(tries + 1)
    )  # the file is not taken back with the rest


def _activate(actor: Actor, world: World) -> None:
    facilities.activate(actor, facilities.find(world.entity, "Draft"))


_everywhere = partial(Case, everywhere=True)
CASES = [
    _everywhere(
        name="people.create",
        action=Action.MANAGE_USERS,
        act=lambda actor, _: people.create(actor, "new@example.com"),
    ),
    _everywhere(
        name="people.edit",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.edit(actor, world.user, name="Finn"),
    ),
    Case(
        name="people.grant",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.grant(actor, world.user, Role.SUPPORT, world.entity.id),
    ),
    Case(
        name="people.withdraw",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.withdraw(actor, world.user, Role.FINANCE, world.entity.id),
    ),
    _everywhere(
        name="entities.create",
        action=Action.MANAGE_ENTITIES,
        act=lambda actor, _: entities.create(actor, "New Ltd"),
    ),
    Case(
        name="entities.edit",
        action=Action.MANAGE_ENTITIES,
        act=lambda actor, world: entities.edit(actor, world.entity, name="New name"),
    ),
    Case(
        name="entities.edit",
        action=Action.CHANGE_INVOICE_SETTINGS,
        act=lambda actor, world: entities.edit(actor, world.entity, export_scheduler=False),
    ),
    Case(
        name="parties.create",
        action=Action.MANAGE_PARTIES,
        act=lambda actor, world: parties.create(actor, world.entity, "Red Ltd"),
    ),
    Case(
        name="parties.create",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.create(
            actor, world.entity, "Red Ltd", payment_method=PaymentMethod.ACH
        ),
    ),
    Case(
        name="parties.edit",
        action=Action.MANAGE_PARTIES,
        act=lambda actor, world: parties.edit(actor, world.site.party, number="4711"),
    ),
    Case(
        name="parties.edit",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.edit(actor, world.site.party, payment_method=PaymentMethod.ACH),
    ),
    Case(
        name="parties.add_bank_account",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.add_bank_account(
            actor, world.site.party, routing="021000021", number="12345678"
        ),
    ),
    Case(
        name="facilities.create",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.create(actor, world.entity, "New", world.site.destination, {}),
    ),
    Case(
        name="facilities.edit",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.edit(actor, world.site.facility, {"empty_file": "yes"}),
    ),
    Case(name="facilities.activate", action=Action.MANAGE_FACILITIES, act=_activate),
    Case(
        name="facilities.deactivate",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.deactivate(actor, world.site.facility),
    ),
    Case(
        name="destinations.create",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: destinations.create(actor, world.entity, Direction.PAYABLE, "more"),
    ),
    Case(
        name="mappings.create",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.create(actor, world.entity, "new", world.layout),
    ),
    Case(
        name="mappings.edit",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.edit(actor, world.mapping(), world.layout | {"bom": True}),
    ),
    Case(
        name="mappings.rename",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.rename(actor, world.mapping(), "the bank's"),
    ),
    Case(
        name="mappings.delete",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.delete(actor, world.mapping()),
    ),
    _everywhere(
        name="secrets.set_secret",
        action=Action.MANAGE_SECRETS,
        act=lambda actor, _: secrets.set_secret(actor, "mail.password", "another"),
    ),
    _everywhere(
        name="secrets.delete",
        action=Action.MANAGE_SECRETS,
        act=lambda actor, _: secrets.delete(actor, "mail.password"),
    ),
    Case(
        name="schedules.acts.create",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.create(
            actor, world.site.facility, instruction(world.user, name="new")
        ),
    ),
    Case(
        name="schedules.acts.edit",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.edit(
            actor, world.schedule(), instruction(world.user, name="renamed")
        ),
    ),
    Case(
        name="schedules.acts.enable",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.enable(actor, schedules.find(world.entity, "off")),
    ),
    Case(
        name="schedules.acts.disable",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.disable(actor, world.schedule()),
    ),
    Case(
        name="schedules.acts.duplicate",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.duplicate(actor, world.schedule()),
    ),
    Case(
        name="schedules.acts.delete",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.delete(actor, world.schedule()),
    ),
    Case(
        name="credentials.generate",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.generate(actor, world.entity),
    ),
    Case(
        name="credentials.rotate",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.rotate(actor, world.credential(), reason="it leaked"),
    ),
    Case(
        name="credentials.revoke",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.revoke(actor, world.credential(), reason="it leaked"),
    ),
    Case(
        name="credentials.add_key",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.add_key(actor, world.credential(), KEY.replace("Nj ", "Ny ")),
    ),
    Case(
        name="credentials.remove_key",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.remove_key(
            actor,
            world.credential(),
            credentials.keys(world.credential())[0].fingerprint,
            reason="it leaked",
        ),
    ),
    Case(
        name="credentials.prove_saved",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.prove_saved(actor, world.credential(), "a secret", "cret"),
    ),
    Case(
        name="credentials.discard",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.discard(actor, world.credential()),
    ),
    _everywhere(
        name="tokens.create",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: tokens.create(actor, world.user, "laptop", days=1),
    ),
    _everywhere(name="tokens.revoke", action=Action.MANAGE_USERS, act=_revoke_token),
    _everywhere(name="settings_file.change", action=Action.MANAGE_ENTITIES, act=_change_setting),
    Case(name="intake.Intake", action=Action.IMPORT, act=_import),
    Case(name="repairs.requeue.apply", action=Action.REPAIR, act=_requeue),
    Case(name="manual.asking.request", action=Action.EXPORT, act=_export),
    Case(name="repairs.revert.apply", action=Action.REPAIR, act=_revert),
    Case(name="repairs.mark.apply", action=Action.REPAIR, act=_mark),
    Case(name="repairs.cancel.apply", action=Action.REPAIR, act=_cancel),
    Case(name="repairs.resolve.apply", action=Action.REPAIR, act=_resolve),
    Case(name="repairs.repeat.apply", action=Action.REPAIR, act=_repeat),
    Case(name="repairs.re_export.apply", action=Action.EXPORT, act=_re_export),
    Case(
        name="notifications.outbox.retry",
        action=Action.REPAIR,
        act=lambda actor, world: outbox.retry(actor, world.entity.id),
    ),
]
cases = pytest.mark.parametrize("case", CASES, ids=[f"{case.name}: {case.action}" for case in CASES])


class _TakeBack(Exception):
    """Ends an act that shall leave nothing."""


@cases
def test_act_without_a_permitting_role_is_refused_and_changes_nothing(case: Case, world: World) -> None:
    unfit = [role for role in Role if role not in PERMITTED[case.action]]
    actors = [world.actor(role, entity_id=None) for role in [None, *unfit]]
    actors += [world.actor(role, entity_id=world.other.id) for role in PERMITTED[case.action]]
    if case.everywhere:
        actors += [world.actor(role, entity_id=world.entity.id) for role in PERMITTED[case.action]]
    before = dump()
    for actor in actors:
        with pytest.raises(PermissionDenied, match="may not") as refused:
            case.act(actor, world)
        assert "ask an Administrator for the role" in refused.value.remedy
    assert dump() == before


@cases
def test_act_by_each_permitting_role_is_audited(case: Case, world: World) -> None:
    for role in sorted(PERMITTED[case.action]):
        actor = world.actor(role, entity_id=None if case.everywhere else world.entity.id)
        written = _done_and_taken_back(case, actor, world)
        assert {(entry.actor, entry.os_account) for entry in written} == {(actor.name, "someone")}
        assert all(entry.action and entry.subject for entry in written)


def _done_and_taken_back(case: Case, actor: Actor, world: World) -> list[AuditEntry]:
    """What the act wrote into the audit; it is undone, so that another role can do it too."""
    last = AuditEntry.select().count()
    with suppress(_TakeBack), transaction():
        case.act(actor, world)
        written = audit.entries(limit=AuditEntry.select().count() - last)
        raise _TakeBack
    return written


def test_cases_name_every_act() -> None:
    guarded = {name for path in (ROOT / "models").rglob("*.py") for name in _guarded(path)}
    # Not acts: these only read.
    reading = {"people.audited_entities", "secrets.stored", "repairs.requeue._refusal"}
    reading |= {f"repairs.{repair}._look" for repair in ("cancel", "resolve", "repeat")}
    reading |= {"repairs.revert.plan", "repairs.mark.plan"}
    reading |= {"manual.asking.asked_before", "manual.finding.find", "manual.finding.standings"}
    reading |= {"tokens._require_for"}  # what the acts on tokens begin with
    reading |= {"repairs.carrying._permit", "repairs.re_export._permit"}  # what the repairs begin with
    assert guarded - reading == {case.name for case in CASES}


def _guarded(path: Path) -> list[str]:
    """The functions of a module (or its classes) that call `require`, or what begins with it."""
    module = ".".join(path.relative_to(ROOT / "models").with_suffix("").parts)
    return [
        f"{module}.{node.name}"
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and any(
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in ("require", "_require_for", "carry_out")
            for part in ast.walk(node)
        )
    ]

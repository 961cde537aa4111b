"""Acts on ACH payments that left, and on the numbers that files of EDI have."""

from __future__ import annotations

from models import control_numbers
from models.ach_returns import proposals
from models.people import WAYBILL, Action, Actor
from models.repairs import reverse
from tests.models.acts.world import Case, World, everywhere
from worker.ach import returns, reversal


def _record(actor: Actor, world: World) -> None:
    (done,) = returns.apply(actor, world.paid.returned)
    assert done.is_new
    assert done.held


def _reverse(actor: Actor, world: World) -> None:
    wanted = reversal.plan(WAYBILL, world.paid.file.id)
    assert reverse.apply(actor, wanted, "paid twice").jobs


CASES = [
    Case(name="ach_returns.recording.record", action=Action.REPAIR, act=_record),
    Case(
        name="ach_returns.proposals.accept",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: proposals.accept(actor, world.paid.proposal),
    ),
    Case(
        name="ach_returns.proposals.decline",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: proposals.decline(actor, world.paid.proposal, reason="they deny it"),
    ),
    Case(name="repairs.reverse.apply", action=Action.EXPORT, act=_reverse),
    everywhere(
        name="control_numbers.go_on_from",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, _: control_numbers.go_on_from(actor, "X12 ACME", 4711, "as the old system had it"),
    ),
]

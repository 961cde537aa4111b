"""Acts on what went, or did not: repairs, and mails that are tried again."""

from __future__ import annotations

from models import facilities
from models.destinations import LedgerState
from models.notifications import outbox
from models.people import WAYBILL, Action, Actor
from models.repairs import cancel, mark, re_export, repeat, requeue, resolve, revert
from models.repairs.ledger import Choice
from tests.models.acts.world import Case, World, add_finance


def _requeue(actor: Actor, world: World) -> None:
    wanted = requeue.plan(WAYBILL, [world.job.id])
    assert requeue.apply(actor, wanted, "the folder can be written again").jobs


def _re_export(actor: Actor, world: World) -> None:
    add_finance(actor, world)
    facility = facilities.find(world.entity, world.site.facility.name)
    wanted = re_export.plan(WAYBILL, facility, Choice(state=LedgerState.EXPORTED))
    assert re_export.apply(actor, wanted, "they lost it").jobs


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


CASES = [
    Case(name="repairs.requeue.apply", action=Action.REPAIR, act=_requeue),
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

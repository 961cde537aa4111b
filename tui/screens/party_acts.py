"""What is done to parties: their declared acts, and the plans of what changes where money goes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from models import parties, party_list
from models.audit import Actor
from models.parties import Party, PaymentMethod
from models.party_list import Detail
from models.people import Action
from tui import party_text, wording
from tui.kit.commands import Command
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress

if TYPE_CHECKING:
    from tui.app import WaybillApp

NEW = Command(
    name="new",
    key="n",
    title="New",
    help="add a customer or supplier",
    cli="waybill party create",
    action=Action.MANAGE_PARTIES,
)
EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="name, number, e-mail, and what it is known by",
    cli="waybill party edit",
    action=Action.MANAGE_PARTIES,
)
METHOD = Command(
    name="method",
    key="p",
    title="Pay by",
    help="ACH or not; says first which invoices follow",
    cli="waybill party edit",
    action=Action.MANAGE_BANK_ACCOUNTS,
)
ACCOUNT = Command(
    name="account",
    key="b",
    title="Bank account",
    help="another account, as a new row; says first which invoices follow",
    cli="waybill party bank-account",
    action=Action.MANAGE_BANK_ACCOUNTS,
)


def payment_plan(
    detail: Detail, head: str, button: str, change: Callable[[str], object], done: str, *warnings: str
) -> Plan:
    """A change of where a party's money goes: what waits is said, and the reason is for the audit."""

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        change(reason)
        yield Progress(1, 1)
        return Outcome([done], value=True)

    return Plan(
        head=head,
        number=1,
        carry_out=carry_out,
        button=button,
        warnings=[*warnings, *party_text.waiting(detail.waiting)],
        effect=f"{'' if detail.waiting else 'no invoice of it waits; '}what was exported stays as it was",
    )


def turn_method(app: WaybillApp, party_id: int) -> None:
    """Ask before a party is paid the other way."""
    actor = app.actor
    title = f"How party {party_id} is paid"
    app.push_screen(PlanScreen(title, lambda: _method(actor, party_id), f"waybill party edit {party_id}"))


def _method(actor: Actor, party_id: int) -> Plan:
    detail = party_list.detail(actor, party_id)
    row, party = detail.row, Party.get_by_id(party_id)
    other = PaymentMethod.OTHER if row.method is PaymentMethod.ACH else PaymentMethod.ACH
    name, words = wording.one_line(row.name), party_text.METHODS[other]
    lacking = other is PaymentMethod.ACH and not row.account
    said = [f"{name} has no bank account yet: its invoices fail until it has one (b)."] if lacking else []
    return payment_plan(
        detail,
        f"{name} is paid by {words}, no more by {party_text.METHODS[row.method]}",
        f"Pay by {words}",
        lambda reason: parties.edit(actor, party, payment_method=other, reason=reason),
        f"{name} is paid by {words}.",
        *said,
    )

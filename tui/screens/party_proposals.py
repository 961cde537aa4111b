"""An account that a bank proposes for a party: taken over or declined, each by a plan."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from models import party_list
from models.ach_returns import proposals
from models.ach_returns.records import AccountProposal
from models.audit import Actor
from models.people import Action
from tui import party_text, wording
from tui.kit.commands import Command
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.screens.party_acts import payment_plan

ACCEPT = Command(
    name="accept",
    key="Y",
    title="Accept",
    help="take over the account that its bank proposes; says first which invoices follow",
    cli="waybill party accept-change",
    action=Action.MANAGE_BANK_ACCOUNTS,
)
DECLINE = Command(
    name="decline",
    key="N",
    title="Decline",
    help="leave the account as it is, whatever its bank proposes",
    cli="waybill party decline-change",
    action=Action.MANAGE_BANK_ACCOUNTS,
)


def accept_screen(actor: Actor, proposal_id: int) -> PlanScreen:
    """Asks before a proposed account becomes the one that a party is paid into."""
    twin = f"waybill party accept-change {proposal_id}"
    return PlanScreen(f"Proposed account {proposal_id}", lambda: _accept(actor, proposal_id), twin)


def decline_screen(actor: Actor, proposal_id: int) -> PlanScreen:
    """Asks why a proposed account is not taken over."""
    twin = f"waybill party decline-change {proposal_id}"
    return PlanScreen(f"Proposed account {proposal_id}", lambda: _decline(actor, proposal_id), twin)


def _accept(actor: Actor, proposal_id: int) -> Plan:
    proposal = proposals.find(actor, proposal_id)
    detail = party_list.detail(actor, proposal.party_id)
    name, old = wording.one_line(detail.row.name), proposal.account
    into = f"{name} is paid into {party_text.proposal(proposal)}"
    stays = f"debits stay allowed by {old.debit_authority}: it is the same account under its right number"
    plan = payment_plan(
        detail,
        f"{into}, no more into {old.masked} at {old.routing}",
        "Accept",
        lambda reason: proposals.accept(actor, proposal, reason=reason),
        f"{into}.",
        wording.one_line(party_text.answered(proposal)),
        *([wording.one_line(stays)] if old.debit_authority else []),
    )
    if proposal.party.bank_account_id == old.id:
        return plan
    by_now = f"{name} is paid into {detail.row.account or 'no account'} by now, not into {old.masked}"
    return replace(plan, head=f"{by_now}, which its bank corrects: compare them, then decline it", number=0)


def _decline(actor: Actor, proposal_id: int) -> Plan:
    proposal: AccountProposal = proposals.find(actor, proposal_id)
    name, current = wording.one_line(proposal.party.name), proposal.account.masked

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        proposals.decline(actor, proposal, reason=reason)
        yield Progress(1, 1)
        return Outcome([f"Declined: {name} is not paid into {proposal.masked}."], value=True)

    return Plan(
        head=f"{name} is not paid into {party_text.proposal(proposal)}",
        number=1,
        carry_out=carry_out,
        button="Decline",
        warnings=[wording.one_line(party_text.answered(proposal))],
        effect=f"{current} stays as it is; its bank may return what is paid into it",
    )

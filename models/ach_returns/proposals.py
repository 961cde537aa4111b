"""Accounts that banks propose for payees: a person takes one over, as a new account, or declines it."""

from __future__ import annotations

from models import audit, clock, parties
from models.ach_returns.records import AccountProposal, AchAnswer, ProposalState
from models.audit import Actor, checked_reason
from models.database import execute, transaction
from models.errors import Conflict, NotFound
from models.fields import to_millis
from models.parties import BankAccount, Party
from models.people import Action, require, visible_entities


def of_party(party: Party) -> list[AccountProposal]:
    """Those that nobody has decided on yet, each with its answer and its account, the oldest first."""
    query = AccountProposal.select(AccountProposal, AchAnswer, BankAccount).join(AchAnswer)
    with_account = query.switch(AccountProposal).join(BankAccount)
    open_ones = with_account.where(
        AccountProposal.party == party, AccountProposal.state == ProposalState.OPEN
    )
    return list(open_ones.order_by(AccountProposal.id))


def find(actor: Actor, proposal_id: int) -> AccountProposal:
    """By id; raises `NotFound` for one of a party the actor may not see too."""
    query = AccountProposal.select(AccountProposal, Party).join(Party)
    found: AccountProposal | None = query.where(AccountProposal.id == proposal_id).first()
    seen = visible_entities(actor)
    if found is None or (seen is not None and found.party.entity_id not in seen):
        raise NotFound(f"there is no proposed account {proposal_id}", remedy="see: waybill party show PARTY")
    return found


def accept(actor: Actor, proposal: AccountProposal, *, reason: str = "") -> BankAccount:
    """Make it the party's current account; raises `Conflict` when that is another one by now."""
    party: Party = proposal.party
    require(actor, Action.MANAGE_BANK_ACCOUNTS, party.entity_id)
    with transaction():
        old: BankAccount = proposal.account
        if Party.get_by_id(party.id).bank_account_id != old.id:
            raise Conflict(
                f"{party.name} has another account by now than {old.masked}, which the bank corrects",
                remedy=f"compare them, then decline it: waybill party decline-change {proposal.id}",
                code="account_changed",
            )
        _decide(actor, proposal, ProposalState.ACCEPTED, reason.strip())
        return parties.add_bank_account(
            actor,
            party,
            routing=proposal.routing,
            number=proposal.number,
            kind=proposal.kind,
            holder=old.holder,
            name=proposal.name,
            debit_authority=old.debit_authority,  # it is the same account, under its right number
            reason=f"{_said(proposal)}{': ' if reason.strip() else ''}{reason.strip()}",
        )


def decline(actor: Actor, proposal: AccountProposal, *, reason: str) -> None:
    """Leave the account as it is."""
    require(actor, Action.MANAGE_BANK_ACCOUNTS, proposal.party.entity_id)
    reason = checked_reason(reason)
    with transaction():
        _decide(actor, proposal, ProposalState.DECLINED, reason)


_DECIDE = """
UPDATE account_proposal SET state = ?, decided_at = ?, decided_by = ? WHERE id = ? AND state = 'open'
"""


def _decide(actor: Actor, proposal: AccountProposal, state: ProposalState, reason: str) -> None:
    if execute(_DECIDE, (state, to_millis(clock.now()), actor.name, proposal.id)).rowcount != 1:
        state = AccountProposal.get_by_id(proposal.id).state
        raise Conflict(f"the proposed account {proposal.id} is {state} already", remedy="nothing to do")
    party: Party = proposal.party
    audit.record(
        actor,
        "accept change" if state is ProposalState.ACCEPTED else "decline change",
        "party",
        subject_id=party.id,
        name=party.name,
        entity_id=party.entity_id,
        after={"routing": proposal.routing, "number": proposal.masked, "kind": proposal.kind},
        reason=reason or _said(proposal),
    )


def _said(proposal: AccountProposal) -> str:
    answer: AchAnswer = proposal.answer
    return f"notification of change {answer.code}, {answer.words}"

"""`waybill party`: customers and suppliers, how they are paid, and into which account."""

from __future__ import annotations

from typing import Any

import click

from models import clock, parties, party_list, prenotes
from models.ach_returns import proposals
from models.ach_returns.records import AccountProposal
from models.parties import AccountKind, BankAccount, Holder, Party, PaymentMethod
from tui import party_text
from tui.cli.console import (
    ROW_ID,
    Session,
    Verbs,
    after_option,
    ask_hidden,
    entity_option,
    in_session,
    limit_option,
    reason_option,
    refuse_empty_edit,
)

why_option = click.option("--reason", default="", help="Why, for the audit.")
method_type = click.Choice([method.value for method in PaymentMethod])


@click.group("party", cls=Verbs)
def command() -> None:
    """Parties: the customers and suppliers that invoices come from and go to."""


@command.command("list")
@click.option("--search", default="", help="Text within name, number or e-mail.")
@after_option
@limit_option
@entity_option
@in_session
def list_parties(
    session: Session, search: str, after: int | None, limit: int, entity_name: str | None
) -> None:
    """The parties in the order they were made."""
    entity = session.entity(entity_name)
    found = parties.of_entity(entity, after_id=after or 0, limit=limit + 1, search=search)
    shown = found[:limit]
    accounts = parties.current_accounts(shown)
    session.table(
        [_as_item(party, accounts.get(party.id)) for party in shown],
        ["id", "name", "number", "payment_method", "account"],
        empty="No party found."
        if search
        else "No party yet. An import makes them, or: waybill party create NAME",
        following=str(shown[-1].id) if len(found) > limit else None,
    )


@command.command("show")
@click.argument("party")
@entity_option
@in_session
def show_party(session: Session, party: str, entity_name: str | None) -> None:
    """One party (by id, number, identifier or name): what it is known by, and its accounts."""
    found = parties.find(session.entity(entity_name), party)
    every = [_account_item(account, found) for account in parties.accounts(found)]
    item = _as_item(found, _current(found)) | {"known_by": parties.known_by(found), "accounts": every}
    proposed = [_proposal_item(one) for one in proposals.of_party(found)]
    item["proposed_accounts"] = proposed
    if not session.as_json:
        item["accounts"] = [_account_text(account) for account in every]
        item["proposed_accounts"] = [_proposal_text(one) for one in proposed]
    session.show(item)


@command.command("create")
@click.argument("name")
@click.option("--number", help="The customer or vendor number in your own books.")
@click.option("--email")
@click.option("--identifier", "identifiers", multiple=True, help="A VAT or registration number in documents.")
@click.option("--ach", is_flag=True, help="It is paid by ACH: its payable invoices go into the ACH file.")
@entity_option
@in_session
def create_party(
    session: Session,
    name: str,
    number: str | None,
    email: str | None,
    identifiers: tuple[str, ...],
    ach: bool,
    entity_name: str | None,
) -> None:
    """Add a party; an import adds those it meets by itself."""
    party = parties.create(
        session.actor,
        session.entity(entity_name),
        name,
        number=number,
        email=email,
        identifiers=list(identifiers),
        payment_method=PaymentMethod.ACH if ach else None,
    )
    done = f"created the party {party.name}, {party.id}"
    if ach:
        done += f"\nnext: {_account_command(session, party)}"
    session.answer(_as_item(party, None), done)


@command.command("edit")
@click.argument("party")
@click.option("--name")
@click.option("--number", help='The number in your own books; "" takes it away.')
@click.option("--email", help='"" takes it away.')
@click.option("--identifier", "identifiers", multiple=True, help="Adds a number it is known by.")
@click.option("--method", "payment_method", type=method_type, help="How it is paid.")
@why_option
@entity_option
@in_session
def edit_party(session: Session, party: str, entity_name: str | None, reason: str, **changes: Any) -> None:
    """Change what is given. A changed method holds for its invoices that wait, too."""
    refuse_empty_edit()
    method = changes.pop("payment_method")
    changed = parties.edit(
        session.actor,
        parties.find(session.entity(entity_name), party),
        reason=reason,
        payment_method=PaymentMethod(method) if method else None,
        identifiers=list(changes.pop("identifiers")),
        **changes,
    )
    account = _current(changed)
    done = f"changed the party {changed.name}" + (_waiting_text(changed) if method else "")
    if changed.payment_method == PaymentMethod.ACH and account is None:
        done += f"\nnext: {_account_command(session, changed)}"
    session.answer(_as_item(changed, account), done)


@command.command("bank-account")
@click.argument("party")
@click.option("--routing", required=True, help="The bank's routing number, nine digits.")
@click.option(
    "--account",
    required=True,
    help="The account's number; - asks for it, or reads it from standard input, so that no history keeps it.",
)
@click.option("--savings", is_flag=True, help="A savings account; else checking.")
@click.option("--person", is_flag=True, help="A person's account; else a company's.")
@click.option("--holder-name", default="", help="As the bank knows it, at most 22 characters.")
@click.option("--debits", "debit_authority", default="", help="Where its holder authorised debits, if so.")
@why_option
@entity_option
@in_session
def add_bank_account(
    session: Session,
    party: str,
    routing: str,
    account: str,
    savings: bool,
    person: bool,
    holder_name: str,
    debit_authority: str,
    reason: str,
    entity_name: str | None,
) -> None:
    """Make this the account, also for invoices that wait already; earlier accounts stay readable."""
    found = parties.find(session.entity(entity_name), party)
    added = parties.add_bank_account(
        session.actor,
        found,
        routing=routing,
        number=ask_hidden("account number") if account == "-" else account,
        kind=AccountKind.SAVINGS if savings else AccountKind.CHECKING,
        holder=Holder.PERSON if person else Holder.COMPANY,
        name=holder_name,
        debit_authority=debit_authority,
        reason=reason,
    )
    done = f"{found.name} is paid into {added.masked} at {added.routing}{_waiting_text(found)}"
    if found.payment_method != PaymentMethod.ACH:
        again = session.command("party", "edit", str(found.id), "--method", "ach", entity=found.entity)
        done += f"\nit is not paid by ACH yet: {again}"
    session.answer(_account_item(added, found), done)


@command.command("accept-change")
@click.argument("proposal_id", metavar="ID", type=ROW_ID)
@why_option
@in_session
def accept_change(session: Session, proposal_id: int, reason: str) -> None:
    """Take over the account that a bank proposed in a notification of change; party show has its ID."""
    proposal = proposals.find(session.actor, proposal_id)
    added = proposals.accept(session.actor, proposal, reason=reason)
    found: Party = added.party
    done = f"{found.name} is paid into {added.masked} at {added.routing}{_waiting_text(found)}"
    session.answer(_account_item(added, found), done)


@command.command("decline-change")
@click.argument("proposal_id", metavar="ID", type=ROW_ID)
@reason_option
@in_session
def decline_change(session: Session, proposal_id: int, reason: str) -> None:
    """Leave the account as it is, whatever the bank proposed."""
    proposal = proposals.find(session.actor, proposal_id)
    proposals.decline(session.actor, proposal, reason=reason)
    item = _proposal_item(proposal) | {"state": "declined"}
    session.answer(item, f"declined: {_proposal_text(item)}")


def _account_command(session: Session, party: Party) -> str:
    words = ("party", "bank-account", str(party.id), "--routing", "NUMBER", "--account", "-")
    return session.command(*words, entity=party.entity)


def _waiting_text(party: Party) -> str:
    """Which invoices a change of payment meets, a line each."""
    return "".join(f"\n  {line}" for line in party_text.waiting(party_list.waiting(party.id)))


def _current(party: Party) -> BankAccount | None:
    return parties.current_accounts([party]).get(party.id)


def _as_item(party: Party, account: BankAccount | None) -> dict[str, Any]:
    return {
        "id": party.id,
        "name": party.name,
        "number": party.number,
        "email": party.email,
        "payment_method": party.payment_method,
        "account": account.masked if account else None,
    }


def _account_item(account: BankAccount, party: Party) -> dict[str, Any]:
    return {
        "id": account.id,
        "routing": account.routing,
        "account": account.masked,
        "kind": account.kind,
        "holder": account.holder,
        "holder_name": account.name,
        "debits": account.debit_authority,
        "prenote": prenotes.shown(account, clock.now().date()),
        "current": account.id == party.bank_account_id,
        "created_at": account.created_at,
        "created_by": account.created_by,
    }


def _account_text(item: dict[str, Any]) -> str:
    mark = " (current)" if item["current"] else ""
    more = [f"debits by {item['debits']}"] if item["debits"] else []
    more += [item["prenote"]] if item["prenote"] else []
    place = f"{item['account']} at {item['routing']}, {item['kind']}, {item['holder']}"
    return "; ".join([place + mark, *more])


def _proposal_item(proposal: AccountProposal) -> dict[str, Any]:
    answer = proposal.answer
    return {
        "id": proposal.id,
        "state": proposal.state,
        "routing": proposal.routing,
        "account": proposal.masked,
        "kind": proposal.kind,
        "holder_name": proposal.name,
        "corrects": proposal.account.masked,
        "code": answer.code,
        "words": answer.words,
        "trace": answer.trace,
        "file": answer.file_id,
        "proposed_at": answer.recorded_at,
    }


def _proposal_text(item: dict[str, Any]) -> str:
    name = f", {item['holder_name']}" if item["holder_name"] else ""
    return (
        f"{item['id']}: {item['account']} at {item['routing']}, {item['kind']}{name}, for {item['corrects']} "
        f"({item['code']}: {item['words']})"
    )

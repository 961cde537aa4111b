"""Why a document cannot be paid by an ACH file, in sentences for people."""

from __future__ import annotations

from functools import lru_cache

from stdnum.us import rtn

from models.fields import amount_text
from worker.formats import Account, Item, Problem
from worker.formats.nacha.codes import ACCOUNT_WIDTH, CREDITS, CTX_NAME_WIDTH, NAME_WIDTH, SEC_OF_HOLDER

_ACCOUNT_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"


@lru_cache(maxsize=4096)
def _routing_valid(routing: str) -> bool:
    return len(routing) == 9 and bool(rtn.is_valid(routing))


def account_problem(item: Item, account: Account) -> Problem | None:
    """What is wrong with the bank account."""
    number = account.number.replace(" ", "")
    remedy = "give the party a new bank account that is right, then queue the job again"
    if not _routing_valid(account.routing):
        what = f"the routing number {account.routing} of {_party(item)} fails its check digit"
        return _problem("routing_number_invalid", what, remedy)
    if not number or len(number) > ACCOUNT_WIDTH or number.strip(_ACCOUNT_CHARACTERS):
        what = f"the account number *{number[-4:]} of {_party(item)} is not 1 to 17 letters and digits"
        return _problem("account_number_invalid", what, remedy)
    if account.kind not in CREDITS or account.holder not in SEC_OF_HOLDER:
        what = f"the bank account of {_party(item)} is of kind {account.kind!r}, held by a {account.holder!r}"
        return _problem("account_kind_unknown", what, "give checking or savings, company or person")
    return None


def name_unfit(item: Item, name: str, clean: str | None) -> Problem:
    """The holder's name cannot stand in an entry; `clean` is it in allowed characters, if it can be."""
    if not clean:
        what = f"the name {name!r} of {_party(item)} has characters the bank does not take"
    else:
        what = f"the name {name!r} of {_party(item)} has {len(clean)} characters, an entry holds {NAME_WIDTH}"
    return _problem("name_unfit", what, "set a holder name of at most 22 plain letters on the bank account")


def ctx_name_unfit(item: Item, name: str) -> Problem:
    """The holder's name is too long for a CTX entry, and there is no number to stand in its place."""
    what = f"the name {name!r} of {_party(item)} has {len(name)} characters, and a CTX entry holds"
    remedy = "set a shorter holder name on the bank account, or give the party a number of its own"
    return _problem("name_unfit", f"{what} {CTX_NAME_WIDTH}", remedy)


def number_unfit(item: Item) -> Problem:
    """No field of the entry can carry the document's number."""
    what = f"the number of {_named(item)} fits neither the identification field (15) nor the addenda"
    remedy = "turn the addenda on in the bank profile, or allow the number's characters there"
    return _problem("number_unfit", what, remedy)


def too_large(item: Item, cents: int) -> Problem:
    """The amount is none that an entry can say."""
    what = f"{amount_text(cents, 'USD')} USD to {_party(item)} are not between 0.01 and 99999999.99"
    return _problem("amount_unfit", what, "pay it in another way, then mark it as exported")


def accounts_differ(first: Item, count: int) -> Problem:
    """Documents that are netted go to several accounts."""
    what = f"the {count} documents of {_party(first)} are one payment, but to several accounts"
    return _problem("accounts_differ", what, "export the invoices of each account by themselves")


def credit_exceeds(first: Item, count: int, cents: int) -> Problem:
    """A payee's credit notes are worth as much as the invoices, or more."""
    total = amount_text(cents, "USD")
    return Problem(
        code="credit_exceeds_invoices",
        reason=f"the {count} documents of {_party(first)} come to {total} USD",
        remedy="wait for more invoices of the party and release them together, or settle the credit by hand",
        hold=True,
    )


def list_too_long(first: Item, count: int) -> Problem:
    """The documents' numbers do not fit the addenda."""
    return _problem(
        "remittance_too_long",
        f"the numbers of the {count} documents of {_party(first)} do not fit its one entry",
        "set ctx to needed in the bank profile if the payee takes CTX, or list_too_long to reference, "
        "or export fewer of them at once",
    )


def marks_in_number(first: Item) -> Problem:
    """A number holds what parts the elements of X12."""
    what = f"a number of {_party(first)} has one of * \\ ~ >, which part the elements of an 820"
    return _problem("number_unfit", what, "take the payee out of CTX, or pay the document in another way")


def nothing_to_pay(item: Item) -> Problem:
    """The document is over zero or less."""
    what = f"{_named(item)} is over {amount_text(item.amount, 'USD')} USD: there is nothing to pay"
    remedy = "mark it as exported if it is settled, or correct it where it was made"
    return _problem("amount_not_positive", what, remedy)


def not_carried(item: Item) -> Problem:
    """The document is none that this file carries."""
    what = f"{_named(item)} is {item.direction}, in {item.currency}: ACH pays what is payable in USD"
    if item.direction == "receivable" and item.currency == "USD":
        what = f"{_named(item)} would be collected from {_party(item)}, which the bank profile does not allow"
        return _problem("debits_not_allowed", what, "set debits to yes there, or change the payment method")
    return _problem("not_payable_in_usd", what, "change the party's payment method, or the invoice")


def not_authorised(item: Item, account: Account) -> Problem:
    """Nobody has noted that the customer lets its account be debited."""
    what = f"{_party(item)} has not authorised debits from its account *{account.number[-4:]}"
    remedy = "add the account anew with the authorisation, or change the payment method"
    return _problem("debit_not_authorised", what, remedy)


def account_missing(item: Item) -> Problem:
    """The payee has no bank account."""
    remedy = "add one to the party, then queue the job again"
    return _problem("bank_account_missing", f"{_party(item)} has no bank account", remedy)


def _problem(code: str, reason: str, remedy: str) -> Problem:
    return Problem(code=code, reason=reason, remedy=remedy)


def _named(item: Item) -> str:
    return f"{item.document_type.replace('_', ' ')} {item.number} of {item.party_name}"


def _party(item: Item) -> str:
    return f"{item.party_name} ({item.party_number})" if item.party_number else item.party_name

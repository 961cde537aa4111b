"""Who is paid into which account, in the shape that entries have."""

from __future__ import annotations

from typing import NamedTuple

from stdnum.us import rtn

from worker.formats import Account, Item, Problem
from worker.formats.nacha import refusals
from worker.formats.nacha.codes import (
    ACCOUNT_WIDTH,
    CCD,
    CREDITS,
    CTX_NAME_WIDTH,
    DEBITS,
    IDENTIFICATION_WIDTH,
    NAME_WIDTH,
    SEC_OF_HOLDER,
    Codes,
)
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.remittance import Ends

# X12 element 569: a demand deposit account, a savings account.
_X12_KINDS = {"checking": "DA", "savings": "SG"}


class Payee(NamedTuple):
    """The part of an entry that is the same for all of a payee's documents."""

    sec: str  # CCD, PPD
    debit: bool
    codes: Codes
    place: str  # routing number, account number: 26 characters
    name: str
    hashed: int  # the routing number's first 8 digits
    reference: str
    """Party number, for the identification field when no invoice number can stand there; may be empty."""
    account: Account

    @property
    def is_paid_company(self) -> bool:
        """Whether CTX and zero-dollar entries are for it: payments to a company's account."""
        return self.sec == CCD and not self.debit

    @property
    def ctx_name(self) -> str:
        """What stands for the name in a CTX entry, whose field is shorter; empty when nothing can."""
        if len(self.name) <= CTX_NAME_WIDTH:
            return self.name
        return self.reference


def payee_of(item: Item, profile: Profile) -> Payee | Problem:
    """The payee's part of the entry, or what is wrong with it."""
    account, debit = item.account, _is_debit(item)
    if item.currency != "USD" or (debit and not profile.debits):
        return refusals.not_carried(item)
    if account is None:
        return refusals.account_missing(item)
    if (found := _account_problem(item, account)) is not None:
        return found
    name = profile.clean(account.name or item.party_name)
    if not name or len(name) > NAME_WIDTH:
        return refusals.name_unfit(item, account.name or item.party_name, name)
    reference = profile.clean(item.party_number) or ""
    return Payee(
        sec=SEC_OF_HOLDER[account.holder],
        debit=debit,
        codes=(DEBITS if debit else CREDITS)[account.kind],
        place=f"{account.routing}{account.number.replace(' ', ''):<{ACCOUNT_WIDTH}}",
        name=name,
        hashed=int(account.routing[:8]),
        reference=reference if len(reference) <= IDENTIFICATION_WIDTH else "",
        account=account,
    )


def _is_debit(item: Item) -> bool:
    return item.direction == "receivable"


def _account_problem(item: Item, account: Account) -> Problem | None:
    found = refusals.account_problem(item, account)
    if found is None and _is_debit(item) and not account.authorised:
        return refusals.not_authorised(item, account)
    return found


def ends(payee: Payee, profile: Profile) -> Ends:
    """Who pays whom, for an 820."""
    own = ""
    if profile.offset is not None:
        _, number, kind = profile.offset
        own = f"{_X12_KINDS[kind]}*{number}"
    account = payee.account
    return Ends(
        company_id=profile.company_id,
        company_name=profile.company_name,
        bank=profile.odfi + str(rtn.calc_check_digit(profile.odfi)),
        account=own,
        payee_id=payee.reference or account.routing,
        payee_name=payee.name,
        payee_bank=account.routing,
        payee_account=f"{_X12_KINDS[account.kind]}*{account.number.replace(' ', '')}",
    )

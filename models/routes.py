"""Which way an invoice goes, and why: pure.

ACH means payable, the payee's method is ACH, in US dollars, to a complete account in the United States. Any
other invoice of an ACH payee fails with a reason; it never falls over to the non-ACH file. What a customer of
that method owes is ACH too, as a debit, once it has authorised debits from its present account.
"""

from __future__ import annotations

from models.errors import InvalidInput
from models.parties import check_account
from models.problems import Problem

# The same rule as SQL, for many at once; the rest of it is `ach_problem`.
ROUTE_SQL = (
    "CASE WHEN p.payment_method = 'ach' AND (i.direction = 'payable' OR p.may_be_debited)"
    " THEN 'ach' ELSE 'other' END"
)


def ach_problem(party_name: str, currency: str, account: tuple[str, str] | None) -> Problem | None:
    """Why an invoice of an ACH payee cannot go by ACH; `account` is routing and account number."""
    if currency != "USD":
        return Problem(
            code="ach_currency",
            reason=f"{party_name} is paid by ACH, which carries US dollars, but the invoice is in {currency}",
            remedy="pay this invoice another way, or change the payee's payment method",
        )
    if account is None:
        return Problem(
            code="ach_no_account",
            reason=f"{party_name} is paid by ACH but has no bank account",
            remedy="add it: waybill party bank-account PARTY --routing … --account …",
        )
    try:
        check_account(*account)
    except InvalidInput as error:
        return Problem(
            code=error.code,
            reason=f"the bank account of {party_name} cannot be paid: {error.message}",
            remedy=f"add the right account: waybill party bank-account PARTY … ({error.remedy})",
        )
    return None

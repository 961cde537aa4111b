"""Why banks return entries (R01 …) and what they want changed (C01 …): words, and what the payer can do.

Words after the Nacha Operating Rules, appendix four (returns) and five (notifications of change).
"""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """What a code says, and what to do next."""

    words: str
    remedy: str


_ACCOUNT = (
    "ask the payee for its account, enter it (waybill party bank-account), then let the invoice go again "
    "(waybill invoice revert)"
)
_ROUTING = (
    "ask the payee for its bank's routing number, enter the account anew (waybill party bank-account), then "
    "let the invoice go again (waybill invoice revert)"
)
_PAYEE = "ask the payee what it wants before the invoice goes again (waybill invoice revert)"
_LEGAL = "do not pay again before somebody responsible has cleared it: ask the bank"
_OTHER_WAY = (
    "pay another way (waybill party edit --method other), then let it go again (waybill invoice revert)"
)
_BANK = (
    "ask your bank what was wrong, mend the facility's bank profile, then let it go (waybill invoice revert)"
)
_DEBIT = "it concerns a debit: ask the payer, and do not debit again before"
_NONE = "nothing to do: it is between the banks; ask yours when the money does not come"

RETURNS = {
    "R01": Reason("insufficient funds", _DEBIT),
    "R02": Reason("account closed", _ACCOUNT),
    "R03": Reason("no account, or unable to locate the account", _ACCOUNT),
    "R04": Reason("invalid account number structure", _ACCOUNT),
    "R05": Reason("unauthorized debit to a consumer account", _DEBIT),
    "R06": Reason("returned at the request of the originating bank", _BANK),
    "R07": Reason("authorization revoked by the customer", _DEBIT),
    "R08": Reason("payment stopped", _DEBIT),
    "R09": Reason("uncollected funds", _DEBIT),
    "R10": Reason("the customer says it was not authorized", _DEBIT),
    "R11": Reason("entry not in accordance with the authorization", _DEBIT),
    "R12": Reason("account sold to another bank", _ROUTING),
    "R13": Reason("receiving bank not qualified, or invalid routing number", _ROUTING),
    "R14": Reason("representative payee deceased or unable to continue", _LEGAL),
    "R15": Reason("beneficiary or account holder deceased", _LEGAL),
    "R16": Reason("account frozen, or returned on instruction of OFAC", _LEGAL),
    "R17": Reason("file record edit criteria, or account opened with suspicious data", _ACCOUNT),
    "R18": Reason("improper effective entry date", _BANK),
    "R19": Reason("amount field error", _BANK),
    "R20": Reason("non-transaction account", _ACCOUNT),
    "R21": Reason("invalid company identification", _BANK),
    "R22": Reason("invalid individual ID number", _PAYEE),
    "R23": Reason("credit entry refused by the receiver", _PAYEE),
    "R24": Reason(
        "duplicate entry", "look whether it was paid before; if so, mark it (waybill invoice mark-exported)"
    ),
    "R25": Reason("addenda error", _BANK),
    "R26": Reason("mandatory field error", _BANK),
    "R27": Reason("trace number error", _BANK),
    "R28": Reason("routing number check digit error", _ROUTING),
    "R29": Reason("the corporate customer says it was not authorized", _DEBIT),
    "R30": Reason("receiving bank takes no part in check truncation", _OTHER_WAY),
    "R31": Reason("permissible return entry", _BANK),
    "R32": Reason("receiving bank does not settle", _OTHER_WAY),
    "R33": Reason("return of an XCK entry", _OTHER_WAY),
    "R34": Reason("participation of the receiving bank limited", _OTHER_WAY),
    "R35": Reason("improper debit entry", _DEBIT),
    "R36": Reason("improper credit entry", _OTHER_WAY),
    "R37": Reason("source document presented for payment", _DEBIT),
    "R38": Reason("stop payment on the source document", _DEBIT),
    "R39": Reason("improper source document, or presented for payment", _DEBIT),
    "R40": Reason("enrollment returned by a federal agency", _PAYEE),
    "R41": Reason("invalid transaction code of an enrollment", _BANK),
    "R42": Reason("routing number or check digit error of an enrollment", _ROUTING),
    "R43": Reason("invalid account number of an enrollment", _ACCOUNT),
    "R44": Reason("invalid individual ID number of an enrollment", _PAYEE),
    "R45": Reason("invalid individual or company name of an enrollment", _PAYEE),
    "R46": Reason("invalid representative payee indicator of an enrollment", _PAYEE),
    "R47": Reason("duplicate enrollment", _NONE),
    "R50": Reason("state law affecting RCK acceptance", _DEBIT),
    "R51": Reason("item of a re-presented check ineligible or improper", _DEBIT),
    "R52": Reason("stop payment on the item of a re-presented check", _DEBIT),
    "R53": Reason("item and re-presented check both presented", _DEBIT),
    "R61": Reason("dishonored: misrouted return", _NONE),
    "R62": Reason("dishonored: return of an erroneous or reversing debit", _NONE),
    "R67": Reason("dishonored: duplicate return", _NONE),
    "R68": Reason("dishonored: untimely return", _NONE),
    "R69": Reason("dishonored: field errors", _NONE),
    "R70": Reason("dishonored: permissible return not accepted", _NONE),
    "R71": Reason("contested: misrouted dishonored return", _NONE),
    "R72": Reason("contested: untimely dishonored return", _NONE),
    "R73": Reason("contested: the original return was timely", _NONE),
    "R74": Reason("contested: corrected return", _NONE),
    "R75": Reason("contested: the return was no duplicate", _NONE),
    "R76": Reason("contested: no errors found", _NONE),
    "R77": Reason("contested: R62 dishonored return not accepted", _NONE),
    "R80": Reason("IAT entry coding error", _BANK),
    "R81": Reason("non-participant in the IAT program", _OTHER_WAY),
    "R82": Reason("invalid foreign receiving bank identification", _ACCOUNT),
    "R83": Reason("foreign receiving bank unable to settle", _OTHER_WAY),
    "R84": Reason("entry not processed by the gateway", _BANK),
    "R85": Reason("incorrectly coded outbound international payment", _OTHER_WAY),
}

_TAKE_OVER = "compare it with what the payee says, then take it over: waybill party accept-change"
_RECORD = "see that it is right in the payee's record"
_PROFILE = "mend the facility's bank profile"

CHANGES = {
    "C01": Reason("incorrect account number", _TAKE_OVER),
    "C02": Reason("incorrect routing number", _TAKE_OVER),
    "C03": Reason("incorrect routing number and account number", _TAKE_OVER),
    "C04": Reason("incorrect individual or receiving company name", _TAKE_OVER),
    "C05": Reason("incorrect transaction code", _TAKE_OVER),
    "C06": Reason("incorrect account number and transaction code", _TAKE_OVER),
    "C07": Reason("incorrect routing number, account number and transaction code", _TAKE_OVER),
    "C08": Reason("incorrect receiving bank identification (IAT)", _RECORD),
    "C09": Reason("incorrect individual identification number", _RECORD),
    "C10": Reason("incorrect company name", _PROFILE),
    "C11": Reason("incorrect company identification", _PROFILE),
    "C12": Reason("incorrect company name and company identification", _PROFILE),
    "C13": Reason("addenda format error", _PROFILE),
    "C14": Reason("incorrect SEC code for an outbound international payment", _OTHER_WAY),
    "C61": Reason("refused: misrouted notification of change", _NONE),
    "C62": Reason("refused: incorrect trace number", _NONE),
    "C63": Reason("refused: incorrect company identification", _NONE),
    "C64": Reason("refused: incorrect individual identification number", _NONE),
    "C65": Reason("refused: incorrectly formatted corrected data", _NONE),
    "C66": Reason("refused: incorrect discretionary data", _NONE),
    "C67": Reason("refused: routing number not from the original entry", _NONE),
    "C68": Reason("refused: account number not from the original entry", _NONE),
    "C69": Reason("refused: incorrect transaction code", _NONE),
}


def of(code: str) -> Reason:
    """What a return or change code says; an unknown one says that it is unknown."""
    known = RETURNS.get(code) or CHANGES.get(code)
    return known or Reason(f"code {code}, which the rules do not know", "ask your bank what it means")

"""Rules of Peppol BIS Billing for sellers in Denmark (DK-R); most only where the buyer is there too."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import AllowanceCharge, Document, Payment
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.peppol.prepared import within
from worker.formats.einvoice.schemes import DANISH_COMPANY

_MEANS: Final = ("1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97")
_TRANSFERS: Final = frozenset({"31", "42"})
_VERSIONS: Final = frozenset({"19.05.01", "19.0501", "26.08.01", "26.0801"})
_UNSPSC: Final = "TST"
# By code: types of slips, those that need digits, how long the whole then is, the payee's account.
_SLIPS: Final = {
    "50": ("DK-R-008", "DK-R-009", ("01", "04", "15"), ("04", "15"), (19,), re.compile(r"[0-9]{7,8}")),
    "93": (
        "DK-R-010",
        "DK-R-011",
        ("71", "73", "75"),
        ("71", "75"),
        (18, 19),
        re.compile(r".{8}", re.DOTALL),
    ),
}


def check(document: Document, found: Findings) -> None:
    """Find what breaks them; the seller is known to be Danish."""
    legal = document.get("seller", {}).get("legal_id")
    if legal is None:
        found.missing("DK-R-002", "BT-30", "the CVR number of the Danish seller")
    elif legal.get("scheme") != DANISH_COMPANY:
        _scheme("DK-R-014", "BT-30", "seller", legal.get("value", ""), found)
    if within(document, "DK"):
        _domestic(document, found)


def _scheme(rule: str, term: str, side: str, value: str, found: Findings) -> None:
    reason = f"the legal registration {shown(value)} of the Danish {side} is not under scheme 0184"
    found.add(rule, term, reason, f"give the CVR number under 0184 {AT_SOURCE}", value)


def _domestic(document: Document, found: Findings) -> None:
    credit = document.get("document_type") == "credit_note"
    payable = document.get("totals", {}).get("payable", "")
    if credit and payable.startswith("-") and payable.strip("-0."):
        reason = f"a Danish credit note cannot come to less than nothing, and this one is over {payable}"
        found.add("DK-R-016", "BT-115", reason, f"make it an invoice {AT_SOURCE}", payable)
    for side in ("seller", "buyer"):
        for one in document.get(side, {}).get("identifiers", ()):  # type: ignore[attr-defined]
            if "scheme" not in one:
                what = f"the scheme of the identifier {shown(one.get('value', ''))} of the {side}"
                found.missing("DK-R-013", "BT-29" if side == "seller" else "BT-46", what)
    legal = document.get("buyer", {}).get("legal_id")
    if legal is not None and legal.get("scheme") != DANISH_COMPANY:
        _scheme("DK-R-017", "BT-47", "buyer", legal.get("value", ""), found)
    if not credit:
        for payment in document.get("payment", ()):
            _payment(payment, found)
    _taxes(document, found)
    for line in document.get("lines", ()):
        listed = line.get("item", {}).get("classifications", ())
        versions = {one.get("version") for one in listed}
        if any(one.get("scheme") == _UNSPSC for one in listed) and versions.isdisjoint(_VERSIONS):
            what = f"the version of UNSPSC (19.05.01 or 26.08.01) of line {line.get('id', '')}"
            found.missing("DK-R-003", "BT-158", what)


def _payment(payment: Payment, found: Findings) -> None:
    code, account = payment.get("means_code", ""), payment.get("account", {})
    if code not in _MEANS:
        reason = f"the payment means {code} is not used between Danish parties"
        found.add("DK-R-005", "BT-81", reason, f"give one of {', '.join(_MEANS)} {AT_SOURCE}", code)
    bank = "bic" in account or "branch" in account
    if code in _TRANSFERS and not ("id" in account and bank):
        found.missing("DK-R-006", "BT-84", f"account and registration number for the payment means {code}")
    mandate = payment.get("mandate", {})
    if code == "49" and not ("id" in mandate and "account" in mandate):
        found.missing("DK-R-007", "BT-89", "mandate and payer's account for a direct debit (49)")
    if code in _SLIPS:
        _slip(code, payment, found)


def _slip(code: str, payment: Payment, found: Findings) -> None:
    wrong, short, kinds, with_digits, lengths, pattern = _SLIPS[code]
    reference, account = payment.get("remittance", ""), payment.get("account", {}).get("id", "")
    if reference[:3] not in [f"{kind}#" for kind in kinds] or not pattern.fullmatch(account):
        reason = (
            f"the slip {shown(reference)} to account {shown(account)} is none for the payment means {code}"
        )
        begin = f"begin the payment reference with {'#, '.join(kinds)}#"
        remedy = f"{begin}, and give the creditor's number, {AT_SOURCE}"
        found.add(wrong, "BT-83", reason, remedy, reference)
    if reference[:3] in [f"{kind}#" for kind in with_digits] and len(reference) not in lengths:
        reason = f"the slip {shown(reference)} has not the digits that its kind needs"
        found.add(short, "BT-83", reason, f"give 15 or 16 digits after the # {AT_SOURCE}", reference)


def _taxes(document: Document, found: Findings) -> None:
    """DK-R-004: taxes other than VAT are charges with the code ZZZ, and their own code in the reason."""
    details: list[AllowanceCharge] = [*document.get("allowances", ()), *document.get("charges", ())]
    for line in document.get("lines", ()):
        details += [*line.get("allowances", ()), *line.get("charges", ())]
    for detail in details:
        reason = detail.get("reason", "")
        named = "#" in reason and not reason.startswith("#") and not reason.endswith("#")
        if detail.get("reason_code") == "ZZZ" and not named and not re.fullmatch(r"[0-9]{4}", reason):
            what = f"the tax (ZZZ) has the reason {shown(reason)}"
            remedy = f"give the four digits of the Danish tax, or CODE#TEXT, as its reason {AT_SOURCE}"
            found.add("DK-R-004", "BT-104", what, remedy, reason)

"""The rules of Peppol BIS Billing 3.0 beyond EN 16931 (PEPPOL-EN16931, PEPPOL-COMMON, UBL-SR)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from models.invoice_document import AllowanceCharge, Document, Identifier, Line, Party, Payment
from models.problems import Problem
from worker.formats.einvoice import codes, embedded
from worker.formats.einvoice.amounts import CENT, EXACT, HUNDRED, ZERO, number, rounded, total
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.identifiers import CHECKS
from worker.formats.einvoice.peppol import national
from worker.formats.einvoice.rules.parties import SEPA

_SLACK: Final = 2 * CENT
_DEBITS: Final = frozenset({"49", "59"})
_GERMAN_TYPES: Final = frozenset({"326", "384"})
# VATEX code: the category it belongs to, and the rule.
_EXEMPTIONS: Final = {
    "VATEX-EU-G": ("G", "P0104"),
    "VATEX-EU-O": ("O", "P0105"),
    "VATEX-EU-IC": ("K", "P0106"),
    "VATEX-EU-AE": ("AE", "P0107"),
    "VATEX-EU-D": ("E", "P0108"),
    "VATEX-EU-F": ("E", "P0109"),
    "VATEX-EU-I": ("E", "P0110"),
    "VATEX-EU-J": ("E", "P0111"),
}


def check(document: Document, types: tuple[str, str]) -> list[Problem]:
    """Everything in which a prepared document breaks the profile; `types`: lists of allowed type codes."""
    found = Findings()
    _head(document, types, found)
    _parties(document, found)
    _payments(document.get("payment", ()), found)
    _vat(document, found)
    for kind in ("allowances", "charges"):
        _percentages(document.get(kind, ()), "the document", found)  # type: ignore[arg-type]
    for position, line in enumerate(document.get("lines", ()), start=1):
        _line(line, f"line {line.get('id', position)}", document, found)
    embedded.check(document, found)
    return found


def check_national(document: Document) -> list[Problem]:
    """What the seller's country asks for beside that."""
    found = Findings()
    national.check(document, found)
    return found


def _head(document: Document, types: tuple[str, str], found: Findings) -> None:
    if "buyer_reference" not in document and "order_reference" not in document:
        what = "the buyer's reference or the number of the purchase order"
        found.missing("PEPPOL-EN16931-R003", "BT-10", what)
    credit = document.get("document_type") == "credit_note"
    code, allowed = document["type_code"], types[credit]
    if code not in codes.load(allowed):
        found.unlisted(f"PEPPOL-EN16931-P010{int(credit)}", "BT-3", "the type code", code, allowed)
    if code in _GERMAN_TYPES and not national.is_german(document):
        reason = f"the type code {code} is for invoices from Germany to Germany"
        found.add("PEPPOL-EN16931-P0112", "BT-3", reason, f"give 380 {AT_SOURCE}", code)
    totals = document.get("totals", {})
    theirs, ours = number(totals.get("vat_accounting", "0")), number(totals.get("vat", "0"))
    if theirs and ours and (theirs < 0) != (ours < 0):
        reason = f"the VAT is {ours:f}, and {theirs:f} in the accounting currency"
        remedy = f"give both the same sign {AT_SOURCE}"
        found.add("PEPPOL-EN16931-R055", "BT-111", reason, remedy, totals["vat_accounting"])


def _parties(document: Document, found: Findings) -> None:
    for side, rule, term in (("buyer", "R010", "BT-49"), ("seller", "R020", "BT-34")):
        party: Party = document.get(side, {})  # type: ignore[assignment]
        endpoint = party.get("endpoint")
        if endpoint is None:
            found.missing(f"PEPPOL-EN16931-{rule}", term, f"the electronic address of the {side}")
        else:
            scheme = endpoint.get("scheme", "")
            if scheme in codes.load("electronic_addresses") and scheme not in codes.load("peppol_addresses"):
                what = f"the scheme of the electronic address of the {side}"
                found.unlisted("PEPPOL-EN16931-CL008", term, what, scheme, "peppol_addresses")
            _number(endpoint, term, side, found)
        for one in (*party.get("identifiers", ()), party.get("legal_id", {})):
            _number(one, "BT-29" if side == "seller" else "BT-46", side, found)
    payee = document.get("payee", {})
    holders = (document.get("seller", {}), payee)
    creditors = [
        one for holder in holders for one in holder.get("identifiers", ()) if one.get("scheme") == SEPA
    ]
    if len(creditors) > 1:
        reason = f"it has {len(creditors)} identifiers of creditors at their banks (SEPA)"
        found.add("UBL-SR-29", "BT-90", reason, f"give one {AT_SOURCE}", creditors[1].get("value", ""))
    for one in (*payee.get("identifiers", ()), payee.get("legal_id", {})):
        _number(one, "BT-60", "payee", found)


def _number(one: Identifier, term: str, who: str, found: Findings) -> None:
    check = CHECKS.get(one.get("scheme", ""))
    value = one.get("value", "")
    if check is not None and not check.good(value):
        reason = f"{shown(value)} of the {who} is no {check.name}"
        found.add(check.rule, term, reason, f"give {check.wanted} {AT_SOURCE}", value)


def _payments(payments: Iterable[Payment], found: Findings) -> None:
    given = list(payments)
    for payment in given:
        if payment.get("means_code") in _DEBITS and "id" not in payment.get("mandate", {}):
            found.missing("PEPPOL-EN16931-R061", "BT-89", "the mandate's reference for a direct debit")
        if "card" in payment and "number" not in payment["card"]:
            found.missing("XSD", "BT-87", "the last digits of the payment card's number")
        if "instruction" in payment:
            reason = f"the payment means {payment.get('means_code')} has no place for the digits of a slip"
            found.add(
                "BG-16",
                "BT-83",
                reason,
                f"give them as payment reference {AT_SOURCE}",
                payment["instruction"],
            )
    for name, rule, term, what in (
        ("means_code", "UBL-SR-47", "BT-81", "codes of payment means"),
        ("remittance", "UBL-SR-44", "BT-83", "payment references"),
    ):
        values = sorted({str(payment[name]) for payment in given if name in payment})  # type: ignore[literal-required]
        if len(values) > 1:
            reason = f"it has several {what}: {', '.join(values)}"
            found.add(rule, term, reason, f"give one payment means {AT_SOURCE}", values[1])
    for name, rule, term in (("card", "UBL-SR-54", "BG-18"), ("mandate", "UBL-SR-55", "BG-19")):
        if sum(name in payment for payment in given) > 1:
            found.add(rule, term, f"it has more than one {name}", f"give one {AT_SOURCE}")


def _vat(document: Document, found: Findings) -> None:
    for group in document.get("vat_breakdown", ()):
        code = group.get("exemption_code", "").upper()
        category, rule = _EXEMPTIONS.get(code, ("", ""))
        if category and group.get("category") != category:
            reason = f"the exemption code {code} is for VAT category {category}, not {group.get('category')}"
            found.add(
                f"PEPPOL-EN16931-{rule}", "BT-121", reason, f"give the code that fits {AT_SOURCE}", code
            )


def _percentages(details: Iterable[AllowanceCharge], where: str, found: Findings) -> None:
    for detail in details:
        if "percent" not in detail or "base" not in detail:
            continue
        amount, base = number(detail.get("amount", "0")), number(detail["base"])
        percent = number(detail["percent"])
        if amount is None or base is None or percent is None:
            continue
        expected = EXACT.divide(EXACT.multiply(base, percent), HUNDRED)
        if abs(expected - amount) > _SLACK:
            what = f"{percent:f} % of {base:f} is {expected:f}"
            reason = f"an allowance or charge of {where} is {amount:f}, but {what}"
            remedy = f"have amount, base or percentage corrected {AT_SOURCE}"
            found.add("PEPPOL-EN16931-R040", "BT-92", reason, remedy, detail.get("amount", ""))


def _line(line: Line, where: str, document: Document, found: Findings) -> None:
    _net(line, where, found)
    for kind in ("allowances", "charges"):
        if kind in line:
            _percentages(line[kind], where, found)
    if "gross_price" in line:
        _gross(line, where, found)
    if "period" in line and "period" in document:
        inner, outer = line["period"], document["period"]
        if inner.get("start", "9") < outer.get("start", ""):
            reason = f"the period of {where} begins on {inner['start']}, before the document's"
            found.add(
                "PEPPOL-EN16931-R110", "BT-134", reason, f"correct the period {AT_SOURCE}", inner["start"]
            )
        if inner.get("end", "") > outer.get("end", "9"):
            reason = f"the period of {where} ends on {inner['end']}, after the document's"
            found.add(
                "PEPPOL-EN16931-R111", "BT-135", reason, f"correct the period {AT_SOURCE}", inner["end"]
            )


def _net(line: Line, where: str, found: Findings) -> None:
    """R120 and R121."""
    base = number(line["base_quantity"]) if "base_quantity" in line else Decimal(1)
    if base is None:
        return
    if base <= 0:
        remedy = f"give a quantity above zero, or none {AT_SOURCE}"
        reason = f"the base quantity of {where} is {line['base_quantity']}"
        found.add("PEPPOL-EN16931-R121", "BT-149", reason, remedy, line["base_quantity"])
    net, quantity = number(line.get("net", "")), number(line.get("quantity", ""))
    price = number(line.get("price", ""))
    less = total(line["allowances"]) if "allowances" in line else ZERO
    more = total(line["charges"]) if "charges" in line else ZERO
    if net is None or quantity is None or price is None or less is None or more is None:
        return
    gross = EXACT.multiply(quantity, price)
    if base not in (0, 1):
        gross = EXACT.divide(gross, base)
    expected = gross + rounded(more) - rounded(less) if more or less else gross
    if abs(expected - net) > _SLACK:
        what = f"quantity x price - allowances + charges is {expected:f}"
        reason = f"the net amount of {where} is {net:f}, but {what}"
        remedy = f"have the line corrected, or its price given with all decimals, {AT_SOURCE}"
        found.add("PEPPOL-EN16931-R120", "BT-131", reason, remedy, line["net"])


def _gross(line: Line, where: str, found: Findings) -> None:
    net, gross = number(line.get("price", "")), number(line["gross_price"])
    less = number(line.get("price_discount", "0"))
    if net is None or gross is None or less is None or net == gross - less:
        return
    reason = f"the net price of {where} is {net:f}, but {gross:f} less {less:f} is {gross - less:f}"
    found.add(
        "PEPPOL-EN16931-R046",
        "BT-146",
        reason,
        f"have the prices corrected {AT_SOURCE}",
        line.get("price", ""),
    )

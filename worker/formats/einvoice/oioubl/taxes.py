"""Taxes in OIOUBL 2.1: its own names of VAT categories, a tax total on each line, a group per category."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from models.invoice_document import Document, Line, VatSubtotal
from worker.formats.einvoice import amounts
from worker.formats.einvoice.amounts import EXACT, HUNDRED, ZERO, number, rounded
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.formats.einvoice.ubl.parts import amount
from worker.formats.einvoice.xml import attribute, leaf

CATEGORIES: Final = {"S": "StandardRated", "Z": "ZeroRated", "E": "ZeroRated", "AE": "ReverseCharge"}
CATEGORIES_OF_1_4: Final = frozenset({"B", "M", "L", "K", "O", "G"})
"""Categories that kept their code, and came with the newest list."""
_STANDARD: Final = "StandardRated"
_AGENCY: Final = attribute("schemeAgencyID", "320")
VAT: Final = (
    f"<cac:TaxScheme><cbc:ID{_AGENCY}{attribute('schemeID', 'urn:oioubl:id:taxschemeid-1.1')}>63</cbc:ID>"
    "<cbc:Name>Moms</cbc:Name></cac:TaxScheme>"
)
_ONE: Final = Decimal(1)
_LEAST: Final = Decimal("0.005")


def name_of(category: str) -> str | None:
    """OIOUBL's name of a VAT category; None for one that it has none for."""
    return CATEGORIES.get(category, category if category in CATEGORIES_OF_1_4 else None)


def money(value: Decimal) -> str:
    """An amount with exactly two decimals."""
    return str(rounded(value))


def padded(stated: str) -> str:
    """A stated amount with exactly two decimals."""
    return stated if stated[-3:-2] == "." else money(number(stated) or ZERO)


def groups(document: Document) -> list[VatSubtotal]:
    """The VAT groups, those that have one name here put together (Z and E are both ZeroRated)."""
    found: dict[str, VatSubtotal] = {}
    for group in document.get("vat_breakdown", ()):
        name = name_of(group.get("category", "")) or ""
        known = found.get(name)
        if known is None or name != "ZeroRated":
            found[name if known is None else f"{name} {len(found)}"] = group.copy()
            continue
        known["base"] = _sum(known.get("base", ""), group.get("base", ""))
        known["amount"] = _sum(known.get("amount", ""), group.get("amount", ""))
        if "exemption_reason" in group or "exemption_code" in group:
            known.update({key: value for key, value in group.items() if key.startswith("exemption")})  # type: ignore[typeddict-item]
    return list(found.values())


def _sum(one: str, other: str) -> str:
    found = amounts.sum_of((one, other))
    return "" if found is None else amounts.text(found)


def check(document: Document, found: Findings) -> None:
    """F-LIB309, -315, -381, -382, -401, -402, -404; sums are those of EN 16931."""
    uses = [*document.get("lines", ()), *document.get("allowances", ()), *document.get("charges", ())]
    for use in uses:
        category = use.get("vat_category")
        if category is None:
            found.missing("F-INV138", "BT-151", "the VAT category of a line, allowance or charge")
        else:
            _category(category, use.get("vat_rate"), found)
    used = {name_of(use.get("vat_category", "")) for use in uses}
    stated = groups(document)
    if not stated:
        found.missing("F-INV008", "BG-23", "the VAT breakdown")
    names = [name_of(group.get("category", "")) for group in stated]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            reason = f"it has {names.count(name)} VAT groups of category {name}, and OIOUBL takes one of each"
            found.add("F-LIB315", "BG-23", reason, f"invoice each VAT rate apart, {AT_SOURCE}", str(name))
    for name in sorted({str(one) for one in used ^ set(names)}):
        reason = f"the VAT category {name} is on a line and not in the VAT breakdown, or the other way round"
        found.add("F-LIB404", "BG-23", reason, f"have the VAT breakdown corrected {AT_SOURCE}", name)
    bases = _bases(document)
    for group in stated:
        _group(group, bases, found)


def _category(category: str, rate: str | None, found: Findings) -> None:
    value = None if rate is None else number(rate)
    if name_of(category) is None:
        reason = f"the VAT category {category} has no name in OIOUBL"
        found.add("F-LIB309", "BT-151", reason, f"give one of S, Z, E, AE, K, O, G {AT_SOURCE}", category)
    if rate is not None and value is None:
        found.no_number("BT-152", "a VAT rate", rate)
    elif category == "S" and (value is None or value <= 0):
        found.add(
            "F-LIB382",
            "BT-152",
            f"a standard VAT rate is {rate}",
            f"give one above zero {AT_SOURCE}",
            rate or "",
        )
    elif category in ("Z", "E") and value:
        found.add("F-LIB400", "BT-152", f"a zero rate is {rate}", f"give 0 {AT_SOURCE}", rate or "")


def _bases(document: Document) -> dict[str | None, Decimal]:
    found: dict[str | None, Decimal] = {}
    signed = [(line, line.get("net", ""), 1) for line in document.get("lines", ())]
    details = [(one, one.get("amount", ""), -1) for one in document.get("allowances", ())]
    details += [(one, one.get("amount", ""), 1) for one in document.get("charges", ())]
    for one, stated, sign in [*signed, *details]:
        name = name_of(one.get("vat_category", ""))
        found[name] = found.get(name, ZERO) + sign * (number(stated) or ZERO)
    return found


def _group(group: VatSubtotal, bases: dict[str | None, Decimal], found: Findings) -> None:
    name = name_of(group.get("category", ""))
    base, vat, rate = (number(group.get(term, "")) for term in ("base", "amount", "rate"))
    for value, term, what in ((base, "BT-116", "taxable amount"), (vat, "BT-117", "VAT")):
        if value is None:
            found.missing("F-LIB259", term, f"the {what} of the VAT group {name}, as a number,")
    if group.get("rate") is not None and rate is None:
        found.no_number("BT-119", "the rate of a VAT group", group["rate"])
    if base is None or vat is None:
        return
    if abs(base - bases.get(name, ZERO)) > _ONE:
        reason = f"the taxable amount of {name} is {base:f}, but its lines come to {bases.get(name, ZERO):f}"
        found.add("F-LIB402", "BT-116", reason, f"have it corrected {AT_SOURCE}", group["base"])
    due = EXACT.divide(EXACT.multiply(base, rate or ZERO), HUNDRED)
    if name == _STANDARD and (rate is None or rate <= 0):
        found.add("F-LIB382", "BT-119", "the standard VAT group has no rate", f"give it {AT_SOURCE}")
    elif name == _STANDARD and base > 0 and vat == 0 and due >= _LEAST:
        reason = f"the VAT of {base:f} at {rate:f} % is zero"
        found.add("F-LIB381", "BT-117", reason, f"have it corrected {AT_SOURCE}", group["amount"])
    elif abs(vat - due) > _ONE:
        reason = f"the VAT of {name} is {vat:f}, but {base:f} at {rate or ZERO:f} % is {due:f}"
        found.add("F-LIB401", "BT-117", reason, f"have it corrected {AT_SOURCE}", group["amount"])


@lru_cache(maxsize=1024)
def category_element(category: str, rate: str | None, reason: str = "") -> str:
    """The TaxCategory."""
    name = name_of(category) or ""
    version = "1.4" if name in CATEGORIES_OF_1_4 else "1.1"
    scheme = _AGENCY + attribute("schemeID", f"urn:oioubl:id:taxcategoryid-{version}")
    text = leaf("cbc:TaxExemptionReason", reason) if reason else ""
    return (
        f"<cac:TaxCategory>{leaf('cbc:ID', name, scheme)}<cbc:Percent>{rate or '0'}</cbc:Percent>{text}{VAT}"
        "</cac:TaxCategory>"
    )


def line_total(line: Line, currency: str, exempt: str) -> str:
    """What stands in the TaxTotal of a line; `exempt`: why lines of category E are."""
    reason = exempt if line["vat_category"] == "E" else ""
    net, rate = number(line["net"]) or ZERO, number(line.get("vat_rate", "0"))
    vat = money(EXACT.scaleb(EXACT.multiply(net, rate), -2)) if rate else "0.00"
    total = amount("cbc:TaxAmount", vat, currency)
    category = category_element(line["vat_category"], line.get("vat_rate"), reason)
    base = amount("cbc:TaxableAmount", padded(line["net"]), currency)
    return f"{total}<cac:TaxSubtotal>{base}{total}{category}</cac:TaxSubtotal>"


def exemption(document: Document) -> str:
    """Why lines of category E are exempt; the reason tells them from those that are zero rated."""
    reasons = [
        group.get("exemption_reason") or group.get("exemption_code", "")
        for group in document.get("vat_breakdown", ())
        if group.get("category") == "E"
    ]
    return next(iter(reasons), "")


def document_total(document: Document, currency: str) -> str:
    """What stands in the TaxTotal of the document."""
    stated = groups(document)
    vat = sum((number(group["amount"]) or ZERO for group in stated), ZERO)
    inner = amount("cbc:TaxAmount", money(vat), currency)
    for group in stated:
        reason = group.get("exemption_reason") or group.get("exemption_code", "")
        inner += (
            "<cac:TaxSubtotal>"
            + amount("cbc:TaxableAmount", padded(group["base"]), currency)
            + amount("cbc:TaxAmount", padded(group["amount"]), currency)
            + _accounting(document, group)
            + category_element(group["category"], group.get("rate"), reason)
            + "</cac:TaxSubtotal>"
        )
    return inner


def _accounting(document: Document, group: VatSubtotal) -> str:
    """BT-111 stands with the one group that has VAT."""
    if "tax_currency" not in document or name_of(group.get("category", "")) != _STANDARD:
        return ""
    stated = padded(document["totals"]["vat_accounting"])
    return amount("cbc:TransactionCurrencyTaxAmount", stated, document["tax_currency"])

"""The rules of OIOUBL 2.1 (F-INV and their twins F-CRN, F-LIB), for a prepared document."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from models.invoice_document import (
    AllowanceCharge,
    Document,
    Line,
    LineItem,
)
from models.problems import Problem
from worker.formats.einvoice import codes, embedded
from worker.formats.einvoice.amounts import EXACT, HUNDRED, ZERO, number
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.formats.einvoice.oioubl import climate, party_rules, payments, taxes
from worker.formats.einvoice.rules import head, lines, totals

_NAMES: Final = {"BR-29": "F-LIB080"}
"""How OIOUBL calls rules that are EN 16931's too."""
_TWINS: Final = {
    **_NAMES,
    "F-INV008": "F-CRN005",
    "F-INV016": "F-CRN011",
    "F-INV018": "F-CRN013",
    "F-INV031": "F-CRN028",
    "F-INV044": "F-CRN040",
    "F-INV126": "F-CRN072",
    "F-INV133": "F-CRN079",
    "F-INV137": "F-CRN196",
    "F-INV138": "F-CRN081",
    "F-INV139": "F-CRN083",
    "F-INV140": "F-CRN084",
    "F-INV147": "F-CRN088",
    "F-INV149": "F-CRN089",
    "F-INV163": "F-CRN110",
    "F-INV234": "F-CRN133",
    "F-INV338": "F-CRN208",
    "F-INV340": "F-CRN210",
    "F-INV348": "F-CRN216",
}
"""How the rules of invoices are called for credit notes."""
_ONE: Final = Decimal(1)
_MOST: Final = Decimal(10) ** 12
"""Sums are compared as floating numbers by the published rules; above this they are no longer exact."""
_MOST_ROUNDING: Final = Decimal(10)
_TAX_CURRENCIES: Final = ("DKK", "EUR")
_NEEDED: Final = (
    ("id", "F-INV140", "BT-126", "the identifier"),
    ("quantity", "F-INV137", "BT-129", "the quantity"),
    ("unit", "F-LIB007", "BT-130", "the unit"),
    ("net", "F-INV149", "BT-131", "the net amount"),
    ("price", "F-INV139", "BT-146", "the net price"),
)
_KEYS: Final = {name for name, *_ in _NEEDED}


def check(document: Document) -> list[Problem]:
    """Everything in which a prepared document breaks OIOUBL's rules."""
    found = Findings()
    head.check_basics(document, found)
    head.check_attachments(document, "oioubl_attachment_types", "F-LIB098", found)
    embedded.check(document, found)
    _head(document, found)
    party_rules.check(document, found)
    for payment in document.get("payment", ()):
        payments.check(payment, found)
    for position, line in enumerate(document.get("lines", ()), start=1):
        _line(line, f"line {line.get('id', position)}", found)
    if not document.get("lines"):
        found.add("F-INV126", "BG-25", "the invoice has no lines", f"give it its lines {AT_SOURCE}")
    for kind in ("allowances", "charges"):
        for detail in document.get(kind, ()):  # type: ignore[attr-defined]
            _detail(detail, document, found)
    taxes.check(document, found)
    _totals(document, found)
    names = _TWINS if document.get("document_type") == "credit_note" else _NAMES
    return [replace(one, code=names[one.code]) if one.code in names else one for one in found]


def _head(document: Document, found: Findings) -> None:
    credit = document.get("document_type") == "credit_note"
    code = document["type_code"]
    if not credit and code not in codes.load("oioubl_invoice_types"):
        found.unlisted("F-INV011", "BT-3", "the type code", code, "oioubl_invoice_types")
    currency = document.get("currency", "")
    if currency not in codes.load("oioubl_currencies"):
        found.unlisted("F-LIB298", "BT-5", "the currency", currency, "oioubl_currencies")
    if "tax_currency" not in document:
        return
    if document["tax_currency"] not in _TAX_CURRENCIES:
        reason = f"the VAT accounting currency is {document['tax_currency']}"
        found.add("F-INV016", "BT-6", reason, f"give DKK or EUR {AT_SOURCE}", document["tax_currency"])
    if "S" not in {group.get("category") for group in document.get("vat_breakdown", ())}:
        what = "a standard rated VAT group, which VAT in the accounting currency stands with,"
        found.missing("F-INV018", "BT-111", what)
    theirs, ours = (number(document["totals"].get(name, "0")) for name in ("vat_accounting", "vat"))
    if theirs and ours and (theirs < 0) != (ours < 0):
        reason = f"the VAT is {ours:f}, and {theirs:f} in the accounting currency"
        found.add("F-LIB266", "BT-111", reason, f"give both the same sign {AT_SOURCE}")


def _line(line: Line, where: str, found: Findings) -> None:
    if not line.keys() >= _KEYS:
        for name, code, term, what in _NEEDED:
            if name not in line:
                found.missing(code, term, f"{what} of {where}")
    lines.check_numbers(line, where, found)
    if "unit" in line and line["unit"] not in codes.load("oioubl_units"):
        found.unlisted("F-LIB318", "BT-130", f"the unit of {where}", line["unit"], "oioubl_units")
    _amount(line, where, found)
    for kind in ("allowances", "charges"):
        for detail in line.get(kind, ()):  # type: ignore[attr-defined]
            if number(detail.get("amount", "")) is None:
                found.missing(
                    "XSD", "BT-136", f"the amount of an allowance or charge of {where}, as a number,"
                )
    if "period" in line:
        head.check_period(
            line["period"], "F-LIB080", "BR-CO-20", ("BT-134", "BT-135"), f"the period of {where}", found
        )
    if "object" in line:
        found.valued(line["object"], "BT-128", f"the object of {where}")
    _item(line.get("item", {}), where, found)
    climate.check(line, where, found)


def _amount(line: Line, where: str, found: Findings) -> None:
    quantity, price = number(line.get("quantity", "")), number(line.get("price", ""))
    net, base = number(line.get("net", "")), number(line.get("base_quantity", "1"))
    if quantity == 0:
        found.add(
            "F-INV147", "BT-129", f"the quantity of {where} is zero", f"leave the line out {AT_SOURCE}", "0"
        )
    if base is not None and base <= 0:
        reason = f"the base quantity of {where} is {base:f}"
        found.add(
            "F-LIB019", "BT-149", reason, f"give one above zero {AT_SOURCE}", line.get("base_quantity", "")
        )
    elif quantity is not None and price is not None and net is not None and base and not _is_free(line):
        expected = EXACT.divide(EXACT.multiply(quantity, price), base)
        if abs(expected - net) > Decimal("0.99"):
            reason = f"the net amount of {where} is {net:f}, but quantity x price is {expected:f}"
            rule = "F-INV340" if "base_quantity" in line else "F-INV348"
            found.add(rule, "BT-131", reason, f"have the line corrected {AT_SOURCE}", line["net"])


def _is_free(line: Line) -> bool:
    return line.get("free_of_charge") == "true"


def _item(item: LineItem, where: str, found: Findings) -> None:
    if "name" not in item:
        found.missing("F-INV163", "BT-153", f"the name of the item of {where}")
    if "standard_id" in item:
        found.valued(item["standard_id"], "BT-157", f"the standard item number of {where}")
    for one in item.get("classifications", ()):
        if "value" not in one:
            found.missing("BR-65", "BT-158", f"an item classification of {where}")
    for pair in item.get("properties", ()):
        if "name" not in pair or "value" not in pair:
            found.missing("F-INV234", "BT-160", f"the name or value of an item property of {where}")


def _detail(detail: AllowanceCharge, document: Document, found: Findings) -> None:
    """F-LIB019, -226 to -228, -248: an allowance or charge of the document."""
    what = "an allowance or charge of the document"
    values = {name: number(detail.get(name, "")) for name in ("amount", "base", "percent")}
    for name, value in values.items():
        if name in detail and value is None:
            found.no_number("BT-92", f"the {name} of {what}", detail[name])  # type: ignore[literal-required]
    amount, base, percent = values["amount"], values["base"], values["percent"]
    if amount is None:
        found.missing("XSD", "BT-92", f"the amount of {what}")
        return
    invoice = document.get("document_type") != "credit_note"
    if invoice and (amount <= 0 or (base is not None and base <= 0)):
        reason = f"{what} is {amount:f} of {base if base is not None else amount:f}, which is not above zero"
        found.add("F-LIB019", "BT-92", reason, f"make it the opposite, or leave it out, {AT_SOURCE}")
    if percent is not None and base is not None:
        expected = EXACT.divide(EXACT.multiply(base, percent), HUNDRED)
        if percent < 0 or abs(expected - amount) > _ONE:
            reason = f"{what} is {amount:f}, but {percent:f} % of {base:f} is {expected:f}"
            found.add("F-LIB228", "BT-94", reason, f"have it corrected {AT_SOURCE}", detail["percent"])


def _totals(document: Document, found: Findings) -> None:
    """The sums of EN 16931 over lines that cost something, and what OIOUBL asks for beside them."""
    paid_lines = [line for line in document.get("lines", ()) if not _is_free(line)]
    totals.check({**document, "lines": paid_lines}, found)
    values = {name: number(str(value)) or ZERO for name, value in document["totals"].items()}
    for name, rule, term in (
        ("with_vat", "F-LIB016", "BT-112"),
        ("payable", "F-LIB016", "BT-115"),
        ("paid", "F-LIB013", "BT-113"),
    ):
        value = values.get(name, ZERO) + (values.get("rounding", ZERO) if name == "with_vat" else ZERO)
        if value < 0:
            reason = f"the total {name.replace('_', ' ')} is {value:f}, and OIOUBL has none below zero"
            found.add(rule, term, reason, f"make it a credit note {AT_SOURCE}", f"{value:f}")
    if abs(values.get("rounding", ZERO)) > _MOST_ROUNDING:
        reason = f"the rounding is {values['rounding']:f}, and it is at most 10.00"
        found.add("F-INV338", "BT-114", reason, f"correct it {AT_SOURCE}", f"{values['rounding']:f}")
    for name, value in values.items():
        if abs(value) >= _MOST:
            reason = f"the total {name.replace('_', ' ')} is {value:f}, which the rules cannot sum exactly"
            found.add("F-INV133", "BG-22", reason, f"invoice it in parts {AT_SOURCE}", f"{value:f}")

"""Rules of lines: what each must have, its numbers, its codes."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Document, Identifier, Line, LineItem
from worker.formats.einvoice import codes
from worker.formats.einvoice.amounts import is_precise, number
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.formats.einvoice.rules import details
from worker.formats.einvoice.rules.head import check_period

_NEEDED: Final = (
    ("id", "BR-21", "BT-126", "the identifier"),
    ("quantity", "BR-22", "BT-129", "the quantity"),
    ("unit", "BR-23", "BT-130", "the unit"),
    ("net", "BR-24", "BT-131", "the net amount"),
    ("price", "BR-26", "BT-146", "the net price"),
    ("vat_category", "BR-CO-04", "BT-151", "the VAT category"),
)
_KEYS: Final = {name for name, *_ in _NEEDED}
_NUMBERS: Final = (
    ("quantity", "BT-129", "the quantity"),
    ("net", "BT-131", "the net amount"),
    ("price", "BT-146", "the net price"),
    ("price_discount", "BT-147", "the price discount"),
    ("gross_price", "BT-148", "the gross price"),
    ("base_quantity", "BT-149", "the base quantity"),
)


def check(document: Document, found: Findings) -> None:
    """BR-16, BR-21 to BR-30, BR-41 to BR-44, BR-54, BR-64, BR-65, BR-CO-04, BR-CO-20, their code lists."""
    lines = document.get("lines", ())
    if not lines:
        found.add("BR-16", "BG-25", "the invoice has no lines", f"give it its lines {AT_SOURCE}")
    units = codes.load("units").codes
    for position, line in enumerate(lines, start=1):
        where = f"line {line.get('id', position)}"
        if not line.keys() >= _KEYS:
            for name, code, term, what in _NEEDED:
                if name not in line:
                    found.missing(code, term, f"{what} of {where}")
        check_numbers(line, where, found)
        _not_negative(line.get("price"), "BR-27", "BT-146", f"the net price of {where}", found)
        _not_negative(line.get("gross_price"), "BR-28", "BT-148", f"the gross price of {where}", found)
        if line.get("unit", "C62") not in units:
            found.unlisted("BR-CL-23", "BT-130", f"the unit of {where}", line["unit"], "units")
        _item(line.get("item"), where, found)
        if "period" in line:
            what = f"the period of {where}"
            check_period(line["period"], "BR-30", "BR-CO-20", ("BT-134", "BT-135"), what, found)
        if "allowances" in line:
            details.check_each(line["allowances"], details.LINE_ALLOWANCE, where, found)
        if "charges" in line:
            details.check_each(line["charges"], details.LINE_CHARGE, where, found)
        _object(line.get("object"), where, found)


def check_numbers(line: Line, where: str, found: Findings) -> None:
    """That the numbers of a line are numbers, and its net amount is one with two decimals."""
    for name, term, what in _NUMBERS:
        value: str | None = line.get(name)  # type: ignore[assignment]
        if value is not None and number(value) is None:
            found.no_number(term, f"{what} of {where}", value)
    if is_precise(line.get("net", "")):
        found.too_precise("BR-DEC-23", "BT-131", f"the net amount of {where}", line["net"])


def _not_negative(stated: str | None, code: str, term: str, what: str, found: Findings) -> None:
    if stated is None or "-" not in stated:
        return
    value = number(stated)
    if value is not None and value < 0:
        remedy = f"give the quantity a minus sign and not the price, {AT_SOURCE}"
        found.add(code, term, f"{what} is {stated}, and a price is never negative", remedy, stated)


def _item(item: LineItem | None, where: str, found: Findings) -> None:
    if item is None or "name" not in item:
        found.missing("BR-25", "BT-153", f"the name of the item of {where}")
        if item is None:
            return
    standard = item.get("standard_id")
    if standard is not None:
        _standard(standard, where, found)
    country = item.get("origin_country")
    if country is not None and country not in codes.load("countries"):
        found.unlisted("BR-CL-15", "BT-159", f"the country of origin of {where}", country, "countries")
    _classified(item, where, found)
    for pair in item.get("properties", ()):
        if "name" not in pair or "value" not in pair:
            found.missing("BR-54", "BT-160", f"the name or value of an item property of {where}")


def _classified(item: LineItem, where: str, found: Findings) -> None:
    for one in item.get("classifications", ()):
        scheme = one.get("scheme")
        if scheme is None:
            found.missing("BR-65", "BT-158", f"the scheme of an item classification of {where}")
        elif scheme not in codes.load("item_classifications"):
            what = f"the scheme of an item classification of {where}"
            found.unlisted("BR-CL-13", "BT-158", what, scheme, "item_classifications")
        if "value" not in one:
            found.missing("BR-65", "BT-158", f"an item classification of {where}")


def _standard(standard: Identifier, where: str, found: Findings) -> None:
    found.valued(standard, "BT-157", f"the standard item number of {where}")
    scheme = standard.get("scheme")
    if scheme is None:
        found.missing("BR-64", "BT-157", f"the scheme of the standard item number of {where}")
    elif scheme not in codes.load("identifier_schemes"):
        what = f"the scheme of the standard item number of {where}"
        found.unlisted("BR-CL-21", "BT-157", what, scheme, "identifier_schemes")


def _object(given: Identifier | None, where: str, found: Findings) -> None:
    if given is None:
        return
    found.valued(given, "BT-128", f"the object of {where}")
    scheme = given.get("scheme")
    if scheme and scheme not in codes.load("object_schemes"):
        found.unlisted("BR-CL-07", "BT-128", f"the scheme of the object of {where}", scheme, "object_schemes")

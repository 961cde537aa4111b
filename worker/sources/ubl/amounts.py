"""Allowances, VAT and totals of a UBL document, brought to what EN 16931 means by them.

OIOUBL 2.1 uses the same elements otherwise: TaxExclusiveAmount is the sum of the taxes (F-INV127), and
TaxInclusiveAmount holds the rounding (F-INV128), as it does in UBL's own examples; a charge's multiplier is a
factor and not a percentage (F-LIB228). Whichever reading the figures agree with is taken; figures that agree
with none are left for the check of totals to refuse.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from worker.sources import Unreadable
from worker.sources.totals import number
from worker.sources.ubl.parties import fields, put, take_vat
from worker.sources.ubl.tree import Node

TOTAL: Final = "cac:LegalMonetaryTotal"
TOTALS: Final = (
    ("cbc:LineExtensionAmount", "line_net"),
    ("cbc:AllowanceTotalAmount", "allowances"),
    ("cbc:ChargeTotalAmount", "charges"),
    ("cbc:TaxExclusiveAmount", "without_vat"),
    ("cbc:TaxInclusiveAmount", "with_vat"),
    ("cbc:PrepaidAmount", "paid"),
    ("cbc:PayableRoundingAmount", "rounding"),
    ("cbc:PayableAmount", "payable"),
)
_ALLOWANCE: Final = (
    ("cbc:Amount", "amount"),
    ("cbc:BaseAmount", "base"),
    ("cbc:AllowanceChargeReason", "reason"),
    ("cbc:AllowanceChargeReasonCode", "reason_code"),
)
_GROUP: Final = (
    ("cbc:TaxableAmount", "base"),
    ("cbc:TaxAmount", "amount"),
    ("cac:TaxCategory/cbc:TaxExemptionReason", "exemption_reason"),
    ("cac:TaxCategory/cbc:TaxExemptionReasonCode", "exemption_code"),
)
_CHARGE: Final = {"true": "charges", "1": "charges", "false": "allowances", "0": "allowances"}
# OIOUBL's tax categories (urn:oioubl:id:taxcategoryid-1.1) in UN/ECE 5305 codes.
_CATEGORIES: Final = {"StandardRated": "S", "ZeroRated": "Z", "ReverseCharge": "AE"}
_VAT_SCHEMES: Final = frozenset({"VAT", "63"})
_ZERO = Decimal(0)
_Content = dict[str, Any]


def read(root: Node, found: _Content, *, oioubl: bool) -> None:
    """Add currency, allowances, charges, VAT groups and totals of a document to what was found in it."""
    monetary = root.find(TOTAL)
    currency = found.get("currency") or _currency_of(root)
    put(found, "currency", currency)
    if monetary is not None:
        _check_currency(monetary, currency)
    root.forget_attribute("currencyID", currency)
    found.update(allowances(root, factor=oioubl))
    totals = fields(monetary, TOTALS)
    _taxes(root, found, totals)
    if monetary is not None:
        if oioubl:
            _net_of_taxes(monetary, totals, _net(found, totals))
        _rounding_apart(monetary, totals)
    put(found, "totals", totals)


def allowances(node: Node, *, factor: bool = False) -> _Content:
    """Allowances and charges of a document or a line, each under its own field."""
    found: dict[str, list[_Content]] = {}
    for child in node.all("cac:AllowanceCharge"):
        field = _CHARGE.get(child.peek("cbc:ChargeIndicator"))
        if field is not None:
            child.take("cbc:ChargeIndicator")
            found.setdefault(field, []).append(_allowance(child, factor=factor))
    return dict(found)


def price_discount(line: Node) -> _Content:
    """BT-147 and BT-148: what was taken off the gross price."""
    node = line.find("cac:Price/cac:AllowanceCharge")
    if node is None or _CHARGE.get(node.peek("cbc:ChargeIndicator")) != "allowances":
        return {}
    node.take("cbc:ChargeIndicator")
    return fields(node, (("cbc:Amount", "price_discount"), ("cbc:BaseAmount", "gross_price")))


def line_category(line: Node) -> _Content:
    """BT-151 and BT-152; OIOUBL states them in the line's own tax total instead of the item."""
    node = line.find("cac:Item/cac:ClassifiedTaxCategory")
    if node is None:
        groups = [group for total in line.all("cac:TaxTotal") for group in total.all("cac:TaxSubtotal")]
        categories = [found for group in groups if (found := group.find("cac:TaxCategory"))]
        vat = [one for one in categories if one.peek("cac:TaxScheme/cbc:ID") in _VAT_SCHEMES]
        node = next(iter(vat or categories), None)
    return _category(node, "vat_category", "vat_rate")


def _allowance(node: Node, *, factor: bool) -> _Content:
    found = fields(node, _ALLOWANCE)
    rate = number(node.peek("cbc:MultiplierFactorNumeric"))
    if factor and rate is not None:
        found["percent"] = format((rate * 100).normalize(), "f")
    else:
        put(found, "percent", node.take("cbc:MultiplierFactorNumeric"))
    found.update(_category(node.find("cac:TaxCategory"), "vat_category", "vat_rate"))
    return found


def _category(node: Node | None, category: str, rate: str) -> _Content:
    found: _Content = {}
    if node is not None:
        translated = _CATEGORIES.get(node.peek("cbc:ID"))
        if translated == "Z" and node.peek("cbc:TaxExemptionReason"):
            translated = "E"  # OIOUBL has one name for zero rated and exempt
        put(found, category, translated or node.take("cbc:ID"))
        put(found, rate, node.take("cbc:Percent"))
        take_vat(node)
    return found


def _currency_of(root: Node) -> str:
    """The currency of the amount to pay, for the many documents that state no currency of their own."""
    payable = root.find(f"{TOTAL}/cbc:PayableAmount")
    return "" if payable is None else payable.attributes.get("currencyID", "").strip()


def _check_currency(monetary: Node, currency: str) -> None:
    for element, _ in TOTALS:
        amount = monetary.find(element)
        stated = "" if amount is None else amount.attributes.get("currencyID", "").strip()
        if amount is not None and stated and stated != currency:
            raise Unreadable(
                f"the document is in {currency}, but this total is in {stated}",
                code="totals_contradict",
                remedy="have the invoice corrected where it is made, and import the corrected one",
                xpath=amount.path(),
            )


def _taxes(root: Node, found: _Content, totals: _Content) -> None:
    """BG-23, BT-110 and BT-111: several totals in the document's currency (one for each tax) are summed."""
    groups: list[_Content] = []
    stated: list[Node] = []
    for total in root.all("cac:TaxTotal"):
        amount = total.find("cbc:TaxAmount")
        if amount is None:
            continue
        other = amount.attributes.get("currencyID", "")
        if not other:
            stated.append(amount)
            groups += [_group(node) for node in total.all("cac:TaxSubtotal")]
        elif other == found.get("tax_currency") and "vat_accounting" not in totals:
            put(totals, "vat_accounting", amount.take_text())
            amount.take_attribute("currencyID")
    put(found, "vat_breakdown", [group for group in groups if group])
    if "vat_accounting" not in totals:
        put(totals, "vat_accounting", _transaction_tax(root, found))
    if len(stated) == 1:
        put(totals, "vat", stated[0].take_text())
    elif stated:
        values = [number(amount.text) for amount in stated]
        put(totals, "vat", _text(sum((value or _ZERO for value in values), _ZERO)))


def _transaction_tax(root: Node, found: _Content) -> str:
    """BT-111 as OIOUBL has it: within the VAT groups, in the tax currency."""
    amounts = [
        amount
        for total in root.all("cac:TaxTotal")
        for group in total.all("cac:TaxSubtotal")
        if (amount := group.find("cbc:TransactionCurrencyTaxAmount")) is not None
    ]
    currencies = {amount.attributes.get("currencyID", "") for amount in amounts}
    values = [number(amount.text) for amount in amounts]
    if not amounts or currencies != {found.get("tax_currency")} or None in values:
        return ""
    if len(amounts) == 1:
        amounts[0].take_attribute("currencyID")
        return amounts[0].take_text()
    return _text(sum((value or _ZERO for value in values), _ZERO))


def _group(node: Node) -> _Content:
    found = _category(node.find("cac:TaxCategory"), "category", "rate")
    found.update(fields(node, _GROUP))
    return found


def _net_of_taxes(monetary: Node, totals: _Content, net: Decimal | None) -> None:
    """Turn OIOUBL's TaxExclusiveAmount, the sum of the taxes, into the total without VAT."""
    text: str = totals.get("without_vat", "")
    taxes = number(text)
    if taxes is None or net is None or taxes == net:
        return
    vat = number(str(totals.setdefault("vat", text)))
    if vat is not None and round(taxes, 2) != round(vat, 2):
        raise Unreadable(
            f"TaxExclusiveAmount is {taxes:f}, which is neither the sum of the taxes ({vat:f}; F-INV127)"
            f" nor the total without them ({net:f})",
            code="totals_contradict",
            remedy="have the invoice corrected where it is made, and import the corrected one",
            xpath=f"{monetary.path()}/cbc:TaxExclusiveAmount",
        )
    totals["without_vat"] = _text(net)
    _put_back(monetary, "cbc:TaxExclusiveAmount", text)


def _rounding_apart(monetary: Node, totals: _Content) -> None:
    """Take the rounding out of a TaxInclusiveAmount that holds it, as the amount to pay shows."""
    text = totals.get("with_vat", "")
    inclusive, rounding = number(text), number(totals.get("rounding", ""))
    payable, paid = number(totals.get("payable", "")), number(totals.get("paid", "0"))
    if inclusive is None or not rounding or payable is None or paid is None:
        return
    if payable == inclusive - paid:
        totals["with_vat"] = _text(inclusive - rounding)
        _put_back(monetary, "cbc:TaxInclusiveAmount", text)


def _net(found: _Content, totals: _Content) -> Decimal | None:
    lines = number(totals.get("line_net", ""))
    less, more = (_sum(found, totals, kind) for kind in ("allowances", "charges"))
    return None if lines is None or less is None or more is None else lines - less + more


def _sum(found: _Content, totals: _Content, kind: str) -> Decimal | None:
    """The stated sum of allowances or charges, or else the one that follows from them."""
    if kind in totals:
        return number(totals[kind])
    amounts = [number(one.get("amount", "")) for one in found.get(kind, ())]
    return sum((amount or _ZERO for amount in amounts), _ZERO)


def _put_back(monetary: Node, name: str, text: str) -> None:
    node = monetary.find(name)
    if node is not None:
        node.text = text


def _text(value: Decimal) -> str:
    return format(value, "f")

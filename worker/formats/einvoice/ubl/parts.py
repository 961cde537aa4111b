"""Parts of a UBL document that all its formats write alike: texts to escape, put into the schema's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from models.invoice_document import Address, Identifier, Line, LineItem, Payment, Period, PrecedingInvoice
from worker.formats.einvoice.amounts import plain
from worker.formats.einvoice.ubl.order import ORDER
from worker.formats.einvoice.xml import DECLARATION, attribute, escaped, leaf, wrapped

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES: Final = {root: f"{_UBL}{root}-2" for root in ("Invoice", "CreditNote")}
VAT_SCHEME: Final = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
_HEADS: Final = {
    root: f'<{root} xmlns="{namespace}" xmlns:cac="{_UBL}CommonAggregateComponents-2"'
    f' xmlns:cbc="{_UBL}CommonBasicComponents-2">'
    for root, namespace in NAMESPACES.items()
}
_ITEM: Final = (("cbc:Description", "description"), ("cbc:Name", "name"))
_CARD: Final = (
    ("cbc:PrimaryAccountNumberID", "number"),
    ("cbc:NetworkID", "network"),
    ("cbc:HolderName", "holder"),
)

Parts = dict[str, str]
"""Finished elements by their name; several of one name stand together."""
Table = tuple[tuple[str, str], ...]
"""Element and term."""


def root_of(document_type: str) -> str:
    """Invoice or CreditNote."""
    return "CreditNote" if document_type == "credit_note" else "Invoice"


def whole(root: str, parts: Parts) -> str:
    """The document from its parts, one below the other."""
    return f"{DECLARATION}{_HEADS[root]}\n{ordered(root, parts, chr(10))}\n</{root}>\n"


def ordered(name: str, parts: Parts, between: str = "") -> str:
    """The elements in the order that the schema has them in an element of this name."""
    found = [parts[element] for element in ORDER[name] if element in parts]
    if len(found) != len(parts):
        raise KeyError(f"{sorted(parts.keys() - set(ORDER[name]))} not in the order of {name}")
    return between.join(found)


def texts(of: Mapping[str, Any], table: Table) -> Parts:
    """The elements of a table for the terms that have a value."""
    return {name: f"<{name}>{escaped(of[term])}</{name}>" for name, term in table if term in of}


def put(parts: Parts, name: str, inner: str) -> None:
    """Add an element that holds elements, unless it would be empty."""
    if inner:
        parts[name] = parts.get(name, "") + f"<{name}>{inner}</{name}>"


def identified(name: str, one: Identifier) -> str:
    """An identifier with its scheme."""
    return leaf(name, one.get("value", ""), attribute("schemeID", one.get("scheme")))


def amount(name: str, value: str, currency: str) -> str:
    """An amount with its currency."""
    return f'<{name} currencyID="{currency}">{plain(value)}</{name}>'


def period(given: Period, code: str = "") -> str:
    """What stands in an InvoicePeriod."""
    dates = texts(given, (("cbc:StartDate", "start"), ("cbc:EndDate", "end")))
    return "".join(dates.values()) + (leaf("cbc:DescriptionCode", code) if code else "")


def street(address: Address) -> str:
    """Street and house number in one, for formats that do not keep them apart."""
    return " ".join(part for part in (address.get("line1"), address.get("building")) if part)


def country(address: Address) -> str:
    """The country's element."""
    code = address.get("country")
    return (
        f"<cac:Country><cbc:IdentificationCode>{escaped(code)}</cbc:IdentificationCode></cac:Country>"
        if code
        else ""
    )


def card(payment: Payment) -> str:
    """What stands in a CardAccount; the schema asks for a network even where none is known."""
    given = payment.get("card")
    return "".join(texts({"network": "NA", **given}, _CARD).values()) if given else ""


def mandate(payment: Payment) -> str:
    """What stands in a PaymentMandate."""
    given = payment.get("mandate", {})
    inner = "".join(texts(given, (("cbc:ID", "id"),)).values())
    if "account" in given:
        inner += wrapped("cac:PayerFinancialAccount", leaf("cbc:ID", given["account"]))
    return inner


def line_start(line: Line, root: str, currency: str) -> Parts:
    """The parts that a line has in every UBL format: identifier, note, quantity, amount, references."""
    parts = texts(
        line, (("cbc:ID", "id"), ("cbc:Note", "note"), ("cbc:AccountingCost", "accounting_reference"))
    )
    quantity = "cbc:CreditedQuantity" if root == "CreditNote" else "cbc:InvoicedQuantity"
    parts[quantity] = f"<{quantity}{attribute('unitCode', line.get('unit'))}>{line['quantity']}</{quantity}>"
    parts["cbc:LineExtensionAmount"] = amount("cbc:LineExtensionAmount", line["net"], currency)
    if "period" in line:
        put(parts, "cac:InvoicePeriod", period(line["period"]))
    if "order_line" in line:
        put(parts, "cac:OrderLineReference", leaf("cbc:LineID", line["order_line"]))
    if "object" in line:
        number = identified("cbc:ID", line["object"])
        put(parts, "cac:DocumentReference", f"{number}<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>")
    return parts


def item(given: LineItem, category: str) -> Parts:
    """The parts of an Item; `category` is its VAT category as the format writes it."""
    parts = texts(given, _ITEM)
    for name, term in (
        ("cac:BuyersItemIdentification", "buyer_id"),
        ("cac:SellersItemIdentification", "seller_id"),
    ):
        if term in given:
            put(parts, name, leaf("cbc:ID", given[term]))  # type: ignore[literal-required]
    if "standard_id" in given:
        put(parts, "cac:StandardItemIdentification", identified("cbc:ID", given["standard_id"]))
    if "origin_country" in given:
        put(parts, "cac:OriginCountry", leaf("cbc:IdentificationCode", given["origin_country"]))
    for one in given.get("classifications", ()):
        listed = attribute("listID", one.get("scheme")) + attribute("listVersionID", one.get("version"))
        put(parts, "cac:CommodityClassification", leaf("cbc:ItemClassificationCode", one["value"], listed))
    if category:
        parts["cac:ClassifiedTaxCategory"] = category
    for pair in given.get("properties", ()):
        put(
            parts,
            "cac:AdditionalItemProperty",
            leaf("cbc:Name", pair["name"]) + leaf("cbc:Value", pair["value"]),
        )
    return parts


def references(document: Mapping[str, Any], table: Table) -> Parts:
    """References that hold nothing but a number."""
    return {
        name: f"<{name}>{leaf('cbc:ID', document[term])}</{name}>" for name, term in table if term in document
    }


def preceding(invoices: Iterable[PrecedingInvoice]) -> str:
    """BG-3: a BillingReference for each preceding invoice."""
    return "".join(
        wrapped(
            "cac:BillingReference",
            wrapped(
                "cac:InvoiceDocumentReference",
                "".join(texts(one, (("cbc:ID", "number"), ("cbc:IssueDate", "issue_date"))).values()),
            ),
        )
        for one in invoices
    )

"""Lines of a Cross Industry Invoice."""

from __future__ import annotations

from models.invoice_document import Identifier, Line, LineItem
from worker.formats.cii import money
from worker.formats.cii.parts import Profile, amount, group, identified, leaf, number, period
from worker.formats.einvoice.xml import attribute


def line(given: Line, profile: Profile) -> str:
    """BG-25."""
    note = group("IncludedNote", leaf("Content", given.get("note")))
    return group(
        "IncludedSupplyChainTradeLineItem",
        group("AssociatedDocumentLineDocument", leaf("LineID", given.get("id")), note),
        _product(given.get("item", {}), profile),
        _agreement(given, profile),
        group("SpecifiedLineTradeDelivery", number("BilledQuantity", given.get("quantity"), _unit(given))),
        _settlement(given, profile),
    )


def _product(given: LineItem, profile: Profile) -> str:
    standard = identified("GlobalID", given.get("standard_id"))
    if not profile.whole:
        return group("SpecifiedTradeProduct", standard, leaf("Name", given.get("name")))
    return group(
        "SpecifiedTradeProduct",
        standard,
        leaf("SellerAssignedID", given.get("seller_id")),
        leaf("BuyerAssignedID", given.get("buyer_id")),
        leaf("Name", given.get("name")),
        leaf("Description", given.get("description")),
        *(
            group(
                "ApplicableProductCharacteristic",
                leaf("Description", one.get("name")),
                leaf("Value", one.get("value")),
            )
            for one in given.get("properties", ())
        ),
        *(
            group(
                "DesignatedProductClassification",
                leaf(
                    "ClassCode",
                    one.get("value"),
                    attribute("listID", one.get("scheme")) + attribute("listVersionID", one.get("version")),
                ),
            )
            for one in given.get("classifications", ())
        ),
        group("OriginTradeCountry", leaf("ID", given.get("origin_country"))),
    )


def _agreement(given: Line, profile: Profile) -> str:
    order = group("BuyerOrderReferencedDocument", leaf("LineID", given.get("order_line")))
    base = number("BasisQuantity", given.get("base_quantity"), _unit(given))
    return group(
        "SpecifiedLineTradeAgreement",
        order if profile.whole else "",
        group("GrossPriceProductTradePrice", _gross(given, base)),
        group("NetPriceProductTradePrice", number("ChargeAmount", given.get("price")), base),
    )


def _gross(given: Line, base: str) -> str:
    if "gross_price" not in given:
        return ""
    discount = ""
    if "price_discount" in given:
        less = number("ActualAmount", given["price_discount"])
        discount = group("AppliedTradeAllowanceCharge", money.indicator(charge=False), less)
    return number("ChargeAmount", given["gross_price"]) + base + discount


def _settlement(given: Line, profile: Profile) -> str:
    return group(
        "SpecifiedLineTradeSettlement",
        money.tax("ApplicableTradeTax", given.get("vat_category"), given.get("vat_rate")),
        period(given.get("period")),
        *(money.allowance(one, charge=False, whole=profile.whole) for one in given.get("allowances", ())),
        *(money.allowance(one, charge=True, whole=profile.whole) for one in given.get("charges", ())),
        group("SpecifiedTradeSettlementLineMonetarySummation", amount("LineTotalAmount", given.get("net"))),
        _object(given.get("object")) if profile.whole else "",
        money.account(given.get("accounting_reference")) if profile.whole else "",
    )


def _object(given: Identifier | None) -> str:
    """BT-128."""
    if given is None:
        return ""
    return group(
        "AdditionalReferencedDocument",
        leaf("IssuerAssignedID", given.get("value")),
        leaf("TypeCode", "130"),
        leaf("ReferenceTypeCode", given.get("scheme")),
    )


def _unit(given: Line) -> str:
    return attribute("unitCode", given.get("unit"))

"""Allowances, charges, VAT, payment and totals of a Cross Industry Invoice."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Account, AllowanceCharge, Document, Payment, VatSubtotal
from worker.formats.cii import parts
from worker.formats.cii.parts import Profile, amount, day, group, leaf, number, tax_day
from worker.formats.einvoice.xml import attribute

_SLIPS: Final = frozenset({"50", "93"})
# UNTDID 2005, which BT-8 is in, as UNTDID 2475, which this syntax has.
_TAX_POINTS: Final = {"3": "5", "35": "29", "432": "72"}


def indicator(*, charge: bool) -> str:
    """Whether it is a charge or an allowance."""
    word = "true" if charge else "false"
    return f"<ram:ChargeIndicator><udt:Indicator>{word}</udt:Indicator></ram:ChargeIndicator>"


def allowance(given: AllowanceCharge, *, charge: bool, whole: bool = True) -> str:
    """BG-20, BG-21, BG-27, BG-28; `whole`: with what it is worked out of."""
    return group(
        "SpecifiedTradeAllowanceCharge",
        indicator(charge=charge),
        number("CalculationPercent", given.get("percent")) if whole else "",
        amount("BasisAmount", given.get("base")) if whole else "",
        amount("ActualAmount", given.get("amount")),
        leaf("ReasonCode", given.get("reason_code")),
        leaf("Reason", given.get("reason")),
        tax("CategoryTradeTax", given.get("vat_category"), given.get("vat_rate")),
    )


def tax(name: str, category: str | None, rate: str | None) -> str:
    """The VAT category of a line, an allowance or a charge."""
    if category is None:
        return ""
    percent = number("RateApplicablePercent", rate)
    return group(name, leaf("TypeCode", "VAT"), leaf("CategoryCode", category), percent)


def account(reference: str | None) -> str:
    """BT-19, BT-133."""
    return group("ReceivableSpecifiedTradeAccountingAccount", leaf("ID", reference))


def breakdown(document: Document, profile: Profile) -> str:
    """BG-23; the tax point is said in the first of its groups alone (CII-SR-461, -462)."""
    first, *others = document.get("vat_breakdown") or [{}]
    when = _TAX_POINTS.get(document.get("tax_point_code", ""))
    date = document.get("tax_point_date") if profile.whole else None
    return _group(first, date, when) + "".join(_group(one, None, None) for one in others)


def _group(given: VatSubtotal, date: str | None, when: str | None) -> str:
    return group(
        "ApplicableTradeTax",
        amount("CalculatedAmount", given.get("amount")),
        leaf("TypeCode", "VAT"),
        leaf("ExemptionReason", given.get("exemption_reason")),
        amount("BasisAmount", given.get("base")),
        leaf("CategoryCode", given.get("category")),
        leaf("ExemptionReasonCode", given.get("exemption_code")),
        tax_day("TaxPointDate", date),
        leaf("DueDateTypeCode", when),
        number("RateApplicablePercent", given.get("rate")),
    )


def references(document: Document) -> list[str]:
    """BT-83 of each way of paying, each once: the syntax has room for one."""
    found = (remittance(payment) for payment in document.get("payment", ()))
    return list(dict.fromkeys(text for text in found if text))


def remittance(payment: Payment) -> str:
    """The reference of a payment; a slip's type and digits are one."""
    text = payment.get("remittance", "")
    if payment.get("means_code") in _SLIPS and "instruction" in payment:
        return f"{text}#{payment['instruction']}"
    return text


def means(payment: Payment, profile: Profile) -> str:
    """BG-16."""
    debit = leaf("IBANID", payment.get("mandate", {}).get("account"))
    debited = group("PayerPartyDebtorFinancialAccount", debit)
    credited = _credited(payment.get("account", {}), profile)
    code = leaf("TypeCode", payment.get("means_code"))
    if not profile.whole:
        return group("SpecifiedTradeSettlementPaymentMeans", code, debited, credited)
    card = payment.get("card", {})
    number, holder = leaf("ID", card.get("number")), leaf("CardholderName", card.get("holder"))
    return group(
        "SpecifiedTradeSettlementPaymentMeans",
        code,
        leaf("Information", payment.get("means_text")),
        group("ApplicableTradeSettlementFinancialCard", number, holder),
        debited,
        credited,
        _bank(payment.get("account", {})),
    )


def _credited(given: Account, profile: Profile) -> str:
    """BT-84, BT-85."""
    number = given.get("id", "")
    iban = is_iban(number)
    return group(
        "PayeePartyCreditorFinancialAccount",
        leaf("IBANID", number if iban else None),
        leaf("AccountName", given.get("name")) if profile.whole else "",
        leaf("ProprietaryID", None if iban else number),
    )


def _bank(given: Account) -> str:
    """BT-86, what names the bank: its BIC, or the number it has beside local account numbers."""
    number = leaf("BICID", given.get("bic") or given.get("branch"))
    return group("PayeeSpecifiedCreditorFinancialInstitution", number)


def is_iban(number: str) -> bool:
    """Whether an account number is one that says its country."""
    return number[:2].isalpha() and number[2:4].isdigit() and len(number) >= 15


def terms(document: Document) -> str:
    """BT-20, BT-9, BT-89."""
    mandates = (payment.get("mandate", {}).get("id") for payment in document.get("payment", ()))
    return group(
        "SpecifiedTradePaymentTerms",
        leaf("Description", document.get("payment_terms")),
        day("DueDateDateTime", document.get("due_date")),
        leaf("DirectDebitMandateID", next((one for one in mandates if one), None)),
    )


def totals(document: Document, profile: Profile) -> str:
    """BG-22: the one place where an amount says its currency is that of VAT, which may have two."""
    given = document.get("totals", {})
    return group(
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        amount("LineTotalAmount", given.get("line_net")),
        amount("ChargeTotalAmount", given.get("charges")),
        amount("AllowanceTotalAmount", given.get("allowances")),
        amount("TaxBasisTotalAmount", given.get("without_vat")),
        _vat(given.get("vat"), document.get("currency")),
        _vat(given.get("vat_accounting"), document.get("tax_currency")),
        amount("RoundingAmount", given.get("rounding")) if profile.whole else "",
        amount("GrandTotalAmount", given.get("with_vat")),
        amount("TotalPrepaidAmount", given.get("paid")),
        amount("DuePayableAmount", given.get("payable")),
    )


def _vat(value: str | None, currency: str | None) -> str:
    if value is None:
        return ""
    return leaf("TaxTotalAmount", parts.money(value), attribute("currencyID", currency))

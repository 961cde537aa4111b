"""The order of UBL 2.1's elements, of those that invoices here use; out of order is no valid UBL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_START: Final = (
    "cbc:UBLVersionID cbc:CustomizationID cbc:ProfileID cbc:ID cbc:CopyIndicator cbc:UUID cbc:IssueDate"
)
_PARTIES: Final = (
    "cac:AccountingSupplierParty cac:AccountingCustomerParty cac:PayeeParty cac:TaxRepresentativeParty"
    " cac:Delivery cac:PaymentMeans cac:PaymentTerms cac:PrepaidPayment"
)
_AMOUNTS: Final = "cac:AllowanceCharge cac:TaxTotal cac:LegalMonetaryTotal cac:InvoiceLine cac:CreditNoteLine"
_LINE: Final = (
    "cbc:LineExtensionAmount cbc:TaxPointDate cbc:AccountingCost cbc:FreeOfChargeIndicator cac:InvoicePeriod"
    " cac:OrderLineReference cac:DocumentReference"
)

ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(elements.split())
    for name, elements in {
        "Invoice": f"{_START} cbc:DueDate cbc:InvoiceTypeCode cbc:Note cbc:TaxPointDate"
        " cbc:DocumentCurrencyCode cbc:TaxCurrencyCode cbc:AccountingCost cbc:BuyerReference"
        " cac:InvoicePeriod cac:OrderReference cac:BillingReference cac:DespatchDocumentReference"
        " cac:ReceiptDocumentReference cac:OriginatorDocumentReference cac:ContractDocumentReference"
        f" cac:AdditionalDocumentReference cac:ProjectReference {_PARTIES} {_AMOUNTS}",
        "CreditNote": f"{_START} cbc:TaxPointDate cbc:CreditNoteTypeCode cbc:Note"
        " cbc:DocumentCurrencyCode cbc:TaxCurrencyCode cbc:AccountingCost cbc:BuyerReference"
        " cac:InvoicePeriod cac:OrderReference cac:BillingReference cac:DespatchDocumentReference"
        " cac:ReceiptDocumentReference cac:ContractDocumentReference cac:AdditionalDocumentReference"
        f" cac:OriginatorDocumentReference {_PARTIES} {_AMOUNTS}",
        "cac:Party": "cbc:EndpointID cac:PartyIdentification cac:PartyName cac:PostalAddress"
        " cac:PartyTaxScheme cac:PartyLegalEntity cac:Contact",
        "cac:Address": "cbc:AddressFormatCode cbc:StreetName cbc:AdditionalStreetName cbc:BuildingNumber"
        " cbc:CityName cbc:PostalZone cbc:CountrySubentity cac:AddressLine cac:Country",
        "cac:PaymentMeans": "cbc:ID cbc:PaymentMeansCode cbc:PaymentDueDate cbc:PaymentChannelCode"
        " cbc:InstructionID cbc:InstructionNote cbc:PaymentID cac:CardAccount cac:PayerFinancialAccount"
        " cac:PayeeFinancialAccount cac:CreditAccount cac:PaymentMandate",
        "cac:AllowanceCharge": "cbc:ChargeIndicator cbc:AllowanceChargeReasonCode cbc:AllowanceChargeReason"
        " cbc:MultiplierFactorNumeric cbc:SequenceNumeric cbc:Amount cbc:BaseAmount cac:TaxCategory",
        "cac:LegalMonetaryTotal": "cbc:LineExtensionAmount cbc:TaxExclusiveAmount cbc:TaxInclusiveAmount"
        " cbc:AllowanceTotalAmount cbc:ChargeTotalAmount cbc:PrepaidAmount cbc:PayableRoundingAmount"
        " cbc:PayableAmount",
        "cac:InvoiceLine": f"cbc:ID cbc:Note cbc:InvoicedQuantity {_LINE} cac:AllowanceCharge cac:TaxTotal"
        " cac:Item cac:Price",
        "cac:CreditNoteLine": f"cbc:ID cbc:Note cbc:CreditedQuantity {_LINE} cac:TaxTotal"
        " cac:AllowanceCharge cac:Item cac:Price",
        "cac:Item": "cbc:Description cbc:Name cac:BuyersItemIdentification cac:SellersItemIdentification"
        " cac:StandardItemIdentification cac:OriginCountry cac:CommodityClassification"
        " cac:ClassifiedTaxCategory cac:AdditionalItemProperty",
        "cac:Price": "cbc:PriceAmount cbc:BaseQuantity cac:AllowanceCharge",
    }.items()
}

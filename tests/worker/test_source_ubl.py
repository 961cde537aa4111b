from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from worker import sources
from worker.sources import Document, Limits, Refusal
from worker.sources.content import SHAPE, Field

_NS = "urn:oasis:names:specification:ubl:schema:xsd:"
_HEAD = (
    f'xmlns="{_NS}{{root}}-2" xmlns:cac="{_NS}CommonAggregateComponents-2"'
    f' xmlns:cbc="{_NS}CommonBasicComponents-2"'
)
# Every sample that is not taken, and why: what makes its totals contradict each other.
REFUSED = {
    "gobl-parse/custom-namespace-prefixes.xml": (
        "/CreditNote/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
        "100.00 of lines and no allowance, but 90.00 without VAT (the published file lost its allowance)",
        ("90.00", "100.00", "BR-CO-13"),
    ),
    "oioubl-gobl/used-invoice_real.xml": (
        "/Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
        "5000.00 + 15.00 charge + 2000.00 tax is not 7000.00, nor is 6969.00 due after 50.00 paid",
        ("7000.00", "7015.00", "BR-CO-15"),
    ),
}


def document(root: str = "Invoice", **parts: str) -> str:
    """A small document that adds up; `parts` replace its pieces."""
    line = f"{root}Line"
    pieces = {
        "start": "",
        "head": "<cbc:ID>1</cbc:ID><cbc:IssueDate>2026-03-01</cbc:IssueDate>",
        "currency": "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>",
        "seller": "<cac:PartyName><cbc:Name>Nord ApS</cbc:Name></cac:PartyName>",
        "buyer": "<cac:PartyName><cbc:Name>South Ltd</cbc:Name></cac:PartyName>",
        "more": "",
        "tax": '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">25.00</cbc:TaxAmount></cac:TaxTotal>',
        "totals": '<cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>'
        '<cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>'
        '<cbc:TaxInclusiveAmount currencyID="EUR">125.00</cbc:TaxInclusiveAmount>'
        '<cbc:PayableAmount currencyID="EUR">125.00</cbc:PayableAmount>',
        "lines": f'<cac:{line}><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">100.00'
        f"</cbc:LineExtensionAmount></cac:{line}>",
    } | parts
    return (
        f"{pieces['start']}<{root} {_HEAD.format(root=root)}>{pieces['head']}{pieces['currency']}"
        f"<cac:AccountingSupplierParty><cac:Party>{pieces['seller']}</cac:Party></cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty><cac:Party>{pieces['buyer']}</cac:Party></cac:AccountingCustomerParty>"
        f"{pieces['more']}{pieces['tax']}<cac:LegalMonetaryTotal>{pieces['totals']}</cac:LegalMonetaryTotal>"
        f"{pieces['lines']}</{root}>"
    )


def amounts(**stated: str) -> str:
    """The children of LegalMonetaryTotal, by element name without Amount."""
    return "".join(
        f'<cbc:{name}Amount currencyID="EUR">{value}</cbc:{name}Amount>' for name, value in stated.items()
    )


def read_one(folder: Path, data: str | bytes, limits: Limits | None = None) -> Document | Refusal:
    path = folder / "one.xml"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    found = list(sources.read([path], limits=limits))
    assert len(found) == 1
    return found[0]


def content_of(folder: Path, data: str | bytes) -> dict[str, Any]:
    found = read_one(folder, data)
    assert isinstance(found, Document), found
    return found.content


def refusal_of(folder: Path, data: str | bytes, limits: Limits | None = None) -> Refusal:
    found = read_one(folder, data, limits)
    assert isinstance(found, Refusal), found
    assert found.message
    assert found.remedy
    return found


# --- the samples


def test_samples_all_but_the_contradictory_ones_are_documents(samples: Path) -> None:
    found = list(sources.read(sorted(samples.glob("*/*.xml"))))
    refused = {str(Path(one.path).relative_to(samples)): one for one in found if isinstance(one, Refusal)}
    assert len(found) == 148
    assert set(refused) == set(REFUSED)
    for name, (xpath, _, quoted) in REFUSED.items():
        assert (refused[name].code, refused[name].xpath) == ("totals_contradict", xpath)
        assert all(text in refused[name].message for text in quoted)


def test_samples_read_lose_no_text_and_no_attribute(samples: Path) -> None:
    for one in sources.read(sorted(samples.glob("*/*.xml"))):
        if isinstance(one, Document):
            lost = Counter(_stated(Path(one.path), one.content)) - Counter(_texts(one.content))
            assert not lost, (one.path, lost)


def test_samples_content_has_only_texts_lists_and_objects_and_nothing_empty(samples: Path) -> None:
    for one in sources.read(sorted(samples.glob("*/*.xml"))):
        if isinstance(one, Document):
            assert all(isinstance(text, str) and text for text in _texts(one.content)), one.path
            assert one.content["number"]
            assert Decimal(one.content["totals"]["payable"]) == Decimal(_stated_payable(Path(one.path)))


def _texts(value: Any) -> Iterator[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        yield value
    else:
        for one in inner:
            yield from _texts(one)


def _stated(path: Path, content: dict[str, Any]) -> Iterator[str]:
    """Every text and attribute of a file but those that the content says in another way."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True)
    element: Any
    for element in etree.parse(path, parser).getroot().iter("*"):
        texts = [element.text, *(child.tail for child in element)]
        for text in texts:
            if text and text.strip() and not _is_implied(element, text.strip()):
                yield text.strip()
        for name, value in element.attrib.items():
            implied = (name == "currencyID" and value in _currencies(element, content)) or (
                name == "unitCode" and _is_unit_again(element)
            )
            if value.strip() and not implied:
                yield value.strip()


def _currencies(element: Any, content: dict[str, Any]) -> set[str]:
    """The currency of the document, and of BT-111 that for tax."""
    path = [etree.QName(one).localname for one in (element.getparent(), element)]
    for_tax = path == ["TaxTotal", "TaxAmount"] or path[-1] == "TransactionCurrencyTaxAmount"
    return {content["currency"], content.get("tax_currency", "") if for_tax else ""}


def _is_implied(element: Any, text: str) -> bool:
    name, parent = etree.QName(element).localname, etree.QName(element.getparent()).localname
    if name == "ChargeIndicator":
        return True  # the field: allowances or charges
    if (parent, name) == ("TaxScheme", "ID"):
        return text == "VAT"  # the fields: vat_id, vat_category, vat_breakdown
    # The fields: invoiced_object, project_reference, a line's object.
    codes = {"AdditionalDocumentReference": ("130", "50"), "DocumentReference": ("130",)}
    return name == "DocumentTypeCode" and text in codes.get(parent, ())


def _is_unit_again(element: Any) -> bool:
    """A base quantity in the unit of the line's quantity."""
    if etree.QName(element).localname != "BaseQuantity":
        return False
    quantities = element.getparent().getparent().xpath("*[contains(local-name(), 'edQuantity')]/@unitCode")
    return bool(quantities == [element.get("unitCode")])


def _stated_payable(path: Path) -> str:
    found = etree.parse(path).xpath(
        "string(//*[local-name()='LegalMonetaryTotal']/*[local-name()='PayableAmount'])"
    )
    assert isinstance(found, str)
    return found


# --- fields


def test_credit_note_root_and_type_code_decide_the_document_type(tmp_path: Path) -> None:
    assert content_of(tmp_path, document("CreditNote"))["document_type"] == "credit_note"
    code = (
        "<cbc:ID>1</cbc:ID><cbc:IssueDate>2026-03-01</cbc:IssueDate>"
        "<cbc:InvoiceTypeCode>{}</cbc:InvoiceTypeCode>"
    )
    assert content_of(tmp_path, document(head=code.format(380)))["document_type"] == "invoice"
    # An Invoice that says it is a credit note must never be paid.
    assert content_of(tmp_path, document(head=code.format(381)))["document_type"] == "credit_note"


def test_prefixes_and_encodings_make_no_difference(tmp_path: Path) -> None:
    plain = document(seller="<cac:PartyName><cbc:Name>Æble &amp; Co</cbc:Name></cac:PartyName>")
    renamed = (
        plain.replace("cac:", "x:").replace(":cac=", ":x=").replace("cbc:", "y:").replace(":cbc=", ":y=")
    )
    expected = content_of(tmp_path, plain)
    assert expected["seller"]["name"] == "Æble & Co"
    assert content_of(tmp_path, renamed) == expected
    for encoding in ("utf-16", "iso-8859-1", "utf-8-sig"):
        declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{plain}'
        assert content_of(tmp_path, declared.encode(encoding)) == expected


def test_text_in_pieces_is_one_text(tmp_path: Path) -> None:
    note = "<cbc:Note>one<!-- no --> <![CDATA[<two>]]> &#51;<?pi no?></cbc:Note>"
    assert content_of(tmp_path, document(more=note))["notes"] == ["one <two> 3"]


def test_currency_missing_is_that_of_the_amount_to_pay(tmp_path: Path) -> None:
    assert content_of(tmp_path, document(currency=""))["currency"] == "EUR"


def test_date_with_a_zone_is_the_day_and_the_zone_is_kept(tmp_path: Path) -> None:
    content = content_of(
        tmp_path, document(head="<cbc:ID>1</cbc:ID><cbc:IssueDate>2026-03-01+01:00</cbc:IssueDate>")
    )
    assert content["issue_date"] == "2026-03-01"
    assert {"path": "/Invoice/cbc:IssueDate", "value": "2026-03-01+01:00"} in content["other"]


def test_elements_without_a_field_are_kept_with_their_path(tmp_path: Path) -> None:
    more = (
        '<cac:Delivery/><cac:Delivery><cbc:ID schemeID="A">d2</cbc:ID></cac:Delivery>'
        '<e:Thing xmlns:e="urn:e">left<e:B e:c="4"/>right</e:Thing>'
    )
    assert content_of(tmp_path, document(more=more))["other"] == [
        {"path": "/Invoice/cac:Delivery[2]/cbc:ID/@schemeID", "value": "A"},
        {"path": "/Invoice/cac:Delivery[2]/cbc:ID", "value": "d2"},
        {"path": "/Invoice/Q{urn:e}Thing", "value": "left"},
        {"path": "/Invoice/Q{urn:e}Thing/text()[2]", "value": "right"},
        {"path": "/Invoice/Q{urn:e}Thing/Q{urn:e}B/@Q{urn:e}c", "value": "4"},
    ]


def test_comprehensive_sample_fills_the_fields(samples: Path) -> None:
    (one,) = sources.read([samples / "xrechnung-testsuite" / "01.01_comprehensive_test_ubl.xml"])
    assert isinstance(one, Document)
    content = one.content
    assert content["seller"]["vat_id"]
    assert content["seller"]["tax_id"]
    assert content["buyer"]["address"]["country"]
    assert content["totals"]["vat_accounting"] == "2048.44"
    assert content["allowances"][0]["amount"]
    assert content["lines"][0]["allowances"]
    assert content["lines"][0]["item"]["classifications"]
    assert content["attachments"][0]["content"]
    assert {"payee", "tax_representative", "delivery", "payment", "preceding_invoices"} <= set(content)


# --- totals

TOTALS_READ = [
    # reason, totals, tax, what with_vat and without_vat become
    (
        "the amount to pay alone says all (UBL's own trivial example)",
        amounts(Payable="100"),
        "",
        {"payable": "100", "with_vat": "100"},
    ),
    (
        "EN 16931: the rounding stands between total and amount to pay",
        amounts(TaxExclusive="100.00", TaxInclusive="125.00", PayableRounding="0.40", Payable="125.40"),
        None,
        {"with_vat": "125.00", "payable": "125.40"},
    ),
    (
        "UBL 2.1's own example: the total with VAT holds the rounding",
        amounts(TaxExclusive="100.00", TaxInclusive="125.40", PayableRounding="0.40", Payable="125.40"),
        None,
        {"with_vat": "125.00", "payable": "125.40"},
    ),
    (
        "nothing to pay any more",
        amounts(TaxInclusive="125.00", Prepaid="125", Payable="0"),
        None,
        {"with_vat": "125.00", "payable": "0"},
    ),
]


@pytest.mark.parametrize(("reason", "totals", "tax", "expected"), TOTALS_READ)
def test_totals_that_agree_are_read(
    tmp_path: Path, reason: str, totals: str, tax: str | None, expected: dict[str, str]
) -> None:
    parts = {"totals": totals} if tax is None else {"totals": totals, "tax": tax}
    content = content_of(tmp_path, document(**parts))
    assert expected.items() <= content["totals"].items(), reason


def test_oioubl_sum_of_taxes_becomes_the_total_without_vat(tmp_path: Path) -> None:
    head = (
        "<cbc:CustomizationID>OIOUBL-2.1</cbc:CustomizationID><cbc:ID>1</cbc:ID>"
        "<cbc:IssueDate>2026-03-01</cbc:IssueDate>"
    )
    totals = amounts(LineExtension="100.00", TaxExclusive="25.00", TaxInclusive="125.00", Payable="125.00")
    content = content_of(tmp_path, document(head=head, totals=totals))
    assert content["totals"]["without_vat"] == "100.00"
    place = {"path": "/Invoice/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "value": "25.00"}
    assert place in content["other"]
    wrong = totals.replace("25.00</cbc:TaxExclusive", "26.00</cbc:TaxExclusive")
    assert "F-INV127" in refusal_of(tmp_path, document(head=head, totals=wrong)).message


CONTRADICTIONS = [
    ("BR-CO-10", "LineExtension", {"LineExtension": "99.00", "Payable": "125.00"}),
    ("BR-CO-11", "AllowanceTotal", {"AllowanceTotal": "5.00", "Payable": "125.00"}),
    ("BR-CO-12", "ChargeTotal", {"ChargeTotal": "5.00", "Payable": "125.00"}),
    ("BR-CO-13", "TaxExclusive", {"LineExtension": "100.00", "TaxExclusive": "90.00", "Payable": "125.00"}),
    ("BR-CO-15", "TaxInclusive", {"TaxExclusive": "100.00", "TaxInclusive": "130.00", "Payable": "130.00"}),
    ("BR-CO-16", "Payable", {"TaxInclusive": "125.00", "Prepaid": "25.00", "Payable": "125.00"}),
    ("BR-CO-16", "Payable", {"TaxInclusive": "125.00", "Payable": "125.01"}),
]


@pytest.mark.parametrize(("rule", "element", "stated"), CONTRADICTIONS)
def test_totals_that_contradict_are_refused_with_place_and_rule(
    tmp_path: Path, rule: str, element: str, stated: dict[str, str]
) -> None:
    refused = refusal_of(tmp_path, document(totals=amounts(**stated)))
    assert refused.code == "totals_contradict"
    assert refused.xpath == f"/Invoice/cac:LegalMonetaryTotal/cbc:{element}Amount"
    assert rule in refused.message
    assert stated[element] in refused.message


OTHER_REFUSALS = [
    ("two currencies", {"totals": amounts(Payable="1").replace("EUR", "DKK")}, "totals_contradict"),
    ("a third decimal that is not nothing", {"totals": amounts(Payable="125.001")}, "too_many_decimals"),
    ("an amount that is none", {"totals": amounts(Payable="1,250.00")}, "amount_not_number"),
    ("an exponent, which is none of XML's", {"totals": amounts(Payable="1e2")}, "amount_not_number"),
    ("no amount at all", {"totals": ""}, "missing_field"),
    ("no number", {"head": "<cbc:IssueDate>2026-03-01</cbc:IssueDate>"}, "missing_field"),
    ("no date", {"head": "<cbc:ID>1</cbc:ID>"}, "missing_field"),
    ("no seller", {"seller": ""}, "missing_field"),
    ("no buyer", {"buyer": ""}, "missing_field"),
    (
        "a day that is none",
        {"head": "<cbc:ID>1</cbc:ID><cbc:IssueDate>2026-02-30</cbc:IssueDate>"},
        "invalid_field",
    ),
    (
        "no currency code",
        {
            "currency": "<cbc:DocumentCurrencyCode>Euro</cbc:DocumentCurrencyCode>",
            "totals": "<cbc:PayableAmount>1</cbc:PayableAmount>",
            "tax": "",
        },
        "invalid_field",
    ),
]


@pytest.mark.parametrize(("reason", "parts", "code"), OTHER_REFUSALS)
def test_document_without_what_every_one_needs_is_refused_with_its_place(
    tmp_path: Path, reason: str, parts: dict[str, str], code: str
) -> None:
    refused = refusal_of(tmp_path, document(**parts))
    assert refused.code == code, reason
    assert refused.xpath is not None
    assert refused.xpath.startswith("/Invoice/c"), reason


# --- XML that must not do harm

_LAUGHS = (
    '<!DOCTYPE Invoice [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)).replace("&a0;", "&a;")
    + "]>"
)
HARMFUL = [
    ("entities that grow", document(start=_LAUGHS, more="<cbc:Note>&a9;</cbc:Note>").encode(), "doctype"),
    ("the same in UTF-16", document(start=_LAUGHS).encode("utf-16"), "doctype"),
    (
        "an external entity",
        document(start='<!DOCTYPE Invoice [<!ENTITY f SYSTEM "file:///etc/passwd">]>').encode(),
        "doctype",
    ),
    (
        "an external DTD",
        document(start='<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/x.dtd">').encode(),
        "doctype",
    ),
    ("an entity of nowhere", document(more="<cbc:Note>&f;</cbc:Note>").encode(), "not_well_formed"),
    ("elements in elements", document(more="<x>" * 5000 + "</x>" * 5000).encode(), "too_deep"),
    ("very deep before the root is known", b"<x>" * 100_000, "not_an_invoice"),
    ("a NUL character", document(more="<cbc:Note>\0</cbc:Note>").encode(), "not_well_formed"),
    ("a zip file", b"PK\x03\x04" + bytes(64), "not_well_formed"),
    ("nothing", b"", "not_well_formed"),
    ("an encoding of nowhere", b'<?xml version="1.0" encoding="nowhere"?><x/>', "not_well_formed"),
    ("UTF-16 in name only", b'<?xml version="1.0" encoding="UTF-16"?>\xff\xfe<x/>', "not_well_formed"),
]


@pytest.mark.parametrize(("reason", "data", "code"), HARMFUL)
def test_harmful_or_broken_xml_is_refused(tmp_path: Path, reason: str, data: bytes, code: str) -> None:
    assert refusal_of(tmp_path, data).code == code, reason


def test_not_well_formed_names_the_line(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, document(more="\n\n<cbc:Note>").encode())
    assert (refused.code, refused.line) == ("not_well_formed", 3)


def test_other_root_is_refused_by_its_name(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, '<Order xmlns="urn:x"><ID>1</ID></Order>')
    assert refused.code == "not_an_invoice"
    assert "Order" in refused.message
    # The name alone is not enough: it must be UBL's.
    assert refusal_of(tmp_path, "<Invoice/>").code == "not_an_invoice"


def test_limits_refuse_what_is_larger(tmp_path: Path) -> None:
    data = document(more="<cbc:Note>" + "x" * 2000 + "</cbc:Note>")
    assert isinstance(read_one(tmp_path, data), Document)
    assert refusal_of(tmp_path, data, Limits(document_bytes=2000)).code == "too_large"
    assert refusal_of(tmp_path, data, Limits(elements=10)).code == "too_large"
    assert refusal_of(tmp_path, data, Limits(depth=2)).code == "too_deep"


def test_attachment_larger_than_ten_megabytes_is_read(tmp_path: Path) -> None:
    # The parser's own limit for one text; attachments pass it.
    binary = (
        "<cac:AdditionalDocumentReference><cbc:ID>a</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>"
        "{}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    content = content_of(tmp_path, document(more=binary.format("QUJD" * 3_000_000)))
    assert len(content["attachments"][0]["content"]) == 12_000_000


def test_samples_have_no_field_that_the_shape_does_not_name(samples: Path) -> None:
    for one in sources.read(sorted(samples.glob("*/*.xml"))):
        if isinstance(one, Document):
            assert not list(_strange(one.content, SHAPE, "")), one.path


def _strange(value: Any, shape: Field, path: str) -> Iterator[str]:
    if isinstance(shape, list):
        for inner in value:
            yield from _strange(inner, shape[0], path)
    elif isinstance(shape, Mapping):
        for name, inner in value.items():
            if name in shape:
                yield from _strange(inner, shape[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif not isinstance(value, str):
        yield path

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.worker import einvoice_rules
from tests.worker.einvoice_cases import INVOICE, SMALL, Content, credit_note, of
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.einvoice_rules import Changes
from tests.worker.format_cases import GOLDEN, batch, written
from worker import sources
from worker.formats import Batch, Item
from worker.formats.oioubl import Oioubl

OIOUBL = Oioubl()
EACH: Batch = batch(settings={"packing": "each"})
SLIP: Changes = (
    ("payment", [{"means_code": "93", "remittance": "71#123456789012347", "account": {"id": "87654321"}}]),
)
FILES: tuple[tuple[str, Item, Batch], ...] = (
    ("invoice.xml", of(INVOICE), EACH),
    ("credit_note.xml", of(credit_note()), EACH),
    ("slip.xml", of(SMALL, *SLIP), EACH),
    ("enveloped.xml", of(SMALL), batch(settings={"packing": "each", "envelope": "sbdh"})),
)


@pytest.mark.parametrize(("name", "one", "of_batch"), FILES, ids=[file[0] for file in FILES])
def test_document_is_the_golden_file(tmp_path: Path, name: str, one: Item, of_batch: Batch) -> None:
    assert OIOUBL.findings(one, of_batch) == []
    path, _ = written(tmp_path, OIOUBL, of_batch, [one])
    assert path.read_bytes() == (GOLDEN / "oioubl" / name).read_bytes()


@pytest.mark.parametrize(
    ("rule", "changes"), einvoice_rules.OIOUBL, ids=[rule for rule, _ in einvoice_rules.OIOUBL]
)
def test_rule_that_is_broken_is_found(rule: str, changes: Changes) -> None:
    found = OIOUBL.findings(of(SMALL, *changes), EACH)
    assert rule in {one.code for one in found}
    assert all(one.reason and one.remedy and one.term for one in found)


def test_rules_of_credit_notes_have_their_own_names() -> None:
    content = {**SMALL, "document_type": "credit_note"}
    found = OIOUBL.findings(of(content, ("lines.0.price", "60.00"), ("seller.endpoint", {})), EACH)
    assert {"F-CRN216", "F-LIB179"} <= {one.code for one in found}


def test_two_standard_rates_are_a_finding() -> None:
    content = deepcopy(SMALL)
    content["lines"].append({**content["lines"][0], "id": "2", "vat_rate": "10"})
    del content["vat_breakdown"]
    content["totals"] = {"with_vat": "230.00", "payable": "230.00"}
    assert "F-LIB315" in {one.code for one in OIOUBL.findings(of(content), EACH)}


def test_document_read_back_by_the_source_keeps_totals_and_terms(tmp_path: Path) -> None:
    for content in (INVOICE, credit_note()):
        read = _read(tmp_path, OIOUBL.document(of(content), EACH))
        assert read["totals"] == content["totals"]
        expected = deepcopy(content)
        for term in ("number", "issue_date", "due_date", "currency", "tax_currency", "buyer_reference",
                     "notes",
                     "order_reference", "sales_order_reference", "project_reference", "contract_reference",
                     "despatch_reference", "receipt_reference", "tender_reference", "invoiced_object",
                     "invoiced_object_scheme", "buyer_accounting_reference", "preceding_invoices", "period",
                     "payment_terms", "attachments"):  # fmt: skip
            assert read[term] == expected[term], term
        assert read["seller"]["address"] == expected["seller"]["address"]
        assert read["seller"]["contact"] == expected["seller"]["contact"]
        assert read["seller"]["legal_id"] == {"scheme": "DK:CVR", "value": "DK12345678"}
        assert read["payment"] == [
            {name: value for name, value in expected["payment"][0].items() if name != "means_text"}
        ]
        assert [(line["net"], line["quantity"], line["vat_category"]) for line in read["lines"]] == [
            (line["net"], line["quantity"], line["vat_category"]) for line in expected["lines"]
        ]


def _read(folder: Path, data: bytes) -> Content:
    path = folder / "read.xml"
    path.write_bytes(data)
    (found,) = sources.read([path])
    assert isinstance(found, sources.Document), found
    return found.content


def test_exempt_lines_come_back_as_exempt(tmp_path: Path) -> None:
    one = of(SMALL, *einvoice_rules.untaxed("E", exemption_reason="Momsfri"))
    assert OIOUBL.findings(one, EACH) == []
    read = _read(tmp_path, OIOUBL.document(one, EACH))
    assert read["lines"][0]["vat_category"] == "E"
    assert read["vat_breakdown"][0]["exemption_reason"] == "Momsfri"


def test_exempt_and_zero_rated_share_one_group() -> None:
    content = deepcopy(SMALL)
    content["lines"] = [
        {**content["lines"][0], "vat_category": category, "vat_rate": "0", "id": category}
        for category in "ZE"
    ]
    content["vat_breakdown"] = [
        {"category": "Z", "rate": "0", "base": "100.00", "amount": "0.00"},
        {"category": "E", "rate": "0", "base": "100.00", "amount": "0.00", "exemption_reason": "Momsfri"},
    ]
    content["totals"] = {"vat": "0.00", "with_vat": "200.00", "payable": "200.00"}
    one = of(content)
    assert OIOUBL.findings(one, EACH) == []
    data = OIOUBL.document(one, EACH)
    assert data.count(b'<cbc:TaxableAmount currencyID="EUR">200.00') == 1


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"means_code": "30", "account": {"id": "DK5095410001234567"}}, ("42", b"0001234567", b"9541")),
        ({"means_code": "30", "account": {"id": "FR7630006000011234567890189", "bic": "AGRIFRPP"}},
         ("31", b"FR7630006000011234567890189", b"AGRIFRPP")),
        ({"means_code": "97", "account": {"id": "1"}}, ("97", b"DK:NEMKONTO", b"")),
        ({"means_code": "50", "remittance": "04#1234567890123456", "account": {"id": "1234567"}},
         ("50", b"<cbc:InstructionID>1234567890123456<", b">04<")),
    ],
)  # fmt: skip
def test_payment_is_said_in_the_words_of_oioubl(
    given_: dict[str, object], expected: tuple[str, bytes, bytes]
) -> None:
    one = of(SMALL, ("payment", [given_]))
    assert OIOUBL.findings(one, EACH) == []
    data = OIOUBL.document(one, EACH)
    code, *texts = expected
    assert f"<cbc:PaymentMeansCode>{code}</cbc:PaymentMeansCode>".encode() in data
    assert all(text in data for text in texts)


def test_line_allowance_becomes_part_of_the_price_and_is_told() -> None:
    one = of(INVOICE)
    data = OIOUBL.document(one, EACH)
    assert b'<cbc:PriceAmount currencyID="DKK">125.50</cbc:PriceAmount>' in data
    assert b'<cbc:BaseQuantity unitCode="C62">10</cbc:BaseQuantity>' in data
    assert any("Kampagne" in told for told in OIOUBL.not_carried(one, EACH))


def test_what_has_no_place_is_told() -> None:
    one = of(
        INVOICE,
        ("payment", [{"means_code": "97", "account": {"id": "1"}}]),
        ("tax_point_code", "35"),
        ("custom", {"Approved by": "AB"}),
        ("buyer.number", "K-7"),
        ("lines.0.item.origin_country", "DK"),
    )
    told = "\n".join(OIOUBL.not_carried(one, EACH))
    for word in ("account of a payment 97", "tax point code", "Approved by", "K-7", "country of origin"):
        assert word in told


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(content=documents())
def test_any_document_is_findings_or_reads_back_as_what_it_was(content: Content) -> None:
    one = as_item(content)
    if one is None:
        return
    OIOUBL.not_carried(one, EACH)
    if OIOUBL.findings(one, EACH):
        return
    read = OIOUBL.read_document(OIOUBL.document(one, EACH), EACH)
    assert (read.number.split(), read.currency, read.signed) == (one.number.split(), one.currency, one.signed)

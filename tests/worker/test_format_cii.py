"""CII: right by the published rules, and what it has no room for is found before."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from lxml import etree

from models.errors import InvalidInput
from tests.worker.edi_cases import sampled
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.format_cases import GOLDEN, batch, written
from tests.worker.full_invoice import CONTENT, credit_note, invoice, of, sparse, with_lines
from worker.formats import Item
from worker.formats.cii import Cii, document, rules
from worker.formats.cii.left_out import left_out
from worker.formats.cii.parts import BASIC, CII, EN_16931, Profile
from worker.formats.cii.prepared import prepare
from worker.formats.einvoice import amounts, schemes
from worker.formats.einvoice.completed import complete

FORMAT = Cii()
PROFILES = [(CII, "en16931"), (EN_16931, "facturx"), (BASIC, "facturx")]
_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.fixture(scope="session")
def judge(oracles: Path) -> Any:
    """The validator of the published rules."""
    spec = importlib.util.spec_from_file_location("validate_einvoice", oracles / "validate_einvoice.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Validator(oracles / "einvoice")


def verdict(
    item: Item, profile: Profile, rule_set: str, judge: Any, folder: Path
) -> tuple[list[str], list[str]]:
    """The codes of our findings; where there are none, the rules that the written document breaks."""
    prepared = prepare(item.document, item.direction)
    found = rules.check(prepared, item.content_json, profile)
    assert all(problem.code and problem.reason and problem.remedy and problem.term for problem in found)
    if found:
        return [problem.code for problem in found], []
    path = folder / "document.xml"
    path.write_bytes(document.written(prepared, profile))
    _, broken = judge.check(path, rule_set)
    return [], [f"{one.rule} {one.message}" for one in broken if one.severity != "warning"]


def leaves(data: bytes, name: str) -> list[str | None]:
    """The texts of every element of a name."""
    return [node.text for node in etree.fromstring(data).iter(f"{_RAM}{name}")]


@pytest.mark.parametrize(
    ("item", "golden"), [(invoice(), "invoice-cii.xml"), (credit_note(), "credit-note-cii.xml")]
)
def test_cii_is_written_as_the_golden_file(tmp_path: Path, item: Item, golden: str) -> None:
    path, totals = written(tmp_path, FORMAT, batch(), [item])
    assert path.read_bytes() == (GOLDEN / golden).read_bytes()
    assert totals.sums == {"EUR": item.signed}


@pytest.mark.parametrize(("profile", "rule_set"), PROFILES)
@pytest.mark.parametrize("item", [invoice(), credit_note(), with_lines(30)])
def test_full_documents_pass_the_published_rules(
    item: Item, profile: Profile, rule_set: str, judge: Any, tmp_path: Path
) -> None:
    if profile is BASIC:
        totals = {name: value for name, value in item.content["totals"].items() if name != "rounding"}
        payable = "1200.00" if "paid" in totals else totals["payable"]
        item = of(item.content | {"totals": totals | {"payable": payable}})
    assert verdict(item, profile, rule_set, judge, tmp_path) == ([], [])


@pytest.mark.parametrize(("profile", "rule_set"), PROFILES)
def test_every_sample_passes_the_published_rules_or_is_refused_with_findings(
    samples: Path, profile: Profile, rule_set: str, judge: Any, tmp_path: Path
) -> None:
    broken, good = {}, 0
    for item in sampled(samples):
        codes, against = verdict(item, profile, rule_set, judge, tmp_path)
        good += not codes
        if against:
            broken[item.number] = against
    assert broken == {}
    assert good > 110


@example_settings(
    max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(content=documents())
def test_any_document_passes_the_published_rules_or_is_refused_with_findings(
    content: dict[str, Any], judge: Any, tmp_path: Path
) -> None:
    item = as_item(content)
    if item is None:
        return
    for profile, rule_set in PROFILES:
        assert verdict(item, profile, rule_set, judge, tmp_path)[1] == []
    if not FORMAT.findings(item, batch()):
        read = FORMAT.read_document(FORMAT.document(item, batch()), batch())
        assert read == (item.number, item.currency, item.signed)


# Said otherwise: by another code, in one element with its neighbour, or by what the document is.
OTHERWISE = {
    *("document_type", "specification", "tax_point_code", "vat_breakdown.exemption_code"),
    *("seller.address.line1", "seller.address.building", "buyer.address.line1", "buyer.address.building"),
}
# No place, and no term of EN 16931.
NOWHERE = {"payment.card.network"}


def test_every_sample_keeps_every_term_that_has_a_place(samples: Path) -> None:
    lost = set()
    for item in [invoice(), *sampled(samples)]:
        if FORMAT.findings(item, batch()):
            continue
        root = etree.fromstring(FORMAT.document(item, batch()))
        held = {str(text).strip() for text in root.itertext()}
        held |= {str(value) for node in root.iter() for value in node.attrib.values()}
        held |= {str(amounts.number(text)) for text in held}
        for path, value in terms(item.content):
            said = schemes.as_iso({"scheme": "DK:CVR", "value": value})["value"]
            forms = {value, value.replace("-", ""), re.sub(r"^#\w{3}#", "", value).strip(), said}
            if not (forms | {str(amounts.number(value))}) & held - {"None"}:
                lost.add(path)
    assert {path for path in lost - OTHERWISE - NOWHERE if not path.endswith(".scheme")} == set()


@example_settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(content=sparse())
def test_document_of_which_any_part_is_missing_is_refused_with_findings(content: dict[str, Any]) -> None:
    item = as_item(content)
    if item is not None:
        assert FORMAT.findings(item, batch()) != []
        assert all(left_out(complete(item.document, item.direction), BASIC) or ["nothing"])


def terms(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of every term but what belongs to the source."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("custom", "other"):
                yield from terms(inner, f"{path}.{name}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from terms(inner, path)
    else:
        yield path, value.strip()


def test_amounts_name_no_currency_but_that_of_vat() -> None:
    root = etree.fromstring(FORMAT.document(invoice(), batch()))
    named = [
        (str(node.tag).rpartition("}")[2], node.get("currencyID"))
        for node in root.iter()
        if node.get("currencyID")
    ]
    assert named == [("TaxTotalAmount", "EUR"), ("TaxTotalAmount", "DKK")]


def test_credit_note_is_381_with_positive_amounts_and_reads_as_money_back() -> None:
    data = FORMAT.document(credit_note(type_code=None), batch())
    assert leaves(data, "TypeCode")[0] == "381"
    assert leaves(data, "DuePayableAmount") == ["1200.50"]
    assert FORMAT.read_document(data, batch()).signed == -120_050


_DISCOUNTED = {name: value for name, value in CONTENT["lines"][0].items() if name != "gross_price"}


@pytest.mark.parametrize(
    ("changed", "name", "texts", "_why"),
    [
        ({"notes": ["#AAI#Open", "plain", "#x#"]}, "SubjectCode", ["AAI"], "BT-21 has a place of its own"),
        (
            {"lines": [_DISCOUNTED, *CONTENT["lines"][1:]]},
            "ChargeAmount",
            ["15.125", "14.625", "37.25", "1100"],
            "a discount has a place beside the price before it alone",
        ),
        ({"tax_point_date": None, "tax_point_code": "35"}, "DueDateTypeCode", ["29"], "another code list"),
        ({"payee": {"name": "Nordvind Energi A/S"}}, "PayeeTradeParty", [], "the payee is the seller"),
        (
            {"seller": CONTENT["seller"] | {"legal_id": {"scheme": "DK:CVR", "value": "DK12345674"}}},
            "IBANID",
            ["DK5000400440116243"],
            "OIOUBL's scheme is said as ISO 6523",
        ),
        (
            {"payment": [{"means_code": "42", "account": {"id": "0001234567", "branch": "4567"}}]},
            "BICID",
            ["4567"],
            "the bank's number is what names it",
        ),
        (
            {"payment": [{"means_code": "93", "remittance": "71", "instruction": "123456789012347"}]},
            "PaymentReference",
            ["71#123456789012347"],
            "a slip's type and digits",
        ),
    ],
)
def test_term_is_said_in_the_words_of_the_syntax(
    changed: dict[str, Any], name: str, texts: list[str], _why: str, judge: Any, tmp_path: Path
) -> None:
    item = invoice(**changed)
    assert verdict(item, CII, "en16931", judge, tmp_path) == ([], [])
    assert leaves(FORMAT.document(item, batch()), name) == texts


_OTHER_TRANSFER = {"means_code": "58", "remittance": "other", "account": {"id": "DK5000400440116243"}}
_TWO = [{"value": "1"}, {"value": "2"}]
_UNROUNDED = {name: value for name, value in CONTENT["totals"].items() if name != "rounding"}


@pytest.mark.parametrize(
    ("changed", "profile", "code", "term"),
    [
        ({"payment": [*CONTENT["payment"], _OTHER_TRANSFER]}, CII, "CII-SR-469", "BT-83"),
        ({"payment": [*CONTENT["payment"], {"means_code": "10"}]}, CII, "CII-SR-467", "BT-81"),
        ({"preceding_invoices": [{"number": "1"}, {"number": "2"}]}, CII, "CII", "BG-3"),
        ({"payee": CONTENT["payee"] | {"identifiers": _TWO}}, CII, "CII-SR-451", "BT-60"),
        ({"payee": CONTENT["payee"] | {"legal_id": {"value": "12345674"}}}, CII, "BR-17", "BT-61"),
        ({"buyer": CONTENT["buyer"] | {"identifiers": _TWO}}, EN_16931, "CII-SR-450", "BT-46"),
        ({}, BASIC, "FX-BASIC", "BT-114"),
        ({"totals": _UNROUNDED}, CII, "BR-CO-16", "BT-115"),
        ({"seller": CONTENT["seller"] | {"address": {}}}, CII, "BR-08", "BT-40"),
        ({"notes": ["a\x01b"]}, CII, "XML", "notes[1]"),
    ],
)
def test_what_has_no_room_or_breaks_a_rule_is_a_finding(
    changed: dict[str, Any], profile: Profile, code: str, term: str
) -> None:
    item = invoice(**changed)
    found = rules.check(prepare(item.document, item.direction), item.content_json, profile)
    assert [(problem.code, problem.term) for problem in found] == [(code, term)]


def test_several_preceding_invoices_have_room_in_factur_x(judge: Any, tmp_path: Path) -> None:
    item = invoice(preceding_invoices=[{"number": "1"}, {"number": "2", "issue_date": "2026-01-31"}])
    assert verdict(item, EN_16931, "facturx", judge, tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<ram:DuePayableAmount>1200.50<", b"<ram:DuePayableAmount>1200.51<"),
        (b"<ram:InvoiceCurrencyCode>EUR<", b"<ram:InvoiceCurrencyCode>USD<"),
        (b"<ram:TypeCode>380<", b"<ram:TypeCode>381<"),
        (b"CrossIndustryInvoice:100", b"CrossIndustryInvoice:200"),
        (b"DuePayableAmount", b"PayableAmount"),
        (b"IncludedSupplyChainTradeLineItem", b"SupplyChainTradeLineItem"),
        (b"</rsm:CrossIndustryInvoice>", b""),
        (b"1200.50", b"1200,50"),
    ],
)
def test_cii_that_was_changed_does_not_read_back_the_same(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    path, totals = written(tmp_path, FORMAT, batch(), [invoice()])
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after))
    try:
        assert totals.differences(FORMAT.read_back(path, batch())) != []
    except InvalidInput as damage:
        assert damage.code == "file_damaged"  # noqa: PT017 - one of two ways to be told


def test_what_has_no_place_is_told(samples: Path) -> None:
    carded = {"means_code": "48", "card": {"number": "1234", "network": "VISA"}}
    item = invoice(
        payment=[carded],
        payee={"name": "Nordvind Energi A/S"},
        buyer=CONTENT["buyer"] | {"number": "K-1"},
        custom={"Approved by": "AB"},
    )
    assert FORMAT.not_carried(item, batch()) == [
        "the number in our books 'K-1' of the buyer",
        "the payee, who is the seller",
        "the network 'VISA' of the payment card",
        "the field Approved by of the source has no place",
    ]
    assert FORMAT.not_carried(invoice(), batch()) == []
    for sample in sampled(samples):
        assert all(FORMAT.not_carried(sample, batch()) or ["nothing"])


def test_basic_tells_every_term_that_it_leaves_out() -> None:
    """What stands in the XML of EN 16931 stands in that of BASIC, or in a sentence."""
    item = invoice()
    prepared = prepare(item.document, item.direction)
    whole, basic = (etree.fromstring(document.written(prepared, each)) for each in (EN_16931, BASIC))
    told = " ".join(left_out(complete(item.document, item.direction), BASIC))
    kept = {str(text) for text in basic.itertext()}
    codes = {"130", "50", "916", "Project reference", EN_16931.guideline, "ABZ", "0.50"}
    missing = {str(text).strip() for text in whole.itertext()} - kept - codes - {""}
    contacts = {str(text) for node in whole.iter(f"{_RAM}DefinedTradeContact") for text in node.itertext()}
    # Said with what they belong to: a day as it is written in the document, what an attachment is.
    beside = {"20260219", "Time sheet", "https://example.com/terms", "Blue", "JVBERi0xLjc="}
    assert {text for text in missing - contacts - beside if text not in told} == set()

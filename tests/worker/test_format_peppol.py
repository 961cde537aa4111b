from __future__ import annotations

import json
import re
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from models.errors import ConfigurationError, InvalidInput
from tests.worker.einvoice_cases import GONE, INVOICE, SMALL, Content, credit_note, of
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.format_cases import GOLDEN, batch, written
from worker import sources
from worker.formats import Batch, Item, load
from worker.formats.einvoice import codes
from worker.formats.oioubl import Oioubl
from worker.formats.peppol import Peppol
from worker.formats.peppol_self_billing import PeppolSelfBilling

PEPPOL = Peppol()
SELF_BILLING = PeppolSelfBilling()
EACH: Batch = batch(settings={"packing": "each"})
ENVELOPED: Batch = batch(settings={"packing": "each", "envelope": "sbdh"})

SELF_BILLED: Content = {**SMALL, "type_code": "389", "number": "SB-1"}
# File, format, document, and the settings of its batch.
FILES: tuple[tuple[str, Peppol, Item, Batch], ...] = (
    ("invoice.xml", PEPPOL, of(INVOICE), EACH),
    ("credit_note.xml", PEPPOL, of(credit_note()), EACH),
    ("enveloped.xml", PEPPOL, of(SMALL), ENVELOPED),
    ("self_billed.xml", SELF_BILLING, of(SELF_BILLED)._replace(direction="payable"), ENVELOPED),
)


@pytest.mark.parametrize(("name", "format_", "one", "of_batch"), FILES, ids=[file[0] for file in FILES])
def test_document_is_the_golden_file(
    tmp_path: Path, name: str, format_: Peppol, one: Item, of_batch: Batch
) -> None:
    assert format_.findings(one, of_batch) == []
    path, totals = written(tmp_path, format_, of_batch, [one])
    assert path.read_bytes() == (GOLDEN / "peppol" / name).read_bytes()
    assert totals.items == 1


def test_formats_are_found_by_their_keys() -> None:
    assert {"peppol", "peppol_self_billing", "oioubl"} <= load().keys()


def test_document_of_the_same_item_is_the_same_bytes() -> None:
    one = of(INVOICE)
    assert PEPPOL.document(one, ENVELOPED) == PEPPOL.document(one, ENVELOPED)


def test_documents_together_are_one_zip(tmp_path: Path) -> None:
    items = [of(SMALL, ("number", "A/1")), of(credit_note(), ("number", "A-1"))]
    one = items[0]._replace(item_id=2, amount=120_00)
    path, totals = written(
        tmp_path, PEPPOL, batch(settings={"packing": "zip"}), [one, items[1]._replace(amount=100_025)]
    )
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["A-1.xml", "A-1_2.xml"]
    assert totals.sums == {"EUR": 120_00, "DKK": -1000_25}


def test_document_read_back_by_the_source_has_every_term(tmp_path: Path) -> None:
    for content in (INVOICE, credit_note()):
        read = _read(tmp_path, PEPPOL.document(of(content), EACH))
        expected = _as_carried(deepcopy(content))
        assert read == expected


def _as_carried(content: Content) -> Content:
    """What the format says otherwise: where it has one place for two things, and who it is for."""
    content["specification"], content["process"] = Peppol.specification, Peppol.process
    address = content["seller"]["address"]
    address["line1"] = f"{address['line1']} {address.pop('building')}"
    return content


def _read(folder: Path, data: bytes) -> Content:
    path = folder / "read.xml"
    path.write_bytes(data)
    (found,) = sources.read([path])
    assert isinstance(found, sources.Document), found
    return found.content


def test_what_follows_from_lines_is_worked_out(tmp_path: Path) -> None:
    bare = of(
        SMALL,
        ("lines.0.net", GONE),
        ("vat_breakdown", GONE),
        ("totals", {"with_vat": "120.00", "payable": "120.00"}),
    )
    assert PEPPOL.findings(bare, EACH) == []
    assert PEPPOL.document(bare, EACH) == PEPPOL.document(of(SMALL), EACH)
    del tmp_path


def test_negative_line_is_a_negative_quantity() -> None:
    content = deepcopy(SMALL)
    content["lines"].append(
        {**content["lines"][0], "id": "2", "quantity": "-1", "net": "-50.00", "item": {"name": "Retour"}}
    )
    content["totals"] = {"with_vat": "60.00", "payable": "60.00"}
    del content["vat_breakdown"]
    one = of(content)
    assert PEPPOL.findings(one, EACH) == []
    assert b'<cbc:InvoicedQuantity unitCode="C62">-1</cbc:InvoicedQuantity>' in PEPPOL.document(one, EACH)


def test_schemes_of_oioubl_become_codes_of_peppol() -> None:
    one = of(
        SMALL,
        ("seller.endpoint", {"scheme": "DK:CVR", "value": "DK12345678"}),
        ("buyer.endpoint", {"scheme": "GLN", "value": "5790000435951"}),
        ("seller.identifiers", [{"scheme": "DK:SE", "value": "DK12345678"}]),
    )
    assert PEPPOL.findings(one, EACH) == []
    data = PEPPOL.document(one, EACH)
    assert b'<cbc:EndpointID schemeID="0184">12345678</cbc:EndpointID>' in data
    assert b'<cbc:EndpointID schemeID="0088">5790000435951</cbc:EndpointID>' in data
    assert b'<cbc:ID schemeID="0198">DK12345678</cbc:ID>' in data


def test_danish_registration_without_a_scheme_is_cvr() -> None:
    one = of(
        INVOICE,
        ("seller.legal_id", {"value": "DK12345678"}),
        ("buyer.legal_id", {"scheme": "ZZZ", "value": "x"}),
    )
    assert [found.code for found in PEPPOL.findings(one, EACH)] == ["DK-R-017"]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"id": "DK5095410001234567"}, b"<cbc:ID>0001234567</cbc:ID>"),
        ({"id": "0001234567", "branch": "9541"}, b"<cbc:ID>9541</cbc:ID>"),
        ({"id": "DK5095410001234567", "bic": "DABADKKK"}, b"<cbc:ID>DABADKKK</cbc:ID>"),
    ],
)
def test_transfer_between_danes_is_said_as_danes_say_it(account: dict[str, str], expected: bytes) -> None:
    one = of(INVOICE, ("payment", [{"means_code": "30", "account": account}]))
    assert PEPPOL.findings(one, EACH) == []
    assert expected in PEPPOL.document(one, EACH)


def test_envelope_names_participants_document_and_process() -> None:
    root = etree.fromstring(PEPPOL.document(of(INVOICE), ENVELOPED))
    texts = [str(text).strip() for text in root[0].itertext() if str(text).strip()]
    assert texts[:3] == ["1.0", "0184:12345678", "0088:5798009811578"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", texts[5])
    assert texts[6:8] == ["Invoice", "2026-03-02T14:05:00Z"]
    assert texts[8:11] == [
        "DOCUMENTID",
        "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice"
        "##urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0::2.1",
        "busdox-docid-qns",
    ]
    assert texts[-2:] == ["COUNTRY_C1", "DK"]


def test_envelope_of_another_sending_has_another_identifier() -> None:
    one = of(INVOICE)
    again = PEPPOL.document(one, batch(settings={"envelope": "sbdh"}, job_id=43))
    pattern = rb"<InstanceIdentifier>[0-9a-f-]{36}</InstanceIdentifier>"
    first, second = (re.findall(pattern, data) for data in (PEPPOL.document(one, ENVELOPED), again))
    assert len(first) == 1
    assert first != second


def test_envelope_says_nothing_more_of_an_address_that_is_missing() -> None:
    one = of(SMALL, ("buyer.endpoint", GONE))
    assert [found.code for found in PEPPOL.findings(one, ENVELOPED) if found.term == "BT-49"] == [
        "PEPPOL-EN16931-R010"
    ]


def test_finding_is_said_once() -> None:
    """Two payments of a kind that is not used break one rule twice, in the same words."""
    wrong = {"means_code": "31", "account": {"id": "NL13TEST0123456789"}}
    address = {"line1": "Kade 1", "city": "Delft", "postal_code": "2611", "country": "NL"}
    one = of(SMALL, ("seller.address", address), ("buyer.address", address), ("payment", [wrong, wrong]))
    assert [found.code for found in PEPPOL.findings(one, EACH)].count("NL-R-008") == 1


def test_envelope_needs_participants_of_the_network() -> None:
    one = of(SMALL, ("buyer.endpoint", {"scheme": "0193", "value": "1"}))
    assert "SBDH" in {found.code for found in PEPPOL.findings(one, ENVELOPED)}
    assert "SBDH" not in {found.code for found in PEPPOL.findings(one, EACH)}


def test_self_billing_is_for_what_we_owe_and_has_its_own_types() -> None:
    ours = of(SELF_BILLED)._replace(direction="payable")
    assert SELF_BILLING.findings(ours, ENVELOPED) == []
    assert [found.code for found in SELF_BILLING.findings(of(SELF_BILLED), EACH)] == ["direction"]
    untyped = of(SELF_BILLED, ("type_code", GONE))._replace(direction="payable")
    assert SELF_BILLING.document(untyped, EACH) == SELF_BILLING.document(ours, EACH)
    wrong = of(SMALL, ("type_code", "380"))._replace(direction="payable")
    assert [found.code for found in SELF_BILLING.findings(wrong, EACH)] == ["PEPPOL-EN16931-P0100"]


def test_finding_names_rule_term_value_and_what_to_do() -> None:
    (found,) = PEPPOL.findings(of(SMALL, ("lines.0.unit", "PIECE")), EACH)
    assert (found.code, found.term, found.value) == ("BR-CL-23", "BT-130", "PIECE")
    assert "line 1" in found.reason
    assert found.remedy


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("notes", ["a\x0bb"], "XML"),
        ("buyer.name", "\ufffe", "XML"),
        ("buyer.name", " \n ", "PEPPOL-EN16931-R008"),
        ("lines.0.item.description", "", "PEPPOL-EN16931-R008"),
        ("lines.0.quantity", "1e3", "XSD"),
        ("attachments", [{"id": "1", "mime": "image/png", "filename": "a", "content": "%"}], "XSD"),
        ("seller.legal_id", {"scheme": "0009"}, "PEPPOL-EN16931-R008"),
    ],
)
def test_what_xml_cannot_carry_is_a_finding(path: str, value: object, code: str) -> None:
    assert code in {found.code for found in PEPPOL.findings(of(SMALL, (path, value)), EACH)}


def test_text_of_every_script_and_many_lines_comes_back_as_it_went(tmp_path: Path) -> None:
    note = "株式会社 & <שלום> \"quoted\" 'single' ]]> 👩‍🚀\n" + "\n".join(f"linje {n}" for n in range(100))
    one = of(SMALL, ("notes", [note]), ("buyer.name", "ООО «Ромашка»"))  # noqa: RUF001
    assert PEPPOL.findings(one, EACH) == []
    read = _read(tmp_path, PEPPOL.document(one, EACH))
    assert read["notes"] == [note]
    assert read["buyer"]["name"] == "ООО «Ромашка»"  # noqa: RUF001


def test_what_has_no_place_is_told() -> None:
    one = of(
        INVOICE,
        ("custom", {"Approved by": "AB"}),
        ("other", [{"path": "/Invoice/cbc:UUID", "value": "1"}]),
        ("buyer.number", "K-7"),
        ("buyer.tax_id", "T-1"),
        ("payee.name", "Havnehandel"),
        ("lines.1.free_of_charge", "false"),
        ("charges.0.base", "500.00"),
    )
    told = "\n".join(PEPPOL.not_carried(one, EACH))
    for word in ("Approved by", "cbc:UUID", "K-7", "T-1", "payee", "free of charge", "base 500.00"):
        assert word in told
    assert PEPPOL.not_carried(of(INVOICE), EACH) == []


def test_what_oioubl_says_in_its_own_words_is_not_told_as_lost(tmp_path: Path) -> None:
    for content in (INVOICE, credit_note(), SMALL):
        one = of(_read(tmp_path, Oioubl().document(of(content), EACH)))
        assert PEPPOL.findings(one, EACH) == []
        assert PEPPOL.not_carried(one, EACH) == []


def test_read_back_refuses_what_is_no_such_document(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    good = PEPPOL.document(of(SMALL), EACH)
    for bad in (b"", b"<a/>", good[:-20], good.replace(b"cac:InvoiceLine", b"cac:Line")):
        path.write_bytes(bad)
        with pytest.raises(InvalidInput) as damage:
            PEPPOL.read_back(path, EACH)
        assert damage.value.code == "file_damaged"


def test_code_list_of_the_home_takes_the_place_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(codes.load.cache_clear)
    one = of(SMALL, ("lines.0.unit", "PIECE"))
    _home_with(
        tmp_path,
        monkeypatch,
        {"title": "Units", "source": "us", "date": "2026-11-01", "codes": ["PIECE C62"]},
    )
    assert PEPPOL.findings(one, EACH) == []
    _home_with(tmp_path, monkeypatch, {"codes": "none"})
    with pytest.raises(ConfigurationError, match="code list"):
        PEPPOL.findings(one, EACH)


def _home_with(home: Path, monkeypatch: pytest.MonkeyPatch, units: dict[str, Any]) -> None:
    from models import settings as installation

    codes.load.cache_clear()
    (home / codes.FOLDER).mkdir(exist_ok=True)
    (home / codes.FOLDER / "units.json").write_text(json.dumps(units))
    loaded = installation.load(home, {})
    monkeypatch.setattr(installation, "current", lambda: loaded)


def test_code_lists_say_where_they_are_from_and_of_what_day() -> None:
    for name in codes.names():
        found = codes.load(name)
        assert re.fullmatch(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", found.date), name
        assert found.title, name
        assert found.source, name


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(content=documents())
def test_any_document_is_findings_or_reads_back_as_what_it_was(content: Content) -> None:
    one = as_item(content)
    if one is None:
        return
    PEPPOL.not_carried(one, EACH)
    if PEPPOL.findings(one, EACH):
        return
    read = PEPPOL.read_document(PEPPOL.document(one, EACH), EACH)
    assert (read.number.split(), read.currency, read.signed) == (one.number.split(), one.currency, one.signed)

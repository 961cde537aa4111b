# ruff: noqa: RUF001 - names in several scripts
"""Factur-X: pages that pypdf reads, with XML that passes the published rules, told of where PDF/A asks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from lxml import etree
from PIL import Image
from pypdf import PdfReader

from models import settings
from models.errors import InvalidInput
from tests.worker.edi_cases import sampled
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.format_cases import batch, written
from tests.worker.full_invoice import CONTENT, credit_note, invoice, with_lines
from tests.worker.test_format_cii import judge
from tests.worker.test_format_pdf import carried
from worker.formats import Item
from worker.formats.facturx import FacturX
from worker.formats.pages import archival, sheet
from worker.formats.pdf import Pdf

__all__ = ["judge"]

FACTURX, PDF = FacturX(), Pdf()
BASIC, EN_16931 = ({"profile": profile} for profile in ("basic", "en16931"))
_UNROUNDED = {name: value for name, value in CONTENT["totals"].items() if name != "rounding"} | {
    "payable": "1200.00"
}


def opened(item: Item, **values: Any) -> PdfReader:
    """The document as pypdf reads it."""
    return PdfReader(io.BytesIO(FACTURX.document(item, batch(settings=values))))


def attached(reader: PdfReader) -> bytes:
    assert list(reader.attachments) == ["factur-x.xml"]
    (data,) = reader.attachments["factur-x.xml"]
    return bytes(data)


@pytest.mark.parametrize(("profile", "level"), [("basic", "basic"), ("en16931", "EN 16931")])
def test_attached_xml_passes_the_rules_of_its_profile(
    profile: str, level: str, judge: Any, tmp_path: Path
) -> None:
    unrounded = invoice(totals=_UNROUNDED | {"payable": "1200.00"})
    item = unrounded if profile == "basic" else credit_note()
    assert FACTURX.findings(item, batch(settings={"profile": profile})) == []
    reader = opened(item, profile=profile)
    path = tmp_path / "factur-x.xml"
    path.write_bytes(attached(reader))
    checked, broken = judge.check(path, "facturx")
    assert checked == f"facturx-{profile}"
    assert broken == []
    assert f"<fx:ConformanceLevel>{level.upper()}<" in metadata(reader)


def metadata(reader: PdfReader) -> str:
    root: Any = reader.trailer["/Root"]
    found: bytes = root["/Metadata"].get_data()
    return found.decode()


def test_pages_say_what_the_pages_of_the_pdf_say() -> None:
    ours = "\n".join(page.extract_text() for page in opened(invoice(), language="da").pages)
    plain = PdfReader(io.BytesIO(PDF.document(invoice(), batch(settings={"language": "da"}))))
    theirs = "\n".join(page.extract_text() for page in plain.pages)
    assert ours.split() == theirs.split()
    assert "1.200,50" in ours
    assert "Ελληνική Εταιρεία Α.Ε." in ours


def test_file_has_what_pdf_a_3_asks_for() -> None:
    reader = opened(invoice())
    root: Any = reader.trailer["/Root"]
    assert reader.pdf_header == "%PDF-1.7"
    assert "/ID" in reader.trailer
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert len(intent.get_object()["/DestOutputProfile"].get_data()) > 2000
    (specification,) = (one.get_object() for one in root["/AF"])
    assert specification["/AFRelationship"] == "/Alternative"
    assert specification["/F"] == specification["/UF"] == "factur-x.xml"
    embedded = specification["/EF"]["/F"].get_object()
    assert embedded["/Subtype"] == "/text/xml"
    assert "/ModDate" in embedded["/Params"]
    for font in fonts(reader):
        assert "/FontFile2" in font["/FontDescriptor"]
        assert "/CIDToGIDMap" in font


def fonts(reader: PdfReader) -> list[Any]:
    """The fonts that all pages draw with."""
    resources: list[Any] = [page["/Resources"] for page in reader.pages]
    found = [font.get_object() for one in resources for font in one["/Font"].values()]
    return [font["/DescendantFonts"][0].get_object() for font in found]


def test_metadata_tells_of_the_document_and_of_the_attachment() -> None:
    reader = opened(invoice())
    told = metadata(reader)
    etree.fromstring(told[told.index("<x:xmpmeta") : told.index("<?xpacket end")])
    for expected in (
        "<pdfaid:part>3<",
        "<pdfaid:conformance>B<",
        "<fx:DocumentFileName>factur-x.xml<",
        "<fx:DocumentType>INVOICE<",
        "<fx:Version>1.0<",
        "<pdfaSchema:prefix>fx<",
    ):
        assert expected in told
    xmp = reader.xmp_metadata
    assert reader.metadata is None  # what would have to say the same
    assert xmp is not None
    assert xmp.dc_title == {"x-default": "Invoice INV-2026-0042"}
    assert xmp.dc_creator == ["Nordvind Energi A/S"]
    assert (xmp.pdf_producer, xmp.xmp_creator_tool) == ("Waybill", "Waybill")
    assert xmp.xmp_create_date is not None
    assert xmp.xmp_create_date.isoformat() == "2026-03-02T14:05:00"


def test_names_are_escaped_in_the_metadata() -> None:
    seller = CONTENT["seller"] | {"name": "Müller & Söhne <Köln>"}
    reader = opened(invoice(seller=seller, number="A&B <1>"))
    assert reader.xmp_metadata is not None
    assert reader.xmp_metadata.dc_creator == ["Müller & Söhne <Köln>"]


@pytest.mark.parametrize("packing", ["each", "zip"])
def test_document_is_the_same_each_time_and_reads_back(tmp_path: Path, packing: str) -> None:
    of_all = batch(settings={"packing": packing, "language": "de"})
    items = [credit_note(), invoice()][: 1 if packing == "each" else 2]
    first, totals = written(tmp_path, FACTURX, of_all, items, "first")
    second, _ = written(tmp_path, FACTURX, of_all, items, "second")
    assert first.read_bytes() == second.read_bytes()
    assert totals.sums == {"EUR": -120_050 if packing == "each" else 0}


def test_findings_are_those_of_the_xml_and_of_the_pages() -> None:
    item = invoice(due_date="soon", notes=["株"])
    assert {problem.code for problem in FACTURX.findings(item, batch())} == {
        "PEPPOL-EN16931-F001",
        "no_glyph",
    }
    rounding = FACTURX.findings(invoice(), batch(settings=BASIC))
    assert [problem.code for problem in rounding] == ["FX-BASIC"]


def test_logo_is_drawn_without_transparency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_current", settings.load(tmp_path, {}))
    Image.new("RGBA", (300, 80), (0, 128, 128, 100)).save(tmp_path / "logo.png")
    assert FACTURX.check_settings({"logo": "logo.png"}, None) == []
    (image,) = opened(invoice(), logo="logo.png").pages[0].images
    drawn: Any = image.indirect_reference
    assert "/SMask" not in drawn.get_object()
    assert [problem.code for problem in FACTURX.check_settings({"logo": "x.png"}, None)] == ["logo_missing"]


def test_pages_that_say_another_amount_than_the_xml_do_not_read_back(tmp_path: Path) -> None:
    inside = archival.Attachment(
        "factur-x.xml", attached(opened(with_lines(3))), "text/xml", "Alternative", "Factur-X", ""
    )
    path = tmp_path / "mixed.pdf"
    path.write_bytes(archival.drawn(sheet.pages(with_lines(4), batch()), batch().created, inside))
    with pytest.raises(InvalidInput, match=r"its pages say EUR 400, and its XML EUR 300 minor units"):
        FACTURX.read_back(path, batch())


def test_pdf_without_xml_is_none_of_this_format(tmp_path: Path) -> None:
    path = tmp_path / "plain.pdf"
    path.write_bytes(PDF.document(invoice(), batch()))
    with pytest.raises(InvalidInput) as damage:
        FACTURX.read_back(path, batch())
    assert damage.value.code == "file_damaged"


def test_every_sample_without_findings_is_written_and_reads_back(samples: Path, tmp_path: Path) -> None:
    of_all = batch(settings={"packing": "zip"})
    good = [item for item in sampled(samples) if not FACTURX.findings(item, of_all)]
    assert len(good) > 100
    written(tmp_path, FACTURX, of_all, good[::4])


@example_settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(content=documents())
def test_any_document_is_refused_with_findings_or_written_and_read_back(content: dict[str, Any]) -> None:
    item = as_item(carried(content))
    if item is not None and not FACTURX.findings(item, batch()):
        read = FACTURX.read_document(FACTURX.document(item, batch()), batch())
        assert read == (item.number, item.currency, item.signed)

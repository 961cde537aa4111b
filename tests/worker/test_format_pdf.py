# ruff: noqa: RUF001 - names in several scripts
"""PDF: what stands on the pages, read by pypdf and by our own reader, and what no page can show."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from pypdf import PdfReader

from models.errors import InvalidInput
from tests.conftest import ROOT
from tests.worker.edi_cases import sampled
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.format_cases import GOLDEN, batch, written
from tests.worker.full_invoice import CONTENT, credit_note, invoice, of, sparse, with_lines
from worker.formats import Batch, Item
from worker.formats.pages import sheet, typefaces
from worker.formats.pages.labels import LANGUAGES
from worker.formats.pages.marks import Text
from worker.formats.pdf import Pdf

PDF = Pdf()


# Shown in words; the first ones not at all.
TRANSLATED = {
    *("mime", "content", "type_code", "document_type", "version"),
    *("country", "origin_country", "unit", "means_code", "category", "vat_category"),
    *("reason_code", "exemption_code"),  # beside a text
}
# Shown as the language writes figures and days.
FIGURES = {
    *("amount", "base", "percent", "rate", "vat_rate", "price", "gross_price", "price_discount", "net"),
    *("base_quantity", "quantity", "start", "end"),
}

HUGE = "-999999999999999.99"


def opened(item: Item, **settings: Any) -> PdfReader:
    """The document as pypdf reads it."""
    return PdfReader(io.BytesIO(PDF.document(item, batch(settings=settings))))


def texts(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def as_text(item: Item, of_batch: Batch) -> str:
    """Each text of the pages on a line: page, place, weight, size, words."""
    lines = []
    for number, page in enumerate(sheet.pages(item, of_batch).pages, start=1):
        for mark in page:
            if isinstance(mark, Text):
                weight = "bold" if mark.bold else "    "
                lines.append(f"{number} {mark.x:6.1f} {mark.y:6.1f} {weight} {mark.size:4.1f} {mark.text}\n")
    return "".join(lines)


@pytest.mark.parametrize(
    ("item", "settings", "golden"),
    [
        (invoice(), {}, "pages-en-a4.txt"),
        (credit_note(), {"language": "de", "paper": "letter"}, "pages-de-letter.txt"),
        (invoice(), {"language": "da"}, "pages-da-a4.txt"),
    ],
)
def test_pages_are_laid_out_as_the_golden_file_has_them(
    item: Item, settings: dict[str, Any], golden: str
) -> None:
    assert as_text(item, batch(settings=settings)).encode() == (GOLDEN / golden).read_bytes()


def test_pdf_written_twice_in_different_processes_is_the_same_to_the_byte() -> None:
    program = (
        "import hashlib, sys; from tests.worker.full_invoice import invoice;"
        "from tests.worker.format_cases import batch; from worker.formats.pdf import Pdf;"
        "print(hashlib.sha256(Pdf().document(invoice(), batch())).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_threads")
def test_pdf_drawn_in_many_threads_is_the_same_to_the_byte() -> None:
    accented = "".join(map(chr, range(0xC0, 0x17F)))
    items = [with_lines(count, notes=[accented[count:]]) for count in range(1, 9)]
    alone = [PDF.document(item, batch()) for item in items]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda item: PDF.document(item, batch()), items * 4)) == alone * 4


def test_pdf_says_what_it_is_and_of_whom() -> None:
    reader = opened(invoice(), language="da")
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (
        "Faktura INV-2026-0042",
        "Nordvind Energi A/S",
    )
    assert reader.metadata.creation_date == batch().created
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "da"


def test_every_term_that_a_reader_needs_is_on_the_pages() -> None:
    shown = "".join(texts(opened(invoice())).split())
    for name, value in leaves(CONTENT):
        last = name.rpartition(".")[2]
        if last not in TRANSLATED | FIGURES and not name.startswith("totals.") and not last.endswith("date"):
            assert "".join(value.removeprefix("#AAI#").split()) in shown, name


def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}".strip("."))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, path)]
    return [(path, value)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Date of issue", "20 Feb 2026", "1,100.00", "Amount due", "1,200.50", "Finland", "pcs"]),
        ("da", ["Udstedt", "20. feb. 2026", "1.100,00", "Til betaling", "1.200,50", "Finland", "stk."]),
        ("de", ["Ausgestellt am", "20.02.2026", "1.100,00", "Zahlbetrag", "1.200,50", "Finnland", "Stk."]),
    ],
)
def test_words_figures_and_days_are_those_of_the_language(language: str, words: list[str]) -> None:
    shown = texts(opened(invoice(), language=language))
    assert [word for word in words if word not in shown] == []


def test_iban_is_grouped_and_other_accounts_stand_as_they_are() -> None:
    local = {"means_code": "42", "account": {"id": "0001234567", "branch": "4567"}}
    shown = texts(opened(invoice(payment=[*CONTENT["payment"], local])))
    assert "DK50 0040 0440 1162 43" in shown
    assert "0001234567" in shown
    assert "4567" in shown


@pytest.mark.parametrize(
    ("currency", "given", "drawn", "minor"),
    [
        ("JPY", "1234567", "1,234,567", 1_234_567),
        ("KWD", "1234.5", "1,234.500", 1_234_500),
        ("EUR", "-0.05", "-0.05", -5),
        ("EUR", "0", "0.00", 0),
        ("USD", "999999999999999.99", "999,999,999,999,999.99", 99_999_999_999_999_999),
    ],
)
def test_amount_due_is_drawn_and_read_with_the_decimals_of_its_currency(
    currency: str, given: str, drawn: str, minor: int
) -> None:
    content = deepcopy(CONTENT) | {"currency": currency, "lines": [], "totals": {"payable": given}}
    for name in ("vat_breakdown", "allowances", "charges"):
        del content[name]
    data = PDF.document(of(content), batch())
    assert drawn in texts(PdfReader(io.BytesIO(data)))
    assert PDF.read_document(data, batch()) == ("INV-2026-0042", currency, minor)


def test_table_goes_on_over_pages_with_its_head_and_pages_are_counted() -> None:
    reader = opened(with_lines(300), paper="letter")
    assert reader.pages[0].mediabox[2:] == [612, 792]
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 8
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert page.count("Description") == 1
    whole = "\n".join(pages)
    assert [number for number in range(1, 301) if f"What item {number} is\n" not in whole] == []


def test_line_longer_than_a_page_goes_on_on_the_next() -> None:
    lines = deepcopy(with_lines(2).content["lines"])
    lines[0]["item"]["description"] = "\n".join(f"paragraph {number}" for number in range(200))
    reader = opened(with_lines(2, lines=lines))
    assert len(reader.pages) >= 3
    shown = texts(reader)
    assert [number for number in range(200) if f"paragraph {number}\n" not in shown] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_words_and_figures_stay_within_the_margins(language: str) -> None:
    totals = {"line_net": HUGE, "with_vat": HUGE, "payable": HUGE}
    lines = [
        {"id": "9" * 30, "quantity": "9" * 22, "unit": "X" * 40, "price": f"{HUGE}12345678", "net": HUGE}
    ]
    lines[0] |= {"vat_category": "S", "vat_rate": "12.3456789", "net": HUGE}
    item = with_lines(
        1, number="N" * 200, order_reference="W" * 150, notes=["x" * 3000], totals=totals, lines=lines
    )
    for page in sheet.pages(item, batch(settings={"language": language})).pages:
        for mark in page:
            if isinstance(mark, Text):
                width = typefaces.style(bold=mark.bold).width(mark.text, mark.size)
                assert mark.x >= 44
                assert mark.x + width <= 595.28 - 44


@pytest.mark.parametrize("packing", ["each", "zip"])
def test_every_sample_reads_back_with_its_number_and_amount(
    samples: Path, tmp_path: Path, packing: str
) -> None:
    found = list(sampled(samples))
    assert len(found) > 100
    if packing == "zip":
        written(tmp_path, PDF, batch(settings={"packing": "zip", "language": "de"}), found[::5])
        return
    for item in found:
        assert PDF.findings(item, batch()) == []
        read = PDF.read_document(PDF.document(item, batch()), batch())
        assert "".join(read.number.split()) == "".join(item.number.split())
        assert (read.currency, read.signed) == (item.currency, item.signed)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("株式会社サンプル", "no_glyph", "U+682A 株 (CJK UNIFIED IDEOGRAPH-682A), which"),
        ("Rocket 🚀", "no_glyph", "U+1F680 🚀 (ROCKET)"),
        ("شركة", "right_to_left", "U+0634 ش (ARABIC LETTER SHEEN)"),
        ("שלום", "right_to_left", "U+05E9 ש (HEBREW LETTER SHIN)"),
        ("invoice \u202e321", "right_to_left", "RIGHT-TO-LEFT OVERRIDE"),
        ("दिल्ली", "no_glyph", "DEVANAGARI LETTER DA"),
        ("q\u0303", "needs_shaping", "U+0303 (COMBINING TILDE)"),
        ("a\x07b", "control_character", "U+0007"),
        ("a\x7fb", "control_character", "U+007F"),
        ("a\x0cb", "control_character", "U+000C"),
    ],
)
def test_text_that_no_page_can_show_is_a_finding_that_names_its_term(
    text: str, code: str, named: str
) -> None:
    item = with_lines(1, notes=["fine", text])
    (found,) = PDF.findings(item, batch())
    assert found.code == code
    assert found.term == "BT-22"
    assert "notes[2] holds U+" in found.reason
    assert named in found.reason
    assert found.value == text
    assert found.remedy


@pytest.mark.parametrize(
    "text",
    [
        "Ærø Œuvre Łódź Çelebi Þór ß ẞ",
        "Công ty Trách nhiệm Hữu hạn",
        "Ελληνική Εταιρεία — Ώρα",
        "ООО «Ромашка», Україна, Ђорђе",
        "Հայաստան",
        "საქართველო",
        "a → b ≤ c ≠ d ⇒ e",
        "½ ² ₂ № ™ € ₽ ₺ ₹",
    ],
)
def test_scripts_that_the_fonts_carry_are_drawn_and_read_back(text: str) -> None:
    item = with_lines(1, number=text, notes=[text])
    assert PDF.findings(item, batch()) == []
    data = PDF.document(item, batch())
    assert PDF.read_document(data, batch()).number == text
    assert text in texts(PdfReader(io.BytesIO(data)))


def test_what_leaves_no_trace_is_drawn_without_and_accents_are_composed() -> None:
    item = with_lines(1, number="A\u00adB\u200bC\ufeff e\u0301\tx\r\ny")
    assert PDF.findings(item, batch()) == []
    read = PDF.read_document(PDF.document(item, batch()), batch())
    assert read.number == "ABC é xy"
    unseen = with_lines(1, number="\u200b")
    assert PDF.read_document(PDF.document(unseen, batch()), batch()) == ("", "EUR", 100)


def test_what_is_not_on_the_pages_may_hold_anything() -> None:
    item = with_lines(1, custom={"Approved by": "株"}, other=[{"path": "/x", "value": "🚀"}])
    assert PDF.findings(item, batch()) == []


def test_side_that_a_source_leaves_out_is_the_legal_entity() -> None:
    payable = of(with_lines(1, buyer=None).content, "payable")
    assert "Harbour Goods Inc" in texts(opened(payable))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"%PDF-", b"%PXF-", "no head"),
        (b"%%EOF", b"%%EO", "no end"),
        (b"trailer", b"trayler", "no trailer"),
        (b"/Kids", b"/Kixs", "no pages"),
        (b"endobj\n3 0 obj", b"endobj\n9 0 obj", "another object in its place"),
        (b"stream\n", b"strxxm\n", "no stream"),
    ],
)
def test_pdf_that_was_changed_does_not_read_back(
    tmp_path: Path, before: bytes, after: bytes, why: str
) -> None:
    path, _ = written(tmp_path, PDF, batch(), [invoice()])
    data = path.read_bytes()
    assert before in data, why
    path.write_bytes(data.replace(before, after))
    with pytest.raises(InvalidInput) as damage:
        PDF.read_back(path, batch())
    assert damage.value.code == "file_damaged"


@given(place=st.floats(0, 0.999), keep=st.booleans())
@example_settings(max_examples=60)
def test_pdf_cut_off_or_with_a_byte_gone_wrong_never_reads_as_another_amount(
    place: float, keep: bool
) -> None:
    data = PDF.document(with_lines(3), batch())
    at = int(place * len(data))
    broken = data[:at] + (bytes([data[at] ^ 0x15]) + data[at + 1 :] if keep else b"")
    try:
        read = PDF.read_document(broken, batch())
    except ValueError:
        return
    assert keep
    assert read[1:] == ("EUR", 300)


def test_pdf_of_another_invoice_is_told_from_this_one(tmp_path: Path) -> None:
    path, totals = written(tmp_path, PDF, batch(), [invoice()])
    path.write_bytes(PDF.document(with_lines(3), batch()))
    assert totals.differences(PDF.read_back(path, batch())) != []


def test_word_in_a_text_that_looks_like_a_tag_is_a_word() -> None:
    trap = ") Tj EMC /WaybillPayable BMC (9.99"
    item = with_lines(3, notes=[trap])
    assert PDF.read_document(PDF.document(item, batch()), batch())[1:] == ("EUR", 300)


def carried(value: Any) -> Any:
    """The same with a letter that the fonts have for each character they lack."""
    if isinstance(value, str):
        return "".join(one if one in typefaces.carried() or one in "\n\t" else "ø" for one in value)
    if isinstance(value, dict):
        return {key: carried(inner) for key, inner in value.items()}
    return [carried(inner) for inner in value] if isinstance(value, list) else value


@example_settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(content=documents(), readable=st.booleans(), paper=st.sampled_from(["a4", "letter"]))
def test_any_document_is_refused_with_findings_or_drawn_and_read_back(
    content: dict[str, Any], readable: bool, paper: str
) -> None:
    item = as_item(carried(content) if readable else content)
    if item is None:
        return
    of_one = batch(settings={"paper": paper, "language": LANGUAGES[len(item.number) % len(LANGUAGES)]})
    found = PDF.findings(item, of_one)
    assert all(problem.code and problem.reason and problem.remedy for problem in found)
    if not found:
        read = PDF.read_document(PDF.document(item, of_one), of_one)
        assert (read.currency, read.signed) == (item.currency, item.signed)


@example_settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(content=sparse())
def test_document_of_which_any_part_is_missing_is_refused_with_findings_or_drawn(
    content: dict[str, Any],
) -> None:
    item = as_item(content)
    if item is None:
        return
    assert PDF.findings(item, batch()) == []
    read = PDF.read_document(PDF.document(item, batch()), batch())
    assert (read.currency, read.signed) == (item.currency, item.signed)


def test_details_of_a_line_without_a_name_are_drawn() -> None:
    lines = [{"item": {"description": "Frozen"}}, {}, {"note": "Handle with care"}]
    shown = texts(opened(with_lines(1, lines=lines)))
    assert "Frozen" in shown
    assert "Handle with care" in shown

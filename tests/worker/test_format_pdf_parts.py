"""Fonts, labels and logo of the pages."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from models import settings
from models.catalogue import parse_settings
from models.errors import InvalidInput
from tests.conftest import ROOT
from tests.worker.format_cases import batch
from tests.worker.full_invoice import invoice, of, with_lines
from worker.formats.pages import labels, typefaces
from worker.formats.pdf import Pdf

PDF = Pdf()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where a logo may stand."""
    monkeypatch.setattr(settings, "_current", settings.load(tmp_path, {}))
    return tmp_path


def picture(path: Path, size: tuple[int, int] = (400, 100), mode: str = "RGBA") -> None:
    Image.new(mode, size, "teal").save(path)


# Languages


@pytest.mark.parametrize("code", labels.LANGUAGES)
def test_language_has_every_word_and_only_characters_that_the_fonts_carry(code: str) -> None:
    english, other = labels.language("en"), labels.language(code)
    assert other.words.keys() == english.words.keys()
    assert {name: table.keys() for name, table in other.tables.items()} == {
        name: table.keys() for name, table in english.tables.items()
    }
    for name, word in other.words.items():
        assert fields(word) == fields(english.words[name]), name
    every = [*other.words.values(), *(text for table in other.tables.values() for text in table.values())]
    assert typefaces.carried().issuperset("".join([*every, *other.months, other.group, other.decimal]))


def fields(word: str) -> set[str]:
    return {part.partition("}")[0] for part in word.split("{")[1:]}


@pytest.mark.parametrize("code", labels.LANGUAGES)
def test_title_tells_a_credit_note_from_an_invoice_in_every_language(code: str) -> None:
    language = labels.language(code)
    for table, credit in (("invoices", False), ("credit_notes", True)):
        for title in language.tables[table].values():
            assert language.is_credit_note(title) is credit
    with pytest.raises(ValueError, match="no title"):
        language.is_credit_note("Proforma")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1234567.5", "1.234.567,50"),
        ("-1000", "-1.000,00"),
        ("+7.", "7,00"),
        (".5", "0,50"),
        ("007", "7,00"),
        ("1.23456789", "1,23456789"),
        ("1.230000", "1,23"),
        ("1e3", "1e3"),
        ("12,5", "12,5"),
        ("NaN", "NaN"),
        ("٣", "٣"),
        ("", ""),
        ("-", "-"),
    ],
)
def test_figures_are_grouped_and_never_rounded_and_what_is_none_stands_as_it_is(
    given: str, shown: str
) -> None:
    assert labels.language("da").amount(given, "EUR") == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [("2026-02-03", "3. feb. 2026"), ("2026-13-03", "2026-13-03"), ("soon", "soon"), ("", "")],
)
def test_days_are_written_in_the_language_and_what_is_none_stands_as_it_is(given: str, shown: str) -> None:
    assert labels.language("da").day(given) == shown


# Fonts


def test_fonts_are_those_of_the_folder_with_their_licence_and_named_in_its_page() -> None:
    files = {path.stem for path in typefaces.FOLDER.glob("*.ttf")}
    assert files == set(typefaces.NAMES)
    assert "SIL OPEN FONT LICENSE" in (typefaces.FOLDER / "OFL.txt").read_text(encoding="utf-8")
    told = (typefaces.FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in files if name.partition("-")[0] not in told] == []


def test_fonts_are_alike_where_a_text_goes_on_in_another_one() -> None:
    for bold in (False, True):
        style = typefaces.style(bold=bold)
        assert {typefaces.style(bold=one).advances[" "] for one in (False, True)} == {style.advances[" "]}
        runs = list(style.runs("Łódź και Москва → Հայ"))
        assert "".join(text for _, text in runs) == "Łódź και Москва → Հայ"
        assert len({font for font, _ in runs}) == 4


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a b", ["a b"]),
        ("", [""]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("aaaa bbbb cccc", ["aaaa", "bbbb", "cccc"]),
        ("wwwwwwww", ["www", "www", "ww"]),
        ("a wwwwww b", ["a", "www", "www", "b"]),
    ],
)
def test_text_is_wrapped_at_blanks_and_a_long_word_between_letters(text: str, lines: list[str]) -> None:
    assert typefaces.style(bold=False).wrapped(text, 10, 26) == lines


# The logo


def test_logo_is_drawn_where_the_legal_entity_sells_and_not_on_what_others_sent(folder: Path) -> None:
    picture(folder / "logo.png")
    of_one = batch(settings={"logo": "logo.png"})
    assert PDF.check_settings(of_one.settings, None) == []
    sold = PdfReader(io.BytesIO(PDF.document(invoice(), of_one)))
    bought = PdfReader(io.BytesIO(PDF.document(of(invoice().content, "payable"), of_one)))
    assert [len(reader.pages[0].images) for reader in (sold, bought)] == [1, 0]
    data = PDF.document(invoice(), of_one)
    assert data == PDF.document(invoice(), of_one)
    assert PDF.read_document(data, of_one).signed == 120_050


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_logo_of_any_colours_is_drawn(folder: Path, mode: str) -> None:
    Image.new("RGB", (50, 400), "teal").convert(mode).save(folder / "logo.png")
    data = PDF.document(with_lines(1), batch(settings={"logo": "logo.png"}))
    assert len(PdfReader(io.BytesIO(data)).pages[0].images) == 1


def test_logo_that_is_missing_broken_or_too_large_is_said_before_anything_is_written(folder: Path) -> None:
    (folder / "text.png").write_text("no picture")
    (folder / "heavy.png").write_bytes(b"\0" * (2 * 1024 * 1024 + 1))
    picture(folder / "wide.png", (5000, 4000), "1")
    picture(folder / "whole.png")
    (folder / "cut.png").write_bytes((folder / "whole.png").read_bytes()[:60])
    found = {}
    for name in ("gone.png", "text.png", "heavy.png", "wide.png", "cut.png"):
        (problem,) = PDF.check_settings({"logo": name}, None)
        found[name] = (problem.code, problem.reason)
        assert problem.remedy
    assert found["gone.png"][0] == "logo_missing"
    assert str(folder / "gone.png") in found["gone.png"][1]
    assert {code for name, (code, _) in found.items() if name != "gone.png"} == {"logo_unusable"}
    assert "2,097,153 bytes" in found["heavy.png"][1]
    assert "5000 x 4000 pixels" in found["wide.png"][1]


@pytest.mark.parametrize("name", ["../logo.png", "/etc/logo.png", ".png", "logo.svg", "a/b.png"])
def test_logo_is_a_picture_of_the_home_and_of_nowhere_else(name: str) -> None:
    with pytest.raises(InvalidInput):
        parse_settings(PDF.settings, {"logo": name})


def test_formats_with_pages_are_cheap_to_look_up() -> None:
    program = (
        "import sys, worker.formats.pdf, worker.formats.facturx, worker.formats.cii;"
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"reportlab", "fpdf", "PIL", "fontTools"} & set(done.stdout.split()) == set()

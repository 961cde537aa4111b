"""What stands on drawn pages, read from the letters themselves; shares no code with what draws them.

A few texts are tagged as marked content (ISO 32000-1, 14.6). Their letters are told by the fonts' own
ToUnicode maps, so that what is read is what a person sees, not a copy of it kept elsewhere in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from models.fields import minor_digits
from worker.formats.pages.objects import TOKEN, File, text_bytes

TITLE: Final = "WaybillTitle"
NUMBER: Final = "WaybillNumber"
CURRENCY: Final = "WaybillCurrency"
PAYABLE: Final = "WaybillPayable"
PAGE: Final = "WaybillPage"

_MAP: Final = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_HEX: Final = re.compile(rb"\[|\]|<([0-9A-Fa-f]*)>")


class Drawn(NamedTuple):
    """What the tagged texts say, pieces of one tag joined."""

    title: str
    number: str
    currency: str
    payable: str

    def minor(self) -> int:
        """The amount due in minor units; amounts are drawn with exactly their currency's decimals."""
        digits = "".join(filter(str.isdigit, self.payable))
        if not digits or len(digits) <= minor_digits(self.currency):
            raise ValueError(f"the amount due is drawn as {self.payable!r}")
        return -int(digits) if self.payable.startswith("-") else int(digits)


class _Font(NamedTuple):
    letters: dict[int, str]
    width: int  # bytes a code has


def read(file: File) -> Drawn:
    """The tagged texts of all pages; raises `ValueError` where a page or a text is missing."""
    said: dict[str, str] = {}
    pages = list(_pages(file, file.dictionary(file.trailer.get("Root")).get("Pages")))
    feet = []
    for page in pages:
        found: dict[str, str] = {}
        for tag, text in _tagged(file, page):
            found[tag] = found.get(tag, "") + text
        feet.append(found.pop(PAGE, ""))
        for tag, text in found.items():
            said[tag] = said.get(tag, "") + text
    _check_feet(feet)
    if missing := [tag for tag in (TITLE, CURRENCY, PAYABLE) if not said.get(tag)]:
        raise ValueError(f"nothing on its pages is the {missing[0].removeprefix('Waybill').lower()}")
    # A number may have nothing that leaves a trace.
    return Drawn(said[TITLE], said.get(NUMBER, ""), said[CURRENCY], said[PAYABLE])


def embedded(file: File, name: str) -> bytes:
    """An attachment by its name; raises `ValueError` where there is none."""
    root = file.dictionary(file.trailer.get("Root"))
    tree = file.dictionary(file.dictionary(root.get("Names")).get("EmbeddedFiles"))
    for specification in file.get(tree.get("Names", []))[1::2]:
        about = file.dictionary(specification)
        if about.get("F") == name.encode():
            return file.stream(file.dictionary(about.get("EF")).get("F"))
    raise ValueError(f"it has no attachment {name}")


def _check_feet(feet: list[str]) -> None:
    """Each page says which one it is and of how many."""
    for place, foot in enumerate(feet, start=1):
        if re.findall(r"\d+", foot) != [str(place), str(len(feet))]:
            raise ValueError(f"page {place} of {len(feet)} says {foot!r}")


def _pages(file: File, node: Any) -> Iterator[dict[str, Any]]:
    about = file.dictionary(node)
    if about.get("Type") == "/Page":
        yield about
        return
    for kid in file.get(about.get("Kids", [])):
        yield from _pages(file, kid)


def _tagged(file: File, page: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Tag and text of each tagged text."""
    resources = file.dictionary(page.get("Resources"))
    fonts = file.dictionary(resources.get("Font", {}))
    known: dict[str, _Font] = {}
    tag, font, before, last = "", "", b"", b""
    for match in TOKEN.finditer(file.stream(page.get("Contents"))):
        token = match[0]
        if token == b"Tf":
            font = before.decode("latin-1").removeprefix("/")
        elif token == b"BMC":
            tag = last.decode("latin-1").removeprefix("/")
        elif token == b"EMC":
            tag = ""
        elif token == b"Tj" and tag:
            if font not in known:
                known[font] = _font(file, fonts.get(font))
            yield tag, _text(text_bytes(last), known[font])
        before, last = last, token


def _font(file: File, reference: Any) -> _Font:
    about = file.dictionary(reference)
    letters: dict[int, str] = {}
    for kind, body in _MAP.findall(file.stream(about.get("ToUnicode"))):
        letters |= _chars(body) if kind == b"bfchar" else _ranges(body)
    return _Font(letters, 2 if about.get("Subtype") == "/Type0" else 1)


def _text(codes: bytes, font: _Font) -> str:
    width = font.width
    numbers = (int.from_bytes(codes[at : at + width]) for at in range(0, len(codes), width))
    return "".join(font.letters.get(number, "\ufffd") for number in numbers)


def _chars(body: bytes) -> dict[int, str]:
    found = [digits for digits in _HEX.findall(body) if digits]
    return {int(code, 16): _letters(text) for code, text in zip(found[::2], found[1::2], strict=True)}


def _ranges(body: bytes) -> dict[int, str]:
    """`<first> <last> <text>` counts on from the text; with brackets, a text for each code."""
    letters: dict[int, str] = {}
    for first, last, one, many in re.findall(
        rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])", body
    ):
        codes = range(int(first, 16), int(last, 16) + 1)
        if one:
            letters |= {code: chr(int(one, 16) + place) for place, code in enumerate(codes)}
        else:
            letters |= dict(zip(codes, map(_letters, _HEX.findall(many)), strict=False))
    return letters


def _letters(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be")

"""Pages drawn with reportlab: fast, with the fonts' used letters inside. No PDF/A.

reportlab makes the file, the fonts' subsets and the pictures. What is drawn on a page is written here, as
one text of operators (ISO 32000-1, annex A): through reportlab's own methods a page takes twice as long.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from worker.formats.pages import typefaces
from worker.formats.pages.marks import Box, Color, Pages, Picture, Rule, Text

_PRODUCER: Final = "Waybill"
# How a byte stands in a text: as itself where it is ASCII and means nothing else, or as three octal digits.
_LITERAL: Final = {code: f"\\{code:03o}" for code in (*range(32), *map(ord, "()\\"), *range(127, 256))}


# reportlab's fonts are one for all documents, and are read from a place that each reading moves.
_ONE_AT_A_TIME: Final = threading.Lock()


def drawn(pages: Pages, created: datetime) -> bytes:
    """The pages as a PDF file; the same pages and instant give the same bytes."""
    with _ONE_AT_A_TIME:
        return _drawn(pages, created)


def _drawn(pages: Pages, created: datetime) -> bytes:
    from reportlab.pdfgen.canvas import Canvas  # imported where used: other formats do without it

    fonts = _fonts()
    out = io.BytesIO()
    canvas = Canvas(out, (pages.width, pages.height), pageCompression=1, invariant=1, lang=pages.language)
    canvas.setTitle(pages.title)
    canvas.setAuthor(pages.author)
    canvas.setCreator(_PRODUCER)
    canvas.setProducer(_PRODUCER)
    canvas.setSubject("")
    canvas.setDateFormatter(lambda *_: f"D:{created:%Y%m%d%H%M%S}Z")
    pen = _Pen(canvas, fonts, pages.height)
    for page in pages.pages:
        for mark in page:
            if isinstance(mark, Picture):
                _place(canvas, mark, pages.height)
        canvas.addLiteral("\n".join(operator for mark in page for operator in pen.operators(mark)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _fonts() -> dict[str, Any]:
    """reportlab's fonts by name, once in a process."""
    from reportlab import rl_config
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    rl_config.useA85 = 0  # streams as they are: a quarter smaller
    # Without `asciiReadable` a font holds the letters that are used, and not all of ASCII.
    fonts = {name: TTFont(name, str(typefaces.path(name)), asciiReadable=0) for name in typefaces.NAMES}
    for font in fonts.values():
        # Whole numbers in these fonts, which have 1000 units to the em; as floats they are slow to write.
        font.face.charWidths = {code: round(width) for code, width in font.face.charWidths.items()}
        registerFont(font)
    return fonts


class _Pen:
    """Writes a mark as operators."""

    def __init__(self, canvas: Any, fonts: dict[str, Any], height: float) -> None:
        self._document = (
            canvas._doc
        )  # fonts keep their subsets by it, and reportlab gives it out nowhere else
        self._fonts = fonts
        self._height = height

    def operators(self, mark: Text | Rule | Box | Picture) -> Iterator[str]:
        """The operators of one mark; a picture has been placed before."""
        if isinstance(mark, Text):
            yield from self._text(mark)
        elif isinstance(mark, Rule):
            y = self._height - mark.y
            begin, end = f"{mark.x:.2f} {y:.2f} m", f"{mark.x + mark.width:.2f} {y:.2f} l"
            yield f"{_color(mark.color)} RG {mark.weight:.2f} w {begin} {end} S"
        elif isinstance(mark, Box):
            y = self._height - mark.y - mark.height
            yield f"{_color(mark.color)} rg {mark.x:.2f} {y:.2f} {mark.width:.2f} {mark.height:.2f} re f"

    def _text(self, mark: Text) -> Iterator[str]:
        shown = []
        for name, text in typefaces.style(bold=mark.bold).runs(mark.text):
            font = self._fonts[name]
            for subset, codes in font.splitString(text, self._document):
                internal = font.getSubsetInternalName(subset, self._document)
                shown.append(
                    f"{internal} {mark.size:g} Tf ({codes.decode('latin-1').translate(_LITERAL)}) Tj"
                )
        place = f"{mark.x:.2f} {self._height - mark.y:.2f} Td"
        drawn = f"BT {_color(mark.color)} rg {place} {' '.join(shown)} ET"
        yield f"/{mark.tag} BMC {drawn} EMC" if mark.tag else drawn


@cache
def _color(color: Color) -> str:
    return " ".join(f"{part:g}" for part in color)


def _place(canvas: Any, mark: Picture, height: float) -> None:
    from reportlab.lib.utils import ImageReader

    y = height - mark.y - mark.height
    canvas.drawImage(ImageReader(io.BytesIO(mark.logo.png)), mark.x, y, mark.width, mark.height)

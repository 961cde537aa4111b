"""Pages drawn with fpdf2 as PDF/A-3B (ISO 19005-3) with one attachment: slower than `canvas`, and archival.

fpdf2 embeds the fonts and an sRGB output intent and ties the attachment to the document. The XMP metadata is
written here, for it has to tell what the attachment is. Nothing here checks independently that the file is
PDF/A-3.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from worker.formats.pages import typefaces
from worker.formats.pages.marks import Box, Color, Mark, Pages, Rule, Text

if TYPE_CHECKING:
    from fpdf import FPDF

_PRODUCER: Final = "Waybill"


class Attachment(NamedTuple):
    """The file within."""

    name: str
    data: bytes
    mime: str
    relationship: str
    """What it is to the pages (AFRelationship)."""
    description: str
    metadata: str
    """An RDF description of it for the document's XMP."""


def drawn(pages: Pages, created: datetime, attachment: Attachment) -> bytes:
    """The pages as a PDF/A-3B file; the same pages, instant and attachment give the same bytes."""
    from fpdf import FPDF  # imported where used: other formats do without it

    file = FPDF(unit="pt", format=(pages.width, pages.height), enforce_compliance="PDF/A-3B")
    file.set_auto_page_break(False)
    file.alias_nb_pages("")
    instant = created.astimezone(UTC).replace(microsecond=0)
    file.set_creation_date(instant)
    _describe(file, pages, instant, attachment)
    for name, used in _used(pages).items():
        file.add_font(name, fname=typefaces.path(name), unicode_range=sorted(used))
    for page in pages.pages:
        file.add_page()
        for mark in page:
            _draw(file, mark)
    file.embed_file(
        bytes=attachment.data,
        basename=attachment.name,
        modification_date=instant,
        mime_type=attachment.mime,
        associated_file_relationship=attachment.relationship,
        desc=attachment.description,
        compress=True,
    )
    return bytes(file.output())


def _used(pages: Pages) -> dict[str, set[int]]:
    """The characters that each font has to show: only these are looked up and embedded."""
    used: dict[str, set[int]] = {}
    for page in pages.pages:
        for mark in page:
            if isinstance(mark, Text):
                for name, text in typefaces.style(bold=mark.bold).runs(mark.text):
                    used.setdefault(name, {0x20}).update(map(ord, text))
    return used


def _draw(file: FPDF, mark: Mark) -> None:
    if isinstance(mark, Text):
        _text(file, mark)
    elif isinstance(mark, Rule):
        file.set_draw_color(*_bytes(mark.color))
        file.set_line_width(mark.weight)
        file.line(mark.x, mark.y, mark.x + mark.width, mark.y)
    elif isinstance(mark, Box):
        file.set_fill_color(*_bytes(mark.color))
        file.rect(mark.x, mark.y, mark.width, mark.height, style="F")
    else:
        file.image(io.BytesIO(mark.logo.png), mark.x, mark.y, mark.width, mark.height)


def _text(file: FPDF, mark: Text) -> None:
    file.set_text_color(*_bytes(mark.color))
    style, x = typefaces.style(bold=mark.bold), mark.x
    if mark.tag:
        file._out(f"/{mark.tag} BMC")  # fpdf2 has no method for content marked by a tag alone
    for name, text in style.runs(mark.text):
        file.set_font(name, size=mark.size)
        file.text(x, mark.y, text)
        x += style.width(text, mark.size)
    if mark.tag:
        file._out("EMC")


def _bytes(color: Color) -> tuple[int, int, int]:
    red, green, blue = color
    return round(red * 255), round(green * 255), round(blue * 255)


def _describe(file: FPDF, pages: Pages, instant: datetime, attachment: Attachment) -> None:
    """Title, author and dates stand in the XMP alone: there is no document information that could differ."""
    file.set_lang(pages.language)
    when = f"{instant:%Y-%m-%dT%H:%M:%S}+00:00"
    file.set_xmp_metadata(
        _XMP.format(
            title=escape(pages.title),
            author=escape(pages.author),
            producer=_PRODUCER,
            when=when,
            more=attachment.metadata,
        )
    )


_XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<xmp:CreatorTool>{producer}</xmp:CreatorTool>
<xmp:CreateDate>{when}</xmp:CreateDate>
<xmp:ModifyDate>{when}</xmp:ModifyDate>
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
{more}
</rdf:RDF>
</x:xmpmeta>"""

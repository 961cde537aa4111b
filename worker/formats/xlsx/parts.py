"""The fixed parts of a workbook of one sheet (ECMA-376): relations, styles, the frame of the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

SHEET = "xl/worksheets/sheet1.xml"
HEADER, TEXT, DATE, INTEGER, GENERAL = 1, 2, 3, 4, 5
DECIMALS = {0: 6, 2: 7, 3: 8, 4: 9}
"""The style of an amount by its decimals."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NUMBERED = ' applyNumberFormat="1"'
_HEADED = ' applyFont="1" applyFill="1"'
_WIDTHS = {TEXT: 24, DATE: 12}
_USUAL_WIDTH = 14

_CONTENT_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_OF_WORKBOOK = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_WORKBOOK = (
    f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Invoices" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def fixed(date_format: str) -> Mapping[str, str]:
    """All parts but the sheet, by name; `date_format` as a layout writes it."""
    return {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS,
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _OF_WORKBOOK,
        "xl/styles.xml": _styles(date_format),
    }


def _styles(date_format: str) -> str:
    """What the constants of this module stand for, in their order; 49 is text, 1 is 0, 2 is 0.00."""
    formats = (0, 0, 49, 164, 1, 0, 1, 2, 165, 166)
    cells = "".join(_cell_style(number, place == HEADER) for place, number in enumerate(formats))
    codes = {164: date_format.lower(), 165: "0.000", 166: "0.0000"}
    numbers = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{escape(code)}"/>' for number, code in codes.items()
    )
    fill = '<fill><patternFill patternType="solid"><fgColor rgb="FFE7E9ED"/></patternFill></fill>'
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(codes)}">{numbers}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill>'
        f'<fill><patternFill patternType="gray125"/></fill>{fill}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{cells}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _cell_style(number: int, header: bool) -> str:
    font, fill = (1, 2) if header else (0, 0)
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0"'
        f"{_NUMBERED if number else ''}{_HEADED if header else ''}/>"
    )


def opening(styles: list[int], header: bool) -> str:
    """The sheet up to its first row: the first row frozen where it is a header, and how wide columns are."""
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if header else ""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_WIDTHS.get(style, _USUAL_WIDTH)}" customWidth="1"/>'
        for place, style in enumerate(styles, start=1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView>'
        f"</sheetViews><cols>{widths}</cols><sheetData>"
    )


CLOSING = "</sheetData></worksheet>"

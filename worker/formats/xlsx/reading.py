"""A sheet read again, row by row: each cell as the text it was made from."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from lxml import etree

from models.columns import Column
from models.document_fields import ValueKind
from worker.formats.xlsx.parts import SHEET

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EPOCH = date(1899, 12, 30)


def rows(path: Path, columns: tuple[Column, ...]) -> Iterator[list[str]]:
    """The rows of the first sheet; raises `ValueError` where it is none."""
    dates = {place for place, column in enumerate(columns) if _is_day(column)}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(SHEET) as sheet:
            for _, element in etree.iterparse(sheet, tag=f"{_NS}row", resolve_entities=False):
                yield [_cell(cell, place in dates) for place, cell in enumerate(element)]
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _is_day(column: Column) -> bool:
    return column.constant is None and column.kind is ValueKind.DATE


def _cell(cell: etree._Element, day: bool) -> str:
    if not len(cell):
        return ""
    if cell.get("t") == "inlineStr":
        text = cell[0][0].text or ""
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
    value = cell[0].text or ""
    return (_EPOCH + timedelta(days=int(value))).isoformat() if day else value

"""A sheet read again, row by row: each cell as the text it was made from.

What is read is exactly the form that is written, so that anything else is damage: a row that is not made of
such cells from its begin to its end, or rows that are not numbered through, are refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from models.columns import Column
from models.document_fields import ValueKind
from worker.formats.xlsx.parts import SHEET

_CHUNK = 1 << 16
_OPEN, _CLOSE = b"<sheetData>", b"</sheetData></worksheet>"
_CELL = re.compile(
    r'(<c r="([A-Z]+)(\d+)"(?:/>'
    r'| s="\d"><v>([^<>&]+)</v></c>'
    r'| s="\d" t="inlineStr"><is><t(?: xml:space="preserve")?>([^<>]*)</t></is></c>))'
)
_ROW = re.compile(r'<row r="(\d+)">')
_ENTITY = re.compile(r"&(?:(amp|lt|gt)|#(\d+));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EPOCH = date(1899, 12, 30)


def rows(path: Path, columns: tuple[Column, ...]) -> Iterator[list[str]]:
    """The rows of the first sheet; raises `ValueError` where it is none."""
    dates = {place for place, column in enumerate(columns) if _is_day(column)}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(SHEET) as sheet:
            for number, row in enumerate(_pieces(cast("BinaryIO", sheet)), start=1):
                yield _cells(row, number, dates)
    except (zipfile.BadZipFile, zlib.error, KeyError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _is_day(column: Column) -> bool:
    return column.constant is None and column.kind is ValueKind.DATE


def _pieces(sheet: BinaryIO) -> Iterator[str]:
    """The rows as they stand in the sheet, without their ends."""
    rest = b""
    while _OPEN not in rest:
        if not (chunk := sheet.read(_CHUNK)):
            raise ValueError("the sheet has no rows")
        rest += chunk
    rest = rest.partition(_OPEN)[2]
    while chunk := sheet.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"</row>")
        yield from (row.decode() for row in whole)
    *whole, rest = rest.split(b"</row>")
    yield from (row.decode() for row in whole)
    if rest != _CLOSE:
        raise ValueError("the sheet does not end as it should")


def _cells(row: str, number: int, dates: set[int]) -> list[str]:
    begin = _ROW.match(row)
    found = _CELL.findall(row)
    if begin is None or begin.end() + sum(len(cell[0]) for cell in found) != len(row):
        raise ValueError(f"row {number} is not made of cells: {row[:80]!r}")
    ours = str(number)
    if begin[1] != ours or any(cell[2] != ours for cell in found):
        raise ValueError(f"row {number} is called {begin[1]}")
    return [
        _plain(text) if text else _day(value) if place in dates and value else value
        for place, (_, _, _, value, text) in enumerate(found)
    ]


@lru_cache(maxsize=8192)
def _day(value: str) -> str:
    return (_EPOCH + timedelta(days=int(value))).isoformat()


def _plain(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(lambda found: _NAMED[found[1]] if found[1] else chr(int(found[2])), text)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text

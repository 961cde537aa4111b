"""Records of 94 characters out of bytes: lines that end with LF, CR, CRLF or not at all, cut or padded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, NamedTuple

WIDTH = 94
FILLER = "9" * WIDTH
_CHUNK = 1 << 16
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineEnd(StrEnum):
    """What stands after a record."""

    CRLF = "CRLF"
    LF = "LF"
    CR = "CR"
    NONE = "none"


_ENDS = {b"\r\n": LineEnd.CRLF, b"\n": LineEnd.LF, b"\r": LineEnd.CR}


class Record(NamedTuple):
    """One record, made as wide as it should be; a character stands for a byte."""

    number: int
    """From 1."""
    text: str
    """94 characters: a short line is filled with blanks, and of a padded one the padding is left out."""
    width: int
    """How many characters its line had, padding and a byte order mark included."""
    end: LineEnd

    @property
    def kind(self) -> str:
        """Its record type: 1, 5, 6, 7, 8 or 9."""
        return self.text[0]


def records(stream: BinaryIO) -> Iterator[Record]:
    """The records in flat memory, whatever the file is; an empty line is one of width 0."""
    number, surplus = 0, 0
    for line, end in _lines(stream):
        if not number and line.startswith(_BYTE_ORDER_MARK):
            line, surplus = line.removeprefix(_BYTE_ORDER_MARK), len(_BYTE_ORDER_MARK)
        if len(line) == WIDTH:
            number += 1
            yield Record(number, line.decode("latin-1"), WIDTH + surplus, end)
        else:
            for piece, width, piece_end in _pieces(line, end):
                number += 1
                yield Record(number, piece.decode("latin-1").ljust(WIDTH), width + surplus, piece_end)
        surplus = 0


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, LineEnd]]:
    """Lines and their ends; what has none for long comes in parts of whole records."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        rest, start = rest + chunk, 0
        for found in _LINE_END.finditer(rest):
            if found[0] == b"\r" and found.end() == len(rest):
                break  # its line feed may be the next chunk's first byte
            yield rest[start : found.start()], _ENDS[found[0]]
            start = found.end()
        if (unbroken := len(rest) - start) > _CHUNK:
            # A record stays behind: it may be the last one before a line end.
            whole = unbroken - WIDTH - unbroken % WIDTH
            yield rest[start : start + whole], LineEnd.NONE
            start += whole
        rest = rest[start:]
    yield from _last_lines(rest)


def _last_lines(rest: bytes) -> Iterator[tuple[bytes, LineEnd]]:
    if rest.endswith(b"\r"):
        yield rest[:-1], LineEnd.CR
    elif rest:
        yield rest, LineEnd.NONE


def _pieces(line: bytes, end: LineEnd) -> Iterator[tuple[bytes, int, LineEnd]]:
    """The records of one line, each with its width: blanks after the last one are its padding."""
    start = 0
    while True:
        following = start + WIDTH
        if not line[following : following + WIDTH].strip() and not line[following:].strip():
            yield line[start:following], len(line) - start, end
            return
        yield line[start:following], WIDTH, LineEnd.NONE
        start = following

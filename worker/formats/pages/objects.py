"""A PDF file's objects, as far as files written here need: ISO 32000-1, 7.3 (objects), 7.5 (references).

Shares no code with what writes the files. One cross-reference table, streams that are plain or Flate.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

TOKEN: Final = re.compile(
    rb"\((?:[^\\()]|\\.)*\)|<<|>>|<[0-9A-Fa-f\s]*>|/[^\s()<>\[\]{}/%]*|[\[\]]|[^\s()<>\[\]{}/%]+|%[^\r\n]*",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_MEANS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"",
                 b"\r\n": b""}  # fmt: skip
_ENTRY: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])\s*")


class Damaged(ValueError):
    """The file is none, or is not as it was written."""


class Reference(NamedTuple):
    """The number of an object that stands elsewhere in the file."""

    number: int


@dataclass(slots=True)
class File:
    """A whole file; raises `Damaged` wherever it is none, or is cut off."""

    data: bytes
    trailer: dict[str, Any]
    _places: dict[int, int]

    @classmethod
    def read(cls, data: bytes) -> File:
        """Its table of objects, from the end of it."""
        start = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", data[-64:])
        if not data.startswith(b"%PDF-") or start is None:
            raise Damaged("it is no whole PDF file")
        places, after = _table(data, int(start[1]))
        trailer = _value(_tokens(data, after))
        if not isinstance(trailer, dict):
            raise Damaged("its trailer is none")
        return cls(data, trailer, places)

    def get(self, value: Any) -> Any:
        """A value; one that stands elsewhere is fetched (of a stream, its dictionary)."""
        return self._object(value.number)[0] if isinstance(value, Reference) else value

    def dictionary(self, value: Any) -> dict[str, Any]:
        """The same, where nothing but a dictionary is expected."""
        found = self.get(value)
        if not isinstance(found, dict):
            raise Damaged(f"{value} is no dictionary")
        return found

    def stream(self, value: Any) -> bytes:
        """The bytes of a stream."""
        if not isinstance(value, Reference):
            raise Damaged(f"{value} is no stream")
        about, begin = self._object(value.number)
        length = self.get(about.get("Length")) if isinstance(about, dict) else None
        opening = re.compile(rb"\s*stream\r?\n").match(self.data, begin)
        if opening is None or not isinstance(length, int):
            raise Damaged(f"object {value.number} is no stream")
        data = self.data[opening.end() : opening.end() + length]
        if len(data) != length:
            raise Damaged(f"stream {value.number} is cut off")
        return _inflated(data) if _filters(about) == ["/FlateDecode"] else data

    def _object(self, number: int) -> tuple[Any, int]:
        """An object, and where it ends."""
        if number not in self._places:
            raise Damaged(f"there is no object {number}")
        opening = re.compile(rb"\s*(\d+)\s+0\s+obj\b").match(self.data, self._places[number])
        if opening is None or int(opening[1]) != number:
            raise Damaged(f"object {number} is not where it should be")
        tokens = _tokens(self.data, opening.end())
        value = _value(tokens)
        return value, tokens.end


class _Tokens:
    """Tokens of a part of the file, one back at a time."""

    def __init__(self, data: bytes, begin: int) -> None:
        self._found = TOKEN.finditer(data, begin)
        self._back: list[re.Match[bytes]] = []
        self.end = begin

    def next(self) -> bytes:
        """The next token; comments are none."""
        while True:
            match = self._back.pop() if self._back else next(self._found, None)
            if match is None:
                raise Damaged("the file ends within an object")
            if not match[0].startswith(b"%"):
                self.end = match.end()
                self._last = match
                return match[0]

    def reference(self, number: bytes) -> Reference | None:
        """The reference that began with this number, if it is one."""
        held: list[re.Match[bytes]] = []
        before = self.end
        for wanted in (rb"\d+", rb"R"):
            token = self.next()
            held.append(self._last)
            if not re.fullmatch(wanted, token):
                self._back += reversed(held)
                self.end = before
                return None
        return Reference(int(number))


def _tokens(data: bytes, begin: int) -> _Tokens:
    return _Tokens(data, begin)


def _value(tokens: _Tokens) -> Any:
    token = tokens.next()
    if token == b"<<":
        return _dictionary(tokens)
    if token == b"[":
        return list(_until_bracket(tokens))
    return _scalar(token, tokens)


def _dictionary(tokens: _Tokens) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while (name := tokens.next()) != b">>":
        found[name.decode("latin-1").removeprefix("/")] = _value(tokens)
    return found


def _until_bracket(tokens: _Tokens) -> Iterator[Any]:
    while True:
        token = tokens.next()
        if token == b"]":
            return
        if token == b"<<":
            yield _dictionary(tokens)
        elif token == b"[":
            yield list(_until_bracket(tokens))
        else:
            yield _scalar(token, tokens)


def _scalar(token: bytes, tokens: _Tokens) -> Any:
    if token[:1] in (b"(", b"<"):
        return text_bytes(token)
    if token.isdigit():
        return tokens.reference(token) or int(token)
    return token.decode("latin-1")


def text_bytes(token: bytes) -> bytes:
    """What a text says, written as `(...)` or as `<hex>`."""
    if token.startswith(b"<"):
        digits = re.sub(rb"\s", b"", token[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return _ESCAPE.sub(_escaped, token[1:-1])


def _escaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    return bytes([int(said, 8) & 0xFF]) if said[:1].isdigit() else _MEANS.get(said, said)


def _table(data: bytes, begin: int) -> tuple[dict[int, int], int]:
    """Where each object stands, and where the trailer begins."""
    at = re.compile(rb"xref\s+").match(data, begin)
    if at is None:
        raise Damaged("its table of objects is not where it should be")
    places: dict[int, int] = {}
    place = at.end()
    section = re.compile(rb"(\d+) (\d+)\s+")
    while (head := section.match(data, place)) is not None:
        place = head.end()
        for number in range(int(head[1]), int(head[1]) + int(head[2])):
            entry = _ENTRY.match(data, place)
            if entry is None:
                raise Damaged("its table of objects is broken")
            if entry[3] == b"n":
                places[number] = int(entry[1])
            place = entry.end()
    trailer = re.compile(rb"trailer\s*").match(data, place)
    if trailer is None:
        raise Damaged("it has no trailer")
    return places, trailer.end()


def _filters(about: dict[str, Any]) -> list[str]:
    given = about.get("Filter", [])
    return given if isinstance(given, list) else [given]


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise Damaged(f"a stream in it is damaged: {error}") from error

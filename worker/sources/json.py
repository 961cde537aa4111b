"""JSON in the shape of the content itself: one document, a list, ``{"invoices": […]}``, or a document a line.

Numbers are taken as they are written and never become floats. A field that Waybill does not know is kept:
a text beside ``custom``'s, anything larger where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from worker.sources import Document, Options, Refusal, Source, Unreadable, load, shown, too_large
from worker.sources.content import NO_TEXT, SHAPE, Field, Kind, settle

_LIST: Final = "invoices"
_REMEDY: Final = "correct it where the file is made and import it again"


class Json(Source):
    """JSON in Waybill's own field names: a document, a list of documents, or one a line."""

    key: ClassVar[str] = "json"
    title: ClassVar[str] = "JSON"
    extensions: ClassVar[tuple[str, ...]] = ("json", "jsonl", "ndjson")

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """A document begins with a brace, a list with a bracket."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")

    def read(self, path: Path, options: Options) -> Iterator[Document | Refusal]:
        """The documents of the file in its order; raises `Unreadable`."""
        limit, depth = options.limits.document_bytes, options.limits.depth
        if _is_by_line(path, limit):
            if path.stat().st_size > options.limits.table_bytes:
                raise too_large(options.limits.table_bytes)
            yield from _by_line(path, limit, depth)
        else:
            value = _parse(_decoded(load(path, limit)))
            for pointer, found in _documents(value):
                yield _document(found, depth, path=shown(path), line=None, pointer=pointer)


def _is_by_line(path: Path, limit: int) -> bool:
    """Whether the file is JSON lines: its first line is a whole object, and there are more."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    with path.open("rb") as file:
        first = file.readline(limit).removeprefix(b"\xef\xbb\xbf").strip()
        if not (first.startswith(b"{") and first.endswith(b"}")):
            return False
        if not any(line.strip() for line in iter(partial(file.readline, limit), b"")):
            return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _by_line(path: Path, limit: int, depth: int) -> Iterator[Document | Refusal]:
    name = shown(path)
    with path.open("rb") as file:
        for number, line in enumerate(iter(partial(file.readline, limit), b""), start=1):
            if len(line) >= limit:
                raise too_large(limit, line=number)
            if not line.strip():
                continue
            try:
                value = _parse(_decoded(line))
            except Unreadable as refused:
                refused.line = number
                yield refused.refusal(name)
                continue
            for pointer, found in _documents(value):
                yield _document(found, depth, path=name, line=number, pointer=pointer)


# --- text to values


def _decoded(data: bytes) -> str:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"it is not text in {encoding}: {error.reason} at byte {error.start}",
            code="not_text",
            remedy="export it in UTF-8",
        ) from error


def _parse(text: str) -> Any:
    """A JSON value with every number as its text; raises `Unreadable`."""
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"it is not JSON: {error.msg} (column {error.colno})",
            code="not_json",
            remedy="export it again where it is made; the file was probably cut off or edited by hand",
            line=error.lineno,
        ) from error
    except RecursionError as error:
        raise Unreadable("its values are nested too deep", code="too_deep", remedy=_REMEDY) from error


def _constant(name: str) -> str:
    raise Unreadable(f"it holds {name}, which is no number", code="not_json", remedy=_REMEDY)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"an object has two values for {twice!r}", code="not_json", remedy=_REMEDY)
    return found


def _documents(value: Any) -> Iterator[tuple[str, Any]]:
    """Every document of a value with its JSON pointer in it."""
    if isinstance(value, list):
        yield from ((f"/{index}", one) for index, one in enumerate(value))
    elif isinstance(value, dict) and isinstance(value.get(_LIST), list):
        yield from ((f"/{_LIST}/{index}", one) for index, one in enumerate(value[_LIST]))
    else:
        yield "", value


# --- values to content


class _Wrong(ValueError):
    """A value that cannot stand where it does, on its way to the document it is part of."""

    def __init__(self, pointer: str, message: str, *, code: str = "wrong_shape") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.code = code


def _document(value: Any, depth: int, *, path: str, line: int | None, pointer: str) -> Document | Refusal:
    place = pointer or None
    try:
        content = _content(value, depth)
    except _Wrong as wrong:
        return Refusal(
            path=path,
            line=line,
            xpath=f"{pointer}{wrong.pointer}" or None,
            code=wrong.code,
            message=str(wrong),
            remedy=_REMEDY,
        )
    problem = settle(content)
    if problem is None:
        return Document(content=content, path=path, line=line, xpath=place)
    return Refusal(
        path=path,
        line=line,
        xpath=f"{pointer}/{problem.field.replace('.', '/')}",
        code=problem.code,
        message=problem.message,
        remedy=problem.remedy,
    )


def _content(value: Any, depth: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong("", f"an invoice is an object, but this is {_kind(value)}", code="not_an_invoice")
    content: dict[str, Any] = _clean(value, SHAPE, "", depth)
    custom = content.get("custom", {})
    for name in [name for name in content if name not in SHAPE]:
        if isinstance(content[name], str) and name not in custom:
            custom[name] = content.pop(name)
    if custom:
        content["custom"] = custom
    return content


def _clean(value: Any, shape: Field | None, pointer: str, depth: int) -> Any:
    """A value as content: texts trimmed, nothing empty, everything of the kind its field is."""
    if depth < 0:
        raise _Wrong(pointer, "its values are nested too deep", code="too_deep")
    if isinstance(shape, Mapping) and not isinstance(value, dict):
        raise _Wrong(pointer, f"{pointer} is {_kind(value)}, but should be an object")
    if isinstance(shape, list) and not isinstance(value, list):
        raise _Wrong(pointer, f"{pointer} is {_kind(value)}, but should be a list")
    if isinstance(shape, Kind) and isinstance(value, dict | list):
        raise _Wrong(pointer, f"{pointer} is {_kind(value)}, but should be a text")
    if isinstance(value, dict):
        fields = shape if isinstance(shape, Mapping) else {}
        members = {
            _text(name, pointer): _clean(one, fields.get(name), f"{pointer}/{name}", depth - 1)
            for name, one in value.items()
            if one is not None
        }
        return {name: one for name, one in members.items() if one}
    if isinstance(value, list):
        inner = shape[0] if isinstance(shape, list) else None
        found = (_clean(one, inner, f"{pointer}/{at}", depth - 1) for at, one in enumerate(value))
        return [one for one in found if one]
    return _text(value, pointer)


def _text(value: str | bool | None, pointer: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not value.isprintable() and NO_TEXT.search(value):
        raise _Wrong(pointer, "a text holds a NUL character or half of a character", code="not_text")
    return value.strip()


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return (
        "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a single value"
    )

"""What a batch file is called: a template of a facility, filled in from its job. Pure.

A file of one document is called after that document: its template has that one's fields too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from string import Formatter

from models.errors import InvalidInput

DOCUMENT = "document_file_name"
"""The setting for files of one document each."""
_TEMPLATE_FIELDS = frozenset({"date", "time", "job", "facility", "ext"})
_DOCUMENT_FIELDS = frozenset({"number", "party", "type"})
_PLAIN_NAME = re.compile(r"[^/\\\x00-\x1f]+")
_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST = 80
"""Bytes of a field that stands for a text from outside."""


def safe(text: str, otherwise: str = "") -> str:
    """A text as part of a file's name: what every file system takes, and not too long."""
    cut = _UNFIT.sub("-", text).encode()[:_LONGEST].decode(errors="ignore")
    return cut.strip(".-") or otherwise


def check_template(key: str, template: str) -> None:
    """Refuse a file name template that could not give a usable name; names the setting and why."""
    known_fields = _TEMPLATE_FIELDS | (_DOCUMENT_FIELDS if key == DOCUMENT else frozenset())
    try:
        used = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        raise InvalidInput(f"{key} is {template!r}: {error}", remedy="close every brace") from error
    if unknown := used - known_fields:
        known = " ".join(f"{{{field}}}" for field in sorted(known_fields))
        raise InvalidInput(f"{key} uses {{{min(unknown)}}}", remedy=f"use only {known}")
    if key == DOCUMENT:
        _check_tells_documents_apart(key, template, used)
    elif "job" not in used and not {"date", "time"} <= used:
        raise InvalidInput(
            f"{key} is {template!r}, so that two files would have one name",
            remedy="use {date} and {time}, or {job}",
        )
    longest = {"date": "20260101", "time": "000000", "job": "1", "facility": "f", "ext": "csv"}
    longest |= dict.fromkeys(_DOCUMENT_FIELDS, "x" * _LONGEST)
    _checked_path(key, template.format(**longest))


def _check_tells_documents_apart(key: str, template: str, used: set[str]) -> None:
    if "number" not in used:
        raise InvalidInput(
            f"{key} is {template!r}, which says nothing of the document",
            remedy="use {number}",
        )


def file_name(
    template: str,
    *,
    as_of: datetime,
    job_id: int,
    facility: str,
    extension: str,
    document: Mapping[str, str] | None = None,
) -> str:
    """The name for a job's file; `as_of` in the legal entity's zone, `document` the one in it."""
    name = template.format(
        date=f"{as_of:%Y%m%d}",
        time=f"{as_of:%H%M%S}",
        job=job_id,
        facility=_UNFIT.sub("-", facility),
        ext=extension,
        **(document or {}),
    )
    return _checked_path("the file name", name)


def document_fields(*, number: str, party: str, document_type: str, invoice_id: int) -> dict[str, str]:
    """What a document's file is called after, made safe."""
    return {
        "number": safe(number, f"invoice-{invoice_id}"),
        "party": safe(party, "party"),
        "type": document_type,
    }


def _checked_path(what: str, name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or len(parts) > 8 or not all(map(_is_plain, parts)):
        raise InvalidInput(
            f"{what} gives {name!r}, which is no path inside a folder",
            remedy="give a name, with folders before it if wanted, none beginning with a point",
        )
    return str(PurePosixPath(name))


def _is_plain(part: str) -> bool:
    return bool(_PLAIN_NAME.fullmatch(part)) and not part.startswith(".") and len(part.encode()) <= 200

"""What a batch file is called: a template of a facility, filled in from its job. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from string import Formatter

from models.errors import InvalidInput

_TEMPLATE_FIELDS = {"date", "time", "job", "facility", "ext"}
_PLAIN_NAME = re.compile(r"[^/\\\x00-\x1f]+")


def check_template(key: str, template: str) -> None:
    """Refuse a file name template that could not give a usable name; names the setting and why."""
    try:
        used = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        raise InvalidInput(f"{key} is {template!r}: {error}", remedy="close every brace") from error
    if unknown := used - _TEMPLATE_FIELDS:
        known = " ".join(f"{{{field}}}" for field in sorted(_TEMPLATE_FIELDS))
        raise InvalidInput(f"{key} uses {{{min(unknown)}}}", remedy=f"use only {known}")
    if "job" not in used and not {"date", "time"} <= used:
        raise InvalidInput(
            f"{key} is {template!r}, so that two files would have one name",
            remedy="use {date} and {time}, or {job}",
        )
    sample = template.format(date="20260101", time="000000", job=1, facility="f", ext="csv")
    _checked_path(key, sample)


def file_name(template: str, *, as_of: datetime, job_id: int, facility: str, extension: str) -> str:
    """The name for a job's file; `as_of` in the legal entity's zone."""
    name = template.format(
        date=f"{as_of:%Y%m%d}",
        time=f"{as_of:%H%M%S}",
        job=job_id,
        facility=re.sub(r"[^\w.-]+", "-", facility),
        ext=extension,
    )
    return _checked_path("the file name", name)


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

"""The neutral document's terms as a table: which there are, in which order, what each holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from models.invoice_document import Document

TEXT, NUMBER, DAY, CUSTOM = "text", "number", "date", "custom"


@dataclass(frozen=True, slots=True)
class Term:
    """One term: a value of a kind, or a group; `many`: as often as the document has it."""

    kind: str
    """TEXT, NUMBER, DAY or CUSTOM; empty of a group."""
    group: type | None
    many: bool


@cache
def terms_of(group: type = Document) -> Mapping[str, Term]:
    """The terms of a group by name, in the order they are declared."""
    return {name: _term(hint) for name, hint in get_type_hints(group, include_extras=True).items()}


@cache
def groups() -> tuple[type, ...]:
    """Every group there is, the document first."""
    found: dict[type, None] = {Document: None}
    pending: list[type] = [Document]
    while pending:
        for term in terms_of(pending.pop(0)).values():
            if term.group is not None and term.group not in found:
                found[term.group] = None
                pending.append(term.group)
    return tuple(found)


def _term(hint: Any) -> Term:
    origin = get_origin(hint)
    if origin is list:
        inside = _term(get_args(hint)[0])
        return Term(inside.kind, inside.group, many=True)
    if origin is dict:
        return Term(CUSTOM, None, many=True)
    if is_typeddict(hint):
        return Term("", hint, many=False)
    said = getattr(hint, "__metadata__", (TEXT,))
    return Term(str(said[0]), None, many=False)

"""The generic XML read again: judged by its schema, and each invoice put together as it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from models.fields import amount_text, canonical_json, content_digest, to_minor
from models.invoice_document import Document
from worker.formats import Totals
from worker.formats.xml.schema import NAMESPACE, compiled
from worker.formats.xml.shape import CUSTOM, terms_of

END = b"</totals>\n</invoices>\n"
_NS = f"{{{NAMESPACE}}}"


def read(path: Path, described: dict[str, str]) -> Totals:
    """The totals of the file; raises `ValueError` for what is not as it was written."""
    count = 0
    sums: defaultdict[str, int] = defaultdict(int)
    try:
        for found in _parts(path):
            kind = _name(found)
            if kind == "batch" and _texts(found) != described:
                raise ValueError("the batch named in the file is another one")
            if kind == "invoice":
                currency, minor = _invoice(found)
                sums[currency] += minor
                count += 1
            if kind == "totals" and _texts_of_totals(found) != _expected(count, sums):
                raise ValueError(f"the totals at its end are not those of its {count} invoices")
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    return Totals(items=count, records=count, sums=dict(sums))


def _parts(path: Path) -> Iterator[etree._Element]:
    """What stands in the document one after the other, each forgotten once it was looked at."""
    tags = [f"{_NS}{name}" for name in ("batch", "invoice", "totals")]
    options: dict[str, Any] = {"schema": compiled(), "resolve_entities": False, "huge_tree": True}
    with path.open("rb") as file:
        # lxml lets a document pass whose very last tag is cut.
        file.seek(max(0, path.stat().st_size - len(END)))
        if file.read() != END:
            raise ValueError("it does not end as it should")
        file.seek(0)
        for _, found in etree.iterparse(file, tag=tags, **options):
            parent = found.getparent()
            if parent is not None and parent.getparent() is None:  # an invoice has totals too
                yield found
                found.clear()
                while found.getprevious() is not None:
                    del parent[0]


def _invoice(found: etree._Element) -> tuple[str, int]:
    said = _texts(found[0])
    content = _group(Document, [child for child in found if child is not found[0]])
    if content_digest(canonical_json(content)) != said["content_sha256"]:
        raise ValueError(f"the invoice {said['invoice_id']} is not the one of its hash")
    currency = content["currency"]
    return currency, to_minor(said["payable"], currency)


def _group(group: type, children: list[etree._Element]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    terms = terms_of(group)
    for child in children:
        name = _name(child)
        if name == "more":
            content[str(child.get("name"))] = _value(child)
            continue
        term = terms[name]
        if term.kind == CUSTOM:
            content.setdefault(name, {})[child.get("name")] = _value(child)
            continue
        value = child.text or "" if term.group is None else _group(term.group, list(child))
        if term.many:
            content.setdefault(name, []).append(value)
        else:
            content[name] = value
    return content


def _value(child: etree._Element) -> Any:
    text = child.text or ""
    return json.loads(text) if child.get("form") == "json" else text


def _texts(found: etree._Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in found}


def _texts_of_totals(found: etree._Element) -> dict[str, str]:
    return {child.get("currency") or _name(child): child.text or "" for child in found}


def _expected(count: int, sums: dict[str, int]) -> dict[str, str]:
    return {"invoices": str(count), **{code: amount_text(minor, code) for code, minor in sums.items()}}


def _name(found: etree._Element) -> str:
    return str(found.tag).removeprefix(_NS)

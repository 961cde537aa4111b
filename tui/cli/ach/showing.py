"""What `waybill ach show` says: the parts of a file as they come, as lines for people or as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from models.parties import masked
from tui.cli.ach.streaming import stream_list
from tui.cli.console import visible
from worker.ach import answers, codes, reasons, remittance
from worker.ach.answers import Corrected
from worker.ach.layout import SECRET_FIELDS
from worker.ach.records import records
from worker.ach.remittance import Remittance
from worker.ach.structure import Entry, Line, parts

_HIDDEN = "••••"
_PAYMENT = "payment related information"
_CORRECTS_ACCOUNT = ("C01", "C03", "C06", "C07")
_BANKING_SEGMENT = re.compile(r"BPR|N1|ENT|PER")
"""Segments of an 820 that can name accounts."""


def show(path: Path, *, as_json: bool, full: bool) -> None:
    """Show a file while it is read, in flat memory."""
    with path.open("rb") as stream:
        found = parts(records(stream))
        if as_json:
            stream_list(_as_item(part, full=full) for part in found)
            return
        for part in found:
            for line in _entry_lines(part, full=full) if isinstance(part, Entry) else _lines(part):
                click.echo(visible(line))


def _as_item(part: Line | Entry, *, full: bool) -> dict[str, Any]:
    if isinstance(part, Line):
        return _as_line(part, full=full)
    said = codes.TRANSACTIONS.get(part.line.value("transaction code"))
    found = remittance.of_entry(part)
    return _as_line(part.line, full=full) | {
        "sec_code": part.sec,
        "transaction": said.words if said else None,
        "addenda": [_as_line(line, full=full) for line in part.addenda],
        "remittance": None if found is None else _as_remittance(found, full=full),
        "answers": [_as_answer(line, full=full) for line in _answers(part)],
    }


def _as_line(line: Line, *, full: bool) -> dict[str, Any]:
    fields = {field.key: value.rstrip() for field, value in line.layout.values(line.record.text)}
    if not full:
        fields |= {
            field.key: _shown(line, field.name, value)
            for field, value in line.layout.values(line.record.text)
            if value.strip()
        }
    return {"record": line.record.number, "kind": line.layout.title, "fields": fields}


def _shown(line: Line, name: str, value: str) -> str:
    """A field's value, with what could be an account number hidden."""
    if name in SECRET_FIELDS:
        return masked(value.strip())
    if name == "corrected data" and line.value("change code") in _CORRECTS_ACCOUNT:
        return _HIDDEN
    # An 820 is cut without regard to its segments: any piece may hold a part of an account number.
    if name == _PAYMENT and ("\\" in value or "~" in value or "*" in value) and not value.startswith("RMR"):
        return _HIDDEN
    return value.rstrip()


def _as_remittance(found: Remittance, *, full: bool) -> dict[str, Any]:
    return {
        "amount": found.amount,
        "reference": found.reference,
        "text": found.text,
        "invoices": [
            {
                "kind": item.kind,
                "number": item.number,
                "paid": item.paid,
                "gross": item.gross,
                "discount": item.discount,
                "adjustment_reason": item.adjustment_reason,
                "adjustment": item.adjustment,
                "notes": item.notes,
            }
            for item in found.items
        ],
        "notes": [note for note in found.notes if full or not _BANKING_SEGMENT.match(note)],
    }


def _answers(entry: Entry) -> list[Line]:
    return [line for line in entry.addenda if line.value("addenda type code") in ("98", "99")]


def _as_answer(line: Line, *, full: bool) -> dict[str, Any]:
    code = _code(line)
    said, corrected = reasons.of(code), _corrected(line)
    return {
        "code": code,
        "words": said.words,
        "remedy": said.remedy,
        "original_trace": line.value("original entry trace number"),
        "information": line.value("addenda information"),
        "corrected": None if corrected is None else _as_corrected(corrected, full=full),
    }


def _code(line: Line) -> str:
    return line.value("return reason code") or line.value("refused COR code") or line.value("change code")


def _corrected(line: Line) -> Corrected | None:
    if not line.layout.has("corrected data"):
        return None
    return answers.decode(line.value("change code"), line.layout.field("corrected data").of(line.record.text))


def _as_corrected(corrected: Corrected, *, full: bool) -> dict[str, str]:
    account = corrected.account if full or not corrected.account else masked(corrected.account)
    return {
        "routing": corrected.routing,
        "account": account,
        "transaction_code": corrected.transaction_code,
        "name": corrected.name,
        "identification": corrected.identification,
    }


def _lines(line: Line) -> Iterator[str]:
    """What a header, a control or a record out of place says."""
    value = line.value
    match line.layout.title:
        case "file header":
            created = f"{_day(value('file creation date'))} {_time(value('file creation time'))}".rstrip()
            to, origin = value("immediate destination"), value("immediate origin")
            yield f"to       {to}  {value('immediate destination name')}".rstrip()
            yield f"from     {origin}  {value('immediate origin name')}".rstrip()
            yield f"created  {created}, file ID modifier {value('file ID modifier')}"
        case "batch header" | "IAT batch header":
            yield from _batch_lines(line)
        case "batch control" | "ADV batch control":
            yield f"  batch {value('batch number')}: {_totals(line)}"
        case "file control" | "ADV file control":
            yield ""
            yield f"total    batches {_int_text(value('batch count'))}, {_totals(line)}"
        case title:
            yield f"record {line.record.number}: {title} out of place"


def _batch_lines(line: Line) -> Iterator[str]:
    value = line.value
    meaning = codes.SERVICE_CLASSES.get(value("service class code"), "of no known class")
    company = value("company name") or value("IAT indicator")
    ids = f"({value('company identification') or value('originator identification')})"
    yield ""
    yield (
        f"batch {value('batch number')}  {value('SEC code')}, {meaning}, {f'{company} {ids}'.strip()}, "
        f"{value('company entry description')}, effective {_day(value('effective entry date'))}"
    )
    yield f"  {'TRACE':<15} CODE {'ACCOUNT':<8} {'AMOUNT':>13} {'IDENTIFICATION':<15} NAME"


def _entry_lines(entry: Entry, *, full: bool) -> Iterator[str]:
    value = entry.line.value
    account = value("account number")
    identification = value("identification number") or value("check serial number")
    name = value("receiver name") or next(filter(None, (a.value("receiver name") for a in entry.addenda)), "")
    yield (
        f"  {value('trace number') or '-':<15} {value('transaction code'):<4} "
        f"{account if full or not account else masked(account):<8} "
        f"{codes.amount_text(value('amount')):>13} {identification:<15} {name}"
    ).rstrip()
    for line in _answers(entry):
        yield from _answer_lines(line, full=full)
    if (found := remittance.of_entry(entry)) is not None:
        yield from _remittance_lines(found)


def _answer_lines(line: Line, *, full: bool) -> Iterator[str]:
    code, corrected = _code(line), _corrected(line)
    more = line.value("addenda information")
    of = f", of trace {line.value('original entry trace number')}"
    yield f"      {line.layout.title} {code}: {reasons.of(code).words}{f' ({more})' if more else ''}{of}"
    if corrected is not None:
        said = _as_corrected(corrected, full=full)
        told = ", ".join(f"{key.replace('_', ' ')} {text}" for key, text in said.items() if text)
        yield f"      should be: {told or 'nothing'}"


def _remittance_lines(found: Remittance) -> Iterator[str]:
    if found.text:
        yield f"      {found.text}"
    for item in found.items:
        more = [
            f"{name} {text}"
            for name, text in (
                ("paid", item.paid),
                ("gross", item.gross),
                ("discount", item.discount),
                (f"adjustment {item.adjustment_reason}".rstrip(), item.adjustment),
            )
            if text
        ]
        yield f"      {item.kind} {item.number}: {', '.join(more)}"


def _totals(line: Line) -> str:
    value = line.value
    count = _int_text(value("entry/addenda count"))
    debits, credits_ = value("total debit amount"), value("total credit amount")
    return (
        f"entries and addenda {count}, debits {codes.amount_text(debits)}, "
        f"credits {codes.amount_text(credits_)}, hash {value('entry hash')}"
    )


def _int_text(digits: str) -> str:
    """A number without the zeros before it; as it stands where it is none."""
    return f"{int(digits):,}" if digits.isascii() and digits.isdecimal() else digits


def _time(text: str) -> str:
    """`0930` as `09:30`; as it stands where it cannot be a time."""
    return f"{text[:2]}:{text[2:]}" if len(text) == 4 and text.isdecimal() else text


def _day(text: str) -> str:
    """`261124` as `2026-11-24`; as it stands where it cannot be a day."""
    return f"20{text[:2]}-{text[2:4]}-{text[4:]}" if len(text) == 6 and text.isdecimal() else text or "-"

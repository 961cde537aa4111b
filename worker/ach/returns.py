"""A bank's file of returns and changes, matched by trace number to what we sent; recorded once shown.

Trace numbers begin anew each day, so several files of ours may have used one: an answer belongs to the entry
that has its trace, its bank, its account and, for a return, its amount; of several such, to those with the
effective date that the return repeats, and never to one of two that nothing tells apart.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from models import clock, parties, settings
from models.ach_returns import originals as ours
from models.ach_returns import recording
from models.ach_returns.originals import Owner, PaidItem, SentFile
from models.ach_returns.recording import Found, NewAccount, Recorded, Source
from models.ach_returns.records import AnswerKind
from models.audit import Actor
from models.errors import InvalidInput
from models.parties import BankAccount, masked
from worker.ach import answers
from worker.ach.answers import Answer, Corrected
from worker.ach.originals import Original, entries_with, paid_by
from worker.ach.records import records

LOOK_BACK = timedelta(days=180)
"""How old a file may be that an answer is about; returns come within two banking days, as a rule."""
_MISSING = "no entry of our files of the last 180 days has its trace, bank, account and amount"
_SEVERAL = "entries of several files could be meant: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer, and what of ours it is about."""

    answer: Answer
    found: Found | None
    items: Sequence[PaidItem] = ()
    party: str = ""
    problem: str = ""
    """Why nothing of ours was found, or what of it is not certain."""
    known: bool = False
    """Recorded before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What recording a file would do."""

    source: Source
    rows: tuple[Row, ...]
    recorded_at: datetime | None
    """When the very same file was recorded to its end."""

    @property
    def unmatched(self) -> list[Row]:
        """Answers that are nobody's."""
        return [row for row in self.rows if row.found is None]


def plan(actor: Actor, path: Path, entity_id: int | None = None) -> Plan:
    """Match a file's answers to what the actor may repair; raises `InvalidInput` for one without any."""
    with path.open("rb") as stream:
        source = Source(path.name, hashlib.file_digest(stream, "sha256").hexdigest())
        stream.seek(0)
        found = list(answers.read(records(stream)))
    if not found:
        raise InvalidInput(
            f"{path} has no returns and no notifications of change",
            remedy=f"look what it is: waybill ach show {path}",
            code="no_answers",
        )
    before = recording.recorded_before(source)
    return Plan(
        source=source,
        rows=tuple(_rows(actor, found, entity_id)),
        recorded_at=None if before is None else before.recorded_at,
    )


def apply(actor: Actor, wanted: Plan) -> list[Recorded]:
    """Record what was matched; the rest stays as it is."""
    return recording.record(actor, wanted.source, [row.found for row in wanted.rows if row.found is not None])


Match = tuple[SentFile, Original]


def _rows(actor: Actor, found: Sequence[Answer], entity_id: int | None) -> Iterator[Row]:
    matches = _matches(actor, found, entity_id)
    chosen = [_choose(answer, matches[index]) for index, answer in enumerate(found)]
    items = _items(match for match in chosen if isinstance(match, tuple))
    for answer, match in zip(found, chosen, strict=True):
        if isinstance(match, str):
            yield Row(answer=answer, found=None, problem=match)
        else:
            yield _row(answer, *match, items[match[0].file_id])


def _matches(actor: Actor, found: Sequence[Answer], entity_id: int | None) -> dict[int, list[Match]]:
    """For each answer the entries that it can be about; each file is read once."""
    since = clock.now().date() - LOOK_BACK
    possible = defaultdict[int, list[Match]](list)
    for file in ours.sent_since(actor, since, entity_id):
        asked = [
            (index, answer)
            for index, answer in enumerate(found)
            if answer.trace.isdecimal() and len(answer.trace) == 15 and file.has(answer.trace)
        ]
        if not asked:
            continue
        path = settings.current().archive / file.archive_path
        entries = entries_with(path, {answer.trace for _, answer in asked})
        for index, answer in asked:
            entry = entries.get(answer.trace)
            if entry is not None and _is_about(answer, entry):
                possible[index].append((file, entry))
    return possible


def _is_about(answer: Answer, entry: Original) -> bool:
    same = (answer.rdfi, answer.account) == (entry.rdfi, entry.account)
    paid = answer.kind in (AnswerKind.CHANGE, AnswerKind.REFUSED_CHANGE) or answer.cents == entry.cents
    return same and paid


def _choose(answer: Answer, matches: list[Match]) -> Match | str:
    """The entry that is meant, or why none can be told."""
    dated = [match for match in matches if match[1].effective == answer.effective]
    few = dated or matches
    if len(few) == 1:
        return few[0]
    return _SEVERAL + ", ".join(file.name for file, _ in few) if few else _MISSING


def _items(matches: Iterable[Match]) -> dict[int, list[PaidItem]]:
    """What was paid in each file to the accounts in question."""
    files, accounts = dict[int, SentFile](), defaultdict[int, set[tuple[str, str]]](set)
    for file, entry in matches:
        files[file.file_id] = file
        accounts[file.file_id].add((entry.rdfi, entry.account))
    return {file_id: ours.paid_to(file, accounts[file_id]) for file_id, file in files.items()}


def _row(answer: Answer, file: SentFile, entry: Original, items: Sequence[PaidItem]) -> Row:
    paid = paid_by(entry, items)
    payee = _payee(file, entry, paid)
    proposed, problem = None, ""
    if answer.kind is AnswerKind.CHANGE:
        proposed, problem = _proposal(answer, None if payee is None else payee.account_id)
    elif not paid and entry.cents:
        problem = (
            f"which invoices it paid to {masked(entry.account)} cannot be told: look at waybill file show"
        )
    return Row(
        answer=answer,
        found=_found(answer, file, payee, paid, proposed),
        items=paid,
        party="" if payee is None else payee.party_name,
        problem=problem,
        known=recording.is_known(file.file_id, answer.key),
    )


def _payee(file: SentFile, entry: Original, paid: Sequence[PaidItem]) -> Owner | None:
    """Whom the entry went to: by what it paid, else by whose account it is."""
    if paid:
        first = paid[0]
        return Owner(first.account_id, first.routing, first.party_id, first.party_name)
    return ours.owner_of(file.entity_id, entry.rdfi, entry.account)


def _found(
    answer: Answer,
    file: SentFile,
    payee: Owner | None,
    paid: Sequence[PaidItem],
    proposed: NewAccount | None,
) -> Found:
    return Found(
        file=file,
        key=answer.key,
        kind=answer.kind,
        code=answer.code,
        words=answer.reason.words,
        remedy=answer.reason.remedy,
        information=answer.information,
        trace=answer.trace,
        cents=answer.cents,
        party_id=None if payee is None else payee.party_id,
        invoices=tuple(item.invoice_id for item in paid),
        proposed=proposed,
    )


def _proposal(answer: Answer, account_id: int | None) -> tuple[NewAccount | None, str]:
    """The account with what the bank corrects, or why there is none to propose."""
    corrected = answer.corrected
    if corrected is None or corrected.identification:
        return None, ""
    if account_id is None:
        return None, "the account is no party's that could be found"
    old: BankAccount = BankAccount.get_by_id(account_id)
    if corrected.transaction_code and corrected.kind is None:
        return None, f"transaction code {corrected.transaction_code} is neither checking nor savings"
    new = _with(old, corrected)
    try:
        parties.check_account(new.routing, new.number)
    except InvalidInput as error:
        return None, f"the corrected account cannot be used: {error.message}"
    same = (old.routing, old.number, old.kind, old.name) == (new.routing, new.number, new.kind, new.name)
    return (None, "the account is so already") if same else (new, "")


def _with(old: BankAccount, corrected: Corrected) -> NewAccount:
    return NewAccount(
        account_id=old.id,
        routing=corrected.routing or old.routing,
        number=corrected.account or old.number,
        kind=corrected.kind or old.kind,
        name=corrected.name or old.name,
    )

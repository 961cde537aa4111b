"""Recording answers: each once, whichever file brings it, with what it does to ledger and payee.

Safe to repeat: answers are written in transactions of some at a time under a unique key, and what a killed
run left out is recorded by the next one. The letters come with the last transaction, once for each file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models import audit, clock
from models.ach_returns import holding, letter
from models.ach_returns.originals import SentFile
from models.ach_returns.records import AccountProposal, AchAnswer, AchAnswerFile, AnswerKind
from models.audit import Actor
from models.database import execute, transaction
from models.entities import LegalEntity
from models.fields import canonical_json, to_millis
from models.jobs import Job, note_event
from models.notifications import MailKind, outbox, recipients
from models.parties import AccountKind
from models.people import Action, require

_TOGETHER = 100  # answers of one transaction


class Source(NamedTuple):
    """The bank's file."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """The account as the bank says it should be; `account_id`: the row it corrects."""

    account_id: int
    routing: str
    number: str
    kind: AccountKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer, and what of ours it is about."""

    file: SentFile
    key: str
    kind: AnswerKind
    code: str
    words: str
    remedy: str
    information: str
    trace: str
    cents: int
    party_id: int | None
    invoices: tuple[int, ...]
    proposed: NewAccount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of one answer."""

    found: Found
    is_new: bool
    """False: an earlier run, or another file, brought it."""
    held: tuple[int, ...] = ()
    """The invoices it put on hold."""


def recorded_before(source: Source) -> AchAnswerFile | None:
    """The record of the very same file, when it was recorded to its end."""
    found: AchAnswerFile | None = AchAnswerFile.get_or_none(AchAnswerFile.sha256 == source.sha256)
    return found


def is_known(file_id: int, key: str) -> bool:
    """Whether this answer to an entry of the file is recorded."""
    return AchAnswer.select().where(AchAnswer.file == file_id, AchAnswer.key == key).exists()


def record(actor: Actor, source: Source, found: Sequence[Found]) -> list[Recorded]:
    """Record a file's answers; raises `PermissionDenied` before anything is changed."""
    for entity_id in sorted({one.file.entity_id for one in found}):
        require(actor, Action.REPAIR, entity_id)
    done = list[Recorded]()
    for start in range(0, len(found), _TOGETHER):
        with transaction():
            done += [_record_one(actor, source, one) for one in found[start : start + _TOGETHER]]
    with transaction():
        _finish(actor, source)
    return done


_INSERT = """
INSERT INTO ach_answer (entity_id, file_id, key, kind, code, words, remedy, information, trace, cents,
                        party_id, invoices, held, source_name, source_sha256, recorded_at, recorded_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id
"""


def _record_one(actor: Actor, source: Source, found: Found) -> Recorded:
    told = (found.words, found.remedy, found.information, found.trace, found.cents, found.party_id)
    whose = (found.file.entity_id, found.file.file_id, found.key, found.kind, found.code)
    by = (source.name, source.sha256, to_millis(clock.now()), actor.name)
    row = execute(_INSERT, (*whose, *told, canonical_json(found.invoices), *by)).fetchone()
    if row is None:
        return Recorded(found=found, is_new=False)
    job: Job = Job.get_by_id(found.file.job_id)
    held: tuple[int, ...] = ()
    if found.kind is AnswerKind.RETURN:
        held = holding.hold(actor, job, AchAnswer.get_by_id(row[0]), found.invoices)
    if found.proposed is not None and found.party_id is not None:
        _propose(row[0], found.party_id, found.proposed)
    _write_down(actor, source, job, found, held)
    return Recorded(found=found, is_new=True, held=held)


def _propose(answer_id: int, party_id: int, proposed: NewAccount) -> None:
    AccountProposal.create(
        answer=answer_id,
        party=party_id,
        account=proposed.account_id,
        routing=proposed.routing,
        number=proposed.number,
        kind=proposed.kind,
        name=proposed.name,
    )


def _write_down(actor: Actor, source: Source, job: Job, found: Found, held: Sequence[int]) -> None:
    file = found.file
    what = f"ACH {found.kind} {found.code} of trace {found.trace}"
    note_event(job.id, job.attempt, what, actor=actor.name, reason=f"{found.words}; from {source.name}")
    audit.record(
        actor,
        f"ach {found.kind}",
        "file",
        subject_id=file.file_id,
        name=file.name,
        entity_id=file.entity_id,
        after={"code": found.code, "trace": found.trace, "invoices": len(found.invoices), "held": len(held)},
        reason=f"{found.words}; from {source.name}, sha256 {source.sha256}",
    )


_FINISH = """
INSERT INTO ach_answer_file (sha256, name, recorded_at, recorded_by) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""


def _finish(actor: Actor, source: Source) -> None:
    """The file is recorded to its end: say so, and write the letters about what it brought first."""
    execute(_FINISH, (source.sha256, source.name, to_millis(clock.now()), actor.name))
    answers = AchAnswer.select().where(AchAnswer.source_sha256 == source.sha256).order_by(AchAnswer.id)
    by_entity: dict[int, list[AchAnswer]] = {}
    for answer in answers:
        by_entity.setdefault(answer.entity_id, []).append(answer)
    for entity_id, told in by_entity.items():
        subject, body = letter.write(LegalEntity.get_by_id(entity_id).name, source.name, told)
        outbox.put(
            f"ach-answers/{source.sha256}/{entity_id}",
            kind=MailKind.ACH_ANSWERS,
            entity_id=entity_id,
            job_id=None,
            recipients=recipients(entity_id),
            subject=subject,
            body=body,
        )

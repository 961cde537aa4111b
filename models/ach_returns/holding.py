"""What a return does to the ledger: invoices that count as exported by its file's job wait on hold."""

from __future__ import annotations

from collections.abc import Iterable

from models.ach_returns.originals import RETURNED
from models.ach_returns.records import AchAnswer, AnswerKind
from models.audit import Actor
from models.database import execute
from models.fields import canonical_json
from models.files import BatchFile
from models.jobs import Job
from models.repairs.hold import hold_exported

_HELD = "UPDATE ach_answer SET held = ? WHERE id = ?"


def hold(actor: Actor, job: Job, answer: AchAnswer, invoices: Iterable[int]) -> tuple[int, ...]:
    """Put those of a recorded return's invoices on hold that the job exported; returns which those were.

    Inside the caller's transaction.
    """
    more = f" ({answer.information})" if answer.information else ""
    reason = f"ACH return {answer.code}: {answer.words}{more}; {answer.remedy}"
    held = hold_exported(actor, "ach return", job, invoices, code=RETURNED, reason=reason)
    if held:
        execute(_HELD, (canonical_json([*answer.held, *held]), answer.id))
    return held


def hold_returned(actor: Actor, file_id: int) -> None:
    """Let returns count that came before the invoices were exported; inside the caller's transaction."""
    job: Job = BatchFile.get_by_id(file_id).job
    of_file = AchAnswer.select().where(AchAnswer.file == file_id, AchAnswer.kind == AnswerKind.RETURN)
    for answer in of_file.order_by(AchAnswer.id):
        hold(actor, job, answer, set(answer.invoices) - set(answer.held))

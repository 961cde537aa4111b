"""A payment by ACH that left, and what its bank answers: made by the export itself, and read from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models import clock, facilities, files, settings
from models.ach_returns import proposals
from models.ach_returns.records import AccountProposal
from models.files import BatchFile
from models.intake import Intake
from models.invoices import Direction
from models.jobs import JobState
from models.people import WAYBILL, User
from tests.models.ended_jobs import Site
from tests.worker import export_site
from tests.worker.ach_files import answers, changed, returned
from worker import export
from worker.ach import returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """The file of the payment, what returning it would do, and the account that its bank proposes."""

    file: BatchFile
    returned: returns.Plan
    proposal: AccountProposal


def pay(site: Site, finance: User, folder: Path) -> Paid:
    """Export one invoice by ACH; its bank corrects the account, and then sends the payment back.

    `folder`: where the bank's files arrive.
    """
    file = _export(site, finance)
    lines = (settings.current().archive / file.archive_path).read_text(encoding="ascii").splitlines()
    (trace,) = (line[79:94] for line in lines if line[0] == "6")
    returns.apply(WAYBILL, _answered(folder / "changes.ach", changed(lines, trace, "C01", "777")))
    (proposal,) = AccountProposal.select()
    return Paid(
        file=file,
        returned=_answered(folder / "returns.ach", returned(lines, trace, "R02")),
        proposal=proposals.find(WAYBILL, proposal.id),
    )


def _export(site: Site, finance: User) -> BatchFile:
    paying = export_site.Site(
        entity=site.entity,
        destination=site.destination,
        facility=facilities.edit(WAYBILL, site.facility, {**export_site.BANK}),
        finance=finance,
        intake=Intake(WAYBILL, site.entity, Direction.PAYABLE),
    )
    paying.invoice("ACH-1", vendor="Green Ltd")
    paying.pay_by_ach("Green Ltd")
    job = paying.job(as_of=clock.now())
    assert export.run(job.id) is JobState.COMPLETED
    (file,) = files.of_job(job.id)
    return file


def _answered(path: Path, batch: list[str]) -> returns.Plan:
    """What recording a bank's file of this one answer would do."""
    path.write_bytes(answers(batch))
    return returns.plan(WAYBILL, path)

"""Render: what goes becomes files in the archive, each read back and compared before anything leaves.

A route's items go into one file, or each into its own, as its format says. Safe to repeat: names and numbers
are reserved first, the bytes depend on the frozen items alone, and a file that is recorded with its hash is
taken as it stands. One that was written but not recorded is written again, to the same bytes, under a path
of its attempt: a worker presumed dead that comes back cannot write over what another one recorded. What it
left is swept away. Its commits do not wait for the disk: what a power cut undoes is done again, and once
`sending` lasts all of it does.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from models import control_numbers, document_files, files, settings
from models.database import transaction
from models.errors import ConfigurationError, Fenced, WaybillError
from models.faults import fault_point
from models.files import BatchFile, FileState
from models.jobs import Claim, Job, Route, items
from models.jobs.items import ItemRow
from models.problems import Problem
from models.repairs import cancel
from worker.durable import remove, written_whole
from worker.export import batches, prenotes
from worker.export.data import incomplete
from worker.export.plan import Plan
from worker.export.reserve import reserve
from worker.faults import of_error, unforeseen
from worker.formats import Batch, Items, Totals

log = logging.getLogger(__name__)


class _Written(NamedTuple):
    """A file that stands in the archive and is not recorded yet."""

    file: BatchFile
    archive_path: str
    sha256: str
    size: int
    said: Totals
    """What its format says that it wrote."""
    read: Totals


def render(claim: Claim, job: Job, plan: Plan) -> Iterable[BatchFile]:
    """The job's files, whole in the archive and verified; fewer when somebody asks for its end meanwhile."""
    for file in reserve(claim, job, plan):
        if file.state == FileState.RESERVED:
            _write_single(claim, job, plan, file)
        else:
            verify_archived(file)
    for route, chosen in plan.routes.items():
        if chosen.one_each:
            _render_each(claim, job, plan, route)
    return files.each_of_job(job.id, FileState.RENDERED)


def sweep(claim: Claim) -> None:
    """Take away what this attempt and those before it wrote of files that were never recorded."""
    job: Job = Job.get_by_id(claim.job_id)
    try:
        for file in files.each_of_job(job.id, FileState.RESERVED):
            remove_until(claim.attempt + 1, job, file)
    except OSError as error:
        log.warning("file.left_over job=%s: %s", claim.job_id, error)


def archived(file: BatchFile) -> Path:
    """Where the master copy of a file stands."""
    return settings.current().archive / file.archive_path


def _write_single(claim: Claim, job: Job, plan: Plan, file: BatchFile) -> None:
    """The one file of a route."""
    drafted, numbers = batches.draft(job, plan, file.route), control_numbers.of_files([file.id])
    batch = batches.of_file(drafted, file, files.ach_reservation(file), numbers.get(file.id, {}))
    batch = replace(batch, prenotes=lambda: prenotes.of_file(file.id))
    written = _write(claim, job, plan, batch, file, batches.items_of(job, file.route))
    written = _compared(written, *items.totals_of_route(job.id, file.route))
    with transaction(shared=True, lasting=False):
        _record(claim, [written])
        fault_point("file.recording")
    fault_point("file.recorded")


def _render_each(claim: Claim, job: Job, plan: Plan, route: Route) -> None:
    """The files of a route's documents, in parts: a kill undoes the recording of one part at the most."""
    for part in items.in_parts(job.id, route):
        if cancel.asked(job.id) is not None:
            return
        reserved = document_files.by_id([file_id for file_id, _ in part if file_id is not None])
        numbers = control_numbers.of_files(reserved)
        came_to: list[tuple[int, BatchFile, _Written | Problem]] = []
        for file_id, row in part:
            if file_id is None:
                raise AssertionError(row.invoice_id)  # `reserve` has just gone through all of them
            file = reserved[file_id]
            if file.state == FileState.RENDERED:
                verify_archived(file)
            else:
                came_to.append((row.invoice_id, file, _write_document(claim, job, plan, numbers, file, row)))
        _record_documents(claim, plan, came_to)


def _record_documents(
    claim: Claim, plan: Plan, came_to: Sequence[tuple[int, BatchFile, _Written | Problem]]
) -> None:
    """Write down what stands in the archive; a document that could not be written fails alone."""
    problems = [(invoice_id, it) for invoice_id, _, it in came_to if isinstance(it, Problem)]
    if problems and (stopped := incomplete(plan, len(problems))) is not None:
        raise WaybillError(problems[0][1].reason, remedy=stopped.remedy, code=problems[0][1].code)
    with transaction(shared=True, lasting=False):
        _record(claim, [it for _, _, it in came_to if not isinstance(it, Problem)])
        items.fail(claim, problems)
        for _, file, it in came_to:
            if isinstance(it, Problem):
                files.give_up(claim, file)
        fault_point("file.each_recording")
    fault_point("file.each_recorded")


def _write_document(
    claim: Claim,
    job: Job,
    plan: Plan,
    numbers: Mapping[int, Mapping[str, int]],
    file: BatchFile,
    row: ItemRow,
) -> _Written | Problem:
    """The file of one document, or what is wrong with it; trouble with the archive is the whole job's."""
    item, drafted = batches.as_item(row), batches.draft(job, plan, file.route)
    batch = batches.of_file(drafted, file, None, numbers.get(file.id, {}))
    try:
        written = _write(claim, job, plan, batch, file, lambda: iter([item]))
        return _compared(written, 1, {item.currency: item.signed})
    except (Fenced, OSError):
        raise
    except WaybillError as error:
        return of_error(error)
    except Exception as error:  # of the format's own, and no reason to keep the others back
        log.exception("document.crashed job=%s invoice=%s", job.id, row.invoice_id)
        return unforeseen(f"{type(error).__name__}: {error}")


def _write(claim: Claim, job: Job, plan: Plan, batch: Batch, file: BatchFile, source: Items) -> _Written:
    chosen = plan.routes[file.route].format
    remove_until(claim.attempt, job, file)
    place = archive_path(job, file, claim.attempt)
    path = settings.current().archive / place
    with written_whole(path) as out:
        said = chosen.write(batch, source, out)
    fault_point("file.written")
    read = chosen.read_back(path, batch)
    with path.open("rb") as archived_file:
        sha256 = hashlib.file_digest(archived_file, "sha256").hexdigest()
        size = archived_file.tell()
    fault_point("file.read_back")
    return _Written(file, place, sha256, size, said, read)


def _compared(written: _Written, count: int, sums: dict[str, int]) -> _Written:
    """With the database's totals; a file whose own, as written or as read back, are others is refused."""
    said, read = written.said, written.read
    ours = Totals(items=count, records=said.records, sums=sums, control=said.control, notes=said.notes)
    differences = ours.differences(read) + ours.differences(said)
    if differences:
        raise WaybillError(
            f"the file {written.file.name} does not add up: {'; '.join(differences)}",
            remedy="nothing has left; report it with the job's number",
            code="totals_differ",
        )
    return written._replace(said=ours)


def _record(claim: Claim, written: Sequence[_Written]) -> None:
    for one in written:
        files.record_rendered(
            claim,
            one.file,
            archive_path=one.archive_path,
            sha256=one.sha256,
            size=one.size,
            items=one.said.items or 0,
            totals=_totals(one.said),
        )


def _totals(said: Totals) -> dict[str, Any]:
    notes = {"notes": list(said.notes)} if said.notes else {}
    return {"sums": said.sums, "control": dict(said.control)} | notes


def remove_until(attempt: int, job: Job, file: BatchFile) -> None:
    """Take away what attempts before this one wrote of a file."""
    for earlier in range(1, attempt):
        remove(settings.current().archive / archive_path(job, file, earlier))


def archive_path(job: Job, file: BatchFile, attempt: int) -> str:
    """Where within the archive an attempt writes a file."""
    name = PurePosixPath(file.name).name
    return f"{job.entity.folder}/{job.as_of:%Y/%m}/job-{job.id}.{attempt}-file-{file.id}-{name}"


def verify_archived(file: BatchFile) -> None:
    """Refuse to deliver an archived file whose bytes are no longer the recorded ones."""
    path = archived(file)
    try:
        with path.open("rb") as archived_file:
            sha256 = hashlib.file_digest(archived_file, "sha256").hexdigest()
    except FileNotFoundError:
        sha256 = "nothing"
    if sha256 != file.sha256:
        raise ConfigurationError(
            f"the archived file {path} is not what was recorded: {sha256} instead of {file.sha256}",
            remedy="restore it from a backup, or re-queue the job, which writes a new file",
            code="archive_damaged",
        )

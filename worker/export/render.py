"""Render: each route's items become one file in the archive, read back and compared before anything leaves.

Safe to repeat: the names (and an ACH file's modifier and trace numbers) are reserved first, the bytes depend
on the frozen items alone, and a file that is recorded with its hash is taken as it stands. One that was
written but not recorded is written again, to the same bytes, under a path of its attempt: a worker presumed
dead that comes back cannot write over what another one recorded. What it left is swept away. Its commits do
not wait for the disk: what a power cut undoes is done again, and once `sending` lasts all of it does.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from models import files, settings
from models.database import transaction
from models.errors import ConfigurationError, WaybillError
from models.faults import fault_point
from models.file_names import file_name
from models.files import BatchFile, FileState
from models.jobs import Claim, Job, Route, items, note_event
from worker.durable import remove, written_whole
from worker.export import batches
from worker.export.plan import Plan
from worker.faults import of_error
from worker.formats import Totals
from worker.formats.nacha import Nacha

log = logging.getLogger(__name__)


def render(claim: Claim, job: Job, plan: Plan) -> list[BatchFile]:
    """The job's files, whole in the archive and verified."""
    reserved = _reserve(claim, job, plan)
    for file in reserved:
        if file.state == FileState.RESERVED:
            _write(claim, job, plan, file)
        else:
            _verify_archived(file)
    return reserved


def sweep(claim: Claim) -> None:
    """Take away what attempts that died wrote of files that were never recorded; else it only lies about."""
    if claim.attempt == 1:
        return
    job: Job = Job.get_by_id(claim.job_id)
    try:
        for file in files.of_job(job.id):
            if file.state == FileState.RESERVED:
                _remove_until(claim.attempt, job, file)
    except OSError as error:
        log.warning("file.left_over job=%s: %s", claim.job_id, error)


def archived(file: BatchFile) -> Path:
    """Where the master copy of a file stands."""
    return settings.current().archive / file.archive_path


def _reserve(claim: Claim, job: Job, plan: Plan) -> list[BatchFile]:
    """Each route's file with its name taken and its items assigned, but for those with nothing to write."""
    wanted = {route: items.count_of_route(job.id, route) for route in plan.routes}
    if not plan.empty_file and not any(wanted.values()):
        return []
    with transaction(shared=True, lasting=False):  # `sending` is lasting, and so is all before it then
        found = [_reserve_one(claim, job, plan, route, count) for route, count in wanted.items()]
        fault_point("file.reserving")
    fault_point("file.reserved")
    return [file for file in found if file is not None]


def _reserve_one(claim: Claim, job: Job, plan: Plan, route: Route, count: int) -> BatchFile | None:
    if not count and not plan.empty_file:
        return None
    chosen = plan.routes[route]
    wanted = file_name(
        chosen.file_name,
        as_of=job.as_of.astimezone(ZoneInfo(job.entity.zone)),
        job_id=job.id,
        facility=plan.facility,
        extension=chosen.format.file_extension(chosen.settings),
    )
    file = files.reserve(claim, route=route, format_key=chosen.format.key, wanted=wanted)
    try:
        _reserve_ach(job, plan, file, count)
    except ConfigurationError as error:
        if plan.whole_batch:
            raise
        items.fail_route(claim, route, of_error(error))
        files.give_up(claim, file)
        if not count:  # no invoice says that the empty file is not there
            note_event(job.id, claim.attempt, f"no {route} file", reason=error.message)
        return None
    items.assign_file(claim, route, file.id)
    return file


def _reserve_ach(job: Job, plan: Plan, file: BatchFile, count: int) -> None:
    """An ACH file's id modifier and trace numbers; raises `ConfigurationError` when the day has none left."""
    chosen = plan.routes[file.route]
    if isinstance(chosen.format, Nacha):
        scope, day = chosen.format.file_key(chosen.settings, batches.draft(job, plan, file.route).created)
        traces = chosen.format.traces_wanted(chosen.settings, count)
        files.reserve_ach(file, scope=scope, day=day.isoformat(), traces=traces)


def _write(claim: Claim, job: Job, plan: Plan, file: BatchFile) -> None:
    chosen = plan.routes[file.route]
    reservation = files.ach_reservation(file) if isinstance(chosen.format, Nacha) else None
    batch = batches.of_file(job, plan, file, reservation)
    _remove_until(claim.attempt, job, file)
    archive_path = _archive_path(job, file, claim.attempt)
    path = settings.current().archive / archive_path
    with written_whole(path) as out:
        written = chosen.format.write(batch, batches.items_of(job, file.route), out)
    fault_point("file.written")
    ours = _compared(job, file, written, chosen.format.read_back(path, batch))
    with path.open("rb") as archived_file:
        sha256 = hashlib.file_digest(archived_file, "sha256").hexdigest()
        size = archived_file.tell()
    fault_point("file.read_back")
    with transaction(shared=True, lasting=False):
        files.record_rendered(
            claim,
            file,
            archive_path=archive_path,
            sha256=sha256,
            size=size,
            items=ours.items or 0,
            totals={"sums": ours.sums, "control": dict(written.control)},
        )
        fault_point("file.recording")
    fault_point("file.recorded")


def _remove_until(attempt: int, job: Job, file: BatchFile) -> None:
    for earlier in range(1, attempt):
        remove(settings.current().archive / _archive_path(job, file, earlier))


def _archive_path(job: Job, file: BatchFile, attempt: int) -> str:
    name = PurePosixPath(file.name).name
    return f"{job.entity.folder}/{job.as_of:%Y/%m}/job-{job.id}.{attempt}-file-{file.id}-{name}"


def _compared(job: Job, file: BatchFile, written: Totals, read: Totals) -> Totals:
    """The database's totals; a file whose own, as read back, are others is refused."""
    count, sums = items.totals_of_route(job.id, file.route)
    ours = Totals(items=count, records=written.records, sums=sums, control=written.control)
    differences = ours.differences(read) + ours.differences(written)
    if differences:
        raise WaybillError(
            f"the file {file.name} does not add up: {'; '.join(differences)}",
            remedy="nothing has left; report it with the job's number",
            code="totals_differ",
        )
    return ours


def _verify_archived(file: BatchFile) -> None:
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

"""Render: each route's items become one file in the archive, read back and compared before anything leaves.

Safe to repeat: the name (and an ACH file's modifier and trace numbers) is reserved first, the bytes depend
on the frozen items alone, and a file that is recorded with its hash is taken as it stands. One that was
written but not recorded is written again, to the same bytes, under a path of its attempt: a worker presumed
dead that comes back cannot write over what another one recorded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from models import files, settings
from models.database import transaction
from models.errors import ConfigurationError, WaybillError
from models.faults import fault_point
from models.file_names import file_name
from models.files import AchReservation, BatchFile, FileState
from models.jobs import Claim, Job, Route, hold_job, items
from worker.durable import remove, written_whole
from worker.export import batches
from worker.export.plan import Plan
from worker.formats import Totals
from worker.formats.nacha import Nacha


def render(claim: Claim, job: Job, plan: Plan) -> list[BatchFile]:
    """The job's files, whole in the archive and verified."""
    rendered = []
    for route in plan.routes:
        file = _reserved(claim, job, plan, route)
        if file is None:
            continue
        if file.state == FileState.RESERVED:
            _write(claim, job, plan, file)
        else:
            _verify_archived(file)
        rendered.append(file)
    return rendered


def archived(file: BatchFile) -> Path:
    """Where the master copy of a file stands."""
    return settings.current().archive / file.archive_path


def _reserved(claim: Claim, job: Job, plan: Plan, route: Route) -> BatchFile | None:
    """The route's file with its name taken and its items assigned; None when there is nothing to write."""
    count = items.count_of_route(job.id, route)
    if not count and not plan.empty_file:
        return None
    chosen = plan.routes[route]
    wanted = file_name(
        chosen.file_name,
        as_of=job.as_of.astimezone(ZoneInfo(job.entity.zone)),
        job_id=job.id,
        facility=plan.facility,
        extension=chosen.format.extension,
    )
    with transaction(shared=True):
        file = files.reserve(claim, route=route, format_key=chosen.format.key, wanted=wanted)
        items.assign_file(claim, route, file.id)
        fault_point("file.reserving")
    fault_point("file.reserved")
    return file


def _write(claim: Claim, job: Job, plan: Plan, file: BatchFile) -> None:
    chosen = plan.routes[file.route]
    batch = batches.of_file(job, plan, file, _ach_reservation(claim, job, plan, file))
    archive = settings.current().archive
    for attempt in range(1, claim.attempt):
        remove(archive / _archive_path(job, file, attempt))
    archive_path = _archive_path(job, file, claim.attempt)
    path = archive / archive_path
    with written_whole(path) as out:
        written = chosen.format.write(batch, batches.items_of(job, file.route), out)
    fault_point("file.written")
    _compare(job, file, written, chosen.format.read_back(path, batch))
    with path.open("rb") as archived_file:
        sha256 = hashlib.file_digest(archived_file, "sha256").hexdigest()
    fault_point("file.read_back")
    with transaction(shared=True):
        files.record_rendered(
            claim,
            file,
            archive_path=archive_path,
            sha256=sha256,
            size=path.stat().st_size,
            items=items.count_of_route(job.id, file.route),
            totals={"sums": items.sums_of_route(job.id, file.route), "control": dict(written.control)},
        )
        fault_point("file.recording")
    fault_point("file.recorded")


def _ach_reservation(claim: Claim, job: Job, plan: Plan, file: BatchFile) -> AchReservation | None:
    """The file id modifier and trace numbers of an ACH file."""
    chosen = plan.routes[file.route]
    if not isinstance(chosen.format, Nacha):
        return None
    draft = batches.draft(job, plan, file.route)
    scope, day = chosen.format.file_key(chosen.settings, draft.created)
    traces = chosen.format.traces_wanted(chosen.settings, items.count_of_route(job.id, file.route))
    with transaction(shared=True):
        hold_job(claim)
        reservation = files.reserve_ach(file, scope=scope, day=day.isoformat(), traces=traces)
        fault_point("ach.reserving")
    fault_point("ach.reserved")
    return reservation


def _archive_path(job: Job, file: BatchFile, attempt: int) -> str:
    name = PurePosixPath(file.name).name
    return f"{job.entity.folder}/{job.as_of:%Y/%m}/job-{job.id}.{attempt}-file-{file.id}-{name}"


def _compare(job: Job, file: BatchFile, written: Totals, read: Totals) -> None:
    """Refuse a file whose totals, as read back, are not the database's."""
    ours = Totals(
        items=items.count_of_route(job.id, file.route),
        records=written.records,
        sums=items.sums_of_route(job.id, file.route),
        control=written.control,
    )
    differences = ours.differences(read) + ours.differences(written)
    if differences:
        raise WaybillError(
            f"the file {file.name} does not add up: {'; '.join(differences)}",
            remedy="nothing has left; report it with the job's number",
            code="totals_differ",
        )


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

"""Reverse: a job that takes ACH payments of an earlier file back; it collects nothing and settles no items.

Safe to repeat: modifier and trace numbers are reserved first, the bytes depend on the archived original and
on these alone, and a file that is recorded with its hash is taken as it stands.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from models import clock, files, settings
from models.database import transaction
from models.errors import ConfigurationError, WaybillError
from models.files import AchReservation, BatchFile, FileState
from models.jobs import Claim, Job, collecting
from models.repairs import reverse as reversals
from worker.ach import reversal
from worker.ach.check import Severity, check
from worker.ach.reversal import Terms, Written
from worker.durable import written_whole
from worker.export import deliver, render
from worker.export.deliver import Ending
from worker.export.plan import Plan


def reverse(claim: Claim, job: Job, plan: Plan) -> Ending:
    """Write the reversal's file, unless an earlier attempt did, and hand it over."""
    if job.plan is None:
        collecting.freeze(claim, plan.as_dict())
    for file in files.of_job(job.id):
        if not reversals.may_have_left(file):
            _check_due(file)
        if file.state == FileState.RESERVED:
            _write(claim, job, plan, file)
        else:
            render.verify_archived(file)
    return deliver.deliver(claim, job, plan, files.of_job(job.id))


def _check_due(file: BatchFile) -> None:
    """Refuse what is too late by now, or came back by itself: a worker may have been down for days."""
    taken_back = reversals.of_file(file)
    original: BatchFile = taken_back.original
    render.verify_archived(original)
    wanted = set(taken_back.traces)
    payments = (one for one in reversal.payments_of(original) if one.trace in wanted)
    if (stopped := reversals.overtaken(original, payments)) is not None:
        raise ConfigurationError(
            f"{stopped.name} cannot be reversed any more: {stopped.reason}",
            remedy=f"ask for the others anew: waybill ach reverse {original.id}",
            code=stopped.code,
        )


def _write(claim: Claim, job: Job, plan: Plan, file: BatchFile) -> None:
    taken_back = reversals.of_file(file)
    original: BatchFile = taken_back.original
    zone = ZoneInfo(str(plan.routes[file.route].settings["time_zone"]))
    reserved = _reserve(file, original, zone, len(taken_back.traces))
    terms = Terms(
        created=job.as_of.astimezone(zone),
        day=date.fromisoformat(reserved.day),
        modifier=reserved.modifier,
        first_trace=reserved.first_trace,
        traces=frozenset(taken_back.traces),
    )
    render.remove_until(claim.attempt, job, file)
    place = render.archive_path(job, file, claim.attempt)
    path = settings.current().archive / place
    with written_whole(path) as out:
        written = reversal.write(render.archived(original), terms, out)
    _verify(file, path, terms, written)
    _record(claim, file, place, written.control(terms))


def _reserve(file: BatchFile, original: BatchFile, zone: ZoneInfo, payments: int) -> AchReservation:
    """Modifier and trace numbers under the original's bank and origin, on the day it is first begun."""
    of_original = files.ach_reservation(original)
    if of_original is None:
        raise ConfigurationError(
            f"file {original.id} has no file id modifier reserved, so it is no ACH file of this installation",
            remedy="see: waybill file show",
            code="reservation_missing",
        )
    day = clock.now().astimezone(zone).date().isoformat()
    with transaction(shared=True):
        # Each batch may have an offset entry besides, and has at least one other.
        return files.reserve_ach(file, scope=of_original.scope, day=day, traces=2 * payments)


def _verify(file: BatchFile, path: Path, terms: Terms, written: Written) -> None:
    """Refuse a file that lacks a payment or that the checker, which shares no code with it, finds wrong."""
    wrong = next((one for one in check(path) if one.severity is Severity.ERROR), None)
    if wrong is not None or written.reversed != len(terms.traces):
        what = f"record {wrong.record}: {wrong.rule}" if wrong else f"{written.reversed} payments are in it"
        raise WaybillError(
            f"the reversal {file.name} of {len(terms.traces)} payments is not right: {what}",
            remedy="nothing has left; report it with the job's number",
            code="totals_differ",
        )


def _record(claim: Claim, file: BatchFile, place: str, control: dict[str, str | int]) -> None:
    with (settings.current().archive / place).open("rb") as archived_file:
        sha256 = hashlib.file_digest(archived_file, "sha256").hexdigest()
        size = archived_file.tell()
    with transaction(shared=True):
        files.record_rendered(
            claim,
            file,
            archive_path=place,
            sha256=sha256,
            size=size,
            items=0,
            totals={"sums": {}, "control": control},
        )

"""Reserve: every file has its name, and whatever numbers are to be its own, before a byte of it is written.

Safe to repeat: what is reserved for an item, or a route, is found again. Its commits do not wait for the
disk: what a power cut undoes is done again, and once `sending` lasts all of it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from models import control_numbers, document_files, files
from models.database import transaction
from models.document_files import Wanted
from models.errors import ConfigurationError
from models.faults import fault_point
from models.file_names import document_fields, file_name
from models.files import BatchFile
from models.jobs import Claim, Job, Route, items, note_event
from models.jobs.items import ItemRow
from worker.export import batches, prenotes
from worker.export.plan import Plan, RoutePlan
from worker.faults import of_error
from worker.formats import Item


def reserve(claim: Claim, job: Job, plan: Plan) -> list[BatchFile]:
    """The files of the routes that write one for all; those of one document each are with their items."""
    single = {
        route: items.count_of_route(job.id, route) + prenotes.wanted(job, route)
        for route in plan.routes
        if not _each(plan, route)
    }
    found: list[BatchFile | None] = []
    if plan.empty_file or any(single.values()):
        with transaction(shared=True, lasting=False):
            found = [_reserve_one(claim, job, plan, route, count) for route, count in single.items()]
            fault_point("file.reserving")
        fault_point("file.reserved")
    for route in plan.routes:
        if _each(plan, route):
            _reserve_each(claim, job, plan, route)
    return [file for file in found if file is not None]


def name_of(job: Job, plan: Plan, route: Route, item: Item | ItemRow | None = None) -> str:
    """What a file is to be called; `item` is the one in it where each has its own."""
    chosen = plan.routes[route]
    return file_name(
        chosen.file_name,
        as_of=job.as_of.astimezone(ZoneInfo(job.entity.zone)),
        job_id=job.id,
        facility=plan.facility,
        extension=chosen.format.file_extension(chosen.settings),
        document=None if item is None else _fields(item),
    )


def _each(plan: Plan, route: Route) -> bool:
    return plan.routes[route].one_each


def _fields(item: Item | ItemRow) -> dict[str, str]:
    return document_fields(
        number=item.number,
        party=item.party_name,
        document_type=item.document_type,
        invoice_id=item.invoice_id,
    )


def _reserve_one(claim: Claim, job: Job, plan: Plan, route: Route, count: int) -> BatchFile | None:
    if not count and not plan.empty_file:
        return None
    chosen = plan.routes[route]
    wanted = name_of(job, plan, route)
    file = files.reserve(claim, route=route, format_key=chosen.format.key, wanted=wanted)
    try:
        _reserve_numbers(claim, job, plan, file, count)
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


def _reserve_numbers(claim: Claim, job: Job, plan: Plan, file: BatchFile, count: int) -> None:
    """What the format declares to be the file's own; raises `ConfigurationError` when none is left."""
    chosen, drafted = plan.routes[file.route], batches.draft(job, plan, file.route)
    daily = chosen.format.daily_numbers(drafted, count)
    if daily is not None:
        files.reserve_ach(file, scope=daily.scope, day=daily.day.isoformat(), traces=daily.block)
        prenotes.reserve(claim, plan, drafted, file)
    scopes = list(chosen.format.control_scopes(batches.items_of(job, file.route)(), drafted))
    if scopes:
        control_numbers.reserve(claim, {file.id: scopes})


def _reserve_each(claim: Claim, job: Job, plan: Plan, route: Route) -> None:
    """A file for every document, some hundred to a transaction."""
    if claim.attempt > 1:
        with transaction(shared=True, lasting=False):
            document_files.void_idle(claim, route)
    for part in items.in_parts(job.id, route):
        if without := [row for file_id, row in part if file_id is None]:
            with transaction(shared=True, lasting=False):
                _reserve_part(claim, job, plan, route, without)
                fault_point("file.each_reserving")
            fault_point("file.each_reserved")


def _reserve_part(claim: Claim, job: Job, plan: Plan, route: Route, rows: Sequence[ItemRow]) -> None:
    chosen = plan.routes[route]
    wanted = [Wanted(row.invoice_id, name_of(job, plan, route, row)) for row in rows]
    reserved = document_files.reserve(claim, route=route, format_key=chosen.format.key, wanted=wanted)
    scopes = {reserved[row.invoice_id]: list(_scopes(job, plan, route, chosen, row)) for row in rows}
    if any(scopes.values()):
        control_numbers.reserve(claim, scopes)


def _scopes(job: Job, plan: Plan, route: Route, chosen: RoutePlan, row: ItemRow) -> Iterable[str]:
    return chosen.format.control_scopes([batches.as_item(row)], batches.draft(job, plan, route))

"""One invoice as a file of its own, to be looked at: the bytes that would leave, or everything against it.

Nothing is kept and nothing reserved. It needs no facility that is active, nor any at all where the format's
settings have defaults.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from models import clock, destinations, facilities, facility_settings, manual
from models.errors import ConfigurationError, InvalidInput, WaybillError
from models.facilities import Facility, FacilityState
from models.invoices import Invoice, InvoiceStatus
from models.jobs import Job, Output, Route, items, posting_date
from models.jobs.items import ItemRow
from models.people import Action, Actor, require
from models.problems import Problem
from worker import formats
from worker.export import batches, data
from worker.export import plan as plans
from worker.export.plan import Plan, RoutePlan
from worker.export.reserve import name_of
from worker.formats import Batch, Format, Item, Totals
from worker.placeholders import Placeholders, told


@dataclass(frozen=True, slots=True, kw_only=True)
class OneInvoice:
    """What one invoice comes to as a file."""

    format: str
    name: str
    """What the file would be called."""
    facility: str
    """Whose settings it was written with; empty: with defaults."""
    findings: tuple[Problem, ...] = ()
    """Everything that keeps it from leaving so."""
    not_carried: tuple[str, ...] = ()
    """What the file has no place for, where nothing keeps the invoice from leaving."""
    data: bytes = b""
    """Empty where there are findings."""
    placeholders: str = ""
    """What in it will be another when it is exported; empty when nothing will."""


def write(
    actor: Actor, invoice: Invoice, key: str, given: Mapping[str, str], mapping_id: int | None = None
) -> OneInvoice:
    """The invoice in a format, with its facility's settings and those given on top.

    Without a mapping it has the columns of the schedule, where that writes the same format.

    Raises `PermissionDenied`, `InvalidInput` for a format or setting there is not, and `ConfigurationError`
    naming the settings that lack.
    """
    require(actor, Action.EXPORT, invoice.entity_id)
    chosen = formats.load().get(key)
    if chosen is None:
        near = difflib.get_close_matches(key, formats.load(), n=2)
        remedy = f"perhaps {' or '.join(near)} is meant" if near else "see: waybill format list"
        raise InvalidInput(f"there is no file type {key}", remedy=remedy, code="no_format")
    facility = _facility_of(invoice)
    _set(facility, key, given)
    _check_settings(facility, key)
    route, row = items.of_invoice(invoice.id)
    served = route if route in chosen.routes else Route(min(chosen.routes))
    job, plan = _job(invoice, facility), _plan(facility, key, served, mapping_id)
    _check_columns(plan.routes[served])
    item, batch = batches.as_item(row), batches.draft(job, plan, served)
    name = name_of(job, plan, served, item if plan.routes[served].one_each else None)
    one = OneInvoice(format=key, name=name, facility=facility.name if facility.id else "")
    findings = list(_not_to_go(invoice, row, route, chosen))
    if route in chosen.routes:
        findings += chosen.findings(item, batch)
    if findings := findings or [problem for _, problem in chosen.problems([item], batch)]:
        return replace(one, findings=tuple(findings))
    batch, numbers = Placeholders().fill(chosen, replace(batch, file_name=name), partial(iter, [item]), 1)
    said = told(plan.routes[served].file_name, numbers)
    left_out = tuple(chosen.not_carried(item, batch))
    return replace(one, data=_bytes(chosen, batch, item), placeholders=said, not_carried=left_out)


def _facility_of(invoice: Invoice) -> Facility:
    """The active one of the main destination of its direction, else any; else one of nothing but defaults."""
    destination = destinations.find(invoice.entity, invoice.direction)
    serving = [one for one in facilities.of_entity(invoice.entity) if one.destination_id == destination.id]
    serving.sort(key=lambda one: one.state != FacilityState.ACTIVE)
    if serving:
        return serving[0]
    nobody = f"{invoice.entity.name}, which has no facility,"
    return Facility(entity=invoice.entity, destination=destination, name=nobody, settings={})


def _set(facility: Facility, key: str, given: Mapping[str, str]) -> None:
    """Put settings on top of the facility's, for this time; a name without a point is the format's."""
    own = {setting.name for setting in facility_settings.SETTINGS}
    named = {name if "." in name or name in own else f"{key}.{name}": value for name, value in given.items()}
    facility.settings = facility.settings | named
    facility_settings.check(facility.settings)


def _check_settings(facility: Facility, key: str) -> None:
    missing = facility_settings.missing_settings(facility, key)
    if missing is not None:
        remedy = f"give them for this time: --set KEY=VALUE; see: waybill format show {key}"
        raise ConfigurationError(missing.message, remedy=remedy, code=missing.code)


def _check_columns(how: RoutePlan) -> None:
    for problem in how.format.check_settings(how.settings, how.columns):
        raise ConfigurationError(
            f"{how.format.key} files cannot be written so: {problem.reason}",
            remedy=f"{problem.remedy} (--mapping NAME, --set KEY=VALUE)",
            code=problem.code,
        )


def _plan(facility: Facility, key: str, route: Route, mapping_id: int | None) -> Plan:
    settings = facility_settings.effective_settings(facility)
    output = Output(format=key, mapping_id=mapping_id)
    scheduled = manual.default_outputs(facility).outputs.get(route) if facility.id else None
    if mapping_id is None and scheduled is not None and scheduled.format == key:
        output = scheduled
    return Plan(
        facility=facility.name if facility.id else "facility",
        whole_batch=False,
        empty_file=False,
        keep_later_dates=settings["posting_date"] == "run_date_earliest",
        routes={route: plans.written(facility, route, output, settings)},
    )


def _job(invoice: Invoice, facility: Facility) -> Job:
    """The job that an export of just this would be, never saved."""
    now = clock.now()
    return Job(
        id=0,
        entity=invoice.entity,
        facility=facility,
        as_of=now,
        posting_date=posting_date(invoice.entity, now).isoformat(),
    )


def _not_to_go(invoice: Invoice, row: ItemRow, route: Route, chosen: Format) -> Iterator[Problem]:
    """What keeps it from leaving in this format, whatever stands in it."""
    if invoice.status != InvoiceStatus.READY:
        yield Problem(
            code="not_ready",
            reason=f"invoice {row.number} is {invoice.status}, and only what is ready is exported",
            remedy="import it anew once it is final",
        )
    if route not in chosen.routes:
        kinds = {Route.ACH: "ACH", Route.OTHER: "non-ACH"}
        yield Problem(
            code="other_route",
            reason=f"invoice {row.number} of {row.party_name} goes into the {kinds[route]} file, "
            f"which is never written as {chosen.key}",
            remedy="choose a file type of that route (waybill format list), or change how the party is paid",
        )
    elif route is Route.ACH:
        yield from (problem for _, problem in data.ach_problems([row]))


def _bytes(chosen: Format, batch: Batch, item: Item) -> bytes:
    """The file, written and read back as a job does."""
    with tempfile.TemporaryDirectory(prefix="waybill-render-") as folder:
        path = Path(folder) / PurePosixPath(batch.file_name).name
        with path.open("wb") as out:
            said = chosen.write(batch, lambda: iter([item]), out)
        ours = Totals(items=1, records=said.records, sums={item.currency: item.signed}, control=said.control)
        read = chosen.read_back(path, batch)
        if differences := ours.differences(said) + ours.differences(read):
            raise WaybillError(
                f"the file {path.name} does not add up: {'; '.join(differences)}",
                remedy="report it with what was rendered",
                code="totals_differ",
            )
        return path.read_bytes()

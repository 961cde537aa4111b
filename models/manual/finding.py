"""Where chosen invoices stand, and the frozen list of those that would go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import NamedTuple

from models import clock, destinations, facility_settings
from models.database import execute, snapshot
from models.database import stream as stream_rows
from models.errors import InvalidInput
from models.facilities import Facility
from models.fields import amount_text
from models.jobs import Output, Route
from models.jobs.items import ItemRow
from models.jobs.selection import Chosen
from models.manual.choice import AGAIN, Choice, Kind, Standing, statement
from models.people import Action, Actor, require
from models.schedules import Schedule
from models.schedules.rules import check_outputs, may_write_ach

SHOWN = 20
"""How many of the invoices that do not go are named."""


class Found(NamedTuple):
    """Some of the chosen invoices: where they stand, how they would go, and what they add up to."""

    standing: Standing
    route: Route
    currency: str
    """Empty for all there are that were exported: these are only counted."""
    invoices: int
    total: int
    """Minor units, credit notes below zero."""

    @property
    def amount(self) -> str:
        """The total as text."""
        return amount_text(self.total, self.currency)


class LeftOut(NamedTuple):
    """One chosen invoice that does not go, and why."""

    invoice_id: int
    number: str
    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is written for each route, and where that was found."""

    outputs: Mapping[Route, Output]
    source: str = "as said"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPlan:
    """What a manual export would do: exactly the invoices of `going`."""

    request_id: str
    made_at: datetime
    facility: Facility
    choice: Choice
    written: Written
    again: bool
    """Whether those that were exported already go again."""
    found: tuple[Found, ...]
    going: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]
    """The first `SHOWN` of those that cannot go; ones that were exported are only counted."""

    def count(self, *standings: Standing) -> int:
        """How many of the chosen invoices stand so."""
        return sum(group.invoices for group in self.found if group.standing in standings)

    @property
    def again_count(self) -> int:
        """How many of those that go were exported before."""
        return sum(one.exported_at is not None for one in self.going)


def default_outputs(facility: Facility) -> Written:
    """What the facility's schedule writes; without one, CSV, and NACHA where its settings are complete."""
    schedule: Schedule | None = (
        Schedule.select()
        .where(Schedule.facility == facility, ~Schedule.deleted)
        .order_by(Schedule.enabled.desc(), Schedule.id)
        .first()
    )
    if schedule is not None:
        return Written(outputs=schedule.outputs, source=f"as the schedule {schedule.name} writes them")
    outputs = {Route.OTHER: Output(format="csv")}
    if may_write_ach(facility) and facility_settings.missing_settings(facility, "nacha") is None:
        outputs = {Route.ACH: Output(format="nacha")} | outputs
    return Written(outputs=outputs, source="what the facility can write; it has no schedule to go by")


def find(
    actor: Actor,
    facility: Facility,
    choice: Choice,
    written: Written,
    *,
    request_id: str,
    again: bool = False,
) -> ManualPlan:
    """Where the chosen invoices stand, and which would go; changes nothing.

    Raises `PermissionDenied`, `InvalidInput`, or `ConfigurationError` when the facility lacks settings.
    """
    require(actor, Action.EXPORT, facility.entity_id)
    if again and choice.kind is Kind.ALL:
        raise InvalidInput(
            "all invoices that were ever exported cannot go again at once",
            remedy="say which: --invoice, --customer, or --from and --to",
        )
    check_outputs(facility, written.outputs)
    with snapshot():
        return ManualPlan(
            request_id=request_id,
            made_at=clock.now(),
            facility=facility,
            choice=choice,
            written=written,
            again=again,
            found=tuple(_found(facility, choice)),
            going=tuple(_going(facility, choice, written, again=again)),
            left_out=tuple(_left_out(facility, choice, written)),
        )


def standings(actor: Actor, facility: Facility, choice: Choice) -> tuple[Found, ...]:
    """Where the chosen invoices stand, without the list of those that would go."""
    require(actor, Action.EXPORT, facility.entity_id)
    return tuple(_found(facility, choice))


_SIGNED = "CASE i.document_type WHEN 'credit_note' THEN -i.payable ELSE i.payable END"
_GROUPS = """
SELECT standing, route, currency, COUNT(*), SUM(signed) FROM ({chosen}) x
GROUP BY standing, route, currency ORDER BY standing, route, currency
"""


def _found(facility: Facility, choice: Choice) -> Iterator[Found]:
    text, values = statement(facility, choice, f"i.currency, {_SIGNED} AS signed")
    for standing, route, currency, count, total in execute(_GROUPS.format(chosen=text), values):
        yield Found(Standing(standing), Route(route), currency, count, int(total))
    if choice.kind is Kind.ALL:
        count = destinations.counts(facility.destination)[destinations.LedgerState.EXPORTED]
        if count:
            yield Found(Standing.EXPORTED, Route.OTHER, "", count, 0)


_GOING = """
SELECT id, CASE standing WHEN 'not_exported' THEN NULL ELSE changed_at END
FROM ({chosen}) x WHERE {goes} ORDER BY id
"""


def _going(facility: Facility, choice: Choice, written: Written, *, again: bool) -> Iterator[Chosen]:
    text, values = statement(facility, choice, "i.id, l.changed_at")
    goes = _goes(written, again=again)
    return map(Chosen._make, execute(_GOING.format(chosen=text, goes=goes), values))


def _goes(written: Written, *, again: bool) -> str:
    """Which of the chosen go, as a condition; all its values are names of ours."""
    standings = {Standing.NOT_EXPORTED} | (AGAIN if again else frozenset())
    return f"standing IN ({_quoted(standings)}) AND route IN ({_quoted(written.outputs)})"


def _quoted(names: Mapping[Route, Output] | set[Standing] | frozenset[Standing]) -> str:
    return ", ".join(sorted(f"'{name}'" for name in names))


_LEFT_OUT = """
SELECT id, number, standing, reason, job_id, status, party FROM ({chosen}) x
WHERE standing NOT IN ('exported', 'changed') AND NOT ({goes}) ORDER BY id LIMIT ?
"""


def _left_out(facility: Facility, choice: Choice, written: Written) -> Iterator[LeftOut]:
    columns = "i.id, i.number, i.status, p.name AS party, l.reason, l.job_id"
    text, values = statement(facility, choice, columns)
    text = _LEFT_OUT.format(chosen=text, goes=_goes(written, again=False))
    for invoice_id, number, standing, *rest in execute(text, [*values, SHOWN]):
        yield LeftOut(invoice_id, number, standing, *_why(Standing(standing), number, *rest))


def _why(
    standing: Standing, number: str, reason: str | None, job_id: int | None, status: str, party: str
) -> tuple[str, str]:
    match standing:
        case Standing.ON_HOLD:
            return f"it is on hold: {reason}" if reason else "it is on hold", (
                f"put it back: waybill invoice revert {quote(number)} --reason …"
            )
        case Standing.IN_PROGRESS:
            return f"job {job_id} is exporting it", f"wait for its end: waybill job show {job_id}"
        case Standing.NOT_READY:
            return f"it is {'a draft' if status == 'draft' else status}", "nothing to do"
        case Standing.ELSEWHERE:
            return "it was issued before the destination's first day", "see: waybill destination list"
        case _:
            return f"{party} is paid another way than the files that are written", "give --ach and --other"


_ROWS = """
i.id AS invoice_id, i.direction, i.document_type, i.number, i.party_id, p.number AS party_number,
p.name AS party_name, i.issue_date, i.due_date, i.currency, i.payable, a.routing, a.number AS account,
a.kind AS account_kind, a.holder, a.name AS holder_name, v.content, a.id AS account_id,
a.debit_authority <> '' AS may_be_debited
"""
_ROW_JOINS = """
JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version
LEFT JOIN bank_account a ON a.id = p.bank_account_id
"""
_STREAM = "SELECT * FROM ({chosen}) x WHERE {goes} AND route = ? ORDER BY party_id, document_type, invoice_id"


def stream(plan: ManualPlan, route: Route) -> Iterator[ItemRow]:
    """The plan's invoices of one route, as the items of its job would be; inside one `snapshot`."""
    text, values = statement(plan.facility, plan.choice, _ROWS, _ROW_JOINS)
    goes = _goes(plan.written, again=plan.again)
    for row in stream_rows(_STREAM.format(chosen=text, goes=goes), [*values, str(route)]):
        *shown, account_id, may_be_debited = row[2:]
        yield ItemRow._make((*shown, True, account_id, may_be_debited))

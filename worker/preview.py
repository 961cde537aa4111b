"""What an export would write, to be looked at: every check and every validation, real files, nothing kept.

No job, no item, no reservation, nothing in the archive: it reads one snapshot of the database and writes to
the folder it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from models import clock, manual
from models.database import snapshot
from models.errors import Conflict, WaybillError
from models.files import free_name
from models.jobs import Job, Output, Route, Trigger, posting_date
from models.jobs.items import ItemRow
from models.manual import ManualPlan
from models.people import Action, Actor, User, require
from models.prenotes import HELD_BACK
from models.problems import Problem
from worker import gateways
from worker.export import batches, check, data, prenotes
from worker.export import plan as plans
from worker.export.plan import Plan, RoutePlan
from worker.export.reserve import name_of
from worker.faults import of_error
from worker.formats import Batch, Format, Item, Items, Totals
from worker.placeholders import Placeholders, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """One invoice that would fail, and why."""

    invoice_id: int
    number: str
    party: str
    route: Route
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewFile:
    """One file as it would be written."""

    route: Route
    format: str
    name: str
    path: Path
    totals: Totals
    """As read back; `sums` and `items` those of the invoices."""
    placeholders: str
    """What in it will be another when it is exported; empty when nothing will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen."""

    files: tuple[PreviewFile, ...]
    unsent: tuple[Unsent, ...]
    stopped: Problem | None
    """What would end the job as a whole; files that can be written all the same are."""


def preview(actor: Actor, chosen: ManualPlan, folder: Path) -> Preview:
    """Write what the plan's export would into an existing folder; raises `Conflict` rather than replace."""
    require(actor, Action.EXPORT, chosen.facility.entity_id)
    job = _job(actor, chosen)
    plan, stopped = _checked(job)
    if (refused := manual.standing_against(actor, chosen.facility)) is not None:
        stopped = of_error(refused)
    if plan is None:
        return Preview(files=(), unsent=(), stopped=stopped)
    with snapshot():
        numbers = Placeholders()
        looked = {route: _Looked(chosen, job, plan, route, numbers) for route in plan.routes}
        unsent = tuple(one for route in looked.values() for one in route.unsent.values())
        failed = sum(one.problem.code not in HELD_BACK for one in unsent)
        incomplete = data.incomplete(plan, failed)
        files = []
        if not incomplete:
            files = [file for route in looked.values() if route.wanted for file in route.write(folder)]
    return Preview(files=tuple(files), unsent=unsent, stopped=stopped or incomplete)


class _Looked:
    """One route's invoices: examined when this is made, then written."""

    def __init__(
        self, chosen: ManualPlan, job: Job, plan: Plan, route: Route, placeholders: Placeholders
    ) -> None:
        self._chosen, self._job, self._plan, self._route = chosen, job, plan, route
        self._how: RoutePlan = plan.routes[route]
        self._placeholders = placeholders
        self.unsent: dict[int, Unsent] = {}
        self._tally = _Tally()
        self._asked: list[Item] = []
        """The new accounts that the file would ask about."""
        self._examine()

    @property
    def wanted(self) -> bool:
        """Whether there is a file to write."""
        wanted = self._tally.items or self._asked or (self._plan.empty_file and not self._how.one_each)
        return bool(wanted)

    def _rows(self) -> Iterator[ItemRow]:
        rows = manual.stream(self._chosen, self._route)
        return (row for row in rows if row.invoice_id not in self.unsent)

    def _items(self) -> Iterator[Item]:
        return map(batches.as_item, self._rows())

    def _examine(self) -> None:
        if self._route is Route.ACH:
            self._leave_out(dict(data.ach_problems(self._rows())))
        draft, chosen = batches.draft(self._job, self._plan, self._route), self._how.format
        # Without the failed ones the rest of a payee may net differently: look until nothing more is found.
        while problems := dict(chosen.problems(self._items(), draft)):
            self._leave_out(problems)
        if self._route is Route.ACH and (days := prenotes.days_of(self._plan, draft)) is not None:
            waiting = dict(prenotes.problems(self._rows(), days))
            self._asked = list(prenotes.asked(self._rows(), waiting))
            self._leave_out(waiting)
        for item in self._items():  # counted by itself: a format that can carry everything looks at nothing
            self._tally.add(item)

    def _leave_out(self, problems: Mapping[int, Problem]) -> None:
        if problems:
            failed = [row for row in self._rows() if row.invoice_id in problems]
            self.unsent |= {row.invoice_id: self._unsent(row, problems[row.invoice_id]) for row in failed}

    def _unsent(self, row: ItemRow, problem: Problem) -> Unsent:
        return Unsent(
            invoice_id=row.invoice_id,
            number=row.number,
            party=row.party_name,
            route=self._route,
            problem=problem,
        )

    def write(self, folder: Path) -> Iterator[PreviewFile]:
        """Write the file, or one for each document, and read it back, as an export does."""
        name, names = partial(name_of, self._job, self._plan, self._route), set[str]()
        if not self._how.one_each:
            yield self._write(folder, name(), self._items, self._tally)
            return
        for item in self._items():
            free = free_name(self._job.entity_id, name(item), names)
            names.add(free)
            tally = _Tally()
            tally.add(item)
            yield self._write(folder, free, partial(iter, [item]), tally)

    def _write(self, folder: Path, name: str, items: Items, tally: _Tally) -> PreviewFile:
        chosen = self._how.format
        drafted = batches.draft(self._job, self._plan, self._route)
        drafted = replace(drafted, file_name=name, prenotes=lambda: iter(self._asked))
        batch, numbers = self._placeholders.fill(chosen, drafted, items, tally.items)
        path = _made(folder / name)
        with path.open("wb") as out:
            written = chosen.write(batch, items, out)
        return PreviewFile(
            route=self._route,
            format=chosen.key,
            name=name,
            path=path,
            totals=_verified(chosen, path, batch, written, tally),
            placeholders=told(self._how.file_name, numbers),
        )


@dataclass(slots=True)
class _Tally:
    """What was gone through, counted beside the format."""

    items: int = 0
    sums: Counter[str] = field(default_factory=Counter)

    def add(self, item: Item) -> None:
        self.items += 1
        self.sums[item.currency] += item.signed


def _job(actor: Actor, chosen: ManualPlan) -> Job:
    """The job that a request would make, never saved."""
    facility, now = chosen.facility, clock.now()
    outputs = {str(route): _output(output) for route, output in chosen.written.outputs.items()}
    return Job(
        id=0,
        entity=facility.entity,
        destination=facility.destination,
        facility=facility,
        on_behalf_of=User.get_by_id(actor.user_id),
        trigger=Trigger.REQUEST,
        outputs=outputs,
        as_of=now,
        posting_date=posting_date(facility.entity, now).isoformat(),
        plan=None,
    )


def _output(output: Output) -> dict[str, object]:
    return {"format": output.format, "mapping_id": output.mapping_id}


def _checked(job: Job) -> tuple[Plan | None, Problem | None]:
    """The plan, where files can be written by it, and what would keep the job from running at all."""
    try:
        plan = check.settled(job)
    except WaybillError as error:
        return _plan_in_spite(job), of_error(error)
    try:
        # Not the way jobs do, who remember how it went.
        for key, settings in {way.gateway: way.gateway_settings for way in plan.routes.values()}.items():
            with gateways.make(key, job.facility, settings) as gateway:
                gateway.check()
    except WaybillError as error:
        return plan, of_error(error)
    return plan, None


def _plan_in_spite(job: Job) -> Plan | None:
    """The plan, when all its formats can be written whatever else is wrong."""
    try:
        plan = plans.of_job(job)
    except WaybillError:
        return None
    routes = plan.routes.values()
    unfit = any(chosen.format.check_settings(chosen.settings, chosen.columns) for chosen in routes)
    return None if unfit else plan


def _made(path: Path) -> Path:
    """A new empty file; raises `Conflict` rather than replace one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already", remedy="name a folder without it") from error
    return path


def _verified(chosen: Format, path: Path, batch: Batch, written: Totals, tally: _Tally) -> Totals:
    """The totals, when file, format and invoices agree on them; raises `WaybillError` otherwise."""
    sums = dict(sorted(tally.sums.items()))
    ours = Totals(items=tally.items, records=written.records, sums=sums, control=written.control)
    read = chosen.read_back(path, batch)
    if differences := ours.differences(read) + ours.differences(written):
        raise WaybillError(
            f"the file {path.name} does not add up: {'; '.join(differences)}",
            remedy="report it with what was previewed",
            code="totals_differ",
        )
    return ours

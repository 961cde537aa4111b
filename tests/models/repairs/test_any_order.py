"""Whatever happens in whatever order, the ledger adds up: the law that every fault and every repair keeps.

The steps are the worker's own, done one at a time by several holders at once; a holder that was given up for
dead goes on all the same, and must change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models import clock, facilities, files
from models.database import database, transaction
from models.destinations import LedgerRow
from models.doctor import ledger
from models.doctor.finding import Level
from models.errors import Fenced
from models.files import BatchFile, Delivery, DeliveryState
from models.invoices import Invoice
from models.jobs import (
    ENDED,
    Claim,
    ExportItem,
    ItemState,
    Job,
    JobState,
    Route,
    Trigger,
    beat,
    claim,
    collecting,
    hand_back,
    items,
    lease,
    postpone,
    settling,
    take_back,
)
from models.people import WAYBILL
from models.problems import Problem
from models.repairs import cancel, mark, repeat, requeue, resolve, revert
from models.repairs.ledger import Choice
from models.repairs.plan import Plan
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, change, make_site

_OUTCOMES = st.sampled_from([DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SENDING])
_MOSTLY = st.one_of(st.just(DeliveryState.DELIVERED), _OUTCOMES)
_LONG_AGO = date(2000, 1, 1)
_NUMBERS = st.integers(0, 1_000)


class Exports(RuleBasedStateMachine):
    """One destination, a few invoices, and everybody who may touch them."""

    site: Site

    def __init__(self) -> None:
        super().__init__()
        # Taken back at the end: quicker than an installation for each run, and the same to whoever looks.
        self._all = database.atomic()
        self._all.__enter__()
        self.site.add_invoices(3)
        self.held: list[Claim] = []
        self.plans: list[tuple[Plan, Callable[..., Any]]] = []

    def teardown(self) -> None:
        """Take everything back."""
        self._all.__exit__(InterruptedError, InterruptedError(), None)

    # What comes in

    @rule()
    def invoice(self) -> None:
        self.site.add_invoices(1)

    @rule(number=_NUMBERS)
    def edit(self, number: int) -> None:
        change([_one(Invoice, number).id])

    @rule()
    def job(self) -> None:
        self.site.new_job()

    # What workers do

    @rule()
    def claim(self) -> None:
        for job_id in lease.claimable(clock.now()):
            taken = claim(job_id, "here")
            assert taken is not None
            self.held.append(taken)

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS)
    def beat(self, number: int) -> None:
        held = self._holder(number)
        assert beat(held) == _stands(held)

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS)
    def collect(self, number: int) -> None:
        held = self._holder(number)
        job: Job = Job.get_by_id(held.job_id)
        if job.plan is None and job.trigger != Trigger.REPEAT:
            self._as_holder(held, lambda: collecting.collect(held, list(Route), {"frozen": True}))

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS, hold=st.booleans())
    def fail_one(self, number: int, hold: bool) -> None:
        held = self._holder(number)
        mine = _open(held)
        written = BatchFile.select().where(BatchFile.job == held.job_id, BatchFile.state == "rendered")
        if mine and not written.exists():
            problem = replace(BAD_ACCOUNT, hold=hold)
            self._as_holder(held, lambda: items.fail(held, [(mine[number % len(mine)], problem)]))

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS)
    def render(self, number: int) -> None:
        held = self._holder(number)
        if _open(held):
            self._as_holder(held, lambda: _render(held))

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS, outcome=_OUTCOMES)
    def deliver(self, number: int, outcome: DeliveryState) -> None:
        held = self._holder(number)
        self._as_holder(held, lambda: _deliver(held, outcome))

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS, outcome=_OUTCOMES, failed=st.booleans())
    def settle(self, number: int, outcome: DeliveryState, failed: bool) -> None:
        held = self._holder(number)
        error = cancel.asked(held.job_id) or (CANNOT_WRITE if failed else None)
        self._as_holder(held, lambda: _settle(held, outcome, error))

    @precondition(lambda self: self.held)
    @rule(number=_NUMBERS, later=st.booleans())
    def put_back(self, number: int, later: bool) -> None:
        held = self._holder(number)
        if later:
            until = clock.now()
            self._as_holder(held, lambda: postpone(held, until, code="busy", reason="busy", remedy="wait"))
        else:
            self._as_holder(held, lambda: hand_back(held))

    @precondition(lambda self: self.held)
    @rule()
    def crash(self) -> None:
        for observed, _ in lease.held():
            assert take_back(observed, "it is gone")

    @rule(outcome=_MOSTLY, failed=st.booleans())
    def run(self, outcome: DeliveryState, failed: bool) -> None:
        """What runs, or else a new job, to its end: steps at random seldom come so far."""
        if not any(map(_stands, self.held)):
            self.site.new_job()
            self.claim()
        for held in filter(_stands, list(self.held)):
            if (error := cancel.asked(held.job_id)) is None:
                error = CANNOT_WRITE if failed else None
                job: Job = Job.get_by_id(held.job_id)
                if job.plan is None and job.trigger != Trigger.REPEAT:
                    collecting.collect(held, list(Route), {"frozen": True})
                if _open(held):
                    _render(held)
                _deliver(held, outcome)
            _settle(held, outcome, error)

    # What people do

    @rule()
    def requeue(self) -> None:
        failed = Job.select().where(Job.state.in_([JobState.FAILED, JobState.COMPLETED_WITH_ERRORS]))
        wanted = requeue.plan(WAYBILL, [job.id for job in failed])
        assert len(requeue.apply(WAYBILL, wanted, "again").jobs) == len(wanted.changes)

    @rule(number=_NUMBERS, every=st.booleans(), now=st.booleans())
    def plan_revert(self, number: int, every: bool, now: bool) -> None:
        choice = Choice(since=_LONG_AGO) if every else Choice(numbers=(_one(Invoice, number).number,))
        self._plan(revert.plan(WAYBILL, self.site.destination, choice), revert.apply, now=now)

    @rule(number=_NUMBERS, every=st.booleans(), now=st.booleans())
    def plan_mark(self, number: int, every: bool, now: bool) -> None:
        choice = Choice(since=_LONG_AGO) if every else Choice(numbers=(_one(Invoice, number).number,))
        self._plan(mark.plan(WAYBILL, self.site.destination, choice), mark.apply, now=now)

    @rule(now=st.booleans())
    def plan_cancel(self, now: bool) -> None:
        waiting = Job.select().where(Job.state.not_in(list(ENDED)))
        self._plan(cancel.plan(WAYBILL, [job.id for job in waiting]), cancel.apply, now=now)

    @rule(number=_NUMBERS, arrived=st.booleans(), now=st.booleans())
    def plan_resolve(self, number: int, arrived: bool, now: bool) -> None:
        unknown = list(Delivery.select().where(Delivery.state == DeliveryState.UNKNOWN))
        if unknown:
            delivery = unknown[number % len(unknown)]
            self._plan(resolve.plan(WAYBILL, [delivery.id], arrived=arrived), resolve.apply, now=now)

    @rule(number=_NUMBERS)
    def plan_repeat(self, number: int) -> None:
        if BatchFile.select().exists():
            self._plan(repeat.plan(WAYBILL, [_one(BatchFile, number).id]), repeat.apply, now=True)

    @precondition(lambda self: self.plans)
    @rule(number=_NUMBERS)
    def carry_out(self, number: int) -> None:
        self._apply(*self.plans[-1 - number % min(3, len(self.plans))])

    def _apply(self, wanted: Plan, apply: Callable[..., Any]) -> None:
        apply(WAYBILL, wanted, "a person said so")
        before = list(LedgerRow.select().tuples())
        assert not apply(WAYBILL, wanted, "sent twice").done
        assert list(LedgerRow.select().tuples()) == before

    # What always holds

    @invariant()
    def the_ledger_adds_up(self) -> None:
        broken = [found for found in ledger.examine(WAYBILL) if found.level is not Level.OK]
        assert not broken, broken

    def _holder(self, number: int) -> Claim:
        return self.held[-1 - number % min(3, len(self.held))]

    def _as_holder(self, held: Claim, act: Callable[[], object]) -> None:
        """Do what a holder does: refused, and nothing changed, when the claim no longer stands."""
        if _stands(held):
            act()
            return
        with pytest.raises(Fenced):
            _refused(act)
        self.held.remove(held)

    def _plan(self, wanted: Plan, apply: Callable[..., Any], *, now: bool) -> None:
        """Keep the plan, to be carried out when everything may have changed, or carry it out at once."""
        self.plans.append((wanted, apply))
        if now:
            self._apply(wanted, apply)


def _one(model: Any, number: int) -> Any:
    rows = list(model.select().order_by(model.id))
    return rows[number % len(rows)]


def _stands(held: Claim) -> bool:
    job: Job = Job.get_by_id(held.job_id)
    return (job.state, job.attempt, job.owner) == (JobState.IN_PROGRESS, held.attempt, held.owner)


def _refused(act: Callable[[], object]) -> None:
    act()
    raise Fenced(0, 0)  # there was nothing for it to do, so there was nothing to refuse


def _open(held: Claim) -> list[int]:
    query = ExportItem.select().where(
        ExportItem.job == held.job_id, ExportItem.state == ItemState.IN_PROGRESS
    )
    return [item.invoice.id for item in query.order_by(ExportItem.invoice)]


def _render(held: Claim) -> None:
    with transaction():
        file = files.reserve(held, route=Route.OTHER, format_key="csv", wanted="batch.csv")
        if file.state == "rendered":
            return
        items.assign_file(held, Route.OTHER, file.id)
        totals = {"sums": items.totals_of_route(held.job_id, Route.OTHER)[1]}
        number = items.count_of_route(held.job_id, Route.OTHER)
        name = f"{file.id}.csv"
        files.record_rendered(held, file, archive_path=name, sha256="", size=0, items=number, totals=totals)


def _deliver(held: Claim, outcome: DeliveryState) -> None:
    for file in files.of_job(held.job_id):
        if file.state != "rendered":
            continue
        with transaction():
            delivery = files.begin_delivery(held, file, "pickup", file.name)
        if delivery.state == DeliveryState.DELIVERED:
            continue
        with transaction():
            files.set_delivery(held, delivery, DeliveryState.SENDING)
        if outcome != DeliveryState.SENDING:
            with transaction():
                files.set_delivery(held, delivery, outcome)


def _settle(held: Claim, outcome: DeliveryState, error: Problem | None) -> None:
    """As the worker ends a job: first what became of what is on its way, then everything at once."""
    for _, delivery in files.under_way(held.job_id):
        staged = delivery.state == DeliveryState.STAGED
        with transaction():
            files.set_delivery(held, delivery, DeliveryState.FAILED if staged else outcome)
    settling.settle(held, error)


def test_ledger_adds_up_after_anything_in_any_order(home: Path) -> None:  # noqa: ARG001 - it must be there
    Exports.site = make_site()
    facilities.activate(WAYBILL, Exports.site.facility)
    run_state_machine_as_test(
        Exports,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )

"""Each repair: what its plan says, what it does, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import deliveries, files, timeline
from models.database import execute
from models.deliveries import DeliveryState
from models.doctor import ledger
from models.doctor.finding import Level
from models.errors import InvalidInput
from models.invoices import Invoice
from models.jobs import Job, JobState, Route, claim, hand_back, settling
from models.jobs.lease import owner_name
from models.people import WAYBILL
from models.problems import Problem
from models.repairs import cancel, mark, repeat, requeue, resolve, revert
from models.repairs.ledger import Choice
from tests.models.repairs import marked, reverted
from tests.worker.export_site import Site, make_site
from worker import export
from worker.export import check, collect


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    made = make_site()
    for number in ("A-1", "A-2"):
        made.invoice(number)
    return made


def whole() -> bool:
    """Whether the ledger adds up."""
    return all(finding.level is Level.OK for finding in ledger.examine(WAYBILL))


def unknown(site: Site) -> tuple[Job, int]:
    """A job whose file may have arrived, and its delivery."""
    job = site.job()
    held = claim(job.id, owner_name())
    assert held is not None
    collect.collect(held, job, check.ready(job))
    job = Job.get_by_id(job.id)
    file = files.reserve(held, route=Route.OTHER, format_key="csv", wanted="lost.csv")
    execute("UPDATE export_item SET file_id = ? WHERE job_id = ?", (file.id, job.id))
    sums = {"USD": 20000}
    files.record_rendered(held, file, archive_path="x", sha256="", size=0, items=2, totals={"sums": sums})
    delivery = deliveries.begin(held, file, "pickup", "lost.csv")
    deliveries.record(held, delivery, DeliveryState.SENDING)
    settling.settle(held, None)
    return Job.get_by_id(job.id), delivery.id


def test_revert_names_file_and_time_warns_and_goes_with_the_next_export(site: Site) -> None:
    first = export.run(site.job().id)
    plan = revert.plan(WAYBILL, site.destination, Choice(numbers=("A-1", "B-9")))
    (change,) = plan.changes
    assert first == JobState.COMPLETED
    assert "left in InvoiceBatch_" in change.detail
    assert "job 1" in change.detail
    assert "booked twice" in plan.warnings[0]
    assert [left.code for left in plan.left_out] == ["not_found"]
    assert revert.apply(WAYBILL, plan, "it never came").done == (change,)
    assert site.ledger() == {"A-1": "pending", "A-2": "exported"}
    export.run(site.job().id)
    assert site.ledger()["A-1"] == "exported"
    told = [event.what for event in timeline.events(Invoice.get(Invoice.number == "A-1"))]
    assert told.count("exported") == 2
    assert "revert" in told
    assert whole()


def test_plan_that_was_carried_out_changes_nothing_when_sent_again(site: Site) -> None:
    export.run(site.job().id)
    plan = revert.plan(WAYBILL, site.destination, Choice(job_id=1))
    assert len(revert.apply(WAYBILL, plan, "send again").done) == 2
    export.run(site.job().id)
    again = revert.apply(WAYBILL, plan, "send again")
    assert (again.done, again.repeated) == ((), True)
    assert set(site.ledger().values()) == {"exported"}


def test_plan_leaves_out_what_changed_after_it_was_shown(site: Site) -> None:
    plan = mark.plan(WAYBILL, site.destination, Choice(since=date(2026, 1, 1)))
    site.invoice("A-1", "120.00")
    result = mark.apply(WAYBILL, plan, "they are there")
    assert [change.name for change in result.done] == ["A-2"]
    assert [(left.name, left.code) for left in result.left_out] == [("A-1", "changed_since_plan")]
    assert site.ledger() == {"A-1": "pending", "A-2": "exported"}
    assert whole()


def test_marked_invoice_is_not_sent_and_says_who_and_why(site: Site) -> None:
    assert marked(site.destination, "A-1", reason="sent by hand").done
    export.run(site.job().id)
    (content,) = site.published().values()
    assert b"A-1" not in content
    plan = revert.plan(WAYBILL, site.destination, Choice(numbers=("A-1",)))
    assert "marked as exported by waybill" in plan.changes[0].detail
    assert "sent by hand" in plan.changes[0].detail


def test_choice_of_nothing_is_refused(site: Site) -> None:
    with pytest.raises(InvalidInput, match="no invoice was chosen"):
        revert.plan(WAYBILL, site.destination, Choice())


def test_cancel_of_a_waiting_job_ends_it_at_once(site: Site) -> None:
    job = site.job()
    result = cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job.id]), "not today")
    assert (len(result.done), result.jobs) == (1, ())
    ended = Job.get_by_id(job.id)
    assert (ended.state, ended.code) == (JobState.CANCELLED, "cancelled")
    assert export.run(job.id) is None
    assert set(site.ledger().values()) == {"pending"}


def test_cancel_of_a_running_job_is_heeded_before_anything_leaves(site: Site) -> None:
    job = site.job()
    held = claim(job.id, "gone")
    assert held is not None
    collect.collect(held, job, check.ready(job))
    result = cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job.id]), "wrong day")
    assert result.jobs == (job.id,)
    execute("UPDATE export_job SET state = 'pending', owner = '' WHERE id = ?", (job.id,))
    assert export.run(job.id) == JobState.CANCELLED
    assert site.published() == {}
    assert set(site.ledger().values()) == {"pending"}
    assert whole()


def test_cancel_when_the_file_is_on_its_way_is_too_late(site: Site) -> None:
    job = site.job()
    held = claim(job.id, "here")
    assert held is not None
    file = files.reserve(held, route=Route.OTHER, format_key="csv", wanted="a.csv")
    deliveries.record(held, deliveries.begin(held, file, "pickup", "a.csv"), DeliveryState.SENDING)
    (left,) = cancel.plan(WAYBILL, [job.id]).left_out
    assert left.code == "too_late"


@pytest.mark.parametrize(
    ("arrived", "state", "delivery_state", "job_state"),
    [
        (True, "exported", DeliveryState.DELIVERED, JobState.COMPLETED),
        (False, "pending", DeliveryState.FAILED, JobState.FAILED),
    ],
)
def test_resolve_settles_delivery_job_items_and_invoices(
    site: Site, arrived: bool, state: str, delivery_state: DeliveryState, job_state: JobState
) -> None:
    job, delivery_id = unknown(site)
    assert (job.state, set(site.ledger().values())) == (JobState.FAILED, {"on_hold"})
    assert reverted(site.destination, "A-1").done == ()
    assert marked(site.destination, "A-1").done == ()
    wanted = resolve.plan(WAYBILL, [delivery_id], arrived=arrived)
    assert len(resolve.apply(WAYBILL, wanted, "I looked").done) == 1
    assert set(site.ledger().values()) == {state}
    assert deliveries.find(WAYBILL, delivery_id).state == delivery_state
    assert Job.get_by_id(job.id).state == job_state
    assert resolve.plan(WAYBILL, [delivery_id], arrived=arrived).left_out[0].code == "not_unknown"
    assert whole()


def test_repeat_delivers_the_very_same_bytes_under_a_new_name(site: Site) -> None:
    export.run(site.job().id)
    ((name, content),) = site.published().items()
    plan = repeat.plan(WAYBILL, [1])
    result = repeat.apply(WAYBILL, plan, "they lost it")
    assert repeat.apply(WAYBILL, plan, "they lost it").jobs == ()
    assert export.run(result.jobs[0]) == JobState.COMPLETED
    published = site.published()
    assert set(published) == {name, name.replace(".csv", "_2.csv")}
    assert set(published.values()) == {content}
    assert set(site.ledger().values()) == {"exported"}
    assert requeue.plan(WAYBILL, list(result.jobs)).changes == ()
    assert whole()


@pytest.mark.parametrize(
    ("arrived", "state", "code"), [(True, JobState.COMPLETED, ""), (False, JobState.FAILED, "not_arrived")]
)
def test_resolve_of_a_repeated_file_settles_its_job_that_has_no_items(
    site: Site, arrived: bool, state: JobState, code: str
) -> None:
    export.run(site.job().id)
    (job_id,) = repeat.apply(WAYBILL, repeat.plan(WAYBILL, [1]), "they lost it").jobs
    held = claim(job_id, owner_name())
    assert held is not None
    (file,) = files.of_job(job_id)
    delivery = deliveries.begin(held, file, "pickup", "again.csv")
    deliveries.record(held, delivery, DeliveryState.UNKNOWN)
    settling.settle(held, Problem(code="outcome_unknown", reason="nobody knows", remedy="ask"))
    resolve.apply(WAYBILL, resolve.plan(WAYBILL, [delivery.id], arrived=arrived), "I looked")
    job = Job.get_by_id(job_id)
    assert (job.state, job.code, bool(job.reason)) == (state, code, bool(code))
    assert whole()


def test_cancel_of_a_waiting_job_whose_file_is_on_its_way_leaves_finding_out_to_a_worker(site: Site) -> None:
    job = site.job()
    held = claim(job.id, "here")
    assert held is not None
    file = files.reserve(held, route=Route.OTHER, format_key="csv", wanted="a.csv")
    deliveries.record(held, deliveries.begin(held, file, "pickup", "a.csv"), DeliveryState.SENDING)
    hand_back(held)
    result = cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job.id]), "not today")
    assert [change.after for change in result.done] == [cancel.ASKED]
    assert Job.get_by_id(job.id).state == JobState.PENDING


def test_requeued_job_leaves_what_is_unknown_to_be_resolved(site: Site) -> None:
    job, delivery_id = unknown(site)
    execute("UPDATE export_ledger SET state = 'pending', code = '', job_id = NULL WHERE invoice_id = 1")
    execute("UPDATE export_item SET code = 'other' WHERE invoice_id = 1")
    assert requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "again").jobs == (job.id,)
    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS
    wanted = resolve.plan(WAYBILL, [delivery_id], arrived=False)
    assert resolve.apply(WAYBILL, wanted, "it is not there").done
    assert site.ledger() == {"A-1": "exported", "A-2": "pending"}

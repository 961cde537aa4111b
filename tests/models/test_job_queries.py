"""Lists of jobs, one job in full, and whether anything changed."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from models import audit, clock, jobs, settings
from models.changes import Changes
from models.database import execute, transaction
from models.errors import ConfigurationError, NotFound
from models.fields import to_millis
from models.jobs import ItemState, Job, JobState, Route, detail, queries
from models.jobs.detail import Whereabouts
from models.jobs.filter_line import CANCELLED
from models.jobs.queries import Filter, Group
from models.people import WAYBILL, Actor, Role
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    return make_site()


def actor_of(site: Site, email: str, *roles: Role) -> Actor:
    user = site.add_user(email, *roles)
    return Actor(user_id=user.id, name=email)


def pending(site: Site) -> Job:
    return site.new_job()


def test_listed_by_group_answers_its_jobs_newest_first(site: Site) -> None:
    (bad, *_) = site.add_invoices(3)
    failed = site.run(error=CANNOT_WRITE)
    partly = site.run(failing={bad: BAD_ACCOUNT})
    done = site.run()
    cancelled = site.new_job()
    execute("UPDATE export_job SET state = 'cancelled' WHERE id = ?", (cancelled.id,))
    waiting, active = pending(make_site("Other")), pending(site)
    assert jobs.claim(active.id, "here")
    expected = {
        Group.ALL: [active, waiting, cancelled, done, partly, failed],
        Group.PENDING: [waiting],
        Group.ACTIVE: [active],
        Group.COMPLETED: [done],
        Group.FAILED: [partly, failed],
        Group.ENDED: [cancelled, done, partly, failed],
    }
    for group, wanted in expected.items():
        page = queries.listed(WAYBILL, Filter(group=group))
        assert [row.id for row in page.rows] == [job.id for job in wanted], group
    assert queries.counts(WAYBILL) == {group: len(wanted) for group, wanted in expected.items()}


def test_listed_row_tells_what_happened(site: Site) -> None:
    (bad, *_) = site.add_invoices(3)
    site.run(failing={bad: BAD_ACCOUNT})
    (row,) = queries.listed(WAYBILL).rows
    assert (row.state, row.entity, row.facility, row.schedule) == (
        JobState.COMPLETED_WITH_ERRORS,
        "Acme",
        "Bank files",
        "",
    )
    assert (row.succeeded, row.failed, row.unsent) == (2, 1, 1)
    assert (row.code, row.remedy) == (BAD_ACCOUNT.code, BAD_ACCOUNT.remedy)
    assert row.finished_at is not None


def test_listed_page_by_page_gives_every_job_once(site: Site) -> None:
    made = [pending(site).id for _ in range(7)]
    seen: list[int] = []
    cursor = None
    while True:
        page = queries.listed(WAYBILL, before_id=cursor, limit=3)
        seen += [row.id for row in page.rows]
        cursor = page.following
        if cursor is None:
            break
    assert seen == made[::-1]


def test_listed_to_a_user_of_one_entity_hides_the_others(site: Site) -> None:
    other = make_site("Other")
    mine, hidden = pending(site), pending(other)
    actor = actor_of(site, "anna@example.com", Role.SUPPORT)
    stranger = Actor(user_id=other.add_user("nobody@example.com").id, name="nobody@example.com")
    assert [row.id for row in queries.listed(actor).rows] == [mine.id]
    assert queries.counts(actor)[Group.ALL] == 1
    assert queries.counts(stranger)[Group.ALL] == 0
    assert detail.find(actor, mine.id).row.id == mine.id
    with pytest.raises(NotFound):
        detail.find(actor, hidden.id)


def test_listed_of_an_entity_or_facility_leaves_out_the_rest(site: Site) -> None:
    other = make_site("Other")
    mine, theirs = pending(site), pending(other)
    by_entity = queries.listed(WAYBILL, Filter(entity_id=other.entity.id))
    by_facility = queries.listed(WAYBILL, Filter(facility_id=site.facility.id))
    assert [row.id for row in by_entity.rows] == [theirs.id]
    assert [row.id for row in by_facility.rows] == [mine.id]
    assert queries.counts(WAYBILL, Filter(facility_id=site.facility.id))[Group.PENDING] == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("group", [Group.PENDING, Group.ACTIVE, Group.FAILED])
def test_listed_small_group_never_walks_the_archive(site: Site, group: Group) -> None:
    actor = actor_of(site, "anna@example.com", Role.SUPPORT)
    for wanted in (Filter(group=group), Filter(group=group, facility_id=site.facility.id)):
        which, values = queries.scope(actor, wanted)
        sql = queries._LISTED.format(which=which, order="j.id DESC")
        plan = " ".join(row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [*values, 10]))
        index = "export_job_failed" if group is Group.FAILED else "export_job_waiting"
        assert index in plan


@pytest.mark.sqlite
def test_cancelled_jobs_are_counted_by_an_index_of_their_own(site: Site) -> None:
    assert site.entity
    sql = f"EXPLAIN QUERY PLAN {queries._COUNT.format(which=CANCELLED)}"
    (row,) = execute(sql).fetchall()
    assert "COVERING INDEX export_job_cancelled" in row[3]


def test_pulse_names_what_waits_for_a_worker_and_not_what_is_hindered(site: Site) -> None:
    assert queries.pulse(WAYBILL) == (0, 0, None)
    job = pending(site)
    created = queries.pulse(WAYBILL)
    assert (created.running, created.waiting) == (0, 1)
    assert created.waiting_since is not None
    claimed = jobs.claim(job.id, "here")
    assert claimed
    pending(site)  # waits its turn
    assert queries.pulse(WAYBILL) == (1, 0, None)
    jobs.postpone(claimed, clock.now() + timedelta(hours=1), code="x", reason="later", remedy="wait")
    assert queries.pulse(WAYBILL).running == 0
    assert queries.pulse(WAYBILL).waiting == 1


def test_detail_of_a_job_with_errors_says_where_each_invoice_is(site: Site) -> None:
    (bad, held, *_) = site.add_invoices(4)
    on_hold = BAD_ACCOUNT.__class__(code="odd", reason="it is odd", remedy="look", hold=True)
    job = site.run(failing={bad: BAD_ACCOUNT, held: on_hold})
    found = detail.find(WAYBILL, job.id)
    assert found.invoices == Whereabouts(2, 0, 0, 1, 1, 0)
    assert found.items == {ItemState.SUCCESSFUL: 2, ItemState.FAILED: 2}
    assert found.destination == "payable/main"
    assert found.outputs == {Route.OTHER: {"format": "csv", "mapping": None}}
    (file,) = found.files
    assert (file.name, file.format, file.state) == ("batch.csv", "csv", "rendered")
    assert [(way.gateway, way.state) for way in file.deliveries] == [("pickup", "delivered")]
    assert [attempt.outcome for attempt in found.attempts] == ["completed_with_errors"]
    assert [event.what for event in found.events] == [
        "created",
        "claimed",
        "collected",
        "completed_with_errors",
    ]


def test_detail_of_a_job_that_took_nothing_says_what_waits(site: Site) -> None:
    site.add_invoices(5)
    job = site.run(error=CANNOT_WRITE, collect=False)
    found = detail.find(WAYBILL, job.id)
    assert not found.collected
    assert found.invoices.pending == 5


def test_detail_of_invoices_exported_by_a_later_job_says_elsewhere(site: Site) -> None:
    site.add_invoices(2)
    failed = site.run(error=CANNOT_WRITE)
    later = site.run()
    assert detail.find(WAYBILL, failed.id).invoices == Whereabouts(0, 2, 0, 0, 0, 0)
    assert {item.now_job_id for item in detail.items(failed.id).rows} == {later.id}


def test_items_page_by_page_give_the_failed_first_and_each_once(site: Site) -> None:
    invoices = site.add_invoices(7)
    job = site.run(failing=dict.fromkeys(invoices[2:4], BAD_ACCOUNT))
    seen, cursor = [], None
    while True:
        page = detail.items(job.id, after=cursor, limit=3)
        seen += list(page.rows)
        cursor = page.following
        if cursor is None:
            break
    assert [item.invoice_id for item in seen] == invoices[2:4] + invoices[:2] + invoices[4:]
    assert [item.state for item in seen[:2]] == [ItemState.FAILED] * 2
    assert seen[0].reason == BAD_ACCOUNT.reason
    assert (seen[0].amount, seen[0].currency, seen[0].now) == ("12.30", "EUR", "pending")
    assert (seen[6].file, seen[6].now, seen[6].now_job_id) == ("batch.csv", "exported", job.id)


def test_totals_of_a_file_are_text_in_its_currencies(site: Site) -> None:
    site.add_invoices(1)
    job = site.run()
    totals = '{"control":{"hash":"7"},"sums":{"JPY":1500,"USD":-123}}'
    execute("UPDATE batch_file SET totals = ? WHERE job_id = ?", (totals, job.id))
    (file,) = detail.find(WAYBILL, job.id).files
    assert file.totals == {"JPY": "1500", "USD": "-1.23"}
    assert file.control == {"hash": "7"}


def test_ids_of_a_filter_stop_at_the_limit_and_say_so(site: Site) -> None:
    made = [pending(site).id for _ in range(4)]
    page = queries.ids(WAYBILL, Filter(group=Group.PENDING), limit=3)
    assert (page.rows, page.following) == (made[:0:-1], made[1])


def test_changes_seen_after_a_commit_of_somebody_else_only(home: Path) -> None:
    changes = Changes(settings.load(home))
    assert changes.seen()
    assert not changes.seen()
    with transaction():
        audit.record(WAYBILL, "test", "nothing")
    assert changes.seen()
    assert not changes.seen()
    changes.close()


@pytest.mark.sqlite
def test_changes_of_a_database_that_is_gone_say_so_and_find_it_again(home: Path) -> None:
    changes = Changes(settings.load(home))
    assert changes.seen()
    aside = home / "aside.db"
    (home / "waybill.db").rename(aside)
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        changes.seen()
    assert not (home / "waybill.db").exists()
    aside.rename(home / "waybill.db")
    assert changes.seen()
    changes.close()


@pytest.mark.sqlite
def test_changes_of_a_file_that_is_no_database_raise_and_do_not_last(home: Path) -> None:
    changes = Changes(settings.load(home))
    kept = home / "aside.db"
    (home / "waybill.db").rename(kept)
    (home / "waybill.db").write_bytes(b"x" * 4096)
    with pytest.raises(sqlite3.DatabaseError):
        changes.seen()
    kept.replace(home / "waybill.db")
    assert changes.seen()
    changes.close()


def test_times_of_a_row_are_aware_utc(site: Site) -> None:
    job = pending(site)
    (row,) = queries.listed(WAYBILL).rows
    assert to_millis(row.as_of) == to_millis(job.as_of)
    assert row.as_of.utcoffset() == timedelta(0)

"""Failed jobs by cause: what is one group, how it is counted, and which jobs it names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from models import clock
from models.database import execute
from models.jobs import error_groups, filter_line
from models.jobs.error_groups import groups, masked, members
from models.jobs.queries import Filter, Group, scope
from models.jobs.records import Job
from models.people import WAYBILL, Actor, Role
from models.problems import Problem
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site, requeue


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    return make_site()


def fail(site: Site, reason: str, code: str = "delivery_failed") -> Job:
    return site.run(error=Problem(code=code, reason=reason, remedy=f"see to {reason}"))


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("503 from https://partner.example/inbox after 30.0 s", "… from … after … s"),
        ("the mapping 'north 7' has no column \"A\"", "the mapping … has no column …"),
        ("anna@example.com was refused", "… was refused"),
        ("cannot write /var/lib/pickup/acme: denied", "cannot write … denied"),
        ("permission denied (publickey)", "permission denied (publickey)"),
    ],
)
def test_masked_leaves_the_words_that_say_what_went_wrong(reason: str, text: str) -> None:
    assert masked(reason) == text


def test_groups_differing_in_names_and_numbers_are_one_group(site: Site) -> None:
    other = make_site("Other", facility="More files")
    jobs = [
        fail(site, "the account of Blue Ltd cannot be paid: 021000022 fails its check digit"),
        fail(site, "the account of Green and Sons cannot be paid: 11 fails its check digit"),
        fail(other, "the account of Red cannot be paid: 7 fails its check digit"),
    ]
    (group,) = groups(WAYBILL)
    assert group.text == "the account of … cannot be paid: … fails its check digit"
    assert (group.hour, group.day, group.week, group.open) == (3, 3, 3, 3)
    assert group.facilities == ("Bank files", "More files")
    assert (group.example_id, group.remedy) == (jobs[2].id, jobs[2].remedy)
    assert list(members(WAYBILL, group)) == [job.id for job in reversed(jobs)]


def test_groups_of_other_codes_or_other_words_stay_apart(site: Site) -> None:
    first = fail(site, "connection timed out after 30 s")
    second = fail(site, "connection timed out after 31 s", code="unreachable")
    third = fail(site, "the host key is another one than yesterday")
    found = groups(WAYBILL)
    assert [group.open for group in found] == [1, 1, 1]
    named = {job_id for group in found for job_id in members(WAYBILL, group)}
    assert named == {first.id, second.id, third.id}
    assert [len(list(members(WAYBILL, group))) for group in found] == [1, 1, 1]


def test_groups_hold_partly_failed_jobs_and_no_re_queued_ones(site: Site) -> None:
    (bad, *_) = site.add_invoices(2)
    partly = site.run(failing={bad: BAD_ACCOUNT})
    requeue(site.run(error=CANNOT_WRITE))
    (group,) = groups(WAYBILL)
    assert list(members(WAYBILL, group)) == [partly.id]


def test_groups_count_by_when_the_jobs_ended(site: Site) -> None:
    for ago in (timedelta(minutes=5), timedelta(hours=5), timedelta(days=3), timedelta(days=30)):
        job = fail(site, "connection refused")
        Job.update(finished_at=clock.now() - ago).where(Job.id == job.id).execute()
    (group,) = groups(WAYBILL)
    assert (group.hour, group.day, group.week, group.open) == (1, 2, 3, 4)
    assert group.first_at is not None
    assert group.last_at is not None
    assert group.last_at - group.first_at > timedelta(days=29)


def test_groups_show_nothing_of_what_the_actor_may_not_see(site: Site) -> None:
    mine = fail(site, "connection refused")
    theirs = make_site("Other")
    fail(theirs, "connection refused")
    user = site.add_user("anna@example.com", Role.SUPPORT)
    actor = Actor(user_id=user.id, name=user.email)
    (group,) = groups(actor)
    assert list(members(actor, group)) == [mine.id]
    (narrowed,) = groups(WAYBILL, Filter(facility_id=theirs.facility.id))
    assert narrowed.open == 1


def test_groups_within_a_filter_line_are_of_its_jobs_alone(site: Site) -> None:
    first = fail(site, "connection timed out after 30 s")
    fail(site, "no answer", code="unreachable")
    within = Filter(terms=filter_line.parse("reason:*timed*"))
    (group,) = groups(WAYBILL, within)
    assert (group.open, list(members(WAYBILL, group, within))) == (1, [first.id])
    (whole,) = error_groups.by_code(WAYBILL, within)
    assert whole.code == group.code
    none = Filter(terms=filter_line.parse("attempt:>=9"))
    assert list(members(WAYBILL, group, none)) == []


def test_members_of_an_old_text_are_still_found_when_more_fail(site: Site) -> None:
    first = fail(site, "the account of Blue Ltd cannot be paid: 1 fails its check digit")
    (before,) = groups(WAYBILL)
    second = fail(site, "the account of Green cannot be paid: 2 fails its check digit")
    (after,) = groups(WAYBILL)
    assert list(members(WAYBILL, before)) == [first.id]
    assert list(members(WAYBILL, after)) == [second.id, first.id]


@pytest.mark.sqlite
def test_groups_never_walk_the_archive(site: Site) -> None:
    for wanted in (Filter(group=Group.FAILED), Filter(group=Group.FAILED, facility_id=site.facility.id)):
        which, values = scope(WAYBILL, wanted)
        sql = error_groups._COUNTED.format(which=which)
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [0, 0, 0, *values])]
        assert any("export_job_failed" in step for step in plan), plan
        sql = error_groups._BY_CODE.format(which=which)
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [0, 0, 0, *values])]
        assert any("USING COVERING INDEX export_job_failed_code" in step for step in plan), plan


def test_by_code_is_one_group_of_all_its_reasons(site: Site) -> None:
    first = fail(site, "connection timed out after 30 s")
    second = fail(site, "the host key is another one than yesterday")
    third = fail(site, "no answer", code="unreachable")
    larger, smaller = error_groups.by_code(WAYBILL)
    assert (larger.code, larger.open, larger.example) == ("delivery_failed", 2, second.reason)
    assert list(members(WAYBILL, larger)) == [second.id, first.id]
    assert (list(members(WAYBILL, smaller)), smaller.facilities) == ([third.id], ("Bank files",))

"""The filter line: what it says, what it finds, and that it does not walk the archive to find it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from models import clock, facilities
from models.audit import Actor
from models.database import execute
from models.errors import InvalidInput
from models.fields import to_millis
from models.invoices import Invoice
from models.jobs import Job, filter_line, queries
from models.jobs.filter_line import Key, Term
from models.jobs.queries import Filter, Group
from models.people import WAYBILL, Role
from models.repairs import cancel
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, make_site


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("", []),
        ("state:failed", [Term(Key.STATE, ("failed",))]),
        (" -state:failed,cancelled ", [Term(Key.STATE, ("failed", "cancelled"), negated=True)]),
        ('facility:"Bank files"', [Term(Key.FACILITY, ("Bank files",))]),
        ('party:"A, B",C', [Term(Key.PARTY, ("A, B", "C"))]),
        ("age:>2d", [Term(Key.AGE, ("2d",), comparison=">")]),
        ("attempt:3", [Term(Key.ATTEMPT, ("3",))]),
        (
            "attempt:>=3 invoice:A-1",
            [Term(Key.ATTEMPT, ("3",), comparison=">="), Term(Key.INVOICE, ("A-1",))],
        ),
    ],
)
def test_parse_reads_every_word(line: str, terms: list[Term]) -> None:
    assert list(filter_line.parse(line)) == terms


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("failed", "failed"),  # a word without a key
        ("colour:red", "colour"),
        ("state:broken", "broken"),
        ("state:", "state"),
        ("state:failed,", None),  # an end that says nothing is let pass
        ("age:2", "2"),
        ("age:>2y", "2y"),
        ("age:>999999w", "999999w"),  # before the calendar begins
        ("-age:<999999d", "999999d"),
        ("age:=>2d", "=>"),
        ("attempt:many", "many"),
        ("attempt:>=1,2", "attempt"),
        ('facility:"open', "facility"),
        (" ".join(["attempt:1"] * 21), "20"),
    ],
)
def test_parse_refuses_what_says_nothing_and_names_it(line: str, named: str | None) -> None:
    if named is None:
        assert filter_line.parse(line)
        return
    with pytest.raises(InvalidInput, match=named) as caught:
        filter_line.parse(line)
    assert caught.value.code == "filter"
    assert caught.value.remedy


@pytest.fixture
def jobs(home: Path) -> dict[str, Job]:  # noqa: ARG001 - the installation they stand in
    """One of each kind: of two facilities, old and new, tried once and never."""
    site, other = make_site(), make_site("Other", facility="ERP north", party="Red Inc")
    facilities.activate(WAYBILL, site.facility)
    bad, *_ = site.add_invoices(2)
    partly = site.run(failing={bad: BAD_ACCOUNT})
    other.add_invoices(1)
    failed = other.run(error=CANNOT_WRITE)
    done = other.run()
    waiting, cancelled = site.new_job(), other.new_job()
    cancel.apply(WAYBILL, cancel.plan(WAYBILL, [cancelled.id]), "not today")
    week = to_millis(clock.now() - timedelta(days=8))
    execute("UPDATE export_job SET created_at = ? WHERE id = ?", (week, partly.id))
    return {"partly": partly, "failed": failed, "done": done, "waiting": waiting, "cancelled": cancelled}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "partly failed done waiting cancelled"),
        ("state:failed", "failed"),
        ("state:failed,completed_with_errors", "partly failed"),
        ("state:cancelled", "cancelled"),
        ("-state:failed,cancelled", "partly done waiting"),
        ("error:pickup_unwritable", "failed"),
        ("error:PICKUP*", "failed"),
        ("error:bad_check_digit", "partly"),
        ("error:pickup", ""),
        ("-error:pickup*,bad* state:failed,completed_with_errors", ""),
        ('facility:"bank files"', "partly waiting"),
        ("facility:ERP*", "failed done cancelled"),
        ("-facility:ERP*", "partly waiting"),
        ("facility:100%", ""),  # what means something to the database means nothing here
        ("party:red*", "failed done"),
        ('-party:"Red Inc" state:failed,completed', ""),
        ("age:>1w", "partly"),
        ("age:<1w", "failed done waiting cancelled"),
        ("age:1w", "partly"),
        ("attempt:0", "waiting cancelled"),
        ("attempt:>=1 -party:red*", "partly"),
    ],
)
def test_filter_line_finds_these_jobs(jobs: dict[str, Job], line: str, found: str) -> None:
    wanted = Filter(terms=filter_line.parse(line))
    expected = sorted((jobs[name].id for name in found.split()), reverse=True)
    assert [row.id for row in queries.listed(WAYBILL, wanted).rows] == expected
    assert list(queries.ids(WAYBILL, wanted, limit=9).rows) == expected
    assert queries.counts(WAYBILL, wanted)[Group.ALL] == len(expected)


def test_filter_line_finds_the_jobs_of_an_invoice(jobs: dict[str, Job]) -> None:
    number = execute(
        "SELECT i.number FROM export_item t JOIN invoice i ON i.id = t.invoice_id WHERE t.job_id = ?",
        (jobs["done"].id,),
    ).fetchone()[0]
    found = queries.listed(WAYBILL, Filter(terms=filter_line.parse(f"invoice:{number}")))
    assert [row.id for row in found.rows] == [jobs["done"].id, jobs["failed"].id]


def test_filter_line_of_a_user_finds_only_what_the_user_may_see(jobs: dict[str, Job]) -> None:
    user = make_site("Third").add_user("anna@example.com", Role.SUPPORT)
    actor = Actor(user_id=user.id, name=user.email)
    wanted = Filter(terms=filter_line.parse("state:failed"))
    assert [row.id for row in queries.listed(WAYBILL, wanted).rows] == [jobs["failed"].id]
    assert queries.listed(actor, wanted).rows == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("state:failed", "export_job_failed"),
        ("facility:Bank* age:>2d state:failed", "export_job_failed"),
        ("state:pending attempt:>1", "export_job_waiting"),
        ("state:cancelled", "export_job_cancelled"),
        ("error:unreachable", "export_job_wrong"),
        ("party:Blue", "export_item_invoice"),
        ("invoice:A-1", "export_item_invoice"),
        ("invoice:A-1 age:>2d -state:failed", "export_item_invoice"),
    ],
)
def test_filter_line_goes_by_an_index_and_never_walks_the_jobs(home: Path, line: str, index: str) -> None:
    assert home.is_dir()
    assert not Invoice.select().exists()
    wanted = Filter(terms=filter_line.parse(line), facility_id=1)
    which, values = queries.in_scope(WAYBILL, wanted, small=wanted.small)
    sql = f"EXPLAIN QUERY PLAN SELECT j.id FROM export_job j WHERE 1 = 1{which} ORDER BY j.id DESC LIMIT ?"  # noqa: S608 - constant text
    plan = [row[3] for row in execute(sql, [*values, 10])]
    assert any(index in step for step in plan), plan
    assert "SCAN j" not in plan, plan
    assert not any(step.startswith(("SCAN i", "SCAN t", "SCAN s")) for step in plan), plan

"""A new account is asked about by a prenote; its invoices wait in pending and go by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from models import manual, parties, prenotes
from models.ach_returns.records import AchAnswer, AnswerKind
from models.audit import WAYBILL, Actor, AuditEntry
from models.database import execute
from models.fields import to_millis
from models.files import BatchFile
from models.jobs import ExportItem, Job, JobState, Output, Route
from models.manual import Choice, Written
from models.prenotes import Prenote
from tests.peers.nacha_checker import check
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import Site, make_site
from worker import export
from worker.preview import preview

ASKED = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday: settles on Friday, the 20th
LIVE = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # the third banking day after it
ACH = {Route.ACH: Output(format="nacha")}


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site that wants prenotes, with two invoices of one new payee."""
    site = make_site(**{"nacha.prenotes": "yes"})
    site.invoice("A-1", "100.00", vendor="Wire Co")
    site.invoice("A-2", "50.00", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    return site


def run(site: Site, at: datetime) -> Job:
    """A job asked for and run at a time."""
    with time_machine.travel(at, tick=False):
        job = site.job(ACH, as_of=at)
        export.run(job.id)
    return Job.get_by_id(job.id)


def codes(job: Job) -> set[str]:
    return {item.code for item in ExportItem.select().where(ExportItem.job == job)}


def entries(site: Site, number: int) -> list[tuple[str, str]]:
    """Transaction codes and cents of the `number`th file published."""
    files = sorted(BatchFile.select(), key=lambda file: file.id)
    report = check(site.published()[files[number - 1].name])
    assert report.faults == []
    return [(entry["code"], entry["cents"]) for entry in report.entries]


def test_first_file_asks_and_the_first_after_three_banking_days_pays(site: Site) -> None:
    first = run(site, ASKED)
    assert (first.state, codes(first)) == (JobState.FAILED, {"prenote_first"})
    assert "••••5678 of Wire Co is new" in first.reason
    assert "pays from 2026-11-25" in first.reason
    assert entries(site, 1) == [("23", "0000000000")]
    assert site.ledger() == {"A-1": "pending", "A-2": "pending"}

    day_before = run(site, LIVE - timedelta(days=1))
    assert codes(day_before) == {"prenote_waiting"}
    assert "may be paid from 2026-11-25" in day_before.reason
    assert len(site.published()) == 1

    paid = run(site, LIVE)
    assert paid.state == JobState.COMPLETED
    assert entries(site, 2) == [("22", "0000010000"), ("22", "0000005000")]
    assert site.ledger() == {"A-1": "exported", "A-2": "exported"}


def test_prenote_stands_beside_payments_to_accounts_that_were_paid_before(site: Site) -> None:
    run(site, ASKED)
    run(site, LIVE)
    site.invoice("B-1", "7.00", vendor="New Co")
    site.pay_by_ach("New Co", number="99")
    site.invoice("A-3", "8.00", vendor="Wire Co")

    both = run(site, LIVE + timedelta(days=1))

    assert both.state == JobState.COMPLETED_WITH_ERRORS
    assert entries(site, 3) == [("23", "0000000000"), ("22", "0000000800")]
    assert site.ledger() == {"A-1": "exported", "A-2": "exported", "A-3": "exported", "B-1": "pending"}


def test_new_account_of_a_payee_is_asked_about_again(site: Site) -> None:
    run(site, ASKED)
    site.pay_by_ach("Wire Co", number="777")
    assert codes(run(site, LIVE)) == {"prenote_first"}
    assert entries(site, 2) == [("23", "0000000000")]


def test_accounts_paid_before_prenotes_were_wanted_are_not_asked_about(home: Path) -> None:  # noqa: ARG001
    site = make_site()
    site.invoice("A-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    run(site, ASKED)
    execute("UPDATE facility SET settings = REPLACE(settings, '{', '{\"nacha.prenotes\":\"yes\",')")
    site.invoice("A-2", vendor="Wire Co")
    assert run(site, LIVE).state == JobState.COMPLETED


def test_account_is_paid_the_later_the_later_its_prenote_left(site: Site) -> None:
    run(site, ASKED)
    asked = Prenote.get()
    execute("UPDATE delivery SET finished_at = ?", (to_millis(LIVE),))  # its gateway was down until Wednesday
    standing = prenotes.standing(asked.account_id)
    assert standing.live_from == "2026-12-02", "Thanksgiving, Friday, the weekend, and two banking days"
    assert not standing.is_clear(LIVE.date())
    assert codes(run(site, LIVE)) == {"prenote_waiting"}
    execute("UPDATE delivery SET state = 'sending', finished_at = NULL")
    assert not prenotes.standing(asked.account_id).is_clear(LIVE.date() + timedelta(days=365))
    assert prenotes.shown(asked.account, LIVE.date()).endswith("which has not left yet")


def test_prenote_in_a_file_that_never_left_was_not_sent(site: Site) -> None:
    run(site, ASKED)
    execute("UPDATE delivery SET state = 'failed'")
    assert codes(run(site, LIVE)) == {"prenote_first"}
    assert Prenote.select().count() == 2


def test_prenote_that_came_back_keeps_the_invoices_until_there_is_another_account(site: Site) -> None:
    run(site, ASKED)
    asked = Prenote.get()
    AchAnswer.create(
        entity=site.entity,
        file=asked.file,
        key="R03",
        kind=AnswerKind.RETURN,
        code="R03",
        words="no account",
        remedy="",
        information="",
        trace="",
        cents=0,
        party=asked.account.party,
        invoices=[],
        held=[],
        source_name="returns.ach",
        source_sha256="",
        recorded_by="bank@example.com",
    )
    late = run(site, LIVE + timedelta(days=9))
    assert codes(late) == {"prenote_returned"}
    assert "R03: no account" in late.reason
    shown = prenotes.shown(asked.account, LIVE.date())
    assert shown == f"prenote in file {asked.file_id} came back: R03: no account"
    site.pay_by_ach("Wire Co", number="778")
    assert codes(run(site, LIVE + timedelta(days=10))) == {"prenote_first"}


def test_whole_batch_or_nothing_does_not_wait_for_prenotes(home: Path) -> None:  # noqa: ARG001
    site = make_site(**{"nacha.prenotes": "yes", "when_items_fail": "whole_batch_or_nothing"})
    site.invoice("A-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    run(site, ASKED)
    assert entries(site, 1) == [("23", "0000000000")]
    assert run(site, LIVE).state == JobState.COMPLETED


def test_preview_shows_the_prenote_and_what_waits_for_it(site: Site, tmp_path: Path) -> None:
    actor = Actor(user_id=site.finance.id, name=site.finance.email)
    with time_machine.travel(ASKED, tick=False):
        written = Written(outputs=ACH)
        plan = manual.find(actor, site.facility, Choice(), written, request_id="one")
        shown = preview(actor, plan, tmp_path)
    assert {one.problem.code for one in shown.unsent} == {"prenote_first"}
    report = check(shown.files[0].path.read_bytes())
    assert report.faults == []
    assert [entry["code"] for entry in report.entries] == ["23"]
    assert Prenote.select().count() == 0


def test_worker_that_dies_after_reserving_asks_about_the_same_accounts_once(site: Site) -> None:
    with time_machine.travel(ASKED, tick=False):
        job = site.job(ACH, as_of=ASKED)
        dead_attempt(job, "render")
        export.run(job.id)
    assert entries(site, 1) == [("23", "0000000000")]
    assert (Prenote.select().count(), BatchFile.select().count()) == (1, 1)


def test_prenote_is_audited_and_shown_with_its_account(site: Site) -> None:
    run(site, ASKED)
    entry = AuditEntry.get(AuditEntry.action == "prenote")
    assert (entry.actor, entry.subject_name) == (WAYBILL.name, "Wire Co")
    assert entry.after["account"] == "••••5678"
    assert entry.after["live_from"] == "2026-11-25"
    account = parties.accounts(site.vendor("Wire Co"))[0]
    asked = Prenote.get()
    assert (
        prenotes.shown(account, ASKED.date())
        == f"prenote in file {asked.file_id}, to be paid from 2026-11-25"
    )
    assert prenotes.shown(account, LIVE.date()) == f"prenote in file {asked.file_id}, cleared 2026-11-25"


def test_facility_that_wants_none_asks_about_nothing(home: Path) -> None:  # noqa: ARG001
    site = make_site()
    site.invoice("A-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    assert run(site, ASKED).state == JobState.COMPLETED
    assert Prenote.select().count() == 0
    assert prenotes.shown(parties.accounts(site.vendor("Wire Co"))[0], LIVE.date()) == ""


@pytest.mark.sqlite
def test_standing_of_an_account_is_found_by_indexes(site: Site) -> None:
    account = parties.accounts(site.vendor("Wire Co"))[0]
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {prenotes.STANDING}", (account.id, account.id))]
    assert any(step.startswith("SEARCH") for step in plan)
    # `n` is the one prenote that the inner query found.
    assert [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN n")] == []

"""Which failures are told to whom, in what words, and the outbox that letters wait in."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, notifications
from models.audit import Actor, AuditEntry
from models.database import execute, transaction
from models.errors import NotFound, PermissionDenied
from models.jobs import Job, JobState
from models.notifications import MailedFailure, MailKind, MailState, OutboxMail, failures, letter, outbox
from models.people import WAYBILL, Role
from models.problems import Problem
from models.settings import Mail
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, change, make_site, requeue, use_mail


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    return make_site()


def mails(job: Job | None = None) -> list[OutboxMail]:
    query = OutboxMail.select().order_by(OutboxMail.id)
    return list(query if job is None else query.where(OutboxMail.job_id == job.id))


def body(job: Job) -> str:
    return str(mails(job)[0].body)


# Who is told


def test_recipients_hold_a_role_for_the_entity_or_all(site: Site) -> None:
    other = make_site("Globex")
    site.add_user("review@example.com", Role.ACCOUNTING_REVIEW)
    site.add_user("both@example.com", Role.ADMINISTRATOR, Role.ACCOUNTING_REVIEW)
    site.add_user("support@example.com", Role.SUPPORT, everywhere=True)
    site.add_user("finance@example.com", Role.FINANCE)
    site.add_user("gone@example.com", Role.ADMINISTRATOR, active=False)
    other.add_user("globex@example.com", Role.ADMINISTRATOR)

    site.run(error=CANNOT_WRITE, collect=False)

    told = ["both@example.com", "review@example.com", "root@example.com", "support@example.com"]
    assert sorted(mail.recipient for mail in mails()) == told


def test_support_addresses_of_the_settings_are_told_once_each(site: Site) -> None:
    use_mail(Mail(support=" help@example.com,ROOT@example.com, help@example.com ,"))
    assert failures.recipients(site.entity.id) == ["root@example.com", "help@example.com"]


def test_support_address_that_is_none_is_left_out_and_logged(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    use_mail(Mail(support="nobody, evil@example.com\nBcc: x@example.com"))
    site.run(error=CANNOT_WRITE, collect=False)
    assert [mail.recipient for mail in mails()] == ["root@example.com"]
    assert "mail.no_address" in caplog.text


# What is news


def test_job_that_completed_tells_nobody(site: Site) -> None:
    site.add_invoices(3)
    assert site.run().state == JobState.COMPLETED
    assert not mails()


def test_same_failure_of_the_same_versions_is_told_once(site: Site) -> None:
    bad = site.add_invoices(3)[:2]
    first = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    second = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    assert first.state == JobState.COMPLETED_WITH_ERRORS
    assert second.state == JobState.FAILED
    assert len(mails(first)) == 1
    assert not mails(second)


def test_new_version_that_fails_alike_is_told_again(site: Site) -> None:
    bad = site.add_invoices(2)
    site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    change(bad[:1])
    job = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    assert len(mails(job)) == 1
    assert "1 failed as you were told before" in " ".join(body(job).split())


def test_another_failure_of_the_same_version_is_told(site: Site) -> None:
    bad = site.add_invoices(1)
    site.run(failing={bad[0]: BAD_ACCOUNT})
    job = site.run(error=CANNOT_WRITE)
    assert len(mails(job)) == 1


def test_whole_failure_is_told_again_only_for_new_invoices(site: Site) -> None:
    site.add_invoices(2)
    site.run(error=CANNOT_WRITE)
    assert not mails(site.run(error=CANNOT_WRITE))
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    assert len(mails(job)) == 1
    assert "Besides these, 2 failed" in body(job)


def test_failure_before_collecting_is_told_once_until_the_facility_works_again(site: Site) -> None:
    first = site.run(error=CANNOT_WRITE, collect=False)
    second = site.run(error=CANNOT_WRITE, collect=False)
    site.run()
    third = site.run(error=CANNOT_WRITE, collect=False)
    assert [len(mails(job)) for job in (first, second, third)] == [1, 0, 1]


def test_failure_of_another_facility_is_told(site: Site) -> None:
    other = make_site("Globex")
    site.run(error=CANNOT_WRITE, collect=False)
    assert len(mails(other.run(error=CANNOT_WRITE, collect=False))) == 1


def test_requeued_job_tells_only_what_its_earlier_attempt_did_not(site: Site) -> None:
    bad = site.add_invoices(2)
    job = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    site.run(again=requeue(job), failing=dict.fromkeys(bad, BAD_ACCOUNT))
    assert len(mails(job)) == 1
    site.run(again=requeue(job), failing={bad[0]: BAD_ACCOUNT}, error=CANNOT_WRITE)
    second = mails(job)[1]
    assert CANNOT_WRITE.reason in " ".join(second.body.split())
    assert "Besides these, 1 failed" in second.body


def test_requeued_job_that_now_fails_before_collecting_is_told(site: Site) -> None:
    bad = site.add_invoices(2)
    job = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    site.run(again=requeue(job), error=CANNOT_WRITE, collect=False)
    assert len(mails(job)) == 2
    assert CANNOT_WRITE.remedy in " ".join(mails(job)[1].body.split())
    site.run(again=requeue(job), error=CANNOT_WRITE, collect=False)
    assert len(mails(job)) == 2


def test_invoice_that_went_by_another_job_meanwhile_is_no_failure(site: Site) -> None:
    bad = site.add_invoices(2)
    job = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    assert site.run(failing={bad[0]: BAD_ACCOUNT}).succeeded == 1
    site.run(again=requeue(job), error=CANNOT_WRITE)
    text = " ".join(mails(job)[1].body.split())
    assert "0 sent 1 back in pending" in text
    assert "0 on hold until a person decides Invoices that did not leave" in text
    assert "meanwhile" not in text


def test_telling_twice_in_one_attempt_adds_nothing(site: Site) -> None:
    job = site.run(error=CANNOT_WRITE, collect=False)
    MailedFailure.delete().execute()
    assert notifications.job_ended(job.id) == 0
    assert len(mails()) == 1


def test_letters_of_a_rolled_back_settlement_are_gone(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    OutboxMail.delete().execute()
    MailedFailure.delete().execute()

    def crash() -> None:
        with transaction():
            assert notifications.job_ended(job.id) == 1
            raise InterruptedError

    with pytest.raises(InterruptedError):
        crash()
    assert not mails()
    assert not MailedFailure.select().exists()


@pytest.mark.sqlite
def test_ten_thousand_failures_are_told_by_few_statements(site: Site) -> None:
    ids = site.add_invoices(10_000)
    statements: list[str] = []
    connected = OutboxMail._meta.database.connection()
    began = time.monotonic()
    job = site.run(failing=dict.fromkeys(ids, BAD_ACCOUNT))
    assert time.monotonic() - began < 60
    MailedFailure.delete().execute()
    OutboxMail.delete().execute()
    connected.set_trace_callback(statements.append)
    notifications.job_ended(job.id)
    connected.set_trace_callback(None)
    assert MailedFailure.select().count() == 10_000
    assert len(statements) < 30
    assert "and 9980 more" in body(job)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "sql", [failures._NOTE_ITEMS, failures._NOTE_JOB, failures._WHERE_UNSENT, failures._NEWS]
)
def test_statement_over_items_reads_only_the_jobs_own(site: Site, sql: str) -> None:
    site.run()
    plan = execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")).fetchall()
    steps = " | ".join(row[3] for row in plan)
    assert "SCAN" not in steps
    assert "SEARCH t USING" in steps


@pytest.mark.sqlite
def test_counting_what_is_pending_uses_the_partial_index(site: Site) -> None:
    plan = execute(f"EXPLAIN QUERY PLAN {failures._PENDING}", (site.destination.id,)).fetchall()
    assert "export_ledger_pending" in plan[0][3]


# What is said


def test_letter_about_a_whole_failure_says_reason_state_and_next_steps(site: Site) -> None:
    site.add_invoices(312)
    job = site.run(error=CANNOT_WRITE)
    mail = mails(job)[0]
    assert mail.kind == MailKind.EXPORT_FAILED
    assert mail.subject == (
        f"[Waybill] Acme, Bank files: export job {job.id} failed: the pickup folder acme cannot be written: "
        "permission denied"
    )
    lines = mail.body.splitlines()
    assert "Reason:        the pickup folder acme cannot be written: permission denied." in lines
    assert "         0  sent" in lines
    assert "       312  back in pending; they go with the next export that succeeds" in lines
    assert "  1. Put it right: let the service account write to it." in lines
    assert f"       waybill job show {job.id}" in lines
    assert f'       waybill job requeue {job.id} --reason "WHY"' in lines
    assert sum("Blue Ltd, 12.30 EUR" in line for line in lines) >= letter.LISTED
    assert "      and 292 more" in lines


def test_letter_about_some_failures_names_each_with_reason_and_remedy(site: Site) -> None:
    held = Problem(code="no_route", reason="no route takes it", remedy="make a route", hold=True)
    ids = site.add_invoices(5)
    job = site.run(failing={ids[0]: BAD_ACCOUNT, ids[1]: held})
    mail = mails(job)[0]
    assert mail.kind == MailKind.EXPORT_WITH_ERRORS
    assert mail.subject.endswith("completed with errors: 2 of 5 invoices did not leave")
    text = " ".join(mail.body.split())
    assert f"{BAD_ACCOUNT.reason}. To do: {BAD_ACCOUNT.remedy}." in text
    assert "no route takes it. To do: make a route." in text
    assert "3 sent 1 back in pending" in text
    assert "1 on hold until a person decides" in text


def test_letter_about_a_failure_before_collecting_counts_what_waits(site: Site) -> None:
    site.add_invoices(7)
    text = " ".join(body(site.run(error=CANNOT_WRITE, collect=False)).split())
    assert "ended before it took any invoice. 7 wait in pending, untouched" in text


AWKWARD = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)


@given(name=AWKWARD, reason=AWKWARD, failed=st.booleans(), remedy=AWKWARD, count=st.integers(0, 3))
def test_letter_stays_in_its_lines_whatever_names_hold(
    name: str, reason: str, failed: bool, remedy: str, count: int
) -> None:
    invoice = letter.FailedInvoice(number=name, party=name, amount="1 EUR", reason=reason, remedy=remedy)
    subject, text = letter.write(
        letter.Report(
            entity=name,
            facility=name,
            destination="payable/main",
            job_id=41,
            attempt=1,
            ended_at=datetime(2026, 3, 2, 6, tzinfo=UTC),
            failed=failed,
            reason=reason,
            remedy=remedy,
            sent=1,
            pending=10**9,
            on_hold=0,
            elsewhere=2,
            collected=True,
            invoices=[invoice] * count,
            news=count + 1,
            told_before=1,
        )
    )
    assert subject.isprintable()
    assert len(subject) <= 160
    assert "job 41" in subject or len(name) > 20
    assert all(len(line) <= 78 and line.isprintable() for line in text.split("\n"))


def test_newline_in_names_cannot_start_a_header(home: Path) -> None:  # noqa: ARG001
    site = make_site()
    site.entity.name = "Acme\r\nBcc: thief@example.com"
    site.entity.save()
    site.run(error=CANNOT_WRITE, collect=False)
    assert mails()[0].subject.startswith("[Waybill] Acme Bcc: thief@example.com, Bank files: ")


# The outbox


def test_message_id_is_the_same_for_the_same_event_and_recipient(site: Site) -> None:
    use_mail(Mail(sender="Waybill <waybill@example.com>"))
    site.add_user("review@example.com", Role.ACCOUNTING_REVIEW)
    job = site.run(error=CANNOT_WRITE, collect=False)
    ids = {mail.recipient: mail.message_id for mail in mails(job)}
    assert len(set(ids.values())) == 2
    assert all(each.startswith("<waybill.") and each.endswith("@example.com>") for each in ids.values())
    OutboxMail.delete().execute()
    MailedFailure.delete().execute()
    notifications.job_ended(job.id)
    assert {mail.recipient: mail.message_id for mail in mails(job)} == ids


def test_claimed_letter_is_not_claimed_again(site: Site) -> None:
    site.run(error=CANNOT_WRITE, collect=False)
    first = outbox.claim_next("one")
    assert first is not None
    assert first.tries == 1
    assert outbox.claim_next("two") is None
    assert [each.owner for each in outbox.held()] == ["one"]


def test_sender_that_lost_its_claim_changes_nothing(site: Site) -> None:
    site.run(error=CANNOT_WRITE, collect=False)
    lost = outbox.claim_next("one")
    assert lost is not None
    assert outbox.put_back(outbox.held()[0], clock.now(), "gone")
    second = outbox.claim_next("two")
    assert second is not None
    assert not outbox.mark_sent(lost)
    assert not outbox.give_up(lost, "no")
    assert outbox.mark_sent(second)
    assert mails()[0].state == MailState.SENT


def test_put_back_letter_waits_for_its_time(site: Site) -> None:
    site.run(error=CANNOT_WRITE, collect=False)
    first = outbox.claim_next("one")
    assert first is not None
    outbox.put_back(first, clock.now() + timedelta(hours=1), "later")
    assert not outbox.is_due()
    assert outbox.claim_next("one") is None
    assert outbox.queued(due_only=True) == []
    assert [each.tries for each in outbox.queued(due_only=False)] == [1]


def test_retry_makes_waiting_letters_due_and_is_audited(site: Site) -> None:
    site.run(error=CANNOT_WRITE, collect=False)
    outbox.postpone([(outbox.queued(due_only=True)[0], clock.now() + timedelta(days=1))], "down")
    assert not outbox.is_due()
    assert notifications.retry(WAYBILL, site.entity.id) == 1
    assert outbox.is_due()
    assert mails()[0].tries == 0
    assert AuditEntry.select().where(AuditEntry.subject == "mail").get().after == {"due_now": 1}


def test_retry_of_one_letter_also_takes_one_given_up(site: Site) -> None:
    site.run(error=CANNOT_WRITE, collect=False)
    claimed = outbox.claim_next("one")
    assert claimed is not None
    outbox.give_up(claimed, "550 no")
    assert notifications.retry(WAYBILL, site.entity.id) == 0
    assert notifications.retry(WAYBILL, site.entity.id, claimed.id) == 1


def test_retry_without_the_role_is_refused(site: Site) -> None:
    user = site.add_user("v@example.com", Role.INVOICE_SETTINGS)
    with pytest.raises(PermissionDenied):
        notifications.retry(Actor(user_id=user.id, name=user.email), site.entity.id)


def test_letters_of_other_entities_are_not_seen(site: Site) -> None:
    other = make_site("Globex")
    site.run(error=CANNOT_WRITE, collect=False)
    other.run(error=CANNOT_WRITE, collect=False)
    user = other.add_user("v@example.com", Role.SUPPORT)
    actor = Actor(user_id=user.id, name=user.email)
    assert [mail.entity_id for mail in notifications.waiting(actor)] == [other.entity.id]
    assert notifications.counts(actor)[MailState.WAITING] == 1
    assert notifications.counts(WAYBILL)[MailState.WAITING] == 2
    assert len(notifications.listed(actor, state=MailState.SENT)) == 0
    with pytest.raises(NotFound):
        notifications.find(actor, mails()[0].id)

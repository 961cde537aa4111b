"""Whole export jobs, run in this process on a real home: what goes, what stays, and what is said of it."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest

from models import deliveries, destinations, facilities, files, mappings, parties, people, settings
from models.audit import WAYBILL
from models.deliveries import DeliveryState
from models.files import AchReservation, BatchFile
from models.jobs import ExportItem, ItemState, Job, JobAttempt, JobEvent, JobState, Output, Route
from models.notifications import OutboxMail
from models.people import Role
from models.repairs import requeue
from tests.models.repairs import reverted
from tests.peers.nacha_checker import check
from tests.worker.export_site import BOTH, Site, make_site, staged
from worker import export
from worker.export import deliver, render


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site in a fresh home."""
    return make_site()


def ended(job: Job) -> Job:
    """The job, run to its end."""
    export.run(job.id)
    return Job.get_by_id(job.id)


def items_of(job: Job) -> dict[str, ExportItem]:
    """Invoice number → item."""
    return {item.invoice.number: item for item in ExportItem.select().where(ExportItem.job == job)}


def test_job_writes_one_file_a_route_and_exports_every_invoice(site: Site) -> None:
    site.invoice("A-1", "250.00", vendor="Wire Co")
    site.invoice("A-2", "99.95")
    site.pay_by_ach("Wire Co")

    job = ended(site.job())

    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED, 2, 0)
    assert site.ledger() == {"A-1": "exported", "A-2": "exported"}
    published = site.published()
    assert sorted(published) == ["ACHInvoiceBatch_20261120_020000.ach", "InvoiceBatch_20261120_020000.csv"]
    rows = list(csv.DictReader(io.StringIO(published["InvoiceBatch_20261120_020000.csv"].decode())))
    assert [row["Invoice number"] for row in rows] == ["A-2"]
    assert check(published["ACHInvoiceBatch_20261120_020000.ach"]).faults == []


def test_published_file_is_a_copy_of_the_archived_one_with_its_recorded_hash(site: Site) -> None:
    site.invoice("A-1")
    job = ended(site.job())
    [file] = files.of_job(job.id)
    [delivery] = deliveries.of_file(file)
    published = site.folder / file.name
    archived = render.archived(file)
    assert hashlib.sha256(published.read_bytes()).hexdigest() == file.sha256
    assert archived.read_bytes() == published.read_bytes()
    assert archived.stat().st_ino != published.stat().st_ino  # the customer may delete or cut the copy
    assert (delivery.state, delivery.target) == (DeliveryState.DELIVERED, f"acme-inc/{file.name}")
    assert (file.totals["sums"], file.items) == ({"USD": 10000}, 1)


def test_second_job_finds_nothing_and_writes_no_file(site: Site) -> None:
    site.invoice("A-1")
    ended(site.job())
    again = ended(site.job())
    assert (again.state, again.succeeded) == (JobState.COMPLETED, 0)
    assert len(site.published()) == 1


def test_empty_file_setting_writes_one_when_nothing_is_pending(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"empty_file": True})
    ended(site.job({Route.OTHER: Output(format="csv")}))
    [(name, data)] = site.published().items()
    assert name.startswith("InvoiceBatch_")
    assert len(data.splitlines()) == 1  # the header


def test_bad_item_fails_with_reason_and_leaves_the_others_alone(site: Site) -> None:
    site.invoice("EUR-1", currency="EUR", vendor="Wire Co")
    site.invoice("A-2", vendor="Wire Co")
    site.invoice("A-3")
    site.pay_by_ach("Wire Co")

    job = ended(site.job())

    assert job.state == JobState.COMPLETED_WITH_ERRORS
    item = items_of(job)["EUR-1"]
    assert (item.state, item.code) == (ItemState.FAILED, "ach_currency")
    assert "Wire Co" in item.reason
    assert "EUR" in item.reason
    assert site.ledger() == {"EUR-1": "pending", "A-2": "exported", "A-3": "exported"}
    assert not any("EUR-1" in data.decode() for data in site.published().values())


def test_ach_payee_without_account_never_falls_over_to_the_other_file(site: Site) -> None:
    site.invoice("A-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    party = site.vendor("Wire Co")
    party.bank_account_id = None
    party.save()
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "ach_no_account")
    assert site.published() == {}
    assert site.ledger() == {"A-1": "pending"}


def test_account_whose_check_digit_is_wrong_fails_its_item(site: Site) -> None:
    site.invoice("A-1", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    [account] = parties.accounts(site.vendor("Wire Co"))
    account.routing = "076401252"  # as a row changed by hand would stand
    account.save()
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "invalid_routing_number")
    assert "076401252" in job.reason


def test_credit_notes_net_with_the_payee_and_too_much_credit_waits_on_hold(site: Site) -> None:
    site.invoice("A-1", "100.00", vendor="Wire Co")
    site.invoice("C-1", "30.00", vendor="Wire Co", document_type="credit_note")
    site.invoice("C-2", "30.00", vendor="Owing Co", document_type="credit_note")
    site.pay_by_ach("Wire Co")
    site.pay_by_ach("Owing Co")

    job = ended(site.job())

    assert site.ledger() == {"A-1": "exported", "C-1": "exported", "C-2": "on_hold"}
    (ach,) = (file for file in files.of_job(job.id) if file.route == Route.ACH)
    assert ach.totals["sums"] == {"USD": 7000}
    assert reverted(site.destination, "C-2", reason="refunded by cheque").done
    assert site.ledger()["C-2"] == "pending"


def test_whole_batch_or_nothing_sends_nothing_when_one_cannot_go(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"when_items_fail": "whole_batch_or_nothing"})
    site.invoice("EUR-1", currency="EUR", vendor="Wire Co")
    site.invoice("A-2")
    site.pay_by_ach("Wire Co")
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "batch_incomplete")
    assert items_of(job)["A-2"].state == ItemState.ABANDONED
    assert site.ledger() == {"EUR-1": "pending", "A-2": "pending"}
    assert site.published() == {}


def _use_up_ach_numbers(site: Site) -> None:
    """As if the day's 36 files of the bank and origin had gone already."""
    site.invoice("W-0", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    ended(site.job({Route.ACH: BOTH[Route.ACH]}))
    first = AchReservation.get()
    site.invoice("A-0")
    for modifier in files.MODIFIERS.replace(first.modifier, ""):
        file = BatchFile.create(
            entity=site.entity, job=first.file.job_id, route=Route.ACH, format="nacha", name=f"{modifier}.ach"
        )
        AchReservation.create(
            file=file, scope=first.scope, day=first.day, modifier=modifier, first_trace=1, traces=0
        )


def test_ach_numbers_used_up_fail_the_ach_invoices_alone(site: Site) -> None:
    _use_up_ach_numbers(site)
    site.invoice("W-1", vendor="Wire Co")
    site.invoice("A-1")
    job = ended(site.job())
    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 2, 1)
    assert items_of(job)["W-1"].code == job.code == "ach_numbers_used_up"
    ledger = site.ledger()
    assert (ledger["W-1"], ledger["A-0"], ledger["A-1"]) == ("pending", "exported", "exported")
    assert [file.route for file in files.of_job(job.id)] == [Route.OTHER]


def test_ach_numbers_used_up_send_nothing_of_a_whole_batch_or_nothing(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"when_items_fail": "whole_batch_or_nothing"})
    _use_up_ach_numbers(site)
    site.invoice("W-1", vendor="Wire Co")
    before = site.published()
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "ach_numbers_used_up")
    assert site.published() == before
    assert (site.ledger()["W-1"], site.ledger()["A-0"]) == ("pending", "pending")


def test_ach_numbers_used_up_say_why_an_empty_ach_file_was_not_written(site: Site) -> None:
    _use_up_ach_numbers(site)
    facilities.edit(WAYBILL, site.facility, {"empty_file": True})
    job = ended(site.job())
    assert (job.state, site.ledger()["A-0"]) == (JobState.COMPLETED, "exported")
    (told,) = JobEvent.select().where(JobEvent.job == job, JobEvent.what == "no ach file")
    assert "are used up" in told.reason


def test_route_the_schedule_does_not_write_stays_pending(site: Site) -> None:
    site.invoice("A-1", vendor="Wire Co")
    site.invoice("A-2")
    site.pay_by_ach("Wire Co")
    ended(site.job({Route.OTHER: Output(format="csv")}))
    assert site.ledger() == {"A-1": "pending", "A-2": "exported"}


def test_vanished_mapping_column_fails_with_the_columns_name(site: Site) -> None:
    columns = ["number", {"header": "Cost centre", "source": "custom.cost_centre"}]
    mapping = mappings.create(WAYBILL, site.entity, "ERP", {"columns": columns})
    site.invoice("A-1", custom={"cost_centre": "4711"})
    site.invoice("A-2")
    job = ended(site.job({Route.OTHER: Output(format="csv", mapping_id=mapping.id)}))
    assert job.state == JobState.COMPLETED_WITH_ERRORS
    assert "cost_centre" in items_of(job)["A-2"].reason
    assert site.ledger() == {"A-1": "exported", "A-2": "pending"}


def test_facility_template_makes_folders(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"other_file_name": "{date}/Invoices-{job}.{ext}"})
    site.invoice("A-1")
    job = ended(site.job())
    assert list(site.published()) == [f"20261120/Invoices-{job.id}.csv"]


def test_two_files_of_one_instant_have_two_names(site: Site) -> None:
    site.invoice("A-1")
    ended(site.job())
    (site.folder / "InvoiceBatch_20261120_020000.csv").unlink()  # fetched and deleted by the customer
    site.invoice("A-2")
    ended(site.job())
    assert list(site.published()) == ["InvoiceBatch_20261120_020000_2.csv"]


def test_file_of_a_customer_is_never_replaced(site: Site) -> None:
    site.folder.mkdir(parents=True)
    theirs = site.folder / "InvoiceBatch_20261120_020000.csv"
    theirs.write_text("mine")
    site.invoice("A-1")
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "name_taken")
    assert theirs.read_text() == "mine"
    assert staged() == []
    assert site.ledger() == {"A-1": "pending"}


def test_folder_that_is_a_file_fails_the_job_before_it_touches_anything(site: Site) -> None:
    site.invoice("A-1")
    site.folder.parent.mkdir(parents=True, exist_ok=True)
    site.folder.write_text("not a folder")
    job = ended(site.job())
    assert job.state == JobState.FAILED
    assert str(site.folder) in job.reason
    assert job.remedy
    assert not ExportItem.select().exists()
    assert site.ledger() == {"A-1": "pending"}
    assert OutboxMail.select().count() == 1


def test_same_failure_of_the_same_version_is_mailed_once(site: Site) -> None:
    site.invoice("EUR-1", currency="EUR", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    for _ in range(3):
        ended(site.job())
    assert OutboxMail.select().count() == 1
    site.invoice("EUR-1", "101.00", currency="EUR", vendor="Wire Co")
    ended(site.job())
    assert OutboxMail.select().count() == 2


def test_version_at_collect_is_what_goes_and_a_later_one_shows_as_changed(site: Site) -> None:
    site.invoice("A-1", "100.00")
    site.invoice("A-1", "120.00")
    job = ended(site.job())
    assert items_of(job)["A-1"].version == 2
    site.invoice("A-1", "130.00")
    [row] = list(destinations.LedgerRow.select())
    assert (row.state, row.version, row.invoice.version) == ("exported", 2, 3)
    assert ended(site.job()).succeeded == 0


def test_error_nobody_expected_ends_the_job_with_its_traceback(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(deliver, "deliver", broken)
    site.invoice("A-1")
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "unexpected")
    assert "a bug" in JobAttempt.get(JobAttempt.job == job).detail
    assert site.ledger() == {"A-1": "pending"}


def test_full_disk_under_the_archive_fails_the_job_and_leaves_no_part_of_a_file(site: Site) -> None:
    site.invoice("A-1")
    job = site.job()
    folder = settings.current().archive / "acme-inc/2026/11"
    folder.mkdir(parents=True)
    # What is written to this device meets ENOSPC, from the kernel itself.
    (folder / f".job-{job.id}.1-file-1-InvoiceBatch_20261120_020000.csv.part").symlink_to("/dev/full")
    job = ended(job)
    assert (job.state, job.code) == (JobState.FAILED, "disk_full")
    assert "free space" in job.remedy
    assert site.ledger() == {"A-1": "pending"}
    assert (list(folder.iterdir()), site.published()) == ([], {})


def test_full_disk_under_the_pickup_folder_fails_the_delivery_and_the_next_job_delivers(site: Site) -> None:
    site.invoice("A-1")
    (settings.current().staging / ".delivery-1-1.part").symlink_to("/dev/full")
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "disk_full")
    [delivery] = deliveries.of_file(files.of_job(job.id)[0])
    assert (delivery.state, delivery.code) == (DeliveryState.FAILED, "disk_full")
    assert site.ledger() == {"A-1": "pending"}
    assert ended(site.job()).state == JobState.COMPLETED
    assert len(site.published()) == 1


def test_requeued_job_sends_what_was_left_in_a_new_file(site: Site) -> None:
    site.invoice("A-1", vendor="Wire Co")
    site.invoice("EUR-1", currency="EUR", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    job = ended(site.job())
    assert site.ledger() == {"A-1": "exported", "EUR-1": "pending"}
    site.invoice("EUR-1", currency="USD", vendor="Wire Co")  # corrected where it is made

    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "corrected")
    again = ended(job)

    assert (again.state, again.succeeded, again.attempt) == (JobState.COMPLETED, 2, 2)
    assert site.ledger() == {"A-1": "exported", "EUR-1": "exported"}
    sent = site.published().values()
    assert [sum(data.count(number) for data in sent) for number in (b"A-1", b"EUR-1")] == [1, 1]
    modifiers = [row.modifier for row in files.AchReservation.select().order_by(files.AchReservation.id)]
    assert len(modifiers) == 2


def test_job_on_behalf_of_someone_who_lost_finance_fails_and_touches_nothing(site: Site) -> None:
    site.invoice("A-1")
    people.withdraw(WAYBILL, site.finance, Role.FINANCE, site.entity.id)
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "not_finance")
    assert "no longer holds the role Finance" in job.reason
    assert site.finance.email in job.reason
    assert site.ledger() == {"A-1": "pending"}


def test_job_on_behalf_of_someone_inactive_says_so(site: Site) -> None:
    site.invoice("A-1")
    people.edit(WAYBILL, site.finance, active=False)
    job = ended(site.job())
    assert (job.state, job.code) == (JobState.FAILED, "not_finance")
    assert job.reason.endswith("on whose behalf this exports, is inactive")
    assert f"waybill user edit {site.finance.email} --active" in job.remedy

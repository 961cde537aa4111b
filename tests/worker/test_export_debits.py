"""What customers owe, collected by ACH debits from the accounts that they authorised."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import destinations, facilities, parties, people
from models.audit import WAYBILL
from models.errors import InvalidInput
from models.facilities import Facility
from models.intake import Intake
from models.invoices import Direction
from models.jobs import ExportItem, Job, JobState, Output, Route
from models.parties import Holder, PaymentMethod
from models.people import Role
from models.schedules import rules
from tests.peers.nacha_checker import check
from tests.worker.export_site import BANK, Site, make_site
from worker import export

ACH = {Route.ACH: Output(format="nacha")}


def receivables(**given: object) -> Site:
    """A site whose facility exports what customers owe."""
    made = make_site()
    destination = destinations.find(made.entity, "receivable")
    facility = facilities.create(WAYBILL, made.entity, "Collections", destination, BANK | given)
    facilities.activate(WAYBILL, facility)
    return Site(
        entity=made.entity,
        destination=destination,
        facility=Facility.get_by_id(facility.id),
        finance=made.finance,
        intake=Intake(WAYBILL, made.entity, Direction.RECEIVABLE),
    )


def authorise(
    site: Site, name: str, authority: str = "contract of 2 March 2026", holder: Holder = Holder.COMPANY
) -> None:
    party = site.vendor(name)
    parties.add_bank_account(
        WAYBILL,
        party,
        routing="076401251",
        number="4711",
        name=name,
        debit_authority=authority,
        holder=holder,
    )
    parties.edit(WAYBILL, party, payment_method=PaymentMethod.ACH)


def run(site: Site, outputs: dict[Route, Output]) -> Job:
    job = site.job(outputs)
    export.run(job.id)
    return Job.get_by_id(job.id)


def test_invoices_of_customers_who_authorised_it_are_debited(home: Path) -> None:  # noqa: ARG001
    site = receivables(**{"nacha.debits": "yes"})
    site.invoice("R-1", "80.00", vendor="Ink Co")
    site.invoice("R-2", "20.00", vendor="Pat Doe")
    site.invoice("R-3", "20.00", vendor="Paper Co")
    site.invoice("C-1", "30.00", vendor="Ink Co", document_type="credit_note")
    authorise(site, "Ink Co")
    authorise(site, "Pat Doe", holder=Holder.PERSON)

    job = run(site, ACH)

    assert (job.state, job.succeeded) == (JobState.COMPLETED, 3)
    report = check(next(iter(site.published().values())))
    assert report.faults == []
    shown = [(entry["sec"], entry["code"], entry["cents"]) for entry in report.entries]
    assert shown == [("CCD", "27", "0000005000"), ("PPD", "27", "0000002000")]
    assert (report.debit, report.credit) == (70_00, 0)
    assert site.ledger() == {"R-1": "exported", "R-2": "exported", "C-1": "exported", "R-3": "pending"}


def test_customer_who_authorised_nothing_is_never_debited(home: Path) -> None:  # noqa: ARG001
    site = receivables(**{"nacha.debits": "yes"})
    site.invoice("R-1", vendor="Ink Co")
    authorise(site, "Ink Co", authority="")
    run(site, ACH)
    assert site.published() == {}
    assert site.ledger() == {"R-1": "pending"}


def test_new_account_must_be_authorised_anew(home: Path) -> None:  # noqa: ARG001
    site = receivables(**{"nacha.debits": "yes"})
    site.invoice("R-1", vendor="Ink Co")
    authorise(site, "Ink Co")
    parties.add_bank_account(WAYBILL, site.vendor("Ink Co"), routing="076401251", number="4712")
    run(site, ACH)
    assert site.published() == {}


def test_bank_profile_that_allows_no_debits_fails_them(home: Path) -> None:  # noqa: ARG001
    site = receivables()
    site.invoice("R-1", vendor="Ink Co")
    authorise(site, "Ink Co")
    job = run(site, ACH)
    assert job.state == JobState.FAILED
    assert ExportItem.get(ExportItem.job == job).code == "debits_not_allowed"


@pytest.mark.parametrize("given", [{}, {"nacha.debits": "no"}])
def test_schedule_writes_ach_for_receivables_only_with_debits(home: Path, given: dict[str, object]) -> None:  # noqa: ARG001
    site = receivables(**given)
    with pytest.raises(InvalidInput) as refused:
        rules.check_outputs(site.facility, ACH)
    assert refused.value.code == "ach_not_payable"
    assert "nacha.debits" in refused.value.remedy


def test_schedule_may_write_ach_for_receivables_with_debits(home: Path) -> None:  # noqa: ARG001
    site = receivables(**{"nacha.debits": "yes"})
    rules.check_outputs(site.facility, ACH)
    assert people.roles_of(site.finance.id, site.entity.id) == {Role.FINANCE}


def test_account_to_be_debited_is_asked_about_by_a_debit_prenote(home: Path) -> None:  # noqa: ARG001
    site = receivables(**{"nacha.debits": "yes", "nacha.prenotes": "yes"})
    site.invoice("R-1", vendor="Ink Co")
    authorise(site, "Ink Co")
    job = run(site, ACH)
    assert "collects from" in job.reason
    report = check(next(iter(site.published().values())))
    assert report.faults == []
    assert [(entry["code"], entry["cents"]) for entry in report.entries] == [("28", "0000000000")]

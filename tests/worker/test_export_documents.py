"""Jobs whose documents each go into a file of their own: what goes, what stays, and what is said of it."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models import control_numbers, deliveries, facilities, files, manual
from models.audit import WAYBILL, Actor
from models.catalogue import discover
from models.control_numbers import ControlNumber
from models.database import execute
from models.deliveries import DeliveryState
from models.errors import ConfigurationError, DeliveryError, InvalidInput
from models.files import BatchFile, FileState
from models.jobs import ExportItem, ItemState, Job, JobState, Output, Route, items
from models.manual import Choice, Written
from models.repairs import repeat, requeue, resolve
from tests import thirdparty
from tests.models.repairs import reverted
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import AS_OF, Site, make_site
from worker import export
from worker.formats import Batch, Item
from worker.gateways import Copy, OutcomeUnknown
from worker.gateways.pickup import Pickup
from worker.preview import preview

SLIPS = {Route.OTHER: Output(format="slips")}


@pytest.fixture(scope="module")
def slips() -> Iterator[None]:
    """A file type of another package, installed."""
    with thirdparty.on_path(thirdparty.slips()):
        yield


@pytest.fixture
def site(home: Path, slips: None) -> Site:  # noqa: ARG001 - they must be there
    """A site in a fresh home whose facility writes slips."""
    return make_site()


def ended(job: Job) -> Job:
    """The job, run to its end."""
    export.run(job.id)
    return Job.get_by_id(job.id)


def items_of(job: Job) -> dict[str, ExportItem]:
    """Invoice number → item."""
    return {item.invoice.number: item for item in ExportItem.select().where(ExportItem.job == job)}


def test_each_document_goes_into_a_file_of_its_own(site: Site) -> None:
    site.invoice("A-1", "250.00")
    site.invoice("A-2", "99.95", vendor="Wire Co")
    job = ended(site.job(SLIPS))
    assert (job.state, job.succeeded) == (JobState.COMPLETED, 2)
    assert site.ledger() == {"A-1": "exported", "A-2": "exported"}
    assert site.published() == {
        "invoice_A-1_20261120_020000.slip": b"SLIP -\nNumber: A-1\nFor: Blue Ltd\nPay: 250.00 USD\n",
        "invoice_A-2_20261120_020000.slip": b"SLIP -\nNumber: A-2\nFor: Wire Co\nPay: 99.95 USD\n",
    }
    for file in files.of_job(job.id):
        [delivery] = deliveries.of_file(file)
        assert (file.state, file.items, delivery.state) == (
            FileState.RENDERED,
            1,
            DeliveryState.DELIVERED,
        )


def test_documents_whose_numbers_differ_in_what_a_name_cannot_hold_have_names_of_their_own(
    site: Site,
) -> None:
    facilities.edit(WAYBILL, site.facility, {"document_file_name": "{party}/{number}.{ext}"})
    for number in ("A/1", "A:1", "...", "Größe 1"):
        site.invoice(number, vendor="Blue / Ltd")
    ended(site.job(SLIPS))
    names = sorted(site.published())
    [nameless] = [name for name in names if "invoice-" in name]
    assert re.fullmatch(r"Blue-Ltd/invoice-\d+\.slip", nameless)
    assert set(names) - {nameless} == {
        "Blue-Ltd/A-1.slip",
        "Blue-Ltd/A-1_2.slip",
        "Blue-Ltd/Größe-1.slip",
    }


@pytest.mark.parametrize("template", ["{date}_{time}.{ext}", "{nonsense}{number}", "../{number}", "{number"])
def test_template_that_gives_documents_no_name_of_their_own_is_refused(site: Site, template: str) -> None:
    with pytest.raises(InvalidInput, match="document_file_name"):
        facilities.edit(WAYBILL, site.facility, {"document_file_name": template})


def test_document_that_the_format_cannot_carry_fails_alone_with_rule_and_term(site: Site) -> None:
    site.invoice("A-1")
    site.invoice("A" * 21)
    job = ended(site.job(SLIPS))
    failed = items_of(job)["A" * 21]
    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 1, 1)
    assert (failed.state, failed.code, failed.term) == (ItemState.FAILED, "SLIP-1", "BT-1")
    assert site.ledger() == {"A-1": "exported", "A" * 21: "pending"}
    assert len(site.published()) == 1


def test_document_that_cannot_be_written_or_read_back_fails_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _breaks(monkeypatch, {"A-2": b"no slip", "A-3": KeyError("a mistake in the format")})
    for number in ("A-1", "A-2", "A-3", "A-4"):
        site.invoice(number)
    job = ended(site.job(SLIPS))
    assert (job.succeeded, job.failed) == (2, 2)
    codes = {number: item.code for number, item in items_of(job).items()}
    assert codes == {"A-1": "", "A-2": "file_damaged", "A-3": "unexpected", "A-4": ""}
    assert {file.state for file in files.of_job(job.id)} == {FileState.RENDERED}
    assert len(site.published()) == 2


def _breaks(monkeypatch: pytest.MonkeyPatch, broken: dict[str, bytes | Exception]) -> None:
    """Let the format do wrong for these."""
    slips = discover("waybill.formats")["slips"]
    right: Callable[[object, Item, Batch], bytes] = slips.document

    def document(self: object, item: Item, batch: Batch) -> bytes:
        wrong = broken.get(item.number)
        if isinstance(wrong, Exception):
            raise wrong
        return wrong or right(self, item, batch)

    monkeypatch.setattr(slips, "document", document)


def test_document_that_the_gateway_refuses_fails_alone_and_goes_when_its_job_is_queued_again(
    site: Site,
) -> None:
    for number in ("A-1", "A-2", "A-3"):
        site.invoice(number)
    stands = site.folder / "invoice_A-2_20261120_020000.slip"
    stands.mkdir(parents=True)
    job = ended(site.job(SLIPS))
    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 2, 1)
    refused = items_of(job)["A-2"]
    assert (refused.code, refused.held) == ("name_taken", False)
    assert "move that away" in refused.remedy
    assert site.ledger() == {"A-1": "exported", "A-2": "pending", "A-3": "exported"}

    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), "moved away")
    assert ended(job).state == JobState.COMPLETED
    assert sorted(b"Number: A-2" in data for data in site.published().values()) == [False, False, True]


def test_refused_document_is_not_sent_by_a_later_attempt_that_goes_on(site: Site) -> None:
    """Its item says that it failed, so nothing of it may leave with that job any more."""
    site.invoice("A-1")
    site.invoice("A-2")
    stands = site.folder / "invoice_A-1_20261120_020000.slip"
    stands.mkdir(parents=True)
    job = site.job(SLIPS)
    dead_attempt(job, "deliver")
    stands.rmdir()
    job = ended(job)
    assert (job.succeeded, job.failed) == (1, 1)
    assert site.ledger() == {"A-1": "pending", "A-2": "exported"}
    assert len(site.published()) == 1


def test_document_of_unknown_outcome_waits_alone_for_a_person(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Pickup.send

    def send_or_lose(self: Pickup, copy: Copy) -> None:
        if "A-2" in copy.name:
            raise OutcomeUnknown("the line broke", remedy="look there")
        send(self, copy)

    monkeypatch.setattr(Pickup, "send", send_or_lose)
    for number in ("A-1", "A-2", "A-3"):
        site.invoice(number)
    job = ended(site.job(SLIPS))
    assert site.ledger() == {"A-1": "exported", "A-2": "on_hold", "A-3": "exported"}
    assert (job.state, job.code) == (JobState.COMPLETED_WITH_ERRORS, "outcome_unknown")

    [unknown] = [way for way in deliveries.listed(WAYBILL) if way.state == DeliveryState.UNKNOWN]
    resolve.apply(WAYBILL, resolve.plan(WAYBILL, [unknown.id], arrived=True), "it is there")
    assert Job.get_by_id(job.id).state == JobState.COMPLETED
    assert site.ledger()["A-2"] == "exported"


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [
        (DeliveryError("no answer", remedy="", code="silent", retryable=True), "silent", JobState.PENDING),
        (ConfigurationError("a wrong password", remedy="", code="refused"), "refused", JobState.FAILED),
        (OSError(errno.ENOSPC, "full", "staging"), "disk_full", JobState.FAILED),
    ],
)
def test_trouble_that_is_not_one_documents_is_not_met_again_for_every_document(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, state: JobState
) -> None:
    tried: list[str] = []

    def refuse(self: Pickup, copy: Copy) -> None:  # noqa: ARG001 - the gateway's own signature
        tried.append(copy.name)
        raise error

    monkeypatch.setattr(Pickup, "stage", refuse)
    for number in ("A-1", "A-2", "A-3"):
        site.invoice(number)
    job = ended(site.job(SLIPS))
    assert (job.state, job.code, len(tried)) == (state, code, 1)


@pytest.mark.parametrize("steps", ["collect", "render", "stage", "send", "deliver"])
def test_attempt_after_a_death_sends_every_document_once(site: Site, steps: str) -> None:
    for number in range(5):
        site.invoice(f"A-{number}")
    job = site.job(SLIPS)
    dead_attempt(job, steps)
    names = {file.name for file in files.of_job(job.id)}
    job = ended(job)
    assert (job.state, job.succeeded, job.attempt) == (JobState.COMPLETED, 5, 2)
    assert len(site.published()) == 5
    assert {file.name for file in files.of_job(job.id)} >= names


def test_job_of_several_parts_writes_every_document(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "PART", 7)
    for number in range(20):
        site.invoice(f"A-{number}", vendor=f"Vendor {number % 3}")
    job = ended(site.job(SLIPS))
    assert (job.succeeded, len(site.published())) == (20, 20)
    owned = [item.file_id for item in ExportItem.select().where(ExportItem.job == job)]
    assert len(set(owned)) == 20


def test_job_cancelled_while_documents_are_written_writes_no_more_and_sends_none(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "PART", 1)
    slips = discover("waybill.formats")["slips"]
    right, written = slips.document, list[str]()

    def document(self: object, item: Item, batch: Batch) -> bytes:
        written.append(item.number)
        execute("UPDATE export_job SET cancelled_by = 'somebody', cancel_reason = 'no'")
        data: bytes = right(self, item, batch)
        return data

    monkeypatch.setattr(slips, "document", document)
    for number in ("A-1", "A-2", "A-3"):
        site.invoice(number)
    assert ended(site.job(SLIPS)).state == JobState.CANCELLED
    assert written == ["A-1"]
    assert (site.published(), set(site.ledger().values())) == ({}, {"pending"})


def test_repeated_document_is_the_very_same_bytes_and_takes_no_number(site: Site) -> None:
    numbered(site)
    site.invoice("A-1")
    [file] = files.of_job(ended(site.job(SLIPS)).id)
    made = repeat.apply(WAYBILL, repeat.plan(WAYBILL, [file.id]), "they lost it")
    again = ended(Job.get_by_id(made.jobs[0]))
    assert again.state == JobState.COMPLETED
    assert set(site.published().values()) == {b"SLIP 1\nNumber: A-1\nFor: Blue Ltd\nPay: 100.00 USD\n"}
    assert len(site.published()) == 2
    assert given() == {"slips/main": [1]}


def numbered(site: Site) -> None:
    """Let the slips of the site be numbered."""
    facilities.edit(WAYBILL, site.facility, {"slips.numbered": True})


def given() -> dict[str, list[int]]:
    """The numbers of each scope that belong to a file."""
    found: dict[str, list[int]] = {}
    for row in ControlNumber.select().order_by(ControlNumber.scope, ControlNumber.number):
        if row.file_id is not None:
            found.setdefault(row.scope, []).append(row.number)
    return found


def numbers_of(site: Site) -> dict[str, int]:
    """Invoice number → the number of the slip that it left with."""
    pattern = re.compile(rb"SLIP (\d+)\nNumber: (.+)\n")
    found = (pattern.match(data) for data in site.published().values())
    return {match[2].decode(): int(match[1]) for match in found if match}


def test_numbers_run_from_one_and_on_in_the_next_job(site: Site) -> None:
    numbered(site)
    for number in ("A-1", "A-2"):
        site.invoice(number)
    ended(site.job(SLIPS))
    site.invoice("A-3")
    ended(site.job(SLIPS))
    assert numbers_of(site) == {"A-1": 1, "A-2": 2, "A-3": 3}


def test_number_of_a_document_that_did_not_leave_is_the_next_ones(site: Site) -> None:
    numbered(site)
    for number in ("A-1", "A-2", "A-3"):
        site.invoice(number)
    stands = site.folder / "invoice_A-2_20261120_020000.slip"
    stands.mkdir(parents=True)
    ended(site.job(SLIPS))
    assert given() == {"slips/main": [1, 3]}
    stands.rmdir()

    site.invoice("A-4")
    ended(site.job(SLIPS, as_of=AS_OF + timedelta(days=1)))
    assert numbers_of(site) == {"A-1": 1, "A-3": 3, "A-2": 2, "A-4": 4}


def test_numbers_of_a_job_that_failed_as_a_whole_are_free_again(site: Site) -> None:
    numbered(site)
    site.invoice("A-1")
    job = site.job(SLIPS)
    dead_attempt(job, "render")
    assert given() == {"slips/main": [1]}
    facilities.deactivate(WAYBILL, site.facility)
    assert ended(job).state == JobState.FAILED
    assert given() == {}
    facilities.activate(WAYBILL, site.facility)
    ended(site.job(SLIPS))
    assert numbers_of(site) == {"A-1": 1}


def test_number_of_a_file_that_may_have_left_is_kept_until_a_person_says_that_it_did_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(self: Pickup, copy: Copy) -> None:
        raise OutcomeUnknown(f"the line broke at {copy.name} of {self.entity.name}", remedy="look there")

    numbered(site)
    site.invoice("A-1")
    with monkeypatch.context() as patch:
        patch.setattr(Pickup, "send", lose)
        ended(site.job(SLIPS))
    assert given() == {"slips/main": [1]}
    [unknown] = deliveries.listed(WAYBILL)
    resolve.apply(WAYBILL, resolve.plan(WAYBILL, [unknown.id], arrived=False), "not there")
    assert given() == {}
    ended(site.job(SLIPS, as_of=AS_OF + timedelta(days=1)))
    assert numbers_of(site) == {"A-1": 1}


def test_attempt_after_a_death_writes_the_same_numbers(site: Site) -> None:
    numbered(site)
    for number in ("A-1", "A-2"):
        site.invoice(number)
    job = site.job(SLIPS)
    dead_attempt(job, "render")
    reserved = {file.id: (file.name, file.sha256) for file in files.of_job(job.id)}
    # As if the crash came before any of them was recorded.
    execute("UPDATE batch_file SET state = 'reserved', sha256 = ''")
    assert ended(job).state == JobState.COMPLETED
    assert {file.id: (file.name, file.sha256) for file in files.of_job(job.id)} == reserved
    assert (numbers_of(site), given()) == ({"A-1": 1, "A-2": 2}, {"slips/main": [1, 2]})


def test_scope_goes_on_from_the_number_of_another_system(site: Site) -> None:
    numbered(site)
    site.invoice("A-1")
    control_numbers.go_on_from(WAYBILL, "slips/main", 4711, "the old system had 4710")
    ended(site.job(SLIPS))
    assert numbers_of(site) == {"A-1": 4711}
    with pytest.raises(InvalidInput, match="4711"):
        control_numbers.go_on_from(WAYBILL, "slips/main", 4711, "once more")
    [scope] = control_numbers.listed(WAYBILL)
    assert (scope.last, scope.following) == (4711, 4712)


def test_document_reverted_goes_again_under_a_new_name(site: Site) -> None:
    site.invoice("A-1")
    ended(site.job(SLIPS))
    reverted(site.destination, "A-1")
    ended(site.job(SLIPS))
    assert sorted(site.published()) == [
        "invoice_A-1_20261120_020000.slip",
        "invoice_A-1_20261120_020000_2.slip",
    ]
    assert BatchFile.select().count() == 2


def test_name_used_often_gets_the_next_free_number(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"document_file_name": "{number}.{ext}"})
    site.invoice("A-1")
    for _ in range(6):
        ended(site.job(SLIPS))
        reverted(site.destination, "A-1")
    assert sorted(site.published()) == ["A-1.slip", *(f"A-1_{number}.slip" for number in range(2, 7))]


def test_preview_shows_every_document_as_its_export_writes_it_and_takes_no_number(
    site: Site, tmp_path: Path
) -> None:
    numbered(site)
    for number in ("A/1", "A:1", "A" * 21):
        site.invoice(number)
    actor = Actor(user_id=site.finance.id, name=site.finance.email)
    written = Written(outputs=SLIPS)
    plan = manual.find(actor, site.facility, Choice(), written, request_id="one")
    folder = tmp_path / "seen"
    folder.mkdir()
    seen = preview(actor, plan, folder)
    assert [one.problem.term for one in seen.unsent] == ["BT-1"]
    assert "the control number of slips/main (2 here)" in seen.files[1].placeholders
    assert given() == {}
    shown = sorted(path.read_bytes() for path in folder.iterdir())
    ended(site.job(SLIPS))
    assert sorted(site.published().values()) == shown
    assert len({file.name for file in seen.files}) == 2


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("sql", "values"),
    [(items._PART, (1, "other", 0, "", 0, 100)), (items._FAIL_REFUSED, (1, "other"))],
    ids=["a part of the items", "the refused ones"],
)
def test_work_on_many_documents_grows_with_their_number(
    site: Site, sql: str, values: tuple[object, ...]
) -> None:
    """The job's items once, in their order, and by its id each file: not all of one for each of the other."""
    del site
    first, *others = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert "job_id=?" in first
    assert [step for step in others if "SEARCH" not in step or "job_id=?" in step] == []

"""Jobs whose documents each go into a file of their own: what goes, what stays, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import deliveries, files
from models.deliveries import DeliveryState
from models.files import FileState
from models.jobs import ExportItem, Job, JobState, Output, Route
from tests import thirdparty
from tests.worker.export_site import Site, make_site
from worker import export

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

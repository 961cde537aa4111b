"""A job as the command line tells it: whole reasons, and what is left out is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import installation
from models.database import connection
from models.jobs import detail
from models.people import WAYBILL
from tests.models.ended_jobs import BAD_ACCOUNT, Site, make_site
from tui import job_text

REMEDY = "PARTY …"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    installation.create(tmp_path / "home")
    with connection():
        yield make_site(facility="ERP north")


@pytest.mark.parametrize(("failing", "told", "note"), [(10, 10, False), (20, 20, False), (23, 20, True)])
def test_detail_tells_every_reason_to_its_end_or_how_many_more_there_are(
    site: Site, failing: int, told: int, note: bool
) -> None:
    bad = site.add_invoices(failing + 1)[:failing]
    job = site.run(failing=dict.fromkeys(bad, BAD_ACCOUNT))
    lines = list(job_text.detail_lines(detail.find(WAYBILL, job.id), detail.items(job.id, limit=50)))
    assert max(map(len, lines)) <= 80
    section = lines[lines.index(f"invoices that did not leave: {failing}") + 1 :]
    section = section[: section.index("")]
    assert sum(line.endswith(REMEDY) for line in section) == told
    assert ("  and 3 more: --json shows them" in section) is note

"""An invoice's history, as whole export jobs leave it behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from models import invoices, timeline
from tests.worker.export_site import Site, make_site
from worker import export


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site in a fresh home."""
    return make_site()


def test_events_of_one_millisecond_stand_in_the_order_they_happened_in(site: Site) -> None:
    with time_machine.travel("2026-11-20T03:00:00Z", tick=False):
        site.invoice("A-1")
        export.run(site.job().id)
    events = timeline.events(invoices.find(site.entity, "A-1"))
    assert len({event.at for event in events}) == 1
    assert [event.what.partition(" ")[0] for event in events] == [
        "version",
        "taken",
        "written",
        "pickup:",
        "exported",
    ]

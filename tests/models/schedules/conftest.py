"""The world that every test of this folder begins with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from models import destinations, entities, facilities, people
from models.audit import WAYBILL
from models.people import Role
from tests.models.schedules.world import NOW, World


@pytest.fixture
def world(home: Path) -> Iterator[World]:  # noqa: ARG001 - the installation it stands in
    """Half a minute past noon; an active facility, nothing scheduled."""
    with time_machine.travel(NOW, tick=False) as traveller:
        entity = entities.create(WAYBILL, "Acme Corp", zone="Europe/Copenhagen")
        facility = facilities.create(WAYBILL, entity, "Bank files", destinations.find(entity, "payable"), {})
        facilities.activate(WAYBILL, facility)
        finance = people.create(WAYBILL, "finn@example.com")
        people.grant(WAYBILL, finance, Role.FINANCE, entity.id)
        yield World(clock=traveller, entity=entity, facility=facility, finance=finance)

"""The facility screens as pictures: an active one, one in trouble, and drafts on their way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models import breakers, facilities, facility_settings, secrets
from models.people import WAYBILL
from tests.tui.screen_kit import Desk, add_schedules, at_desk, static, until
from tests.tui.test_screens_pictures import SIZES, THEMES, Compare, after
from tui.app import WaybillApp

TO_NOBODY: dict[str, object] = {
    "ach_gateway": "sftp",
    "other_gateway": "sftp",
    "sftp.host": "127.0.0.1",
    "sftp.port": 1,
    "sftp.user": "waybill",
}
"""A server that refuses every connection."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        site = made.site
        site.add_invoices(3)
        site.run()
        site.add_invoices(2)
        add_schedules(made)
        for name, settings in (("Bank", TO_NOBODY), ("Old bank", {}), ("Draft", {"other_gateway": "sftp"})):
            facilities.create(WAYBILL, site.entity, name, site.destination, {**settings})
        bank = facilities.find(site.entity, "Bank")
        secrets.set_secret(WAYBILL, facility_settings.secret_name(bank, "sftp", "password"), "s3cret")
        for _ in range(breakers.OPENS_AFTER):
            breakers.failed(bank.id, "sftp", "127.0.0.1:1 cannot be reached: connection refused")
        yield made


def the_app(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


@SIZES
@THEMES
@pytest.mark.parametrize(
    ("link", "keys"),
    [
        ("facility", ("down",)),
        ("facility", ("n", "down")),
        ("facility/Draft", ()),
        ("facility/Draft", ("e",)),
        ("facility/Draft", ("left",)),
        ("facility/Bank", ("right", "right")),
        ("facility/Bank", ("down", "down", "enter")),
        ("facility/Bank", ("t",)),
        ("facility/Bank", ("o",)),
        ("facility/ERP north", ("left",)),
        ("facility/ERP north", ("O",)),
    ],
    ids=[
        "list",
        "catalogue",
        "setup",
        "configuration",
        "no-automation",
        "gateways",
        "authentication",
        "trial",
        "activate",
        "automation",
        "deactivate",
    ],
)
def test_facility_picture(
    desk: Desk,
    snap_compare: Compare,
    size: tuple[int, int],
    theme: str,
    link: str,
    keys: tuple[str, ...],
) -> None:
    async def run_before(pilot: Pilot[None]) -> None:
        await after(*keys, link=link, theme=theme)(pilot)
        if pilot.app.screen.has_class("-sided"):  # what stands beside is read once the cursor rests
            await until(pilot, lambda: "Draft  . draft" in static(the_app(pilot), "#side"))

    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)

"""A home with something of everything, and the terminal program on it, driven by keys alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from models import facilities, installation, jobs, schedules, services, settings
from models.audit import Actor
from models.database import connection, execute
from models.deliveries import Delivery
from models.jobs import Job, Output, Route
from models.people import WAYBILL, Role
from models.problems import Problem
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site
from tui.app import WaybillApp
from tui.kit.listing import ListScreen
from tui.widgets.table import VirtualTable

BEGIN = datetime(2026, 11, 20, 3, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
"""02:00 UTC; a test's clock stands here, and its zone is this one's."""

BLOCKED = Problem(
    code="payee_blocked",
    reason="Blue Ltd is blocked by the bank since 3 November",
    remedy="clear it with the bank, then release the invoice",
    hold=True,
)

UNKNOWN = Problem(
    code="outcome_unknown",
    reason="the connection broke after the last byte, and the file cannot be seen there",
    remedy="look there for the file, then say which: waybill delivery resolve",
    hold=True,
)

Scenario = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An installation, its one site, and who sits at it."""

    home: Path
    site: Site
    actor: Actor

    def app(self, link: str = "", *, plain: bool = False) -> WaybillApp:
        """The program, whose bell only notes for which jobs it was rung."""
        app = WaybillApp(settings.load(self.home), self.actor, link=link, plain=plain)
        app.ring = rung.append
        return app

    def drive(
        self,
        scenario: Scenario,
        size: tuple[int, int] = (80, 24),
        *,
        link: str = "job",
        plain: bool = False,
    ) -> WaybillApp:
        """Run a scenario on the program, opened at a link, and close it."""
        rung.clear()
        app = self.app(link, plain=plain)

        async def run() -> None:
            async with app.run_test(size=size, notifications=True) as pilot:
                await settled(pilot)
                await scenario(pilot)

        asyncio.run(run())
        return app


rung: list[int] = []


@contextmanager
def at_desk(home: Path) -> Iterator[Desk]:
    """An installation with a legal entity, an active facility and a user who may do everything.

    Its clock stands, and its connection is open, while the block runs.
    """
    with time_machine.travel(BEGIN, tick=False):
        installation.create(home, email="anna@example.com")
        with connection():
            yield _make(home)


def _make(home: Path) -> Desk:
    site = make_site("Acme Nordic", facility="ERP north")
    facilities.activate(WAYBILL, site.facility)
    services.begin(services.Kind.WORKER)  # this process stands for one that runs
    return Desk(home=home, site=site, actor=Actor(user_id=1, name="anna@example.com"))


def fill(desk: Desk) -> dict[str, Job]:
    """A job of every kind."""
    site = desk.site
    site.add_invoices(12)
    made = {"done": site.run()}
    first, second, *_ = site.add_invoices(9)
    made["partly"] = site.run(failing={first: BAD_ACCOUNT, second: BLOCKED})
    site.add_invoices(4)
    made["failed"] = site.run(error=CANNOT_WRITE)
    made["nothing taken"] = site.run(error=CANNOT_WRITE, collect=False)
    made["running"] = site.new_job()
    assert jobs.claim(made["running"].id, "erp1/boot/4711/1")
    made["waiting"] = site.new_job()
    execute("UPDATE invoice SET number = 'INV-' || (4700 + id)")  # they are random where they come from
    return made


def add_unknown(desk: Desk) -> tuple[Job, int]:
    """A job of three invoices whose file may have arrived, as a lost answer leaves it; and the delivery."""
    invoices = desk.site.add_invoices(3)[-3:]
    ended = desk.site.run(failing=dict.fromkeys(invoices, UNKNOWN))
    delivery = Delivery.select().order_by(Delivery.id.desc()).get()
    execute(
        "UPDATE delivery SET state = 'unknown', code = ?, reason = ? WHERE id = ?",
        (UNKNOWN.code, UNKNOWN.reason, delivery.id),
    )
    execute("UPDATE batch_file SET items = 3 WHERE id = ?", (delivery.file_id,))
    execute(
        "UPDATE export_item SET file_id = ? WHERE job_id = ? AND code = ?",
        (delivery.file_id, ended.id, UNKNOWN.code),
    )
    execute("UPDATE invoice SET number = 'INV-' || (4700 + id)")
    return ended, delivery.id


def add_schedules(desk: Desk) -> None:
    """One of each group and mark."""
    finance = desk.site.add_user("finance@example.com", Role.FINANCE)
    for name, recurrence in (
        ("Nightly", Recurrence(kind=Frequency.DAILY, start_date=date(2026, 11, 1), at=time(2, 30))),
        (
            "Month end",
            Recurrence(
                kind=Frequency.MONTHLY,
                start_date=date(2026, 11, 30),
                at=time(22, 30),
                day=31,
                zone="Europe/Copenhagen",
            ),
        ),
        ("For the audit", Recurrence(kind=Frequency.ONCE, start_date=date(2027, 1, 15), at=time(12))),
    ):
        outputs = {Route.OTHER: Output(format="csv")}
        instruction = Instruction(name=name, on_behalf_of=finance.id, recurrence=recurrence, outputs=outputs)
        schedules.create(WAYBILL, desk.site.facility, instruction)
    schedules.disable(WAYBILL, schedules.find(desk.site.entity, "For the audit"))


async def settled(pilot: Pilot[None]) -> None:
    """Until nothing is being read any more and everything is drawn."""
    for _ in range(2):
        await pilot.pause()
        while _is_busy(pilot.app):
            await pilot.pause(0.01)
        await pilot.pause()


def _is_busy(app: App[Any]) -> bool:
    resting = isinstance(app.screen, ListScreen) and app.screen.resting
    return resting or not all(worker.is_finished for worker in app.workers)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each when the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Until something is so, for at most ten seconds."""
    for _ in range(200):
        if holds():
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not come to be so within ten seconds")


def screen_text(app: WaybillApp) -> str:
    """What stands on the screen as plain text, a line each."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips[:height]) if width else ""


def cursor(app: WaybillApp) -> str | None:
    """The key of the row under the cursor."""
    key = app.screen.query_one(VirtualTable).key
    return None if key is None else str(key)


def keys(app: WaybillApp) -> list[str]:
    """The keys of the rows on the page."""
    return [str(key) for key in app.screen.query_one(VirtualTable).keys]


def static(app: WaybillApp, selector: str) -> str:
    """The text of a static widget."""
    return str(app.screen.query_one(selector, Static).visual)


def notices(app: WaybillApp) -> str:
    """What the notices in sight say."""
    return "\n".join(notice.message for notice in app._notifications)


def job(job_id: int) -> Job:
    """A job as it is now."""
    with connection():
        return Job.get_by_id(job_id)

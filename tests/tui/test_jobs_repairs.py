"""Putting jobs and their invoices right on the screens: filters, causes, plans, what is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from models import people
from models.audit import WAYBILL, AuditEntry
from models.database import connection, execute, transaction
from models.files import BatchFile
from models.jobs import Job, JobState
from models.people import Role
from models.repairs import requeue
from tests.models.ended_jobs import CANNOT_WRITE, make_site
from tests.tui.screen_kit import (
    UNKNOWN,
    Desk,
    add_unknown,
    at_desk,
    cursor,
    fill,
    job,
    keys,
    notices,
    press,
    rung,
    screen_text,
    settled,
)
from tui.app import WaybillApp
from tui.kit.plan import PlanScreen
from tui.screens.deliveries import DeliveriesScreen
from tui.screens.delivery import DeliveryScreen
from tui.screens.error_groups import ErrorGroupsScreen
from tui.screens.file import FileScreen
from tui.screens.invoice import InvoiceScreen
from tui.screens.job import JobScreen
from tui.screens.jobs import JobsScreen

Made = dict[str, Job]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


@pytest.fixture
def made(desk: Desk) -> Made:
    return fill(desk)


def the_app(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


def shows(pilot: Pilot[None], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


async def filtered(pilot: Pilot[None], line: str) -> None:
    """Type a filter line."""
    await press(pilot, "slash")
    pilot.app.screen.query_one("#filter-text", Input).value = line
    await press(pilot, "enter")


async def at_link(pilot: Pilot[None], link: str) -> None:
    the_app(pilot).open(link)
    await settled(pilot)


async def answer(pilot: Pilot[None], reason: str = "looked into it, ticket 8812") -> None:
    """Give the plan on the screen its reason, and press its button."""
    assert shows(pilot, PlanScreen), screen_text(the_app(pilot))
    pilot.app.screen.query_one("#reason", Input).value = reason
    await press(pilot, "enter", "enter")


def words(pilot: Pilot[None]) -> str:
    """The screen's text without frames, so that a line may wrap."""
    return " ".join(screen_text(the_app(pilot)).replace("│", "").split())


# The filter line


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("state:failed", ["nothing taken", "failed"]),
        ("-state:completed,failed", ["waiting", "running", "partly"]),
        ("error:pickup_unwritable attempt:>=1", ["nothing taken", "failed"]),
        ('reason:"*cannot be written*"', ["nothing taken", "failed"]),
        ('facility:"ERP north" -party:"Blue Ltd"', ["waiting", "running", "nothing taken"]),
        ("age:>1d", []),
    ],
)
def test_filter_lists_what_matches_and_counts_within_it(
    desk: Desk, made: Made, line: str, left: list[str]
) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await filtered(pilot, line)
        assert keys(the_app(pilot)) == [str(made[name].id) for name in left]
        assert f"[all {len(left)}]" in screen_text(the_app(pilot))
        assert "filtered" in screen_text(the_app(pilot))
        await press(pilot, "escape")
        assert "[all 6]" in screen_text(the_app(pilot))

    desk.drive(scenario)


def test_filter_completes_states_facilities_and_errors(desk: Desk, made: Made) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "slash", *"-st", "tab", *"f", "tab")
        line = pilot.app.screen.query_one("#filter-text", Input)
        assert line.value == "-state:failed"
        line.value = "facility:erp"
        await press(pilot, "end", "tab")
        assert line.value == 'facility:"ERP north"'
        line.value = "error:"
        await press(pilot, "end")
        assert "error:pickup_unwritable" in screen_text(the_app(pilot))
        line.value = "colour:red "
        await press(pilot, "end", "enter")
        assert "jobs cannot be filtered by colour" in screen_text(the_app(pilot))

    desk.drive(scenario)


def test_filter_out_of_sight_takes_no_keys_of_an_empty_list(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "question_mark", "escape", "v")
        assert shows(pilot, ErrorGroupsScreen)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#filter-text", Input).value == ""

    desk.drive(scenario)


# All that match


def test_requeue_of_all_matching_takes_the_filter_and_nothing_else(desk: Desk, made: Made) -> None:
    other = make_site("Other Ltd", facility="Bank files")
    other.add_invoices(1)
    spared = other.run(error=CANNOT_WRITE)

    async def scenario(pilot: Pilot[None]) -> None:
        await filtered(pilot, 'facility:"ERP north" error:pickup_unwritable')
        await press(pilot, "A", "r")
        assert "Re-queue 2 jobs" in screen_text(the_app(pilot))
        await answer(pilot)
        assert "marked" not in screen_text(the_app(pilot))

    desk.drive(scenario)
    assert job(spared.id).state == JobState.FAILED
    states = {job(made[name].id).state for name in ("failed", "nothing taken")}
    assert JobState.PENDING in states
    assert job(made["partly"].id).state == JobState.COMPLETED_WITH_ERRORS


def test_requeue_of_all_matching_goes_beyond_a_thousand(desk: Desk) -> None:
    failed = desk.site.run(error=CANNOT_WRITE, collect=False)
    number = 1_300
    _multiply(failed, number)

    async def scenario(pilot: Pilot[None]) -> None:
        await filtered(pilot, "error:pickup_unwritable")
        await press(pilot, "A", "r")
        text = words(pilot)
        assert f"Re-queue {number + 1:,} jobs" in text
        assert f"{number:,} jobs: job" in text, "one of them takes all that is pending"
        await press(pilot, "escape")

    desk.site.add_invoices(1)
    desk.drive(scenario)


def test_requeue_of_more_than_a_plan_takes_says_how_many_remain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeue, "LIMIT", 4)
    _multiply(desk.site.run(error=CANNOT_WRITE, collect=False), 5)
    desk.site.add_invoices(1)

    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "r")
        assert "the newest 4 of 6; the others by the same once more" in words(pilot)

    desk.drive(scenario)


def _multiply(failed: Job, number: int) -> None:
    """So many more that failed like it."""
    columns = "entity_id, destination_id, facility_id, on_behalf_of_id, trigger, outputs, as_of, posting_date"
    told = "state, attempt, tries, owner, heartbeat, note, succeeded, failed, abandoned, code, reason, remedy"
    with transaction():
        for _ in range(number):
            execute(
                f"INSERT INTO export_job ({columns}, {told}, created_at, finished_at)"  # noqa: S608 - constant
                f" SELECT {columns}, {told}, created_at, finished_at FROM export_job WHERE id = ?",
                (failed.id,),
            )


# By cause


def test_errors_group_failures_and_enter_lists_a_group(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v")
        assert shows(pilot, ErrorGroupsScreen)
        assert "1 H" in screen_text(the_app(pilot))
        first = next(line for line in screen_text(the_app(pilot)).splitlines() if line.startswith(">"))
        assert first.split()[-3:] == ["2", "2", "2"]
        await press(pilot, "enter")
        assert shows(pilot, JobsScreen)
        assert "[failed 2]" in screen_text(the_app(pilot))
        assert keys(the_app(pilot)) == [str(made[name].id) for name in ("nothing taken", "failed")]

    desk.drive(scenario)


def test_errors_of_a_filtered_list_group_and_requeue_only_what_matches(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        app.open("job?attempt:>=1 invoice:INV-4722")
        await settled(pilot)
        await press(pilot, "v")
        assert "Within the filter of the jobs: attempt:>=1 invoice:INV-4722" in screen_text(app)
        shown = screen_text(app)
        assert [line.split()[-1] for line in shown.splitlines() if line.startswith(">")] == ["1"]
        await press(pilot, "r")
        assert "Re-queue 1 job: pickup_unwritable" in words(pilot)
        await press(pilot, "escape", "enter")
        assert "invoice:INV-4722 error:" in screen_text(app)
        assert keys(app) == [str(made["failed"].id)]

    desk.drive(scenario)


def test_errors_group_is_requeued_as_a_whole(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "v", "r")
        assert "Re-queue 2 jobs: pickup_unwritable" in words(pilot)
        await answer(pilot)
        assert shows(pilot, ErrorGroupsScreen)

    desk.drive(scenario)
    queued = {name for name in ("failed", "nothing taken") if job(made[name].id).state == JobState.PENDING}
    assert queued, "one may take what the other would"
    assert rung == [made[name].id for name in sorted(queued)]


# Cancel


def test_cancel_ends_what_waits_and_asks_what_runs(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "c")
        text = words(pilot)
        assert "End 2 jobs" in text
        assert "4 more match, and have ended" in text
        await answer(pilot, "wrong month")

    desk.drive(scenario)
    assert job(made["waiting"].id).state == JobState.CANCELLED
    assert job(made["running"].id).cancel_reason == "wrong month"
    assert rung == [made["running"].id]


def test_cancel_of_one_that_ended_says_so(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "end", "c")
        assert f"job {made['done'].id} has ended: completed" in notices(the_app(pilot))
        assert "(c Cancel)" in screen_text(the_app(pilot))

    desk.drive(scenario)


# What a job carries


@pytest.mark.parametrize(
    ("key", "name", "before", "after"),
    [
        ("M", "failed", {"pending": 5}, {"exported": 5}),
        ("V", "done", {"exported": 12}, {"pending": 12}),
    ],
)
def test_invoices_of_a_job_are_marked_and_reverted(
    desk: Desk, made: Made, key: str, name: str, before: dict[str, int], after: dict[str, int]
) -> None:
    carried = made[name].id

    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{carried}")
        await press(pilot, key)
        assert "Careful" in screen_text(the_app(pilot))
        await answer(pilot)
        assert shows(pilot, JobScreen)

    assert _ledger(carried) == before
    desk.drive(scenario)
    assert _ledger(carried) == after


def test_job_that_sent_nothing_says_why_it_cannot_be_reverted_or_repeated(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{made['nothing taken'].id}")
        await press(pilot, "V", "P", "u")
        said = notices(the_app(pilot))
        assert "Revert: it took no invoices" in said
        assert "Repeat file: no file of it has left" in said
        assert "Unknown: what became of its files is known" in said

    desk.drive(scenario)


def test_re_export_makes_one_job_of_what_left(desk: Desk, made: Made) -> None:
    people.grant(WAYBILL, people.User.get_by_id(1), Role.FINANCE, desk.site.entity.id)
    before = Job.select().count()

    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{made['done'].id}")
        await press(pilot, "E")
        assert "booked twice" in words(pilot)
        await answer(pilot)
        assert "exported again: 12 invoices" in notices(the_app(pilot))

    desk.drive(scenario)
    assert Job.select().count() == before + 1
    assert rung == [before + 1]


def test_repeat_of_a_file_makes_a_job_with_the_same_bytes(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{made['done'].id}")
        await press(pilot, "right", "enter")
        assert shows(pilot, FileScreen)
        await press(pilot, "P")
        assert "goes as batch_" in words(pilot)
        await answer(pilot)

    desk.drive(scenario)
    assert BatchFile.select().where(BatchFile.repeats.is_null(False)).count() == 1
    assert len(rung) == 1


def _ledger(job_id: int) -> dict[str, int]:
    sql = """
    SELECT l.state, COUNT(*) FROM export_ledger l JOIN export_item t ON t.invoice_id = l.invoice_id
    WHERE t.job_id = ? GROUP BY l.state
    """
    with connection():
        return dict(execute(sql, (job_id,)).fetchall())


# What nobody knows


@pytest.fixture
def unknown(desk: Desk) -> tuple[Job, int]:
    return add_unknown(desk)


@pytest.mark.parametrize(("key", "state"), [("Y", "exported"), ("N", "pending")])
def test_unknown_delivery_is_reached_from_its_job_and_answered(
    desk: Desk, unknown: tuple[Job, int], key: str, state: str
) -> None:
    ended, delivery_id = unknown

    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{ended.id}")
        await press(pilot, "u")
        assert shows(pilot, DeliveryScreen)
        text = words(pilot)
        assert "! unknown" in text
        assert "Y it arrived, N it did not" in text
        assert "until somebody says whether it arrived" in text
        await press(pilot, key)
        assert "invoices on hold: 3" in words(pilot)
        await answer(pilot, "the bank says so, ticket 8812")
        assert shows(pilot, DeliveryScreen)
        await press(pilot, "right")
        assert "the bank says so" in screen_text(the_app(pilot))

    desk.drive(scenario)
    assert _ledger(ended.id) == {state: 3}
    assert (
        AuditEntry.select()
        .where(AuditEntry.subject == "delivery", AuditEntry.subject_id == delivery_id)
        .count()
    )


def test_deliveries_begin_with_those_to_resolve_and_say_when_there_are_none(
    desk: Desk, unknown: tuple[Job, int], made: Made
) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, "delivery")
        assert shows(pilot, DeliveriesScreen)
        assert keys(the_app(pilot)) == [str(unknown[1])]
        assert UNKNOWN.reason in words(pilot)
        await press(pilot, "A", "Y")
        await answer(pilot)
        assert "Nothing to do" in screen_text(the_app(pilot))
        await press(pilot, "right_square_bracket")
        assert "[all 3]" in screen_text(the_app(pilot))
        await press(pilot, "Y")
        assert "is delivered, not unknown" in notices(the_app(pilot))

    desk.drive(scenario)


@pytest.mark.parametrize("link", ["delivery/1", "file/1", "job/1"])
def test_links_open_one_thing(desk: Desk, made: Made, link: str) -> None:
    assert made

    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, link)
        assert link.replace("/", " ").upper() in screen_text(the_app(pilot)).splitlines()[0]

    desk.drive(scenario)


# Beside the list


def test_wide_list_shows_the_job_under_the_cursor_in_full(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "right", "right", "right")
        assert cursor(the_app(pilot)) == str(made["nothing taken"].id)
        text = screen_text(the_app(pilot))
        assert "Attempts 1" in text
        assert "#1 x failed" in text
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "Attempts 1" not in screen_text(the_app(pilot))
        assert "To do:" in screen_text(the_app(pilot))

    desk.drive(scenario, size=(120, 40))


def test_item_of_a_job_leads_to_its_invoice(desk: Desk, made: Made) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await at_link(pilot, f"job/{made['done'].id}")
        await press(pilot, "v")
        assert shows(pilot, InvoiceScreen)
        await press(pilot, "minus", "right", "v")
        assert "there is no invoice under the cursor" in notices(the_app(pilot))

    desk.drive(scenario)

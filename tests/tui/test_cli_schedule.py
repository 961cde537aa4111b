"""`waybill schedule` as people and scripts meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from models import clock, destinations, entities, facilities, mappings, people, schedules
from models.audit import WAYBILL
from models.database import connection, database
from models.people import Role
from models.settings import HOME_VARIABLE
from tui.cli import main

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)  # a Monday
NIGHTLY = ("create", "nightly", "--every", "daily", "--at", "02:00", "--on-behalf-of", "finn@example.com")
FILES = ("--other", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


class Shell:
    """Runs `waybill schedule …` in this process, at a clock that is moved by hand."""

    def __init__(self, capsys: pytest.CaptureFixture[str], traveller: time_machine.Traveller) -> None:
        self._capsys = capsys
        self.clock = traveller

    def __call__(self, *arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["schedule", *arguments])
        said = self._capsys.readouterr()
        return Done(code=int(str(ended.value.code)), out=said.out, err=said.err)

    def ask(self, *arguments: str) -> Any:
        """The JSON answer of a command that works."""
        done = self(*arguments, "--json")
        assert (done.code, done.err) == (0, "")
        return done.answer


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one active facility and one Finance user."""
    entity = entities.create(WAYBILL, "Acme Corp")
    facility = facilities.create(WAYBILL, entity, "Bank files", destinations.find(entity, "payable"), {})
    facilities.activate(WAYBILL, facility)
    people.grant(WAYBILL, people.create(WAYBILL, "finn@example.com"), Role.FINANCE, entity.id)
    mappings.create(WAYBILL, entity, "cols", {"columns": [{"header": "No", "source": "number"}]})
    database.close()
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    return home


@pytest.fixture
def shell(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:  # noqa: ARG001 - it runs there
    with time_machine.travel(NOW, tick=False) as traveller:
        yield Shell(capsys, traveller)


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A viewer whose clock shows New York's time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_create_prints_words_and_coming_runs_in_both_times(shell: Shell, in_new_york: None) -> None:  # noqa: ARG001
    done = shell(*NIGHTLY, *FILES)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:3] == [
        "created the schedule nightly",
        "  Every day at 02:00 UTC",
        "  2026-01-06T02:00:00Z   5 Jan 21:00 EST",
    ]
    assert len(done.out.splitlines()) == 7


def test_create_for_a_minute_that_just_went_by_says_when_it_runs_instead(shell: Shell) -> None:
    shell.clock.move_to(datetime(2026, 1, 5, 2, 3, tzinfo=UTC))
    done = shell(*NIGHTLY, *FILES)
    assert done.out.splitlines()[-1] == "  ! 02:00 UTC went by 3 min ago: the next run is 6 Jan 02:00 UTC"


def test_create_json_answers_with_the_schedule(shell: Shell) -> None:
    item = shell.ask(*NIGHTLY, "--ach", "csv", "--other", "csv", "--other-mapping", "cols")
    assert item["name"] == "nightly"
    assert (item["state"], item["enabled"], item["next_run"]) == ("active", True, "2026-01-06T02:00:00Z")
    assert (item["ach_format"], item["ach_mapping"], item["other_mapping"]) == ("csv", None, "cols")
    assert item["next_runs"][:2] == ["2026-01-06T02:00:00Z", "2026-01-07T02:00:00Z"]
    assert (item["facility"], item["entity"], item["start_date"]) == ("Bank files", "Acme Corp", "2026-01-05")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            ("--every", "weekly", "--on", "thu,Monday", "--at", "7:05"),
            "Every week on Monday and Thursday at 07:05",
        ),
        (("--every", "monthly", "--day", "31", "--at", "02:00"), "Every month on day 31 (the last day in"),
        (("--every", "hourly", "--interval", "4", "--at", "06:00"), "Every 4 hours from 2026-01-05 at 06:00"),
        (("--once", "--start", "2026-02-01", "--at", "06:00"), "Once on 2026-02-01 at 06:00 UTC"),
        (
            ("--every", "daily", "--at", "06:00", "--zone", "Europe/Copenhagen", "--end", "2026-03-01"),
            "Every day at 06:00 Europe/Copenhagen, until 2026-03-01",
        ),
    ],
)
def test_create_every_frequency_is_said_in_words(shell: Shell, said: tuple[str, ...], words: str) -> None:
    item = shell.ask("create", "s", *said, "--on-behalf-of", "finn@example.com", *FILES)
    assert item["when"].startswith(words)


def test_create_starts_on_the_day_it_is_in_the_zone(shell: Shell) -> None:
    shell.clock.move_to(datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    item = shell.ask(*NIGHTLY, *FILES, "--zone", "Asia/Tokyo")
    assert item["start_date"] == "2026-01-06"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "s"), "missing option '--every'"),
        (("create", "s", "--every", "daily", "--at", "2 pm"), "'2 pm' is no time of day, give HH:MM"),
        (("create", "s", "--every", "daily", "--at", "24:00"), "'24:00' is no time of day, give HH:MM"),
        (("create", "s", "--start", "31.12.2026"), "'31.12.2026' is no date, give YYYY-MM-DD"),
        (("create", "s", "--on", "mon,tusday"), "'tusday' is no weekday"),
        ((*NIGHTLY, "--other", "csv", "--ach-mapping", "cols"), "'--ach-mapping' needs a file type: '--ach'"),
        (("create", "s", "--every", "yearly"), "'yearly' is not one of"),
    ],
)
def test_create_wrongly_used_says_what_is_missing_and_exits_2(
    shell: Shell, arguments: tuple[str, ...], message: str
) -> None:
    done = shell(*arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert message in done.err


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (("--other", "nacha"), "unknown_format"),
        (("--other", "csv", "--zone", "Mars/Base"), "schedule_zone"),
        (("--other", "csv", "--end", "2026-01-01"), "schedule_end"),
        (("--other", "csv", "--end", "2026-01-05"), "never_runs"),
        (("--ach", "nacha"), "missing_setting"),
        ((), "invalid_input"),
    ],
)
def test_create_refused_answers_with_a_code_and_exits_1(
    shell: Shell, said: tuple[str, ...], code: str
) -> None:
    done = shell(*NIGHTLY, *said, "--json")
    assert (done.code, done.answer["error"]["code"]) == (1, code)
    assert done.err.startswith("error: ")


def test_list_groups_by_state_with_mark_next_run_and_last_outcome(shell: Shell) -> None:
    assert shell("list").err.startswith("No schedule yet. Make one: waybill schedule create")
    shell("create", "now", "--once", "--at", "12:00", "--on-behalf-of", "finn@example.com", *FILES)
    with connection():
        schedules.fire(clock.now())
    shell(*NIGHTLY, *FILES)
    shell("create", "resting", *NIGHTLY[2:], *FILES, "--disabled")
    shell("create", "later", *NIGHTLY[2:], *FILES, "--start", "2026-02-01")
    lines = shell("list").out.splitlines()
    assert lines[:5] == [
        "ACTIVE",
        "  + on   nightly: Every day at 02:00 UTC",
        "         next 2026-01-06 02:00:00 UTC; no job yet",
        "  - off  resting: Every day at 02:00 UTC",
        "         no job yet",
    ]
    assert [line for line in lines if line.isupper()] == ["ACTIVE", "PENDING", "COMPLETED"]
    assert lines[-1] == "         last job 1 . pending"
    items = shell.ask("list")["items"]
    assert [item["name"] for item in items] == ["nightly", "resting", "later", "now"]
    assert items[-1]["last_job"] == {"id": 1, "state": "pending"}


def test_edit_changes_what_is_given_only(shell: Shell) -> None:
    before = shell.ask(*NIGHTLY, "--ach", "csv", "--other", "csv", "--other-mapping", "cols")
    after = shell.ask("edit", "nightly", "--at", "04:30", "--name", "early")
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"at", "name", "when", "next_run", "next_runs"}
    assert after["next_runs"][0] == "2026-01-06T04:30:00Z"


def test_edit_with_empty_values_takes_them_away(shell: Shell) -> None:
    shell(*NIGHTLY, "--ach", "csv", "--other", "csv", "--other-mapping", "cols", "--end", "2026-02-01")
    item = shell.ask("edit", "nightly", "--end", "", "--ach", "", "--other-mapping", "")
    assert (item["end_date"], item["ach_format"], item["other_mapping"]) == (None, None, None)
    assert item["other_format"] == "csv"


def test_edit_to_another_frequency_leaves_interval_and_days_behind(shell: Shell) -> None:
    weekly = ("--every", "weekly", "--interval", "2", "--on", "mon", "--at", "02:00")
    shell("create", "s", *weekly, "--on-behalf-of", "finn@example.com", *FILES)
    item = shell.ask("edit", "s", "--every", "monthly", "--day", "5")
    assert (item["frequency"], item["every"], item["weekdays"], item["day"]) == ("monthly", 1, [], 5)


def test_edit_to_a_format_without_columns_drops_the_mapping(shell: Shell) -> None:
    shell(*NIGHTLY, "--ach", "csv", "--ach-mapping", "cols", "--other", "csv")
    done = shell("edit", "nightly", "--ach", "nacha", "--json")
    assert done.answer["error"]["code"] == "missing_setting"  # and not that nacha has no columns


def test_disable_enable_duplicate_say_what_they_did(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES)
    assert shell("disable", "nightly", "--reason", "year end").out == "disabled the schedule nightly\n"
    assert (
        shell("disable", "nightly").err == "error: the schedule nightly is disabled already. Nothing to do\n"
    )
    assert shell("enable", "nightly").out.startswith("enabled the schedule nightly\n  Every day")
    done = shell("duplicate", "nightly")
    assert done.out.splitlines() == [
        "made the schedule nightly copy, disabled",
        "next: waybill schedule edit 'nightly copy' …",
    ]
    assert not shell.ask("show", "nightly copy")["enabled"]


def test_delete_without_a_terminal_needs_yes(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES)
    done = shell("delete", "nightly")
    assert (done.code, len(shell.ask("list")["items"])) == (1, 1)
    assert "error: this needs a yes. Add --yes" in done.err
    assert shell("delete", "nightly", "--yes").out == "deleted the schedule nightly\n"
    assert shell("show", "nightly", "--json").answer["error"]["code"] == "not_found"


def test_next_shows_both_times_and_notes(shell: Shell, in_new_york: None) -> None:  # noqa: ARG001
    monthly = ("--every", "monthly", "--day", "31", "--at", "02:30", "--zone", "Europe/Copenhagen")
    shell("create", "monthly", *monthly, "--on-behalf-of", "finn@example.com", *FILES)
    shell(*NIGHTLY, *FILES, "--start", "2026-02-28", "--end", "2026-03-01")
    assert shell("next", "--count", "3").out.splitlines() == [
        "2026-01-31T01:30:00Z  30 Jan 20:30 EST  monthly",
        "2026-02-28T01:30:00Z  27 Feb 20:30 EST  monthly  31 → 28 Feb",
        "2026-02-28T02:00:00Z  27 Feb 21:00 EST  nightly",
    ]
    first = shell.ask("next", "monthly", "--count", "2")["items"][1]
    assert first["local"] == "2026-02-27T20:30:00-05:00"
    assert (first["at"], first["notes"]) == ("2026-02-28T01:30:00Z", ["31 → 28 Feb"])


def test_next_tells_of_clock_changes(shell: Shell) -> None:
    daily = ("--every", "daily", "--at", "02:30", "--zone", "Europe/Copenhagen", "--start", "2026-03-29")
    shell("create", "d", *daily, "--on-behalf-of", "finn@example.com", *FILES)
    line = shell("next", "d", "--count", "1").out
    assert line.endswith("02:30 does not exist on 29 Mar in Europe/Copenhagen → 03:00\n")


def test_next_of_a_disabled_one_says_that_nothing_runs(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES, "--disabled")
    assert shell("next", "all").err == "Nothing is going to run. See: waybill schedule list\n"
    done = shell("next", "nightly", "--count", "1")
    assert done.out.startswith("2026-01-06T02:00:00Z")
    assert done.err == "It is disabled, so nothing runs before: waybill schedule enable nightly\n"


def test_next_all_where_a_schedule_has_that_name_means_that_one(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES)
    shell("create", "all", *NIGHTLY[2:-4], "--at", "03:00", "--on-behalf-of", "finn@example.com", *FILES)
    assert {run["schedule"] for run in shell.ask("next", "all")["items"]} == {"all"}
    assert {run["schedule"] for run in shell.ask("next")["items"]} == {"all", "nightly"}


def test_calendar_shows_what_ran_and_what_is_planned(shell: Shell) -> None:
    nights = ("--at", "02:30", "--zone", "Europe/Copenhagen", "--on-behalf-of", "finn@example.com")
    shell("create", "nights", "--every", "daily", *nights, *FILES)
    shell.clock.move_to(datetime(2026, 1, 7, 12, tzinfo=UTC))
    with connection():
        schedules.fire(clock.now())
    lines = shell("calendar", "nights").out.splitlines()
    assert lines[0] == "Jan 2026, days of Europe/Copenhagen"
    week = next(place for place, line in enumerate(lines) if "[7]" in line)
    assert lines[week + 1].split() == [".", "02:30", "o", "02:30", "o", "02:30", "o", "02:30", "o", "02:30"]
    march = shell("calendar", "nights", "--month", "2026-03").out
    assert "o 03:00!" in march
    assert march.endswith("! 02:30 does not exist on 29 Mar in Europe/Copenhagen → 03:00\n")
    days = shell.ask("calendar", "nights")["items"]
    assert len(days) == 31
    assert days[6] == {
        "on": "2026-01-07",
        "planned": [],
        "ran": [{"job": 1, "due_at": "2026-01-07T01:30:00Z", "state": "pending"}],
    }
    assert days[7]["planned"] == [{"at": "2026-01-08T01:30:00Z", "notes": []}]


def test_calendar_of_a_disabled_one_plans_nothing(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES, "--disabled")
    said = shell("calendar", "nightly").out
    assert "disabled, so nothing is planned" in said
    assert "o 02:00" not in said
    refused = shell("calendar", "nightly", "--month", "9999-12", "--json")
    assert refused.answer["error"]["code"] == "invalid_input"


def test_edit_of_nothing_is_wrong_usage(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES)
    done = shell("edit", "nightly")
    assert (done.code, "nothing is to be changed" in done.err) == (2, True)


def test_show_says_why_nothing_runs(shell: Shell) -> None:
    shell(*NIGHTLY, *FILES)
    with connection():
        entities.edit(WAYBILL, entities.find(WAYBILL, None), export_scheduler=False)
    item = shell.ask("show", "nightly")
    assert (item["next_run"], item["held_up_by"]) == (None, "the export scheduler of Acme Corp is off")


def test_whole_life_in_processes_of_their_own(home: Path) -> None:
    program = "from tui.cli import main; main()"
    environment = os.environ | {HOME_VARIABLE: str(home), "TZ": "UTC"}

    def waybill(*arguments: str) -> str:
        command = [sys.executable, "-c", program, "schedule", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
        ).stdout

    assert waybill(*NIGHTLY, *FILES).startswith("created the schedule nightly\n")
    assert "nightly: Every day at 02:00 UTC" in waybill("list")
    assert json.loads(waybill("next", "--json", "--count", "1"))["items"][0]["schedule"] == "nightly"
    assert waybill("delete", "nightly", "--yes") == "deleted the schedule nightly\n"

"""When entries settle: banking days, due dates, same-day windows; and one batch for each date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.banking_days import banking_day_before
from tests.worker.format_cases import GOLDEN, PERSON, batch, item
from tests.worker.nacha_cases import NACHA, ach, credit, judged, profile
from worker.formats import Item

NEW_YORK = ZoneInfo("America/New_York")
SAME_DAY: dict[str, Any] = {"same_day": "urgent", "same_day_mark": "yes"}
DUE = [
    item("A", due_date="2026-03-03"),
    item("B", due_date="2026-03-15", serial=2),
    item("C", due_date=None, serial=3, account=PERSON),
    item("D", due_date="2026-03-15", serial=4, account=PERSON),
]


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("name", "given", "items"),
    [
        ("due_dates", {"effective_by": "due_date", "person_description": "REFUND"}, DUE),
        (
            "same_day",
            SAME_DAY,
            [item("A", due_date="2026-03-02"), item("B", due_date="2026-03-03", serial=2)],
        ),
    ],
)
def test_nacha_of_several_dates_is_the_golden_file(
    tmp_path: Path, name: str, given: dict[str, Any], items: list[Item]
) -> None:
    judged(tmp_path, ach(first_trace=100, **given), items)
    assert (tmp_path / "batch").read_bytes() == (GOLDEN / "nacha" / f"{name}.ach").read_bytes()


@pytest.mark.parametrize(
    ("due", "effective", "why"),
    [
        ("2026-02-20", "260303", "overdue: as soon as it can be"),
        ("2026-03-03", "260303", "the earliest"),
        ("2026-03-13", "260313", "a Friday"),
        ("2026-03-15", "260313", "a Sunday: the Friday before, so that it is not late"),
        ("2026-05-25", "260414", "Memorial Day, but the bank stores entries for 30 banking days"),
        (None, "260303", "no due date"),
    ],
)
def test_effective_date_follows_the_due_date(
    tmp_path: Path, due: str | None, effective: str, why: str
) -> None:
    report, _ = judged(tmp_path, ach(effective_by="due_date"), [item(due_date=due)])
    assert [entry["effective"] for entry in report.entries] == [effective], why


def test_batches_stand_in_the_order_of_sec_and_date(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(effective_by="due_date"), DUE)
    found = [(entry["sec"], entry["effective"]) for entry in report.entries]
    assert found == [("CCD", "260303"), ("CCD", "260313"), ("PPD", "260303"), ("PPD", "260313")]
    assert totals.control["effective_date"] == "2026-03-03 to 2026-03-13"
    assert totals.control["batch_count"] == 4


def test_netted_documents_settle_by_the_earliest_due_invoice(tmp_path: Path) -> None:
    items = [
        credit("CN", 1_00, 1, due_date="2026-03-04"),
        item("A", serial=2, due_date="2026-03-12"),
        item("B", serial=3, due_date="2026-03-10"),
        item("C", serial=4, due_date=None),
    ]
    report, _ = judged(tmp_path, ach(effective_by="due_date"), items)
    assert [entry["effective"] for entry in report.entries] == ["260310"]


@pytest.mark.parametrize(
    ("now", "effective", "mark", "why"),
    [
        (at(10, 30), "260302", "SD1300", "the last minute of the first window"),
        (at(10, 31), "260302", "SD1700", "the second"),
        (at(16, 45), "260302", "SD1800", "the last minute of the last window"),
        (at(16, 46), "260303", "", "after it"),
        (datetime(2026, 3, 2, 23, 0, tzinfo=UTC), "260303", "", "18:00 in New York, another day in Asia"),
        (at(9, 0, day=7), "260309", "", "a Saturday"),
    ],
)
def test_urgent_entries_are_same_day_before_the_banks_cut_offs(
    tmp_path: Path, now: datetime, effective: str, mark: str, why: str
) -> None:
    report, totals = judged(tmp_path, ach(at=now, **SAME_DAY), [item(due_date="2026-03-01")])
    assert [entry["effective"] for entry in report.entries] == [effective], why
    header = next(line for line in (tmp_path / "batch").read_text().splitlines() if line[0] == "5")
    assert header[63:69].strip() == mark
    assert bool(totals.notes) is not bool(mark)


def test_cut_off_that_was_missed_is_said_in_the_notes(tmp_path: Path) -> None:
    urgent = [item("A", due_date="2026-03-02"), item("B", due_date="2026-03-02", serial=2)]
    _, totals = judged(tmp_path, ach(at=at(17), **SAME_DAY), urgent)
    assert totals.notes == (
        "2 urgent entries are not same-day but effective 2026-03-03: "
        "it is after the last cut-off, 16:45 Eastern time",
    )
    _, totals = judged(tmp_path, ach(at=at(9, day=7), **SAME_DAY), urgent[:1])
    assert totals.notes == (
        "1 urgent entry is not same-day but effective 2026-03-09: today is no banking day",
    )


def test_entry_above_the_same_day_limit_settles_on_the_next_day_and_is_said_so(tmp_path: Path) -> None:
    of = ach(same_day_limit=100, **SAME_DAY)
    items = [item("A", amount=100_00, due_date="2026-03-02"), item("B", amount=100_01, due_date="2026-03-02")]
    report, totals = judged(tmp_path, of, items)
    assert [entry["effective"] for entry in report.entries] == ["260302", "260303"]
    assert totals.notes == ("1 urgent entry is not same-day but effective 2026-03-03: above 100.00 USD",)


def test_window_that_the_bank_lacks_is_passed_over(tmp_path: Path) -> None:
    of = ach(at=at(9), same_day_cut_offs="-,14:00,-", **SAME_DAY)
    judged(tmp_path, of, [item(due_date="2026-03-02")])
    assert b"SD1700" in (tmp_path / "batch").read_bytes()
    report, _ = judged(
        tmp_path, ach(at=at(14, 1), same_day_cut_offs="-,14:00,-", **SAME_DAY), [item(due_date="2026-03-02")]
    )
    assert report.entries[0]["effective"] == "260303"


def test_invoice_due_later_is_not_urgent(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(**SAME_DAY), [item(due_date="2026-03-03")])
    assert (report.entries[0]["effective"], totals.notes) == ("260303", ())


def test_file_made_days_after_it_was_due_holds_no_date_that_is_past(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(at=at(9, day=11)), [item()])
    assert report.entries[0]["effective"] == "260312"
    report, _ = judged(tmp_path, ach(at=at(9, day=11), effective_days=0), [item()])
    assert report.entries[0]["effective"] == "260311"


def test_posting_date_behind_the_banks_day_gives_no_past_effective_date(tmp_path: Path) -> None:
    # In Honolulu it is still Monday when New York has Tuesday.
    late = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    settings = profile(effective_days=0)
    of = batch(route="ach", settings=settings, created=late, posting_date=date(2026, 3, 2))
    report, _ = judged(tmp_path, of, [item()])
    assert report.entries[0]["effective"] == "260303"


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 7, 5), date(2026, 7, 3)),
        (date(2026, 7, 3), date(2026, 7, 3)),
        (date(2027, 7, 5), date(2027, 7, 2)),
        (date(2027, 1, 1), date(2026, 12, 31)),
    ],
)
def test_banking_day_before_is_on_or_before(day: date, before: date) -> None:
    assert banking_day_before(day) == before


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"same_day": "urgent", "effective_days": 0}, "effective_days"),
        ({"same_day": "urgent", "same_day_cut_offs": "-,-,-"}, "same_day_cut_offs"),
        ({"same_day_cut_offs": "14:00,10:00,-"}, "same_day_cut_offs"),
        ({"same_day_cut_offs": "10:00,10:00,-"}, "same_day_cut_offs"),
        ({"person_description": "PAYROLL"}, "person_description"),
        ({"person_description": "  "}, "person_description"),
        ({"entry_description": "hcclaimpmt"}, "entry_description"),
        ({"entry_description": " VENDOR"}, "entry_description"),
        ({"company_name": " HARBOUR"}, "company_name"),
        ({"zero_dollar": "yes", "addenda": "off"}, "zero_dollar"),
    ],
)
def test_profile_whose_settings_contradict_each_other_is_a_problem(given: dict[str, Any], name: str) -> None:
    found = NACHA.check_settings(profile(**given), None)
    assert [one.reason.split()[3] for one in found] == [name]


def test_profile_frozen_before_a_setting_existed_has_its_default(tmp_path: Path) -> None:
    frozen = {key: value for key, value in profile().items() if not key.startswith(("same_day", "prenote"))}
    judged(tmp_path, batch(route="ach", settings=frozen), [item()])

"""Prenotes and debits in the file, and its splitting where fields are full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.errors import InvalidInput
from tests.worker.format_cases import COMPANY, GOLDEN, PERSON, item, written
from tests.worker.nacha_cases import BALANCED, NACHA, ach, credit, judged, prenote
from worker.ach.check import check
from worker.formats import Item
from worker.formats.nacha import codes
from worker.formats.nacha.spool import Spool

AUTHORISED = COMPANY._replace(authorised=True)
OWED = [
    credit("CN-1", 3_45, 1, direction="receivable", account=AUTHORISED),
    item("R-1", serial=2, direction="receivable", account=AUTHORISED),
    item("R-2", serial=3, party_id=2, direction="receivable", account=PERSON._replace(authorised=True)),
]
ASKED = [prenote(), prenote(10, account=PERSON, party_name="Pat Doe")]


@pytest.mark.parametrize(
    ("name", "given", "asked", "items"),
    [
        ("prenotes", {}, ASKED, [item("INV-1")]),
        ("prenotes_alone", BALANCED, ASKED, []),
        ("prenote_ctx", {"ctx": "always"}, ASKED, []),
        ("debits", {"debits": "yes"}, [prenote(11, direction="receivable", account=AUTHORISED)], OWED),
        ("debits_balanced", {"debits": "yes"} | BALANCED, [], OWED),
    ],
)
def test_nacha_of_other_kinds_is_the_golden_file(
    tmp_path: Path, name: str, given: dict[str, Any], asked: list[Item], items: list[Item]
) -> None:
    judged(tmp_path, ach(first_trace=100, prenotes=asked, **given), items)
    assert (tmp_path / "batch").read_bytes() == (GOLDEN / "nacha" / f"{name}.ach").read_bytes()


def test_prenotes_are_counted_apart_and_are_no_items(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(prenotes=ASKED, **BALANCED), [item("INV-1")])
    assert (totals.items, totals.sums, totals.control["prenotes"]) == (1, {"USD": 123_45}, 2)
    assert [entry["code"] for entry in report.entries] == ["23", "22", "33"]
    assert totals.control["last_trace"] == 4  # one offset, and none for the batch that moves nothing


def test_file_of_prenotes_alone_moves_nothing(tmp_path: Path) -> None:
    _, totals = judged(tmp_path, ach(prenotes=ASKED), [])
    assert (totals.items, totals.sums, totals.control["credit_cents"]) == (0, {}, 0)


def test_debits_stand_in_batches_of_debits(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(debits="yes"), OWED)
    shown = [(entry["sec"], entry["code"], int(entry["cents"])) for entry in report.entries]
    assert shown == [("CCD", "27", 120_00), ("PPD", "37", 123_45)]
    assert totals.sums == {"USD": 243_45}
    assert (totals.control["debit_cents"], totals.control["credit_cents"]) == (243_45, 0)


@pytest.mark.parametrize(
    ("given", "fields", "code"),
    [
        ({"debits": "yes"}, {"account": COMPANY}, "debit_not_authorised"),
        ({}, {"account": AUTHORISED}, "debits_not_allowed"),
        ({"debits": "yes"}, {"account": AUTHORISED, "currency": "EUR"}, "not_payable_in_usd"),
    ],
)
def test_debit_without_authorisation_or_agreement_is_refused(
    given: dict[str, Any], fields: dict[str, Any], code: str
) -> None:
    found = NACHA.problem(item(direction="receivable", **fields), ach(**given))
    assert found is not None
    assert (found.code, "Acme Supply" in found.reason) == (code, True)


def test_debits_never_go_as_ctx_or_as_zero(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(debits="yes", ctx="always"), OWED[1:])
    assert {entry["sec"] for entry in report.entries} == {"CCD", "PPD"}
    nothing = [OWED[0]._replace(amount=123_45), OWED[1]]
    found = dict(NACHA.problems(nothing, ach(debits="yes", zero_dollar="yes")))
    assert {one.code for one in found.values()} == {"credit_exceeds_invoices"}


@pytest.mark.parametrize(
    ("given", "most", "count", "batches"),
    [({}, 6, 13, 3), (BALANCED, 6, 11, 3), ({"addenda": "always"}, 6, 7, 3)],
)
def test_full_batch_is_followed_by_another(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    most: int,
    count: int,
    batches: int,
) -> None:
    monkeypatch.setattr(codes, "MAX_BATCH_RECORDS", most)
    _, totals = judged(tmp_path, ach(**given), [item(f"I{number}", serial=number) for number in range(count)])
    assert totals.control["batch_count"] == batches
    for line in (tmp_path / "batch").read_text().splitlines():
        assert line[0] != "8" or int(line[4:10]) <= most


def test_batch_total_beyond_twelve_digits_begins_another_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MAX_TOTAL", 300_00)
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, NACHA, ach(), [item("A", amount=200_00), item("B", amount=200_00, serial=2)])
    assert refused.value.code == "file_total_too_large"


@pytest.mark.parametrize(
    ("limit", "most"), [("MAX_BATCHES", 1), ("MAX_BLOCKS", 1), ("MAX_TOTAL", 100_00), ("MAX_TRACE", 2)]
)
def test_file_beyond_a_field_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(codes, limit, most)
    items = [item(f"I{number}", serial=number) for number in range(9)]
    items.append(item("P", party_id=2, serial=10, account=PERSON))
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, NACHA, ach(), items)
    assert "export in smaller parts" in (refused.value.remedy or "")


def test_spool_gives_back_each_pile_in_its_order_whatever_stayed_in_memory() -> None:
    spool = Spool(5)
    piles = [spool.pile(), spool.pile(), spool.pile()]
    for number in range(50_000):
        spool.add(piles[number % 2], f"{number:05}")
    assert len(piles[0].segments) > 1
    assert [int(line) for line in spool.lines(piles[1])] == list(range(1, 50_000, 2))
    assert [int(line) for line in spool.lines(piles[0])] == list(range(0, 50_000, 2))
    assert list(spool.lines(piles[2])) == []
    spool.close()


def test_traces_reserved_are_enough_for_prenotes_and_offsets(tmp_path: Path) -> None:
    of = ach(prenotes=ASKED, **BALANCED)
    _, totals = judged(tmp_path, of, [item("INV-1")])
    assert int(totals.control["last_trace"]) <= NACHA.traces_wanted(of.settings, 3)


@pytest.mark.parametrize("path", sorted((GOLDEN / "nacha").glob("*.ach")), ids=lambda path: path.stem)
def test_checker_of_any_banks_files_finds_nothing_in_ours(path: Path) -> None:
    assert list(check(path)) == []

"""CTX with an X12 820, addenda, and entries of zero."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.worker.format_cases import COMPANY, GOLDEN, PERSON, item
from tests.worker.nacha_cases import BALANCED, MIXED, NACHA, ach, credit, fault, judged
from worker.formats import Item
from worker.formats.nacha.remittance import cut

NUMBERED = [
    credit("CN-100", 20_00, 1),
    *(item(f"INVOICE-{n:05}", amount=n * 100, serial=n) for n in range(2, 9)),
]
NETTING_TO_NOTHING = [credit("CN-1", 123_45, 1), item("INV-1", serial=2)]


@pytest.mark.parametrize(
    ("name", "given", "items"),
    [
        ("ctx", {"ctx": "needed"}, [*NUMBERED, item("INV-9", party_id=2, serial=9)]),
        ("ctx_always", {"ctx": "always", "line_end": "lf"}, MIXED),
        ("ctx_balanced", {"ctx": "needed", "one_entry_per": "payee"} | BALANCED, NUMBERED),
        (
            "zero_dollar",
            {"zero_dollar": "yes"} | BALANCED,
            [*NETTING_TO_NOTHING, item("B-1", party_id=2, serial=3)],
        ),
        ("zero_dollar_ctx", {"zero_dollar": "yes", "ctx": "always"}, NETTING_TO_NOTHING),
    ],
)
def test_nacha_with_remittance_is_the_golden_file(
    tmp_path: Path, name: str, given: dict[str, Any], items: list[Item]
) -> None:
    judged(tmp_path, ach(first_trace=100, **given), items)
    assert (tmp_path / "batch").read_bytes() == (GOLDEN / "nacha" / f"{name}.ach").read_bytes()


def test_ctx_names_every_document_of_a_list_that_fits_no_addenda(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(ctx="needed"), NUMBERED)
    entry = report.entries[0]
    assert (entry["sec"], entry["code"], entry["name"], entry["cents"]) == (
        "CTX",
        "22",
        "ACME SUPPLY",
        "0000001500",
    )
    assert r"\RMR*CL*CN-100**-20.00\RMR*IV*INVOICE-00002**2.00" in entry["addenda"]
    assert entry["addenda"].count(r"\RMR*IV*") == 7
    assert totals.items == 8


def test_ctx_stays_away_where_one_addenda_is_enough(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(ctx="needed"), MIXED)
    assert {entry["sec"] for entry in report.entries} == {"CCD", "PPD"}


def test_ctx_never_goes_to_persons() -> None:
    items = [one._replace(account=PERSON) for one in NUMBERED]
    assert {found.code for _, found in NACHA.problems(items, ach(ctx="needed"))} == {"remittance_too_long"}
    assert list(NACHA.problems([item(account=PERSON)], ach(ctx="always"))) == []


def test_ctx_carries_a_number_too_long_for_an_addenda(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(ctx="needed"), [item("N" * 100)])
    assert "N" * 100 in report.entries[0]["addenda"]


def test_ctx_of_thousands_of_invoices_is_one_entry(tmp_path: Path) -> None:
    many = [item(f"I-{n:07}", serial=n, amount=1_00) for n in range(1, 20_001)]
    report, totals = judged(tmp_path, ach(ctx="needed", one_entry_per="payee"), many)
    assert (len(report.entries), totals.items, totals.sums) == (1, 20_000, {"USD": 20_000_00})


def test_ctx_list_beyond_9999_addenda_is_refused_not_cut() -> None:
    many = [item(f"I-{n:030}", serial=n, amount=1) for n in range(1, 18_001)]
    found = dict(NACHA.problems(many, ach(ctx="needed", one_entry_per="payee")))
    assert {one.code for one in found.values()} == {"remittance_too_long"}
    assert len(found) == len(many)


def test_820_is_cut_into_at_most_9999_addenda() -> None:
    longest = cut("x" * 80 * 9_999)
    assert longest is not None
    assert (len(longest), {len(piece) for piece in longest}) == (9_999, {80})
    assert cut("x" * (80 * 9_999 + 1)) is None


@pytest.mark.parametrize(
    ("given", "fields", "code"),
    [
        ({"ctx": "always"}, {"number": "A*1"}, "number_unfit"),
        ({"ctx": "always", "characters": "~\\>"}, {"number": "A\\1"}, "number_unfit"),
        ({"ctx": "always"}, {"party_name": "A" * 17, "party_number": ""}, "name_unfit"),
        ({"ctx": "always"}, {"party_name": "A" * 17, "party_number": "N" * 16}, "name_unfit"),
    ],
)
def test_ctx_item_that_an_820_cannot_carry_is_refused(
    given: dict[str, Any], fields: dict[str, Any], code: str
) -> None:
    found = NACHA.problem(item(**fields), ach(**given))
    assert found is not None
    assert found.code == code


def test_ctx_name_longer_than_its_field_gives_way_to_the_partys_number(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(ctx="always"), [item(party_name="A" * 22)])
    assert report.entries[0]["name"] == "S-1"
    assert f"N1*PE*{'A' * 22}\\" in report.entries[0]["addenda"]


def test_ctx_names_the_companys_own_account_where_the_profile_has_it(tmp_path: Path) -> None:
    report, _ = judged(tmp_path, ach(ctx="always", offset_kind="savings", **BALANCED), [item()])
    assert (
        "*01*021000021*SG*555-1*1234567890**01*021000021*DA*1234567*20260303\\"
        in report.entries[0]["addenda"]
    )
    account = COMPANY._replace(kind="savings")
    report, _ = judged(tmp_path, ach(ctx="always"), [item(account=account)])
    assert "*01*021000021***1234567890**01*021000021*SG*1234567*20260303\\" in report.entries[0]["addenda"]


@pytest.mark.parametrize(
    ("given", "account", "held"),
    [
        ({}, COMPANY, True),
        ({"zero_dollar": "yes"}, COMPANY, False),
        ({"zero_dollar": "yes"}, PERSON, True),
    ],
)
def test_documents_that_come_to_nothing_are_told_of_only_where_rules_and_profile_allow(
    given: dict[str, Any], account: Any, held: bool
) -> None:
    items = [one._replace(account=account) for one in NETTING_TO_NOTHING]
    found = dict(NACHA.problems(items, ach(**given)))
    assert {one.code for one in found.values()} == ({"credit_exceeds_invoices"} if held else set())


def test_entry_of_zero_says_what_it_is_about_and_moves_nothing(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(zero_dollar="yes", **BALANCED), NETTING_TO_NOTHING)
    shown = [(entry["code"], entry["cents"], entry["addenda"]) for entry in report.entries]
    assert shown == [("24", "0000000000", r"RMR*CL*CN-1**-123.45\RMR*IV*INV-1**123.45" + "\\")]
    assert (totals.items, totals.sums) == (2, {"USD": 0})


def test_credit_notes_above_the_invoices_stay_on_hold_with_zero_dollar_entries_too() -> None:
    items = [credit("CN-1", 123_46, 1), item("INV-1", serial=2)]
    found = dict(NACHA.problems(items, ach(zero_dollar="yes")))
    assert {(one.code, one.hold) for one in found.values()} == {("credit_exceeds_invoices", True)}


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"BPR*C*15.00*", b"BPR*C*15.01*"),
        (b"**-20.00\\", b"**-20.01\\"),
        (b"SE*15*", b"SE*14*"),
        (b"IEA*1*000000001", b"IEA*1*000000002"),
        (b"*RA*", b"*IN*"),
        (b"ST*820*", b"ST*810*"),
        (b"*20260303\\", b"*20260304\\"),
        (b"\\ENT*1\\", b" ENT*1\\"),
    ],
)
def test_820_that_contradicts_its_entry_does_not_read_back(tmp_path: Path, was: bytes, now: bytes) -> None:
    of = ach(ctx="needed", line_end="none")
    judged(tmp_path, of, NUMBERED)
    path = tmp_path / "batch"
    records = [path.read_bytes()[at : at + 94] for at in range(0, path.stat().st_size, 94)]
    addenda = [at for at, record in enumerate(records) if record[:1] == b"7"]
    stream = b"".join(records[at][3:83] for at in addenda)
    assert stream.count(was) == 1
    stream = stream.replace(was, now)
    for number, at in enumerate(addenda):
        records[at] = records[at][:3] + stream[number * 80 : number * 80 + 80] + records[at][83:]
    path.write_bytes(b"".join(records))
    assert "record" in fault(path, of)

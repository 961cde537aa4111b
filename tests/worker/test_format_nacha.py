from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigurationError, InvalidInput
from tests.peers.nacha_checker import check
from tests.worker.format_cases import COMPANY, GOLDEN, batch, item, written
from tests.worker.nacha_cases import MIXED, NACHA, ach, credit, judged, profile
from worker.formats import Batch, Item, Problem, Totals
from worker.formats.nacha import codes


def problem(one: Item, **given_: Any) -> Problem:
    found = NACHA.problem(one, ach(**given_))
    assert found is not None
    assert found.remedy
    assert one.party_name in found.reason
    return found


@pytest.mark.parametrize(
    ("name", "given_", "items"),
    [
        ("ccd", {}, [item("INV-1"), item("INV-2", serial=2, amount=1)]),
        ("mixed", {}, MIXED),
        ("rmr", {"addenda": "always", "line_end": "lf"}, MIXED),
        (
            "balanced",
            {
                "balanced": "yes",
                "offset_routing": "011401533",
                "offset_account": "555-1",
                "line_end": "none",
            },
            MIXED,
        ),
    ],
)
def test_nacha_of_a_profile_is_the_golden_file(
    tmp_path: Path, name: str, given_: dict[str, Any], items: list[Item]
) -> None:
    of = ach(first_trace=100, **given_)
    assert list(NACHA.problems(items, of)) == []
    judged(tmp_path, of, items)
    assert (tmp_path / "batch").read_bytes() == (GOLDEN / "nacha" / f"{name}.ach").read_bytes()


def test_nacha_totals_tell_what_the_file_controls(tmp_path: Path) -> None:
    _, totals = judged(tmp_path, ach(first_trace=7), MIXED)
    assert (totals.items, totals.records, totals.sums) == (6, 20, {"USD": 300_00 + 3 * 123_45})
    assert totals.control == {
        "file_id_modifier": "A",
        "effective_date": "2026-03-03",
        "batch_count": 2,
        "block_count": 2,
        "entries": 4,
        "entry_addenda_count": 6,
        "entry_hash": f"{3 * 2100002 + 9100001:010d}",
        "debit_cents": 0,
        "credit_cents": 300_00 + 3 * 123_45,
        "first_trace": 7,
        "last_trace": 10,
    }


def test_nacha_without_items_is_a_header_and_a_control(tmp_path: Path) -> None:
    _, totals = judged(tmp_path, ach(), [])
    assert (totals.items, totals.records, totals.sums) == (0, 10, {})


@pytest.mark.parametrize(("count", "blocks"), [(5, 1), (6, 1), (7, 2), (16, 2), (17, 3)])
def test_nacha_last_block_is_filled(tmp_path: Path, count: int, blocks: int) -> None:
    _, totals = judged(tmp_path, ach(), [item(f"I{number}") for number in range(count)])
    assert (totals.control["block_count"], totals.records) == (blocks, blocks * 10)


def test_nacha_hash_above_ten_digits_keeps_the_lowest(tmp_path: Path) -> None:
    account = COMPANY._replace(routing="122105155")
    _, totals = judged(tmp_path, ach(), [item(f"I{number}", account=account) for number in range(900)])
    assert totals.control["entry_hash"] == f"{900 * 12210515 % 10**10:010d}"


@pytest.mark.parametrize(
    ("posting_date", "days", "effective"),
    [
        (date(2026, 3, 2), 1, "2026-03-03"),
        (date(2026, 3, 6), 1, "2026-03-09"),
        (date(2026, 7, 2), 1, "2026-07-03"),
        (date(2027, 7, 2), 1, "2027-07-06"),
        (date(2026, 12, 25), 0, "2026-12-28"),
        (date(2026, 12, 24), 2, "2026-12-29"),
    ],
)
def test_nacha_effective_date_is_a_banking_day(
    tmp_path: Path, posting_date: date, days: int, effective: str
) -> None:
    _, totals = judged(tmp_path, ach(posting_date, effective_days=days), [item()])
    assert totals.control["effective_date"] == effective


def test_nacha_creation_date_is_that_of_the_banks_zone(tmp_path: Path) -> None:
    late = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    of = batch(route="ach", settings=profile(), created=late)
    judged(tmp_path, of, [item()])
    assert (tmp_path / "batch").read_bytes()[23:33] == b"2603022130"
    assert NACHA.file_key(profile(), late) == (" 021000021/1234567890", date(2026, 3, 2))


def test_nacha_credit_notes_net_with_every_invoice_of_the_payee(tmp_path: Path) -> None:
    report, totals = judged(tmp_path, ach(), MIXED)
    assert [(entry["identification"], int(entry["cents"]), entry["addenda"]) for entry in report.entries] == [
        ("S-1", 300_00, r"RMR*CL*CN-9**-50.00\RMR*IV*INV-1**100.00\RMR*IV*INV-2**250.00" + "\\"),
        ("S-3", 123_45, r"RMR*IV*LONG-INVOICE-NUMBER-0001**123.45" + "\\"),
        ("INV-8", 123_45, ""),
        ("2026/0007", 123_45, ""),
    ]
    assert [entry["name"] for entry in report.entries][1::2] == ["LODZ & CO.", "SOREN AGARD"]
    assert totals.items == 6


def test_nacha_per_payee_adds_up_all_of_a_payee(tmp_path: Path) -> None:
    items = [item("A"), item("B"), item("C", party_id=2)]
    report, totals = judged(tmp_path, ach(one_entry_per="payee", addenda_form="text"), items)
    found = [(entry["identification"], int(entry["cents"]), entry["addenda"]) for entry in report.entries]
    assert found == [("S-1", 246_90, "INV A, B"), ("C", 123_45, "")]
    assert totals.items == 3


def test_nacha_numbers_with_x12_marks_go_as_text(tmp_path: Path) -> None:
    items = [credit("C*1", 1_00, 1), item("I*2", serial=2)]
    report, _ = judged(tmp_path, ach(), items)
    assert report.entries[0]["addenda"] == "INV I*2 LESS CREDIT C*1"


def test_nacha_list_that_does_not_fit_is_refused_or_referred_to(tmp_path: Path) -> None:
    items = [credit("CN", 1_00, 1), *(item(f"INVOICE-{n:05}", serial=n) for n in range(2, 9))]
    found = dict(NACHA.problems(items, ach()))
    assert sorted(found) == list(range(1, 9))
    assert {one.code for one in found.values()} == {"remittance_too_long"}
    for addenda, text, identification in (
        ("needed", "8 DOCUMENTS OF EXPORT JOB 42", "S-1"),
        ("off", "", "S-1"),
    ):
        of = ach(list_too_long="reference", addenda=addenda)
        assert list(NACHA.problems(items, of)) == []
        report, totals = judged(tmp_path, of, items)
        shown = [(entry["addenda"], entry["identification"]) for entry in report.entries]
        assert shown == [(text, identification)]
        assert totals.items == 8


@pytest.mark.parametrize("cents", [123_45, 200_00])
def test_nacha_credit_worth_the_invoices_or_more_is_held(cents: int) -> None:
    items = [credit("CN-1", cents, 1), item("INV-1", serial=2), item("INV-2", serial=3, party_id=2)]
    found = dict(NACHA.problems(items, ach()))
    assert sorted(found) == [1, 2]
    assert {(one.code, one.hold) for one in found.values()} == {("credit_exceeds_invoices", True)}
    assert "Acme Supply (S-1)" in found[1].reason


def test_nacha_invoice_that_fails_is_left_out_of_its_payees_net() -> None:
    items = [credit("CN-1", 200_00, 1), item("", amount=500_00, serial=2), item("INV-2", serial=3)]
    codes = {item_id: one.code for item_id, one in NACHA.problems(items, ach())}
    assert codes == {2: "number_unfit", 1: "credit_exceeds_invoices", 3: "credit_exceeds_invoices"}


def test_nacha_netted_documents_to_several_accounts_are_refused() -> None:
    other = COMPANY._replace(number="77")
    items = [credit("CN-1", 1_00, 1), item("INV-1", serial=2, account=other)]
    assert {one.code for _, one in NACHA.problems(items, ach())} == {"accounts_differ"}


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"direction": "receivable"}, "debits_not_allowed"),
        ({"currency": "EUR"}, "not_payable_in_usd"),
        ({"account": None}, "bank_account_missing"),
        ({"account": COMPANY._replace(routing="021000022")}, "routing_number_invalid"),
        ({"account": COMPANY._replace(routing="21000021")}, "routing_number_invalid"),
        ({"account": COMPANY._replace(number="1" * 18)}, "account_number_invalid"),
        ({"account": COMPANY._replace(number=" ")}, "account_number_invalid"),
        ({"account": COMPANY._replace(number="12_34")}, "account_number_invalid"),
        ({"account": COMPANY._replace(kind="loan")}, "account_kind_unknown"),
        ({"account": COMPANY._replace(holder="trust")}, "account_kind_unknown"),
        ({"party_name": "A" * 23}, "name_unfit"),
        ({"party_name": "李小龍"}, "name_unfit"),
        ({"amount": 0}, "amount_not_positive"),
        ({"amount": -1}, "amount_not_positive"),
        ({"amount": 10**10}, "amount_unfit"),
        ({"number": "號1"}, "number_unfit"),
        ({"number": "N" * 77}, "number_unfit"),
        ({"number": "A|B"}, "number_unfit"),
    ],
)
def test_nacha_item_that_cannot_be_carried_is_refused_by_name(given_: dict[str, Any], code: str) -> None:
    assert problem(item(**given_)).code == code


def test_nacha_long_number_without_addenda_is_refused() -> None:
    assert problem(item("N" * 16), addenda="off").code == "number_unfit"
    assert NACHA.problem(item("N" * 15), ach(addenda="off")) is None


def test_nacha_account_number_never_stands_whole_in_a_reason() -> None:
    account = COMPANY._replace(number="12345678901234567890")
    assert "*7890" in problem(item(account=account)).reason
    assert "123456" not in problem(item(account=account)).reason


def test_nacha_holder_name_of_the_account_goes_before_the_partys(tmp_path: Path) -> None:
    account = COMPANY._replace(name="Acme", number="12 34 56")
    report, _ = judged(tmp_path, ach(upper_case="no"), [item(party_name="A" * 40, account=account)])
    assert (report.entries[0]["name"], report.entries[0]["account"]) == ("Acme", "123456")


def test_nacha_balanced_batch_holds_no_more_than_its_offset_entry_can_say(tmp_path: Path) -> None:
    most = 99_999_999_99
    of = ach(balanced="yes", offset_routing="021000021", offset_account="1")
    _, totals = judged(tmp_path, of, [item("A", amount=most), item("B", amount=1)])
    assert totals.control["batch_count"] == 2
    assert totals.control["debit_cents"] == most + 1
    assert int(totals.control["last_trace"]) == NACHA.traces_wanted(of.settings, 2)


def test_nacha_full_batch_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "MAX_BATCH_RECORDS", 6)
    _, totals = judged(tmp_path, ach(), [item(f"I{number}") for number in range(13)])
    assert totals.control["batch_count"] == 3


def test_nacha_file_beyond_its_widths_is_refused_not_cut(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, NACHA, ach(), [item(amount=99_999_999_99)] * 101)
    assert refused.value.code == "file_total_too_large"
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, NACHA, ach(first_trace=9_999_999), [item(), item()])
    assert refused.value.code == "traces_exhausted"


def test_nacha_write_without_what_it_needs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        written(tmp_path, NACHA, batch(route="ach", settings=profile(), reservation=None), [item()])
    with pytest.raises(InvalidInput):
        written(tmp_path, NACHA, ach(), [item(amount=0)])
    with pytest.raises(ValueError, match="ordered by party, credit notes first"):
        written(tmp_path, NACHA, ach(), [item("A"), credit("B", 1, 2)])


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ({"immediate_destination": "021000022"}, "immediate_destination"),
        ({"odfi": "021000022"}, "odfi"),
        ({"company_name": "    "}, "company_name"),
        ({"company_name": "Häfen"}, "company_name"),
        ({"company_id": "0000000000"}, "company_id"),
        ({"entry_description": "Reversal"}, "entry_description"),
        ({"entry_description": "PAYROLL 1"}, "entry_description"),
        ({"effective_days": 11}, "effective_days"),
        ({"effective_days": -1}, "effective_days"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"balanced": "yes", "offset_account": "1"}, "offset_routing"),
        ({"balanced": "yes", "offset_routing": "021000021"}, "offset_account"),
        (
            {"balanced": "yes", "offset_routing": "021000022", "offset_account": "1"},
            "offset_routing",
        ),
    ],
)
def test_nacha_profile_that_a_bank_would_reject_is_a_problem(given_: dict[str, Any], name: str) -> None:
    found = NACHA.check_settings(profile(**given_), None)
    assert [one.reason.split()[3] for one in found] == [name]
    assert found[0].remedy


def test_nacha_complete_profile_has_no_problem() -> None:
    assert NACHA.check_settings(profile(), None) == []


def changed(data: bytes, record: int, column: int, to: int | None = None) -> bytes:
    at = record * 96 + column - 1
    new = to if to is not None else (ord("1") if data[at] == ord("0") else ord("0"))
    return data[:at] + bytes([new]) + data[at + 1 :]


def test_checker_finds_any_changed_column_of_the_controls(tmp_path: Path) -> None:
    data = written(tmp_path, NACHA, ach(), MIXED)[0].read_bytes()
    kinds = data[::96][: len(data) // 96].decode()
    assert kinds.startswith("156767685689")
    missed = [
        (record, column)
        for record in (kinds.index("8"), kinds.rindex("8"), kinds.index("9"))
        for column in range(1, 95)
        if not check(changed(data, record, column)).faults
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("record", "columns", "why"),
    [
        (0, [1, 2, 3, *range(5, 14), 34, *range(35, 41)], "constants, destination's digits"),
        (1, [1, 2, 3, 4, 51, 52, 53, *range(76, 95)], "class, SEC code, constants, bank, batch number"),
        (2, [1, *range(4, 13), *range(30, 40), 77, 78, 79, *range(80, 95)], "routing, amount, flag, trace"),
        (3, [1, 2, 3, *range(84, 95)], "addenda type, number, entry"),
    ],
)
def test_checker_finds_a_changed_column_of_other_records(
    tmp_path: Path, record: int, columns: list[int], why: str
) -> None:
    data = written(tmp_path, NACHA, ach(), MIXED)[0].read_bytes()
    wrong = [column for column in columns if not check(changed(data, record, column, ord("~"))).faults]
    assert wrong == [], why


def faults(path: Path, of: Batch, totals: Totals) -> list[str]:
    try:
        return totals.differences(NACHA.read_back(path, of))
    except InvalidInput as damage:
        return [damage.message] if damage.code == "file_damaged" else []


def test_nacha_file_with_a_changed_number_does_not_read_back(tmp_path: Path) -> None:
    path, totals = written(tmp_path, NACHA, ach(), MIXED)
    data = path.read_bytes()
    kinds = data[::96][: len(data) // 96].decode()
    places = [(2, column) for column in [*range(4, 12), *range(30, 40), *range(88, 95)]]
    places += [(kinds.index("8"), column) for column in range(5, 45)]
    places += [(kinds.index("9"), column) for column in range(2, 56)]
    places += [(1, column) for column in range(70, 76)] + [(0, 34)]
    missed = []
    for record, column in places:
        path.write_bytes(changed(data, record, column))
        if not faults(path, ach(), totals):
            missed.append((record, column))
    assert missed == []


@pytest.mark.parametrize(
    ("cut", "why"),
    [
        (slice(None, -96), "a filler less"),
        (slice(None, -5), "cut short"),
        (slice(96, None), "no header"),
        (slice(None, 96 * 6), "no control"),
    ],
)
def test_nacha_file_that_was_cut_does_not_read_back(tmp_path: Path, cut: slice, why: str) -> None:
    path, totals = written(tmp_path, NACHA, ach(), MIXED)
    path.write_bytes(path.read_bytes()[cut])
    assert faults(path, ach(), totals), why

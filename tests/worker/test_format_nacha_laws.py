"""Whatever the documents and the profile are, what is not refused makes a file that every judge passes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.catalogue import parse_settings
from tests.worker.format_cases import ROUTINGS, item
from tests.worker.nacha_cases import LINE_ENDS, NACHA, PROFILE, ach, judged
from worker.formats import Account, Item

_numbers = st.text("ABCabc0123456789-/ ö*\\~|", min_size=1, max_size=30)
_accounts = st.builds(
    Account,
    routing=st.sampled_from(ROUTINGS),
    number=st.text("0123456789-AZ", min_size=1, max_size=17),
    kind=st.sampled_from(["checking", "savings"]),
    holder=st.sampled_from(["company", "person"]),
    name=st.text("Aéz &ß.'*", max_size=20),
    authorised=st.booleans(),
)
_days = st.dates(date(2024, 1, 1), date(2035, 12, 31))
# Small amounts come to nothing in sum now and then.
_amounts = st.sampled_from([1, 2, 1000]) | st.integers(1, 10**10)
_documents = st.lists(st.tuples(st.booleans(), _numbers, _amounts, st.none() | _days), min_size=1, max_size=5)
_yes_or_no = st.booleans()
_profiles = st.fixed_dictionaries(
    {
        "effective_days": st.integers(1, 3),
        "line_end": st.sampled_from(sorted(LINE_ENDS)),
        "one_entry_per": st.sampled_from(["invoice", "payee"]),
        "addenda": st.sampled_from(["needed", "always", "off"]),
        "addenda_form": st.sampled_from(["rmr", "text"]),
        "list_too_long": st.sampled_from(["refuse", "reference"]),
        "ctx": st.sampled_from(["never", "needed", "always"]),
        "zero_dollar": _yes_or_no,
        "debits": _yes_or_no,
        "effective_by": st.sampled_from(["posting_date", "due_date"]),
        "days_ahead": st.integers(0, 60),
        "same_day": st.sampled_from(["off", "urgent"]),
        "same_day_mark": _yes_or_no,
        "same_day_limit": st.integers(1, 99_999_999),
        "same_day_cut_offs": st.sampled_from(["10:30,14:45,16:45", "-,12:00,-", "10:30,-,-"]),
        "characters": st.sampled_from([".,-/&'()*#:+$@", "", "*\\~|"]),
        "upper_case": _yes_or_no,
        "balanced": _yes_or_no,
        "offset_routing": st.just("011401533"),
        "offset_account": st.just("555-1"),
    }
)


@st.composite
def _items(draw: st.DrawFn) -> list[Item]:
    items: list[Item] = []
    direction = draw(st.sampled_from(["payable", "receivable"]))
    for party in range(draw(st.integers(0, 5))):
        account = draw(_accounts)
        documents = sorted(draw(_documents), key=lambda document: not document[0])
        for is_credit, number, cents, due in documents:
            items.append(
                item(
                    number,
                    serial=len(items) + 1,
                    direction=direction,
                    document_type="credit_note" if is_credit else "invoice",
                    amount=cents // draw(st.sampled_from([1, 1000])) or 1 if is_credit else cents,
                    due_date=None if due is None else due.isoformat(),
                    party_id=party,
                    party_number=draw(st.sampled_from(["", f"S-{party}", "N" * 16])),
                    account=account,
                )
            )
    return items


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300, deadline=None)
@given(
    items=_items(),
    posting_date=_days,
    first_trace=st.integers(1, 9_999_900),
    made=st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    profile=_profiles,
)
def test_nacha_of_any_batch_passes_every_judge_and_moves_every_cent(
    tmp_path_factory: pytest.TempPathFactory,
    items: list[Item],
    posting_date: date,
    first_trace: int,
    made: datetime,
    profile: dict[str, Any],
) -> None:
    assume(not NACHA.check_settings(parse_settings(NACHA.settings, PROFILE | profile), None))
    of = ach(posting_date, first_trace, at=max(made, datetime(2026, 3, 2, 14, 5, tzinfo=UTC)), **profile)
    good = items
    # Without the refused ones the rest of a payee may net differently.
    while refused := {item_id for item_id, _ in NACHA.problems(good, of)}:
        good = [one for one in good if one.item_id not in refused]
    report, totals = judged(tmp_path_factory.mktemp("nacha"), of, good)
    moved, other = (report.credit, report.debit) if _is_paid(items) else (report.debit, report.credit)
    assert moved == sum(one.signed for one in good)
    assert other == (moved if profile["balanced"] else 0)
    assert totals.items == len(good)
    assert int(totals.control["last_trace"]) < first_trace + NACHA.traces_wanted(of.settings, len(good)) + 1


def _is_paid(items: list[Item]) -> bool:
    return not items or items[0].direction == "payable"


@settings(max_examples=100, deadline=None)
@given(items=_items(), profile=_profiles)
def test_every_refusal_says_whom_it_is_about_and_what_to_do(
    items: list[Item], profile: dict[str, Any]
) -> None:
    of = ach(**profile)
    for item_id, found in NACHA.problems(items, of):
        one = next(each for each in items if each.item_id == item_id)
        assert one.party_name in found.reason
        assert found.remedy
        assert found.code

"""The filter line for invoices: what each word says, and how a mistake is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import invoice_filter
from models.destinations import LedgerState
from models.errors import InvalidInput, NotFound
from models.invoice_filter import KEYS, Words, parse, sought
from models.invoice_pages import Sought
from models.invoices import Direction
from tests.models.ended_jobs import make_site


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", Words()),
        ("INV-20", Words(number="INV-20")),
        ('number:"A 1" party:"Blue Ltd"', Words(number="A 1", party="Blue Ltd")),
        ("period:2026", Words(since=date(2026, 1, 1), until=date(2026, 12, 31))),
        ("period:2024-02", Words(since=date(2024, 2, 1), until=date(2024, 2, 29))),
        ("period:2026-11-03", Words(since=date(2026, 11, 3), until=date(2026, 11, 3))),
        ("period:2026-10..2026-11-15", Words(since=date(2026, 10, 1), until=date(2026, 11, 15))),
        ("period:2026-10..", Words(since=date(2026, 10, 1))),
        ("period:..2026-10", Words(until=date(2026, 10, 31))),
        ("amount:-12.30 currency:eur", Words(amount="-12.30", currency="EUR")),
        ("state:on_hold direction:payable", Words(state=LedgerState.ON_HOLD, direction=Direction.PAYABLE)),
        ("changed:yes destination:payable/bank", Words(changed=True, destination="payable/bank")),
    ],
)
def test_parse_takes_each_word_as_it_is_meant(text: str, words: Words) -> None:
    assert parse(text) == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "cannot be filtered by"),
        ("state:failed", "state: cannot be"),
        ("changed:maybe", "changed: cannot be"),
        ("state:pending state:exported", "stands there twice"),
        ("A-1 A-2", "number: stands there twice"),
        ('party:""', "has no value"),
        ("period:", "has no value"),
        ('A"1', "is no word"),
        ("period:2026-13", "is no period"),
        ("period:yesterday", "is no period"),
        ("period:..", "is no period"),
        ("period:2026-11..2026-10", "ends before it begins"),
        ("amount:much", "much"),
        ("amount:1.234 currency:EUR", "1.234"),
    ],
)
def test_parse_of_what_says_nothing_names_the_word(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse(text)


def test_parse_takes_every_example_that_is_offered() -> None:
    for example, _ in KEYS.values():
        assert parse(example) != Words()
    parse(" ".join(example for example, _ in KEYS.values()))


def test_standing_narrows_and_says_what_cannot_be() -> None:
    assert Words(number="A").standing(LedgerState.PENDING) == Words(number="A", state=LedgerState.PENDING)
    assert Words(state=LedgerState.PENDING).standing(LedgerState.EXPORTED) is None


def test_sought_looks_up_party_and_destination(home: Path) -> None:
    assert home.exists()
    site = make_site()
    found, destination = sought(site.entity, parse('party:"Blue Ltd" destination:payable/main A-'))
    assert found == Sought(number="A-", party_id=site.party.id)
    assert destination == site.destination
    assert sought(site.entity, Words()) == (Sought(), None)
    for text in ("party:Nobody", "destination:payable/nowhere"):
        with pytest.raises(NotFound):
            invoice_filter.sought(site.entity, parse(text))

"""Money and time: exact, or refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, fields
from models.errors import InvalidInput
from models.fields import amount_text, from_millis, minor_digits, to_decimal, to_millis, to_minor

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF", "XXX"])
MINOR = st.integers(-(10**18) + 1, 10**18 - 1)


@given(MINOR, CURRENCIES)
def test_amount_written_and_read_is_the_same(minor: int, currency: str) -> None:
    text = amount_text(minor, currency)
    assert to_minor(text, currency) == minor
    assert to_decimal(minor, currency) == Decimal(text)
    assert to_minor(to_decimal(minor, currency), currency) == minor
    assert len(text.partition(".")[2]) == minor_digits(currency)


@given(st.lists(MINOR.map(lambda minor: minor // 1000), max_size=20))
def test_amounts_summed_as_minor_units_are_the_decimals_sum(minors: list[int]) -> None:
    exact = sum((Decimal(amount_text(minor, "EUR")) for minor in minors), Decimal(0))
    assert amount_text(sum(minors), "EUR") == f"{exact:.2f}".replace("-0.00", "0.00")


@given(st.decimals(allow_nan=True, allow_infinity=True), CURRENCIES)
def test_to_minor_any_number_is_exact_or_refused(amount: Decimal, currency: str) -> None:
    for given_as in (amount, str(amount)):
        try:
            minor = to_minor(given_as, currency)
        except InvalidInput:
            continue
        assert Decimal(minor) == amount * 10 ** minor_digits(currency)


@given(st.text(max_size=30))
def test_to_minor_any_text_is_a_number_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(to_minor(text, "EUR"), int)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("12.345", "EUR", "too_many_decimals"),
        ("0.5", "JPY", "too_many_decimals"),
        ("1." + "0" * 27 + "1", "EUR", "too_many_decimals"),  # more digits than Python's context keeps
        ("1." + "0" * 99 + "1", "EUR", "too_many_decimals"),
        ("1e-400", "EUR", "too_many_decimals"),
        ("1e400", "EUR", "amount_not_number"),  # would fill the memory with zeros
        ("10000000000000000", "EUR", "amount_not_number"),  # 64 bits are to hold sums
        ("NaN", "EUR", "amount_not_number"),
        ("sNaN", "EUR", "amount_not_number"),
        ("-Infinity", "EUR", "amount_not_number"),
        ("1_000", "EUR", "amount_not_number"),
        ("\uff11\uff12", "EUR", "amount_not_number"),  # digits, to Python
        ("1,50", "EUR", "amount_not_number"),
        ("", "EUR", "amount_not_number"),
    ],
)
def test_to_minor_what_cannot_be_kept_is_refused(text: str, currency: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        to_minor(text, currency)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.3", "EUR", 1230),
        ("12.300000", "EUR", 1230),
        ("-0.05", "EUR", -5),
        ("0", "EUR", 0),
        ("7", "JPY", 7),
        ("1.234", "KWD", 1234),
        ("1e3", "EUR", 100_000),
    ],
)
def test_to_minor_amount_as_written_is_minor_units(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001


@given(instants)
def test_instant_kept_and_read_loses_less_than_a_millisecond(instant: datetime) -> None:
    back = from_millis(to_millis(instant))
    assert back.tzinfo is UTC
    assert timedelta(0) <= instant - back < timedelta(milliseconds=1)
    assert to_millis(back) == to_millis(instant)


@given(instants, instants)
def test_instants_as_millis_keep_their_order(one: datetime, other: datetime) -> None:
    if one <= other:
        assert to_millis(one) <= to_millis(other)


def test_to_millis_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        to_millis(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_now_is_utc_in_whole_milliseconds() -> None:
    now = clock.now()
    assert now.tzinfo is UTC
    assert from_millis(to_millis(now)) == now


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_canonical_json_is_one_text_for_one_value(value: object) -> None:
    text = fields.canonical_json(value)
    field = fields.JSONField()
    assert field.python_value(text) == value
    assert fields.canonical_json(field.python_value(text)) == text

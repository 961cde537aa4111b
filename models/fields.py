"""How values stand in the database: money as integer minor units, instants as UTC milliseconds, JSON as text.

SQLite has no decimal type (a decimal column becomes a float there), so money is never one. Integers sum
exactly, and alike on SQLite and PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from peewee import BigIntegerField, Check, Model, TextField
from playhouse.fields import EnumFieldMixin

from models.errors import InvalidInput

# ISO 4217 (list one, amendment 176): currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


_DIGITS = 18
"""Digits of the largest amount in minor units: sums of several still fit 64 bits."""
# Traps what the default context rounds away in silence: digits beyond the ones it keeps.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


def minor_digits(currency: str) -> int:
    """How many decimals an amount of this ISO 4217 currency has."""
    return _MINOR_DIGITS.get(currency, 2)


def to_minor(amount: str | Decimal, currency: str) -> int:
    """An amount in minor units, exactly: ``to_minor("12.30", "EUR") == 1230``.

    Raises `InvalidInput` for what is no number and for more decimals than the currency keeps: an amount
    is never rounded in silence.
    """
    digits = minor_digits(currency)
    try:
        scaled = _EXACT.scaleb(_plain_decimal(amount, digits), digits)
        return int(_EXACT.to_integral_exact(scaled))
    except Inexact as error:
        raise InvalidInput(
            f"{amount} has more decimals than {currency} keeps ({digits})",
            remedy="give the amount rounded as it is to be paid",
            code="too_many_decimals",
        ) from error
    except (InvalidOperation, ValueError) as error:
        raise InvalidInput(
            f"{amount!r} is not an amount",
            remedy=f"give digits with a decimal point, at most {_DIGITS - digits} before it",
            code="amount_not_number",
        ) from error


def _plain_decimal(amount: str | Decimal, digits: int) -> Decimal:
    """A number that fits, without what only Python writes: 1_000, digits of other scripts, NaN, infinity."""
    if isinstance(amount, str) and ("_" in amount or not amount.isascii()):
        raise ValueError(amount)
    given = Decimal(amount)
    if not given.is_finite() or given.adjusted() + digits >= _DIGITS:
        raise ValueError(amount)
    return given


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal amount with the currency's decimals."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def amount_text(minor: int, currency: str) -> str:
    """Minor units as text with a point: ``amount_text(-1230, "EUR") == "-12.30"``."""
    digits = minor_digits(currency)
    if not digits:
        return str(minor)
    sign, number = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{number[:-digits]}.{number[-digits:]}"


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode  # made once: it is called for every document


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, no floats, Unicode as it is."""
    return _encode(value)


def content_digest(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def to_millis(instant: datetime) -> int:
    """An aware instant as integer milliseconds since 1970 UTC; a naive one is refused."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} names no time zone")
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_millis(millis: int) -> datetime:
    """Integer milliseconds since 1970 as an aware UTC instant."""
    seconds, rest = divmod(millis, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


class UTCField(BigIntegerField):
    """An instant: aware `datetime` in Python, integer UTC milliseconds in the database."""

    def db_value(self, value: datetime | int | None) -> int | None:
        """Milliseconds; an integer is taken as milliseconds already."""
        return to_millis(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        """The aware UTC instant."""
        return None if value is None else from_millis(value)


class DateField(TextField):
    """A calendar day: `date` in Python, ISO 8601 text in the database (sorts as it should)."""

    def db_value(self, value: date | str | None) -> str | None:
        """ISO text."""
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: str | None) -> date | None:
        """The day."""
        return None if value is None else date.fromisoformat(value)


class JSONField(TextField):
    """A JSON value kept as canonical text, the same on both databases."""

    def db_value(self, value: Any) -> str | None:
        """Canonical text."""
        return None if value is None else canonical_json(value)

    def python_value(self, value: str | None) -> Any:
        """The value."""
        return None if value is None else json.loads(value)


class EnumField(EnumFieldMixin, TextField):  # type: ignore[misc]  # playhouse has no types
    """A `StrEnum` member kept as its text, with a CHECK of the values."""

    enum_value_type = str

    def bind(self, model: type[Model], name: str, set_attribute: bool = True) -> None:
        """Bind as usual and let the database refuse any other value."""
        values = ", ".join(f"'{member.value}'" for member in self.enum_class)
        self.constraints = [Check(f'"{name}" IN ({values})')]
        super().bind(model, name, set_attribute)

"""What expressions can do, as a table: editor, help, documentation and checks are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.columns.checks import is_date_format

_MOST_DECIMALS = 8


class WrongCall(ValueError):
    """A function that was given what it does not take."""


Texts = Sequence[str | None]
"""The arguments that are plain texts; None where one is a field or another function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: how it is written, what it gives, how many arguments it takes."""

    name: str
    form: str
    about: str
    least: int
    most: int
    constants: Callable[[Texts], str] = lambda _texts: ""
    """What is wrong with the arguments that must be plain texts; empty: nothing."""
    pairs: bool = False

    def check(self, texts: Texts, pairs: int, otherwise: bool) -> None:
        """Refuse other numbers and kinds of arguments."""
        if not self.pairs and (pairs or otherwise):
            raise WrongCall(f"has an equals sign in {self.name}, which takes none")
        if self.pairs and not pairs:
            raise WrongCall(f"has no pair in {self.name}")
        if not self.least <= len(texts) <= self.most:
            raise WrongCall(f"has {len(texts)} arguments in {self.name}")
        if said := self.constants(texts):
            raise WrongCall(f"has in {self.name} {said}")


def _date(texts: Texts) -> str:
    return "" if is_date_format(texts[1]) else "a form that is none of a date"


def _number(texts: Texts) -> str:
    decimals = texts[1]
    if decimals is None or not decimals.isdecimal() or int(decimals) > _MOST_DECIMALS:
        return f"decimals that are no number up to {_MOST_DECIMALS}"
    marks = texts[2:]
    if any(mark is None or len(mark) > 1 or mark.isalnum() for mark in marks) or len(set(marks)) < len(marks):
        return "marks that are not one character each, and different"
    return "no decimal mark" if marks[:1] == [""] else ""


def _count(texts: Texts) -> str:
    count = texts[1]
    return "" if count is not None and count.isdecimal() and int(count) else "a length that is no number"


_ANY = 50
_LIST = (
    Function(
        name="concat",
        form='concat(party.number, "-", number)',
        about="One text after the other.",
        least=2,
        most=_ANY,
    ),
    Function(
        name="if_empty",
        form='if_empty(order_reference, "none")',
        about="The first that is not empty.",
        least=2,
        most=_ANY,
    ),
    Function(
        name="map",
        form='map(document_type, "invoice" = "BILL", "credit_note" = "CREDIT")',
        about='Another text for each value; without else = "…" an invoice with another value fails.',
        least=1,
        most=1,
        pairs=True,
    ),
    Function(
        name="date",
        form='date(issue_date, "DD.MM.YYYY")',
        about="A date written this way, whatever the file's own way is.",
        least=2,
        most=2,
        constants=_date,
    ),
    Function(
        name="number",
        form='number(totals.payable, 2, ",", ".")',
        about="So many decimals, the decimal mark, the mark between thousands; it never rounds: an invoice "
        "with more decimals fails.",
        least=2,
        most=4,
        constants=_number,
    ),
    Function(
        name="cents",
        form="cents(totals.payable)",
        about="An amount in the smallest unit of its currency, without a decimal mark.",
        least=1,
        most=1,
    ),
    Function(
        name="signed",
        form="signed(totals.with_vat)",
        about="An amount, negative on credit notes.",
        least=1,
        most=1,
    ),
    Function(
        name="inverted",
        form="inverted(totals.with_vat)",
        about="An amount, negative on invoices.",
        least=1,
        most=1,
    ),
    Function(
        name="absolute",
        form="absolute(row.amount)",
        about="An amount without its sign.",
        least=1,
        most=1,
    ),
    Function(
        name="left",
        form="left(party.name, 40)",
        about="At most so many characters: what is cut off does not go, and you say so.",
        least=2,
        most=2,
        constants=_count,
    ),
)
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _LIST}
"""By name, in the order they are told."""
AMOUNTS = frozenset({"cents", "signed", "inverted", "absolute"})
"""Those that take an amount alone."""

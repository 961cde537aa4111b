"""What a letter about returns and changes says: plain text, at most 78 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from models.ach_returns.records import AchAnswer, AnswerKind
from models.fields import amount_text
from models.invoices import Invoice
from models.notifications.letter import LISTED, clean
from models.parties import Party

_WIDTH = 78


def write(entity: str, source: str, answers: Sequence[AchAnswer]) -> tuple[str, str]:
    """Subject and body of the letter about a bank's file."""
    returns = sum(answer.kind is AnswerKind.RETURN for answer in answers)
    held = sum(len(answer.held) for answer in answers)
    what = f"{returns} ACH returns, {len(answers) - returns} other answers, {held} invoices on hold"
    subject = textwrap.shorten(clean(f"[Waybill] {entity}: {what}"), 160, placeholder=" ...")
    return subject, "\n".join(_lines(entity, source, what, answers)) + "\n"


def _lines(entity: str, source: str, what: str, answers: Sequence[AchAnswer]) -> Iterator[str]:
    yield from _wrapped(f"The bank answered to ACH payments of {entity} in the file {source}: {what}.")
    for place, answer in enumerate(answers[:LISTED], 1):
        yield ""
        yield from _of_answer(place, answer)
    if len(answers) > LISTED:
        yield f"      and {len(answers) - LISTED} more"
    yield ""
    yield from _wrapped(
        f"You are told because you have the role Accounting Review, Administrator or Support for {entity}, "
        f"or because your address is its support contact. Each answer is told once. Nobody reads answers to "
        f"this letter."
    )


def _of_answer(place: int, answer: AchAnswer) -> Iterator[str]:
    party = Party.get_or_none(Party.id == answer.party_id)
    payee = "an unknown payee" if party is None else party.name
    amount = f"{amount_text(answer.cents, 'USD')} USD"
    yield from _wrapped(
        f"{answer.kind.capitalize()} {answer.code}, {answer.words}: {payee}, {amount}, trace {answer.trace}",
        indent=f"  {place:>2}. ",
        hang="      ",
    )
    if answer.information:
        yield from _wrapped(f"The bank wrote: {answer.information}", indent="      ")
    numbers = [row.number for row in Invoice.select().where(Invoice.id.in_(answer.invoices)).limit(LISTED)]
    if numbers:
        more = f" and {len(answer.invoices) - len(numbers)} more" if len(answer.invoices) > LISTED else ""
        state = "on hold now" if answer.held else "unchanged"
        yield from _wrapped(f"Invoices, {state}: {', '.join(numbers)}{more}", indent="      ")
    yield from _wrapped(f"To do: {answer.remedy}.", indent="      ")


def _wrapped(text: str, *, indent: str = "", hang: str | None = None) -> list[str]:
    return textwrap.wrap(
        clean(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False,
    )

"""The demo's invoices and credit notes as figures that add up; the same seed always gives the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from random import Random

from companies import BUYER, Company, Good
from models.fields import minor_digits

FIRST_DAY = date(2026, 8, 3)
LAST_DAY = date(2026, 10, 30)
COST_CENTRES = ("1100 Operations", "2200 Marketing", "3300 Facilities", "4400 Sales")
APPROVERS = ("I. Halloran", "T. Osei", "V. Lindqvist")
_CREDIT_NOTES = 0.2  # of the documents that may be one


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: an exact number of units at a price."""

    good: Good
    quantity: int
    price: Decimal

    @property
    def net(self) -> Decimal:
        """Its amount without VAT."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice, or, with `corrects`, the credit note for one; amounts are positive in both."""

    seller: Company
    number: str
    issued: date
    order: str
    cost_centre: str
    approver: str
    lines: tuple[Line, ...]
    corrects: Document | None = None

    @property
    def buyer(self) -> Company:
        """The legal entity of the demo."""
        return BUYER

    @property
    def is_credit_note(self) -> bool:
        """Whether it gives money back."""
        return self.corrects is not None

    @property
    def due(self) -> date:
        """When it is to be paid: in thirty days."""
        return self.issued + timedelta(days=30)

    @property
    def net(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """VAT of the whole, rounded once (EN 16931, BR-CO-17)."""
        exact = self.net * self.seller.vat_rate / 100
        return exact.quantize(unit_of(self.seller.currency), ROUND_HALF_UP)

    @property
    def payable(self) -> Decimal:
        """What is to be paid, or comes back."""
        return self.net + self.vat


class Press:
    """Prints documents, each number once."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._numbers = count(10_001)

    def documents(self, sellers: Sequence[Company], many: int) -> Iterator[Document]:
        """Documents of sellers in turn, now and then a credit note for the seller's last invoice.

        Never one of an ACH payee: all its documents would become one payment, whose remittance text holds
        a few numbers only. `corrected_job` shows that case.
        """
        latest: dict[str, Document] = {}
        for position in range(many):
            seller = sellers[position % len(sellers)]
            invoice = latest.pop(seller.name, None)
            if invoice is not None and not seller.account and self._random.random() < _CREDIT_NOTES:
                yield self.credit_note(invoice)
            else:
                latest[seller.name] = self.invoice(seller)
                yield latest[seller.name]

    def corrected_job(self, seller: Company) -> list[Document]:
        """Two invoices and a credit note of one payee, which fit into one payment."""
        invoices = [self.invoice(seller), self.invoice(seller)]
        return [*invoices, self.credit_note(invoices[0])]

    def invoice(self, seller: Company) -> Document:
        """One invoice."""
        pick = self._random
        return Document(
            seller=seller,
            number=f"{seller.prefix}{next(self._numbers)}",
            issued=FIRST_DAY + timedelta(days=pick.randint(0, (LAST_DAY - FIRST_DAY).days)),
            order=f"PO-{pick.randint(7000, 7999)}",
            cost_centre=pick.choice(COST_CENTRES),
            approver=pick.choice(APPROVERS),
            lines=tuple(self._line(seller) for _ in range(pick.randint(1, 4))),
        )

    def credit_note(self, invoice: Document) -> Document:
        """A credit note for one unit of an invoice's first line."""
        first = invoice.lines[0]
        return Document(
            seller=invoice.seller,
            number=f"{invoice.seller.prefix}{next(self._numbers)}",
            issued=invoice.issued + timedelta(days=self._random.randint(1, 9)),
            order=invoice.order,
            cost_centre=invoice.cost_centre,
            approver=invoice.approver,
            lines=(Line(good=first.good, quantity=1, price=first.price),),
            corrects=invoice,
        )

    def _line(self, seller: Company) -> Line:
        good = self._random.choice(seller.goods)
        price = self._random.randint(good.lowest, good.highest) * unit_of(seller.currency)
        return Line(good=good, quantity=self._random.randint(2, 20), price=price)


def unit_of(currency: str) -> Decimal:
    """The smallest amount of a currency."""
    return Decimal(1).scaleb(-minor_digits(currency))

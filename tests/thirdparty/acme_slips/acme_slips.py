"""Remittance slips: an example of a file type in a package of its own.

All that Waybill knows of it stands here: its entry point is in `pyproject.toml` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from models.catalogue import Setting, SettingKind
from models.fields import amount_text
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.documents import PACKING, DocumentFormat, Read

_LONGEST_NUMBER = 20
_SLIP = re.compile(r"SLIP (\S+)\nNumber: (.+)\nFor: (.+)\nPay: (-?)(\d+)(?:\.(\d+))? ([A-Z]{3})\n")


class Slips(DocumentFormat):
    """A line each for number, party and amount, as the paper slips of a shop had them."""

    key = "slips"
    title = "Remittance slips"
    extension = "slip"
    settings = (
        PACKING,
        Setting(name="numbered", title="Numbered", kind=SettingKind.BOOLEAN, default=False, help="yes or no"),
        Setting(
            name="shop",
            title="Shop",
            default="main",
            when=("numbered", "yes"),
            help="whose slips are numbered one after the other",
        ),
    )

    def control_scopes(self, items: Iterable[Item], batch: Batch) -> Iterator[str]:
        """The shop's slips, when they are numbered."""
        del items
        if batch.settings["numbered"]:
            yield self._scope(batch)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """A slip has room for 20 characters of a number."""
        del batch
        if len(item.number) <= _LONGEST_NUMBER:
            return []
        return [
            Problem(
                code="SLIP-1",
                reason=f"the number {item.number} has {len(item.number)} characters, and a slip takes 20",
                remedy="send it by another file type",
                term="BT-1",
                value=item.number,
            )
        ]

    def document(self, item: Item, batch: Batch) -> bytes:
        """The slip."""
        number = batch.control_numbers.get(self._scope(batch), "-")
        amount = f"{amount_text(item.signed, item.currency)} {item.currency}"
        return f"SLIP {number}\nNumber: {item.number}\nFor: {item.party_name}\nPay: {amount}\n".encode()

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """The slip's number and amount."""
        del batch
        found = _SLIP.fullmatch(data.decode())
        if found is None:
            raise ValueError("this is no slip")
        _, number, _, sign, whole, fraction, currency = found.groups()
        return Read(number, currency, int(f"{sign}{whole}{fraction or ''}"))

    @staticmethod
    def _scope(batch: Batch) -> str:
        return f"slips/{batch.settings['shop']}"

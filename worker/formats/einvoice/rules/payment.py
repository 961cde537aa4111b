"""Rules of payment instructions."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Document
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings

_TRANSFERS: Final = frozenset({"30", "58"})
_CARD_DIGITS: Final = 10


def check(document: Document, found: Findings) -> None:
    """BR-49 to BR-51, BR-61, BR-CL-16."""
    for payment in document.get("payment", ()):
        code = payment.get("means_code")
        if code is None:
            found.missing("BR-49", "BT-81", "the code of a payment means")
        elif code not in codes.load("payment_means"):
            found.unlisted("BR-CL-16", "BT-81", "the code of a payment means", code, "payment_means")
        if code in _TRANSFERS and "id" not in payment.get("account", {}):
            rule = "BR-50" if payment.get("account") else "BR-61"
            found.missing(rule, "BT-84", f"the account for a payment by transfer ({code})")
        number = payment.get("card", {}).get("number")
        if number is not None and sum(char.isdigit() for char in number) > _CARD_DIGITS:
            found.add(
                "BR-51",
                "BT-87",
                "the number of a payment card has more digits than may be shown",
                f"give at most the first six and the last four digits {AT_SOURCE}",
                f"…{number[-4:]}",
            )

"""What a payment is for, in its addenda: X12 remittance segments, plain text, or a whole 820.

CCD and PPD have one addenda of 80 characters; what does not fit is not cut. In X12, `*` parts elements and
`\\` or `~` end segments, so that no value may hold them (Nacha Guidelines, remittance in addenda).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.fields import amount_text
from worker.formats.nacha.codes import ADDENDA_WIDTH, MAX_ADDENDA

_MARKS = frozenset("*\\~>")


class Document(NamedTuple):
    """One document that an entry pays: its number, and its amount with credit notes negative."""

    number: str
    cents: int


def is_marked(documents: Sequence[Document]) -> bool:
    """Whether a number holds what parts X12 elements."""
    return any(_MARKS.intersection(document.number) for document in documents)


def rmr(document: Document) -> str:
    """The segment of one document: what is paid of it."""
    # X12 element 128: IV a seller's invoice, CL a seller's credit memo.
    kind = "IV" if document.cents >= 0 else "CL"
    return f"RMR*{kind}*{document.number}**{amount_text(document.cents, 'USD')}\\"


def one_addenda(documents: Sequence[Document], *, segments: bool) -> str | None:
    """The documents' numbers and amounts in 80 characters, or just their numbers; None if too many."""
    if segments and not is_marked(documents):
        told = "".join(map(rmr, documents))
        if len(told) <= ADDENDA_WIDTH:
            return told
    invoices = ", ".join(document.number for document in documents if document.cents >= 0)
    credits_ = ", ".join(document.number for document in documents if document.cents < 0)
    text = f"INV {invoices} LESS CREDIT {credits_}" if credits_ else f"INV {invoices}"
    return text if len(text) <= ADDENDA_WIDTH else None


class Ends(NamedTuple):
    """Who pays whom, as an 820 says it."""

    company_id: str
    company_name: str
    bank: str  # nine digits
    account: str
    """Kind and number of the company's own, where the profile has it, as `DA*12345`; else empty."""
    payee_id: str
    payee_name: str
    payee_bank: str  # nine digits
    payee_account: str


class Payment(NamedTuple):
    """One payment with everything an 820 says of it."""

    ends: Ends
    job_id: int
    item_id: int
    """Of the payment's first document: with the job a number that no other payment has."""
    made: str  # YYYYMMDDHHMM
    effective: str  # YYYYMMDD
    documents: Sequence[Document]


def x12_820(payment: Payment) -> str:
    """A payment order with remittance advice (004010) as one stream, in envelopes of its own.

    The amount of its BPR is the entry's, and the sum of its RMR04.
    """
    ends, made = payment.ends, payment.made
    company, control = _plain(ends.company_id), f"{payment.item_id % 10**9:09d}"
    total = amount_text(sum(document.cents for document in payment.documents), "USD")
    handling = "I" if total == "0.00" else "C"  # element 305: information only, or payment with advice
    payer = f"01*{ends.bank}*{ends.account or '*'}*{company}*"
    payee = f"01*{ends.payee_bank}*{ends.payee_account}"
    body = [
        "ST*820*0001\\",
        f"BPR*{handling}*{total}*C*ACH*CTX*{payer}*{payee}*{payment.effective}\\",
        f"TRN*1*{payment.job_id}-{payment.item_id}*{company}\\",
        f"N1*PR*{_plain(ends.company_name)}\\",
        f"N1*PE*{_plain(ends.payee_name)}\\",
        "ENT*1\\",
        *map(rmr, payment.documents),
    ]
    return "".join(
        (
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{company:15}*ZZ*{_plain(ends.payee_id):15}",
            f"*{made[2:8]}*{made[8:]}*U*00401*{control}*0*P*>\\",
            f"GS*RA*{company}*{_plain(ends.payee_id)}*{made[:8]}*{made[8:]}*1*X*004010\\",
            *body,
            f"SE*{len(body) + 1}*0001\\",
            "GE*1*1\\",
            f"IEA*1*{control}\\",
        )
    )


def cut(stream: str) -> tuple[str, ...] | None:
    """The stream in pieces of 80, without regard to its segments; None when there are too many."""
    pieces = tuple(stream[at : at + ADDENDA_WIDTH] for at in range(0, len(stream), ADDENDA_WIDTH))
    return pieces if len(pieces) <= MAX_ADDENDA else None


def _plain(text: str) -> str:
    """A name without what parts X12 elements; numbers with such characters were refused before."""
    return "".join(" " if char in _MARKS else char for char in text).strip()

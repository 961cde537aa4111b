"""What banks answer to entries: returns (addenda 99) and notifications of change (addenda 98)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.ach_returns.records import AnswerKind
from models.parties import AccountKind
from worker.ach import reasons
from worker.ach.addenda_layouts import CONTESTED, DISHONORED
from worker.ach.codes import TRANSACTIONS
from worker.ach.reasons import Reason
from worker.ach.records import Record
from worker.ach.structure import Entry, Line, parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a notification of change says is right; what it says nothing of is empty."""

    routing: str = ""
    account: str = ""
    transaction_code: str = ""
    name: str = ""
    identification: str = ""

    @property
    def kind(self) -> AccountKind | None:
        """Checking or savings, by the transaction code; None where it says neither."""
        said = TRANSACTIONS.get(self.transaction_code)
        return AccountKind(said.account) if said and said.account in set(AccountKind) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One entry that came back, or a change asked for."""

    kind: AnswerKind
    code: str
    record: int
    trace: str
    """The trace number of the original entry: 15 digits."""
    own_trace: str
    sec: str
    company: str
    effective: str
    """YYMMDD of its batch: for returns the original's."""
    cents: int
    account: str
    """The account number of the original entry."""
    rdfi: str
    """The bank of the original entry: 8 digits."""
    name: str
    information: str
    data: str
    """The corrected data as it stands."""
    corrected: Corrected | None

    @property
    def reason(self) -> Reason:
        """What its code means."""
        return reasons.of(self.code)

    @property
    def key(self) -> str:
        """What makes it the same answer, in whichever file it comes again."""
        return "/".join((self.kind, self.code, self.trace, self.own_trace, self.data))


def read(records: Iterable[Record]) -> Iterator[Answer]:
    """Every answer of a file, in its order; what is no answer is passed over."""
    for part in parts(records):
        if isinstance(part, Entry):
            for line in part.addenda:
                if line.value("addenda type code") in ("98", "99"):
                    yield _answer(part, line)


def _answer(entry: Entry, line: Line) -> Answer:
    kind, code = _kind_and_code(line)
    header, cents = entry.header, entry.line.value("amount")
    data = (
        line.layout.field("corrected data").of(line.record.text) if line.layout.has("corrected data") else ""
    )
    return Answer(
        kind=kind,
        code=code,
        record=line.record.number,
        trace=line.value("original entry trace number"),
        own_trace=entry.line.value("trace number"),
        sec=entry.sec,
        company="" if header is None else header.value("company identification"),
        effective="" if header is None else header.value("effective entry date"),
        cents=int(cents) if cents.isdecimal() else 0,
        account=entry.line.value("account number"),
        rdfi=line.value("original RDFI"),
        name=entry.line.value("receiver name"),
        information=line.value("addenda information"),
        data=data.rstrip(),
        corrected=decode(code, data) if kind is AnswerKind.CHANGE else None,
    )


def _kind_and_code(line: Line) -> tuple[AnswerKind, str]:
    if line.value("addenda type code") == "98":
        refused = line.value("refused COR code")
        return (
            (AnswerKind.REFUSED_CHANGE, refused)
            if refused
            else (AnswerKind.CHANGE, line.value("change code"))
        )
    code = line.value("return reason code")
    if code in DISHONORED:
        return AnswerKind.DISHONORED, code
    return (AnswerKind.CONTESTED if code in CONTESTED else AnswerKind.RETURN), code


def decode(code: str, data: str) -> Corrected | None:
    """Corrected data by its positions (appendix five); None for a code that corrects no account.

    C01 account; C02 routing; C03 routing, 3 blanks, account; C04 name; C05 transaction code; C06 account,
    3 blanks, transaction code; C07 routing, account, transaction code; C09 identification number.
    """
    text = f"{data:<29}"
    match code:
        case "C01":
            return Corrected(account=text[:17].strip())
        case "C02":
            return Corrected(routing=text[:9].strip())
        case "C03":
            return Corrected(routing=text[:9].strip(), account=text[12:29].strip())
        case "C04":
            return Corrected(name=text[:22].strip())
        case "C05":
            return Corrected(transaction_code=text[:2].strip())
        case "C06":
            return Corrected(account=text[:17].strip(), transaction_code=text[20:22].strip())
        case "C07":
            return Corrected(
                routing=text[:9].strip(), account=text[9:26].strip(), transaction_code=text[26:28].strip()
            )
        case "C09":
            return Corrected(identification=text[:22].strip())
        case _:
            return None

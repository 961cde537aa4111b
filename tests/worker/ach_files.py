"""ACH files for tests, put together from their columns; what a test changes in one is its own affair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ODFI = "07640125"
BANK = "076401251"
COMPANY = "1234567890"


def routing(eight: str) -> str:
    """Nine digits: the check digit by its definition, weights 3, 7 and 1."""
    total = sum(int(digit) * weight for digit, weight in zip(eight, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return f"{eight}{-total % 10}"


@dataclass(kw_only=True)
class Entry:
    """An entry detail record and its addenda."""

    amount: int
    trace: int
    code: str = "22"
    rdfi: str = "02100002"
    account: str = "123456789"
    middle: str = ""
    """Positions 40 to 78; left out, an invoice's number and a name."""
    addenda: Sequence[str] = ()
    """Records of type 7, whole."""
    odfi: str = ODFI

    def records(self) -> list[str]:
        """The record, and those of its addenda."""
        middle = self.middle or f"{f'INV-{self.trace}':<15}{'ACME SUPPLIES':<22}  "
        head = f"6{self.code}{routing(self.rdfi)}{self.account:<17}{self.amount:010d}{middle:<39}"
        return [f"{head}{int(bool(self.addenda))}{self.odfi}{self.trace:07d}", *self.addenda]


def remittance(text: str, trace: int, number: int = 1) -> str:
    """An addenda record of type 05."""
    return f"705{text:<80}{number:04d}{trace:07d}"


def remittances(text: str, trace: int) -> list[str]:
    """A text cut into addenda of 80 characters."""
    pieces = [text[start : start + 80] for start in range(0, len(text), 80)]
    return [remittance(piece, trace, number) for number, piece in enumerate(pieces, 1)]


@dataclass(kw_only=True)
class Batch:
    """A batch of entries."""

    entries: list[Entry]
    sec: str = "CCD"
    service_class: str = "220"
    name: str = "EXAMPLE INC"
    description: str = "VENDOR PAY"
    effective: str = "261124"
    settlement: str = ""
    odfi: str = ODFI

    def records(self, number: int) -> list[str]:
        """Its records, control included."""
        head = f"5{self.service_class}{self.name:<16}{'':20}{COMPANY}{self.sec}{self.description:<10}"
        lines = [f"{head}{'':6}{self.effective}{self.settlement:<3}1{self.odfi}{number:07d}"]
        lines += [record for entry in self.entries for record in entry.records()]
        control = f"8{self.service_class}{_sums(lines[1:])}{COMPANY}{'':25}{self.odfi}{number:07d}"
        return [*lines, control]


@dataclass(kw_only=True)
class File:
    """A file of batches."""

    batches: list[Batch] = field(default_factory=list)
    modifier: str = "A"
    created: str = "261123"
    origin: str = COMPANY

    def records(self) -> list[str]:
        """Its records, fillers included."""
        lines = [
            f"101 {BANK}{self.origin:>10}{self.created}0930{self.modifier}094101"
            f"{'EXAMPLE BANK':<23}{'EXAMPLE INC':<23}{'':8}"
        ]
        for number, batch in enumerate(self.batches, 1):
            lines += batch.records(number)
        return closed(lines)

    def bytes(self, end: str = "\r\n") -> bytes:
        """The file with line ends."""
        return as_bytes(self.records(), end)


def closed(lines: list[str]) -> list[str]:
    """Records with the file control and the fillers that they need."""
    batches = [line for line in lines if line[0] == "8"]
    counted = sum(int(line[4:10]) for line in batches)
    hashed = sum(int(line[10:20]) for line in batches) % 10**10
    debits = sum(int(line[20:32]) for line in batches)
    credits_ = sum(int(line[32:44]) for line in batches)
    blocks = -(-(len(lines) + 1) // 10)
    control = f"9{len(batches):06d}{blocks:06d}{counted:08d}{hashed:010d}{debits:012d}{credits_:012d}{'':39}"
    return [*lines, control, *["9" * 94] * (blocks * 10 - len(lines) - 1)]


def as_bytes(lines: Iterable[str], end: str = "\r\n") -> bytes:
    """Records as a file."""
    return "".join(f"{line}{end}" for line in lines).encode("latin-1")


def _sums(lines: Sequence[str]) -> str:
    entries = [line for line in lines if line[0] == "6"]
    hashed = sum(int(line[3:11]) for line in entries) % 10**10
    debits = sum(int(line[29:39]) for line in entries if line[2] >= "5")
    credits_ = sum(int(line[29:39]) for line in entries if line[2] < "5")
    return f"{len(lines):06d}{hashed:010d}{debits:012d}{credits_:012d}"


INVOICES = (
    "ISA*00*          *00*          *ZZ*EXAMPLE        *ZZ*ACME           "
    "*261123*0930*U*00401*000000001*0*P*>\\GS*RA*EXAMPLE*ACME*20261123*0930*1*X*004010\\ST*820*0001\\"
    "BPR*C*3000.00*C*ACH*CTX\\TRN*1*PAY-77\\N1*PR*EXAMPLE INC\\N1*PE*ACME SUPPLIES\\ENT*1\\"
    "RMR*IV*INV-1**1000.00*1010.00*10.00\\DTM*003*20261101\\RMR*IV*INV-2**2000.00\\SE*9*0001\\"
    "GE*1*1\\IEA*1*000000001\\"
)
"""An 820 of two invoices, 3000.00 in all."""


def mixed() -> File:
    """CCD with and without addenda, CTX with an 820, and PPD with a prenote and a zero-dollar CCD."""
    pieces = remittances(INVOICES, 4)
    ctx = f"{'PAY-77':<15}{len(pieces):04d}{'ACME SUPPLIES':<16}    "
    company = [
        Entry(amount=125_000, trace=1),
        Entry(amount=250_050, trace=2, addenda=[remittance("RMR*IV*INV-9**2500.50\\", 2)]),
        Entry(amount=0, trace=3, code="24", addenda=[remittance("RMR*CL*CN-3**0.00\\", 3)]),
    ]
    person = [Entry(amount=7_500, trace=5, code="32"), Entry(amount=0, trace=6, code="23")]
    return File(
        batches=[
            Batch(entries=company),
            Batch(entries=[Entry(amount=300_000, trace=4, middle=ctx, addenda=pieces)], sec="CTX"),
            Batch(entries=person, sec="PPD"),
        ]
    )


def returned(lines: Sequence[str], trace: str, code: str, information: str = "") -> list[str]:
    """The batch of the bank that sends an entry of a file back."""
    header, entry = _found(lines, trace)
    bank = entry[3:11]
    answer = f"799{code}{trace}{'':6}{bank}{information:<44}{bank}0000001"
    return _answered(header, entry, answer)


def changed(lines: Sequence[str], trace: str, code: str, data: str) -> list[str]:
    """The batch of the bank that wants an entry of a file changed."""
    header, entry = _found(lines, trace)
    bank = entry[3:11]
    answer = f"798{code}{trace}{'':6}{bank}{data:<29}{'':15}{bank}0000001"
    cor = f"{header[:50]}COR{header[53:]}"
    return _answered(cor, f"{entry[:29]}{0:010d}{entry[39:]}", answer)


def answers(*batches: list[str], modifier: str = "A") -> bytes:
    """A bank's file of answers."""
    head = f"101{COMPANY} {BANK}2611241200{modifier}094101{'EXAMPLE INC':<23}{'EXAMPLE BANK':<23}{'':8}"
    numbered = [f"{line[:87]}{number:07d}" for number, batch in enumerate(batches, 1) for line in batch]
    return as_bytes(closed([head, *numbered]), "\n")


def _found(lines: Sequence[str], trace: str) -> tuple[str, str]:
    """The batch header and the entry that a file has under a trace number."""
    place = next(place for place, line in enumerate(lines) if line[0] == "6" and line[79:94] == trace)
    return next(line for line in reversed(lines[:place]) if line[0] == "5"), lines[place]


def _answered(header: str, entry: str, answer: str) -> list[str]:
    """A batch of one answer: its entry goes the other way, to the bank that sent the original."""
    bank = entry[3:11]
    code = f"{entry[1]}{'1' if entry[2] < '5' else '6'}"
    line = f"6{code}{routing(header[79:87])}{entry[12:78]}1{bank}0000001"
    head = f"{header[:75]}328{header[78:79]}{bank}0000001"
    return [head, line, answer, f"8{header[1:4]}{_sums([line, answer])}{header[40:50]}{'':25}{bank}0000001"]


def abroad() -> list[str]:
    """A file with one IAT entry, its seven addenda and two more."""
    head = f"5220{'':16}FF3{'':15}DE{COMPANY}IATVENDOR PAYUSDEUR261124{'':3}1{ODFI}0000001"
    entry = f"622{routing('02100002')}0009{'':13}{5_000:010d}{'DE4455667788':<35}{'':4}1{ODFI}0000001"
    texts = {
        "10": f"BUS{5_000:018d}{'':22}{'WALDBAUM GMBH':<35}{'':6}",
        "11": f"{'EXAMPLE INC':<35}{'1 MAIN STREET':<35}{'':14}",
        "12": f"{'SPRINGFIELD*IL' + chr(92):<35}{'US*62701' + chr(92):<35}{'':14}",
        "13": f"{'EXAMPLE BANK':<35}01{'076401251':<34}US{'':11}",
        "14": f"{'BANK IN BERLIN':<35}02{'BEBEDEBB':<34}DE{'':11}",
        "15": f"{'':15}{'WALDWEG 1':<35}{'':34}",
        "16": f"{'BERLIN*BE' + chr(92):<35}{'DE*10115' + chr(92):<35}{'':14}",
        "17": f"{'INVOICE 4711':<80}0001",
        "18": f"{'BANK BETWEEN':<35}02{'BETWDEFF':<34}DE{'':7}0001",
    }
    addenda = [f"7{kind}{text}0000001" for kind, text in texts.items()]
    control = f"8220{_sums([entry, *addenda])}{COMPANY}{'':25}{ODFI}0000001"
    return closed([File().records()[0], head, entry, *addenda, control])


def advised() -> list[str]:
    """A file with one ADV entry, whose totals are wider than others'."""
    head = f"5280{'EXAMPLE INC':<16}{'':20}{COMPANY}ADV{'ADVICE':<10}{'':6}261124{'':3}0{ODFI}0000001"
    entry = f"681{routing('02100002')}{'123456789':<15}{5_000:012d}{'':9}{'':5} {'EXAMPLE INC':<22}  0"
    entry += "02100002328" + "0001"
    hashed, sums = f"{2100002:010d}", f"{0:020d}{5_000:020d}"
    control = f"8280{1:06d}{hashed}{sums}{'':19}{ODFI}0000001"
    end = f"9{1:06d}{1:06d}{1:08d}{hashed}{sums}{'':23}"
    return [File().records()[0], head, entry, control, end, *["9" * 94] * 5]

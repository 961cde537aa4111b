"""A pain.001 message read again and held against its structure, part by part.

The tables below are what the published schemas (ISO 20022, pain.001.001.03 and .09, in the use that EPC132-08
makes of them) say of the elements that are written here: which, in which order, how often, and of what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeAlias

from lxml import etree
from stdnum import iban

from models.fields import to_minor
from worker.formats import Totals
from worker.formats.pain001.settings import V03
from worker.formats.pain001.writing import NAMESPACE


class Child(NamedTuple):
    """An element within another: whether it must be there, whether it may be there again."""

    name: str
    must: bool = True
    many: bool = False


_TEXT = r"(?=.*\S)[A-Za-z0-9/\-?:().,'+ ]"
Structure: TypeAlias = Mapping[str, tuple[Child, ...]]
_STRUCTURE: Structure = {
    "CstmrCdtTrfInitn": (Child("GrpHdr"), Child("PmtInf")),
    "GrpHdr": (Child("MsgId"), Child("CreDtTm"), Child("NbOfTxs"), Child("CtrlSum"), Child("InitgPty")),
    "InitgPty": (Child("Nm"), Child("Id", must=False)),
    "InitgPty/Id": (Child("OrgId"),),
    "OrgId": (Child("Othr"),),
    "Othr": (Child("Id"),),
    "PmtInf": (
        Child("PmtInfId"),
        Child("PmtMtd"),
        Child("BtchBookg"),
        Child("NbOfTxs"),
        Child("CtrlSum"),
        Child("PmtTpInf"),
        Child("ReqdExctnDt"),
        Child("Dbtr"),
        Child("DbtrAcct"),
        Child("DbtrAgt"),
        Child("ChrgBr"),
        Child("CdtTrfTxInf", must=False, many=True),
    ),
    "PmtTpInf": (Child("SvcLvl"),),
    "SvcLvl": (Child("Cd"),),
    "Dbtr": (Child("Nm"),),
    "DbtrAcct": (Child("Id"),),
    "DbtrAcct/Id": (Child("IBAN"),),
    "DbtrAgt": (Child("FinInstnId"),),
    "CdtTrfTxInf": (
        Child("PmtId"),
        Child("Amt"),
        Child("CdtrAgt", must=False),
        Child("Cdtr"),
        Child("CdtrAcct"),
        Child("RmtInf"),
    ),
    "PmtId": (Child("EndToEndId"),),
    "Amt": (Child("InstdAmt"),),
    "CdtrAgt": (Child("FinInstnId"),),
    "Cdtr": (Child("Nm"),),
    "CdtrAcct": (Child("Id"),),
    "CdtrAcct/Id": (Child("IBAN"),),
    "RmtInf": (Child("Ustrd", must=False), Child("Strd", must=False)),
    "Strd": (Child("CdtrRefInf"),),
    "CdtrRefInf": (Child("Tp"), Child("Ref")),
    "Tp": (Child("CdOrPrtry"), Child("Issr")),
    "CdOrPrtry": (Child("Cd"),),
}
_BY_VERSION: Mapping[bool, Structure] = {
    True: {"FinInstnId": (Child("BIC", must=False), Child("Othr", must=False))},
    False: {
        "FinInstnId": (Child("BICFI", must=False), Child("Othr", must=False)),
        "ReqdExctnDt": (Child("Dt"),),
    },
}
_BIC = r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?"
_LEAVES: Mapping[str, str] = {
    "MsgId": _TEXT + "{1,35}",
    "PmtInfId": _TEXT + "{1,35}",
    "EndToEndId": _TEXT + "{1,35}",
    "Id": _TEXT + "{1,35}",
    "CreDtTm": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "NbOfTxs": r"\d{1,15}",
    "CtrlSum": r"\d{1,16}\.\d\d",
    "InstdAmt": r"\d{1,9}\.\d\d",
    "Nm": _TEXT + "{1,70}",
    "PmtMtd": "TRF",
    "BtchBookg": "true|false",
    "Cd": "SEPA|SCOR",
    "Issr": "ISO",
    "ReqdExctnDt": r"\d{4}-\d\d-\d\d",
    "Dt": r"\d{4}-\d\d-\d\d",
    "IBAN": r"[A-Z]{2}\d{2}[A-Z0-9]{1,30}",
    "BIC": _BIC,
    "BICFI": _BIC,
    "ChrgBr": "SLEV",
    "Ustrd": _TEXT + "{1,140}",
    "Ref": r"RF\d\d[A-Z0-9]{1,21}",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _LEAVES.items()}


def read(path: Path, version: str) -> Totals:
    """Count and sum the transfers; raises `ValueError` naming what is not as the message has it."""
    space = f"{{{NAMESPACE}{version}}}"
    structure = {**_STRUCTURE, **_BY_VERSION[version == V03]}
    count = minor = 0
    with path.open("rb") as file:
        try:
            root = None
            for _, found in etree.iterparse(file, resolve_entities=False):
                root = found
                if found.tag == f"{space}CdtTrfTxInf":
                    _check(found, "PmtInf", structure, space)
                    minor += _amount(found, space)
                    count += 1
                    parent = found.getparent()
                    if parent is not None:
                        parent.remove(found)
        except etree.XMLSyntaxError as error:
            raise ValueError(str(error)) from error
    if root is None or root.tag != f"{space}Document" or len(root) != 1:
        raise ValueError(f"it is no pain.{version}")
    _check(root[0], "Document", structure, space)
    _check_sums(root[0], space, count, minor)
    return Totals(items=count, records=count, sums={"EUR": minor} if count else {})


def _check(
    found: etree._Element, parent: str, structure: Mapping[str, tuple[Child, ...]], space: str
) -> None:
    name = str(found.tag).removeprefix(space)
    children = structure.get(f"{parent}/{name}") or structure.get(name)
    if children is None or (name == "Id" and not len(found)):
        pattern = _PATTERNS.get(name)
        if pattern is None or len(found) or not pattern.fullmatch(found.text or ""):
            raise ValueError(f"{parent}/{name} is {found.text!r}")
        if name in ("Dt", "ReqdExctnDt"):
            date.fromisoformat(found.text or "")
        if name == "IBAN" and not iban.is_valid(found.text or ""):
            raise ValueError(f"{parent}/{name} is {found.text!r}")
        return
    given = [str(child.tag).removeprefix(space) for child in found]
    _check_order(given, children, f"{parent}/{name}")
    for child in found:
        _check(child, name, structure, space)


def _check_order(given: list[str], children: tuple[Child, ...], where: str) -> None:
    place = 0
    for child in children:
        count = 0
        while place < len(given) and given[place] == child.name:
            place, count = place + 1, count + 1
        if (child.must and not count) or (count > 1 and not child.many):
            raise ValueError(f"{where} has {count} {child.name}")
    if place < len(given) or not given:
        raise ValueError(f"{where} has {', '.join(given) or 'nothing'}")


def _amount(found: etree._Element, space: str) -> int:
    amount = found.find(f"{space}Amt/{space}InstdAmt")
    if amount is None or amount.get("Ccy") != "EUR":
        raise ValueError("a transfer has no amount in euros")
    return to_minor(amount.text or "", "EUR")


def _check_sums(found: etree._Element, space: str, count: int, minor: int) -> None:
    for part in ("GrpHdr", "PmtInf"):
        said = (
            found.findtext(f"{space}{part}/{space}NbOfTxs"),
            found.findtext(f"{space}{part}/{space}CtrlSum"),
        )
        if int(said[0] or -1) != count or to_minor(said[1] or "x", "EUR") != minor:
            raise ValueError(f"{part} says {said[0]} transfers of {said[1]}, there are {count}")

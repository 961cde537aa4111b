"""Climate data on lines of OIOUBL 2.1: item properties whose names mean something (OIOUBL-Common-GP)."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Line
from worker.formats.einvoice import codes
from worker.formats.einvoice.amounts import number
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown

_FACTOR: Final = "EmissionFactor"
_NUMBERS: Final = {_FACTOR: "OIOUBL-Common-GP004", "CalculationRate": "OIOUBL-Common-GP009"}
_NET: Final = "NetEmissionQuantity"
_SOURCE: Final = "EmissionFactorSource"
_UNIT: Final = "EmissionFactorCalculationUnit"


def check(line: Line, where: str, found: Findings) -> None:
    """Find values that their names do not allow."""
    pairs = [
        (pair.get("name", ""), pair.get("value", "")) for pair in line.get("item", {}).get("properties", ())
    ]
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if name in _NUMBERS and number(value) is None:
            _wrong(_NUMBERS[name], name, value, where, found)
        if name == _FACTOR and _SOURCE not in names:
            found.missing("OIOUBL-Common-GP007", "BT-160", f"the {_SOURCE} of {where}")
        if name == _SOURCE and value not in ("Database", "Internal"):
            _wrong("OIOUBL-Common-GP006", name, value, where, found)
        if name == _UNIT and value not in codes.load("oioubl_units"):
            _wrong("OIOUBL-Common-GP008", name, value, where, found)
        if name == _NET and not _is_product(line, pairs, value):
            _wrong("OIOUBL-Common-GP005", name, value, where, found)


def _is_product(line: Line, pairs: list[tuple[str, str]], stated: str) -> bool:
    factors = [number(value) for name, value in pairs if name == _FACTOR]
    quantity, net = number(line.get("quantity", "")), number(stated)
    if len(factors) != 1 or factors[0] is None or quantity is None or net is None:
        return False
    return round(factors[0] * quantity, 4) == round(net, 4)


def _wrong(rule: str, name: str, value: str, where: str, found: Findings) -> None:
    found.add(rule, "BT-161", f"the {name} of {where} is {shown(value)}", f"correct it {AT_SOURCE}", value)

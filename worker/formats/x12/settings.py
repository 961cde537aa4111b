"""What a trading partner and a VAN want of an X12 interchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from models.catalogue import Setting, SettingKind
from models.problems import Problem
from worker.formats.edi.settings import LINE_BREAKS, PACKING

_SHORTEST: Final = 2
"""Of the codes of a group, GS02 and GS03; those of the interchange may have one character."""

SETTINGS = (
    PACKING,
    Setting(
        name="sender",
        title="Sender",
        help="what the network knows us by (ISA06)",
        required=True,
        pattern=r"[ -)+-=?-}]{1,15}",
    ),
    Setting(
        name="sender_qualifier",
        title="Sender qualifier",
        help="of what kind that is (ISA05): ZZ as agreed, 01 DUNS, 08 UCC, 12 telephone",
        default="ZZ",
        pattern=r"[A-Z0-9]{2}",
    ),
    Setting(
        name="receiver",
        title="Receiver",
        help="what the network knows the partner by (ISA08)",
        required=True,
        pattern=r"[ -)+-=?-}]{1,15}",
    ),
    Setting(
        name="receiver_qualifier",
        title="Receiver qualifier",
        help="of what kind that is (ISA07): ZZ as agreed, 01 DUNS, 08 UCC, 12 telephone",
        default="ZZ",
        pattern=r"[A-Z0-9]{2}",
    ),
    Setting(
        name="group_sender",
        title="Group sender",
        help="application sender's code (GS02); empty: the sender",
        pattern=r"[ -)+-=?-}]{2,15}",
    ),
    Setting(
        name="group_receiver",
        title="Group receiver",
        help="application receiver's code (GS03); empty: the receiver",
        pattern=r"[ -)+-=?-}]{2,15}",
    ),
    Setting(
        name="vendor_number",
        title="Vendor number",
        help="what the partner's books know us by (REF VR)",
        pattern=r"[ -)+-=?-}]{1,30}",
    ),
    Setting(
        name="tax_type",
        title="Tax type",
        help="element 963 of every tax: ST state sales tax, GS goods and services tax, VA value added tax",
        kind=SettingKind.CHOICE,
        default="ST",
        choices=("ST", "GS", "VA"),
    ),
    Setting(
        name="credit_amounts",
        title="Credit amounts",
        help="positive: BIG07 CR says that it is a credit; negative: TDS01 is negative too",
        kind=SettingKind.CHOICE,
        default="positive",
        choices=("positive", "negative"),
    ),
    Setting(
        name="capitals",
        title="Capital letters",
        help="whether all text is written in capital letters, as older systems want it",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="acknowledgement",
        title="Ask for TA1",
        help="whether the receiver is asked to acknowledge each interchange (ISA14)",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="usage",
        title="Usage",
        help="P production, T test (ISA15)",
        kind=SettingKind.CHOICE,
        default="P",
        choices=("P", "T"),
    ),
    LINE_BREAKS,
)


def check(values: Mapping[str, str | int | bool | None]) -> Iterator[Problem]:
    """A sender or receiver that is too short for the group as well, where nothing else is set for that."""
    for side in ("sender", "receiver"):
        code = str(values.get(f"group_{side}") or values.get(side) or "").strip()
        if len(code) < _SHORTEST:
            yield Problem(
                code="invalid_setting",
                reason=f"the setting x12.{side} is {code!r}: a group's code has at least two characters",
                remedy=f"set the one agreed for it: waybill facility edit NAME --set x12.group_{side}=…",
                term=f"group_{side}",
                value=code,
            )

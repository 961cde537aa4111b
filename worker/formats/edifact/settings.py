"""What a trading partner and a VAN want of an interchange."""

from __future__ import annotations

from models.catalogue import Setting, SettingKind
from worker.formats.edi.settings import LINE_BREAKS, PACKING
from worker.formats.edifact.syntax import LEVELS

SETTINGS = (
    PACKING,
    Setting(
        name="sender",
        title="Sender",
        help="what the network knows us by (UNB S002), commonly our GLN",
        required=True,
        pattern=r"[^\s].{0,34}",
    ),
    Setting(
        name="sender_qualifier",
        title="Sender qualifier",
        help="of what kind that is: 14 for a GLN, ZZZ as agreed",
        default="14",
        pattern=r"[A-Z0-9]{1,4}",
    ),
    Setting(
        name="receiver",
        title="Receiver",
        help="what the network knows the other side by (UNB S003); empty: the GLN (0088) in each invoice",
        pattern=r"[^\s].{0,34}",
    ),
    Setting(
        name="receiver_qualifier",
        title="Receiver qualifier",
        help="of what kind that is: 14 for a GLN, ZZZ as agreed",
        default="14",
        pattern=r"[A-Z0-9]{1,4}",
    ),
    Setting(
        name="syntax",
        title="Character set",
        help="UNOA carries capital letters, UNOB letters, UNOC ISO 8859-1",
        kind=SettingKind.CHOICE,
        default="UNOC",
        choices=LEVELS,
    ),
    Setting(
        name="plain_letters",
        title="Plain letters",
        help="whether what the set lacks is written in plain letters (Ł as L); else the invoice fails",
        kind=SettingKind.BOOLEAN,
        default=True,
    ),
    Setting(
        name="association",
        title="Subset",
        help="association assigned code of UNH: EAN008 says EANCOM 97; empty for none",
        default="EAN008",
        pattern=r"[A-Z0-9]{1,6}",
    ),
    Setting(
        name="application_reference",
        title="Application reference",
        help="UNB 0026, where the network routes by it",
        pattern=r"[^\s].{0,13}",
    ),
    Setting(
        name="agreement",
        title="Interchange agreement",
        help="UNB 0032, as agreed with the partner",
        pattern=r"[^\s].{0,34}",
    ),
    Setting(
        name="acknowledgement",
        title="Ask for CONTRL",
        help="whether the receiver is asked to acknowledge each interchange (UNB 0031)",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="test",
        title="Test",
        help="whether interchanges are marked as tests (UNB 0035)",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    LINE_BREAKS,
    Setting(
        name="gln_required",
        title="GLNs required",
        help="whether an invoice fails whose seller or buyer has no GLN, as EANCOM wants it",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
)

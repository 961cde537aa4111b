"""What a bank's profile asks for."""

from __future__ import annotations

from models.catalogue import Setting, SettingKind

_NINE_OR_TEN = r"\d{9}|[ -~]{10}"

SETTINGS = (
    Setting(
        name="immediate_destination",
        title="Immediate destination",
        help="the bank's routing number (9 digits), or the 10 characters it gave",
        required=True,
        pattern=_NINE_OR_TEN,
    ),
    Setting(
        name="immediate_origin",
        title="Immediate origin",
        help="9 digits, or the 10 characters agreed with the bank, often 1 and the EIN",
        required=True,
        pattern=_NINE_OR_TEN,
    ),
    Setting(name="destination_name", title="Destination name", help="the bank's name", max_length=23),
    Setting(name="origin_name", title="Origin name", help="the company's name", max_length=23),
    Setting(name="reference_code", title="Reference code", help="as the bank wants it", max_length=8),
    Setting(
        name="company_name",
        title="Company name",
        help="the name the payees know, at most 16 characters",
        required=True,
        max_length=16,
    ),
    Setting(
        name="company_id",
        title="Company identification",
        help="10 characters, often 1 and the EIN",
        required=True,
        pattern=r"[ -~]{10}",
    ),
    Setting(
        name="odfi",
        title="Originating bank",
        help="the routing number (9 digits) of the bank that sends the file, or its first 8",
        required=True,
        pattern=r"\d{8,9}",
    ),
    Setting(
        name="entry_description",
        title="Entry description",
        help="what the payees read on their statements, at most 10 characters",
        default="VENDOR PAY",
        max_length=10,
    ),
    Setting(
        name="discretionary_data", title="Discretionary data", help="as the bank wants it", max_length=20
    ),
    Setting(
        name="effective_days",
        title="Effective entry date",
        help="how many banking days after the posting date, 0 to 10; 0 can mean same-day with its fee",
        kind=SettingKind.INTEGER,
        default=1,
    ),
    Setting(
        name="time_zone",
        title="Time zone",
        help="the zone of the file's creation date and time",
        default="America/New_York",
    ),
    Setting(
        name="one_entry_per",
        title="One entry per",
        help="payee adds up all documents of a payee; with credit notes they always are",
        kind=SettingKind.CHOICE,
        choices=("invoice", "payee"),
        default="invoice",
    ),
    Setting(
        name="addenda",
        title="Addenda",
        help="needed: where the identification number cannot carry the invoice numbers",
        kind=SettingKind.CHOICE,
        choices=("needed", "always", "off"),
        default="needed",
    ),
    Setting(
        name="addenda_form",
        title="Form of the addenda",
        help="rmr: X12 segments, text where they do not fit; text: the numbers",
        kind=SettingKind.CHOICE,
        choices=("rmr", "text"),
        default="rmr",
    ),
    Setting(
        name="list_too_long",
        title="Numbers that do not fit",
        help="refuse: the payee's documents fail; reference: the addenda names how many and the export job",
        kind=SettingKind.CHOICE,
        choices=("refuse", "reference"),
        default="refuse",
    ),
    Setting(
        name="balanced",
        title="Balanced file",
        help="one more entry per batch takes the sum from the offset account",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="offset_routing",
        title="Offset account: routing number",
        help="9 digits",
        pattern=r"\d{9}",
    ),
    Setting(
        name="offset_account",
        title="Offset account: number",
        help="letters, digits and hyphens, at most 17",
        pattern=r"[0-9A-Za-z-]{1,17}",
    ),
    Setting(
        name="offset_kind",
        title="Offset account: kind",
        help="as the bank keeps it",
        kind=SettingKind.CHOICE,
        choices=("checking", "savings"),
        default="checking",
    ),
    Setting(
        name="line_end",
        title="Line end",
        help="crlf as in Windows, lf as in Unix, or none",
        kind=SettingKind.CHOICE,
        choices=("crlf", "lf", "none"),
        default="crlf",
    ),
    Setting(
        name="upper_case",
        title="Upper case",
        help="write names and numbers in capital letters",
        kind=SettingKind.BOOLEAN,
        default=True,
    ),
    Setting(
        name="characters",
        title="Allowed characters",
        help="besides letters, digits and blanks",
        default=".,-/&'()*#:+$@",
        pattern=r"[!-~]*",
    ),
)

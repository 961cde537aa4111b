"""What a bank's profile asks for: whom the file is from and for, how entries are made, when they settle."""

from __future__ import annotations

from models.catalogue import Setting, SettingKind

_NINE_OR_TEN = r"\d{9}|[ -~]{10}"
_CUT_OFF = r"(?:(?:[01]\d|2[0-3]):[0-5]\d|-)"

_PARTIES = (
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
        name="person_description",
        title="Entry description for persons",
        help="another one for PPD batches; empty: the same",
        max_length=10,
    ),
    Setting(
        name="discretionary_data", title="Discretionary data", help="as the bank wants it", max_length=20
    ),
)

_ENTRIES = (
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
        name="ctx",
        title="CTX",
        help="needed: companies get an X12 820 where the numbers do not fit one addenda; always: in any case",
        kind=SettingKind.CHOICE,
        choices=("never", "needed", "always"),
        default="never",
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
        name="zero_dollar",
        title="Zero-dollar entries",
        help="tell a company whose documents come to nothing so, by an entry of zero; else they wait on hold",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="debits",
        title="Debits",
        help="invoices of customers are collected from the accounts that they authorised; else they fail",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="prenotes",
        title="Prenotes",
        help="an account's first file holds a prenote of zero; its invoices wait until it could be answered",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
    Setting(
        name="prenote_days",
        title="Wait after a prenote",
        help="banking days after it settled, 3 by the rules, up to 10",
        kind=SettingKind.INTEGER,
        default=3,
        least=3,
        most=10,
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
)

_DATES = (
    Setting(
        name="effective_days",
        title="Effective entry date",
        help="how many banking days after the posting date, 0 to 10; 0 can mean same-day with its fee",
        kind=SettingKind.INTEGER,
        default=1,
    ),
    Setting(
        name="effective_by",
        title="Effective entry date by",
        help="due_date: the banking day on or before it, where that is later; a batch per date",
        kind=SettingKind.CHOICE,
        choices=("posting_date", "due_date"),
        default="posting_date",
    ),
    Setting(
        name="days_ahead",
        title="Latest effective entry date",
        help="how many banking days after the earliest the bank stores entries, 0 to 60; later ones go then",
        kind=SettingKind.INTEGER,
        default=30,
        least=0,
        most=60,
        when=("effective_by", "due_date"),
    ),
    Setting(
        name="same_day",
        title="Same-day entries",
        help="urgent: what is due on the day of the export or before settles on that day, with a fee",
        kind=SettingKind.CHOICE,
        choices=("off", "urgent"),
        default="off",
    ),
    Setting(
        name="same_day_limit",
        title="Same-day limit",
        help="in whole US dollars for an entry; what is above settles on the next day",
        kind=SettingKind.INTEGER,
        default=1_000_000,
        least=1,
        most=99_999_999,
        when=("same_day", "urgent"),
    ),
    Setting(
        name="same_day_cut_offs",
        title="Same-day cut-offs",
        help="the bank's own, Eastern time, for settlement at 13:00, 17:00 and 18:00; - where it has none",
        default="10:30,14:45,16:45",
        pattern=rf"{_CUT_OFF},{_CUT_OFF},{_CUT_OFF}",
        when=("same_day", "urgent"),
    ),
    Setting(
        name="same_day_mark",
        title="Same-day mark",
        help="write SD and the time of settlement, such as SD1300, into the descriptive date",
        kind=SettingKind.BOOLEAN,
        default=False,
        when=("same_day", "urgent"),
    ),
    Setting(
        name="time_zone",
        title="Time zone",
        help="the zone of the file's creation date and time",
        default="America/New_York",
    ),
)

_TEXT = (
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

SETTINGS = (*_PARTIES, *_ENTRIES, *_DATES, *_TEXT)

"""Two forms of the mapping editor: what one column says, and how rows and values are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from textual.widgets import Input

from models.catalogue import Setting, SettingKind
from models.columns import (
    DECIMAL_MARKS,
    DELIMITERS,
    Layout,
    LineEnd,
    Quoting,
    RowsPer,
    Sign,
    WrongLayout,
)
from models.columns.expressions import LONGEST
from models.document_fields import CUSTOM, ValueKind
from tui.kit.form import Form, FormScreen, Values
from tui.mapping_draft import DraftColumn, field_of
from tui.screens.mapping_expression import Completing, line_of, shown_by, wrong_with

Take = Callable[[Values], object]
"""Called in the loop with what was saved."""

_HEADER = Setting(name="header", title="Header", help="what stands above the column", max_length=200)
_CONSTANT = Setting(name="constant", title="Text", help="every row has it", max_length=500)
_VALUE = Setting(
    name="value",
    title="Shows",
    required=True,
    max_length=LONGEST,
    help="a field, or concat(…), if_empty(…), map(…), date(…): waybill mapping functions. → completes",
)
_REQUIRED = Setting(
    name="required",
    title="Required",
    kind=SettingKind.BOOLEAN,
    default=False,
    help="an invoice without the value fails; else the cell is empty",
)
_SIGN = Setting(
    name="sign",
    title="Sign",
    kind=SettingKind.CHOICE,
    choices=tuple(Sign),
    default=Sign.DOCUMENT.value,
    when=("kind", ValueKind.AMOUNT.value),
    help="document: as written; signed: credit notes negative; inverted: invoices negative",
)


class ColumnForm(FormScreen[Values]):
    """One column: its header, and how its values are written."""

    def __init__(self, column: DraftColumn, draft: str, take: Take, paths: Iterable[str] = ()) -> None:
        """`draft`: what is typed and not saved is kept under it; `paths`: fields to be completed."""
        super().__init__()
        self._column = column
        self._paths = tuple(paths)
        self._draft = draft
        self._take = take

    def crumb(self) -> str:
        """What it shows."""
        return self._column.shown

    @property
    def draft(self) -> str:
        """Of this column of this mapping."""
        return self._draft

    def reader(self) -> Callable[[], Form]:
        """What the column says."""
        data = dict(self._column.data)
        form = Form(settings=column_settings(self._column), values={**data, "value": line_of(data)})
        return lambda: form

    async def _put(self, form: Form) -> None:
        await super()._put(form)
        for line in self.query("#f-value").results(Input):
            line.suggester = Completing(self._paths)

    def wrong(self, values: Values) -> Mapping[str, str]:
        """An expression that cannot be."""
        said = wrong_with(values["value"]) if "value" in values else ""
        return {"value": said} if said else {}

    def save(self, values: Values) -> Callable[[], Values]:
        """Into the draft of the mapping; nothing is stored yet."""
        data = {**self._column.data, **values}
        if "value" in values:
            data = _showing(data, values["value"])
        data |= {name: data.get(name) or "" for name in ("header", "constant") if name in values}
        if data.get("kind") != ValueKind.AMOUNT:
            data.pop("sign", None)
        return lambda: data

    def saved(self, result: Values) -> None:
        """Hand it to the editor."""
        self._take(result)


def _showing(data: Values, line: str) -> Values:
    """The column with what it shows; of another kind of value nothing is left of how it was written."""
    shown = shown_by(line)
    if all(data.get(key) == value for key, value in shown.items()) and "value" not in shown:
        return {key: value for key, value in data.items() if key != "value"}
    dropped = {"source", "constant", "value", "kind", "sign"} | (
        {"required"} if "constant" in shown else set()
    )
    return {key: value for key, value in data.items() if key not in dropped} | shown


def column_settings(column: DraftColumn) -> list[Setting]:
    """What can be said of a column: less of a constant, more of an amount."""
    if column.value:
        return [_HEADER, _VALUE, _REQUIRED]
    if not column.source:
        return [_HEADER, _CONSTANT]
    kind = field_of(column.source).kind
    kinds = tuple(ValueKind) if column.source.startswith(CUSTOM) else tuple(dict.fromkeys([kind, "text"]))
    written = Setting(
        name="kind",
        title="Written as",
        kind=SettingKind.CHOICE,
        choices=tuple(str(each) for each in kinds),
        default=str(kind),
        help="text: the very characters of the document",
    )
    signed = [_SIGN] if ValueKind.AMOUNT in kinds and column.source != "signed_payable" else []
    return [_HEADER, *([written] if len(kinds) > 1 else []), *signed, _REQUIRED, _VALUE]


_DELIMITER_WORDS = {"\t": "tab"}

_FILE = (
    Setting(
        name="rows",
        title="A row per",
        kind=SettingKind.CHOICE,
        choices=tuple(RowsPer),
        default=RowsPer.INVOICE.value,
        help="line: as many rows as lines; tax: a row per VAT rate; accounting: debits and credits",
    ),
    Setting(name="header", title="Header", kind=SettingKind.BOOLEAN, default=True),
    Setting(
        name="delimiter",
        title="Between values",
        kind=SettingKind.CHOICE,
        choices=tuple(_DELIMITER_WORDS.get(each, each) for each in DELIMITERS),
        default=DELIMITERS[0],
    ),
    Setting(
        name="decimal_mark",
        title="Decimal mark",
        kind=SettingKind.CHOICE,
        choices=DECIMAL_MARKS,
        default=DECIMAL_MARKS[0],
    ),
    Setting(
        name="date_format",
        title="Dates",
        default="YYYY-MM-DD",
        help="YYYY or YY, MM and DD, with - / . or blanks",
    ),
    Setting(
        name="quoting",
        title="Quotation marks",
        kind=SettingKind.CHOICE,
        choices=tuple(Quoting),
        default=Quoting.MINIMAL.value,
        help="minimal: where a value needs them",
    ),
    Setting(
        name="line_end",
        title="Row ends with",
        kind=SettingKind.CHOICE,
        choices=tuple(LineEnd),
        default=LineEnd.CRLF.value,
    ),
    Setting(
        name="bom",
        title="Byte order mark",
        kind=SettingKind.BOOLEAN,
        default=False,
        help="some spreadsheets want it",
    ),
    Setting(
        name="formula_guard",
        title="Guard formulas",
        kind=SettingKind.BOOLEAN,
        default=True,
        help="an apostrophe before what a spreadsheet would take for a formula",
    ),
)


class WrittenForm(FormScreen[Values]):
    """Rows, header, marks and dates of the whole file."""

    NAME = "how it is written"

    def __init__(self, other: Mapping[str, Any], draft: str, take: Take) -> None:
        """`other`: all that a layout says but its columns."""
        super().__init__()
        self._other = other
        self._draft = draft
        self._take = take

    @property
    def draft(self) -> str:
        """Of this mapping."""
        return self._draft

    def reader(self) -> Callable[[], Form]:
        """What the layout says."""
        delimiter = self._other.get("delimiter", DELIMITERS[0])
        values = {**self._other, "delimiter": _DELIMITER_WORDS.get(delimiter, delimiter)}
        return lambda: Form(settings=_FILE, values=values)

    def wrong(self, values: Values) -> Mapping[str, str]:
        """A date that lacks a part."""
        try:
            Layout.from_dict({**_written(values), "columns": ["number"]})
        except WrongLayout as error:
            return {"date_format": f"{error.message}: {error.remedy}"}
        return {}

    def save(self, values: Values) -> Callable[[], Values]:
        """Into the draft of the mapping; nothing is stored yet."""
        return lambda: _written(values)

    def saved(self, result: Values) -> None:
        """Hand it to the editor."""
        self._take(result)


def _written(values: Values) -> Values:
    marks = {word: mark for mark, word in _DELIMITER_WORDS.items()}
    return {**values, "delimiter": marks.get(values["delimiter"], values["delimiter"])}

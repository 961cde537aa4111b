"""How the columns of a delimited file become invoices: the import mapping, a TOML file.

    delimiter = ";"                  # one character; default ","
    quote = '"'                      # one character; "" where nothing is quoted
    encoding = "utf-8-sig"           # any text encoding Python knows
    header = true                    # false: columns are given by number, the first is 1
    skip = 0                         # lines before the header
    rows = "invoice"                 # or "line": every row is a line, rows with the same key are one invoice
    key = ["number", "party.name"]   # rows = "line": what makes rows one invoice; default: see KEY
    dates = ["%d.%m.%Y"]             # tried in order; default ISO (%Y-%m-%d)
    decimal = ","                    # default "."
    thousands = "."                  # default none
    negative = "credit_note"         # a negative amount to pay makes a credit note; default "keep"
    ignore = ["Print date"]          # columns to leave out; every other unmapped one is kept under custom

    [columns]                        # field of the content = column
    number = "Invoice no"
    "party.name" = "Supplier"
    currency = { constant = "EUR" }
    due_date = { column = "Due", default = "2030-01-01" }
    document_type = { column = "Type", values = { INV = "invoice", CRN = "credit_note" } }

Fields are the dotted paths of `content.SHAPE`; a list's first entry needs no number ("notes", "lines.net"),
later ones have theirs ("notes.2"). Everything about the file that is wrong is `InvalidInput` with the key.
"""

from __future__ import annotations

import codecs
import difflib
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from models.errors import InvalidInput
from worker.sources.content import SHAPE, Field, Kind

# What tells one invoice from another in a file of lines, as far as a mapping names it.
KEY: Final = (
    "document_type",
    "number",
    *(
        f"{side}.{name}"
        for side in ("party", "seller", "buyer")
        for name in ("number", "identifiers.value", "legal_id.value", "vat_id", "name")
    ),
)

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where one field comes from: a column by name or number, or a constant."""

    field: str
    path: Steps
    kind: Kind
    column: str | int | None = None
    constant: str | None = None
    default: str | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """A checked import mapping."""

    columns: tuple[Column, ...]
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8-sig"
    header: bool = True
    skip: int = 0
    by_line: bool = False
    key: tuple[str, ...] = ()
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    decimal: str = "."
    thousands: str = ""
    negative_is_credit: bool = False
    ignore: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def load(cls, path: Path) -> ImportMapping:
        """Read a mapping file; raises `InvalidInput`."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidInput(
                f"the mapping file {path} cannot be read: {why}",
                remedy="give the path of a TOML file in UTF-8",
                code="bad_mapping",
            ) from error
        try:
            return cls.parse(text)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error.message}", remedy=error.remedy, code=error.code) from error

    @classmethod
    def parse(cls, text: str) -> ImportMapping:
        """Check a mapping's text; raises `InvalidInput` naming the key that is wrong."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _bad("file", f"is not TOML: {error}", "mend the line it names") from error
        return _mapping(table)


def _mapping(table: dict[str, Any]) -> ImportMapping:
    given = dict(table)
    columns = given.pop("columns", None)
    if not isinstance(columns, dict) or not columns:
        raise _bad("columns", "is missing", "add a [columns] table that maps fields to columns")
    read = _Settings(given)
    mapping = ImportMapping(
        delimiter=read.character("delimiter", ","),
        quote=read.character("quote", '"', empty=True),
        encoding=read.encoding("encoding", "utf-8-sig"),
        header=read.truth("header", default=True),
        skip=read.count("skip"),
        by_line=read.choice("rows", ("invoice", "line")) == "line",
        key=read.texts("key"),
        dates=read.texts("dates") or ("%Y-%m-%d",),
        decimal=read.character("decimal", "."),
        thousands=read.character("thousands", "", empty=True),
        negative_is_credit=read.choice("negative", ("keep", "credit_note")) == "credit_note",
        ignore=frozenset(name.casefold() for name in read.texts("ignore")),
        columns=tuple(_columns(columns)),
    )
    read.finish()
    _agree(mapping)
    return mapping


def _agree(mapping: ImportMapping) -> None:
    """Checks that take more than one key."""
    if mapping.decimal == mapping.thousands:
        raise _bad("thousands", "is the decimal mark too", "give different characters, or leave it out")
    if mapping.delimiter == mapping.quote:
        raise _bad("quote", "is the delimiter too", "give different characters")
    fields = {column.field for column in mapping.columns}
    for name in mapping.key:
        if name not in fields:
            raise _bad("key", f"names {name}, which no column is mapped to", "map a column to it")
    for column in mapping.columns:
        key = f"columns.{column.field}"
        if isinstance(column.column, str) and not mapping.header:
            raise _bad(key, "is a name, but the file has no header", "give the column's number, from 1")
    if mapping.by_line and not any(column.path[0] == "lines" for column in mapping.columns):
        raise _bad("rows", 'is "line", but no column is mapped to a field of lines', "map lines.net, for one")


class _Settings:
    """The keys beside `columns`, each read once; what is left over is unknown."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._known: list[str] = []

    def _take(self, key: str, kind: type, default: Any, what: str) -> Any:
        self._known.append(key)
        value = self._given.pop(key, default)
        # In Python, not in TOML, a boolean is a whole number.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _bad(key, f"is {value!r}", f"give {what}")
        return value

    def character(self, key: str, default: str, *, empty: bool = False) -> str:
        value: str = self._take(key, str, default, "one character")
        if value in ("\r", "\n", "\0") or not (len(value) == 1 or (empty and not value)):
            raise _bad(key, f"is {value!r}", "give one character")
        return value

    def encoding(self, key: str, default: str) -> str:
        value: str = self._take(key, str, default, "the name of an encoding")
        try:
            codecs.lookup(value)
            # Says no to codecs that are no text encodings, as zlib.
            io.TextIOWrapper(io.BytesIO(), encoding=value).close()
        except (LookupError, ValueError) as error:
            raise _bad(
                key, f"is {value!r}, which is no text encoding", "give one, as utf-8 or cp1252"
            ) from error
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        return bool(self._take(key, bool, default, "true or false"))

    def count(self, key: str) -> int:
        value: int = self._take(key, int, 0, "a whole number")
        if not 0 <= value <= 10_000:
            raise _bad(key, f"is {value}", "give a number from 0 to 10000")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value: str = self._take(key, str, choices[0], f"one of: {', '.join(choices)}")
        if value not in choices:
            raise _bad(key, f"is {value!r}", f"give one of: {', '.join(choices)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value: list[Any] = self._take(key, list, [], "a list of texts")
        if not all(isinstance(one, str) and one for one in value):
            raise _bad(key, f"is {value!r}", "give a list of texts")
        return tuple(value)

    def finish(self) -> None:
        if self._given:
            known = ", ".join(sorted([*self._known, "columns"]))
            raise _bad(next(iter(sorted(self._given))), "is no key of a mapping", f"the keys are: {known}")


# --- columns


def _columns(table: dict[str, Any]) -> Iterator[Column]:
    seen: set[Steps] = set()
    for name, given in _flat(table, ""):
        path, kind = resolve(name)
        if path in seen:
            raise _bad(f"columns.{name}", "is mapped twice", "map each field once")
        seen.add(path)
        yield _column(name, path, kind, given)


def _flat(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """TOML reads ``party.name = …`` as nested tables; a table with `column` or `constant` is a column."""
    for name, given in table.items():
        nested = isinstance(given, dict) and not {"column", "constant"} & set(given)
        if nested and given:
            yield from _flat(given, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", given


def resolve(name: str) -> tuple[Steps, Kind]:
    """A dotted field as the steps to it (numbers are places in lists) and its kind; raises `InvalidInput`."""
    steps: list[str | int] = []
    shape: Field = SHAPE
    rest = name.split(".")
    while rest or isinstance(shape, list):
        if isinstance(shape, list):
            # Every row is a line of its own, so lines have no numbers.
            numbered = rest and rest[0].isdecimal() and steps != ["lines"]
            steps.append(_place(rest.pop(0), name) if numbered else 0)
            shape = shape[0]
        elif isinstance(shape, Mapping) and not shape:
            steps.append(".".join(rest))
            return tuple(steps), Kind.TEXT
        elif isinstance(shape, Mapping) and rest[0] in shape:
            steps.append(rest[0])
            shape = shape[rest.pop(0)]
        else:
            raise _no_field(name)
    if not isinstance(shape, Kind) or steps[0] == "other":
        raise _no_field(name)
    return tuple(steps), shape


def _place(text: str, name: str) -> int:
    if len(text) > 2 or int(text) < 1:
        raise _bad(f"columns.{name}", f"has {text} as a place in a list", "count from 1 to 99")
    return int(text) - 1


def _no_field(name: str) -> InvalidInput:
    fields = list(_names(SHAPE, ""))
    near = difflib.get_close_matches(name, fields, n=3) or [one for one in fields if one.startswith(name)][:3]
    remedy = f"did you mean {', '.join(near)}?" if near else "give a field, or custom.NAME for your own"
    return _bad(f"columns.{name}", "is no field of an invoice", remedy)


def _names(shape: Field, prefix: str) -> Iterator[str]:
    if isinstance(shape, list):
        yield from _names(shape[0], prefix)
    elif isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield from _names(inner, f"{prefix}.{name}" if prefix else name)
    else:
        yield prefix


def _column(name: str, path: Steps, kind: Kind, given: Any) -> Column:
    key = f"columns.{name}"
    table = given if isinstance(given, dict) else {"column": given}
    unknown = sorted(set(table) - {"column", "constant", "default", "values"})
    if unknown or ("column" in table) == ("constant" in table):
        raise _bad(key, "is no column", 'give "name", a number, { column = … } or { constant = … }')
    source = table.get("column")
    if source is not None and not (isinstance(source, str) and source) and not _is_number(source):
        raise _bad(key, f"is {source!r}", "give a column's name, or its number from 1")
    return Column(
        field=name,
        path=path,
        kind=kind,
        column=source.strip() if isinstance(source, str) else source,
        constant=_text(table, "constant", key),
        default=_text(table, "default", key),
        values=_values(table.get("values"), key),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000


def _text(table: dict[str, Any], name: str, key: str) -> str | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise _bad(f"{key}.{name}", f"is {value!r}", "give a text")
    return str(value)


def _values(given: Any, key: str) -> dict[str, str] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) and value for value in given.values()):
        raise _bad(f"{key}.values", f"is {given!r}", 'give a table, as { INV = "invoice" }')
    return given


def _bad(key: str, what: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"the mapping's {key} {what}", remedy=remedy, code="bad_mapping")

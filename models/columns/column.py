"""One column: a field, a constant or an expression under a header, and how its values are written."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from models.columns import checks
from models.columns.checks import wrong
from models.columns.expressions import Call, Node, Ref, Text, WrongExpression, parse, paths_of
from models.columns.functions import AMOUNTS
from models.document_fields import CUSTOM, FIELDS, LINE, LINE_CUSTOM, Field, ValueKind

_WIDEST = 10_000
_OPTIONAL = ("once", "width", "justify", "fill")


class Sign(StrEnum):
    """Which amounts are negative."""

    DOCUMENT = "document"  # as in the document: credit notes positive
    SIGNED = "signed"  # credit notes negative
    INVERTED = "inverted"  # invoices negative, credit notes positive


class Justify(StrEnum):
    """On which side of a fixed width a value stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A `source`, a `constant` or a `value`. `required`: an invoice without the value fails.

    `once`: only in the first row of each invoice. `width`: of a file of fixed widths how many characters it
    takes, filled up with `fill`; of any other how many it may have. A longer value fails its invoice.
    """

    header: str
    source: str | None = None
    constant: str | None = None
    value: str | None = None
    kind: ValueKind = ValueKind.TEXT
    sign: Sign = Sign.DOCUMENT
    required: bool = False
    once: bool = False
    width: int | None = None
    justify: Justify = Justify.LEFT
    fill: str = " "

    @property
    def node(self) -> Node:
        """What it shows as an expression, whichever of the three it is."""
        if self.value is not None:
            return parse(self.value)
        return Text(self.constant or "") if self.source is None else Ref(self.source)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every field it shows."""
        return tuple(paths_of(self.node))

    @property
    def is_custom(self) -> bool:
        """Whether it shows a column of the source that has no field."""
        return self.source is not None and self.source.startswith((CUSTOM, LINE_CUSTOM))

    @property
    def of_line(self) -> bool:
        """Whether its value differs from line to line of one invoice."""
        return any(path.startswith(LINE) for path in self.paths)

    def to_dict(self) -> dict[str, Any]:
        """The column as data; what is as usual is left out of what few columns say."""
        given: dict[str, Any] = {"header": self.header, "kind": str(self.kind)}
        if self.constant is not None:
            given["constant"] = self.constant
        else:
            shown = {"source": self.source} if self.value is None else {"value": self.value}
            given |= {**shown, "sign": str(self.sign), "required": self.required}
        for name in _OPTIONAL:
            if (value := getattr(self, name)) != getattr(_PLAIN, name):
                given[name] = str(value) if isinstance(value, StrEnum) else value
        return given


_PLAIN = Column(header="")
_KEYS = {field.name for field in fields(Column)}
_SHOWN = ("source", "constant", "value")


def column_of(entry: object, where: str) -> Column:
    """The column that data describe; raises `WrongLayout`."""
    data: Mapping[str, Any] = {"source": entry} if isinstance(entry, str) else checks.mapping(entry, where)
    checks.only_known(data, _KEYS, where)
    given = [key for key in _SHOWN if data.get(key) is not None]
    if len(given) != 1:
        what = "has not exactly one of source, constant and value"
        raise wrong(where, what, "give the field to show, or a constant, or an expression")
    if given == ["constant"]:
        return _constant(data, where)
    return _field_column(data, where) if given == ["source"] else _expression(data, where)


def _field_column(data: Mapping[str, Any], where: str) -> Column:
    source = checks.text(data, "source", where)
    field = field_named(source, f"{where}.source")
    kind = checks.choice(ValueKind, data, "kind", field.kind, where)
    custom = source.startswith((CUSTOM, LINE_CUSTOM))
    if kind not in (field.kind, ValueKind.TEXT) and not custom:
        raise wrong(f"{where}.kind", f"is {kind}, but {source} is {field.kind}", "leave it out")
    sign = checks.choice(Sign, data, "sign", Sign.DOCUMENT, where)
    if sign is not Sign.DOCUMENT and (kind is not ValueKind.AMOUNT or source == "signed_payable"):
        raise wrong(f"{where}.sign", f"makes no sense for {source}", "leave it out")
    return Column(
        header=checks.text(data, "header", where) if "header" in data else field.title,
        source=source,
        kind=kind,
        sign=sign,
        required=checks.switch(data, "required", custom, where),
        **_shape(data, where),
    )


def _constant(data: Mapping[str, Any], where: str) -> Column:
    extra = sorted(set(data) & {"sign", "required"})
    if extra:
        raise wrong(f"{where}.{extra[0]}", "makes no sense for a constant", "leave it out")
    kind = checks.choice(ValueKind, data, "kind", ValueKind.TEXT, where)
    header = checks.text(data, "header", where) if "header" in data else ""
    constant = checks.text(data, "constant", where)
    return Column(header=header, constant=constant, kind=kind, **_shape(data, where))


def _expression(data: Mapping[str, Any], where: str) -> Column:
    value = checks.text(data, "value", where)
    try:
        node = parse(value)
    except WrongExpression as error:
        raise wrong(
            f"{where}.value", f"{error} (character {error.place})", error.remedy, code="invalid_expression"
        ) from error
    found = kind_of(node, f"{where}.value")
    kind = checks.choice(ValueKind, data, "kind", found, where)
    if ValueKind.TEXT not in (found, kind) and kind is not found:
        raise wrong(f"{where}.kind", f"is {kind}, but the value is {found}", "leave it out")
    sign = checks.choice(Sign, data, "sign", Sign.DOCUMENT, where)
    if sign is not Sign.DOCUMENT:
        raise wrong(f"{where}.sign", "makes no sense beside a value", "write signed(…) or inverted(…) in it")
    return Column(
        header=checks.text(data, "header", where) if "header" in data else "",
        value=value,
        kind=kind,
        required=checks.switch(data, "required", False, where),
        **_shape(data, where),
    )


def _shape(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    fill = data.get("fill", " ")
    if not isinstance(fill, str) or len(fill) != 1 or not fill.isprintable():
        raise wrong(f"{where}.fill", f"is {fill!r}", "give one character, such as a blank or 0")
    width = checks.count(data, "width", _WIDEST, where)
    if width is not None and len(str(data.get("constant") or "")) > width:
        what = f"is {width}, and the constant {data['constant']!r} is longer"
        raise wrong(f"{where}.width", what, "give it more room, or shorten it")
    return {
        "once": checks.switch(data, "once", False, where),
        "width": width,
        "justify": checks.choice(Justify, data, "justify", Justify.LEFT, where),
        "fill": fill,
    }


def field_named(source: str, where: str) -> Field:
    """The field of a path; raises `WrongLayout` naming those that are nearly called so."""
    if source in FIELDS:
        return FIELDS[source]
    for custom in (CUSTOM, LINE_CUSTOM):
        if source.startswith(custom) and len(source) > len(custom):
            return Field(path=source, title=source.removeprefix(custom))
    near = difflib.get_close_matches(source, FIELDS, n=3)
    remedy = f"perhaps {' or '.join(near)} is meant" if near else "'waybill mapping fields' lists them all"
    raise wrong(where, f"is {source!r}, and there is no such field", remedy, code="unknown_field")


def kind_of(node: Node, where: str) -> ValueKind:
    """What an expression gives; raises `WrongLayout` for fields there are not, or that do not suit."""
    if isinstance(node, Text):
        return ValueKind.TEXT
    if isinstance(node, Ref):
        return field_named(node.path, where).kind
    kinds = [kind_of(part, where) for part in node.arguments]
    for part in (*(value for _, value in node.pairs), node.otherwise or Text("")):
        kind_of(part, where)
    if node.name in AMOUNTS and kinds[0] not in (ValueKind.AMOUNT, ValueKind.TEXT):
        raise wrong(where, f"has {node.name} of what is {kinds[0]}", "give it an amount")
    if node.name == "date" and kinds[0] not in (ValueKind.DATE, ValueKind.TEXT):
        raise wrong(where, f"has date of what is {kinds[0]}", "give it a date")
    return _given(node, kinds)


def _given(node: Call, kinds: list[ValueKind]) -> ValueKind:
    if node.name in AMOUNTS - {"cents"}:
        return ValueKind.AMOUNT
    if node.name == "cents":
        return ValueKind.INTEGER
    if node.name == "if_empty" and len(set(kinds)) == 1:
        return kinds[0]
    return ValueKind.TEXT

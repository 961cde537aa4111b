"""Elements of a Cross Industry Invoice as text, and the profiles that say which of them there are."""

from __future__ import annotations

from typing import Final, NamedTuple

from models.invoice_document import Identifier, Period
from worker.formats.einvoice.amounts import plain
from worker.formats.einvoice.xml import attribute, escaped


class Profile(NamedTuple):
    """A subset of the syntax."""

    name: str
    guideline: str
    """BT-24."""
    whole: bool
    """Whether it has every term of EN 16931."""
    facturx: bool
    """Whether the schema is that of Factur-X: it has more room for preceding invoices, and less elsewhere."""


CII: Final = Profile("CII", "urn:cen.eu:en16931:2017", whole=True, facturx=False)
EN_16931: Final = CII._replace(name="Factur-X EN 16931", facturx=True)
BASIC: Final = Profile(
    "Factur-X BASIC", "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", whole=False, facturx=True
)


def leaf(name: str, text: str | None, attributes: str = "") -> str:
    """An element that holds a text; nothing where there is none."""
    return f"<ram:{name}{attributes}>{escaped(text)}</ram:{name}>" if text else ""


def group(name: str, *inner: str) -> str:
    """An element that holds elements; nothing where there are none."""
    joined = "".join(inner)
    return f"<ram:{name}>{joined}</ram:{name}>" if joined else ""


def amount(name: str, value: str | None) -> str:
    """Money, whose currency the document says once."""
    return "" if value is None else f"<ram:{name}>{money(value)}</ram:{name}>"


def money(value: str) -> str:
    """An amount as it is written; the published rules take a zero with a minus sign for another number."""
    return plain(value if value.strip("+-0.") else value.lstrip("+-"))


def number(name: str, value: str | None, attributes: str = "") -> str:
    """A quantity, price or rate, with all its decimals."""
    return "" if value is None else f"<ram:{name}{attributes}>{value}</ram:{name}>"


def identified(name: str, one: Identifier | None) -> str:
    """An identifier with its scheme."""
    return "" if one is None else leaf(name, one.get("value"), attribute("schemeID", one.get("scheme")))


def numbered(given: Identifier) -> str:
    """An identifier where those with a scheme have an element of their own."""
    return identified("GlobalID" if given.get("scheme") else "ID", given)


def day(name: str, value: str | None) -> str:
    """A day as CCYYMMDD (format 102)."""
    return "" if value is None else f"<ram:{name}>{_day('udt:DateTimeString', value)}</ram:{name}>"


def tax_day(name: str, value: str | None) -> str:
    """The same where the schema asks for a date without a time."""
    return "" if value is None else f"<ram:{name}>{_day('udt:DateString', value)}</ram:{name}>"


def formatted_day(name: str, value: str | None) -> str:
    """The same where the schema asks for a formatted date."""
    return "" if value is None else f"<ram:{name}>{_day('qdt:DateTimeString', value)}</ram:{name}>"


def period(given: Period | None) -> str:
    """BG-14, BG-26."""
    days = given or {}
    return group(
        "BillingSpecifiedPeriod", day("StartDateTime", days.get("start")), day("EndDateTime", days.get("end"))
    )


def _day(name: str, value: str) -> str:
    return f'<{name} format="102">{value.replace("-", "")}</{name}>'

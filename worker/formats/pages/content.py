"""An invoice's terms as the words and figures that are shown, each part in the order it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from models.invoice_document import (
    Account,
    Address,
    AllowanceCharge,
    Document,
    Identifier,
    Line,
    Party,
    Payment,
)
from worker.formats.pages.characters import shown
from worker.formats.pages.labels import Language

Pair: TypeAlias = tuple[str, str]
"""A label, and what it is about."""

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_STATE_BEFORE_CODE: Final = frozenset({"US", "CA", "AU"})
_REFERENCES: Final = (
    "order_reference",
    "buyer_reference",
    "sales_order_reference",
    "contract_reference",
    "project_reference",
    "despatch_reference",
    "receipt_reference",
    "tender_reference",
    "invoiced_object",
    "buyer_accounting_reference",
)


class Block(NamedTuple):
    """Somebody: what they are here, what they are called, and where and what else."""

    role: str
    name: str
    lines: list[str]
    """Where they are."""
    details: list[str]
    """Their numbers, and whom to ask."""


class Words(NamedTuple):
    """A document's language and currency, as everything here needs them."""

    language: Language
    currency: str

    def amount(self, text: str | None) -> str:
        """Money of the document's currency; empty for none."""
        return "" if text is None else self.language.amount(text, self.currency)

    def label(self, name: str, **values: str) -> str:
        """The word for something."""
        return self.language.word(name, **values)


def blocks(document: Document, words: Words) -> Iterator[Block]:
    """Seller, buyer, and whoever else has a part in it."""
    yield _party(document.get("seller", {}), words, "seller")
    yield _party(document.get("buyer", {}), words, "buyer")
    if delivery := document.get("delivery"):
        place = _identifier(delivery.get("location"))
        lines, details = (
            _address(delivery.get("address", {}), words.language),
            _told(words, ("identifier", place)),
        )
        if lines or details or "name" in delivery:
            yield Block(words.label("delivery"), shown(delivery.get("name", "")), lines, details)
    if payee := document.get("payee"):
        ids = [("identifier", _identifier(one)) for one in payee.get("identifiers", [])]
        details = _told(words, ("legal_id", _identifier(payee.get("legal_id"))), *ids)
        yield Block(words.label("payee"), shown(payee.get("name", "")), [], details)
    if agent := document.get("tax_representative"):
        details = _told(words, ("vat_id", agent.get("vat_id", "")))
        lines = _address(agent.get("address", {}), words.language)
        yield Block(words.label("tax_representative"), shown(agent.get("name", "")), lines, details)


def facts(document: Document, words: Words) -> list[Pair]:
    """Days and references."""
    given: Mapping[str, Any] = document
    say, days = words.label, words.language.day
    found: list[Pair] = [(say("issue_date"), days(document.get("issue_date", "")))]
    delivery, period = document.get("delivery", {}), document.get("period", {})
    found += [
        (say("due_date"), days(document.get("due_date", ""))),
        (say("delivery_date"), days(delivery.get("date", ""))),
        (say("period"), span(period, words.language)),
        (say("tax_point_date"), days(document.get("tax_point_date", ""))),
        (say("tax_point_date"), words.language.coded("tax_points", document.get("tax_point_code", ""))),
    ]
    found += [(say(name), str(given.get(name, ""))) for name in _REFERENCES]
    for earlier in document.get("preceding_invoices", []):
        day = days(earlier.get("issue_date", ""))
        number = earlier.get("number", "")
        found.append((say("preceding_invoice"), f"{number} ({day})" if day else number))
    found.append((say("currency"), words.currency))
    return _filled(found)


def payments(document: Document, words: Words) -> list[list[Pair]]:
    """What each way of paying needs."""
    found = (_payment(payment, words) for payment in document.get("payment", []))
    return [pairs for pairs in found if pairs]


def attachments(document: Document) -> list[str]:
    """Each attached document by its number, what it is, and its name or place."""
    named = []
    for one in document.get("attachments", []):
        parts = (one.get("id", ""), one.get("description", ""), one.get("filename", ""), one.get("uri", ""))
        named.append(shown(" · ".join(dict.fromkeys(part for part in parts if part))))
    return [name for name in named if name]


def about_line(line: Line, words: Words) -> list[str]:
    """What stands below an item's name: its description, numbers, days, allowances and charges."""
    say, item = words.label, line.get("item", {})
    found = [item.get("description", "")]
    numbers = [
        ("seller_item", item.get("seller_id", "")),
        ("buyer_item", item.get("buyer_id", "")),
        ("standard_item", _identifier(item.get("standard_id"))),
        ("order_line", line.get("order_line", "")),
        ("invoiced_object", _identifier(line.get("object"))),
        ("buyer_accounting_reference", line.get("accounting_reference", "")),
        ("origin", words.language.coded("countries", item.get("origin_country", ""))),
        ("period", span(line.get("period", {}), words.language)),
    ]
    classes = (("classification", _classified(one)) for one in item.get("classifications", []))
    found += [" · ".join(_told(words, *numbers, *classes))]
    found += [f"{one.get('name', '')}: {one.get('value', '')}" for one in item.get("properties", [])]
    if "gross_price" in line and "price_discount" in line:
        price = words.language.price
        discount = price(line["price_discount"])
        found.append(say("gross_price", price=price(line["gross_price"]), discount=discount))
    if line.get("free_of_charge") == "true":
        found.append(say("free_of_charge"))
    for word, kind in (("allowance", line.get("allowances", [])), ("charge", line.get("charges", []))):
        found += [f"{say(word)}: {reason(one, words)}  {words.amount(one.get('amount'))}" for one in kind]
    found.append(line.get("note", ""))
    return [shown(text) for text in found if text]


def reason(one: AllowanceCharge, words: Words) -> str:
    """Why an allowance or charge is made, and of how much it is a part."""
    why = one.get("reason") or one.get("reason_code", "")
    if "percent" not in one:
        return shown(why)
    percent = words.language.quantity(one["percent"])
    part = (
        words.label("of_base", percent=percent, base=words.amount(one.get("base"))) if "base" in one else ""
    )
    return shown(", ".join(filter(None, (why, part or f"{percent} %"))))


def span(period: Mapping[str, Any], language: Language) -> str:
    """A period from its first day to its last."""
    days = (language.day(period.get("start", "")), language.day(period.get("end", "")))
    return " – ".join(days) if any(days) else ""


def quantity(line: Line, words: Words) -> tuple[str, str]:
    """How much, and of what."""
    unit = words.language.coded("units", line.get("unit", ""))
    return shown(words.language.quantity(line.get("quantity", ""))), shown(unit)


def price(line: Line, words: Words) -> str:
    """The net price, and for how many it is."""
    text = words.language.price(line.get("price", ""))
    base = words.language.quantity(line.get("base_quantity", "1"))
    return shown(text if not text or base == "1" else f"{text} {words.label('per', quantity=base)}")


def _party(party: Party, words: Words, role: str) -> Block:
    contact = party.get("contact", {})
    name, trading = party.get("name", ""), party.get("trading_name", "")
    lines = [shown(trading)] if trading and trading != name else []
    lines += _address(party.get("address", {}), words.language)
    details = _told(
        words,
        ("vat_id", party.get("vat_id", "")),
        ("legal_id", _identifier(party.get("legal_id"))),
        ("tax_id", party.get("tax_id", "")),
        *(("identifier", _identifier(one)) for one in party.get("identifiers", [])),
        ("party_number", party.get("number", "")),
        ("endpoint", _identifier(party.get("endpoint"))),
        ("contact", contact.get("name", "")),
    )
    further = (contact.get("phone", ""), contact.get("email", ""), party.get("legal_form", ""))
    details += [shown(text) for text in further if text]
    return Block(words.label(role), shown(name), lines, details)


def _address(address: Address, language: Language) -> list[str]:
    country, city = address.get("country", ""), address.get("city", "")
    code, state = address.get("postal_code", ""), address.get("subdivision", "")
    street = f"{address.get('line1', '')} {address.get('building', '')}".strip()
    if country in _STATE_BEFORE_CODE:
        place = [", ".join(filter(None, (city, f"{state} {code}".strip())))]
    else:
        place = [f"{code} {city}".strip(), state]
    lines = [street, address.get("line2", ""), address.get("line3", ""), *place]
    return [shown(line) for line in (*lines, language.coded("countries", country)) if line]


def _identifier(one: Identifier | None) -> str:
    """An identifier; its scheme stands before it where it has one."""
    if one is None:
        return ""
    scheme, value = one.get("scheme", ""), one.get("value", "")
    return f"{value} ({scheme})" if scheme and value else value


def _classified(one: Mapping[str, Any]) -> str:
    return _identifier({"scheme": one.get("scheme", ""), "value": one.get("value", "")})


def _told(words: Words, *told: tuple[str, str]) -> list[str]:
    return [f"{words.label(name)} {shown(value)}" for name, value in told if value]


def _payment(payment: Payment, words: Words) -> list[Pair]:
    say = words.label
    account, card, mandate = payment.get("account", {}), payment.get("card", {}), payment.get("mandate", {})
    code = payment.get("means_code", "")
    means = words.language.coded("payment_means", code)
    pairs = [
        (say("means"), payment.get("means_text", means) if means == code else means),
        _account(account, words),
        (say("bic"), account.get("bic", "")),
        (say("branch"), account.get("branch", "")),
        (say("account_name"), account.get("name", "")),
        (say("remittance"), payment.get("remittance", "")),
        (say("instruction"), payment.get("instruction", "")),
        (say("card"), " ".join(filter(None, (card.get("network"), card.get("number"))))),
        (say("card_holder"), card.get("holder", "")),
        (say("mandate"), mandate.get("id", "")),
        (say("debited"), _grouped(mandate.get("account", ""))),
    ]
    return _filled(pairs)


def _account(account: Account, words: Words) -> Pair:
    number = account.get("id", "")
    grouped = _grouped(number)
    return words.label("account" if grouped == number else "iban"), grouped


def _grouped(number: str) -> str:
    """An IBAN in groups of four, as it is printed (ISO 13616-1); any other number as it is."""
    plain = number.replace(" ", "").upper()
    if not _IBAN.fullmatch(plain):
        return number
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))


def _filled(pairs: Iterable[Pair]) -> list[Pair]:
    return [(label, shown(value)) for label, value in pairs if value]

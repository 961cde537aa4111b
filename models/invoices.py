"""Invoices and credit notes, and the versions of their content.

The invoice row keeps identity and what is searched and summed; each version keeps one immutable content
with its SHA-256. A content that is already known as any version of its invoice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from peewee import BigIntegerField, ForeignKeyField, IntegerField, TextField

from models import clock, names
from models.audit import Actor
from models.database import Table
from models.entities import LegalEntity, visible
from models.errors import InvalidInput, NotFound
from models.fields import EnumField, UTCField, amount_text
from models.parties import Party

_LOOKUP = 500  # parameters of one IN list
_ALIKE = 8  # of several invoices that one number could mean


class Direction(StrEnum):
    """Who owes whom."""

    PAYABLE = "payable"
    """We owe: the entity is the buyer."""
    RECEIVABLE = "receivable"
    """We are owed: the entity is the seller."""


class DocumentType(StrEnum):
    """The two kinds of document; amounts of both are positive, as written in them."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceStatus(StrEnum):
    """Whether it may be exported."""

    DRAFT = "draft"
    READY = "ready"
    VOID = "void"


class Invoice(Table):
    """An invoice or credit note: identity, and the figures of its current version."""

    entity = ForeignKeyField(LegalEntity, index=False)
    direction = EnumField(Direction)
    party = ForeignKeyField(Party, backref="invoices", index=False)
    document_type = EnumField(DocumentType)
    number = TextField()
    status = EnumField(InvoiceStatus, default=InvoiceStatus.READY)
    version = IntegerField(default=1)
    """The number of its current version."""
    currency = TextField()
    issue_date = TextField()
    due_date = TextField(null=True)
    total = BigIntegerField()
    """With VAT (BT-112), in minor units."""
    payable = BigIntegerField()
    """Amount due (BT-115), in minor units: what an export carries and an ACH entry pays."""
    created_at = UTCField(default=clock.now)
    changed_at = UTCField(default=clock.now)
    entity_id: int
    party_id: int

    class Meta:
        indexes = (
            (("entity", "number", "direction", "party", "document_type"), True),
            (("party", "id"), False),
            (("entity", "direction", "id"), False),
            (("entity", "direction", "issue_date", "id"), False),
            (("entity", "direction", "payable", "id"), False),
        )

    @property
    def signed(self) -> int:
        """Minor units, a credit note's below zero."""
        return -self.payable if self.document_type == DocumentType.CREDIT_NOTE else self.payable

    @property
    def amount(self) -> str:
        """The amount due as text, signed."""
        return amount_text(self.signed, self.currency)


Invoice.add_index(
    Invoice.index(
        Invoice.entity,
        Invoice.direction,
        Invoice.id,
        name="invoice_changed",
        where=(Invoice.version > 1),
    )
)


class InvoiceVersion(Table):
    """The content of an invoice at one time; never changed once written."""

    invoice = ForeignKeyField(Invoice, backref="versions", index=False)
    number = IntegerField()
    sha256 = TextField()
    content = TextField()
    """Canonical JSON in EN 16931 terms."""
    source = TextField()
    """Where it came from: path, and line for one of many."""
    created_at = UTCField(default=clock.now)
    created_by = TextField()

    class Meta:
        table_name = "invoice_version"
        indexes = ((("invoice", "number"), True), (("invoice", "sha256"), True))


def find(entity: LegalEntity, wanted: str) -> Invoice:
    """By id or by number; raises `NotFound`, or `InvalidInput` when several have the number."""
    return _find([entity], wanted, entity.name)


def find_visible(actor: Actor, wanted: str) -> Invoice:
    """The same among all legal entities that the actor may see."""
    return _find(visible(actor), wanted, "what you may see")


def visible_by_id(actor: Actor, invoice_id: int) -> Invoice:
    """One by its id alone; raises `NotFound` for another entity's as for none at all."""
    ids = [entity.id for entity in visible(actor)]
    found: Invoice | None = Invoice.get_or_none(Invoice.id == invoice_id, Invoice.entity.in_(ids))
    if found is None:
        raise NotFound(f"there is no invoice {invoice_id}", remedy="see: waybill invoice list")
    return found


def _find(among: Sequence[LegalEntity], wanted: str, owner: str) -> Invoice:
    matches = list(
        Invoice.select().where(Invoice.entity.in_(list(among)), Invoice.number == wanted).limit(_ALIKE)
    )
    if not matches and names.is_id(wanted):
        matches = list(Invoice.select().where(Invoice.entity.in_(list(among)), Invoice.id == int(wanted)))
    if len(matches) > 1:
        told = [f"{one.id} ({one.document_type.replace('_', ' ')}, {one.party.name})" for one in matches]
        more = " and others" if len(matches) == _ALIKE else ""
        raise InvalidInput(
            f"several invoices have the number {names.shown(wanted)}",
            remedy=f"give the id, one of: {', '.join(told)}{more}",
        )
    if not matches:
        raise NotFound(f"{owner} has no invoice {names.shown(wanted)}", remedy="see: waybill invoice list")
    return matches[0]


def by_direction(ids: Sequence[int]) -> dict[Direction, list[int]]:
    """These invoices' ids, those we owe and those we are owed apart."""
    found: dict[Direction, list[int]] = {}
    known = sorted(ids)
    for start in range(0, len(known), _LOOKUP):
        query = Invoice.select(Invoice.id, Invoice.direction).where(
            Invoice.id.in_(known[start : start + _LOOKUP])
        )
        for row in query.order_by(Invoice.id):
            found.setdefault(row.direction, []).append(row.id)
    return found


def content(invoice: Invoice, version: int | None = None) -> dict[str, Any]:
    """The content of one version, the current one when none is named."""
    row = InvoiceVersion.get_or_none(
        InvoiceVersion.invoice == invoice, InvoiceVersion.number == (version or invoice.version)
    )
    if row is None:
        raise NotFound(
            f"invoice {invoice.number} has no version {version}", remedy=f"it has 1 to {invoice.version}"
        )
    loaded: dict[str, Any] = json.loads(row.content)
    return loaded


def versions(invoice: Invoice) -> list[InvoiceVersion]:
    """All versions, the first one first."""
    return list(
        InvoiceVersion.select().where(InvoiceVersion.invoice == invoice).order_by(InvoiceVersion.number)
    )

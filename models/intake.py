"""Documents in: many at a time, each matched with what is known of it; new invoices become pending.

One transaction takes a thousand documents or so. An identity that is new makes an invoice, a content that is
new makes a version, and a content that is known as any version of its invoice changes nothing. A document
that cannot be taken is answered with its error and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from models import audit, clock, destinations
from models.database import execute, executemany, serialise, transaction
from models.entities import EntityIdentifier, LegalEntity, entity_key, plain_identifier
from models.errors import InvalidInput, WaybillError
from models.fields import canonical_json, content_digest, to_millis, to_minor
from models.invoices import Direction
from models.parties import Party, PartyKey, is_another, keys_of, name_key
from models.people import Action, Actor, require

_LOOKUP = 500  # parameters of one IN list
_LARGEST = 10**17  # minor units; sums of many stay within 64 bits


class Origin(NamedTuple):
    """Where a document was read, as kept with its version: path, and line for one of many."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the documents; `refused` holds the position and the error of each that was not taken."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    versions: list[tuple[str, int]] = field(default_factory=list)
    """Number and new version of each invoice that was updated."""
    refused: list[tuple[int, WaybillError]] = field(default_factory=list)


class _Figures(NamedTuple):
    """What the invoice row keeps of a content."""

    currency: str
    issue_date: str
    due_date: str | None
    total: int
    payable: int


_Identity = tuple[str, str, int, str]
"""Number, direction, party, document type: with the entity, what makes an invoice that one."""


@dataclass(slots=True)
class _Known:
    """One invoice met in a batch, as it is in the database or will be."""

    invoice_id: int | None
    version: int = 0
    digests: set[str] = field(default_factory=set)
    figures: _Figures | None = None
    """Set when the row must be written."""


class Intake:
    """Takes documents for one legal entity; keeps its parties' keys between batches."""

    def __init__(self, actor: Actor, entity: LegalEntity, direction: Direction | None = None) -> None:
        require(actor, Action.IMPORT, entity.id)
        self._actor = actor
        self._entity = entity
        self._direction = direction
        rows = EntityIdentifier.select().where(EntityIdentifier.entity == entity)
        self._own = {row.plain for row in rows}
        keys = PartyKey.select(PartyKey.value, PartyKey.party).where(PartyKey.entity == entity)
        self._parties: dict[str, int] = {row.value: row.party_id for row in keys.iterator()}

    def take(self, batch: Sequence[tuple[dict[str, Any], Origin]]) -> Taken:
        """Take a batch in one transaction. A content is kept as it is; `party` becomes seller or buyer."""
        taken = Taken()
        with transaction(shared=True):
            serialise(entity_key(self._entity.id))
            documents = list(self._identified(batch, taken))
            known = _look_up(self._entity.id, {identity for identity, _, _, _ in documents})
            versions = _sort_out(documents, known, taken)
            self._write(known, versions)
        return taken

    def record(self, taken: Taken, source: str, *, refused: int) -> None:
        """Write the audit of a whole import."""
        counts = {"imported": taken.imported, "updated": taken.updated, "unchanged": taken.unchanged}
        audit.record(
            self._actor,
            "import",
            "invoice",
            name=source,
            entity_id=self._entity.id,
            after=counts | {"refused": refused},
        )

    def _identified(
        self, batch: Sequence[tuple[dict[str, Any], Origin]], taken: Taken
    ) -> Iterator[tuple[_Identity, _Figures, str, Origin]]:
        for position, (content, origin) in enumerate(batch):
            try:
                direction = self._direction_of(content)
                other = _name_party(content, direction)
                figures = _figures(content)
                identity = (content["number"], direction, self._party(other), content["document_type"])
            except WaybillError as error:
                taken.refused.append((position, error))
                continue
            yield identity, figures, canonical_json(content), origin

    def _direction_of(self, content: dict[str, Any]) -> Direction:
        if self._own and "party" not in content:
            sells = not self._own.isdisjoint(_all_numbers(content.get("seller", {})))
            buys = not self._own.isdisjoint(_all_numbers(content.get("buyer", {})))
            if sells != buys:
                return Direction.RECEIVABLE if sells else Direction.PAYABLE
        if self._direction is None:
            raise InvalidInput(
                f"whether {self._entity.name} sells or buys in {content['number']} cannot be told",
                remedy="say --direction payable or receivable, or give the entity the number its documents"
                " carry: waybill entity edit --identifier …",
                code="direction_unknown",
            )
        return self._direction

    def _party(self, party: dict[str, Any]) -> int:
        keys = list(keys_of(party))
        self._look_for(keys)
        for key in keys:
            if key in self._parties and not self._is_another(party, keys[0], self._parties[key]):
                return self._remember(keys, self._parties[key])
        name = " ".join(party.get("name", "").split())[:500]
        if not keys and name:
            keys = [name_key(name)]
            self._look_for(keys)
            if keys[0] in self._parties:
                return self._parties[keys[0]]
        if not keys:
            raise InvalidInput(
                "the other side has neither a name nor a number", remedy="give one", code="missing_field"
            )
        created = Party.create(entity=self._entity, name=name or keys[0], number=party.get("number", ""))
        return self._remember(keys, created.id)

    def _is_another(self, party: dict[str, Any], strongest: str, party_id: int) -> bool:
        if "vat_id" not in party or self._parties.get(strongest) == party_id:
            return False
        rows = PartyKey.select(PartyKey.value).where(PartyKey.party == party_id)
        return is_another(party, (row.value for row in rows))

    def _look_for(self, keys: list[str]) -> None:
        """Learn of keys that another import has made meanwhile; the transaction keeps it from making more."""
        if new := [key for key in keys if key not in self._parties]:
            made = PartyKey.select().where(PartyKey.entity == self._entity, PartyKey.value.in_(new))
            self._parties |= {row.value: row.party_id for row in made}

    def _remember(self, keys: list[str], party_id: int) -> int:
        for key in keys:
            if key not in self._parties:
                PartyKey.create(entity=self._entity, party=party_id, value=key)
                self._parties[key] = party_id
        return party_id

    def _write(self, known: dict[_Identity, _Known], versions: list[_Version]) -> None:
        now, entity_id = to_millis(clock.now()), self._entity.id
        last = execute("SELECT COALESCE(MAX(id), 0) FROM invoice").fetchone()[0]
        new = {identity: item for identity, item in known.items() if item.invoice_id is None}
        changed = {
            item.invoice_id: (item.version, *item.figures)
            for item in known.values()
            if item.invoice_id is not None and item.figures is not None
        }
        executemany(
            _INSERT,
            (
                (entity_id, number, direction, party, kind, item.version, *(item.figures or ()), now, now)
                for (number, direction, party, kind), item in new.items()
            ),
        )
        executemany(_UPDATE, ((*told, now, invoice_id) for invoice_id, told in changed.items()))
        for identity, invoice_id, _ in _invoices(entity_id, new):
            known[identity].invoice_id = invoice_id
        self._write_versions(known, versions, now)
        destinations.open_rows_of_new_invoices(entity_id, last)
        # A corrected date of issue may make it belong to a destination that begins on a day.
        destinations.open_rows_of(list(changed))

    def _write_versions(self, known: dict[_Identity, _Known], versions: list[_Version], now: int) -> None:
        told = (now, self._actor.name)
        executemany(
            _INSERT_VERSION,
            (
                (known[new.identity].invoice_id, new.number, new.digest, new.content, str(new.origin), *told)
                for new in versions
            ),
        )


class _Version(NamedTuple):
    identity: _Identity
    number: int
    digest: str
    content: str
    origin: Origin


_INSERT = """
INSERT INTO invoice (entity_id, number, direction, party_id, document_type, version, currency, issue_date,
                     due_date, total, payable, created_at, changed_at, status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'ready')
"""
_UPDATE = """
UPDATE invoice SET version = ?, currency = ?, issue_date = ?, due_date = ?, total = ?, payable = ?,
       changed_at = ?
WHERE id = ?
"""
_INSERT_VERSION = """
INSERT INTO invoice_version (invoice_id, number, sha256, content, source, created_at, created_by)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


def _sort_out(
    documents: list[tuple[_Identity, _Figures, str, Origin]], known: dict[_Identity, _Known], taken: Taken
) -> list[_Version]:
    """Tell new, changed and known contents apart, in the order they came."""
    versions = []
    for identity, figures, content, origin in documents:
        item = known.setdefault(identity, _Known(None))
        digest = content_digest(content)
        if digest in item.digests:
            taken.unchanged += 1
            continue
        if item.version:
            taken.updated += 1
            taken.versions.append((identity[0], item.version + 1))
        else:
            taken.imported += 1
        item.version += 1
        item.digests.add(digest)
        item.figures = figures
        versions.append(_Version(identity, item.version, digest, content, origin))
    return versions


def _look_up(entity_id: int, identities: set[_Identity]) -> dict[_Identity, _Known]:
    """The invoices of these identities that are there, with the digests of all their versions."""
    found = {
        identity: _Known(invoice_id, version)
        for identity, invoice_id, version in _invoices(entity_id, identities)
    }
    by_id = {item.invoice_id: item for item in found.values()}
    for ids in _chunks([item.invoice_id for item in found.values()]):
        sql = f"SELECT invoice_id, sha256 FROM invoice_version WHERE invoice_id IN ({_marks(ids)})"  # noqa: S608
        for invoice_id, digest in execute(sql, ids):
            by_id[invoice_id].digests.add(digest)
    return found


def _invoices(
    entity_id: int, identities: set[_Identity] | dict[_Identity, _Known]
) -> Iterator[tuple[_Identity, int, int]]:
    """Identity, id and version of those that are there."""
    for numbers in _chunks(sorted({identity[0] for identity in identities})):
        sql = (
            "SELECT number, direction, party_id, document_type, id, version FROM invoice"  # noqa: S608
            f" WHERE entity_id = ? AND number IN ({_marks(numbers)})"
        )
        for number, direction, party, kind, invoice_id, version in execute(sql, (entity_id, *numbers)):
            if (identity := (number, direction, party, kind)) in identities:
                yield identity, invoice_id, version


def _chunks(values: Sequence[Any]) -> Iterator[list[Any]]:
    stream = iter(values)
    while chunk := list(islice(stream, _LOOKUP)):
        yield chunk


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _name_party(content: dict[str, Any], direction: Direction) -> dict[str, Any]:
    """The other side's part of the content; a source's neutral `party` is put where it belongs."""
    role = "buyer" if direction is Direction.RECEIVABLE else "seller"
    if "party" in content:
        content[role] = content.pop("party") | content.get(role, {})
    other: dict[str, Any] = content.get(role, {})
    return other


def _figures(content: dict[str, Any]) -> _Figures:
    currency, totals = content["currency"], content["totals"]
    payable = to_minor(totals["payable"], currency)
    total = to_minor(totals["with_vat"], currency) if "with_vat" in totals else payable
    if max(abs(payable), abs(total)) > _LARGEST:
        raise InvalidInput(
            f"the amount of {content['number']} is too large",
            remedy="look at its decimal mark",
            code="too_large",
        )
    return _Figures(currency, content["issue_date"], content.get("due_date"), total, payable)


def _all_numbers(party: dict[str, Any]) -> set[str]:
    """Every number a document gives for one side, plain; weak ones too: the entity knows its own."""
    values = [party[key] for key in ("vat_id", "tax_id") if key in party]
    values += [party[key]["value"] for key in ("legal_id", "endpoint") if key in party]
    values += [identifier["value"] for identifier in party.get("identifiers", ())]
    return {plain_identifier(value) for value in values}

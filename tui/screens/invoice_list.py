"""The rows of the list of invoices, their counts, and what else the list must know; read in threads."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models import destinations, entities, invoice_filter, invoice_pages, parties
from models.audit import Actor
from models.destinations import MAIN, LedgerState
from models.entities import LegalEntity
from models.errors import NotFound
from models.invoice_filter import Words
from models.invoice_pages import Sought
from models.invoice_search import Found
from models.invoices import Direction
from models.paging import Seek
from tui import wording
from tui.kit import first_steps
from tui.kit.first_steps import Step
from tui.screens.invoice_repairs import RE_EXPORT
from tui.widgets.rows import Source

ALL, CHANGED = "all", "changed"
_NAMED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whose invoices are listed, who else's could be, and what stands against exporting them by hand."""

    entity_id: int | None = None
    entity: str = ""
    entities: Sequence[tuple[int, str]] = ()
    no_manual: str = ""
    """Why nobody exports these by hand; empty when that is allowed."""
    steps: list[Step] = field(default_factory=list)
    """What to do first, where there is no invoice at all."""


class Invoices(Source[Found]):
    """The invoices of one legal entity that match; without one, of the first that may be seen."""

    def __init__(self, actor: Actor, entity_id: int | None, tab: str, words: Words) -> None:
        self._actor = actor
        self._entity_id = entity_id
        self._tab = tab
        self.words = _narrowed(tab, words)

    def page(self, seek: Seek) -> Sequence[Found]:
        """The rows wanted."""
        if (looked := self._look()) is None:
            return []
        entity, sought, destination = looked
        return invoice_pages.paged(entity, sought, seek, destination=destination)

    def total(self) -> int:
        """How many match."""
        if (looked := self._look()) is None:
            return 0
        entity, sought, destination = looked
        return invoice_pages.count(entity, sought, destination=destination)

    def key(self, row: Found) -> Hashable:
        """What the order goes by; its last part is the invoice's id."""
        # Whatever is looked up in the database leaves the order as the words alone give it.
        return self._order.key(row)

    @property
    def _order(self) -> Sought:
        words = self.words or Words()
        return Sought(
            number=words.number,
            party_id=0 if words.party else None,
            state=words.state,
            since=words.since,
            until=words.until,
            amount=words.amount,
        )

    def ids(self, limit: int) -> dict[Direction, list[int]]:
        """The ids of all that match by direction, at most so many of each."""
        if (looked := self._look()) is None:
            return {}
        entity, sought, destination = looked
        return invoice_pages.ids(entity, sought, limit, destination=destination)

    def destination(self, direction: Direction) -> destinations.Destination:
        """The one whose states are shown for invoices of a direction; raises `NotFound`."""
        entity = self.entity()
        if entity is None:
            raise NotFound("there is no legal entity", remedy="make one: waybill entity create NAME")
        label = self.words.destination if self.words else ""
        return destinations.find(entity, label or str(direction))

    def entity(self) -> LegalEntity | None:
        """The legal entity, as long as it may be seen."""
        return entity_of(self._actor, self._entity_id)

    def counts(self) -> Mapping[str, int | None]:
        """Every tab's number of rows; within a filter only that of the one shown."""
        entity = self.entity()
        if entity is None:
            return {ALL: 0}
        if self.words is None or self.words != _narrowed(self._tab, Words()):
            return {self._tab: self.total()}
        states = [
            destinations.counts(place) for place in destinations.of_entity(entity) if place.name == MAIN
        ]
        shown = (LedgerState.PENDING, LedgerState.ON_HOLD, LedgerState.EXPORTED)
        return {
            ALL: invoice_pages.count(entity, Sought()),
            CHANGED: invoice_pages.count(entity, Sought(changed=True)),
            **{str(state): sum(each[state] for each in states) for state in shown},
        }

    def _look(self) -> tuple[LegalEntity, Sought, destinations.Destination | None] | None:
        """None where nothing can match: no legal entity, a state beside another, a party nobody knows."""
        entity = self.entity()
        if entity is None or self.words is None:
            return None
        try:
            sought, destination = invoice_filter.sought(entity, self.words)
        except NotFound:
            return None
        return entity, sought, destination


def _narrowed(tab: str, words: Words) -> Words | None:
    if tab == ALL:
        return words
    return replace(words, changed=True) if tab == CHANGED else words.standing(LedgerState(tab))


def entity_of(actor: Actor, entity_id: int | None) -> LegalEntity | None:
    """The one chosen, else the first by name; None when none may be seen."""
    seen = entities.visible(actor)
    return next((each for each in seen if each.id == entity_id), seen[0] if seen else None)


def facts(actor: Actor, entity_id: int | None, *, some: bool) -> Facts:
    """What the list must know besides its rows; `some`: whether it has any."""
    entity = entity_of(actor, entity_id)
    if entity is None:
        return Facts(steps=first_steps.find(actor))
    return Facts(
        entity_id=entity.id,
        entity=entity.name,
        entities=[(each.id, each.name) for each in entities.visible(actor)],
        no_manual="" if entity.manual_exports else _disabled(entity),
        steps=[] if some else first_steps.find(actor),
    )


def _disabled(entity: LegalEntity) -> str:
    return (
        f"manual exports are disabled for {entity.name} (its setting manual_exports is off):"
        " let the schedules export, or ask for waybill entity edit --manual-exports"
    )


def known_names(actor: Actor, entity_id: int | None) -> Mapping[str, Sequence[str]]:
    """What may stand after some words of the filter line."""
    entity = entity_of(actor, entity_id)
    if entity is None:
        return {}
    places = [place.label for place in destinations.of_entity(entity)]
    names = [party.name for party in parties.of_entity(entity, limit=_NAMED)]
    return {"party": names, "destination": places}


def state_text(row: Found) -> str:
    """Mark and words: where it stands, else whether it is a draft or void."""
    if row.state is None:
        return wording.state_text(row.status) if row.status != "ready" else "- not of it"
    return "! changed since" if row.changed else wording.state_text(row.state)


def head(row: Found, entity: str) -> str:
    """What it is: `Credit note C-1, Blue Ltd, -12.00 EUR, due 2026-12-01  Acme`."""
    kind = "Credit note" if row.document_type == "credit_note" else "Invoice"
    due = f", due {row.due_date}" if row.due_date else ""
    return f"{kind} {row.number}, {row.party}, {row.amount} {row.currency}{due}  ({row.direction}, {entity})"


def stands(row: Found) -> str:
    """Where it stands, in a sentence."""
    job = f" by job {row.job_id}" if row.job_id else ""
    if row.state is None:
        return "A draft goes nowhere." if row.status == "draft" else "It does not belong to the destination."
    if row.changed:
        return (
            f"Version {row.exported_version} was exported{job}; version {row.version} came since,"
            f" and is not sent by itself: {RE_EXPORT.key} sends it"
        )
    why = f": {row.reason}" if row.reason else ""
    if row.state == LedgerState.PENDING and why:
        before = "Put back" if row.code == "reverted" else "Last time it did not go"
        return f"It goes with the next export. {before}{why}"
    sentences = {
        LedgerState.PENDING: "It goes with the next export",
        LedgerState.IN_PROGRESS: f"It is being exported{job}",
        LedgerState.EXPORTED: f"It was exported{job}" if row.job_id else "It was marked as exported by hand",
        LedgerState.ON_HOLD: "On hold until somebody decides: V puts it back, M counts it as exported",
    }
    return f"{sentences[LedgerState(row.state)]}{why}"

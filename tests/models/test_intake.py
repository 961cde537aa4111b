"""Documents in: identity, versions, direction, counterparties and what becomes pending."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import destinations, entities, invoices, parties, people
from models.audit import WAYBILL, AuditEntry
from models.destinations import LedgerRow
from models.entities import LegalEntity
from models.errors import PermissionDenied
from models.intake import Intake, Origin, Taken
from models.invoices import Direction, Invoice, InvoiceVersion
from models.parties import Party


@pytest.fixture
def entity(home: Path) -> LegalEntity:  # noqa: ARG001 - it must be there
    """A legal entity known as DK12345678 in a fresh home."""
    return entities.create(WAYBILL, "Acme", identifiers=["DK 1234 5678"])


def document(number: str = "A-1", payable: str = "100.00", **fields: Any) -> dict[str, Any]:
    """A content with the other side as `party`."""
    content = {
        "document_type": "invoice",
        "number": number,
        "issue_date": "2026-11-01",
        "currency": "EUR",
        "party": {"name": "Blue Ltd", "vat_id": "GB999"},
        "totals": {"payable": payable},
    }
    return content | fields


def take(
    entity: LegalEntity, *contents: dict[str, Any], direction: Direction | None = Direction.PAYABLE
) -> Taken:
    """The documents, taken in one batch."""
    return Intake(WAYBILL, entity, direction).take([(content, Origin("test", 1)) for content in contents])


def counts(taken: Taken) -> tuple[int, int, int, int]:
    """Imported, updated, unchanged, refused."""
    return taken.imported, taken.updated, taken.unchanged, len(taken.refused)


def test_new_document_becomes_pending_with_its_figures(entity: LegalEntity) -> None:
    assert counts(take(entity, document(due_date="2026-12-01"))) == (1, 0, 0, 0)
    [invoice] = Invoice.select()
    assert (invoice.number, invoice.payable, invoice.currency, invoice.version) == ("A-1", 10000, "EUR", 1)
    assert invoice.party.name == "Blue Ltd"
    assert [row.state for row in LedgerRow.select()] == ["pending"]


def test_known_content_changes_nothing_and_new_content_is_a_new_version(entity: LegalEntity) -> None:
    take(entity, document())
    assert counts(take(entity, document())) == (0, 0, 1, 0)
    assert counts(take(entity, document(payable="120.00"))) == (0, 1, 0, 0)
    assert counts(take(entity, document())) == (0, 0, 1, 0)  # known as version 1
    [invoice] = Invoice.select()
    assert (invoice.version, invoice.payable) == (2, 12000)
    assert [version.number for version in invoices.versions(invoice)] == [1, 2]
    assert invoices.content(invoice, 1)["totals"]["payable"] == "100.00"


def test_same_identity_within_one_batch_is_told_apart_by_content(entity: LegalEntity) -> None:
    taken = take(entity, document(), document(payable="1.00"), document(), document(number="A-2"))
    assert counts(taken) == (2, 1, 1, 0)
    assert InvoiceVersion.select().count() == 3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"number": "A-2"}, "another number"),
        ({"document_type": "credit_note"}, "a credit note is not the invoice of that number"),
        ({"party": {"name": "Red Ltd", "vat_id": "GB111"}}, "another party numbers for itself"),
    ],
)
def test_identity_is_number_type_party_and_direction(
    entity: LegalEntity, changed: dict[str, Any], reason: str
) -> None:
    take(entity, document())
    assert counts(take(entity, document(**changed))) == (1, 0, 0, 0), reason


@pytest.mark.parametrize(
    ("seller", "buyer", "expected"),
    [
        ({"name": "Acme", "vat_id": "DK12345678"}, {"name": "Blue"}, Direction.RECEIVABLE),
        (
            {"name": "Blue"},
            {"name": "Acme", "legal_id": {"scheme": "0184", "value": "DK12345678"}},
            Direction.PAYABLE,
        ),
        (
            {"name": "Blue"},
            {"name": "A", "endpoint": {"scheme": "0184", "value": "dk12345678"}},
            Direction.PAYABLE,
        ),
        ({"name": "Blue"}, {"name": "A", "identifiers": [{"value": "DK-12345678"}]}, Direction.PAYABLE),
    ],
)
def test_direction_follows_the_side_that_carries_the_entitys_identifier(
    entity: LegalEntity, seller: dict[str, Any], buyer: dict[str, Any], expected: Direction
) -> None:
    content = document(seller=seller, buyer=buyer)
    del content["party"]
    assert counts(take(entity, content, direction=None)) == (1, 0, 0, 0)
    assert Invoice.get().direction == expected


def test_direction_that_cannot_be_told_is_refused_and_the_rest_goes_in(entity: LegalEntity) -> None:
    stranger = document(seller={"name": "Blue"}, buyer={"name": "Green"})
    del stranger["party"]
    known = document("A-2", seller={"name": "Acme", "vat_id": "DK12345678"}, buyer={"name": "Green"})
    del known["party"]
    taken = take(entity, stranger, known, direction=None)
    assert counts(taken) == (1, 0, 0, 1)
    [(position, error)] = taken.refused
    assert (position, error.code) == (0, "direction_unknown")
    assert "--direction" in error.remedy


def test_counterparty_is_recognised_by_any_of_its_numbers(entity: LegalEntity) -> None:
    take(entity, document("1", party={"name": "Blue", "vat_id": "GB999", "legal_id": {"value": "12"}}))
    take(entity, document("2", party={"name": "Blue Limited", "legal_id": {"value": "12"}}))
    take(entity, document("3", party={"name": "BLUE", "vat_id": "gb 999", "endpoint": {"value": "e1"}}))
    take(entity, document("4", party={"name": "Blue again", "endpoint": {"value": "E1"}}))
    assert Party.select().count() == 1
    assert parties.find(entity, "12").name == "Blue"


def test_counterparties_sharing_words_or_a_weak_number_stay_apart(entity: LegalEntity) -> None:
    status = {"tax_id": "Godkänd för F-skatt"}  # what every Swedish seller states
    take(entity, document("1", party={"name": "Elnät AB", "vat_id": "SE556677889901"} | status))
    take(entity, document("1", party={"name": "Taxi AB", "vat_id": "SE112233445501"} | status))
    take(entity, document("1", party={"name": "Vakt AB"} | status))
    court = {"legal_id": {"value": "HRB 12345"}}  # another court has one too
    take(entity, document("1", party={"name": "Nord GmbH", "vat_id": "DE123456789"} | court))
    take(entity, document("1", party={"name": "Süd GmbH", "vat_id": "DE987654321"} | court))
    take(entity, document("2", party={"name": "Süd", "vat_id": "DE 987654321"} | court))
    names = ["Elnät AB", "Taxi AB", "Vakt AB", "Nord GmbH", "Süd GmbH"]
    assert [party.name for party in Party.select().order_by(Party.id)] == names
    assert [invoice.party.name for invoice in Invoice.select().order_by(Invoice.id)] == [*names, "Süd GmbH"]


def test_counterparty_of_another_countrys_number_is_the_same(entity: LegalEntity) -> None:
    take(entity, document("1", party={"name": "Blue", "vat_id": "DE123456789", "endpoint": {"value": "e1"}}))
    take(entity, document("2", party={"name": "Blue", "vat_id": "DK12345678", "endpoint": {"value": "e1"}}))
    assert Party.select().count() == 1


def test_counterparty_known_only_by_name_or_own_number_is_found_again(entity: LegalEntity) -> None:
    take(entity, document("1", party={"name": "Blue  Ltd"}), document("2", party={"name": "blue ltd"}))
    take(entity, document("3", party={"name": "Red", "number": "V7"}))
    take(entity, document("4", party={"name": "Red Inc", "number": "v7"}))
    assert sorted(party.name for party in Party.select()) == ["Blue Ltd", "Red"]


def test_invoice_already_exported_keeps_its_ledger_row_when_it_changes(entity: LegalEntity) -> None:
    take(entity, document())
    LedgerRow.update(state="exported", version=1).execute()
    take(entity, document(payable="7.00"))
    [row] = LedgerRow.select()
    assert (row.state, row.version, row.invoice.version) == ("exported", 1, 2)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"totals": {"payable": "1.005"}}, "too_many_decimals"),
        ({"totals": {"payable": "9" * 16}}, "too_large"),
        ({"currency": "JPY", "totals": {"payable": "1.50"}}, "too_many_decimals"),
    ],
)
def test_amount_that_cannot_be_kept_exactly_is_refused(
    entity: LegalEntity, fields: dict[str, Any], code: str
) -> None:
    [(_, error)] = take(entity, document(**fields)).refused
    assert error.code == code
    assert not Invoice.select().exists()


def test_import_needs_a_role(entity: LegalEntity) -> None:
    user = people.create(WAYBILL, "guest@acme.example")
    guest = people.Actor(user_id=user.id, name=user.email)
    with pytest.raises(PermissionDenied):
        Intake(guest, entity)


def test_import_is_audited_with_its_counts(entity: LegalEntity) -> None:
    intake = Intake(WAYBILL, entity, Direction.PAYABLE)
    intake.record(intake.take([(document(), Origin("test"))]), "test.csv", refused=2)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.action, entry.subject_name) == ("import", "test.csv")
    assert entry.after == {"imported": 1, "updated": 0, "unchanged": 0, "refused": 2}


_contents = st.builds(
    document,
    number=st.sampled_from(["1", "2", "3"]),
    payable=st.sampled_from(["1.00", "2.00", "3.00"]),
    document_type=st.sampled_from(["invoice", "credit_note"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(_contents, max_size=6), max_size=5))
def test_any_cut_into_batches_keeps_each_content_once(
    entity: LegalEntity, batches: list[list[dict[str, Any]]]
) -> None:
    other = entities.create(
        WAYBILL, f"Entity {LegalEntity.select().count()}", identifiers=entities.identifiers(entity)
    )
    for batch in batches:
        take(other, *[dict(content) for content in batch])
    distinct = {
        (one["number"], one["document_type"], one["totals"]["payable"]) for batch in batches for one in batch
    }
    kept = InvoiceVersion.select().join(Invoice).where(Invoice.entity == other)
    assert kept.count() == len(distinct)
    assert Invoice.select().where(Invoice.entity == other).count() == len({key[:2] for key in distinct})


def test_two_imports_at_once_share_the_counterparty_that_the_first_creates(entity: LegalEntity) -> None:
    first, second = (Intake(WAYBILL, entity, Direction.PAYABLE) for _ in range(2))
    assert first.take([(document(number="A-1"), Origin("one"))]).imported == 1
    taken = second.take([(document(number="A-1"), Origin("two")), (document(number="A-2"), Origin("two"))])
    assert (taken.imported, taken.unchanged, taken.refused) == (1, 1, [])


def test_invoice_whose_corrected_date_falls_into_a_destination_becomes_pending_there(
    entity: LegalEntity,
) -> None:
    stream = destinations.create(WAYBILL, entity, Direction.PAYABLE, "new-system", since=date(2026, 1, 1))
    take(entity, document(issue_date="2025-11-01"))
    assert destinations.pending_count(stream.id) == 0
    take(entity, document(issue_date="2026-11-01"))
    assert destinations.pending_count(stream.id) == 1

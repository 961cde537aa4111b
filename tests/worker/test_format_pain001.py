"""SEPA credit transfers: what a bank refuses is found before, and what is written is read part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from models.catalogue import parse_settings
from models.errors import InvalidInput
from tests.worker.format_cases import GOLDEN, batch, item, written
from worker.formats import Batch, Item
from worker.formats.pain001 import Pain001
from worker.formats.pain001.settings import SETTINGS

PAIN = Pain001()
BANK = {"bic": "COBADEFF"}
IBAN = "DE89370400440532013000"


def of(**settings: Any) -> Batch:
    given = {"debtor_name": "Harbour Goods ApS", "debtor_iban": "DK50 0040 0440 1162 43", **settings}
    return batch(settings=parse_settings(SETTINGS, given))


def euros(number: str = "INV-1", **given: Any) -> Item:
    """An invoice that can be paid; `account` and `remittance` are its payment's."""
    account = {"id": IBAN, **given.pop("account_", {})}
    payment = {"means_code": given.pop("means", "58"), "account": account}
    if (reference := given.pop("remittance", None)) is not None:
        payment["remittance"] = reference
    content = {"payment": [payment], **given.pop("content", {})}
    return item(number, currency="EUR", account=None, content=content, **given)


@pytest.mark.parametrize("version", ["001.001.09", "001.001.03"])
def test_pain001_is_the_golden_file(tmp_path: Path, version: str) -> None:
    items = [
        euros(
            "INV-1", party_name="Müller & Søn", remittance="RF18 5390 0754 7034", account_={"bic": "COBADEFF"}
        ),
        euros("2026/02", serial=2, amount=1, remittance="Invoice 2026/02, thank you"),
        euros("Straße #3", serial=3, party_name="C", remittance="r"),
    ]
    settings = of(version=version, initiator_id="12345678", debtor_bic="DABADKKK", batch_booking=True)
    path, totals = written(tmp_path, PAIN, settings, items)
    assert path.read_bytes() == (GOLDEN / f"pain.{version}.xml").read_bytes()
    assert (totals.items, totals.sums) == (3, {"EUR": 12_345 * 2 + 1})


CASES: list[tuple[Item, dict[str, Any], list[str], str]] = [
    (euros(), {}, [], "all there"),
    (item(), {}, ["SEPA-EUR", "SEPA-IBAN"], "dollars without an account"),
    (euros(direction="receivable"), {}, ["SEPA-PAYABLE"], "owed to us"),
    (euros(document_type="credit_note"), {}, ["SEPA-CREDIT-NOTE"], "nobody is paid for a credit note"),
    (euros(amount=0), {}, ["SEPA-AMOUNT"], "nothing to pay"),
    (euros(amount=-5), {}, ["SEPA-AMOUNT"], "less than nothing"),
    (euros(amount=99_999_999_999), {}, [], "the most there is"),
    (euros(amount=100_000_000_000), {}, ["SEPA-AMOUNT"], "more than the most"),
    (euros(account_={"id": "DE88370400440532013000"}), {}, ["SEPA-IBAN"], "a check digit"),
    (euros(account_={"id": "de89 3704 0044 0532 0130 00"}), {}, [], "as people write it"),
    (euros(account_={"id": "AE070331234567890123456"}), {}, ["SEPA-COUNTRY"], "an IBAN out of reach"),
    (euros(account_={"bic": "COBADEF"}), {}, ["SEPA-BIC"], "a BIC too short"),
    (euros(means="48"), {}, ["SEPA-IBAN"], "paid by card"),
    (euros(party_name="x" * 71), {}, ["SEPA-LENGTH"], "a name too long"),
    (euros(party_name="株式会社"), {}, ["SEPA-CHARACTER"], "no Latin letters"),
    (euros(party_name="株式会社", account_={"name": "Kabushiki KK"}), {}, [], "the account's own name"),
    (euros(remittance="x" * 141), {}, ["SEPA-LENGTH"], "a reference too long"),
    (euros(remittance="50% off"), {}, ["SEPA-CHARACTER"], "a per cent sign"),
    (euros(remittance="12"), {"remittance": "structured"}, ["SEPA-RF"], "must be structured"),
    (euros(remittance="RF18539007547034"), {"remittance": "structured"}, [], "is structured"),
    (euros("#" * 40), {}, ["SEPA-CHARACTER"], "a number in place of a reference"),
]


@pytest.mark.parametrize(("one", "settings", "codes", "why"), CASES, ids=[case[3] for case in CASES])
def test_pain001_finds_all_that_a_bank_refuses(
    one: Item, settings: dict[str, Any], codes: list[str], why: str
) -> None:
    found = PAIN.findings(one, of(**settings))
    assert [each.code for each in found] == codes, why
    assert all(each.remedy for each in found)
    assert [number for number, _ in PAIN.problems([one], of(**settings))] == ([one.item_id] if codes else [])


@pytest.mark.parametrize(
    ("settings", "terms"),
    [
        ({}, []),
        ({"debtor_iban": "DK5000400440116244"}, ["debtor_iban"]),
        ({"debtor_bic": "X"}, ["debtor_bic"]),
        ({"debtor_name": "株式会社"}, ["debtor_name"]),
        ({"initiator_id": "a_b"}, ["initiator_id"]),
    ],
)
def test_pain001_payer_that_no_bank_knows_is_refused(settings: dict[str, Any], terms: list[str]) -> None:
    assert [found.term for found in PAIN.check_settings(of(**settings).settings, None)] == terms


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "2026-04-02"), (1, "2026-04-07"), (2, "2026-04-08")], ids=["today", "1", "2"]
)
def test_pain001_is_carried_out_on_a_target_day(tmp_path: Path, days: int, expected: str) -> None:
    maundy_thursday = of(execution_days=days).posting_date.replace(month=4, day=2)
    settings = of(execution_days=days).settings
    path, _ = written(tmp_path, PAIN, batch(settings=settings, posting_date=maundy_thursday), [euros()])
    assert f"<Dt>{expected}</Dt>" in path.read_text()


def test_pain001_without_a_transfer_is_not_written(tmp_path: Path) -> None:
    with (tmp_path / "none").open("wb") as out, pytest.raises(InvalidInput, match="without a transfer"):
        PAIN.write(of(), lambda: iter([]), out)


MUTATIONS = [
    (b"<NbOfTxs>2</NbOfTxs>", b"<NbOfTxs>3</NbOfTxs>"),
    (b">123.45<", b">123.46<"),
    (b">123.45<", b">123.450<"),
    (b'Ccy="EUR"', b'Ccy="USD"'),
    (b"DE8937", b"DE8837"),
    (b"<ChrgBr>SLEV</ChrgBr>", b""),
    (b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CHK</PmtMtd>"),
    (b"<EndToEndId>INV-1</EndToEndId>", b"<EndToEndId></EndToEndId>"),
    (b"<Nm>Acme Supply</Nm>", b"<Nm>" + b"x" * 71 + b"</Nm>"),
    (b"<Nm>Acme Supply</Nm>", "<Nm>Åcme</Nm>".encode()),
    (b"<Ustrd>INV-1</Ustrd>", b"<Ustrd>INV-1</Ustrd><Ustrd>INV-1</Ustrd>"),
    (b"<Ustrd>INV-1</Ustrd>", b"<Strd/>"),
    (b"2026-03-02</Dt>", b"2026-02-30</Dt>"),
    (b"001.001.09", b"001.001.08"),
    (b"</Document>", b""),
    (b"<MsgId>", b"<X/><MsgId>"),
    (b"<CdtrAcct>", b"<Purp/><CdtrAcct>"),
    (b"WAYBILL-42-", b"W" * 40),
]


@pytest.mark.parametrize(("before", "after"), MUTATIONS)
def test_pain001_that_was_changed_does_not_read_back(tmp_path: Path, before: bytes, after: bytes) -> None:
    path, _ = written(tmp_path, PAIN, of(), [euros(), euros("INV-2", serial=2)])
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after, 1))
    with pytest.raises(InvalidInput) as damage:
        PAIN.read_back(path, of())
    assert damage.value.code == "file_damaged"


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["RF18539007547034", "=1+1", "a//b", "/", "Ærø", "<&>", " ", "x" * 150]
)


@given(
    cases=st.lists(st.tuples(text, text, text, st.integers(-5, 10**12)), max_size=5),
    version=st.sampled_from(["001.001.09", "001.001.03"]),
)
def test_pain001_any_invoice_is_paid_right_or_refused_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[str, str, str, int]], version: str
) -> None:
    settings = of(version=version)
    items = [
        euros(number or "-", party_name=name, remittance=reference, amount=amount, serial=serial)
        for serial, (number, name, reference, amount) in enumerate(cases, 1)
    ]
    problems = dict(PAIN.problems(items, settings))
    carried = [one for one in items if one.item_id not in problems]
    if not carried:
        return
    path, _ = written(tmp_path_factory.mktemp("pain"), PAIN, settings, carried)
    space = f"{{urn:iso:std:iso:20022:tech:xsd:pain.{version}}}"
    found = [each.text for each in etree.parse(str(path)).iter(f"{space}InstdAmt")]
    assert found == [f"{one.amount / 100:.2f}" for one in carried]

"""X12 810: right by the release's rules, and what it cannot carry is found before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from models.catalogue import parse_settings
from models.errors import InvalidInput
from tests.worker import edi_cases
from tests.worker.drawn_documents import documents, drawn_item
from tests.worker.edi_cases import CONTENT, credit_note, errors, invoice, sampled
from tests.worker.format_cases import GOLDEN, batch, written
from worker.formats import Batch
from worker.formats.x12 import X12

SCOPE = "x12 ZZ:HARBOUR ZZ:BIGBUYER"
FORMAT = X12()


def x12_batch(number: int = 1, **values: Any) -> Batch:
    given_values = {"sender": "HARBOUR", "receiver": "BIGBUYER"} | values
    return batch(settings=parse_settings(FORMAT.settings, given_values), control_numbers={SCOPE: number})


@pytest.fixture(scope="session")
def judge(oracles: Path) -> Any:
    """The validator of the release's rules."""
    return edi_cases.judge(oracles, "X12")


@pytest.mark.parametrize(
    ("values", "terms"),
    [
        ({}, []),
        ({"sender": "A"}, ["group_sender"]),
        ({"receiver": "B "}, ["group_receiver"]),
        ({"sender": "A", "group_sender": "AA"}, []),
    ],
)
def test_partner_is_long_enough_for_its_group(values: dict[str, Any], terms: list[str]) -> None:
    found = FORMAT.check_settings(x12_batch(**values).settings, None)
    assert [problem.term for problem in found] == terms


def test_interchange_is_written_as_the_golden_file(tmp_path: Path) -> None:
    of_both = x12_batch(905, line_breaks=True, vendor_number="778899", tax_type="VA")
    path, totals = written(tmp_path, FORMAT, of_both, [credit_note(), invoice()])
    assert path.read_bytes() == (GOLDEN / "810.x12").read_bytes()
    assert totals.sums == {"EUR": 0}
    assert totals.control == {"interchange": 905}


@pytest.mark.parametrize("values", [{}, {"capitals": True, "credit_amounts": "negative", "tax_type": "VA"}])
def test_every_sample_is_refused_with_findings_or_passes_the_rules(
    samples: Path, judge: Any, tmp_path: Path, values: dict[str, Any]
) -> None:
    of_all = x12_batch(**values)
    good = [one for one in sampled(samples) if not FORMAT.findings(one, of_all)]
    assert len(good) > 50
    path, _ = written(tmp_path, FORMAT, of_all, good)
    assert errors(judge, path.read_bytes()) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=documents())
def test_drawn_document_is_refused_with_findings_or_passes_the_rules(
    content: dict[str, Any], judge: Any, tmp_path: Path
) -> None:
    one = drawn_item(content)
    found = FORMAT.findings(one, x12_batch())
    assert all(problem.code and problem.reason and problem.remedy and problem.term for problem in found)
    if not found:
        path, _ = written(tmp_path, FORMAT, x12_batch(), [one])
        assert errors(judge, path.read_bytes()) == []


def test_total_of_a_credit_is_negative_where_the_partner_wants_it(tmp_path: Path) -> None:
    path, totals = written(tmp_path, FORMAT, x12_batch(credit_amounts="negative"), [credit_note()])
    assert "TDS*-12500~" in path.read_text()
    assert totals.sums == {"EUR": -12500}


_LINE = CONTENT["lines"][0]
_FINDINGS: list[tuple[str, dict[str, Any], str]] = [
    ("X12-UNIT", {"lines": [_LINE | {"unit": "XPP"}]}, "no unit of X12 is known for it"),
    ("X12-PRICE", {"lines": [_LINE | {"base_quantity": "3", "price": "1"}]}, "a third never ends"),
    ("X12-PRICE", {"lines": [_LINE | {"base_quantity": "0"}]}, "nothing is divided by zero"),
    ("X12-LINE", {"lines": [_LINE | {"quantity": "11"}]}, "the line says otherwise"),
    ("X12-NO-PLACE", {"totals": CONTENT["totals"] | {"paid": "5.00", "payable": "120.00"}}, "prepaid"),
    ("X12-LENGTH", {"number": "N" * 23}, "22 characters of an invoice number"),
    ("X12-LENGTH", {"order_reference": "P" * 23}, "22 characters of an order number"),
    ("X12-CHARSET", {"number": "A*1"}, "a number is never written otherwise"),
    ("X12-CHARSET", {"notes": ["株式会社"]}, "no such letters, and none that stand for them"),
    ("X12-REPEAT", {"notes": ["note"] * 101}, "a hundred NTE"),
    ("X12-N1", {"buyer": {}}, "nobody is billed"),
    ("BR-16", {"lines": None}, "nothing is invoiced"),
    ("BR-CO-16", {"totals": CONTENT["totals"] | {"payable": "125.01"}}, "a cent off"),
]


@pytest.mark.parametrize(("code", "changed", "_why"), _FINDINGS)
def test_what_cannot_be_carried_is_found(code: str, changed: dict[str, Any], _why: str) -> None:
    assert code in {problem.code for problem in FORMAT.findings(invoice(**changed), x12_batch())}


def test_invoice_of_the_tests_has_no_finding() -> None:
    assert FORMAT.findings(invoice(), x12_batch()) == []


_DAMAGE = [
    ("~SE*", "~SE*1"),
    ("GE*1", "GE*2"),
    ("IEA*1", "IEA*2"),
    ("*000000001~", "*000000002~"),
    ("CTT*2", "CTT*3"),
    ("BIG*", "XXX*"),
    ("ISA*", "ISB*"),
    ("IT1*2", "IT1*2~IT1*3"),
]


@pytest.mark.parametrize(("was", "now"), _DAMAGE)
def test_damaged_file_does_not_read_back(tmp_path: Path, was: str, now: str) -> None:
    path, _ = written(tmp_path, FORMAT, x12_batch(), [invoice()])
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now, 1))
    with pytest.raises(InvalidInput, match="not as it was written"):
        FORMAT.read_back(path, x12_batch())


def test_same_partners_have_the_same_numbers_however_they_are_written() -> None:
    """ISA06 and ISA08 are filled with blanks, so one behind a name is no other partner."""
    plain = list(X12().control_scopes([], x12_batch(sender="EXAMPLE", receiver="ACME")))
    assert list(X12().control_scopes([], x12_batch(sender="EXAMPLE ", receiver="ACME  "))) == plain
    assert list(X12().control_scopes([], x12_batch(sender="EXAMPLE", receiver="ACNE"))) != plain

"""EDIFACT: right by the directory's rules, read by others, and what it cannot carry is found before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydifact.segmentcollection import Interchange

from models.catalogue import parse_settings
from models.errors import InvalidInput
from tests.worker import edi_cases
from tests.worker.drawn_documents import documents, drawn_item
from tests.worker.edi_cases import CONTENT, credit_note, errors, invoice, of, sampled
from tests.worker.format_cases import GOLDEN, batch, written
from worker.formats import Batch, Item
from worker.formats.edifact import Edifact

SENDER, RECEIVER = "5790000436101", "5790000436057"
EDIFACT = Edifact()


def edifact_batch(control_numbers: dict[str, int] | None = None, **values: Any) -> Batch:
    parsed = parse_settings(EDIFACT.settings, {"sender": SENDER} | values)
    return batch(settings=parsed, control_numbers=control_numbers or {})


@pytest.fixture(scope="session")
def judge(oracles: Path) -> Any:
    """The validator of the directory's rules."""
    return edi_cases.judge(oracles, "Edifact")


def test_interchange_is_written_as_the_golden_file(tmp_path: Path) -> None:
    receiver = f"edifact {SENDER}:14 {RECEIVER}:14"
    path, totals = written(
        tmp_path, EDIFACT, edifact_batch({receiver: 4711}, line_breaks=True), [credit_note(), invoice()]
    )
    assert path.read_bytes() == (GOLDEN / "invoic.edi").read_bytes()
    assert totals.sums == {"EUR": 0}
    assert totals.control == {"interchanges": "4711"}


@pytest.mark.parametrize("values", [{}, {"syntax": "UNOB"}, {"line_breaks": True, "association": ""}])
def test_every_sample_is_refused_with_findings_or_passes_the_rules(
    samples: Path, judge: Any, tmp_path: Path, values: dict[str, Any]
) -> None:
    of_all = edifact_batch(receiver=RECEIVER, **values)
    good = [one for one in sampled(samples) if not EDIFACT.findings(one, of_all)]
    assert len(good) > 20
    path, _ = written(tmp_path, EDIFACT, of_all, good)
    assert errors(judge, path.read_bytes()) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=documents())
def test_drawn_document_is_refused_with_findings_or_passes_the_rules(
    content: dict[str, Any], judge: Any, tmp_path: Path
) -> None:
    of_one, one = edifact_batch(receiver=RECEIVER), drawn_item(content)
    found = EDIFACT.findings(one, of_one)
    assert all(problem.code and problem.reason and problem.remedy and problem.term for problem in found)
    if not found:
        path, _ = written(tmp_path, EDIFACT, of_one, [one])
        assert errors(judge, path.read_bytes()) == []


# It looks for a directory it does not ship.
@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")
def test_other_readers_find_what_was_written(tmp_path: Path) -> None:
    path, _ = written(tmp_path, EDIFACT, edifact_batch(), [invoice()])
    read = Interchange.from_file(str(path), encoding="latin-1")
    [message] = list(read.get_messages())
    assert message.type == "INVOIC"
    texts = [segment.elements for segment in message.segments if segment.tag == "FTX"]
    assert texts[0][3] == "Thank you: 'Søren' + Co?"


def test_parties_that_share_a_receiver_share_an_interchange(tmp_path: Path) -> None:
    elsewhere = {"name": "Other Ltd", "endpoint": {"scheme": "0088", "value": "5790000436064"}}
    mixed = [
        of(CONTENT | {"number": str(n), "buyer": elsewhere if n == 2 else CONTENT["buyer"]}, n)
        for n in (1, 2, 3)
    ]
    scopes = list(EDIFACT.control_scopes(mixed, edifact_batch()))
    assert scopes == [f"edifact {SENDER}:14 {RECEIVER}:14", f"edifact {SENDER}:14 5790000436064:14"]
    path, totals = written(tmp_path, EDIFACT, edifact_batch({scopes[0]: 8, scopes[1]: 3}), mixed)
    text = path.read_text("latin-1")
    assert totals.control == {"interchanges": "8,3"}
    assert text.count("UNB+") == 2
    assert "UNZ+2+8'" in text
    assert "UNZ+1+3'" in text


_WRONG_DIGIT = CONTENT["seller"] | {"endpoint": {"scheme": "0088", "value": "5790000436102"}}
_FINDINGS = [
    ("EDIFACT-RECEIVER", {"buyer": {"name": "Nameless number"}}, {}, "it goes nowhere"),
    (
        "EDIFACT-GLN",
        {"seller": CONTENT["seller"] | {"endpoint": {"scheme": "0088", "value": "5790000436102"}}},
        {},
        "digit",
    ),
    (
        "EDIFACT-GLN",
        {"buyer": {"name": "No GLN"}},
        {"gln_required": True, "receiver": RECEIVER},
        "EANCOM wants one",
    ),
    ("EDIFACT-LENGTH", {"number": "N" * 36}, {}, "35 characters of a document number"),
    ("EDIFACT-LENGTH", {"buyer": CONTENT["buyer"] | {"name": "long " * 40}}, {}, "five times 35"),
    ("EDIFACT-CHARSET", {"notes": ["株式会社"]}, {}, "no such letters, and none that stand for them"),
    ("EDIFACT-CHARSET", {"notes": ["Łódź"]}, {"plain_letters": False}, "it would have been Lodz"),
    ("EDIFACT-CHARSET", {"number": "INV-Ł"}, {}, "a number is never written otherwise"),
    ("EDIFACT-BGM", {"type_code": "751"}, {}, "unknown to D.96A"),
    ("EDIFACT-BGM", {"type_code": "381"}, {}, "a credit note's type on an invoice"),
    ("EDIFACT-REPEAT", {"notes": [f"note {n}" for n in range(10)]}, {}, "ten FTX, terms among them"),
    ("BR-16", {"lines": None}, {}, "nothing is invoiced"),
    ("BR-CO-10", {"totals": CONTENT["totals"] | {"line_net": "110.01"}}, {}, "a cent off"),
    ("BR-CO-15", {"totals": CONTENT["totals"] | {"with_vat": "125.01"}}, {}, "a cent off"),
    ("not_a_number", {"totals": CONTENT["totals"] | {"vat": "many"}}, {}, "no number"),
]


@pytest.mark.parametrize(
    ("code", "changed", "values", "_why"), _FINDINGS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_cannot_be_carried_is_found(
    code: str, changed: dict[str, Any], values: dict[str, Any], _why: str
) -> None:
    found = EDIFACT.findings(invoice(**changed), edifact_batch(**values))
    assert code in {problem.code for problem in found}


def test_invoice_that_goes_nowhere_says_both_ways_to_send_it() -> None:
    [found] = EDIFACT.findings(invoice(buyer={"name": "Nameless number"}), edifact_batch())
    assert found.reason == "the invoice has no GLN of the party it goes to"
    assert "scheme 0088" in found.remedy
    assert "edifact.receiver" in found.remedy


def test_invoice_of_the_tests_has_no_finding() -> None:
    assert EDIFACT.findings(invoice(), edifact_batch()) == []


_DAMAGE = [
    ("UNZ+1+", "UNZ+2+"),
    ("UNT+", "UNT+9"),
    ("CNT+2:2", "CNT+2:3"),
    ("UNH+1+", "UNH+7+"),
    ("LIN+2", "LIN+2'LIN+3"),
    ("MOA+9:", "MOA+8:"),
    ("BGM+380", "XXX+380"),
    ("UNA:+.? '", "UNA:+,? '"),
    ("UNS+S'", ""),
]


@pytest.mark.parametrize(("was", "now"), _DAMAGE)
def test_damaged_file_does_not_read_back(tmp_path: Path, was: str, now: str) -> None:
    path, _ = written(tmp_path, EDIFACT, edifact_batch(), [invoice()])
    text = path.read_text("latin-1")
    assert was in text
    path.write_text(text.replace(was, now, 1), "latin-1")
    with pytest.raises(InvalidInput, match="not as it was written"):
        EDIFACT.read_back(path, edifact_batch())


def test_receivers_that_stand_together_are_gone_through_twice_however_many(tmp_path: Path) -> None:
    glns = [f"579000000{number:03}" for number in range(40)]
    buyers = [{"name": one, "endpoint": {"scheme": "0088", "value": one}} for one in glns]
    items = [of(CONTENT | {"number": str(n), "buyer": buyer}, n) for n, buyer in enumerate(buyers)]
    passes = []

    def source() -> Iterator[Item]:
        passes.append(1)
        return iter([*items, items[0]])  # the first one's receiver comes again

    with (tmp_path / "file").open("wb") as out:
        totals = EDIFACT.write(edifact_batch(), source, out)
    assert (totals.items, len(passes)) == (41, 3)


def test_setting_with_a_wrong_check_digit_is_refused() -> None:
    values = parse_settings(EDIFACT.settings, {"sender": "5790000436102"})
    [problem] = EDIFACT.check_settings(values, None)
    assert "check digit" in problem.reason

"""Each rule we know is found where it is broken, and where nothing is, nothing is found."""

from __future__ import annotations

import pytest

from tests.worker import einvoice_rules
from tests.worker.einvoice_cases import INVOICE, SMALL, credit_note, of
from tests.worker.einvoice_rules import Changes
from tests.worker.format_cases import batch
from worker.formats.peppol import Peppol

PEPPOL = Peppol()
CASES = einvoice_rules.EN16931 + einvoice_rules.PEPPOL + einvoice_rules.NATIONAL


@pytest.mark.parametrize(("rule", "changes"), CASES, ids=[rule for rule, _ in CASES])
def test_rule_that_is_broken_is_found(rule: str, changes: Changes) -> None:
    found = PEPPOL.findings(of(SMALL, *changes), batch())
    assert rule in {one.code for one in found}
    assert all(one.reason and one.remedy and one.term for one in found)


def test_good_documents_have_no_findings() -> None:
    for content in (INVOICE, credit_note(), SMALL):
        assert PEPPOL.findings(of(content), batch()) == []


@pytest.mark.parametrize(
    "changes",
    [
        einvoice_rules.DANISH,
        (*einvoice_rules.SWEDISH, ("lines.0.vat_rate", "25.00"), ("vat_breakdown.0.rate", "25"),
         ("vat_breakdown.0.amount", "25.00"),
         ("totals", {"line_net": "100.00", "vat": "25.00", "with_vat": "125.00", "payable": "125.00"})),
        einvoice_rules.DUTCH,
        einvoice_rules.ICELANDIC,
        (*einvoice_rules.GERMAN, ("payment_terms", "#SKONTO#TAGE=14#PROZENT=2.25#")),
    ],
    ids=["DK", "SE", "NL", "IS", "DE"],
)  # fmt: skip
def test_good_documents_of_countries_have_no_findings(changes: Changes) -> None:
    assert PEPPOL.findings(of(SMALL, *changes), batch()) == []

"""The published rules judge what we write: every sample, every kind of fault, and any document at all."""

from __future__ import annotations

import csv
import importlib.util
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree

from models.fields import canonical_json, to_minor
from tests.worker import einvoice_rules, test_format_oioubl, test_format_peppol
from tests.worker.einvoice_cases import SMALL, Content, of
from tests.worker.einvoice_documents import as_item, documents
from tests.worker.einvoice_rules import Changes
from tests.worker.format_cases import batch, item
from worker import sources
from worker.formats import Batch, Item
from worker.formats.documents import DocumentFormat
from worker.formats.oioubl import Oioubl
from worker.formats.peppol import Peppol
from worker.formats.peppol_self_billing import PeppolSelfBilling

Judge = Callable[[bytes, str], set[str]]
"""The rules that a document breaks under a profile; warnings are none."""

EACH: Batch = batch(settings={"packing": "each"})
EXAMPLES = int(os.environ.get("WAYBILL_EXAMPLES", "100"))
# Format, profile of the rules, and whether its items are payable or receivable.
FORMATS: dict[str, tuple[DocumentFormat, str, str]] = {
    "peppol": (Peppol(), "peppol", "receivable"),
    "peppol_self_billing": (PeppolSelfBilling(), "peppol-selfbill", "payable"),
    "oioubl": (Oioubl(), "oioubl", "receivable"),
}
# A warning of the published rules, and what is not written at all.
UNSEEN = {"BR-51", "BR-CO-19", "BR-CO-20"}


@pytest.fixture(scope="session")
def judge(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The validator with its rules loaded once."""
    spec = importlib.util.spec_from_file_location("validate_einvoice", oracles / "validate_einvoice.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    validator = module.Validator(str(oracles / "einvoice"))
    path = tmp_path_factory.mktemp("oracle") / "document.xml"

    def judged(data: bytes, profile: str) -> set[str]:
        path.write_bytes(data)
        _, findings = validator.check(str(path), profile)
        return {found.rule for found in findings if found.severity == "error"}

    return judged


def test_golden_files_pass(judge: Judge) -> None:
    for name, format_, one, _ in test_format_peppol.FILES:
        profile = "peppol-selfbill" if isinstance(format_, PeppolSelfBilling) else "peppol"
        assert judge(format_.document(one, EACH), profile) == set(), name
    for name, one, _ in test_format_oioubl.FILES:
        assert judge(Oioubl().document(one, EACH), "oioubl") == set(), name


def test_document_in_an_envelope_is_the_same_good_document(judge: Judge) -> None:
    for name, format_, one, of_batch in test_format_peppol.FILES:
        if name == "enveloped.xml":
            document = etree.fromstring(format_.document(one, of_batch))[1]
            assert judge(etree.tostring(document, encoding="utf-8"), "peppol") == set()
            assert etree.tostring(document, method="c14n", exclusive=True) == etree.tostring(
                etree.fromstring(format_.document(one, EACH)), method="c14n", exclusive=True
            )


BROKEN = [
    *((key, rule, changes) for key, cases in (
        ("peppol", einvoice_rules.EN16931 + einvoice_rules.PEPPOL + einvoice_rules.NATIONAL),
        ("oioubl", einvoice_rules.OIOUBL),
    ) for rule, changes in cases),
]  # fmt: skip


@pytest.mark.parametrize(("key", "rule", "changes"), BROKEN, ids=[f"{key}-{rule}" for key, rule, _ in BROKEN])
def test_rule_we_name_is_the_one_that_is_broken(judge: Judge, key: str, rule: str, changes: Changes) -> None:
    format_, profile, _ = FORMATS[key]
    try:
        data = format_.document(of(SMALL, *changes), EACH)
    except (KeyError, AttributeError, IndexError):
        return  # a document that lacks this cannot be written at all
    broken = judge(data, profile)
    assert rule in broken or rule in UNSEEN or "XSD" in broken


@pytest.mark.parametrize("key", FORMATS)
def test_every_sample_is_a_good_document_or_has_findings(judge: Judge, samples: Path, key: str) -> None:
    format_, profile, direction = FORMATS[key]
    good = 0
    for path, content in _contents(samples):
        one = _item(content, direction)
        format_.not_carried(one, EACH)
        if not format_.findings(one, EACH):
            assert judge(format_.document(one, EACH), profile) == set(), path
            good += 1
    assert good >= {"peppol": 40, "oioubl": 36, "peppol_self_billing": 2}[key]


@pytest.mark.parametrize("key", ["peppol", "oioubl"])
def test_no_sample_that_is_valid_in_the_format_is_refused(samples: Path, key: str) -> None:
    format_, profile, direction = FORMATS[key]
    with (samples / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        valid = [row["file"] for row in csv.DictReader(lines, delimiter="\t")
                 if row["profile"] == profile and row["rules_broken"] == "-"]  # fmt: skip
    assert len(valid) > 5
    refused = {}
    for path, content in _contents(samples, valid):
        if found := format_.findings(_item(content, direction), EACH):
            refused[path] = [(one.code, one.reason) for one in found]
    assert refused == {}


@pytest.mark.parametrize("key", ["peppol", "oioubl"])
def test_samples_written_and_read_again_keep_totals_and_terms(
    samples: Path, tmp_path: Path, key: str
) -> None:
    format_, _, direction = FORMATS[key]
    for path, content in _contents(samples):
        one = _item(content, direction)
        if format_.findings(one, EACH):
            continue
        again = tmp_path / "again.xml"
        again.write_bytes(format_.document(one, EACH))
        (read,) = sources.read([again])
        assert isinstance(read, sources.Document), (path, read)
        assert _lasting(read.content) == _lasting(content), path


def _contents(samples: Path, names: list[str] | None = None) -> Iterator[tuple[str, Content]]:
    paths = [samples / name for name in names] if names else sorted(samples.glob("*/*.xml"))
    for found in sources.read(paths):
        if isinstance(found, sources.Document):
            yield found.path, found.content


def _item(content: Content, direction: str) -> Item:
    return item(
        content["number"],
        document_type=content["document_type"],
        direction=direction,
        currency=content["currency"],
        amount=to_minor(content["totals"]["payable"], content["currency"]),
    )._replace(content_json=canonical_json(content))


def _lasting(content: Content) -> dict[str, Any]:
    """What both formats have a place for, whatever they call it."""
    terms = ("document_type", "number", "issue_date", "currency", "tax_currency", "project_reference",
             "contract_reference", "sales_order_reference", "invoiced_object", "buyer_accounting_reference",
             "payment_terms", "preceding_invoices", "period")  # fmt: skip
    found: dict[str, Any] = {term: content[term] for term in terms if term in content}
    if found.get("tax_currency") == content["currency"]:
        del found["tax_currency"]  # which says nothing
    found["payment_terms"] = content.get("payment_terms", "").strip()
    found["notes"] = "\n".join(content.get("notes", ()))
    found["totals"] = {
        name: to_minor(value, content["currency"])
        for name, value in content["totals"].items()
        if name != "vat_accounting" and Decimal(value)
    }
    found["lines"] = [
        (
            line.get("id"),
            Decimal(line["quantity"]),
            Decimal(line["net"]),
            line["item"]["name"],
            line.get("note"),
        )
        for line in content["lines"]
    ]
    for side in ("seller", "buyer"):
        party = content[side]
        found[side] = (
            party["name"],
            party.get("vat_id"),
            party["address"].get("country"),
            party["address"].get("city"),
        )
    found["attachments"] = [
        (one.get("id"), one.get("uri"), "".join(one.get("content", "").split()))
        for one in content.get("attachments", ())
    ]
    return found


@pytest.mark.parametrize("key", FORMATS)
def test_any_document_passes_or_has_findings(judge: Judge, key: str) -> None:
    format_, profile, direction = FORMATS[key]
    tried = {"passed": 0}

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(content=documents())
    def law(content: Content) -> None:
        if key == "peppol_self_billing":
            content["type_code"] = "261" if content.get("document_type") == "credit_note" else "389"
        one = as_item(content, direction)
        if one is None or format_.findings(one, EACH):
            return
        assert judge(format_.document(one, EACH), profile) == set()
        tried["passed"] += 1

    law()
    assert tried["passed"] > 0

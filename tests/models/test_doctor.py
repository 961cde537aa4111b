"""The doctor: each check of the ledger goes red for what it is there for, and says where and what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models import jobs, services, settings
from models.database import execute
from models.doctor import archive, exports, installation, ledger
from models.doctor.finding import Finding, Level
from models.people import WAYBILL
from tests.models.repairs import marked, reverted
from tests.worker.export_site import Site, make_site
from worker import export


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    """One invoice exported, one marked, one pending."""
    made = make_site()
    made.invoice("A-1")
    export.run(made.job().id)
    made.invoice("A-2")
    assert marked(made.destination, "A-2").done
    made.invoice("A-3")
    return made


def broken(found: list[Finding]) -> dict[str, int]:
    return {finding.name: finding.count for finding in found if finding.level is Level.BROKEN}


def test_ledger_of_a_site_that_exported_is_fine(site: Site) -> None:
    assert broken(ledger.examine(WAYBILL)) == {}
    assert archive.examine(WAYBILL).level is Level.OK
    counts = {row.state: row.invoices for row in ledger.standing(WAYBILL, site.entity)}
    assert counts == {"exported": 2, "pending": 1}


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        ("DELETE FROM export_ledger WHERE state = 'pending'", {"ledger.every_invoice"}),
        ("UPDATE export_ledger SET state = 'in_progress', job_id = 1 WHERE state = 'pending'",
         {"ledger.in_progress"}),
        ("UPDATE export_ledger SET job_id = 1 WHERE state = 'pending'", {"ledger.pending"}),
        ("UPDATE export_ledger SET state = 'on_hold' WHERE state = 'pending'", {"ledger.pending"}),
        ("UPDATE export_ledger SET version = 2 WHERE job_id = 1", {"ledger.exported"}),
        ("UPDATE delivery SET state = 'failed'", {"ledger.exported", "items.successful"}),
        ("UPDATE export_ledger SET actor = '' WHERE job_id IS NULL", {"ledger.marked"}),
        ("UPDATE export_ledger SET state = 'pending', job_id = NULL WHERE job_id = 1", {"ledger.once"}),
        ("UPDATE export_ledger SET state = 'on_hold', code = 'outcome_unknown' WHERE job_id IS NULL"
         " AND state = 'pending'", {"ledger.unknown"}),
        ("UPDATE delivery SET state = 'sending'", {"ledger.exported", "items.successful", "deliveries.open"}),
        ("UPDATE export_item SET state = 'in_progress'", {"items.ended", "ledger.exported", "files.totals"}),
        ("UPDATE export_item SET amount = amount + 1", {"files.totals"}),
        ("UPDATE export_job SET owner = 'somebody'", {"jobs.held"}),
    ],
)  # fmt: skip
def test_ledger_that_was_tampered_with_is_told(site: Site, damage: str, names: set[str]) -> None:
    execute(damage)
    found = ledger.examine(WAYBILL, site.entity)
    assert set(broken(found)) == names
    assert all(finding.first and finding.remedy for finding in found if finding.level is Level.BROKEN)


def test_ledger_of_what_left_twice_is_fine_when_a_person_said_so(site: Site) -> None:
    assert reverted(site.destination, "A-1").done
    export.run(site.job().id)
    assert broken(ledger.examine(WAYBILL)) == {}
    execute("DELETE FROM audit_entry WHERE action = 'revert'")
    assert broken(ledger.examine(WAYBILL)) == {"ledger.once": 1}


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("act", ["remove", "shorten", "change"])
def test_archive_that_lost_or_changed_a_file_is_told(act: str) -> None:
    (path,) = (path for path in settings.current().archive.rglob("*") if path.is_file())
    content = path.read_bytes()
    path.chmod(0o600)
    if act == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if act == "shorten" else content[:-1] + b"!")
    finding = archive.examine(WAYBILL)
    assert (finding.level, finding.count) == (Level.BROKEN, 1)
    by_size = archive.examine(WAYBILL, hashes=False)
    assert by_size.level is (Level.OK if act == "change" else Level.BROKEN)


def test_part_of_a_file_that_nobody_writes_any_more_is_told(site: Site) -> None:
    folder = settings.current().archive / site.entity.folder
    part = folder / ".job-2.1-file-2-batch.csv.part"
    part.write_text("half a l")
    assert archive.unfinished(WAYBILL, site.entity).first == (str(part),)
    assert archive.unfinished(WAYBILL).count == 1
    claim = jobs.claim(site.job().id, "elsewhere/0/1/1")
    assert claim is not None
    part.rename(folder / f".job-{claim.job_id}.{claim.attempt}-file-2-batch.csv.part")
    assert archive.unfinished(WAYBILL).level is Level.OK


def test_installation_that_is_new_has_nothing_broken(home: Path) -> None:
    assert broken(list(installation.examine())) == {}
    home.chmod(0o755)
    assert broken(list(installation.examine())) == {"home.permissions": 1}


def test_pending_invoices_that_no_schedule_writes_are_told(site: Site) -> None:
    found = {finding.name: finding for finding in exports.examine(WAYBILL, site.entity)}
    assert found["invoices.unscheduled"].level is Level.WARNING
    assert found["invoices.unscheduled"].first == ("Acme Inc: 1 non-ACH invoices of payable/main",)


@pytest.mark.usefixtures("home")
def test_queue_on_a_server_that_does_not_answer_is_said_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = settings.Queue(url="postgresql://waybill@127.0.0.1:1/waybill")
    monkeypatch.setattr(settings, "_current", replace(settings.current(), queue=gone))
    found = {finding.name: finding for finding in installation.examine()}["queue"]
    assert (found.level, found.count) == (Level.BROKEN, 1)
    assert "the server of queue.url" in found.first[0]
    assert "queue.url" in found.remedy


def test_doctor_misses_a_worker_only_while_none_runs(site: Site) -> None:
    assert site.entity

    def missed() -> Finding:
        return next(finding for finding in installation.examine() if finding.name == "services.worker")

    assert (missed().level, missed().first) == (Level.WARNING, ("none has ever been seen",))
    services.begin(services.Kind.WORKER)
    assert missed().level is Level.OK
    services.leave(services.Kind.WORKER)
    assert missed().first[0].startswith("none has been seen since 20")
    assert "waybill worker" in missed().remedy

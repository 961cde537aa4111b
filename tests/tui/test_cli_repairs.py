"""The repairs and the doctor on the command line: plan first, a reason and a yes, then what was done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models import installation, settings
from models.database import connection, database
from models.repairs.carrying import BATCH
from tests.conftest import ROOT, clean_environment
from tests.models.ended_jobs import make_site as bulk_site
from tests.tui.conftest import Waybill
from tests.worker.export_site import make_site
from worker import export


@pytest.fixture
def exported(fresh: Waybill) -> Waybill:
    """A home where A-1 left, was changed since, and A-2 waits beside a job."""
    installation.create(fresh.home, email="root@example.com")
    with connection():
        site = make_site("Acme")
        site.invoice("A-1")
        export.run(site.job().id)
        site.invoice("A-1", "120.00")
        site.invoice("A-2")
        site.job()
    database.close()
    return fresh


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, half a minute at the most."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def states(waybill: Waybill) -> dict[str, str]:
    return {item["number"]: item["state"] for item in waybill.do("invoice", "list")["items"]}


def test_invoice_list_shows_what_changed_since_it_was_exported(exported: Waybill) -> None:
    (item,) = exported.do("invoice", "list", "--changed")["items"]
    assert (item["number"], item["changed_since_export"]) == ("A-1", True)
    assert "exported, changed since" in exported("invoice", "list").out


def test_invoice_revert_shows_its_plan_and_wants_a_reason_and_a_yes(exported: Waybill) -> None:
    assert exported("invoice", "revert", "A-1").code == 2
    assert exported("invoice", "revert", "--reason", "x").code == 2
    plan = exported("invoice", "revert", "A-1", "--dry-run")
    assert "exported -> pending" in plan.out
    assert "warning: these have left already" in plan.out
    assert exported("invoice", "revert", "A-1", "--reason", "it never came").code == 1
    assert states(exported) == {"A-1": "exported", "A-2": "pending"}
    done = exported.do("invoice", "revert", "--changed", "--reason", "it never came", "--yes")
    assert [change["name"] for change in done["result"]["done"]] == ["A-1"]
    assert states(exported) == {"A-1": "pending", "A-2": "pending"}
    again = exported("invoice", "revert", "A-1", "--reason", "it never came", "--yes")
    assert (again.code, "it is pending already" in again.out) == (0, True)


def test_invoice_mark_exported_counts_without_sending(exported: Waybill) -> None:
    exported.do("invoice", "mark-exported", "A-2", "--reason", "sent by hand", "--yes")
    assert states(exported)["A-2"] == "exported"
    assert (
        exported.refused("invoice", "mark-exported", "B-1", "--reason", "x", "--yes")["code"] == "not_found"
    )


def test_invoice_re_export_takes_a_selection_shows_its_plan_and_makes_one_job(exported: Waybill) -> None:
    plan = exported("invoice", "re-export", "--party", "Blue Ltd", "--dry-run").out
    assert "plan: re-export: 1 of 2 invoices" in plan
    assert "exported -> exported again" in plan
    assert "now version 2" in plan
    assert "invoice A-2: it is pending" in plan
    assert "warning: it will be refused: root@example.com does not hold the role Finance" in plan
    assert exported("invoice", "re-export", "A-1").code == 2
    why = ("--reason", "the customer lost it", "--yes")
    assert exported.refused("invoice", "re-export", "--changed", *why)["code"] == "not_finance"
    exported.do("user", "grant", "root@example.com", "finance", "--entity", "Acme")
    done = exported.do("invoice", "re-export", "--changed", *why)
    (job_id,) = done["result"]["jobs"]
    assert [change["name"] for change in done["result"]["done"]] == ["A-1"]
    assert "the customer lost it" in exported.do("job", "show", str(job_id))["note"]


def test_repair_sent_again_with_its_request_id_is_done_once_and_says_so(exported: Waybill) -> None:
    sent = ("file", "repeat", "--job", "1", "--reason", "they lost it", "--yes", "--request-id", "ticket-77")
    assert len(exported.do(*sent)["result"]["jobs"]) == 1
    again = exported.do(*sent)["result"]
    assert (again["jobs"], again["done"], again["repeated"]) == ([], [], True)
    assert "nothing new: this request was carried out before" in exported(*sent).out
    other = ("invoice", "mark-exported", "A-2", "--reason", "x", "--yes", "--request-id", "ticket-77")
    assert exported.refused(*other)["code"] == "request_id_used"
    assert len(exported.do("job", "list")["items"]) == 3


def test_job_cancel_ends_what_waits(exported: Waybill) -> None:
    done = exported.do("job", "cancel", "--pending", "--reason", "not today", "--yes")
    assert [change["after"] for change in done["result"]["done"]] == ["cancelled"]
    assert exported.do("job", "show", "2")["state"] == "cancelled"
    assert exported.refused("job", "cancel", "2", "--reason", "x", "--yes")["code"] == "ended"


def test_file_repeat_makes_a_job_and_delivery_resolve_wants_an_answer(exported: Waybill) -> None:
    done = exported.do("file", "repeat", "1", "--reason", "they lost it", "--yes")
    (job_id,) = done["result"]["jobs"]
    assert exported.do("job", "show", str(job_id))["trigger"] == "repeat"
    assert exported("delivery", "resolve", "1", "--reason", "x").code == 2
    told = exported("delivery", "resolve", "1", "--arrived", "--dry-run")
    assert "it is delivered, not unknown" in told.out
    assert exported("delivery", "resolve", "--arrived", "--reason", "x").code == 2
    none = exported.refused("delivery", "resolve", "--all-unknown", "--arrived", "--reason", "x", "--yes")
    assert none["code"] == "nothing_matches"


def test_ctrl_c_ends_a_repair_after_its_batch_and_its_request_id_goes_on(
    waybill: Waybill, tmp_path: Path
) -> None:
    installation.open_home(waybill.home)
    with connection():
        bulk_site("Bulk Ltd").add_invoices(BATCH + 1)
    database.close()
    gate = tmp_path / "gate"
    sent = (
        *("invoice", "mark-exported", "--state", "pending", "--entity", "Bulk Ltd", "--reason", "by post"),
        *("--yes", "--request-id", "by-post"),
    )
    with subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()", *sent],
        cwd=ROOT,
        env=clean_environment()
        | {"WAYBILL_HOME": str(waybill.home), "WAYBILL_FAULTS": f"stall@repair.changed={gate}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(gate.with_name("gate.reached").exists)
        process.send_signal(signal.SIGINT)
        gate.with_name("gate.go").touch()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "stopping after this batch" in err
    assert "stopped: 1 are still to come; to go on, give --request-id by-post" in out
    assert len(waybill.do(*sent)["result"]["done"]) == 1
    assert waybill.do(*sent)["result"]["repeated"]


def test_doctor_ledger_exits_0_when_it_adds_up_and_1_when_not(exported: Waybill) -> None:
    found = exported.do("doctor", "ledger")
    assert found["ok"]
    assert {check["name"] for check in found["checks"]} >= {"ledger.once", "archive.files", "files.totals"}
    archive = settings.load(exported.home).archive
    next(path for path in Path(archive).rglob("*") if path.is_file()).unlink()
    told = exported("doctor", "ledger")
    assert (told.code, told.out.splitlines()[-1]) == (1, "broken: archive.files")
    assert "it is not there" in told.out
    assert exported("doctor", "ledger", "--no-files").code == 0


def test_doctor_names_each_fault_with_its_remedy(exported: Waybill) -> None:
    exported.home.chmod(0o755)
    ran = exported("doctor", "--json")
    broken = [check for check in ran.json["checks"] if check["level"] == "broken"]
    assert (ran.code, [check["name"] for check in broken]) == (1, ["home.permissions"])
    assert broken[0]["remedy"].startswith("chmod")

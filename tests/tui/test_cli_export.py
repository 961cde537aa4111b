"""`waybill export run` and `preview`, as a person and a script meet them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import people
from models.audit import WAYBILL
from models.database import connection, database
from models.jobs import Job
from models.people import Role, User
from tests.conftest import ROOT, clean_environment
from tests.tui.conftest import Waybill
from tests.worker.export_site import Site, make_site


@pytest.fixture
def site(waybill: Waybill) -> Iterator[Site]:
    """The entity Harbour with three invoices; the calling person is of Finance, too."""
    assert waybill.home.is_dir()
    with connection():
        site = make_site("Harbour Ltd")
        people.grant(WAYBILL, User.get(User.email == "root@example.com"), Role.FINANCE, None)
        site.invoice("W-1", "250.00", vendor="Wire Co")
        site.pay_by_ach("Wire Co")
        site.invoice("A-1", "99.95")
        site.invoice("A-2", "0.05", issue_date="2026-10-31")
    database.close()
    yield site
    database.close()


HARBOUR = ("--entity", "Harbour Ltd")


def work_off(waybill: Waybill) -> None:
    """Run every waiting job in a process of its own, as a worker would."""
    done = subprocess.run(
        [sys.executable, "-c", _WORK],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(waybill.home)} | waybill.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


_WORK = """
from models import clock, installation
from models.database import connection
from models.jobs import lease
installation.open_home()
from worker import export
with connection():
    while waiting := lease.claimable(clock.now()):
        for job_id in waiting:
            export.run(job_id)
"""


def test_export_run_says_where_the_chosen_stand_and_makes_one_job(waybill: Waybill, site: Site) -> None:
    ran = waybill("export", "run", "--all", "--yes", *HARBOUR)
    assert ran.code == 0, ran.err
    assert "not exported                    3" in ran.out
    assert "already exported                0" in ran.out
    assert "file types, what the facility can write; it has no schedule to go by:" in ran.out
    assert "  ACH file: nacha" in ran.out
    assert "made job 1" in ran.out
    work_off(waybill)
    assert len(site.published()) == 2


def test_export_run_without_saying_which_is_wrong_usage(waybill: Waybill, site: Site) -> None:
    assert site.entity
    assert waybill("export", "run", *HARBOUR).code == 2
    assert waybill("export", "run", "--all", "--invoice", "A-1", *HARBOUR).code == 2
    ran = waybill("export", "run", "--invoice", "A-1", "--again", *HARBOUR)
    assert (ran.code, "needs a '--reason'" in ran.err) == (2, True)


def test_export_run_dry_changes_nothing_and_names_what_is_left_out(waybill: Waybill, site: Site) -> None:
    answer = waybill.do(
        "export", "run", "--customer", "Wire Co", "--customer", "Blue Ltd", "--ach", "", "--dry-run", *HARBOUR
    )
    assert answer["result"] is None
    assert answer["plan"]["found"]["not_exported"] == 3
    assert (answer["plan"]["going"], answer["plan"]["outputs"]) == (2, {"other": _CSV})
    assert [one["number"] for one in answer["plan"]["left_out"]] == ["W-1"]
    with connection():
        assert Job.select().count() == 0
    assert site.entity


_CSV = {"format": "csv", "mapping": None}


def test_export_run_by_days_takes_these_days(waybill: Waybill, site: Site) -> None:
    assert site.entity
    days = ("--from", "2026-11-01", "--to", "2026-11-30")
    assert waybill.do("export", "run", *days, "--dry-run", *HARBOUR)["plan"]["going"] == 2


def test_export_again_needs_again_and_a_reason_and_shows_in_the_timeline(
    waybill: Waybill, site: Site
) -> None:
    waybill.do("export", "run", "--invoice", "A-1", "--yes", *HARBOUR)
    work_off(waybill)
    error = waybill.refused("export", "run", "--invoice", "A-1", "--yes", *HARBOUR)
    assert (error["code"], "--again" in error["remedy"]) == ("exported_already", True)

    again = ("--again", "--reason", "the customer lost it", "--yes", *HARBOUR)
    answer = waybill.do("export", "run", "--invoice", "A-1", *again)
    assert (answer["plan"]["again"], answer["result"]["made"]) == (1, True)
    work_off(waybill)

    shown = waybill.do("invoice", "show", "A-1", *HARBOUR)
    assert [export["state"] for export in shown["exports"]] == ["successful", "successful"]
    assert "the customer lost it" in [event["detail"] for event in shown["timeline"]]
    assert sum(data.count(b"A-1") for data in site.published().values()) == 2


def test_export_run_with_one_request_id_twice_makes_one_job(waybill: Waybill, site: Site) -> None:
    assert site.entity
    sent = ("export", "run", "--all", "--yes", "--request-id", "month-end:11", *HARBOUR)
    first = waybill.do(*sent)
    work_off(waybill)
    second = waybill.do(*sent)  # by now there is nothing left to export, and nothing to refuse either
    assert (first["result"]["made"], second["result"]["made"]) == (True, False)
    assert first["result"]["job"] == second["result"]["job"]
    assert "made by this request before" in waybill(*sent).out


def test_export_run_with_one_request_id_at_once_makes_one_job(waybill: Waybill, site: Site) -> None:
    assert site.entity
    answers: list[dict[str, object]] = []

    def send() -> None:
        sent = waybill.do("export", "run", "--all", "--yes", "--request-id", "one", *HARBOUR)
        answers.append(sent["result"])

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bool(answer["made"]) for answer in answers) == [False, False, True]
    assert len({answer["job"] for answer in answers}) == 1


def test_export_run_while_manual_exports_are_disabled_names_the_setting(waybill: Waybill, site: Site) -> None:
    assert site.entity
    waybill.do("entity", "edit", "Harbour Ltd", "--no-manual-exports")
    error = waybill.refused("export", "run", "--all", "--yes", *HARBOUR)
    assert error["code"] == "manual_exports_disabled"
    assert "manual_exports" in error["message"]
    assert "root@example.com" in error["remedy"]
    assert "--manual-exports" in error["remedy"]


def test_export_run_that_waits_follows_the_job_to_its_end(waybill: Waybill, site: Site) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()", "worker"],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(waybill.home)},
        stderr=subprocess.DEVNULL,
    )
    try:
        ran = waybill("export", "run", "--all", "--yes", "--wait", "--json", *HARBOUR)
    finally:
        worker.terminate()
        worker.wait(30)
    assert ran.code == 0, ran.err
    assert ran.json["result"]["detail"]["state"] == "completed"
    assert ran.err.splitlines()[-1] == "job 1 is completed"
    assert len(site.published()) == 2


def test_export_preview_shows_the_file_and_keeps_nothing(waybill: Waybill, site: Site) -> None:
    ran = waybill("export", "preview", "--all", *HARBOUR)
    assert ran.code == 0, ran.err
    assert "nothing was exported" in ran.out
    assert "| 101 " in ran.out  # a NACHA file's first record
    assert "the file id modifier (A here)" in ran.out
    assert site.ledger() == dict.fromkeys(("A-1", "A-2", "W-1"), "pending")


def test_export_preview_into_a_folder_leaves_the_files_there(
    waybill: Waybill, site: Site, tmp_path: Path
) -> None:
    assert site.entity
    out = tmp_path / "look" / "here"
    answer = waybill.do("export", "preview", "--invoice", "A-1", "--out", str(out), *HARBOUR)
    [file] = answer["preview"]["files"]
    assert Path(file["path"]).read_bytes().count(b"A-1") == 1
    assert (file["items"], file["totals"], answer["preview"]["unsent"]) == (1, {"USD": "99.95"}, [])

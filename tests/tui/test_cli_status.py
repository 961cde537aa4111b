"""`waybill status`: the dashboard as text and as JSON."""

from __future__ import annotations

import os
from dataclasses import replace

from models import breakers, facilities, schedules, services
from models.database import connection
from models.people import WAYBILL, Role
from models.schedules import Instruction
from tests.models.ended_jobs import CANNOT_WRITE, make_site
from tests.models.schedules.world import CSV, daily
from tests.tui.conftest import Waybill


def test_status_of_a_quiet_installation_says_so(waybill: Waybill) -> None:
    assert waybill("status").out.startswith("nothing needs attention\njobs  active 0")
    told = waybill.do("status")
    assert (told["failed"], told["attention"], told["next_runs"]) == ([], [], [])


def test_status_says_which_services_run_and_since_when_there_is_none(waybill: Waybill) -> None:
    assert waybill("status").out.endswith("worker  ! none has been seen yet; start one: waybill up\n")
    with connection():
        services.begin(services.Kind.WORKER)
    (told,) = waybill.do("status")["services"]
    assert (told["kind"], told["pid"], told["running"]) == ("worker", os.getpid(), True)
    assert (
        f"worker  runs on {told['host']}, process {os.getpid()}, since {told['started_at']}"
        in waybill("status").out
    )
    with connection():
        services.leave(services.Kind.WORKER)
    assert "worker  ! none since 20" in waybill("status").out


def test_status_names_what_failed_and_what_to_do(waybill: Waybill) -> None:
    with connection():
        site = make_site("Blue")
        job = site.run(error=CANNOT_WRITE)
        for _ in range(breakers.OPENS_AFTER):
            breakers.failed(site.facility.id, "pickup", "no disk")
    told = waybill.do("status")
    assert [(group["code"], group["open"], group["example"]) for group in told["failed"]] == [
        (CANNOT_WRITE.code, 1, job.id)
    ]
    assert told["attention"][0]["kind"] == "breaker_open"
    assert (told["jobs"]["failed"], told["jobs"]["hour"]["failed"]) == (1, 1)
    text = waybill("status").out
    assert CANNOT_WRITE.reason in text
    assert "waybill facility test" in text


def test_status_gives_the_reason_of_one_job_in_full_and_what_several_share(waybill: Waybill) -> None:
    reason = "{} of 146 invoices could not go: PEPPOL-EN16931-R003, NL-R-003, NL-R-008"
    with connection():
        site = make_site("Blue")
        site.run(error=replace(CANNOT_WRITE, reason=reason.format(104)))
    assert f"24 h): {reason.format(104)}\n" in waybill("status").out
    with connection():
        site.run(error=replace(CANNOT_WRITE, reason=reason.format(99)))
    assert "24 h): … of … invoices could not go: …\n" in waybill("status").out


def test_schedule_history_lists_the_runs(waybill: Waybill) -> None:
    with connection():
        site = make_site("Blue")
        facilities.activate(WAYBILL, site.facility)
        finance = site.add_user("finn@example.com", Role.FINANCE)
        said = Instruction(name="nightly", on_behalf_of=finance.id, recurrence=daily(), outputs=CSV)
        schedule = schedules.create(WAYBILL, site.facility, said)
    named = ("schedule", "history", "nightly", "--entity", "Blue")
    assert waybill(*named).err == "nightly has not run yet.\n"
    with connection():
        assert schedule.next_due is not None
        (job_id,) = schedules.fire(schedule.next_due)
    (run,) = waybill.do(*named)["items"]
    assert (run["job"], run["state"]) == (job_id, "pending")

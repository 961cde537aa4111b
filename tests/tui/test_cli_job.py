"""`waybill job` as scripts and people meet it: a process, its two outputs, its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import facilities, installation
from models.database import connection
from models.jobs import Job
from models.people import WAYBILL
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, change, make_site
from tests.tui.conftest import Waybill

REASON = ("--reason", "the folder is back")


@pytest.fixture
def home(tmp_path: Path) -> Waybill:
    """An installation."""
    waybill = Waybill(home=tmp_path / "home")
    waybill.do("init", "--email", "root@example.com")
    return waybill


@pytest.fixture
def site(home: Waybill) -> Site:
    """A legal entity with an active facility, in this process as well."""
    installation.open_home(home.home)
    with connection():
        made = make_site(facility="ERP north")
        facilities.activate(WAYBILL, made.facility)
    return made


@pytest.fixture
def jobs(site: Site) -> dict[str, int]:
    """One of each kind that ends, and one that waits."""
    with connection():
        site.add_invoices(3)
        done = site.run()
        bad, *_ = site.add_invoices(4)
        partly = site.run(failing={bad: BAD_ACCOUNT})
        site.add_invoices(2)
        failed = site.run(error=CANNOT_WRITE)
        waiting = site.new_job()
    return {"done": done.id, "partly": partly.id, "failed": failed.id, "waiting": waiting.id}


def test_list_answers_the_newest_first_and_goes_on_after_its_cursor(
    home: Waybill, jobs: dict[str, int]
) -> None:
    first = home.do("job", "list", "--limit", "3")
    assert [item["id"] for item in first["items"]] == [jobs["waiting"], jobs["failed"], jobs["partly"]]
    rest = home.do("job", "list", "--limit", "3", "--after", first["next"])
    assert [item["id"] for item in rest["items"]] == [jobs["done"]]
    assert rest["next"] is None
    failed = first["items"][1]
    assert failed["state"] == "failed"
    assert failed["facility"] == "ERP north"
    assert failed["error"] == {
        "code": CANNOT_WRITE.code,
        "reason": CANNOT_WRITE.reason,
        "remedy": CANNOT_WRITE.remedy,
    }
    assert failed["as_of"].endswith("Z")


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("pending", ["waiting"]),
        ("active", []),
        ("completed", ["done"]),
        ("ended", ["failed", "partly", "done"]),
        ("failed", ["failed", "partly"]),
        ("all", ["waiting", "failed", "partly", "done"]),
    ],
)
def test_list_by_state_answers_that_group(
    home: Waybill, jobs: dict[str, int], state: str, names: list[str]
) -> None:
    answer = home.do("job", "list", "--state", state, "--facility", "ERP north")
    assert [item["id"] for item in answer["items"]] == [jobs[name] for name in names]


def test_list_for_people_says_state_in_words_within_80_columns(home: Waybill, jobs: dict[str, int]) -> None:
    ran = home("job", "list")
    assert f"{jobs['failed']}" in ran.out
    assert "x failed" in ran.out
    assert "! with errors" in ran.out


def test_list_of_nothing_says_what_to_do_next(home: Waybill, site: Site) -> None:
    assert site.entity.name
    ran = home("job", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "waybill schedule create" in ran.err


def test_show_answers_everything_of_the_job(home: Waybill, jobs: dict[str, int]) -> None:
    job = home.do("job", "show", str(jobs["partly"]))
    assert job["invoices_now"] == {
        "exported_here": 3,
        "exported_elsewhere": 0,
        "in_progress": 0,
        "on_hold": 0,
        "pending": 1,
        "changed": 0,
    }
    assert job["outputs"] == {"other": {"format": "csv", "mapping": None}}
    assert job["files"][0]["deliveries"][0]["state"] == "delivered"
    assert job["attempts"][0]["outcome"] == "completed_with_errors"
    assert [step["what"] for step in job["history"]][:3] == ["created", "claimed", "collected"]
    first = job["items"]["items"][0]
    assert (first["state"], first["amount"], first["currency"]) == ("failed", "12.30", "EUR")
    assert first["error"]["remedy"] == BAD_ACCOUNT.remedy
    assert first["now"]["state"] == "pending"


def test_show_page_by_page_gives_every_item_once(home: Waybill, jobs: dict[str, int]) -> None:
    job_id, seen, cursor = str(jobs["partly"]), [], None
    while True:
        more = ("--after", cursor) if cursor else ()
        page = home.do("job", "show", job_id, "--limit", "3", *more)["items"]
        seen += [item["invoice_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 4


def test_show_for_people_answers_first_within_one_screen(home: Waybill, jobs: dict[str, int]) -> None:
    lines = home("job", "show", str(jobs["failed"])).out.splitlines()
    assert lines[0] == f"job {jobs['failed']}  x failed  ERP north, Acme"
    assert max(map(len, lines)) <= 80
    screen = "\n".join(lines[:24])
    for wanted in (
        CANNOT_WRITE.reason,
        CANNOT_WRITE.remedy,
        "3 pending",
        f'waybill job requeue {jobs["failed"]} --reason "WHY"',
    ):
        assert wanted in screen


def test_show_of_no_job_is_refused(home: Waybill, jobs: dict[str, int]) -> None:
    assert 999 not in jobs.values()
    assert home.refused("job", "show", "999")["code"] == "not_found"


def test_requeue_queues_the_job_and_says_what_goes(home: Waybill, jobs: dict[str, int]) -> None:
    answer = home.do("job", "requeue", str(jobs["failed"]), *REASON, "--yes")
    assert [(job["name"], job["invoices"]) for job in answer["plan"]["changes"]] == [
        (f"job {jobs['failed']}", 3)
    ]
    assert answer["result"]["jobs"] == [jobs["failed"]]
    assert (answer["result"]["left_out"], answer["result"]["repeated"]) == ([], False)
    assert state_of(home, jobs["failed"]) == "pending"


def test_requeue_a_second_time_is_no_failure_and_says_so(home: Waybill, jobs: dict[str, int]) -> None:
    home.do("job", "requeue", str(jobs["failed"]), *REASON, "--yes")
    answer = home.do("job", "requeue", str(jobs["failed"]), *REASON, "--yes")
    assert answer["result"]["jobs"] == []
    assert answer["plan"]["left_out"][0]["code"] == "already_queued"
    assert "it is queued already" in home("job", "requeue", str(jobs["failed"]), *REASON, "--yes").out


def test_requeue_of_all_failed_counts_shared_invoices_once(home: Waybill, jobs: dict[str, int]) -> None:
    answer = home.do("job", "requeue", "--failed", "--facility", "ERP north", *REASON, "--yes")
    assert answer["result"]["jobs"] == [jobs["partly"], jobs["failed"]]
    assert answer["plan"]["invoices"] == 3


def test_requeue_on_trial_changes_nothing(home: Waybill, jobs: dict[str, int]) -> None:
    answer = home.do("job", "requeue", "--failed", "--dry-run")
    assert answer["result"] is None
    assert len(answer["plan"]["changes"]) == 2
    assert state_of(home, jobs["failed"]) == "failed"
    assert "plan: re-queue: 2 of 2 jobs, 3 invoices" in home("job", "requeue", "--failed", "--dry-run").out


def test_requeue_of_what_did_not_fail_is_refused_with_why(home: Waybill, jobs: dict[str, int]) -> None:
    error = home.refused("job", "requeue", str(jobs["done"]), *REASON, "--yes")
    assert error["code"] == "not_failed"
    assert "it is completed" in error["message"]


def test_requeue_without_a_yes_shows_the_plan_and_does_nothing(home: Waybill, jobs: dict[str, int]) -> None:
    ran = home("job", "requeue", str(jobs["failed"]), *REASON)
    assert ran.code == 1
    assert "plan: re-queue: 1 of 1 job, 3 invoices" in ran.out
    assert "--yes" in ran.err
    assert state_of(home, jobs["failed"]) == "failed"


def test_requeue_with_an_empty_reason_is_refused(home: Waybill, jobs: dict[str, int]) -> None:
    assert (
        home.refused("job", "requeue", str(jobs["failed"]), "--reason", " ", "--yes")["code"] == "no_reason"
    )
    assert state_of(home, jobs["failed"]) == "failed"


def test_list_by_a_filter_line_answers_what_matches(home: Waybill, jobs: dict[str, int]) -> None:
    answer = home.do("job", "list", "--filter", 'state:failed facility:"ERP north" attempt:>=1')
    assert [item["id"] for item in answer["items"]] == [jobs["failed"]]
    assert "No job matches" in home("job", "list", "--filter", "error:nosuch").err
    error = home.refused("job", "list", "--filter", "colour:red")
    assert (error["code"], "colour" in error["message"], "state:" in error["remedy"]) == (
        "filter",
        True,
        True,
    )


def test_requeue_by_a_filter_line_takes_the_failed_jobs_that_match(
    home: Waybill, jobs: dict[str, int]
) -> None:
    line = ("requeue", "--filter", "error:bad_check*")
    assert "plan: re-queue: 1 of 1 job, 1 invoice" in home("job", *line, "--dry-run").out
    answer = home.do("job", *line, *REASON, "--yes")
    assert answer["result"]["jobs"] == [jobs["partly"]]
    assert home.refused("job", *line, *REASON, "--yes")["code"] == "nothing_matches"


def test_cancel_by_a_filter_line_takes_what_waits_or_runs(home: Waybill, jobs: dict[str, int]) -> None:
    answer = home.do("job", "cancel", "--filter", "-attempt:>0 age:<1h", *REASON, "--yes")
    assert [change["name"] for change in answer["result"]["done"]] == [f"job {jobs['waiting']}"]
    assert state_of(home, jobs["waiting"]) == "cancelled"


def test_show_says_what_changed_since_it_was_exported(home: Waybill, site: Site) -> None:
    installation.open_home(home.home)
    with connection():
        first, *_ = site.add_invoices(2)
        done = site.run()
        change([first])
    shown = home.do("job", "show", str(done.id))
    assert shown["invoices_now"]["changed"] == 1
    assert [item["now"]["changed_since_export"] for item in shown["items"]["items"]] == [True, False]
    text = home("job", "show", str(done.id)).out
    assert "2 exported by this job (1 changed since export)" in text
    assert "changed since export: 1" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("requeue", *REASON),  # neither jobs nor --failed
        ("requeue", "1", "--failed", *REASON),  # both
        ("requeue", "1"),  # no reason
        ("requeue", "one", *REASON),
        ("show",),
        ("show", "1", "--after", "x"),
        ("list", "--state", "broken"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_help(home: Waybill, arguments: tuple[str, ...]) -> None:
    ran = home("job", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "--help" in ran.err


def state_of(home: Waybill, job_id: int) -> str:
    installation.open_home(home.home)
    with connection():
        return str(Job.get_by_id(job_id).state)

"""A preview writes the files an export would, and nothing anywhere else."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest
import time_machine

from models import facilities, manual, people
from models.audit import WAYBILL, Actor
from models.errors import Conflict, PermissionDenied
from models.invoices import Invoice
from models.jobs import Job, JobState, Output, Route
from models.manual import Choice, ManualPlan, Written
from models.people import Role
from tests.peers.nacha_checker import check
from tests.records import dump
from tests.worker.export_site import Site, make_site
from worker import export
from worker.preview import Preview, preview

BOTH = Written(outputs={Route.ACH: Output(format="nacha"), Route.OTHER: Output(format="csv")})


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    """A site with an invoice for each route."""
    site = make_site()
    site.invoice("W-1", "250.00", vendor="Wire Co")
    site.pay_by_ach("Wire Co")
    site.invoice("A-1", "99.95")
    site.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return site


def actor_of(site: Site) -> Actor:
    return Actor(user_id=site.finance.id, name=site.finance.email)


def plan_of(site: Site, choice: Choice | None = None, *, again: bool = False) -> ManualPlan:
    return manual.find(actor_of(site), site.facility, choice or Choice(), BOTH, request_id="one", again=again)


def seen(site: Site, folder: Path, plan: ManualPlan | None = None) -> Preview:
    return preview(actor_of(site), plan or plan_of(site), folder)


def everything(home: Path) -> tuple[list[str], dict[str, bytes]]:
    """All rows of all tables, and all folders and files but the database's own."""
    files = {str(path): path.read_bytes() for path in home.rglob("*") if _is_ours(path)}
    folders = {str(path): b"" for path in home.rglob("*") if path.is_dir()}
    return dump(), files | folders


def _is_ours(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(("waybill.db", "queue.db"))


def test_preview_of_somebody_without_the_role_says_what_an_export_would(site: Site, tmp_path: Path) -> None:
    admin = people.current_actor()
    plan = manual.find(admin, site.facility, Choice(), BOTH, request_id="one")
    shown = preview(admin, plan, tmp_path)
    assert shown.stopped is not None
    assert shown.stopped.code == "not_finance"
    assert "does not hold the role Finance" in shown.stopped.reason
    assert "ask one who does" in shown.stopped.remedy
    assert len(shown.files) == 2


def test_preview_writes_real_files_and_nothing_else(site: Site, home: Path, tmp_path: Path) -> None:
    before = everything(home)
    shown = seen(site, tmp_path)
    assert everything(home) == before

    assert (shown.stopped, shown.unsent) == (None, ())
    ach, other = shown.files
    assert (ach.route, ach.totals.items, ach.totals.sums) == (Route.ACH, 1, {"USD": 25000})
    assert check(ach.path.read_bytes()).faults == []
    assert "file id modifier" in ach.placeholders
    assert "modifier" not in other.placeholders
    rows = list(csv.DictReader(io.StringIO(other.path.read_text(encoding="utf-8-sig"))))
    assert [row["Invoice number"] for row in rows] == ["A-1"]
    assert stat.S_IMODE(ach.path.stat().st_mode) == 0o600


def test_preview_does_not_make_the_pickup_folder_that_the_first_export_makes(
    site: Site, tmp_path: Path
) -> None:
    site.folder.rmdir()
    assert seen(site, tmp_path).stopped is None
    assert not site.folder.exists()
    assert export.run(site.job().id) == JobState.COMPLETED
    assert site.folder.is_dir()


def test_preview_says_that_the_pickup_folder_cannot_be_made(site: Site, tmp_path: Path) -> None:
    site.folder.rmdir()
    site.folder.write_text("no folder")
    stopped = seen(site, tmp_path).stopped
    assert stopped is not None
    assert str(site.folder) in stopped.reason


def test_preview_is_what_the_export_writes_then(site: Site, tmp_path: Path) -> None:
    with time_machine.travel("2026-11-20T03:00:00Z", tick=False):
        plan = plan_of(site)
        shown = seen(site, tmp_path, plan)
        requested = manual.request(actor_of(site), plan)
        assert export.run(requested.job_id) == JobState.COMPLETED
    # The first file of a day gets the very modifier and numbers that stand here for them.
    assert site.published() == {file.name: file.path.read_bytes() for file in shown.files}


def test_preview_names_what_would_fail_and_writes_the_rest(site: Site, tmp_path: Path) -> None:
    site.invoice("W-2", vendor="Wire Co", currency="EUR")
    shown = seen(site, tmp_path)
    [unsent] = shown.unsent
    assert (unsent.number, unsent.problem.code, unsent.route) == ("W-2", "ach_currency", Route.ACH)
    assert [file.totals.items for file in shown.files] == [1, 1]


def test_preview_of_a_whole_batch_that_is_not_whole_writes_nothing(site: Site, tmp_path: Path) -> None:
    facilities.edit(WAYBILL, site.facility, {"when_items_fail": "whole_batch_or_nothing"})
    site.invoice("W-2", vendor="Wire Co", currency="EUR")
    shown = seen(site, tmp_path)
    assert shown.stopped is not None
    assert (shown.stopped.code, shown.files, list(tmp_path.rglob("*.csv"))) == ("batch_incomplete", (), [])


def test_preview_says_what_would_stop_the_job_and_shows_the_files(site: Site, tmp_path: Path) -> None:
    site.folder.parent.joinpath(site.folder.name).rmdir()
    site.folder.write_text("in the way")
    shown = seen(site, tmp_path)
    assert shown.stopped is not None
    assert "pickup folder" in shown.stopped.reason
    assert len(shown.files) == 2


def test_preview_of_a_facility_that_is_not_active_says_so(site: Site, tmp_path: Path) -> None:
    plan = plan_of(site)
    facilities.deactivate(WAYBILL, site.facility)
    shown = seen(site, tmp_path, plan)
    assert shown.stopped is not None
    assert shown.stopped.code == "facility_not_active"


def test_preview_of_what_was_exported_shows_it_only_when_it_goes_again(site: Site, tmp_path: Path) -> None:
    export.run(site.job().id)
    chosen = Choice(invoices=(Invoice.get(Invoice.number == "A-1").id,))
    assert seen(site, tmp_path, plan_of(site, chosen)).files == ()
    [file] = seen(site, tmp_path, plan_of(site, chosen, again=True)).files
    assert file.totals.items == 1


def test_preview_never_replaces_a_file(site: Site, tmp_path: Path) -> None:
    plan = plan_of(site)
    with time_machine.travel("2026-11-20T03:00:00Z", tick=False):
        seen(site, tmp_path, plan)
        with pytest.raises(Conflict, match="there already"):
            seen(site, tmp_path, plan)


def test_preview_needs_the_right_to_export(site: Site, tmp_path: Path) -> None:
    plan = plan_of(site)
    user = people.create(WAYBILL, "sue@example.com")
    people.grant(WAYBILL, user, Role.SUPPORT, site.entity.id)
    with pytest.raises(PermissionDenied):
        preview(Actor(user_id=user.id, name=user.email), plan, tmp_path)


def test_manual_export_runs_through_and_goes_again_once(site: Site) -> None:
    chosen = Choice(invoices=(Invoice.get(Invoice.number == "A-1").id,))
    first = manual.request(actor_of(site), plan_of(site, chosen))
    assert export.run(first.job_id) == JobState.COMPLETED
    assert site.ledger() == {"A-1": "exported", "W-1": "pending"}

    again = manual.find(actor_of(site), site.facility, chosen, BOTH, request_id="two", again=True)
    second = manual.request(actor_of(site), again, "the customer lost it")
    assert export.run(second.job_id) == JobState.COMPLETED
    assert sum(data.count(b"A-1") for data in site.published().values()) == 2
    assert [Job.get_by_id(each.job_id).succeeded for each in (first, second)] == [1, 1]
    assert site.ledger() == {"A-1": "exported", "W-1": "pending"}

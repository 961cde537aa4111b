"""`waybill ach` and what banks propose for parties, as a person or a script meets them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from models import clock, entities, files, installation, people, settings
from models.audit import WAYBILL
from models.database import connection, database
from models.people import Role
from tests.tui.conftest import Waybill
from tests.worker.ach_files import ODFI, answers, as_bytes, changed, mixed, returned
from tests.worker.export_site import make_site
from worker import export

A_USER = 1
"""daemon: an OS account that every machine has, beside the one that runs the tests."""
FIRST = f"{ODFI}0000001"


@dataclass(frozen=True, kw_only=True)
class Bank:
    """A home whose first ACH file left, and a folder for what the bank sends."""

    waybill: Waybill
    archived: Path
    folder: Path

    @property
    def lines(self) -> list[str]:
        """The records of that file."""
        return self.archived.read_text(encoding="ascii").splitlines()

    def sends(self, *batches: list[str], name: str = "bank.ach") -> str:
        """A file of answers; its path."""
        (self.folder / name).write_bytes(answers(*batches))
        return str(self.folder / name)


@pytest.fixture
def bank(fresh: Waybill, tmp_path: Path) -> Bank:
    """A-1 and A-2 were paid today to Blue Ltd."""
    installation.create(fresh.home, email="root@example.com")
    with connection():
        site = make_site("Acme")
        site.invoice("A-1", "100.00")
        site.invoice("A-2", "250.00")
        site.pay_by_ach("Blue Ltd")
        job = site.job(as_of=clock.now())
        export.run(job.id)
        (file,) = files.of_job(job.id)
        archived = settings.current().archive / file.archive_path
    database.close()
    return Bank(waybill=fresh, archived=archived, folder=tmp_path)


def user(role: Role, entity_name: str) -> None:
    """Make daemon's account a user with a role for one legal entity."""
    with connection():
        made = people.create(WAYBILL, f"{role}@example.com", os_account="daemon")
        people.grant(WAYBILL, made, role, entities.find(WAYBILL, entity_name).id)
    database.close()


def test_show_is_a_table_with_masked_accounts_and_what_is_paid(waybill: Waybill, tmp_path: Path) -> None:
    path = tmp_path / "any.ach"
    path.write_bytes(mixed().bytes("\r"))
    shown = waybill("ach", "show", str(path))
    assert shown.code == 0, shown.err
    assert "CCD, credits only, EXAMPLE INC (1234567890), VENDOR PAY, effective 2026-11-24" in shown.out
    assert "076401250000001 22   ••••6789       1250.00 INV-1           ACME SUPPLIES" in shown.out
    assert "invoice INV-1: paid 1000.00, gross 1010.00, discount 10.00" in shown.out
    assert "123456789 " not in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines() if line.startswith("  0764"))
    assert "credits 6825.50" in shown.out.splitlines()[-1]
    assert " 123456789 " in waybill("ach", "show", str(path), "--full").out


def test_show_in_json_has_every_field_and_no_account_number(waybill: Waybill, tmp_path: Path) -> None:
    path = tmp_path / "any.ach"
    path.write_bytes(mixed().bytes(""))
    items = waybill.do("ach", "show", str(path))["items"]
    assert [item["kind"] for item in items][:3] == ["file header", "batch header", "CCD entry"]
    assert items[2]["fields"]["account_number"] == "••••6789"
    assert items[2]["transaction"] == "checking credit"
    (ctx,) = [item for item in items if item["kind"] == "CTX entry"]
    assert [one["number"] for one in ctx["remittance"]["invoices"]] == ["INV-1", "INV-2"]
    assert len(ctx["addenda"]) == 5
    full = waybill.do("ach", "show", str(path), "--full")["items"]
    assert full[2]["fields"]["account_number"] == "123456789"
    assert [item["record"] for item in full] == [item["record"] for item in items]


def test_show_of_what_is_no_ach_file_says_so_record_by_record(waybill: Waybill, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer,\n\x1b[31myour payment\n", encoding="ascii")
    shown = waybill("ach", "show", str(path))
    assert (shown.code, shown.out.count("out of place")) == (0, 2)
    assert len(waybill.do("ach", "show", str(path))["items"]) == 2


def test_account_numbers_in_full_need_a_role(waybill: Waybill, tmp_path: Path) -> None:
    user(Role.SUPPORT, "Acme")
    path = tmp_path / "any.ach"
    path.write_bytes(mixed().bytes())
    support = waybill.as_user(A_USER)
    assert support("ach", "show", str(path)).code == 0
    assert support.refused("ach", "show", str(path), "--full")["code"] == "permission_denied"


def test_archived_file_is_shown_to_those_who_may_see_its_entity(bank: Bank) -> None:
    with connection():
        entities.create(WAYBILL, "Birch")
    database.close()
    user(Role.FINANCE, "Birch")
    stranger = bank.waybill.as_user(A_USER)
    assert bank.waybill("ach", "show", str(bank.archived), "--full").code == 0
    for command in ("show", "check", "returns"):
        assert stranger.refused("ach", command, str(bank.archived))["code"] == "not_found"
    key = bank.waybill.home / "waybill.key"
    assert bank.waybill.refused("ach", "show", str(key))["code"] == "not_found"


def test_check_tells_each_problem_and_exits_1(waybill: Waybill, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ach", tmp_path / "bad.ach"
    good.write_bytes(mixed().bytes())
    lines = mixed().records()
    lines[2] = f"{lines[2][:11]}9{lines[2][12:]}"
    bad.write_bytes(as_bytes([f"{lines[0][:33]}B{lines[0][34:]}", *lines[1:]]))
    fine = waybill("ach", "check", str(good))
    assert (fine.code, fine.out.splitlines()) == (0, [f"{good}: no problem found"])
    found = waybill("ach", "check", str(good), str(bad))
    assert found.code == 1
    assert "bad.ach:3: error: check digit (12-12) is '9' [check_digit]" in found.out
    (item,) = waybill("ach", "check", str(bad), "--json").items
    assert (item["record"], item["field"], item["start"], item["value"]) == (3, "check digit", 12, "9")
    assert item["remedy"]


def test_check_of_several_finds_the_same_file_sent_twice(waybill: Waybill, tmp_path: Path) -> None:
    for name in ("one.ach", "two.ach"):
        (tmp_path / name).write_bytes(mixed().bytes())
    found = waybill("ach", "check", str(tmp_path / "one.ach"), str(tmp_path / "two.ach"), "--json")
    assert (found.code, [item["code"] for item in found.items]) == (1, ["sent_twice"])


def test_our_own_file_passes_the_check(bank: Bank) -> None:
    assert bank.waybill("ach", "check", str(bank.archived)).code == 0


def test_returns_are_shown_before_and_recorded_once(bank: Bank) -> None:
    path = bank.sends(returned(bank.lines, FIRST, "R02", "CLOSED 11-20"))
    plan = bank.waybill("ach", "returns", path, "--dry-run")
    assert plan.code == 0
    assert "return R02: account closed (CLOSED 11-20)" in plan.out
    assert "A-1, 100.00 USD: exported -> on hold" in plan.out
    assert bank.waybill("ach", "returns", path).code == 1
    assert bank.waybill.do("invoice", "show", "A-1")["ledger"][0]["state"] == "exported"
    done = bank.waybill.do("ach", "returns", path, "--yes")
    assert done["result"] == {"recorded": 1, "known": 0, "on_hold": [1]}
    assert done["answers"][0]["invoices"][0]["number"] == "A-1"
    assert bank.waybill.do("invoice", "show", "A-1")["ledger"][0]["state"] == "on_hold"
    again = bank.waybill("ach", "returns", path, "--yes")
    assert again.code == 0
    assert "recorded before" in again.out
    assert bank.waybill.do("ach", "returns", path, "--yes")["result"] == {
        "recorded": 0,
        "known": 0,
        "on_hold": [],
    }
    assert "1 ACH returns" in bank.waybill("notification", "list").out


def test_answer_of_nobodys_entry_exits_1_and_the_others_are_recorded(bank: Bank) -> None:
    strange = [line.replace("INV", "XXX") for line in mixed().records()]
    path = bank.sends(returned(bank.lines, FIRST, "R02"), returned(strange, FIRST, "R03"))
    done = bank.waybill("ach", "returns", path, "--yes")
    assert done.code == 1
    assert "not ours" in done.out
    assert "recorded: 1 answer, 1 invoice put on hold" in done.out


def test_party_shows_a_proposed_account_and_takes_it_over(bank: Bank) -> None:
    bank.waybill.do("ach", "returns", bank.sends(changed(bank.lines, FIRST, "C01", "777-1234")), "--yes")
    (proposed,) = bank.waybill.do("party", "show", "Blue Ltd")["proposed_accounts"]
    assert (proposed["account"], proposed["code"]) == ("••••1234", "C01")
    assert "1: ••••1234 at 076401251, checking" in bank.waybill("party", "show", "Blue Ltd").out
    added = bank.waybill.do("party", "accept-change", "1", "--reason", "rang them")
    assert (added["account"], added["current"]) == ("••••1234", True)
    assert bank.waybill.do("party", "show", "Blue Ltd")["proposed_accounts"] == []
    assert bank.waybill.refused("party", "accept-change", "1")["code"] in ("conflict", "account_changed")


def test_proposed_account_can_be_declined_with_a_reason(bank: Bank) -> None:
    bank.waybill.do("ach", "returns", bank.sends(changed(bank.lines, FIRST, "C01", "777-1234")), "--yes")
    assert bank.waybill("party", "decline-change", "1").code == 2
    assert bank.waybill.do("party", "decline-change", "1", "--reason", "a fraud")["state"] == "declined"
    assert bank.waybill.do("party", "show", "Blue Ltd")["account"] == "••••5678"
    assert bank.waybill.refused("party", "accept-change", "9")["code"] == "not_found"


def test_reverse_shows_its_plan_and_makes_a_job(bank: Bank) -> None:
    assert bank.waybill("ach", "reverse", "1").code == 2
    plan = bank.waybill.do("ach", "reverse", "1", "--dry-run")["plan"]
    assert [change["subject_id"] for change in plan["changes"]] == [int(FIRST), int(FIRST) + 1]
    done = bank.waybill.do("ach", "reverse", "1", "--entry", "A-2", "--reason", "paid twice", "--yes")
    assert len(done["result"]["done"]) == 1
    (job,) = done["result"]["jobs"]
    assert bank.waybill.do("job", "show", str(job))["trigger"] == "reversal"
    assert bank.waybill.do("invoice", "show", "A-2")["ledger"][0]["state"] == "on_hold"
    assert bank.waybill.refused("ach", "reverse", "9", "--reason", "x", "--yes")["code"] == "not_found"


def test_returned_payment_is_not_reversed(bank: Bank) -> None:
    bank.waybill.do("ach", "returns", bank.sends(returned(bank.lines, FIRST, "R02")), "--yes")
    plan = bank.waybill.do("ach", "reverse", "1", "--dry-run")["plan"]
    assert [left["code"] for left in plan["left_out"]] == ["returned"]
    assert len(plan["changes"]) == 1

"""`waybill invoice`, `file` and `delivery`: was it sent, once, when, to whom, and in which bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models import installation
from models.database import connection, database, execute
from tests.tui.conftest import Waybill
from tests.worker.export_site import Site, make_site
from worker import export


@pytest.fixture
def exported(fresh: Waybill) -> Waybill:
    """A home where A-1 went out as a file, A-2 is on hold, and A-3 waits."""
    installation.create(fresh.home, email="root@example.com")
    with connection():
        site = make_site("Acme")
        site.invoice("A-1", "250.00", document_type="credit_note")
        site.invoice("A-2", "99.95", vendor="Red Ltd", currency="EUR")
        hold(site, "A-2")
        export.run(site.job().id)
        site.invoice("A-3", "12.00")
    database.close()
    return fresh


def hold(site: Site, number: str) -> None:
    execute(
        "UPDATE export_ledger SET state = 'on_hold', code = 'no_route', reason = 'no route takes it'"
        " WHERE destination_id = ? AND invoice_id = (SELECT id FROM invoice WHERE number = ?)",
        (site.destination.id, number),
    )


def test_invoice_list_shows_where_each_stands(exported: Waybill) -> None:
    items = exported.do("invoice", "list")["items"]
    assert [(item["number"], item["state"]) for item in items] == [
        ("A-3", "pending"),
        ("A-2", "on_hold"),
        ("A-1", "exported"),
    ]
    assert [(item["amount"], item["currency"]) for item in items] == [
        ("12.00", "USD"),
        ("99.95", "EUR"),
        ("-250.00", "USD"),
    ]
    assert exported("invoice", "list", "--state", "on_hold").out.splitlines()[1].split() == [
        "A-2", "Red", "Ltd", "2026-11-01", "99.95", "EUR", "on_hold",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (("--state", "pending"), ["A-3"]),
        (("--party", "Red Ltd"), ["A-2"]),
        (("--search", "a-1"), ["A-1"]),
        (("--search", "red"), ["A-2"]),
        (("--direction", "receivable"), []),
        (("--destination", "payable/main", "--state", "exported"), ["A-1"]),
    ],
)
def test_invoice_list_narrowed(exported: Waybill, arguments: tuple[str, ...], numbers: list[str]) -> None:
    assert [item["number"] for item in exported.do("invoice", "list", *arguments)["items"]] == numbers


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("A-", ["A-1", "A-2", "A-3"]),  # by number, as the screen lists them
        ("state:pending", ["A-3"]),
        ('party:"Red Ltd" currency:EUR', ["A-2"]),
        ("amount:-250.00", ["A-1"]),
        ("period:2026-11", ["A-3", "A-2", "A-1"]),
        ("period:2026-10", []),
        ("destination:payable/main state:exported", ["A-1"]),
    ],
)
def test_invoice_list_filtered_takes_the_words_of_the_screen(
    exported: Waybill, line: str, numbers: list[str]
) -> None:
    assert [item["number"] for item in exported.do("invoice", "list", "--filter", line)["items"]] == numbers


@pytest.mark.parametrize("line", ["A-", "period:2026", "state:pending", "currency:EUR"])
def test_invoice_list_filtered_pages_meet(exported: Waybill, line: str) -> None:
    whole = exported.do("invoice", "list", "--filter", line)["items"]
    paged, after = [], list[str]()
    while True:
        page = exported.do("invoice", "list", "--filter", line, "--limit", "1", *after)
        paged += page["items"]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert paged == whole
    assert whole


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--filter", "colour:red"), 1, "invoices cannot be filtered by colour"),
        (("--filter", "state:gone"), 1, "state: cannot be gone"),
        (("--filter", "amount:much"), 1, "much"),
        (("--filter", "party:Nobody"), 1, "Nobody"),
        (("--filter", "state:pending", "--direction", "payable"), 2, "say it all in --filter"),
    ],
)
def test_invoice_list_filtered_by_what_is_no_filter_says_why(
    exported: Waybill, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = exported("invoice", "list", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


def test_invoice_list_pages_meet(exported: Waybill) -> None:
    first = exported.do("invoice", "list", "--limit", "2")
    last = exported.do("invoice", "list", "--limit", "2", "--after", first["next"])
    assert [item["number"] for item in first["items"] + last["items"]] == ["A-3", "A-2", "A-1"]
    assert last["next"] is None


def test_invoice_show_proves_what_left_in_which_bytes(exported: Waybill) -> None:
    shown = exported.do("invoice", "show", "A-1")
    (ledger,), (sent,) = shown["ledger"], shown["exports"]
    assert (ledger["destination"], ledger["state"], ledger["job"]) == ("payable/main", "exported", 1)
    assert (sent["state"], sent["amount"], sent["version"]) == ("successful", "-250.00", 1)
    (delivery,) = sent["deliveries"]
    assert (delivery["gateway"], delivery["state"]) == ("pickup", "delivered")
    copy = exported.home / "pickup" / "folders" / delivery["target"]
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == sent["file"]["sha256"]
    happened = [event["what"] for event in shown["timeline"]]
    assert happened[0] == "version 1 received"
    assert f"written to {sent['file']['name']}" in happened
    assert "exported" in happened
    assert [event["at"] for event in shown["timeline"]] == sorted(event["at"] for event in shown["timeline"])
    text = exported("invoice", "show", "A-1").out
    assert sent["file"]["sha256"] in text
    assert "payable/main exported, job 1" in text


def test_invoice_show_content_is_the_version_as_it_came(exported: Waybill) -> None:
    for form in ((), ("--json",)):
        content = exported("invoice", "show", "A-2", "--content", *form).json
        assert (content["number"], content["totals"]) == ("A-2", {"payable": "99.95"})


def test_invoice_revert_releases_what_is_on_hold_and_says_why_later(exported: Waybill) -> None:
    done = exported.do("invoice", "revert", "A-2", "--reason", "the route was added", "--yes")
    (change,) = done["result"]["done"]
    assert (change["name"], change["before"], change["after"]) == ("A-2", "on_hold", "pending")
    assert exported.do("destination", "show", "payable")["on_hold"] == 0
    last = exported.do("invoice", "show", "A-2")["timeline"][-1]
    assert (last["what"], last["by"], last["detail"]) == (
        "revert",
        "root@example.com",
        "the route was added",
    )


def test_file_and_delivery_name_each_other(exported: Waybill) -> None:
    (item,) = exported.do("file", "list")["items"]
    assert (item["items"], item["sums"], item["job"]) == (1, {"USD": "-250.00"}, 1)
    shown = exported.do("file", "show", str(item["id"]))
    archived = Path(shown["archive_path"])
    assert archived.is_relative_to(exported.home / "archive")
    assert hashlib.sha256(archived.read_bytes()).hexdigest() == shown["sha256"]
    assert archived.stat().st_size == shown["size"]
    (way,) = shown["deliveries"]
    delivery = exported.do("delivery", "show", str(way["id"]))
    assert (delivery["file_id"], delivery["state"], delivery["sha256"]) == (
        item["id"],
        "delivered",
        shown["sha256"],
    )
    assert exported.do("delivery", "list", "--state", "failed")["items"] == []
    assert [row["id"] for row in exported.do("delivery", "list")["items"]] == [way["id"]]


def test_what_belongs_to_another_entity_is_not_found(exported: Waybill) -> None:
    exported.do("entity", "create", "Beta")
    exported.do("user", "create", "b@example.com", "--os-account", "uid54321", "--role", "support",
                "--for-entity", "Beta")  # fmt: skip
    stranger = exported.as_user(54321)
    for command in (("file", "show", "1"), ("delivery", "show", "1"), ("invoice", "show", "A-1")):
        assert stranger.refused(*command)["code"] == "not_found"
    for noun in ("file", "delivery", "invoice"):
        assert stranger.do(noun, "list")["items"] == []


def test_invoice_diff_says_what_changed_between_versions(fresh: Waybill) -> None:
    installation.create(fresh.home, email="root@example.com")
    with connection():
        site = make_site("Acme")
        site.invoice("A-1", "12.00")
        site.invoice("A-1", "15.00", order_reference="PO-8")
    database.close()
    document = fresh.do("invoice", "diff", "A-1")
    assert (document["from"], document["to"]) == (1, 2)
    assert {(one["path"], one["before"], one["after"]) for one in document["differences"]} == {
        ("order_reference", "", "PO-8"),
        ("totals.payable", "12.00", "15.00"),
    }
    assert "Purchase order: -  ->  PO-8" in fresh("invoice", "diff", "A-1").out
    assert fresh("invoice", "diff", "A-1", "--from", "2", "--to", "2").out == (
        "versions 2 and 2 say the same\n"
    )
    assert fresh.refused("invoice", "diff", "A-1", "--to", "1")["message"].endswith("nothing came before it")
    assert "has no version 7" in fresh.refused("invoice", "diff", "A-1", "--to", "7")["message"]
    assert fresh.do("invoice", "show", "A-1", "--content", "--version", "1")["totals"]["payable"] == "12.00"
    assert fresh("invoice", "show", "A-1", "--version", "1").code == 2

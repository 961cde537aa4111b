"""Content as people read it, and what two versions differ in."""

from __future__ import annotations

from typing import Any

from models.invoice_content import Difference, Node, as_tree, compared

DOCUMENT: dict[str, Any] = {
    "number": "A-1",
    "due_date": "",
    "seller": {"name": "Blue Ltd", "address": {"city": "Odense"}},
    "notes": ["first", "second"],
    "totals": {"payable": "12.30"},
    "lines": [
        {"id": "1", "net": "10.00", "item": {"name": "Pump"}},
        {"id": "2", "net": "2.30", "item": {"name": "Seal"}},
    ],
    "custom": {"cost_centre": "4711"},
}


def flat(nodes: tuple[Node, ...]) -> dict[str, tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    for node in nodes:
        found[node.path] = (node.label, node.term, node.value)
        found |= flat(node.children)
    return found


def changed(**changes: Any) -> dict[str, Any]:
    return DOCUMENT | changes


def test_tree_names_terms_as_the_standard_does() -> None:
    told = flat(as_tree(DOCUMENT))
    assert told["number"] == ("Invoice number", "BT-1", "A-1")
    assert told["seller"] == ("Seller", "BG-4", "")
    assert told["seller.name"] == ("Seller name", "BT-27", "Blue Ltd")
    assert told["lines"] == ("Lines", "BG-25", "")
    assert told["lines[2]"][0] == "Line 2"
    assert told["lines[2].item.name"] == ("Item", "BT-153", "Seal")
    assert told["notes[2]"] == ("Notes 2", "BT-22", "second")
    assert told["custom.cost_centre"] == ("Cost centre", "", "4711")
    assert "due_date" not in told


def test_tree_shortens_what_nobody_reads() -> None:
    (node,) = as_tree({"attachments": [{"content": "A" * 5000}]})
    assert node.children[0].children[0].value.endswith("… (5,000 characters)")


def test_compared_says_where_what_was_and_is() -> None:
    after = changed(
        number="A-2", seller={"name": "Blue Ltd", "address": {"city": "Aarhus"}}, due_date="2026-12-01"
    )
    found = compared(DOCUMENT, after)
    assert found == [
        Difference("number", "Invoice number", "A-1", "A-2"),
        Difference("seller.address.city", "Seller · Address · Seller city", "Odense", "Aarhus"),
        Difference("due_date", "Due date", "", "2026-12-01"),
    ]
    assert compared(DOCUMENT, DOCUMENT) == []


def test_compared_tells_lines_apart_by_their_id() -> None:
    found = compared(DOCUMENT, changed(lines=DOCUMENT["lines"][1:]))
    assert [(one.label, one.before, one.after) for one in found] == [
        ("Line 1 · Line", "1", ""),
        ("Line 1 · Line net", "10.00", ""),
        ("Line 1 · Item · Item", "Pump", ""),
    ]


def test_compared_lines_that_share_an_id_go_by_their_place() -> None:
    twice = [{"id": "1", "net": "1.00"}, {"id": "1", "net": "2.00"}]
    found = compared(changed(lines=twice), changed(lines=[twice[0], {"id": "1", "net": "3.00"}]))
    assert [(one.path, one.before, one.after) for one in found] == [("lines[2].net", "2.00", "3.00")]

"""Pictures of one invoice and of exporting by hand, at both sizes; looked at one by one when they change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.invoice_desk import InvoiceDesk, at_invoice_desk
from tests.tui.test_screens_pictures import NORMAL, SIZES, THEMES, Compare, after


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[InvoiceDesk]:
    with at_invoice_desk(tmp_path / "home") as made:
        yield made


@SIZES
@THEMES
def test_invoice_picture(desk: InvoiceDesk, snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    run_before = after("down", link="invoice/A-1", theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)


@pytest.mark.parametrize("turns", [1, 2, 3, 4, 5, 6], ids=str)
def test_invoice_part_picture(desk: InvoiceDesk, snap_compare: Compare, turns: int) -> None:
    run_before = after(*("right",) * turns, link="invoice/A-1")
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=run_before)


@SIZES
@THEMES
@pytest.mark.parametrize(
    "keys",
    [("x",), ("x", "ctrl+s"), ("x", "ctrl+s", "v"), ("x", "ctrl+s", "x")],
    ids=("form", "found", "preview", "plan"),
)
def test_manual_picture(
    desk: InvoiceDesk, snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int], theme: str
) -> None:
    run_before = after(*keys, link="invoice", theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)

"""What a table holds of a long list, however one moves through it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.paging import PAGE
from tui.widgets.rows import Bounded
from tui.widgets.window import Part, Window


@given(st.integers(0, 5 * PAGE), st.lists(st.sampled_from(Part), max_size=12))
def test_window_wherever_it_is_moved_holds_neighbours_at_their_places(length: int, parts: list[Part]) -> None:
    source = Bounded(lambda: range(length), lambda row: row)
    window: Window[int] = Window(source.key)
    for part in [Part.FIRST, *parts]:
        seek = window.seek(part)
        window.take(part, source.page(seek), seek.limit)
        window.count(source.total())
        assert window.rows == list(range(window.start, window.end))
        assert window.end == length or not window.at_end
        assert window.total == length


def test_window_read_again_after_its_first_row_went_takes_what_follows() -> None:
    rows = list(range(10))
    source = Bounded(lambda: rows, lambda row: row)
    window: Window[int] = Window(source.key)
    window.take(Part.FIRST, source.page(window.seek(Part.FIRST)), PAGE)
    rows.remove(0)
    rows.insert(0, -1)
    window.take(Part.AGAIN, source.page(window.seek(Part.AGAIN)), PAGE)
    assert window.rows[:2] == [-1, 1]

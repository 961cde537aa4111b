"""A list of any length: tabs with counts, a filter line, a table with marks, and its row in words."""

from __future__ import annotations

from tui.kit.listing.screen import ListScreen
from tui.kit.listing.wanted import Selection, Tab, Wanted

__all__ = ["ListScreen", "Selection", "Tab", "Wanted"]

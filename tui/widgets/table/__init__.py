"""A table of any length: what its columns are, and the widget that draws those rows that are in sight."""

from __future__ import annotations

from tui.widgets.table.columns import Cell, Cells, Column
from tui.widgets.table.widget import VirtualTable

__all__ = ["Cell", "Cells", "Column", "VirtualTable"]

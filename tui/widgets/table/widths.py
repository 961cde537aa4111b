"""How wide the columns are: as declared, but for what one of them does not need and another does."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.widgets.table.columns import Cells, Column, fitting, text_of


class Widths:
    """Learns from the rows in sight; a column that has been widened stays so until another list comes."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._needs: dict[str, int] = {}
        self._fitted: dict[int, list[Column]] = {}

    def forget(self) -> None:
        """Other rows come."""
        self._needs.clear()
        self._fitted.clear()

    def see(self, cells: Cells) -> None:
        """A row is in sight."""
        for key, cell in cells.items():
            need = cell_len(text_of(cell)) + 1
            if need > self._needs.get(key, 0):
                self._needs[key] = need
                self._fitted.clear()

    def fitted(self, width: int) -> list[Column]:
        """The columns that are shown in this width, each as wide as it is."""
        if width not in self._fitted:
            self._fitted[width] = self._shared(fitting(self._columns, width))
        return self._fitted[width]

    def _shared(self, shown: list[Column]) -> list[Column]:
        """Widened by what others have to spare: names first, and last the column that has the rest."""
        rest = {column.key for column in self._columns if column.width == 0}
        widths = {column.key: column.width for column in shown}
        least = {column.key: max(self._needs.get(column.key, 0), len(column.title) + 1) for column in shown}
        takers = sorted(
            (key for key in widths if widths[key] < self._needs.get(key, 0)), key=rest.__contains__
        )
        for giver in sorted(widths, key=lambda key: key not in rest):
            spare = max(0, widths[giver] - least[giver])
            for taker in takers:
                given = min(spare, least[taker] - widths[taker])
                widths[taker] += given
                widths[giver] -= given
                spare -= given
        return [column._replace(width=widths[column.key]) for column in shown]

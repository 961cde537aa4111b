"""Lines of several batches that are made at the same time, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO

_MOST = 16_384  # lines kept in memory


class Pile:
    """The lines of one batch: those in memory, and where the earlier ones stand in the spool."""

    __slots__ = ("lines", "segments")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.segments: list[tuple[int, int]] = []


class Spool:
    """Piles of ASCII lines of one width; beyond a limit they go into a temporary file without a name."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._piles: list[Pile] = []
        self._held = 0
        self._file: BinaryIO | None = None

    def pile(self) -> Pile:
        """A new pile."""
        pile = Pile()
        self._piles.append(pile)
        return pile

    def add(self, pile: Pile, line: str) -> None:
        """Lay a line on a pile."""
        pile.lines.append(line)
        self._held += 1
        if self._held >= _MOST:
            self._put_away()

    def lines(self, pile: Pile) -> Iterator[str]:
        """The lines of a pile in the order they were laid."""
        for start, size in pile.segments:
            file = self._opened()
            file.seek(start)
            text = file.read(size).decode("ascii")
            for at in range(0, size, self._width):
                yield text[at : at + self._width]
        yield from pile.lines

    def close(self) -> None:
        """Let go of the temporary file."""
        if self._file is not None:
            self._file.close()

    def _put_away(self) -> None:
        file = self._opened()
        for pile in self._piles:
            if pile.lines:
                data = "".join(pile.lines).encode("ascii")
                pile.segments.append((file.tell(), len(data)))
                file.write(data)
                pile.lines.clear()
        self._held = 0

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`
        return self._file

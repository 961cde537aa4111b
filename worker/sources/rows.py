"""The rows of a delimited file, streamed: trimmed cells, the line they begin at, and what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from worker.sources import Unreadable, too_large
from worker.sources.content import NO_TEXT, Problem
from worker.sources.mapping import ImportMapping


class Row(NamedTuple):
    """One record; `cells` is empty where the record could not even be taken apart."""

    line: int
    cells: list[str]
    fault: Problem | None


def rows(path: Path, mapping: ImportMapping, longest_line: int) -> Iterator[Row]:
    """Every record that is not blank; raises `Unreadable` where nothing more can be read."""
    with path.open("rb") as file:
        text = TextIOWrapper(file, encoding=mapping.encoding, errors="surrogateescape", newline="")
        try:
            yield from _records(text, mapping, longest_line)
        except UnicodeError as error:
            raise Unreadable(
                f"it is not text in {mapping.encoding}: {error}",
                code="not_text",
                remedy=_ENCODING,
            ) from error


_ENCODING: Final = "correct encoding in the mapping file, or export the file in that encoding"


def _records(text: TextIO, mapping: ImportMapping, longest_line: int) -> Iterator[Row]:
    odd: list[int] = []
    reader = csv.reader(
        _lines(text, mapping.skip, longest_line, odd),
        delimiter=mapping.delimiter,
        quotechar=mapping.quote or None,
        quoting=csv.QUOTE_MINIMAL if mapping.quote else csv.QUOTE_NONE,
        strict=True,
    )
    while True:
        line = reader.line_num + mapping.skip + 1
        try:
            cells = list(map(str.strip, next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            odd.clear()
            yield Row(line, [], _torn(error, line, reader.line_num + mapping.skip))
            continue
        if odd:
            odd.clear()
            yield Row(line, cells, _not_text(mapping))
        elif any(cells):
            yield Row(line, cells, None)


def _lines(text: TextIO, skip: int, longest: int, odd: list[int]) -> Iterator[str]:
    """The physical lines after the skipped ones; the numbers of those that are no text go to `odd`."""
    for number, line in enumerate(iter(partial(text.readline, longest), ""), start=1):
        if len(line) >= longest:
            raise too_large(longest, line=number)
        if number <= skip:
            continue
        # An ASCII line knows that it is one, so that most lines are never searched.
        if "\0" in line or (not line.isascii() and NO_TEXT.search(line)):
            odd.append(number)
        yield line


def _torn(error: csv.Error, first: int, last: int) -> Problem:
    where = f"lines {first} to {last}" if last > first else f"line {first}"
    return Problem(
        field="",
        code="bad_row",
        message=f"{where} cannot be taken apart into columns: {error}",
        remedy="look for a quotation mark too many or too few there, or correct quote in the mapping file",
    )


def _not_text(mapping: ImportMapping) -> Problem:
    return Problem(
        field="",
        code="not_text",
        message=f"the row holds bytes that are no text in {mapping.encoding}",
        remedy=_ENCODING,
    )

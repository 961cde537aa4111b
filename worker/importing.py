"""Import: files are read by their source, documents taken in by the hundred, refusals named by place."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models import settings
from models.audit import Actor
from models.entities import LegalEntity
from models.intake import Intake, Origin, Taken
from models.invoices import Direction
from worker import sources
from worker.sources import Document, Limits, Refusal
from worker.sources.mapping import ImportMapping

NAMED = 50
_BATCH = 2_000
_BATCH_OF_FILES = 100  # one document a file: they may carry attachments, so fewer stand in memory


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of everything that was given."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    versions: list[tuple[str, int]] = field(default_factory=list)
    """Number and new version of each invoice that was updated, for people: the first `NAMED` of them."""

    def as_dict(self) -> dict[str, Any]:
        """The shape of `waybill import --json`."""
        return {
            "imported": self.imported,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": [refusal.as_dict() for refusal in self.refused],
        }


def run(
    actor: Actor,
    entity: LegalEntity,
    paths: Iterable[Path],
    *,
    direction: Direction | None = None,
    mapping: ImportMapping | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Take in every document of files and folders; the good ones go in, whatever is beside them.

    `progress` is called with how many documents were read so far, after each batch.
    """
    steps = run_by_batch(actor, entity, paths, direction=direction, mapping=mapping)
    while True:
        try:
            progress(next(steps))
        except StopIteration as end:
            report: Report = end.value
            return report


def run_by_batch(
    actor: Actor,
    entity: LegalEntity,
    paths: Iterable[Path],
    *,
    direction: Direction | None = None,
    mapping: ImportMapping | None = None,
) -> Generator[int, None, Report]:
    """As `run`, yielding how many documents were read so far after each batch, where it may be closed.

    What was taken in by then stays, and is in the audit.
    """
    given = [Path(path) for path in paths]
    limits = Limits(document_bytes=settings.current().imports.max_bytes)
    intake = Intake(actor, entity, direction)
    report, seen = Report(), 0
    try:
        for batch in _batches(sources.read(given, mapping=mapping, limits=limits), report):
            _add(report, batch, intake.take([(one.content, Origin(one.path, one.line)) for one in batch]))
            seen += len(batch)
            yield seen
    finally:
        total = Taken(imported=report.imported, updated=report.updated, unchanged=report.unchanged)
        where = ", ".join(sources.shown(path) for path in given[:5])
        intake.record(total, where, refused=len(report.refused))
    return report


def _batches(read: Iterator[Document | Refusal], report: Report) -> Iterator[list[Document]]:
    """Documents by the batch; refusals go straight into the report."""
    batch: list[Document] = []
    for found in read:
        if isinstance(found, Refusal):
            report.refused.append(found)
            continue
        new_file = bool(batch) and batch[-1].path != found.path
        if len(batch) >= _BATCH or (new_file and len(batch) >= _BATCH_OF_FILES):
            yield batch
            batch = []
        batch.append(found)
    if batch:
        yield batch


def _add(report: Report, batch: list[Document], taken: Taken) -> None:
    report.imported += taken.imported
    report.updated += taken.updated
    report.unchanged += taken.unchanged
    report.versions += taken.versions[: NAMED - len(report.versions)]
    for position, error in taken.refused:
        document = batch[position]
        report.refused.append(
            Refusal(
                path=document.path,
                line=document.line,
                xpath=document.xpath,
                code=error.code,
                message=error.message,
                remedy=error.remedy,
            )
        )

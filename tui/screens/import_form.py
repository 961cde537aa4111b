"""Taking invoices in: files of this machine, a plan of them, then batch by batch, and what was refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeGuard

from rich.text import Text
from textual.binding import Binding, BindingType

from models import entities
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.errors import NotFound
from models.invoices import Direction
from models.people import Action, permitted_entities
from tui import wording
from tui.kit.commands import Command
from tui.kit.form import Form, FormScreen, Values
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.screens.import_refused import Imported, Refused, RefusedScreen

IMPORT = Command(
    name="import",
    key="i",
    title="Import",
    help="take invoices in from UBL, CSV or JSON files; shows a plan first",
    cli="waybill import",
    action=Action.IMPORT,
)
IN_A_BROWSER = (
    "a browser may not read this machine's files; with a shell there: waybill import PATH, "
    "or i in the terminal program"
)
_TOLD = "as they tell"
_NONE_THERE = "make one: 9 Admin, or waybill entity create NAME"
_KIBI = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be taken in, and how it is to be understood."""

    paths: tuple[Path, ...]
    entity: str
    direction: Direction | None
    mapping: Path | None

    @property
    def twin(self) -> str:
        """The command that does the same."""
        words = ["waybill", "import", *map(str, self.paths), "--entity", self.entity]
        words += ["--direction", self.direction] if self.direction else []
        return shlex.join([*words, "--mapping", str(self.mapping)] if self.mapping else words)


class ImportForm(FormScreen[Imported | Progress]):
    """Which files, and what they do not tell themselves."""

    NAME = "Import"
    SAVE = "Look at them"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Look", key_display="^s", tooltip="list the files that would be read")
    ]
    draft = "import"

    def __init__(self, entity: str = "") -> None:
        """`entity`: whose invoices stand in the list that it was opened from."""
        super().__init__()
        self._entity = entity

    def reader(self) -> Callable[[], Form]:
        """For which legal entities one may."""
        return partial(_form, self.waybill.actor, self._entity)

    def wrong(self, values: Values) -> Mapping[str, str]:
        """Paths that lead to nothing."""
        found = {}
        for name in ("paths", "mapping"):
            try:
                missing = [path for path in _paths(values.get(name)) if not path.exists()]
            except ValueError as error:  # a quotation mark without its other one, a zero byte
                found[name] = f"{error}"
            except OSError as error:
                found[name] = error.strerror or str(error)
            else:
                found |= {name: f"there is no {wording.one_line(str(missing[0]))}"} if missing else {}
        return found

    def beside(self, values: Values) -> Text:
        """What happens to what is known, and to what cannot be taken."""
        what = "What is known already changes nothing; what cannot be taken is named, and the rest goes in."
        asked = _asked(values)
        return Text(f"{what}\nThe same as a command: {wording.one_line(asked.twin)}")

    def plan(self, values: Values) -> PlanScreen:
        """The files that would be read."""
        asked = _asked(values)
        return PlanScreen("Import invoices", partial(_plan, self.waybill.actor, asked), asked.twin)

    def saved(self, result: Imported | Progress) -> None:
        """What was refused, when this form is gone."""
        if _has_refused(result):
            self.app.call_later(self.app.push_screen, RefusedScreen(result))


def _has_refused(result: object) -> TypeGuard[Imported]:
    return isinstance(result, Imported) and bool(result.refused)


def _form(actor: Actor, entity: str) -> Form:
    ids = permitted_entities(actor, Action.IMPORT)
    names = tuple(one.name for one in entities.visible(actor) if ids is None or one.id in ids)
    if not names:
        raise NotFound("there is no legal entity to import for", remedy=_NONE_THERE)
    directions = (_TOLD, *(str(each) for each in Direction))
    return Form(
        settings=(
            Setting(
                name="paths",
                title="Files or folders",
                required=True,
                max_length=20_000,
                help="on this machine; a space between, quote one with a space",
            ),
            _choice("entity", "Legal entity", names, "whose invoices they are"),
            _choice("direction", "Direction", directions, "what counts for those that do not tell"),
            Setting(
                name="mapping",
                title="Import mapping",
                max_length=4_000,
                help="a TOML file that says what CSV columns mean; empty: none",
            ),
        ),
        values={"entity": entity} if entity in names else {},
    )


def _choice(name: str, title: str, choices: tuple[str, ...], about: str) -> Setting:
    return Setting(
        name=name,
        title=title,
        kind=SettingKind.CHOICE,
        choices=choices,
        default=choices[0],
        required=True,
        help=about,
    )


def _paths(text: Any) -> tuple[Path, ...]:
    return tuple(Path(word).expanduser().absolute() for word in shlex.split(str(text or "")))


def _asked(values: Values) -> Asked:
    mappings = _paths(values.get("mapping"))
    return Asked(
        paths=_paths(values["paths"]),
        entity=str(values["entity"]),
        direction=None if values["direction"] == _TOLD else Direction(values["direction"]),
        mapping=mappings[0] if mappings else None,
    )


def _plan(actor: Actor, asked: Asked) -> Plan:
    from worker import tasks  # Huey, which no picture need wait for

    found = tasks.importable(asked.paths)
    files = [one for one in found if isinstance(one, Path)]
    size = sum(path.stat().st_size for path in files)
    return Plan(
        head=f"{wording.counted(len(files), 'file')}, {_size_text(size)}, for {asked.entity}",
        number=len(files),
        carry_out=lambda _reason: _carry_out(actor, asked),
        button="Import",
        going=[str(path) for path in files],
        left_out=[f"{one.path}: {one.message}; {one.remedy}" for one in found if not isinstance(one, Path)],
        effect="what is known already changes nothing; what cannot be taken is named, the rest goes in",
        needs_reason=False,
    )


def _carry_out(actor: Actor, asked: Asked) -> Generator[Progress, None, Outcome]:
    from worker import tasks

    entity = entities.find(actor, asked.entity)
    batches = tasks.import_invoices(actor, entity, asked.paths, asked.direction, asked.mapping)
    with closing(batches):
        while True:
            try:
                yield Progress(next(batches), 0)
            except StopIteration as end:
                return _outcome(asked, end.value)


def _outcome(asked: Asked, report: Any) -> Outcome:
    refused = _refused(report.refused)
    counted = f"{report.imported:,} imported, {report.updated:,} updated, {report.unchanged:,} unchanged"
    said = f"{asked.entity}: {counted}, {len(refused):,} refused"
    return Outcome([said], warning=bool(refused), value=Imported(said, refused))


def _refused(found: Sequence[Any]) -> tuple[Refused, ...]:
    return tuple(
        Refused(
            number=number,
            path=one.path,
            place=f"line {one.line}" if one.line else one.xpath or "",
            message=one.message,
            remedy=one.remedy,
        )
        for number, one in enumerate(found, 1)
    )


def _size_text(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 10 * _KIBI:
            return f"{size:,} {unit}"
        size //= _KIBI
    return f"{size:,} GiB"

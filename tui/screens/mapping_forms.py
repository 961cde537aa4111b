"""Forms about whole mappings: a new one, another name, and into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models import entities, mapping_fields, mapping_list, mapping_ready, mappings
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.columns import default_layout
from models.errors import Conflict, InvalidInput
from models.jobs import Route
from models.mapping_list import Listed
from models.mapping_ready import Ready
from models.mappings import Mapping as Saved
from models.people import Action, permitted_entities
from tui.kit.form import Form, FormScreen, Values

_DEFAULTS = {"default columns": Route.OTHER, "default columns for ACH": Route.ACH}
_COPY = "copy of "


class NewForm(FormScreen[Saved]):
    """A mapping that begins with the default columns, or as a copy."""

    NAME = "new"

    def __init__(self, begin: Listed | None, then: Callable[[int], object]) -> None:
        """`begin`: what it is a copy of unless another beginning is chosen; `then` gets its id."""
        super().__init__()
        self._begin = begin
        self._then = then

    @property
    def draft(self) -> str:
        """A copy is begun with another one."""
        return f"mapping/copy {self._begin.id}" if self._begin else "mapping/new"

    def reader(self) -> Callable[[], Form]:
        """Where it may belong to, and what it may begin with."""
        actor, begin = self.waybill.actor, self._begin

        def read() -> Form:
            copies = [_copy_of(one) for one in mapping_list.listed(actor)]
            beginnings = (*_DEFAULTS, *_ready(), *copies)
            settings = (
                choice("entity", "Legal entity", choices(actor), "whose invoices it is for"),
                Setting(name="name", title="Name", required=True, max_length=100),
                choice("begin", "Begin with", beginnings, "all of it can be changed afterwards"),
            )
            values = {"entity": begin.entity, "begin": _copy_of(begin)} if begin else {}
            return Form(settings=settings, values=values)

        return read

    def save(self, values: Values) -> Callable[[], Saved]:
        """Version 1 of it."""
        actor = self.waybill.actor

        def save() -> Saved:
            entity = entities.find(actor, values["entity"])
            return mappings.create(actor, entity, values["name"], _beginning(actor, values["begin"]))

        return save

    def lands_on(self, result: Saved) -> int:
        """The mapping's id."""
        return int(result.id)

    def saved(self, result: Saved) -> None:
        """On to its columns."""
        self.notify(f"The mapping {result.name} is saved as version 1.", markup=False)
        self._then(result.id)


class RenameForm(FormScreen[Saved]):
    """Another name."""

    NAME = "rename"

    def __init__(self, mapping: Listed) -> None:
        super().__init__()
        self._mapping = mapping

    @property
    def draft(self) -> str:
        """Of this mapping."""
        return f"mapping/name {self._mapping.id}"

    def reader(self) -> Callable[[], Form]:
        """Its name as it is."""
        help_ = "the schedules that use it go on doing so"
        setting = Setting(name="name", title="Name", required=True, max_length=100, help=help_)
        form = Form(settings=[setting], values={"name": self._mapping.name})
        return lambda: form

    def save(self, values: Values) -> Callable[[], Saved]:
        """Call it so."""
        actor, which = self.waybill.actor, self._mapping.id
        return lambda: mappings.rename(actor, Saved.get_by_id(which), values["name"])

    def saved(self, result: Saved) -> None:
        """Say so."""
        self.notify(f"It is now called {result.name}.", markup=False)


class ExportForm(FormScreen[Path]):
    """Into a file of this machine."""

    NAME = "export"

    def __init__(self, mapping: Listed) -> None:
        super().__init__()
        self._mapping = mapping

    @property
    def draft(self) -> str:
        """Of this mapping."""
        return f"mapping/file {self._mapping.id}"

    def reader(self) -> Callable[[], Form]:
        """A name for the file, beside where the program was started."""
        help_ = "it must not exist yet; `waybill mapping import` takes it, here or elsewhere"
        setting = Setting(name="path", title="File", required=True, help=help_)
        form = Form(settings=[setting], values={"path": str(Path.cwd() / file_name(self._mapping))})
        return lambda: form

    def save(self, values: Values) -> Callable[[], Path]:
        """Write it, over nothing."""
        path, which = Path(values["path"]).expanduser(), self._mapping.id

        def save() -> Path:
            text = mapping_fields.as_file(Saved.get_by_id(which))
            try:
                with path.open("x", encoding="utf-8") as out:
                    out.write(text)
            except FileExistsError as error:
                raise Conflict(f"{path} is there already", remedy="name another file") from error
            except OSError as error:
                raise InvalidInput(
                    f"{path} cannot be written: {error.strerror}", remedy="name another"
                ) from error
            return path

        return save

    def saved(self, result: Path) -> None:
        """Say where it is."""
        self.notify(f"Written to {result}.", markup=False)


def file_name(mapping: Listed) -> str:
    """A name for its file that no file system minds."""
    plain = "".join(char if char.isalnum() or char in "-_" else "-" for char in mapping.name)
    return f"{plain}.json"


def choice(name: str, title: str, offered: tuple[str, ...], about: str) -> Setting:
    """One of several, the first to begin with."""
    return Setting(
        name=name,
        title=title,
        kind=SettingKind.CHOICE,
        choices=offered,
        default=offered[0],
        help=about,
    )


def choices(actor: Actor) -> tuple[str, ...]:
    """The legal entities whose mappings the actor may make."""
    ids = permitted_entities(actor, Action.MANAGE_MAPPINGS)
    found = tuple(one.name for one in entities.visible(actor) if ids is None or one.id in ids)
    if not found:
        raise Conflict("there is no legal entity for it", remedy="make one: waybill entity create NAME")
    return found


def _copy_of(mapping: Listed) -> str:
    return f"{_COPY}{mapping.name} ({mapping.entity}, {mapping.id})"


def _ready() -> dict[str, Ready]:
    """The mappings that ship ready, by what they are called here."""
    return {f"ready: {ready.title}": ready for ready in mapping_ready.listed()}


def _beginning(actor: Actor, begin: str) -> dict[str, Any]:
    if begin in _DEFAULTS:
        return default_layout(_DEFAULTS[begin]).to_dict()
    if (ready := _ready().get(begin)) is not None:
        return ready.layout
    found: Mapping[str, Listed] = {_copy_of(one): one for one in mapping_list.listed(actor)}
    if begin not in found:
        raise Conflict(f"there is no {begin} any more", remedy="begin with another one")
    return found[begin].layout.to_dict()

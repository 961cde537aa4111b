"""A mapping out of a file: a new one, or a new version of the one of its name, by a plan shown first."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from models import entities, mapping_fields, mapping_list, mappings
from models.audit import Actor
from models.catalogue import Setting
from models.columns import Layout
from models.entities import LegalEntity
from models.errors import InvalidInput
from models.mapping_list import Listed
from models.mappings import Mapping as Saved
from tui.kit.form import Form, FormScreen, Values
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.mapping_draft import Draft, written_words
from tui.screens.mapping_forms import choice, choices
from tui.screens.mapping_save import EFFECT, concerned
from tui.wording import counted

_TWIN = "waybill mapping import"


class ImportForm(FormScreen[Saved]):
    """Which file of this machine, whose mapping, and under which name."""

    NAME = "import"
    SAVE = "Look at it"

    def __init__(self, then: Callable[[int], object]) -> None:
        """`then` gets the mapping's id."""
        super().__init__()
        self._then = then

    @property
    def draft(self) -> str:
        """One at a time."""
        return "mapping/import"

    def reader(self) -> Callable[[], Form]:
        """Where it may belong to."""
        actor = self.waybill.actor

        def read() -> Form:
            about = "empty: the one in the file; one of that name gets a new version"
            settings = (
                choice("entity", "Legal entity", choices(actor), "whose invoices it is for"),
                Setting(name="path", title="File", required=True, help="what export wrote"),
                Setting(name="name", title="Name", help=about),
            )
            return Form(settings=settings, values={})

        return read

    def plan(self, values: Values) -> PlanScreen:
        """What the file would make or change."""
        actor = self.waybill.actor
        return PlanScreen("Import a mapping", lambda: import_plan(actor, values), _TWIN)

    def lands_on(self, result: Saved) -> int:
        """The mapping's id."""
        return int(result.id)

    def saved(self, result: Saved) -> None:
        """On to its columns."""
        self._then(result.id)


def import_plan(actor: Actor, values: Values) -> Plan:
    """What importing comes to; raises what keeps the file from being a mapping."""
    path = Path(values["path"]).expanduser()
    told, data = mapping_fields.read(_text(path))
    name = str(values.get("name") or told)
    if not name:
        raise InvalidInput("the file names no mapping", remedy="give a name")
    entity = entities.find(actor, values["entity"])
    mapping = next((one for one in mappings.of_entity(entity) if one.name == name), None)
    if mapping is None:
        return _new(actor, entity, name, data)
    return _version(actor, mapping_list.find(actor, mapping.id), data)


def _new(actor: Actor, entity: LegalEntity, name: str, data: dict[str, Any]) -> Plan:
    layout = Layout.from_dict(data)

    def carry_out(_: str) -> Generator[Progress, None, Outcome]:
        saved = mappings.create(actor, entity, name, data)
        yield Progress(1, 1)
        return Outcome([f"The mapping {saved.name} is saved as version 1."], value=saved)

    columns = Draft.of(layout.to_dict()).columns
    return Plan(
        head=f"a new mapping {name} of {entity.name} with {counted(len(columns), 'column')}",
        number=1,
        carry_out=carry_out,
        button="Save as a new mapping",
        going=[
            ", ".join(written_words(layout.to_dict())),
            *(f"{place}. {each.header or '(none)'}: {each.shown}" for place, each in enumerate(columns, 1)),
        ],
        effect="nothing writes with it before a schedule names it",
        needs_reason=False,
    )


def _version(actor: Actor, current: Listed, data: dict[str, Any]) -> Plan:
    changes = mapping_list.differences(current.layout, Layout.from_dict(data))

    def carry_out(_: str) -> Generator[Progress, None, Outcome]:
        saved = mappings.edit(actor, Saved.get_by_id(current.id), data, expected=current.version)
        yield Progress(1, 1)
        return Outcome([f"The mapping {saved.name} is now version {saved.version}."], value=saved)

    known = f"{current.name} of {current.entity}, version {current.version}"
    some = f"{counted(len(changes), 'change')} of {known}"
    return Plan(
        head=some if changes else f"the file says what {known} says",
        number=int(bool(changes)),
        carry_out=carry_out,
        button=f"Save as version {current.version + 1}",
        going=changes,
        warnings=concerned(current.uses),
        effect=EFFECT,
        needs_reason=False,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InvalidInput(f"{path} cannot be read: {why}", remedy="name a file that export wrote") from error

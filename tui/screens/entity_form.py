"""The form of a legal entity: name, zone, identifiers, limit, and its two switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from rich.text import Text

from models import entities
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.entities import LegalEntity
from models.schedules import history
from tui.kit.form import Form, FormScreen, Values

_WHOSE = (
    Setting(name="name", title="Name", required=True, max_length=200),
    Setting(name="zone", title="Time zone", default="UTC", help="where its days begin: Europe/Copenhagen"),
    Setting(name="country", title="Country", max_length=2, help="two letters: DK"),
    Setting(
        name="identifiers",
        title="Identifiers",
        max_length=1000,
        help="numbers it is known by in documents, with commas between: DK12345678",
    ),
)
_SWITCHES = (
    Setting(
        name="schedule_limit",
        title="Limit of schedules",
        kind=SettingKind.INTEGER,
        default=entities.SCHEDULE_LIMIT,
        least=1,
        most=1000,
        help="how many may be enabled at once",
    ),
    Setting(
        name="export_scheduler",
        title="Export scheduler",
        kind=SettingKind.BOOLEAN,
        default=True,
        help="off: no schedule of it fires, and what came due meanwhile is not caught up",
    ),
    Setting(
        name="manual_exports",
        title="Exports by hand",
        kind=SettingKind.BOOLEAN,
        default=True,
        help="off: nobody may export chosen invoices",
    ),
)


class EntityForm(FormScreen[LegalEntity]):
    """A new legal entity, or what of one can change."""

    def __init__(self, which: int | str | None = None) -> None:
        """`which`: its id or name."""
        super().__init__()
        self._which = which
        self._entity_name = ""
        self._enabled = 0
        self._before: Values = {}

    @property
    def draft(self) -> str:
        """One an entity, and one for the new one."""
        return f"entity/{self._which or 'new'}"

    def crumb(self) -> str:
        """Whose form it is."""
        return f"entity {self._entity_name}".strip() if self._which else "new entity"

    def reader(self) -> Callable[[], Form]:
        """As it stands."""
        actor = self.waybill.actor

        def read() -> Form:
            if self._which is None:
                return Form(settings=_WHOSE, values={"zone": "UTC"})
            entity = _find(actor, self._which)
            self._entity_name, self._enabled = entity.name, history.usage(entity).running
            self._before = _values(entity)
            return Form(settings=(*_WHOSE, *_SWITCHES), values=self._before)

        return read

    def wrong(self, values: Values) -> Mapping[str, str]:
        """A zone that there is not."""
        zone = str(values["zone"])
        return {} if zone in available_timezones() else {"zone": f"there is no time zone {zone}"}

    def beside(self, values: Values) -> Text:
        """What the switches come to."""
        if self._which is None:
            return Text("It gets two destinations: payable/main and receivable/main.")
        lines = list[str]()
        if not values["export_scheduler"]:
            lines.append(f"None of its {self._enabled} enabled schedules fires while the scheduler is off.")
        elif not self._before["export_scheduler"]:
            lines.append(f"Its {self._enabled} enabled schedules fire again; what was missed is skipped.")
        if int(values["schedule_limit"]) < self._enabled:
            lines.append(f"{self._enabled} are enabled: they stay so, and no further one can be.")
        if not values["manual_exports"]:
            lines.append("Nobody may export by hand for it.")
        return Text("\n".join(lines))

    def save(self, values: Values) -> Callable[[], LegalEntity]:
        """Make it, or change what differs: the switches alone need a smaller role."""
        actor, which, before = self.waybill.actor, self._which, dict(self._before)

        def work() -> LegalEntity:
            given = {name: "" if value is None else value for name, value in values.items()}
            changed = {name: value for name, value in given.items() if before.get(name) != value}
            if "identifiers" in changed:
                changed["identifiers"] = _identifiers(str(given["identifiers"]))
            if which is None:
                made: dict[str, Any] = {"country": str(given["country"]), "zone": str(given["zone"])}
                numbers = _identifiers(str(given["identifiers"]))
                return entities.create(actor, str(given["name"]), identifiers=numbers, **made)
            return entities.edit(actor, _find(actor, which), **changed)

        return work

    def lands_on(self, result: LegalEntity) -> int:
        """Its id."""
        return int(result.id)

    def saved(self, result: LegalEntity) -> None:
        """What comes next."""
        next_ = "" if self._which else " Next: 5 Facilities, or import its invoices: 4, then i"
        self.notify(f"{result.name} is saved.{next_}", markup=False)


def _find(actor: Actor, which: int | str) -> LegalEntity:
    found = next((one for one in entities.visible(actor) if one.id == which), None)
    return found or entities.find(actor, str(which))


def _values(entity: LegalEntity) -> Values:
    return {
        "name": entity.name,
        "zone": entity.zone,
        "country": entity.country,
        "identifiers": ", ".join(entities.identifiers(entity)),
        "schedule_limit": entity.schedule_limit,
        "export_scheduler": entity.export_scheduler,
        "manual_exports": entity.manual_exports,
    }


def _identifiers(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]

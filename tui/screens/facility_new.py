"""The form of a new facility, for a system of the catalogue: the first step of its setup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models import destinations, entities, facilities
from models.catalogue import Setting, SettingKind
from models.errors import InvalidInput
from models.facilities import Facility
from models.facility_settings import SETTINGS
from models.facility_setup import Step
from models.people import Action, permitted_entities
from tui.kit.form import Form, Values
from tui.screens.facility_forms import NAME_FIELD, Stepped


class NewFacilityForm(Stepped):
    """The first step for a system of the catalogue: saved, there is a draft."""

    NAME = "new facility"

    def __init__(self, system: str, made: Callable[[int], None]) -> None:
        super().__init__()
        self._system = system
        self._made = made

    @property
    def draft(self) -> str:
        """One for each system."""
        return f"facility/new/{self._system}"

    def steps_line(self) -> Sequence[tuple[str, bool]]:
        """The first of them."""
        return [(step, step is Step.SYSTEM) for step in Step]

    def reader(self) -> Callable[[], Form]:
        """Whose, for which destination, by which gateways."""
        actor, system = self.waybill.actor, self._system

        def read() -> Form:
            ids = permitted_entities(actor, Action.MANAGE_FACILITIES)
            mine = [one for one in entities.visible(actor) if ids is None or one.id in ids]
            labels = {place.label: None for one in mine for place in destinations.of_entity(one)}
            ways = [one for one in SETTINGS if one.choices_of == "waybill.gateways"]
            return Form(
                settings=[
                    NAME_FIELD,
                    _choice("entity", "Legal entity", [one.name for one in mine], "whose invoices"),
                    _choice("destination", "Destination", labels, "which of them; stays as it is now"),
                    *ways,
                ],
                values={one.name: system for one in ways},
            )

        return read

    def save(self, values: Values) -> Callable[[], Facility]:
        """Make the draft."""
        actor = self.waybill.actor
        ways = {one.name: one.default for one in SETTINGS if one.choices_of == "waybill.gateways"}
        settings: dict[str, object] = {
            name: values[name] for name, default in ways.items() if values[name] != default
        }

        def make() -> Facility:
            entity = entities.find(actor, values["entity"])
            destination = destinations.find(entity, values["destination"])
            return facilities.create(actor, entity, values["name"], destination, settings)

        return make

    def saved(self, result: Facility) -> None:
        """Its other steps follow."""
        self.app.call_later(self._made, result.id)


def _choice(name: str, title: str, choices: Mapping[str, None] | Sequence[str], help_: str) -> Setting:
    if not choices:
        raise InvalidInput("there is no legal entity yet", remedy="make one: waybill entity create NAME")
    first, *_ = choices
    return Setting(
        name=name,
        title=title,
        kind=SettingKind.CHOICE,
        choices=tuple(choices),
        default=first,
        required=True,
        help=help_,
    )

"""Exporting by hand, first: which invoices, by number, customer or date, and with what."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from models import entities, facilities, invoices, manual, parties
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.entities import LegalEntity
from models.errors import InvalidInput, NotFound
from models.facilities import Facility, FacilityState
from models.manual import Choice, Written
from models.people import Action
from tui.kit.commands import Command
from tui.kit.form import Form, FormScreen, Values
from tui.screens import manual_files
from tui.screens.manual_files import FilesForm

MANUAL = Command(
    name="manual",
    key="x",
    title="Export by hand",
    help="find invoices by number, customer or date, look at their files, export them now",
    cli="waybill export run",
    action=Action.EXPORT,
)
INVOICES, CUSTOMER, DATE, ALL = "invoices", "customer", "date", "all not exported"
_DAY = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which invoices are meant, and what exports them into which files."""

    facility: Facility
    choice: Choice
    written: Written
    said: str
    """In words: `by customer Blue Ltd`."""


class ManualForm(FormScreen[Asked]):
    """Finds; the list of what was found opens above it."""

    NAME = "Export by hand"
    SAVE = "Find invoices"
    STAYS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Find", key_display="^s", tooltip="list the invoices that are meant")
    ]
    draft = "export by hand"

    def __init__(self, entity_id: int | None, numbers: Sequence[str] = ()) -> None:
        super().__init__()
        self._entity_id = entity_id
        self._marked = tuple(numbers)

    def reader(self) -> Callable[[], Form]:
        """The facilities of the legal entity, and the formats there are."""
        actor, entity_id, numbers = self.waybill.actor, self._entity_id, self._marked
        if numbers:
            self.waybill.drafts.pop(self.draft, None)
        return lambda: _form(actor, entity_id, numbers)

    def troubled(self) -> None:
        """Nothing can be asked: that was said."""
        super().troubled()
        if self.form is None and not self.waybill.trouble:
            self.waybill.back()

    def wrong(self, values: Values) -> Mapping[str, str]:
        """Days that are none."""
        found = {}
        for name in ("since", "until", "party_since", "party_until", "numbers"):
            try:
                _ = _words(values.get(name)) if name == "numbers" else _day(values.get(name))
            except ValueError as error:
                found[name] = f"{error}"
        return found

    def showing(self, values: Values, wrong: Mapping[str, str]) -> Text:  # noqa: ARG002 - the files stand
        """Which files are written, whatever else is still wrong."""
        form = self.form
        return manual_files.text(form, values) if isinstance(form, FilesForm) else Text()

    def save(self, values: Values) -> Callable[[], Asked]:
        """Look up what was named."""
        actor, entity_id = self.waybill.actor, self._entity_id
        return lambda: _asked(_entity(actor, entity_id), values)

    def saved(self, result: Asked) -> None:
        """List what was found."""
        from tui.screens.manual_found import ManualScreen  # which offers this form's way back

        self.app.push_screen(ManualScreen(result))


def _entity(actor: Actor, entity_id: int | None) -> LegalEntity:
    for each in entities.visible(actor):
        if entity_id in (None, each.id):
            return each
    raise NotFound("there is no legal entity", remedy="make one: waybill entity create NAME")


def _form(actor: Actor, entity_id: int | None, numbers: Sequence[str]) -> FilesForm:
    entity = _entity(actor, entity_id)
    known = sorted(facilities.of_entity(entity), key=lambda each: each.state != FacilityState.ACTIVE)
    if not known:
        raise NotFound(
            f"{entity.name} has no export facility",
            remedy="make one: 5 Facilities, or waybill facility create",
        )
    names = tuple(each.name for each in known)
    columns, usual = manual_files.columns_of(entity), manual_files.usual_of(known)
    begin = {"by": INVOICES, "numbers": " ".join(map(shlex.quote, numbers))} if numbers else {"by": ALL}
    return FilesForm(
        settings=(
            _choice("facility", "Facility", names, "what exports them"),
            _choice("by", "Find", (INVOICES, CUSTOMER, DATE, ALL), "← → choose how"),
            _text("numbers", "Invoices", INVOICES, "numbers or ids, a space between; quote one with a space"),
            _text("parties", "Customers", CUSTOMER, "names, numbers or ids, a semicolon between"),
            _day_setting("party_since", "Issued from", CUSTOMER),
            _day_setting("party_until", "Issued up to", CUSTOMER),
            _day_setting("since", "Issued from", DATE),
            _day_setting("until", "Issued up to", DATE),
            *manual_files.settings(columns),
        ),
        values={**manual_files.values_of(usual[names[0]], columns), **begin},
        usual=usual,
        columns=columns,
    )


def _choice(name: str, title: str, choices: tuple[str, ...], about: str) -> Setting:
    return Setting(
        name=name,
        title=title,
        help=about,
        kind=SettingKind.CHOICE,
        choices=choices,
        required=True,
        default=choices[0],
    )


def _text(name: str, title: str, by: str, about: str) -> Setting:
    return Setting(name=name, title=title, help=about, required=True, when=("by", by), max_length=20_000)


def _day_setting(name: str, title: str, by: str) -> Setting:
    about = "a day, YYYY-MM-DD; empty: no limit"
    return Setting(name=name, title=title, help=about, when=("by", by), pattern=_DAY)


def _day(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _words(value: Any) -> list[str]:
    return shlex.split(str(value)) if value else []


def _asked(entity: LegalEntity, values: Values) -> Asked:
    facility = facilities.find(entity, values["facility"])
    choice, said = _chosen(entity, values)
    usual, columns = manual.default_outputs(facility), manual_files.columns_of(entity)
    written = manual_files.written(usual, columns, values)
    return Asked(facility=facility, choice=choice, written=written, said=said)


def _chosen(entity: LegalEntity, values: Values) -> tuple[Choice, str]:
    match values["by"]:
        case str(by) if by == INVOICES:
            found = [invoices.find(entity, number) for number in _words(values["numbers"])]
            ids = tuple(dict.fromkeys(each.id for each in found))
            return Choice(invoices=ids), f"{len(ids):,} by number"
        case str(by) if by == CUSTOMER:
            names = [name.strip() for name in str(values["parties"]).split(";") if name.strip()]
            known = [parties.find(entity, name) for name in names]
            days = (_day(values["party_since"]), _day(values["party_until"]))
            choice = Choice(parties=tuple(each.id for each in known), since=days[0], until=days[1])
            return choice, f"of {', '.join(each.name for each in known)}{_days_said(*days)}"
        case str(by) if by == DATE:
            since, until = _day(values["since"]), _day(values["until"])
            if since is None and until is None:
                raise InvalidInput("no day is given", remedy="give the first day, the last, or both")
            return Choice(since=since, until=until), f"issued{_days_said(since, until)}"
        case _:
            return Choice(), "all that is not exported"


def _days_said(since: date | None, until: date | None) -> str:
    return (f" from {since}" if since else "") + (f" up to {until}" if until else "")

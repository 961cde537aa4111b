"""The forms of a facility, built from what is declared: a step of its setup, the settings of a file type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult

from models import clock, facilities, facility_list, facility_settings, facility_setup
from models import secrets as stored_secrets
from models.catalogue import Setting, SettingKind, discover
from models.errors import InvalidInput
from models.facilities import Facility, FacilityState
from models.facility_setup import Asked, Step, StepState
from models.file_names import DOCUMENT, file_name
from tui import facility_text, wording
from tui.kit.form import Form, FormScreen, Values
from tui.widgets.lines import TabLine

NAME_FIELD = Setting(name="name", title="Name", required=True, max_length=100, help="what people call it")
_DOT = "--"  # widgets' names have no points


def field_name(key: str) -> str:
    """A setting's key as its field is called."""
    return key.replace(".", _DOT)


def setting_key(field: str) -> str:
    """The key of a field's setting."""
    return field.replace(_DOT, ".")


class SettingsForm(FormScreen[Facility]):
    """Some settings of a facility, and its secrets, which are stored and never shown."""

    NAME = "settings"

    def __init__(self, facility_id: int) -> None:
        super().__init__()
        self.facility_id = facility_id

    def asked(self, facility: Facility) -> Sequence[Asked]:
        """What it asks; in a thread."""
        raise NotImplementedError

    def reader(self) -> Callable[[], Form]:
        """What is declared, with what was given."""
        actor, facility_id = self.waybill.actor, self.facility_id
        return lambda: self.form_of(facility_list.find(actor, facility_id))

    def form_of(self, facility: Facility) -> Form:
        """The form as it begins; in a thread."""
        asked = self.asked(facility)
        return Form(
            settings=[replace(_field(one), when=_when(one, asked)) for one in asked],
            values={field_name(one.key): one.value for one in asked if one.given},
            stored=[field_name(one.key) for one in asked if one.given and _is_secret(one.setting)],
        )

    def wrong(self, values: Values) -> Mapping[str, str]:
        """What the facility refuses, beside the field."""
        found = {}
        for field, value in self._settings(values).items():
            try:
                facility_settings.check({setting_key(field): value})
            except InvalidInput as error:
                found[field] = f"{error.message}: {error.remedy}"
        return found

    def save(self, values: Values) -> Callable[[], Facility]:
        """Keep what differs from what is there; what is as by default is not kept at all."""
        actor, facility_id = self.waybill.actor, self.facility_id
        defaults = {one.name: one.default for one in self.form.settings} if self.form else {}
        settings = {
            setting_key(field): None if value == defaults[field] else value
            for field, value in self._settings(values).items()
        }
        secret = {setting_key(field): str(values[field]) for field in values if self._kept_secret(field)}
        name = values.get(NAME_FIELD.name)

        def keep() -> Facility:
            facility = facility_list.find(actor, facility_id)
            changed = {key: value for key, value in settings.items() if facility.settings.get(key) != value}
            if changed or name not in (None, facility.name):
                facility = facilities.edit(actor, facility, changed, name=name)
            for key, value in secret.items():
                stored_secrets.set_secret(actor, key, value)
            return facility

        return keep

    def saved(self, result: Facility) -> None:
        """Say so."""
        self.notify(f"Saved: {wording.one_line(result.name)}", markup=False)

    def _kept_secret(self, field: str) -> bool:
        return any(one.name == field and _is_secret(one) for one in (self.form.settings if self.form else ()))

    def _settings(self, values: Values) -> Values:
        """What is no secret, and not its name."""
        return {
            field: value
            for field, value in values.items()
            if field != NAME_FIELD.name and not self._kept_secret(field)
        }


class Stepped(FormScreen[Facility]):
    """A form that shows above its fields which steps there are, and which one it is."""

    standing = str(FacilityState.DRAFT)
    """What the facility is meanwhile."""

    def steps_line(self) -> Sequence[tuple[str, bool]]:
        """The steps, and whether it is this one."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The steps above what is asked."""
        for widget in super().compose():
            yield widget
            if widget.id == "banner":
                yield TabLine(id="steps")

    def head(self) -> None:
        """The steps too."""
        super().head()
        if self.is_mounted:
            steps = enumerate(self.steps_line(), 1)
            self.query_one("#steps", TabLine).set(
                (f"{place} {step}", None, on) for place, (step, on) in steps
            )


class StepForm(Stepped, SettingsForm):
    """One step of a setup; `then` is told when it is saved."""

    def __init__(self, facility_id: int, step: Step, then: Callable[[Step], None]) -> None:
        super().__init__(facility_id)
        self._step = step
        self._then = then
        self._steps: Sequence[StepState] = ()
        self._facility = ""

    def crumb(self) -> str:
        """The step."""
        return self._step

    @property
    def draft(self) -> str:
        """Of this facility and step."""
        return f"facility/{self.facility_id}/{self._step}"

    def asked(self, facility: Facility) -> Sequence[Asked]:
        """What the step asks."""
        return next(one for one in facility_setup.steps(facility) if one.step is self._step).asked

    def form_of(self, facility: Facility) -> Form:
        """With its name, where that is asked too."""
        self._steps, self._facility = facility_setup.steps(facility), facility.name
        self.standing = str(facility.state)
        form = super().form_of(facility)
        if self._step is not Step.SYSTEM:
            return form
        return replace(
            form, settings=[NAME_FIELD, *form.settings], values={**form.values, "name": facility.name}
        )

    def beside(self, values: Values) -> Text:
        """What files will be called."""
        lines = []
        for key, what in (
            ("ach_file_name", "ACH files"),
            ("other_file_name", "Other files"),
            (DOCUMENT, "Files of one document"),
        ):
            if template := values.get(key):
                name = file_name(
                    str(template),
                    as_of=clock.now(),
                    job_id=1,
                    facility=self._facility,
                    extension="…",
                    document={"number": "A-1", "party": "Party", "type": "invoice"},
                )
                lines.append(f"{what} are called {name}")
        return Text("\n".join(lines))

    def steps_line(self) -> Sequence[tuple[str, bool]]:
        """As they stand."""
        return [
            (f"{facility_text.step_mark(one)[0]}{one.step}", one.step is self._step) for one in self._steps
        ]

    def saved(self, result: Facility) -> None:  # noqa: ARG002 - the next step shows that this one is done
        """On to the next one."""
        self._then(self._step)


class FormatForm(SettingsForm):
    """What a file type asks of the facility that writes it."""

    def __init__(self, facility_id: int, key: str) -> None:
        super().__init__(facility_id)
        self._key = key

    def crumb(self) -> str:
        """The file type."""
        return f"{self._key} files"

    @property
    def draft(self) -> str:
        """Of this facility and file type."""
        return f"facility/{self.facility_id}/{self._key}"

    def asked(self, facility: Facility) -> Sequence[Asked]:
        """What is declared."""
        return facility_setup.format_settings(facility, self._key)

    def wrong(self, values: Values) -> Mapping[str, str]:
        """Also what the file type says of all of them together."""
        found = dict(super().wrong(values))
        plugin = discover("waybill.formats")[self._key]
        if plugin.uses_columns:  # which ones is not said here
            return found
        given = {one.name: one.default for one in plugin.settings}  # of those that are not asked for now too
        given |= {setting_key(field).partition(".")[2]: value for field, value in values.items()}
        for problem in plugin().check_settings(given, None):
            found.setdefault(next(iter(values)), f"{problem.reason}: {problem.remedy}")
        return found


def _is_secret(setting: Setting) -> bool:
    return setting.kind is SettingKind.SECRET


def _when(asked: Asked, beside: Sequence[Asked]) -> tuple[str, str] | None:
    """Its condition, where the field that this is about is in the same form."""
    if asked.setting.when is None:
        return None
    name, value = asked.setting.when
    other = asked.key.removesuffix(asked.setting.name) + name
    return (field_name(other), value) if any(one.key == other for one in beside) else None


def _field(asked: Asked) -> Setting:
    """The setting as a field of a form that asks for nothing else of its plug-in."""
    help_ = asked.setting.help
    if _is_secret(asked.setting):
        help_ = "; ".join(filter(None, (help_, "paste it, or: waybill secret set " + asked.key)))
    return replace(asked.setting, name=field_name(asked.key), when=None, help=help_)

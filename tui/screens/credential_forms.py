"""Forms of credentials: making one, and adding a public key, checked as it is pasted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from rich.text import Text

from models import credentials, entities, people, public_keys
from models.catalogue import Setting, SettingKind
from models.credentials import CredentialKey
from models.errors import Conflict, WaybillError
from models.people import Action
from tui.kit.form import Form, FormScreen, Values
from tui.screens.credential_acts import Password, password, show

_KEY_HELP = "one line of a .pub file: ssh-ed25519 AAAA… name"


class Generated(NamedTuple):
    """A credential that was just made, with its password if it has one."""

    user_name: str
    password: Password | None


class GenerateForm(FormScreen[Generated]):
    """For whom, and by what it opens."""

    NAME = "new credential"

    @property
    def draft(self) -> str:
        """One at a time."""
        return "credential/new"

    def reader(self) -> Callable[[], Form]:
        """The legal entities whose credentials one may make."""
        actor = self.waybill.actor

        def read() -> Form:
            mine = people.permitted_entities(actor, Action.MANAGE_CREDENTIALS)
            names = [one.name for one in entities.visible(actor) if mine is None or one.id in mine]
            if not names:
                raise Conflict(
                    "there is no legal entity whose credentials you manage",
                    remedy="make one: waybill entity create NAME",
                )
            return Form(settings=_settings(tuple(names)), values={"entity": names[0], "with_password": True})

        return read

    def wrong(self, values: Values) -> Mapping[str, str]:
        """A key that is none, and a credential that opens nothing."""
        if said := _wrong_key(values.get("key")):
            return {"key": said}
        if not values["with_password"] and not values.get("key"):
            return {"key": "without a password it needs a key, or it opens nothing"}
        return {}

    def beside(self, values: Values) -> Text:
        """What it will open, and the key as ssh-keygen -l shows it."""
        ways = [
            way
            for way, is_on in (("a password", values["with_password"]), ("the key", values.get("key")))
            if is_on
        ]
        text = Text(f"Opens the pickup folder of {values['entity']} by {' or '.join(ways)}.")
        return text.append(_fingerprint(values.get("key")))

    def save(self, values: Values) -> Callable[[], Generated]:
        """Make it; its password goes on to the screen that shows it once."""
        app = self.waybill

        def make() -> Generated:
            made, secret = credentials.generate(
                app.actor,
                entities.find(app.actor, values["entity"]),
                user_name=values.get("user_name") or None,
                with_password=bool(values["with_password"]),
                key_lines=[values["key"]] if values.get("key") else [],
            )
            return Generated(str(made.user_name), password(app, made, secret) if secret else None)

        return make

    def lands_on(self, result: Generated) -> str:
        """Its user name."""
        return result.user_name

    def saved(self, result: Generated) -> None:
        """Show the password when this form is gone."""
        if result.password is None:
            self.notify("The credential is made. It opens by its key.")
        self.app.call_later(partial(show, self.waybill, result.password))


class KeyForm(FormScreen[CredentialKey]):
    """A public key to be added to a credential."""

    NAME = "add key"

    def __init__(self, user_name: str) -> None:
        super().__init__()
        self._user_name = user_name

    @property
    def draft(self) -> str:
        """One for each credential."""
        return f"credential/{self._user_name}/key"

    def reader(self) -> Callable[[], Form]:
        """The key is all that is asked."""
        line = Setting(name="key", title="Public key", help=_KEY_HELP, required=True)
        return lambda: Form(settings=[line], values={})

    def wrong(self, values: Values) -> Mapping[str, str]:
        """A key that is none."""
        said = _wrong_key(values.get("key"))
        return {"key": said} if said else {}

    def beside(self, values: Values) -> Text:
        """What it lets in."""
        return Text(f"Whoever has it can log in as {self._user_name}.").append(_fingerprint(values["key"]))

    def save(self, values: Values) -> Callable[[], CredentialKey]:
        """Add it."""
        actor, name = self.waybill.actor, self._user_name
        return lambda: credentials.add_key(actor, credentials.find(actor, name), values["key"])

    def saved(self, result: CredentialKey) -> None:
        """By its fingerprint."""
        self.notify(f"{self._user_name} can log in with the key {result.fingerprint}", markup=False)


def _settings(names: tuple[str, ...]) -> list[Setting]:
    return [
        Setting(name="entity", title="Legal entity", kind=SettingKind.CHOICE, choices=names, required=True),
        Setting(
            name="user_name",
            title="User name",
            help="left empty: named after the legal entity",
            max_length=64,
        ),
        Setting(
            name="with_password",
            title="Password",
            kind=SettingKind.BOOLEAN,
            default=True,
            help="shown once when it is made",
        ),
        Setting(name="key", title="Public key", help=f"left empty: none; {_KEY_HELP}"),
    ]


def _wrong_key(line: Any) -> str:
    """What is wrong with a key; empty for a good one, and for none."""
    if not line:
        return ""
    try:
        public_keys.parse(str(line))
    except WaybillError as error:
        return f"{error.message}: {error.remedy}"
    return ""


def _fingerprint(line: Any) -> str:
    if not line:
        return ""
    key = public_keys.parse(str(line))
    return f"\nKey {key.fingerprint} {key.comment}".rstrip()

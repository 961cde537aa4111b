"""The form of a user: address, name, OS account."""

from __future__ import annotations

import pwd
from collections.abc import Callable, Mapping

from rich.text import Text

from models import people
from models.catalogue import Setting
from models.errors import WaybillError
from tui.kit.form import Form, FormScreen, Values

_EMAIL = Setting(
    name="email", title="E-mail", required=True, max_length=254, help="what the user is known by"
)
_REST = (
    Setting(name="name", title="Name", max_length=100, help="the person's name"),
    Setting(name="os_account", title="OS account", max_length=256, help="what they log in with"),
)


class UserForm(FormScreen[str]):
    """A new user, or what of one can change."""

    def __init__(self, email: str = "") -> None:
        super().__init__()
        self._email = email

    @property
    def draft(self) -> str:
        """One a user, and one for the new one."""
        return f"user/{self._email or 'new'}"

    def crumb(self) -> str:
        """Whose form it is."""
        return f"edit {self._email}" if self._email else "new user"

    def reader(self) -> Callable[[], Form]:
        """What is known of them."""
        actor, email = self.waybill.actor, self._email

        def read() -> Form:
            if not email:
                return Form(settings=(_EMAIL, *_REST), values={})
            user = people.find_visible(actor, email)
            return Form(settings=_REST, values={"name": user.name, "os_account": user.os_account or ""})

        return read

    def wrong(self, values: Values) -> Mapping[str, str]:
        """An address that is none."""
        try:
            people.checked_email(str(values.get("email") or self._email))
        except WaybillError as error:
            return {"email": f"{error.message}: {error.remedy}"}
        return {}

    def beside(self, values: Values) -> Text:
        """How they will come in."""
        account = values.get("os_account")
        if not account:
            return Text("Without an OS account they are mailed, but cannot log in.")
        try:
            pwd.getpwnam(str(account))
        except KeyError:
            return Text(f"This machine has no account {account} now.")
        return Text(f"Logs in as {account}.")

    def save(self, values: Values) -> Callable[[], str]:
        """Make or change the user."""
        actor, email = self.waybill.actor, self._email
        name, account = str(values["name"] or ""), str(values["os_account"] or "")

        def work() -> str:
            if email:
                user = people.find_visible(actor, email)
                return people.edit(actor, user, name=name, os_account=account).email
            return people.create(actor, str(values["email"]), name=name, os_account=account or None).email

        return work

    def lands_on(self, result: str) -> str:
        """The user's e-mail address."""
        return result

    def saved(self, result: str) -> None:
        """What comes next."""
        next_ = "" if self._email else " May do nothing yet: enter on the user, then r gives a role."
        self.notify(f"{result} is saved.{next_}", markup=False)

"""A test mail: sent at once, by the settings as they stand now, and what the mail server says to it."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from models.catalogue import Setting
from models.settings import Mail
from tui.kit.form import Form, FormScreen, Values

_ADDRESS = Setting(name="email", title="To", required=True, max_length=254, help="who gets the test mail")


class TestMailForm(FormScreen[str]):
    """Sends a mail at once; what the server answers is said."""

    __test__ = False  # no test of pytest's, for all its name
    NAME = "test mail"
    SAVE = "Send"

    def __init__(self, mail: Mail) -> None:
        """`mail`: the server that is asked."""
        super().__init__()
        self._mail = mail

    @property
    def draft(self) -> str:
        """There is one."""
        return "notification/test"

    def reader(self) -> Callable[[], Form]:
        """The actor's own address, to begin with."""
        form = Form(settings=(_ADDRESS,), values={"email": self.waybill.actor.name})
        return lambda: form

    def beside(self, values: Values) -> Text:  # noqa: ARG002 - it is the same for every address
        """Which server is asked."""
        mail = self._mail
        return Text(f"{mail.host}:{mail.port} is asked to take it now, {mail.tls} on the way.")

    def save(self, values: Values) -> Callable[[], str]:
        """Send it; what keeps it from leaving is raised."""
        actor, address, mail = self.waybill.actor, str(values["email"]), self._mail

        def work() -> str:
            from worker import tasks  # Huey, which nothing else here needs

            return tasks.send_test_mail(actor, address, mail)

        return work

    def saved(self, result: str) -> None:
        """The server's words."""
        self.notify(f"The mail server took it: {result}", markup=False)

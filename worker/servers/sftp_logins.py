"""Who may come in: what the pickup server asks, and the answer out of the installation's credentials."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from models import credentials
from models.credentials import Login
from models.database import connection

__all__ = ["Authenticator", "Credentials", "Login"]


class Authenticator(Protocol):
    """Knows the credentials. Called from many threads at once; may take its time."""

    def check_password(self, user_name: str, password: str) -> Login | None:
        """The login that this password opens. Takes as long for a user who does not exist."""

    def check_key(self, user_name: str, key: str) -> Login | None:
        """The login that this public key (`type base64`) opens if its owner signs. Changes nothing."""

    def record_logins(self, logins: Collection[Login]) -> None:
        """These have just logged in."""

    def still_valid(self, logins: Sequence[Login]) -> Collection[Login]:
        """Those of the live logins that would be let in again."""


class Credentials:
    """The installation's own credentials; each question has its own connection to the database."""

    def check_password(self, user_name: str, password: str) -> Login | None:
        """See `Authenticator`."""
        with connection():
            return credentials.check_password(user_name, password)

    def check_key(self, user_name: str, key: str) -> Login | None:
        """See `Authenticator`."""
        with connection():
            return credentials.check_key(user_name, key)

    def record_logins(self, logins: Collection[Login]) -> None:
        """See `Authenticator`."""
        with connection():
            credentials.record_logins(logins)

    def still_valid(self, logins: Sequence[Login]) -> Collection[Login]:
        """See `Authenticator`."""
        with connection():
            return credentials.still_valid(logins)

"""A way back in when no Administrator's OS account is left: for those whom the roles do not bind anyway.

Who is root, or owns the home and did not come through sudo, could change the records by hand; this act does
it for them, checked and written down.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from models import audit, people
from models.audit import Actor
from models.database import transaction
from models.errors import Conflict, InvalidInput, PermissionDenied
from models.people import Role, RoleGrant, User


def regain(home: Path, email: str, os_account: str, reason: str) -> User:
    """Make the user of this e-mail, new or known, an active Administrator for all with this OS account.

    Raises `PermissionDenied` for whoever is neither root nor the home's owner, `InvalidInput` for an account
    this machine does not have, and `Conflict` for one that is another user's.
    """
    caller = _owner(home)
    reason = audit.checked_reason(reason)
    with transaction():
        user = User.get_or_none(User.email == people.checked_email(email))
        _check_account(os_account, user)
        if user is None:
            user = User(email=people.checked_email(email))
        before = {"os_account": user.os_account, "active": user.active} if user.id else {}
        user.os_account, user.active = os_account, True
        user.save()
        if (Role.ADMINISTRATOR, None) not in people.grants(user):
            RoleGrant.create(user=user, role=Role.ADMINISTRATOR, entity=None)
        after = {"os_account": os_account, "active": True, "role": Role.ADMINISTRATOR}
        audit.record(
            caller,
            "regain",
            "user",
            subject_id=user.id,
            name=user.email,
            before=before,
            after=after,
            reason=reason,
        )
    return user


def _owner(home: Path) -> Actor:
    """Who calls; raises `PermissionDenied` unless that is root or the owner of the home in person."""
    account, owner = people.calling_account(), home.stat().st_uid
    # Behind sudo people are this very account, by the rule that ships; who is root has no need of one.
    if os.geteuid() == 0 or (os.geteuid() == owner and "SUDO_UID" not in os.environ):
        return Actor(user_id=None, name=account, os_account=account)
    raise PermissionDenied(
        f"only root and the account that owns {home} may do this, and not through its sudo rule",
        remedy="run it as root",
    )


def _check_account(os_account: str, user: User | None) -> None:
    try:
        pwd.getpwnam(os_account)
    except KeyError as error:
        raise InvalidInput(
            f"this machine has no account {os_account}", remedy="name one that somebody logs in with"
        ) from error
    holder = User.get_or_none(User.os_account == os_account)
    if holder is not None and holder != user:
        raise Conflict(
            f"the OS account {os_account} belongs to {holder.email} already",
            remedy=f"run it for that user: waybill user regain {holder.email}",
        )

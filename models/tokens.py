"""Tokens: what lets a person without a shell in over the web, as one user.

A token is 256 random bits, shown once and kept as its SHA-256: nobody guesses it, so a fast hash is as safe
as a slow one, and finding it is one look at an index. Whoever has it is that user, with that user's roles as
they are at the time; `Visitor.actor` names the token beside the user in everything the audit keeps.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import ForeignKeyField, TextField

from models import audit, clock, names
from models.database import Table, transaction
from models.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from models.fields import UTCField, content_digest
from models.people import Action, Actor, User, allowed, require

LONGEST_DAYS = 366
_PREFIX = "waybill_"
"""Tells a token from other secrets, for whoever finds one where it should not be."""
_BYTES = 32
_LONGEST = 200


class Token(Table):
    """A secret that lets its bearer in as one user, until it expires or is revoked."""

    user = ForeignKeyField(User, backref="tokens", on_delete="CASCADE")
    name = TextField()
    """What it is for: `Ben's laptop`."""
    digest = TextField(unique=True)
    created_at = UTCField(default=clock.now)
    created_by = TextField()
    expires_at = UTCField()
    last_used_at = UTCField(null=True)
    revoked_at = UTCField(null=True)
    user_id: int

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > clock.now() else "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Someone who came in over the web: as which user, and by which token (None: a trusted proxy said so)."""

    user_id: int
    email: str
    token_id: int | None

    @property
    def actor(self) -> Actor:
        """Who acts. No OS account has a colon in its name, so none is taken for this."""
        way = "proxy" if self.token_id is None else f"token {self.token_id}"
        return Actor(user_id=self.user_id, name=self.email, os_account=f"web:{way}")


def create(actor: Actor, user: User, name: str, *, days: int) -> tuple[Token, str]:
    """Make a token for a user, who may be oneself; its text is told here and never again."""
    _require_for(actor, user)
    name = names.checked("a token", name)
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"{days} days is no time to live", remedy=f"give 1 to {LONGEST_DAYS} days")
    text = _PREFIX + secrets.token_urlsafe(_BYTES)
    expires_at = clock.now() + timedelta(days=days)
    with transaction():
        if not User.get_by_id(user.id).active:
            raise Conflict(
                f"the user {user.email} is inactive", remedy=f"see: waybill user edit {user.email} --active"
            )
        token = Token.create(
            user=user,
            name=name,
            digest=content_digest(text),
            created_by=actor.name,
            expires_at=expires_at,
        )
        after = {"user": user.email, "expires_at": expires_at.isoformat(timespec="seconds")}
        audit.record(actor, "create", "token", subject_id=token.id, name=name, after=after)
    return token, text


def revoke(actor: Actor, token: Token, *, reason: str) -> None:
    """Let it open nothing any more, for good; whoever came in by it is out within seconds."""
    _require_for(actor, token.user)
    reason = audit.checked_reason(reason)
    with transaction():
        if Token.get_by_id(token.id).revoked_at is not None:
            raise Conflict(f"the token {token.id} is revoked already", remedy="nothing is to be done")
        token.revoked_at = clock.now()
        token.save(only=["revoked_at"])
        before = {"user": token.user.email}
        audit.record(
            actor, "revoke", "token", subject_id=token.id, name=token.name, before=before, reason=reason
        )


def visible(actor: Actor) -> list[Token]:
    """One's own tokens, and everybody's for who manages users; the newest first."""
    query = Token.select(Token, User).join(User).order_by(Token.id.desc())
    if not allowed(actor, Action.MANAGE_USERS):
        query = query.where(Token.user == actor.user_id)
    return list(query)


def find(actor: Actor, token_id: int) -> Token:
    """The token of that id; raises `NotFound`, also where the actor may not see it."""
    for token in visible(actor):
        if token.id == token_id:
            return token
    raise NotFound(f"there is no token {token_id} that you can see", remedy="see: waybill token list")


# What the server asks. It acts for nobody, so nothing here is permitted or audited.


def admit(text: str) -> Visitor | None:
    """Who comes in with this token, which is thereby used; None when it opens nothing."""
    if not text.startswith(_PREFIX) or len(text) > _LONGEST or not text.isascii():
        return None
    token = _live().where(Token.digest == content_digest(text)).first()
    if token is None:
        return None
    with transaction():
        Token.update(last_used_at=clock.now()).where(Token.id == token.id).execute()
    return Visitor(user_id=token.user.id, email=token.user.email, token_id=token.id)


def vouched_for(email: str) -> Visitor | None:
    """Who comes in under this e-mail address, which a trusted proxy has made sure of."""
    user = User.get_or_none(User.email == email.strip().lower(), User.active)
    return None if user is None else Visitor(user_id=user.id, email=user.email, token_id=None)


def still_valid(visitors: Iterable[Visitor]) -> Collection[Visitor]:
    """Those who would be let in again."""
    wanted = set(visitors)
    tokens = [one.token_id for one in wanted if one.token_id is not None]
    users = [one.user_id for one in wanted if one.token_id is None]
    live = {(token.user.id, token.id) for token in _live().where(Token.id.in_(tokens))}
    live |= {(user.id, None) for user in User.select().where(User.active, User.id.in_(users))}
    return {one for one in wanted if (one.user_id, one.token_id) in live}


def visitor(user_id: int, token_id: int | None) -> Visitor:
    """Who came in by these, looked at once more; raises `PermissionDenied` when they may not any longer."""
    user = User.get_or_none(User.id == user_id)
    known = Visitor(user_id=user_id, email=user.email if user else "", token_id=token_id)
    if not still_valid([known]):
        raise PermissionDenied(
            "the token was revoked or has expired, or its user is inactive",
            remedy="log in with another token",
        )
    return known


def _live() -> Any:
    query = Token.select(Token, User).join(User)
    return query.where(User.active, Token.revoked_at.is_null(), Token.expires_at > clock.now())


def _require_for(actor: Actor, user: User) -> None:
    if actor.user_id is None or actor.user_id != user.id:
        require(actor, Action.MANAGE_USERS)

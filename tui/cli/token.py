"""`waybill token`: what lets people without a shell in over the web."""

from __future__ import annotations

from typing import Any

import click

from models import people, tokens
from models.tokens import Token
from tui.cli.console import ROW_ID, Session, Verbs, in_session, reason_option, time_text, yes_option


@click.group("token", cls=Verbs)
def command() -> None:
    """Tokens that log a user in at `waybill web`."""


@command.command("list")
@in_session
def list_tokens(session: Session) -> None:
    """Your tokens, or everybody's where you manage users."""
    session.table(
        [_as_item(token) for token in tokens.visible(session.actor)],
        ["id", "name", "user", "state", "expires_at", "last_used_at"],
        empty="There is no token. Make one: waybill token create NAME --user EMAIL",
    )


@command.command("show")
@click.argument("token_id", type=ROW_ID)
@in_session
def show_token(session: Session, token_id: int) -> None:
    """One token: whom it lets in, until when, and when it last did. Its text is shown to nobody."""
    session.show(_as_item(tokens.find(session.actor, token_id)))


@command.command("create")
@click.argument("name")
@click.option("--user", "email", help="Whom it lets in; left out: you.")
@click.option(
    "--days",
    type=click.IntRange(1, tokens.LONGEST_DAYS),
    default=30,
    show_default=True,
    help="How long it lets in.",
)
@in_session
def create_token(session: Session, name: str, email: str | None, days: int) -> None:
    """Make a token, called after what it is for (Ben's laptop). It is shown this once."""
    user = people.find_visible(session.actor, email or session.actor.name)
    token, text = tokens.create(session.actor, user, name, days=days)
    lines = [
        f"token {token.id} for {user.email}; whoever has it is that user",
        f"  token    {text}   shown this once",
        f"  expires  {time_text(token.expires_at)}",
    ]
    session.answer(_as_item(token) | {"token": text}, "\n".join(lines))


@command.command("revoke")
@click.argument("token_id", type=ROW_ID)
@reason_option
@yes_option
@in_session
def revoke_token(session: Session, token_id: int, reason: str, yes: bool) -> None:
    """Let a token open nothing any more; its sessions end within seconds."""
    token = tokens.find(session.actor, token_id)
    session.confirm(
        f"{token.user.email} can no longer come in with the token {token.id} ({token.name}), "
        "and sessions opened with it end. Revoke it?",
        yes=yes,
    )
    tokens.revoke(session.actor, token, reason=reason)
    session.answer(_as_item(token), f"revoked the token {token.id} of {token.user.email}")


def _as_item(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user.email,
        "state": token.state,
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }

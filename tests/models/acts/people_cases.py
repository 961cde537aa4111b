"""Acts on who there is and what they may do: users, legal entities, parties, tokens, secrets, settings."""

from __future__ import annotations

from models import entities, parties, people, secrets, settings, settings_file, tokens
from models.parties import PaymentMethod
from models.people import Action, Actor, Role
from tests.models.acts.world import Case, World, everywhere


def _revoke_token(actor: Actor, world: World) -> None:
    tokens.revoke(actor, tokens.Token.get(user=world.user), reason="it was left in a train")


def _change_setting(actor: Actor, _: World) -> None:
    tries = settings.current().worker.max_tries
    settings_file.change(
        actor, "worker.max_tries", str(tries + 1)
    )  # the file is not taken back with the rest


CASES = [
    everywhere(
        name="people.create",
        action=Action.MANAGE_USERS,
        act=lambda actor, _: people.create(actor, "new@example.com"),
    ),
    everywhere(
        name="people.edit",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.edit(actor, world.user, name="Finn"),
    ),
    Case(
        name="people.grant",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.grant(actor, world.user, Role.SUPPORT, world.entity.id),
    ),
    Case(
        name="people.withdraw",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: people.withdraw(actor, world.user, Role.FINANCE, world.entity.id),
    ),
    everywhere(
        name="entities.create",
        action=Action.MANAGE_ENTITIES,
        act=lambda actor, _: entities.create(actor, "New Ltd"),
    ),
    Case(
        name="entities.edit",
        action=Action.MANAGE_ENTITIES,
        act=lambda actor, world: entities.edit(actor, world.entity, name="New name"),
    ),
    Case(
        name="entities.edit",
        action=Action.CHANGE_INVOICE_SETTINGS,
        act=lambda actor, world: entities.edit(actor, world.entity, export_scheduler=False),
    ),
    Case(
        name="parties.create",
        action=Action.MANAGE_PARTIES,
        act=lambda actor, world: parties.create(actor, world.entity, "Red Ltd"),
    ),
    Case(
        name="parties.create",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.create(
            actor, world.entity, "Red Ltd", payment_method=PaymentMethod.ACH
        ),
    ),
    Case(
        name="parties.edit",
        action=Action.MANAGE_PARTIES,
        act=lambda actor, world: parties.edit(actor, world.site.party, number="4711"),
    ),
    Case(
        name="parties.edit",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.edit(actor, world.site.party, payment_method=PaymentMethod.ACH),
    ),
    Case(
        name="parties.add_bank_account",
        action=Action.MANAGE_BANK_ACCOUNTS,
        act=lambda actor, world: parties.add_bank_account(
            actor, world.site.party, routing="021000021", number="12345678"
        ),
    ),
    everywhere(
        name="secrets.set_secret",
        action=Action.MANAGE_SECRETS,
        act=lambda actor, _: secrets.set_secret(actor, "mail.password", "another"),
    ),
    everywhere(
        name="secrets.delete",
        action=Action.MANAGE_SECRETS,
        act=lambda actor, _: secrets.delete(actor, "mail.password"),
    ),
    everywhere(
        name="tokens.create",
        action=Action.MANAGE_USERS,
        act=lambda actor, world: tokens.create(actor, world.user, "laptop", days=1),
    ),
    everywhere(name="tokens.revoke", action=Action.MANAGE_USERS, act=_revoke_token),
    everywhere(name="settings_file.change", action=Action.MANAGE_ENTITIES, act=_change_setting),
]

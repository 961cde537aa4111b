"""Acts on what exports are set up from: facilities, destinations, mappings, credentials."""

from __future__ import annotations

from models import credentials, destinations, facilities, mappings
from models.invoices import Direction
from models.people import Action, Actor
from tests.models.acts.world import KEY, Case, World


def _activate(actor: Actor, world: World) -> None:
    facilities.activate(actor, facilities.find(world.entity, "Draft"))


CASES = [
    Case(
        name="facilities.create",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.create(actor, world.entity, "New", world.site.destination, {}),
    ),
    Case(
        name="facilities.edit",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.edit(actor, world.site.facility, {"empty_file": "yes"}),
    ),
    Case(name="facilities.activate", action=Action.MANAGE_FACILITIES, act=_activate),
    Case(
        name="facilities.deactivate",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: facilities.deactivate(actor, world.site.facility),
    ),
    Case(
        name="destinations.create",
        action=Action.MANAGE_FACILITIES,
        act=lambda actor, world: destinations.create(actor, world.entity, Direction.PAYABLE, "more"),
    ),
    Case(
        name="mappings.create",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.create(actor, world.entity, "new", world.layout),
    ),
    Case(
        name="mappings.edit",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.edit(actor, world.mapping(), world.layout | {"bom": True}),
    ),
    Case(
        name="mappings.rename",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.rename(actor, world.mapping(), "the bank's"),
    ),
    Case(
        name="mappings.delete",
        action=Action.MANAGE_MAPPINGS,
        act=lambda actor, world: mappings.delete(actor, world.mapping()),
    ),
    Case(
        name="credentials.generate",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.generate(actor, world.entity),
    ),
    Case(
        name="credentials.rotate",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.rotate(actor, world.credential(), reason="it leaked"),
    ),
    Case(
        name="credentials.revoke",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.revoke(actor, world.credential(), reason="it leaked"),
    ),
    Case(
        name="credentials.add_key",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.add_key(actor, world.credential(), KEY.replace("Nj ", "Ny ")),
    ),
    Case(
        name="credentials.remove_key",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.remove_key(
            actor,
            world.credential(),
            credentials.keys(world.credential())[0].fingerprint,
            reason="it leaked",
        ),
    ),
    Case(
        name="credentials.prove_saved",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.prove_saved(actor, world.credential(), "a secret", "cret"),
    ),
    Case(
        name="credentials.discard",
        action=Action.MANAGE_CREDENTIALS,
        act=lambda actor, world: credentials.discard(actor, world.credential()),
    ),
]

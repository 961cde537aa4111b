"""Parties: customers and suppliers, what they are known by, how they are paid, and their bank accounts.

A bank account's row never changes: what an exported file used stays readable for ever. A new account is a
new row, and the newest one is the party's current account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from peewee import BigIntegerField, BooleanField, ForeignKeyField, TextField
from stdnum.exceptions import ValidationError
from stdnum.us import rtn

from models import audit, clock, names
from models.database import Table, transaction
from models.entities import LegalEntity, plain_identifier
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import EnumField, UTCField
from models.people import Action, Actor, checked_email, require

_NAMED = 10  # of several parties that one name could mean


class PaymentMethod(StrEnum):
    """How a payee is paid; `ach` sends its payable invoices the ACH way."""

    ACH = "ach"
    OTHER = "other"


class AccountKind(StrEnum):
    """What kind of account at a bank in the United States."""

    CHECKING = "checking"
    SAVINGS = "savings"


class Holder(StrEnum):
    """Whose account: decides between CCD (a company's) and PPD (a person's)."""

    COMPANY = "company"
    PERSON = "person"


class Party(Table):
    """The other side of invoices."""

    entity = ForeignKeyField(LegalEntity, backref="parties", index=False)
    name = TextField()
    number = TextField(default="")
    """The customer or vendor number the entity's own books use; empty when unknown."""
    email = TextField(default="")
    payment_method = EnumField(PaymentMethod, default=PaymentMethod.OTHER)
    bank_account_id = BigIntegerField(null=True)
    """The current account's row."""
    may_be_debited = BooleanField(default=False)
    """Whether that account's holder has authorised debits: then what it owes is collected by ACH."""
    created_at = UTCField(default=clock.now)
    entity_id: int

    class Meta:
        indexes = ((("entity", "name"), False),)


class PartyKey(Table):
    """What a party is recognised by in documents: one key belongs to one party of an entity."""

    entity = ForeignKeyField(LegalEntity, index=False)
    party = ForeignKeyField(Party, backref="keys", on_delete="CASCADE")
    value = TextField()
    """`DK12345678`, or `NUMBER:4711`, or for want of better `NAME:ACME LTD`."""
    party_id: int

    class Meta:
        table_name = "party_key"
        indexes = ((("entity", "value"), True),)


class BankAccount(Table):
    """A payee's account at a bank in the United States; never changed once written."""

    party = ForeignKeyField(Party, backref="accounts")
    party_id: int
    routing = TextField()
    number = TextField()
    kind = EnumField(AccountKind)
    holder = EnumField(Holder)
    name = TextField(default="")
    """The holder's name as the bank shall see it, at most 22 characters; empty: the party's name."""
    debit_authority = TextField(default="")
    """Where the holder's authorisation of debits is to be found: a contract and its date; empty: none."""
    created_at = UTCField(default=clock.now)
    created_by = TextField()

    class Meta:
        table_name = "bank_account"

    @property
    def masked(self) -> str:
        """The number with all but its last four digits hidden, for screens and logs."""
        return masked(self.number)


def masked(number: str) -> str:
    """An account's number with all but its last four characters hidden."""
    shown = number[-4:] if len(number) > 4 else ""
    return f"••••{shown if shown.isprintable() else ''}"


def keys_of(party: dict[str, Any]) -> Iterator[str]:
    """What a document's seller or buyer is recognised by, the strongest first.

    Registered numbers (VAT, legal, endpoint, tax, anything under a scheme) identify by themselves; an own
    number identifies within the entity; a bare name is the last resort.
    """
    for value in _registered_numbers(party):
        if plain := plain_identifier(value):
            yield plain
    if number := party.get("number", ""):
        yield f"NUMBER:{number.strip().upper()}"


def name_key(name: str) -> str:
    """The key of a party that nothing but its name is known of."""
    return f"NAME:{' '.join(name.upper().split())}"


def _registered_numbers(party: dict[str, Any]) -> Iterator[str]:
    """The numbers, the strongest first; words that stand where a number could are left out.

    BT-32 is often a status that thousands of sellers share, such as "Godkänd för F-skatt" in Sweden and
    "Foretaksregisteret" in Norway, and a legal id can be the name of a register.
    """
    official = [party[field] for field in ("vat_id", "tax_id") if field in party]
    official += [party["legal_id"]["value"]] if "legal_id" in party else []
    yield from filter(_is_number, official)
    if "endpoint" in party:
        yield party["endpoint"]["value"]
    for identifier in party.get("identifiers", ()):
        if identifier.get("scheme"):
            yield identifier["value"]


def _is_number(value: str) -> bool:
    """Whether more than a third of its letters and digits are digits, as in every VAT number there is."""
    plain = plain_identifier(value)
    return 3 * sum(map(str.isdigit, plain)) > len(plain)


def is_another(party: dict[str, Any], known: Iterable[str]) -> bool:
    """Whether a document's party has another VAT number of the same country than the one known by these keys.

    Then a weaker number that both give does not make them one: German courts each count their companies
    from 1, and one endpoint may send for many.
    """
    vat = plain_identifier(party.get("vat_id", ""))
    if not vat[:2].isalpha() or not _is_number(vat):
        return False
    like = [key for key in known if key[:2] == vat[:2] and len(key) == len(vat) and _is_number(key[2:])]
    return bool(like) and vat not in like


def create(actor: Actor, entity: LegalEntity, name: str, **fields: Any) -> Party:
    """Add a party; `fields`: number, email, payment_method, identifiers (list of numbers it is known by)."""
    require(actor, Action.MANAGE_PARTIES, entity.id)
    name = _checked_name(name)
    identifiers = fields.pop("identifiers", None) or []
    given = _checked_fields(fields)
    if given.get("payment_method", PaymentMethod.OTHER) != PaymentMethod.OTHER:
        require(actor, Action.MANAGE_BANK_ACCOUNTS, entity.id)
    with transaction():
        party = Party.create(entity=entity, name=name, **given)
        keys = [_identifier_key(value) for value in identifiers]
        if party.number:
            keys.append(f"NUMBER:{party.number.strip().upper()}")
        for key in keys or [name_key(name)]:
            _add_key(party, key)
        after = {"name": name, "identifiers": identifiers, **given}
        audit.record(
            actor, "create", "party", subject_id=party.id, name=name, entity_id=entity.id, after=after
        )
    return party


def edit(actor: Actor, party: Party, *, reason: str = "", **changes: Any) -> Party:
    """Change name, number, email, payment_method, or add identifiers.

    Where money goes is a bank account's matter: the payment method needs that permission.
    """
    require(actor, Action.MANAGE_PARTIES, party.entity_id)
    if changes.get("payment_method") is not None:
        require(actor, Action.MANAGE_BANK_ACCOUNTS, party.entity_id)
    identifiers = changes.pop("identifiers", None) or []
    given = _checked_fields(changes)
    with transaction():
        kept = Party.get_by_id(party.id)
        before = {key: getattr(kept, key) for key in given}
        for key, value in given.items():
            setattr(party, key, value)
        if given:
            party.save(only=list(given))
        for value in identifiers:
            _add_key(party, _identifier_key(value))
        if given.get("number"):
            _add_key(party, f"NUMBER:{party.number.strip().upper()}")
        was, now = audit.changed(before, {key: getattr(party, key) for key in given})
        now |= {"identifiers": identifiers} if identifiers else {}
        _record(actor, "edit", party, before=was, after=now, reason=reason.strip())
    return party


def add_bank_account(
    actor: Actor,
    party: Party,
    *,
    routing: str,
    number: str,
    kind: AccountKind = AccountKind.CHECKING,
    holder: Holder = Holder.COMPANY,
    name: str = "",
    debit_authority: str = "",
    reason: str = "",
) -> BankAccount:
    """Make this the party's current account; the earlier ones stay readable.

    `debit_authority`: where the holder's authorisation of debits is to be found, if there is one. Raises
    `InvalidInput` for a routing number whose check digit is wrong and for a number NACHA's entry detail
    record cannot carry (17 characters).
    """
    require(actor, Action.MANAGE_BANK_ACCOUNTS, party.entity_id)
    routing, number = routing.strip(), number.strip()
    check_account(routing, number)
    name = names.checked("an account holder", name, longest=22) if name.strip() else ""
    if debit_authority := debit_authority.strip():
        debit_authority = names.checked("an authorisation of debits", debit_authority)
    with transaction():
        account = BankAccount.create(
            party=party,
            routing=routing,
            number=number,
            kind=kind,
            holder=holder,
            name=name,
            debit_authority=debit_authority,
            created_by=actor.name,
        )
        party.bank_account_id, party.may_be_debited = account.id, bool(debit_authority)
        party.save(only=[Party.bank_account_id, Party.may_be_debited])
        after = {"routing": routing, "number": account.masked}
        after |= {"debit_authority": debit_authority} if debit_authority else {}
        _record(actor, "add_bank_account", party, after=after, reason=reason.strip())
    return account


def check_account(routing: str, number: str) -> None:
    """Refuse an account that no ACH file could carry or no bank could have."""
    check_routing(routing)
    check_number(number)


def check_number(number: str) -> None:
    """Refuse an account number that NACHA's entry detail record cannot carry; it is repeated masked."""
    if not number.isascii() or not number.replace("-", "").isalnum() or len(number) > 17:
        raise InvalidInput(
            f"the account number {masked(number)} is wrong",
            remedy="give 1 to 17 letters, digits and dashes",
            code="invalid_account_number",
        )


def check_routing(routing: str) -> None:
    """Refuse a routing number whose check digit is wrong."""
    try:
        rtn.validate(routing)
    except ValidationError as error:
        raise InvalidInput(
            f"the routing number {names.shown(routing)} is wrong: {str(error).rstrip('.').lower()}",
            remedy="copy the nine digits again from the payee's cheque or bank letter",
            code="invalid_routing_number",
        ) from error


def of_entity(entity: LegalEntity, *, after_id: int = 0, limit: int = 100, search: str = "") -> list[Party]:
    """Parties in the order they were made, `limit` of them after `after_id`.

    `search`: text within name, number or e-mail.
    """
    query = Party.select().where(Party.entity == entity, Party.id > after_id).order_by(Party.id).limit(limit)
    if search:
        fields = (Party.name, Party.number, Party.email)
        query = query.where(reduce(or_, (field.contains(search) for field in fields)))
    return list(query)


def find(entity: LegalEntity, wanted: str) -> Party:
    """By number, identifier, name or id; raises `NotFound`, or `InvalidInput` when several match."""
    keys = [plain_identifier(wanted), f"NUMBER:{wanted.strip().upper()}", name_key(wanted)]
    known = PartyKey.select(PartyKey.party).where(PartyKey.entity == entity, PartyKey.value.in_(keys))
    of_entity = Party.select().where(Party.entity == entity).order_by(Party.id)
    matches = list(of_entity.where((Party.name == wanted) | Party.id.in_(known)).limit(_NAMED))
    if not matches and names.is_id(wanted):
        matches = list(of_entity.where(Party.id == int(wanted)))
    if len(matches) > 1:
        ids = [str(party.id) for party in matches]
        shown = ", ".join(ids if len(ids) < _NAMED else [*ids[:-1], "…"])
        raise InvalidInput(
            f"several parties are called {names.shown(wanted)}: {shown}",
            remedy="give the id; waybill party show ID says what each is known by",
        )
    if not matches:
        raise NotFound(f"{entity.name} has no party {names.shown(wanted)}", remedy="see: waybill party list")
    return matches[0]


def accounts(party: Party) -> list[BankAccount]:
    """All its accounts, the current one last."""
    return list(BankAccount.select().where(BankAccount.party == party).order_by(BankAccount.id))


def current_accounts(of: Iterable[Party]) -> dict[int, BankAccount]:
    """The current account of each party that has one, by the party's id."""
    ids = [party.bank_account_id for party in of if party.bank_account_id is not None]
    return {row.party_id: row for row in BankAccount.select().where(BankAccount.id.in_(ids))}


def known_by(party: Party) -> list[str]:
    """What documents are matched on: identifiers as they are compared, own number, name."""
    return [row.value for row in PartyKey.select().where(PartyKey.party == party).order_by(PartyKey.id)]


def _add_key(party: Party, key: str) -> None:
    taken = PartyKey.get_or_none(PartyKey.entity == party.entity_id, PartyKey.value == key)
    if taken is None:
        PartyKey.create(entity=party.entity_id, party=party, value=key)
    elif taken.party_id != party.id:
        raise Conflict(
            f"{names.shown(key.partition(':')[2] or key)} already belongs to the party {taken.party.name}",
            remedy="see: waybill party list",
        )


def _identifier_key(value: str) -> str:
    plain = plain_identifier(value)
    if not plain or len(plain) > 100:
        raise InvalidInput(
            f"{names.shown(value)} is no identifier",
            remedy="give at most 100 letters or digits, such as DK12345678",
        )
    return plain


def _checked_fields(given: dict[str, Any]) -> dict[str, Any]:
    """What is given, checked; an empty number or e-mail takes it away."""
    checked = {key: value for key, value in given.items() if value is not None}
    if "name" in checked:
        checked["name"] = _checked_name(checked["name"])
    if checked.get("number"):
        checked["number"] = names.checked("a party's number", checked["number"])
    if checked.get("email"):
        checked["email"] = checked_email(checked["email"])
    return checked


def _checked_name(name: str) -> str:
    return names.checked("a party", name, longest=500)


def _record(actor: Actor, action: str, party: Party, **what: Any) -> None:
    audit.record(
        actor, action, "party", subject_id=party.id, name=party.name, entity_id=party.entity_id, **what
    )

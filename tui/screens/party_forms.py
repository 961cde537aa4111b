"""Forms of parties: who one is, and the bank account, checked as one types; money goes through a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.text import Text

from models import entities, parties, party_list, people
from models.catalogue import Setting, SettingKind
from models.errors import Conflict, WaybillError
from models.parties import AccountKind, Holder, Party, PaymentMethod
from models.party_list import Detail
from models.people import Action
from tui import party_text, wording
from tui.kit.form import Form, FormScreen, Values
from tui.kit.plan import Plan, PlanScreen
from tui.screens.party_acts import payment_plan

_NAME = Setting(name="name", title="Name", required=True, max_length=500)
_NUMBER = Setting(
    name="number", title="Number", help="customer or vendor number in your own books", max_length=100
)
_EMAIL = Setting(name="email", title="E-mail", pattern=r"\S+@\S+", help="an address: ar@example.com")
_IDENTIFIERS = Setting(
    name="identifiers",
    title="Known by",
    help="VAT or registration numbers in documents, commas between: DK12345678",
)


class NewForm(FormScreen[Party]):
    """A party that no import has brought."""

    NAME = "new party"

    @property
    def draft(self) -> str:
        """One at a time."""
        return "party/new"

    def reader(self) -> Callable[[], Form]:
        """The legal entities whose parties one manages."""
        actor = self.waybill.actor

        def read() -> Form:
            mine = people.permitted_entities(actor, Action.MANAGE_PARTIES)
            names = tuple(one.name for one in entities.visible(actor) if mine is None or one.id in mine)
            if not names:
                raise Conflict(
                    "there is no legal entity whose parties you manage",
                    remedy="make one: waybill entity create NAME",
                )
            entity = Setting(
                name="entity", title="Legal entity", kind=SettingKind.CHOICE, choices=names, required=True
            )
            return Form(settings=[entity, _NAME, _NUMBER, _EMAIL, _IDENTIFIERS], values={"entity": names[0]})

        return read

    def save(self, values: Values) -> Callable[[], Party]:
        """Add it; how it is paid is asked apart, with its plan."""
        actor = self.waybill.actor

        def make() -> Party:
            entity = entities.find(actor, values["entity"])
            return parties.create(actor, entity, values["name"], **_fields(values))

        return make

    def lands_on(self, result: Party) -> Party:
        """The party; what its place goes by, the list knows."""
        return result

    def saved(self, result: Party) -> None:
        """How it is paid comes next."""
        self.notify(
            f"Party {result.id}, {wording.one_line(result.name)}, is made. How it is paid: p, b",
            markup=False,
        )


class EditForm(FormScreen[Party]):
    """Who a party is; how it is paid has its own plan."""

    NAME = "edit"

    def __init__(self, party_id: int) -> None:
        super().__init__()
        self._party_id = party_id

    @property
    def draft(self) -> str:
        """One for each party."""
        return f"party/{self._party_id}"

    def reader(self) -> Callable[[], Form]:
        """As it is now; what it is known by is only added to."""
        actor, party_id = self.waybill.actor, self._party_id

        def read() -> Form:
            found = party_list.detail(actor, party_id)
            row = found.row
            more = Setting(
                name="identifiers",
                title="Known by, too",
                help=f"adds to: {wording.one_line(', '.join(map(party_text.known, found.known_by)))}",
            )
            return Form(
                settings=[_NAME, _NUMBER, _EMAIL, more],
                values={"name": row.name, "number": row.number, "email": row.email},
            )

        return read

    def save(self, values: Values) -> Callable[[], Party]:
        """Change what differs; an emptied number or e-mail is taken away."""
        actor, party_id = self.waybill.actor, self._party_id

        def change() -> Party:
            party = Party.get_by_id(party_list.detail(actor, party_id).row.id)
            return parties.edit(actor, party, name=values["name"], **_fields(values))

        return change

    def saved(self, result: Party) -> None:
        """By its name."""
        self.notify(f"Changed {wording.one_line(result.name)}", markup=False)


class AccountForm(FormScreen[bool]):
    """Another bank account; the earlier ones stay as they are."""

    NAME = "bank account"

    def __init__(self, party_id: int) -> None:
        super().__init__()
        self._party_id = party_id

    @property
    def draft(self) -> str:
        """One for each party."""
        return f"party/{self._party_id}/account"

    def reader(self) -> Callable[[], Form]:
        """Beginning with what is usual."""
        return lambda: Form(settings=_ACCOUNT, values={})

    def check(self) -> tuple[Values, dict[str, str]]:
        """The check digit is looked at before the number is there."""
        values, wrong = super().check()
        if values.get("routing"):
            wrong |= _refused("routing", lambda: parties.check_routing(values["routing"]))
        return values, wrong

    def wrong(self, values: Values) -> Mapping[str, str]:
        """A number that no file can carry."""
        return _refused("number", lambda: parties.check_number(values["number"]))

    def beside(self, values: Values) -> Text:
        """The account in words, its number masked as it will be shown from then on."""
        number = parties.masked(values["number"])
        whose = f"a {values['holder']}'s {values['kind']} account"
        debits = f" May be debited, by {values['debits']}." if values["debits"] else ""
        return Text(f"Pays into {number} at {values['routing']}, {whose}.{wording.one_line(debits)}")

    def plan(self, values: Values) -> PlanScreen:
        """What waits for it, before it is added."""
        actor, party_id = self.waybill.actor, self._party_id

        def make() -> Plan:
            detail = party_list.detail(actor, party_id)
            name, party = wording.one_line(detail.row.name), Party.get_by_id(party_id)
            into = f"{parties.masked(values['number'])} at {values['routing']}"
            before = f", no more into {detail.row.account}" if detail.row.account else ""
            return payment_plan(
                detail,
                f"{name} is paid into {into}{before}",
                "Add account",
                lambda reason: parties.add_bank_account(actor, party, **_account(values), reason=reason),
                f"{name} is paid into {into}.",
                *_careful(detail, name, values.get("debits") or ""),
            )

        twin = f"waybill party bank-account {party_id}"
        return PlanScreen(f"Bank account of party {party_id}", make, twin)


_ACCOUNT = (
    Setting(
        name="routing",
        title="Routing number",
        required=True,
        max_length=9,
        help="the bank's, nine digits",
    ),
    Setting(
        name="number",
        title="Account number",
        required=True,
        max_length=17,
        help="as on the cheque or the bank's letter; masked once it is saved",
    ),
    Setting(
        name="kind",
        title="Kind",
        kind=SettingKind.CHOICE,
        choices=tuple(each.value for each in AccountKind),
        default=AccountKind.CHECKING.value,
    ),
    Setting(
        name="holder",
        title="Whose",
        kind=SettingKind.CHOICE,
        choices=tuple(each.value for each in Holder),
        default=Holder.COMPANY.value,
        help="decides between CCD (a company's) and PPD (a person's)",
    ),
    Setting(
        name="name",
        title="Holder's name",
        max_length=22,
        help="as the bank knows it; empty: the party's name",
    ),
    Setting(
        name="debits",
        title="Debits",
        max_length=100,
        help="may be debited: where its holder authorised that; empty: no",
    ),
)


def _careful(detail: Detail, name: str, debits: str) -> Iterator[str]:
    """What an account alone does not do, and what it ends."""
    if detail.row.method is not PaymentMethod.ACH:
        yield f"{name} is not paid by ACH yet, so nothing uses it: p changes that."
    before = detail.accounts[0].debit_authority if detail.row.account else ""
    if debits:
        yield wording.one_line(f"What it owes may be debited, as authorised by {debits}.")
    elif before:
        yield wording.one_line(f"Debits end: {before} authorised them for the earlier account alone.")


def _refused(field: str, check: Callable[[], None]) -> dict[str, str]:
    """What is wrong with a field, if anything is."""
    try:
        check()
    except WaybillError as error:
        return {field: f"{error.message}: {error.remedy}"}
    return {}


def _account(values: Values) -> dict[str, Any]:
    return {
        "routing": values["routing"],
        "number": values["number"],
        "kind": AccountKind(values["kind"]),
        "holder": Holder(values["holder"]),
        "name": values.get("name") or "",
        "debit_authority": values.get("debits") or "",
    }


def _fields(values: Values) -> dict[str, Any]:
    identifiers = [each.strip() for each in str(values.get("identifiers") or "").split(",") if each.strip()]
    return {
        "number": values.get("number") or "",
        "email": values.get("email") or "",
        "identifiers": identifiers,
    }

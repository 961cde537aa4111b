"""Who sells what to whom in the demo: invented companies, with numbers that nobody can have.

Routing numbers begin with 99, which no bank in the United States is given, and have a right check digit;
company numbers begin with 00.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.parties import AccountKind, Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where an ACH payee is paid."""

    routing: str
    number: str
    kind: AccountKind = AccountKind.CHECKING
    holder: Holder = Holder.COMPANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """Something sold: its unit (UN/ECE Recommendation 20) and the range of its price in minor units."""

    name: str
    unit: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A seller or the buyer. One with a VAT number charges VAT at `vat_rate` percent."""

    name: str
    legal_id: str
    street: str
    city: str
    postal_code: str
    country: str
    currency: str = "USD"
    vat_id: str = ""
    vat_rate: int = 0
    account: Account | None = None
    """Paid by ACH to this account; None: paid in some other way."""
    prefix: str = ""
    """What its invoice numbers begin with."""
    goods: tuple[Good, ...] = ()


BUYER = Company(
    name="Kittiwake Trading Inc.",
    legal_id="00-0004200",
    street="12 Harbor Walk",
    city="Portland",
    postal_code="04101",
    country="US",
)

LANTERNFISH = Company(
    name="Lanternfish Freight",
    legal_id="00-0001101",
    street="400 Dock Street",
    city="Baltimore",
    postal_code="21202",
    country="US",
    account=Account(routing="990000013", number="4410072201"),
    prefix="LF-",
    goods=(
        Good(name="Container haulage", unit="C62", lowest=48_000, highest=129_000),
        Good(name="Warehouse handling", unit="HUR", lowest=4_200, highest=6_800),
        Good(name="Customs brokerage", unit="C62", lowest=9_500, highest=22_500),
    ),
)
COPPERLEAF = Company(
    name="Copperleaf Packaging",
    legal_id="00-0001102",
    street="88 Mill Lane",
    city="Dayton",
    postal_code="45402",
    country="US",
    account=Account(routing="990000026", number="100-223-8814"),
    prefix="CP",
    goods=(
        Good(name="Corrugated boxes, pallet", unit="C62", lowest=18_900, highest=41_000),
        Good(name="Kraft paper roll", unit="C62", lowest=5_250, highest=9_990),
        Good(name="Printed tape, case", unit="C62", lowest=3_600, highest=7_480),
    ),
)
QUARRY_ROAD = Company(
    name="Quarry Road Electric",
    legal_id="00-0001103",
    street="5 Quarry Road",
    city="Bangor",
    postal_code="04401",
    country="US",
    account=Account(routing="990000039", number="77120039", kind=AccountKind.SAVINGS),
    prefix="QR",
    goods=(Good(name="Electrical repairs", unit="HUR", lowest=8_800, highest=12_400),),
)
MARISOL = Company(
    name="Marisol Quent",
    legal_id="00-0001104",
    street="31 Orchard Row",
    city="Burlington",
    postal_code="05401",
    country="US",
    account=Account(routing="990000042", number="2019945", holder=Holder.PERSON),
    prefix="MQ-",
    goods=(
        Good(name="Catalogue layout", unit="HUR", lowest=7_500, highest=9_500),
        Good(name="Product photographs", unit="C62", lowest=2_500, highest=6_000),
    ),
)
SALTGRASS = Company(
    name="Saltgrass Catering",
    legal_id="00-0001105",
    street="9 Ferry Landing",
    city="Portland",
    postal_code="04101",
    country="US",
    prefix="SG",
    goods=(
        Good(name="Staff lunch", unit="C62", lowest=1_150, highest=1_890),
        Good(name="Meeting room service", unit="C62", lowest=12_000, highest=30_000),
    ),
)
SKOVLY = Company(
    name="Skovly Trykkeri ApS",
    legal_id="00001201",
    street="Bøgealléen 14",
    city="Aarhus",
    postal_code="8000",
    country="DK",
    currency="DKK",
    vat_id="DK00001201",
    vat_rate=25,
    prefix="S-",
    goods=(
        Good(name="Brochure, trykt på mat papir", unit="C62", lowest=1_450, highest=3_975),
        Good(name="Plakat, A2", unit="C62", lowest=8_900, highest=15_500),
    ),
)
WEIDENBACH = Company(
    name="Weidenbach Feinmechanik GmbH",
    legal_id="HRB 00001301",
    street="Lindenstraße 7",
    city="Jena",
    postal_code="07743",
    country="DE",
    currency="EUR",
    vat_id="DE000001301",
    vat_rate=19,
    prefix="WF-2026-",
    goods=(
        Good(name="Prüfadapter", unit="C62", lowest=21_400, highest=68_900),
        Good(name="Kalibrierung vor Ort", unit="HUR", lowest=9_800, highest=12_500),
    ),
)
CLAIRMARAIS = Company(
    name="Atelier Clairmarais SARL",
    legal_id="000001302",
    street="3 quai des Tilleuls",
    city="Nantes",
    postal_code="44000",
    country="FR",
    currency="EUR",
    vat_id="FR00000001302",
    vat_rate=20,
    prefix="AC",
    goods=(
        Good(name="Présentoir en chêne", unit="C62", lowest=14_500, highest=52_000),
        Good(name="Façade peinte à la main", unit="MTK", lowest=6_600, highest=9_900),
    ),
)
PENNYFEATHER = Company(
    name="Pennyfeather & Stowe Ltd",
    legal_id="00001401",
    street="27 Larkspur Yard",
    city="Leeds",
    postal_code="LS1 4AP",
    country="GB",
    currency="GBP",
    vat_id="GB000001401",
    vat_rate=20,
    prefix="PS/",
    goods=(
        Good(name="Translation, per thousand words", unit="C62", lowest=8_500, highest=14_000),
        Good(name="Proof-reading", unit="HUR", lowest=3_800, highest=5_200),
    ),
)
KAZAMIDORI = Company(
    name="Kazamidori Seiki K.K.",
    legal_id="0000-00-001501",
    street="2-14 Minato",
    city="Kobe",
    postal_code="650-0000",
    country="JP",
    currency="JPY",
    vat_id="JP0000000001501",
    vat_rate=10,
    prefix="KS",
    goods=(
        Good(name="Spindle bearing", unit="C62", lowest=12_800, highest=64_000),
        Good(name="Inspection", unit="HUR", lowest=9_000, highest=11_000),
    ),
)

BY_XML = (LANTERNFISH, COPPERLEAF, SKOVLY, WEIDENBACH, CLAIRMARAIS)
"""Send UBL documents."""
BY_TABLE = (LANTERNFISH, COPPERLEAF, MARISOL, SALTGRASS)
"""Come in a portal's CSV."""
BY_JSON = (PENNYFEATHER, KAZAMIDORI, MARISOL)
"""Come from a program that writes JSON."""
VENDORS = tuple(dict.fromkeys((*BY_XML, *BY_TABLE, *BY_JSON, QUARRY_ROAD)))

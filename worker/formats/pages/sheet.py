"""From an item to its pages and back: the settings of every format with pages, and what they mean."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from models import settings
from models.catalogue import Setting, SettingKind
from models.invoice_document import Document
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.documents import Read
from worker.formats.einvoice.completed import complete
from worker.formats.pages import characters, layout, logo, reading
from worker.formats.pages.flow import SIZES
from worker.formats.pages.labels import LANGUAGES, language
from worker.formats.pages.marks import Pages
from worker.formats.pages.objects import File

Values: TypeAlias = Mapping[str, str | int | bool | None]

PAPER: Final = Setting(
    name="paper",
    title="Paper",
    help="a4; letter: US Letter",
    kind=SettingKind.CHOICE,
    default="a4",
    choices=tuple(SIZES),
)
LANGUAGE: Final = Setting(
    name="language",
    title="Language",
    help="of the labels, and of how numbers and days are written",
    kind=SettingKind.CHOICE,
    default="en",
    choices=LANGUAGES,
)
LOGO: Final = Setting(
    name="logo",
    title="Logo",
    help="a PNG or JPEG file of the installation's home folder, as logo.png; drawn where the entity sells",
    pattern=logo.NAMES,
    max_length=100,
)
SETTINGS: Final = (PAPER, LANGUAGE, LOGO)


def problems(values: Values) -> list[Problem]:
    """What is wrong with the logo, if there is one."""
    name = values.get(LOGO.name)
    found = logo.problem(settings.current().home, str(name)) if name else None
    return [] if found is None else [found]


def findings(item: Item, batch: Batch) -> list[Problem]:
    """What the item holds that no page can show, and what is wrong with its logo."""
    composed = _composed(item)
    unseen = problems(batch.settings) if _has_logo(item) else []
    return characters.findings(_parsed(composed), composed) + unseen


def pages(item: Item, batch: Batch) -> Pages:
    """An item without findings, laid out, with the sums that the XML formats fill in too."""
    document = complete(_parsed(_composed(item)), item.direction)
    _name_sides(document, item, batch)
    name = batch.settings.get(LOGO.name) if _has_logo(item) else None
    picture = logo.load(settings.current().home, str(name)) if name else None
    return layout.laid_out(document, _chosen(LANGUAGE, batch), _chosen(PAPER, batch), picture)


def read(file: File, batch: Batch) -> Read:
    """What the drawn pages say is to be paid; raises `ValueError` where they do not say it."""
    drawn = reading.read(file)
    sign = -1 if language(_chosen(LANGUAGE, batch)).is_credit_note(drawn.title) else 1
    return Read(drawn.number, drawn.currency, sign * drawn.minor())


def _has_logo(item: Item) -> bool:
    """Whether the legal entity is the seller: what others have sent does not go under its logo."""
    return item.direction == "receivable"


def _chosen(setting: Setting, batch: Batch) -> str:
    return str(batch.settings.get(setting.name) or setting.default)


def _composed(item: Item) -> str:
    """The content with letters and their accents as one character each, where there is one (Unicode NFC)."""
    return unicodedata.normalize("NFC", item.content_json)


def _parsed(content_json: str) -> Document:
    return cast("Document", json.loads(content_json))


def _name_sides(document: Document, item: Item, batch: Batch) -> None:
    """Who a source left out: the legal entity on its own side, the party on the other."""
    own, other = ("buyer", "seller") if item.direction == "payable" else ("seller", "buyer")
    for side, name in ((own, batch.entity), (other, item.party_name)):
        shown = unicodedata.normalize("NFC", name)
        if not document.get(side):
            document[side] = {"name": shown}  # type: ignore[literal-required]  # one of two terms

"""Factur-X (ZUGFeRD): a PDF for people with the same invoice inside as XML for machines."""

from __future__ import annotations

from typing import Final

from models.catalogue import Setting, SettingKind
from models.columns import Layout
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.cii import document, reading, rules
from worker.formats.cii.left_out import left_out
from worker.formats.cii.parts import BASIC, EN_16931, Profile
from worker.formats.cii.prepared import prepare
from worker.formats.documents import PACKING, DocumentFormat, Read
from worker.formats.einvoice.completed import complete
from worker.formats.pages import archival, sheet
from worker.formats.pages.archival import Attachment
from worker.formats.pages.objects import File
from worker.formats.pages.reading import embedded

_NAME: Final = "factur-x.xml"
_PROFILES: Final = {"basic": BASIC, "en16931": EN_16931}
_LEVELS: Final = {"basic": "BASIC", "en16931": "EN 16931"}
PROFILE: Final = Setting(
    name="profile",
    title="Profile",
    help="en16931: every term of EN 16931 in the XML; basic: what booking and paying need",
    kind=SettingKind.CHOICE,
    default="en16931",
    choices=tuple(_PROFILES),
)


class FacturX(DocumentFormat):
    """PDF/A-3B with a Cross Industry Invoice attached as `factur-x.xml` (AFRelationship Alternative).

    The pages are those of the format `pdf`. Profiles BASIC and EN 16931 of Factur-X 1.0, which is ZUGFeRD 2.
    Nothing here checks independently that the file is PDF/A-3.
    """

    key = "facturx"
    title = "Factur-X (PDF with XML)"
    extension = "pdf"
    settings = (PACKING, PROFILE, *sheet.SETTINGS)

    def check_settings(self, values: sheet.Values, columns: Layout | None) -> list[Problem]:
        """Whether the logo can be drawn."""
        del columns
        return sheet.problems(values)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """What the XML would break, and what the pages cannot show."""
        prepared = prepare(item.document, item.direction)
        return rules.check(prepared, item.content_json, _profile(batch)) + sheet.findings(item, batch)

    def not_carried(self, item: Item, batch: Batch) -> list[str]:
        """What the XML leaves out; the pages have what is a term of EN 16931."""
        return left_out(complete(item.document, item.direction), _profile(batch))

    def document(self, item: Item, batch: Batch) -> bytes:
        """The pages with the XML inside."""
        xml = document.written(prepare(item.document, item.direction), _profile(batch))
        attachment = Attachment(
            name=_NAME,
            data=xml,
            mime="text/xml",
            relationship="Alternative",
            description="Factur-X",
            metadata=_XMP.replace("LEVEL", _LEVELS[_chosen(batch)]),
        )
        return archival.drawn(sheet.pages(item, batch), batch.created, attachment)

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """What the XML says, if the pages say the same."""
        file = File.read(data)
        inside, drawn = reading.read(embedded(file, _NAME)), sheet.read(file, batch)
        if (inside.currency, inside.signed) != (drawn.currency, drawn.signed):
            said = f"{drawn.currency} {drawn.signed}, and its XML {inside.currency} {inside.signed}"
            raise ValueError(f"its pages say {said} minor units")
        return inside


def _chosen(batch: Batch) -> str:
    return str(batch.settings.get(PROFILE.name) or PROFILE.default)


def _profile(batch: Batch) -> Profile:
    return _PROFILES[_chosen(batch)]


# What the attachment is, and the schema that PDF/A asks for where metadata is not its own (Factur-X, 6.2.2).
_XMP: Final = """<rdf:Description rdf:about=""
 xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>LEVEL</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
PROPERTIES
</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>""".replace(
    "PROPERTIES",
    "\n".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
        for name, about in (
            ("DocumentFileName", "The name of the embedded XML document"),
            ("DocumentType", "The type of the hybrid document in capital letters, e.g. INVOICE"),
            ("Version", "The actual version of the standard applying to the embedded XML document"),
            ("ConformanceLevel", "The conformance level of the embedded XML document"),
        )
    ),
)

"""The published schema of the generic XML, made from the neutral document's terms.

What stands in the package is this module's output; a test holds them together. A change that a reader of
old files could not take needs another number in the name space.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from xml.sax.saxutils import escape

from lxml import etree

from worker.formats.xml.shape import CUSTOM, DAY, NUMBER, TEXT, Term, groups, terms_of

NAMESPACE = "urn:waybill:invoices:1"
FILE = "waybill-invoices-1.xsd"
_TYPES = {TEXT: "xs:string", NUMBER: "xs:decimal", DAY: "xs:date", CUSTOM: "Named"}
_MANY = ' minOccurs="0" maxOccurs="unbounded"'
_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}"
           targetNamespace="{NAMESPACE}" elementFormDefault="qualified" version="1">
  <xs:annotation><xs:documentation>
    Invoices and credit notes as Waybill exports them: the terms of EN 16931-1, named in words, in one file
    with the batch they belong to and its totals. Amounts of a credit note are positive; waybill/payable and
    the totals have them negative. Days are YYYY-MM-DD, numbers have a point and every digit they came with.
  </xs:documentation></xs:annotation>
  <xs:element name="invoices">
    <xs:complexType><xs:sequence>
      <xs:element name="batch" type="Batch"/>
      <xs:element name="invoice" type="Document"{_MANY}/>
      <xs:element name="totals" type="FileTotals"/>
    </xs:sequence></xs:complexType>
  </xs:element>
  <xs:complexType name="Batch"><xs:sequence>
    <xs:element name="created" type="xs:dateTime"/>
    <xs:element name="entity" type="xs:string"/>
    <xs:element name="file_name" type="xs:string"/>
    <xs:element name="job_id" type="xs:integer"/>
    <xs:element name="posting_date" type="xs:date"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Waybill"><xs:sequence>
    <xs:element name="invoice_id" type="xs:integer"/>
    <xs:element name="party_number" type="xs:string"/>
    <xs:element name="party_name" type="xs:string"/>
    <xs:element name="direction" type="xs:string"/>
    <xs:element name="posting_date" type="xs:date"/>
    <xs:element name="payable" type="xs:decimal"/>
    <xs:element name="content_sha256" type="xs:string"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="FileTotals"><xs:sequence>
    <xs:element name="invoices" type="xs:integer"/>
    <xs:element name="amount"{_MANY}>
      <xs:complexType><xs:simpleContent><xs:extension base="xs:decimal">
        <xs:attribute name="currency" type="xs:string" use="required"/>
      </xs:extension></xs:simpleContent></xs:complexType>
    </xs:element>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Named">
    <xs:annotation><xs:documentation>
      What has no term, under the name its source gives it; with form="json" the text is JSON.
    </xs:documentation></xs:annotation>
    <xs:simpleContent><xs:extension base="xs:string">
      <xs:attribute name="name" type="xs:string" use="required"/>
      <xs:attribute name="form" type="xs:string"/>
    </xs:extension></xs:simpleContent>
  </xs:complexType>
"""


def text() -> str:
    """The schema as it is published."""
    return files(__package__).joinpath(FILE).read_text(encoding="utf-8")


@cache
def compiled() -> etree.XMLSchema:
    """The schema, ready to judge."""
    return etree.XMLSchema(etree.fromstring(text().encode()))


def made() -> str:
    """The schema that the terms of today come to."""
    types = "".join("".join(_type(group)) for group in groups())
    return f"{_HEAD}{types}</xs:schema>\n"


def _type(group: type) -> Iterator[str]:
    about = escape((group.__doc__ or "").strip())
    yield f'  <xs:complexType name="{group.__name__}">\n'
    yield f"    <xs:annotation><xs:documentation>{about}</xs:documentation></xs:annotation>\n"
    yield "    <xs:sequence>\n"
    if group is groups()[0]:
        yield '      <xs:element name="waybill" type="Waybill"/>\n'
    for name, term in terms_of(group).items():
        yield f'      <xs:element name="{name}" type="{_named(term)}"{_MANY if term.many else _ONCE}/>\n'
    yield f'      <xs:element name="more" type="Named"{_MANY}/>\n    </xs:sequence>\n  </xs:complexType>\n'


_ONCE = ' minOccurs="0"'


def _named(term: Term) -> str:
    return term.group.__name__ if term.group is not None else _TYPES[term.kind]

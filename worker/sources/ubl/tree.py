"""XML as a tree that knows what has been read of it, so that what nobody read can be kept.

No DTD is accepted at all, so there are no entities to expand and nothing to fetch; depth, size and number
of elements are bounded while parsing, before memory is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from lxml import etree

from worker.sources import Limits, Unreadable

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
# The customary prefixes; paths use them whatever prefixes a document chose.
_PREFIXES: Final = {
    f"{_UBL}CommonAggregateComponents-2": "cac:",
    f"{_UBL}CommonBasicComponents-2": "cbc:",
    f"{_UBL}CommonExtensionComponents-2": "ext:",
    f"{_UBL}CommonSignatureComponents-2": "sig:",
    f"{_UBL}SignatureAggregateComponents-2": "sac:",
    f"{_UBL}SignatureBasicComponents-2": "sbc:",
    f"{_UBL}Invoice-2": "",
    f"{_UBL}CreditNote-2": "",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}


class Node:
    """An element: what is taken from it is marked as read, what is left can be listed with its place."""

    __slots__ = ("attributes", "children", "name", "parent", "position", "tails", "text")

    def __init__(self, name: str, parent: Node | None, attributes: dict[str, str]) -> None:
        self.name = name
        self.parent = parent
        self.attributes = attributes
        self.children: dict[str, list[Node]] = {}
        self.text = ""
        # Texts between this element's children: UBL has none, extensions may.
        self.tails: list[str] = []
        self.position = 1
        if parent is not None:
            siblings = parent.children.setdefault(name, [])
            siblings.append(self)
            self.position = len(siblings)

    def find(self, path: str) -> Node | None:
        """The first element at a path of names, as ``cac:Party/cac:Contact``; None if there is none."""
        node = self
        for name in path.split("/"):
            found = node.children.get(name)
            if found is None:
                return None
            node = found[0]
        return node

    def all(self, name: str) -> list[Node]:
        """The children of this name, in order."""
        return self.children.get(name, [])

    def peek(self, path: str) -> str:
        """The text at a path without marking it as read; "" if there is none."""
        node = self.find(path)
        return "" if node is None else node.text

    def take(self, path: str) -> str:
        """The text at a path, marked as read; "" if there is none."""
        node = self.find(path)
        return "" if node is None else node.take_text()

    def take_text(self) -> str:
        """This element's own text, marked as read."""
        text, self.text = self.text, ""
        return text

    def take_attribute(self, name: str) -> str:
        """An attribute's value, marked as read; "" if there is none."""
        return self.attributes.pop(name, "").strip()

    def forget_attribute(self, name: str, value: str) -> None:
        """Mark an attribute as read, here and below, wherever it has a value that the content implies."""
        if self.attributes.get(name) == value:
            del self.attributes[name]
        for children in self.children.values():
            for child in children:
                child.forget_attribute(name, value)

    def path(self) -> str:
        """Where the element stands: the position is given where its parent has several of the name."""
        if self.parent is None:
            return f"/{self.name}"
        several = len(self.parent.children[self.name]) > 1
        return f"{self.parent.path()}/{self.name}{f'[{self.position}]' if several else ''}"

    def left(self) -> Iterator[tuple[str, str]]:
        """Path and value of every text and attribute below that was not taken, same names together."""
        for name, value in self.attributes.items():
            if value.strip():
                yield f"{self.path()}/@{name}", value.strip()
        if self.text:
            yield self.path(), self.text
        for index, tail in enumerate(self.tails, start=2):
            yield f"{self.path()}/text()[{index}]", tail
        for children in self.children.values():
            for child in children:
                yield from child.left()


class _Builder:
    """The parser's target: builds nodes and stops at what is not allowed or too much."""

    def __init__(self, limits: Limits, roots: Mapping[str, str]) -> None:
        self._limits = limits
        self._roots = roots
        self._names: dict[str, str] = {}
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self.root: Node | None = None

    def doctype(self, *_declared: str | None) -> None:
        """Called before anything of a document type declaration is looked at."""
        raise Unreadable(
            "it has a document type declaration (DOCTYPE), which invoices do not have",
            code="doctype",
            remedy="remove the declaration where the file is made; none is read, for they can be abused",
        )

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if not self._open and tag not in self._roots:
            raise _not_an_invoice(tag)
        self._count += 1 + len(attributes)
        if len(self._open) >= self._limits.depth:
            raise self._too_much(f"its elements are nested deeper than {self._limits.depth}", "too_deep")
        if self._count > self._limits.elements:
            raise self._too_much(f"it has more than {self._limits.elements:,} elements", "too_large")
        parent = self._open[-1] if self._open else None
        if parent is not None:
            self._flush(parent)
        named = {self._name(name, attribute=True): value for name, value in attributes.items()}
        node = Node(self._name(tag), parent, named)
        self._open.append(node)
        self._texts.append([])

    def end(self, tag: str) -> None:
        """An element ends."""
        del tag
        node = self._open[-1]
        self._flush(node)
        self._open.pop()
        self._texts.pop()
        self.root = node

    def data(self, text: str) -> None:
        """A piece of text; comments, CDATA borders and character references make several of one text."""
        if self._texts:
            self._texts[-1].append(text)

    def close(self) -> Node | None:
        """The root, once the document has ended."""
        return self.root

    def _flush(self, node: Node) -> None:
        pieces = self._texts[-1]
        if not pieces:
            return
        text = "".join(pieces).strip()
        pieces.clear()
        if not text:
            return
        if not node.children:
            node.text = text
        else:
            node.tails.append(text)

    def _name(self, tag: str, *, attribute: bool = False) -> str:
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = _short(tag)
        return name.removeprefix("Q{}") if attribute else name

    def _too_much(self, what: str, code: str) -> Unreadable:
        return Unreadable(
            what, code=code, remedy="check where the file comes from; no invoice needs that", line=None
        )


def parse(data: bytes, limits: Limits, roots: Mapping[str, str]) -> Node:
    """The tree of a document whose root is one of `roots`; raises `Unreadable` for any other."""
    builder = _Builder(limits, roots)
    parser = etree.XMLParser(
        target=cast(Any, builder),  # the stubs ask for methods that lxml does not
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from error
    if builder.root is None:
        raise Unreadable(
            "it is empty", code="not_well_formed", remedy="export it again where it is made", line=1
        )
    return builder.root


def _malformed(error: etree.XMLSyntaxError) -> Unreadable:
    what = " ".join((error.msg or "it cannot be read as XML").split())
    return Unreadable(
        f"it is not well-formed XML: {what}",
        code="not_well_formed",
        remedy="export it again where it is made; the file was probably cut off or edited by hand",
        line=error.lineno or None,
    )


def _not_an_invoice(tag: str) -> Unreadable:
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    where = f" of {namespace}" if namespace else " without a namespace"
    return Unreadable(
        f"its root element is {name}{where}, which is no UBL 2 Invoice or CreditNote",
        code="not_an_invoice",
        remedy="give UBL 2.0 or 2.1 invoices and credit notes; other documents cannot be imported",
        xpath=f"/{name}",
    )


def _short(tag: str) -> str:
    """A name with its customary prefix, or ``Q{namespace}name`` (XPath 3.1) where there is none."""
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    prefix = _PREFIXES.get(namespace)
    return f"Q{{{namespace}}}{name}" if prefix is None else f"{prefix}{name}"

"""The expressions a column's `value` may hold: fields, texts, and a closed set of functions over them.

    expression := "text" | 'text' | 12 | field | function(expression, ...)
    field      := number | party.name | line.item.name | custom.cost_centre | custom."Cost centre"

A quotation mark inside a text is written twice. Nothing else is understood: no loops, no arithmetic, no
access to anything but the invoice. `parse` gives a tree that the formats turn into cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from models.columns.functions import FUNCTIONS, WrongCall

LONGEST = 1000
"""Characters of one expression."""
_DEEPEST = 20


class WrongExpression(ValueError):
    """What cannot be read, where (from 1), and what to do."""

    def __init__(self, what: str, place: int, remedy: str) -> None:
        super().__init__(what)
        self.place = place
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Text:
    """A text, the same for every invoice."""

    value: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A field, by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of other expressions; `pairs` and `otherwise` are those of `map` alone."""

    name: str
    arguments: tuple[Node, ...]
    pairs: tuple[tuple[str, Node], ...] = ()
    otherwise: Node | None = None


Node: TypeAlias = Text | Ref | Call


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    |(?P<count>\d+(?![\w.]))
    |(?P<name>(?:line\.)?custom\."(?:[^"]|"")+"|[A-Za-z_]\w*(?:\.\w+)*)
    |(?P<mark>[(),=])
    )""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression; raises `WrongExpression` saying where and what to do."""
    if len(text) > LONGEST:
        raise WrongExpression(f"is longer than {LONGEST} characters", LONGEST, "make two columns of it")
    reader = _Reader(list(_tokens(text)), len(text) + 1)
    node = reader.expression(0)
    reader.end()
    return node


def paths_of(node: Node) -> Iterator[str]:
    """Every field an expression shows, in order."""
    if isinstance(node, Ref):
        yield node.path
    elif isinstance(node, Call):
        for part in (*node.arguments, *(value for _, value in node.pairs)):
            yield from paths_of(part)
        if node.otherwise is not None:
            yield from paths_of(node.otherwise)


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise WrongExpression(
                f"has {text[start]!r}, which means nothing here", start + 1, "put texts in quotation marks"
            )
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(kind) + 1)
        place = found.end()


class _Reader:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._end = _Token("end", "", end)

    def expression(self, depth: int) -> Node:
        """One expression, from the next token on."""
        token = self._next()
        if depth > _DEEPEST:
            raise WrongExpression("is nested too deep", token.place, "make it simpler")
        if token.kind == "text":
            return Text(_unquoted(token.text))
        if token.kind == "count":
            return Text(token.text)
        if token.kind != "name":
            raise self._unexpected(token, "a field, a text or a function belongs here")
        if self._peek().text == "(" and self._peek().kind == "mark":
            return self._call(token, depth)
        return Ref(_path(token.text))

    def end(self) -> None:
        """Nothing may follow."""
        if self._peek().kind != "end":
            raise self._unexpected(self._peek(), "several parts are put together by concat(…)")

    def _call(self, name: _Token, depth: int) -> Call:
        function = FUNCTIONS.get(name.text)
        if function is None:
            known = ", ".join(FUNCTIONS)
            raise WrongExpression(
                f"has the function {name.text}, which there is not", name.place, f"there are: {known}"
            )
        self._next()
        arguments: list[Node] = []
        pairs: list[tuple[str, Node]] = []
        otherwise: Node | None = None
        while not (self._peek().text == ")" and self._peek().kind == "mark"):
            key = self._key()
            if key is None:
                arguments.append(self.expression(depth + 1))
            elif key.kind == "text":
                pairs.append((_unquoted(key.text), self.expression(depth + 1)))
            else:
                otherwise = self.expression(depth + 1)
            if not self._takes(","):
                break
        if not self._takes(")"):
            raise self._unexpected(self._peek(), "a comma or a closing bracket belongs here")
        texts = [part.value if isinstance(part, Text) else None for part in arguments]
        try:
            function.check(texts, len(pairs), otherwise is not None)
        except WrongCall as error:
            raise WrongExpression(str(error), name.place, f"write {function.form}") from error
        return Call(name.text, tuple(arguments), tuple(pairs), otherwise)

    def _key(self) -> _Token | None:
        """What stands before an equals sign: a text, or else."""
        token, after = self._peek(), self._peek(1)
        named = token.kind == "text" or (token.kind == "name" and token.text == "else")
        if not named or after.text != "=" or after.kind != "mark":
            return None
        self._at += 2
        return token

    def _peek(self, ahead: int = 0) -> _Token:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else self._end

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _takes(self, mark: str) -> bool:
        found = self._peek().kind == "mark" and self._peek().text == mark
        self._at += found
        return found

    def _unexpected(self, token: _Token, remedy: str) -> WrongExpression:
        what = "ends too early" if token.kind == "end" else f"has {token.text!r} where it means nothing"
        return WrongExpression(what, token.place, remedy)


def _unquoted(text: str) -> str:
    mark = text[0]
    return text[1:-1].replace(mark * 2, mark)


def _path(name: str) -> str:
    """`custom."Cost centre"` names what a source calls so."""
    before, mark, quoted = name.partition('."')
    return f"{before}.{_unquoted(chr(34) + quoted)}" if mark else name

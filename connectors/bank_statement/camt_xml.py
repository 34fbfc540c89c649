"""The elements of a CAMT message, through a hardened parser: each entry as it closes, with the head of its statement.

``defusedxml`` refuses document types, entities and external references before anything is expanded; what is nested
deeper than any statement is refused too. The raw text that an entry is cited by is found by where it begins and ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from trails.errors import SourceError
from trails.xml_bounds import Kept, TagLength

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_DEPTH = 60
_CHUNK = 1 << 16
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")


class _TooDeepError(ValueError):
    """An element nested deeper than any statement is."""


@dataclass(slots=True)
class Element:
    """An element by its local name, with where it begins and ends in the file's bytes."""

    tag: str
    attributes: dict[str, str]
    start: int
    pieces: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text."""
        return "".join(self.pieces)

    def count(self) -> int:
        """How many elements this is, with all inside it."""
        number, waiting = 0, [self]
        while waiting:
            number += 1
            waiting += waiting.pop().children
        return number

    def find(self, *paths: str) -> Element | None:
        """The first element under one of several paths like ``Acct/Id/IBAN``."""
        for path in paths:
            found: Element | None = self
            for step in path.split("/"):
                for child in found.children if found else ():
                    if child.tag == step:
                        found = child
                        break
                else:
                    found = None
                    break
            if found is not None:
                return found
        return None

    def all(self, path: str) -> list[Element]:
        """All elements under a path."""
        found = [self]
        for step in path.split("/"):
            found = [child for each in found for child in each.children if child.tag == step]
        return found

    def value(self, *paths: str) -> str:
        """The text under the first path that has one."""
        for path in paths:
            if (found := self.find(path)) is not None and found.text.strip():
                return found.text.strip()
        return ""


class _Builder:
    """Collects entries as they close, each with its statement's head, and forgets them again."""

    def __init__(self, name: str) -> None:
        self.kept = Kept(name)
        self.parser: Any = None
        self.stack: list[Element] = []
        self.done: list[tuple[Element, Element | None, int]] = []
        self.is_camt = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= _MOST_DEPTH:
            raise _TooDeepError
        self.kept.add()
        namespace, _, local = tag.rpartition("}")
        self.is_camt = self.is_camt or "camt.05" in namespace
        self.stack.append(Element(local, dict(attributes), self.parser.CurrentByteIndex))

    def data(self, text: str) -> None:
        if self.stack:
            self.stack[-1].pieces.append(text)

    def end(self, _tag: str) -> None:
        element = self.stack.pop()
        if element.tag == "Ntry" and self.stack and self.stack[-1].tag in _STATEMENTS:
            self.done.append((self.stack[-1], element, self.parser.CurrentByteIndex))
            self.kept.add(-element.count())
        else:
            if self.stack:
                self.stack[-1].children.append(element)
            if element.tag in _STATEMENTS:
                self.done.append((element, None, self.parser.CurrentByteIndex))

    def close(self) -> None:
        return None


def walk_entries(data: bytes, name: str) -> Iterator[tuple[Element, Element | None, int]]:
    """Each entry with its statement and where it ends; a statement itself, without an entry, after its last one."""
    builder, tags = _Builder(name), TagLength(name)
    try:
        parser = DefusedXMLParser(target=builder, forbid_dtd=True)
        builder.parser = parser.parser
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            tags.see(_CHUNK, builder.parser.CurrentByteIndex)
            yield from builder.done
            builder.done.clear()
        parser.close()
        yield from builder.done  # a parser may keep back the last elements until it is told that nothing follows
    except DefusedXmlException:
        raise SourceError(f"{name}: the XML has a document type or entities, as a bomb would: refused") from None
    except _TooDeepError:
        raise SourceError(f"{name}: elements nested deeper than {_MOST_DEPTH}: no bank statement; refused") from None
    except ParseError as problem:
        line, column = problem.position
        raise SourceError(
            f"{name}: no whole XML at line {line}, column {column}: {problem}; nothing was added"
        ) from None
    except (LookupError, ValueError) as problem:
        raise SourceError(f"{name}: XML that cannot be decoded: {problem}; nothing was added") from None
    if not builder.is_camt:
        raise SourceError(f"{name}: no CAMT message: it names none of camt.052, camt.053, camt.054")

"""OFAC's XML lists, element by element: ``sdn.xml`` (``<sdnList>``) and ``sdn_advanced.xml`` (``<Sanctions>``).

An address stands in the first as an identity document, in the second as a feature whose type is a number::

    <id><uid>7</uid><idType>Digital Currency Address - XBT</idType><idNumber>1BoatS..</idNumber></id>
    <Feature FeatureTypeID="344"><FeatureVersion><VersionDetail>1BoatS..</VersionDetail></FeatureVersion></Feature>

Only the listed addresses are kept in memory, whatever the length of the list. A document type or an entity, which OFAC
does not use, is refused before it is read. Specification: OFAC's ``sdn.xsd`` and the UN's ``sanctions`` schema 1.0.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import AttributesImpl

from connectors.ofac.listing import FEATURE, Listing
from trails.errors import SourceError
from trails.records import open_bytes
from trails.xml_bounds import Kept, TagLength

if TYPE_CHECKING:
    from trails.connector import Source

_CHUNK = 1 << 16
_DEEPEST = 100
#: The longest text of one element that is kept; longer ones are cut, and no name or address is that long.
_LONGEST = 10_000
#: What a listing takes, in the measure of what is kept: the lists have some thousand, and it is held with its text.
_LISTING = 5
ROOTS = ("sdnList", "Sanctions")
#: ``sdn.xml`` writes month, day and year (08/02/2024 is 2 August).
_AMERICAN = re.compile(r"(\d\d)/(\d\d)/(\d{4})\Z", re.ASCII)


class _Reader(ContentHandler):
    """Keeps the path to the open element and its text; subclasses look at each element when it closes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.kept = Kept(name)
        self.path: list[str] = []
        self.attributes: list[dict[str, str]] = []
        self.text = ""
        self.listings: list[Listing] = []
        self.published = ""

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name the parser calls
        """Open an element."""
        self.path.append(name.rpartition(":")[2])
        self.attributes.append(dict(attrs.items()))
        self.text = ""
        if len(self.path) > _DEEPEST:
            raise SourceError(f"{self.name}: XML nested deeper than {_DEEPEST} levels; refused")
        self.open_element(self.path[-1])

    def characters(self, content: str) -> None:
        """Take text of the innermost element."""
        if len(self.text) < _LONGEST:
            self.text += content[:_LONGEST]

    def endElement(self, name: str) -> None:  # noqa: N802 - the name the parser calls
        """Close an element."""
        del name
        self.close_element(self.path[-1], self.text.strip())
        self.path.pop()
        self.attributes.pop()
        self.text = ""

    def attribute(self, element: str, name: str) -> str:
        """An attribute of the innermost open element of a name, empty where there is none."""
        for place in range(len(self.path) - 1, -1, -1):
            if self.path[place] == element:
                return self.attributes[place].get(name, "")
        return ""

    def open_element(self, element: str) -> None:
        """Look at an element that opens."""

    def close_element(self, element: str, text: str) -> None:
        """Look at an element that closes, with its text."""

    def finish(self) -> list[Listing]:
        """Everything listed, once the file has ended."""
        origin = f"OFAC sanctions list of {self.published}" if self.published else "OFAC sanctions list"
        return [replace(listing, origin=origin) for listing in self.listings]


class _Legacy(_Reader):
    """``sdn.xml``: one ``sdnEntry`` a party, addresses among its identity documents."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.party: dict[str, str] = {}
        self.programs: list[str] = []
        self.document: dict[str, str] = {}
        self.found: list[dict[str, str]] = []

    def open_element(self, element: str) -> None:
        """Forget the party and document before."""
        if element == "sdnEntry":
            self.party, self.programs, self.found = {}, [], []
        elif element == "id":
            self.document = {}

    def close_element(self, element: str, text: str) -> None:
        """Keep what is said of a party, and its addresses once it is whole."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if parent == "publshInformation" and element == "Publish_Date":
            self.published = _AMERICAN.sub(r"\3-\1-\2", text)
        elif parent == "sdnEntry" and element in ("uid", "firstName", "lastName"):
            self.party[element] = text
        elif parent == "programList" and element == "program":
            self.kept.add()
            self.programs.append(text)
        elif parent == "id" and element in ("uid", "idType", "idNumber") and "sdnEntry" in self.path:
            self.document[element] = text
        elif element == "id" and "sdnEntry" in self.path:
            self.kept.add()
            self.found.append(self.document)
        elif element == "sdnEntry":
            self._list_found()

    def _list_found(self) -> None:
        name = " ".join(word for word in (self.party.get("firstName"), self.party.get("lastName")) if word)
        self.kept.add(-len(self.found) - len(self.programs))
        for document in self.found:
            asset = FEATURE.search(document.get("idType", ""))
            if asset:
                self.kept.add(_LISTING)
                raw = "".join(f"<{word}>{escape(text)}</{word}>" for word, text in document.items())
                number, uid = document.get("idNumber", ""), self.party.get("uid")
                where = (len(self.listings) + 1, f"<id>{raw}</id>")
                programs = tuple(self.programs)
                self.listings.append(Listing(*where, number, asset[1].upper(), name or None, uid or None, programs))


class _Advanced(_Reader):
    """``sdn_advanced.xml``: types by number first, then parties with features, then why each is listed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.types: dict[str, str] = {}
        self.first = 0
        self.party_name: list[str] = []
        self.name_is_whole = False
        self.date: list[str] = []
        self.profile_of: list[str] = []
        self.programs: dict[str, list[str]] = {}

    def open_element(self, element: str) -> None:
        """Forget the party before."""
        if element == "DistinctParty":
            self.kept.add(-len(self.party_name))
            self.first, self.party_name, self.name_is_whole = len(self.listings), [], False

    def close_element(self, element: str, text: str) -> None:
        """Keep the types, the primary name, the addresses, and the programs of each party."""
        if element in ("Year", "Month", "Day") and "DateOfIssue" in self.path:
            self.kept.add()
            self.date.append(text.zfill(2))
            self.published = "-".join(self.date)
        elif element == "FeatureType" and FEATURE.search(text):
            self.kept.add()
            self.types[self.attribute("FeatureType", "ID")] = text
        elif element == "NamePartValue" and not self.name_is_whole and self._is_primary():
            self.kept.add()
            self.party_name.append(text)
        elif element == "DocumentedName" and self.party_name:
            self.name_is_whole = True
        elif element == "VersionDetail":
            self._list_feature(text)
        elif element == "DistinctParty":
            name = " ".join(self.party_name) or None
            self.listings[self.first :] = [replace(each, name=name) for each in self.listings[self.first :]]
        elif element == "Comment" and text and self.path[-2:-1] == ["SanctionsMeasure"]:
            self.kept.add()
            self.programs.setdefault(self.attribute("SanctionsEntry", "ProfileID"), []).append(text)

    def _is_primary(self) -> bool:
        return "DistinctParty" in self.path and self.attribute("Alias", "Primary") == "true"

    def _list_feature(self, text: str) -> None:
        kind = self.types.get(self.attribute("Feature", "FeatureTypeID"))
        asset = FEATURE.search(kind or "")
        if asset is None or "DistinctParty" not in self.path:
            return
        number = quoteattr(self.attribute("Feature", "FeatureTypeID"))
        raw = f"<Feature FeatureTypeID={number}><VersionDetail>{escape(text)}</VersionDetail></Feature>"
        uid = self.attribute("DistinctParty", "FixedRef")
        self.kept.add(_LISTING)
        self.listings.append(Listing(len(self.listings) + 1, raw, text, asset[1].upper(), uid=uid or None))
        self.profile_of.append(self.attribute("Profile", "ID") or uid)

    def finish(self) -> list[Listing]:
        """Add to every address the programs its party is listed under: they stand at the end of the file."""
        pairs = zip(super().finish(), self.profile_of, strict=True)
        return [replace(each, programs=tuple(dict.fromkeys(self.programs.get(of, ())))) for each, of in pairs]


def read_sdn_xml(source: Source, root: str) -> list[Listing]:
    """The addresses of an OFAC list in XML; raises SourceError for broken XML, a document type or an entity."""
    from xml.sax import SAXException, SAXParseException

    from defusedxml import DefusedXmlException
    from defusedxml.expatreader import create_parser

    reader: _Reader = _Legacy(source.name) if root == "sdnList" else _Advanced(source.name)
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(reader)
    tags = TagLength(source.name)
    try:
        with open_bytes(source) as stream:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                tags.see(len(chunk), (parser.getLineNumber(), parser.getColumnNumber()))
        parser.close()
    except DefusedXmlException as problem:
        raise SourceError(f"{source.name}: it declares a document type or entities; refused ({problem})") from None
    except SAXParseException as problem:
        where = f"line {problem.getLineNumber()}, column {problem.getColumnNumber()}"
        raise SourceError(
            f"{source.name}: not whole XML at {where}: {problem.getMessage()}; cut off? get the list again"
        ) from None
    except (SAXException, ValueError, LookupError) as problem:
        raise SourceError(f"{source.name}: unreadable XML: {problem}") from None
    return reader.finish()

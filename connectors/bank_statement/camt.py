"""CAMT.053 statements of ISO 20022 (also .052 reports and .054 notifications), any version, through a hardened parser.

Raw::

    <Ntry><Amt Ccy="EUR">250.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-08-05</Dt></BookgDt>
    <AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs><RltdPties><Cdtr><Nm>..

Specification: ISO 20022 message definitions camt.052, camt.053, camt.054, versions 001.02 to 001.13. Of the readers on
PyPI none keeps an entry's own text, its reversal mark and the parts of a batch apart, so the elements are walked here;
``defusedxml`` refuses document types, entities and external references before anything is expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from connectors.bank_statement.entries import Entry, Part, Refused, Statement, account_node, read_asset, read_units
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError, ZoneMissing
from trails.timestamps import Instant, parse_time
from trails.xml_bounds import Kept, TagLength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import TransferKind

#: So many statements, each of which is kept with its head until the file is read.
MOST_STATEMENTS = 100_000
_MOST_DEPTH = 60
_CHUNK = 1 << 16
#: By byte-order mark: the encoding, and the bytes of one sign.
_ENCODINGS = {b"\xff\xfe": ("utf-16-le", 2), b"\xfe\xff": ("utf-16-be", 2)}
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?\Z")
_FEES = ("CHRG", "FEES", "COMM")
_CASH = ("CWDL", "CDPT", "CHKD", "ATMW")


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
                found = next((child for child in found.children if child.tag == step), None) if found else None
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


def read_camt(data: bytes, name: str, scope: str, zone_name: str | None) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such XML."""
    statements: dict[int, Statement] = {}
    row = 0
    encoding, width = _ENCODINGS.get(data[:2], ("utf-8", 1))
    for head, element, end in _walk(data, name):
        if id(head) not in statements:
            if len(statements) >= MOST_STATEMENTS:
                raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} statements; split the file")
            statements[id(head)] = _statement(head, scope)
        statement = statements[id(head)]
        if element is None:
            _balances(head, statement)
            yield statement
            continue
        row += 1
        raw = data[element.start : data.find(b">", end) + width].decode(encoding, errors="replace")
        try:
            yield _entry(element, statement, row, raw, zone_name)
        except CellProblem as problem:
            statement.incomplete = True
            yield Refused(row, raw, problem.code, str(problem))


def _walk(data: bytes, name: str) -> Iterator[tuple[Element, Element | None, int]]:
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


def _statement(head: Element, scope: str) -> Statement:
    bank = head.value("Acct/Svcr/FinInstnId/BICFI", "Acct/Svcr/FinInstnId/BIC") or scope
    number = head.value("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id")
    holder = head.value("Acct/Ownr/Nm", "Acct/Ownr/Pty/Nm", "Acct/Nm")
    label = f"statement {head.value('ElctrncSeqNb', 'LglSeqNb', 'Id') or 'without number'} of {number or 'no account'}"
    account = account_node(number or f"unstated-{head.value('Id') or 'statement'}", bank, holder)
    return Statement(account, head.value("Acct/Ccy") or None, label)


def _balances(head: Element, statement: Statement) -> None:
    """The opening and closing balance; what cannot be read is no balance."""
    for balance in head.all("Bal"):
        code = balance.value("Tp/CdOrPrtry/Cd")
        amount = balance.find("Amt")
        if amount is None or code not in ("OPBD", "PRCD", "CLBD"):
            continue
        statement.currency = statement.currency or amount.attributes.get("Ccy")
        if amount.attributes.get("Ccy", statement.currency) != statement.currency:
            continue
        try:
            units = read_units(amount.text.strip(), read_asset(statement.currency or ""))
        except CellProblem:
            continue
        units = -units if balance.value("CdtDbtInd") == "DBIT" else units
        if code == "CLBD":
            statement.closing = units
        elif statement.opening is None or code == "OPBD":
            statement.opening = units


def _entry(element: Element, statement: Statement, row: int, raw: str, zone_name: str | None) -> Entry:
    amount = element.find("Amt")
    if amount is None:
        raise CellProblem("amount_missing", "the entry states no amount")
    code = amount.attributes.get("Ccy") or statement.currency or ""
    statement.currency = statement.currency or code or None
    booked = _when(element, "BookgDt", zone_name)
    valued = _when(element, "ValDt", zone_name)
    if booked is None and valued is None:
        raise CellProblem("time_missing", "the entry states neither a booked day nor a value day")
    incoming = _is_incoming(element.value("CdtDbtInd"))
    parts = [_part(detail, incoming) for detail in element.all("NtryDtls/TxDtls")]
    return Entry(
        row=row, raw=raw, statement=statement, amount=amount.text.strip(), currency=code, incoming=incoming,
        reversal=element.value("RvslInd") in ("true", "1"), status=_status(element),
        kind=_kind(element), booked=booked or valued or _NEVER, valued=valued,
        bank_reference=element.value("AcctSvcrRef", "NtryRef"),
        parts=tuple(parts) or (Part("", incoming, text=element.value("AddtlNtryInf")),),
    )  # fmt: skip


_NEVER = Instant(None, None, "unknown")


def _is_incoming(mark: str) -> bool:
    if mark not in ("CRDT", "DBIT"):
        raise CellProblem("direction_unknown", "the mark of its direction is neither CRDT nor DBIT")
    return mark == "CRDT"


def _status(element: Element) -> str:
    """Booked is ok; pending has moved nothing yet; for information is no movement."""
    said = element.value("Sts/Cd", "Sts/Prtry", "Sts")
    return {"BOOK": "ok", "": "ok", "PDNG": "unconfirmed", "FUTR": "unconfirmed"}.get(said, said)


def _kind(element: Element) -> TransferKind:
    family, code = element.value("BkTxCd/Domn/Fmly/Cd"), element.value("BkTxCd/Domn/Fmly/SubFmlyCd")
    if code in _FEES:
        return "fee"
    return "cash" if code in _CASH or family == "CNTR" else "transfer"


def _when(element: Element, word: str, zone_name: str | None) -> Instant | None:
    """A day (its noon, 12 h either way) or a moment; a day may carry an offset of its own."""
    moment, day = element.value(f"{word}/DtTm"), element.value(f"{word}/Dt")
    if not moment and not day:
        return None
    try:
        if moment:
            return parse_time(moment, zone_name=zone_name)
        found = _DAY.match(day)
        if found and found[2]:
            noon = parse_time(f"{found[1]}T12:00:00{found[2]}", zone_name=None)
            return Instant(noon.time, 43_200, noon.basis)
        return parse_time(day, zone_name=zone_name)
    except TimeError as problem:
        code = "time_no_zone" if isinstance(problem, ZoneMissing) else "time_damaged"
        raise CellProblem(code, str(problem)) from None


def _part(detail: Element, incoming: bool) -> Part:
    """One payment of an entry: the other party is the debtor of what comes in, the creditor of what goes out."""
    mark = detail.value("CdtDbtInd")
    inward = mark == "CRDT" if mark in ("CRDT", "DBIT") else incoming
    side = "Dbtr" if inward else "Cdtr"
    parties = detail.find("RltdPties") or Element("", {}, 0)
    texts = [line.text.strip() for line in detail.all("RmtInf/Ustrd")]
    texts += [
        detail.value("RmtInf/Strd/CdtrRefInf/Ref"),
        detail.value("RmtInf/Strd/AddtlRmtInf"),
        detail.value("AddtlTxInf"),
    ]
    unique, plain = detail.value("Refs/UETR"), detail.value("Refs/TxId")
    return Part(
        amount=detail.value("Amt", "AmtDtls/TxAmt/Amt"),
        incoming=inward,
        name=parties.value(f"{side}/Nm", f"{side}/Pty/Nm", f"Ultmt{side}/Nm", f"Ultmt{side}/Pty/Nm"),
        account=parties.value(f"{side}Acct/Id/IBAN", f"{side}Acct/Id/Othr/Id", f"{side}Acct/Id/PrtryAcct/Id"),
        bank=detail.value(f"RltdAgts/{side}Agt/FinInstnId/BICFI", f"RltdAgts/{side}Agt/FinInstnId/BIC"),
        reference=detail.value("Refs/EndToEndId", "Refs/InstrId", "Refs/AcctSvcrRef"),
        payment_id=f"uetr:{unique.lower()}" if unique else f"txid:{plain}" if plain and plain != "NOTPROVIDED" else "",
        text=" ".join(text for text in texts if text),
    )

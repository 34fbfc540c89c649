"""OFX statements: the SGML of versions 1.x, whose fields are never closed, and the XML of 2.x, by one tokenizer.

Raw::

    <STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240805120000[-5:EST]<TRNAMT>-250.00<FITID>F-1<NAME>Erika Fiktiv<MEMO>rent</STMTTRN>

Specification: OFX banking specification 1.6 and 2.2 (3.2.8 dates: without an offset, GMT). The libraries for it are either
GPL (ofxtools) or unmaintained since 2021 (ofxparse); the grammar is a tag and a text, so it is read here. Nothing in it is
expanded but the five entities of SGML, and a document type is refused.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.bank_statement.entries import Entry, Part, Refused, Statement, account_node
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError
from trails.records import find_damage
from trails.timestamps import Instant, parse_time
from trails.words import quote_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import TransferKind

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]{0,63})\s*(/?)>([^<]*)")
_DATE = re.compile(r"(\d{8})(\d{4}(?:\d{2})?)?(?:\.\d{1,6})?(?:\[([+-]?\d{1,2}(?:\.\d{1,2})?)(?::[^\]]{0,12})?\])?\Z")
_AMOUNT = re.compile(r"([+-]?)(\d{1,40})(?:[.,](\d{1,20}))?\Z")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&nbsp;": " ", "&amp;": "&"}
#: So many statements are read from one file.
MOST_STATEMENTS = 10_000
#: What stands in a statement before its transactions, and one transaction, have some hundred to some thousand characters.
_LONGEST_HEAD, _LONGEST_ENTRY = 100_000, 20_000
_ANY_STATEMENT = re.compile(r"<(?:CC)?STMTRS>", re.IGNORECASE)
_TRANSACTION = re.compile(r"<STMTTRN>", re.IGNORECASE)
_STATEMENTS = ("STMTRS", "CCSTMTRS")
_CHARSETS = {"1252": "cp1252", "8859-1": "iso-8859-1", "ISO-8859-1": "iso-8859-1", "UTF-8": "utf-8", "NONE": "cp1252"}


def ofx_encoding(data: bytes) -> str | None:
    """The encoding that the header of an OFX file states, None where it leaves UTF-8, or a byte-order mark says it."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return None
    head = data[:2_048].decode("latin-1")
    if found := re.search(r"CHARSET:\s*([\w-]+)", head):
        utf8 = re.search(r"ENCODING:\s*(UTF-8|UNICODE)", head)
        return "utf-8" if utf8 else _CHARSETS.get(found[1].upper(), "cp1252")
    found = re.search(r"""encoding\s*=\s*["']([\w-]{1,20})["']""", head)
    return found[1] if found else None


def read_ofx(text: str, name: str, scope: str, zone_name: str | None) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such file."""
    if "<!" in text[:100_000] and re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise SourceError(f"{name}: the file has a document type or entities, as a bomb would: refused")
    if not re.search(r"<OFX>", text, re.IGNORECASE):
        raise SourceError(f"{name}: no OFX file: it has no element <OFX>")
    if not re.search(r"</OFX>\s*\Z", text, re.IGNORECASE):
        raise SourceError(f"{name}: the file is truncated: </OFX> is missing at its end; get the whole file")
    row = 0
    for number, (start, statement, end) in enumerate(_statements(text, scope), start=1):
        if number > MOST_STATEMENTS:
            raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} statements; split the file")
        for raw, fields in _transactions(text, start, end):
            row += 1
            try:
                _check_raw(raw)
                yield _entry(fields, statement, row, raw, zone_name)
            except CellProblem as problem:
                yield Refused(row, raw, problem.code, str(problem))
        yield statement


def _check_raw(raw: str) -> None:
    if damage := find_damage(raw):
        raise CellProblem("text_damaged", damage)
    if len(raw) > _LONGEST_ENTRY:
        message = f"a transaction of {len(raw):,} characters: none is as long"
        raise CellProblem("entry_damaged", message)


def _statements(text: str, scope: str) -> Iterator[tuple[int, Statement, int]]:
    for kind in _STATEMENTS:
        for found in re.finditer(rf"<{kind}>", text, re.IGNORECASE):
            # one that is never closed ends where the next begins: no transaction is of two statements
            following = _ANY_STATEMENT.search(text, found.end())
            limit = following.start() if following else len(text)
            closing = re.compile(rf"</{kind}>", re.IGNORECASE).search(text, found.end(), limit)
            end = closing.start() if closing else limit
            listed = re.compile(r"<BANKTRANLIST>", re.IGNORECASE).search(text, found.end(), end)
            head = _fields(text[found.end() : listed.start() if listed else end][:_LONGEST_HEAD])
            number, bank = head.get("ACCTID", ""), head.get("BANKID", "") or scope
            account = account_node(number or "unstated", bank)
            yield (
                found.end(),
                Statement(account, head.get("CURDEF") or None, f"statement of {number or 'no account'}"),
                end,
            )


def _transactions(text: str, start: int, end: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Each transaction's text and fields; one that is never closed ends where the next begins."""
    begin = _TRANSACTION.search(text, start, end)
    while begin:
        following = _TRANSACTION.search(text, begin.end(), end)
        limit = following.start() if following else end
        closing = re.compile(r"</STMTTRN>", re.IGNORECASE).search(text, begin.start(), limit)
        raw = text[begin.start() : closing.end() if closing else limit].rstrip()
        yield raw, _fields(raw) if closing and len(raw) <= _LONGEST_ENTRY else {}
        begin = following


def _fields(text: str) -> dict[str, str]:
    """The fields of a piece of OFX by name, and by ``AGGREGATE.NAME`` inside aggregates; the first of equal ones."""
    fields: dict[str, str] = {}
    inside: list[str] = []
    for found in _TOKEN.finditer(text):
        closing, tag, empty, value = found[1], found[2].upper(), found[3], _unescape(found[4].strip())
        if closing:
            if tag in inside:
                del inside[len(inside) - 1 - inside[::-1].index(tag) :]
        elif value:
            fields.setdefault(tag, value)
            if inside:
                fields.setdefault(f"{inside[-1]}.{tag}", value)
        elif not empty and len(inside) < 20:
            inside.append(tag)
    return fields


def _unescape(text: str) -> str:
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    return text


def _entry(fields: dict[str, str], statement: Statement, row: int, raw: str, zone_name: str | None) -> Entry:
    if not fields:
        raise CellProblem("entry_damaged", "the transaction is never closed: cut off, or another stands inside it")
    found = _AMOUNT.match(fields.get("TRNAMT", "").replace(" ", ""))
    if not found:
        raise CellProblem("amount_damaged", f"TRNAMT {quote_cell(fields.get('TRNAMT', ''))} is no amount")
    incoming = found[1] != "-"
    posted = _time(fields.get("DTPOSTED", ""), "DTPOSTED", zone_name)
    made = _time(fields["DTUSER"], "DTUSER", zone_name) if fields.get("DTUSER") else None
    what = fields.get("TRNTYPE", "").upper()
    kind: TransferKind = "fee" if what in ("FEE", "SRVCHG") else "cash" if what in ("ATM", "CASH") else "transfer"
    reference = next((fields[word] for word in ("REFNUM", "CHECKNUM") if fields.get(word)), "")
    text = " ".join(fields[word] for word in ("NAME", "PAYEE.NAME", "MEMO") if fields.get(word))
    part = Part(
        "",
        incoming,
        name=fields.get("PAYEE.NAME") or fields.get("NAME", ""),
        account=fields.get("BANKACCTTO.ACCTID", ""),
        bank=fields.get("BANKACCTTO.BANKID", ""),
        reference=reference,
        text=text,
    )
    return Entry(
        row=row, raw=raw, statement=statement, amount=f"{found[2]}.{found[3]}" if found[3] else found[2],
        currency=fields.get("CURRENCY.CURSYM") or statement.currency or "", incoming=incoming,
        reversal=bool(fields.get("CORRECTFITID")), status="ok", kind=kind, booked=posted, valued=made,
        bank_reference=fields.get("FITID", ""),
        parts=(part,),
    )  # fmt: skip


def _time(text: str, word: str, zone_name: str | None) -> Instant:
    """A date of OFX: with its offset stated; without one a moment is GMT, and a bare day is the bank's."""
    found = _DATE.match(text.strip())
    if not found:
        raise CellProblem("time_damaged", f"{word} {quote_cell(text)} is no date of OFX (20240805120000[-5:EST])")
    day, clock, offset = found[1], found[2], found[3]
    try:
        if not clock:
            return parse_time(f"{day[:4]}-{day[4:6]}-{day[6:]}", zone_name=zone_name or "UTC")
        moment = datetime.strptime(day + clock.ljust(6, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        hours = timedelta(hours=float(offset)) if offset else timedelta(0)
        if abs(hours) > timedelta(hours=14):
            raise CellProblem("time_damaged", f"{word} {text[:40]!r} has an offset of more than 14 hours")
        instant = parse_time((moment - hours).isoformat(), zone_name=None)
    except (ValueError, OverflowError):
        raise CellProblem("time_damaged", f"{word} {text[:40]!r} is no date of the calendar") from None
    except TimeError as problem:
        raise CellProblem("time_damaged", str(problem)) from None
    midnight = clock.ljust(6, "0") in ("000000", "120000")
    return replace(instant, error_s=43_200) if midnight else instant

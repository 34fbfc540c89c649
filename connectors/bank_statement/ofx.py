"""OFX statements: the SGML of versions 1.x, whose fields are never closed, and the XML of 2.x, by one tokenizer.

Raw::

    <STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240805120000[-5:EST]<TRNAMT>-250.00<FITID>F-1<NAME>Erika Fiktiv<MEMO>rent</STMTTRN>

Specification: OFX banking specification 1.6 and 2.2 (3.2.8 dates: without an offset, GMT). The libraries for it are either
GPL (ofxtools) or unmaintained since 2021 (ofxparse); the grammar is a tag and a text, so it is read here. Nothing in it is
expanded but the five entities of SGML, and a document type is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from connectors.bank_statement.accounts import account_node, is_iban, known_account, show_account, split_account
from connectors.bank_statement.amounts import read_amount, read_asset
from connectors.bank_statement.entries import Entry, Part, Refused, Statement
from connectors.bank_statement.ofx_dates import read_ofx_time
from trails.columns import CellProblem
from trails.errors import SourceError
from trails.model import Issue
from trails.records import find_damage, mend
from trails.words import quote_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.model import TransferKind

#: A tag, and its text: a sign < that begins no tag is part of it.
_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]{0,63})\s*(/?)>([^<]*(?:<(?![A-Za-z/!?])[^<]*)*)")
_AMOUNT = re.compile(r"\s*([+-]?)\s*([\d.,]{1,60})\s*\Z")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&nbsp;": " ", "&amp;": "&"}
#: So many statements are read from one file.
MOST_STATEMENTS = 10_000
#: What stands in a statement before its transactions, and one transaction, have some hundred to some thousand characters.
_LONGEST_HEAD, _LONGEST_ENTRY = 100_000, 20_000
#: A statement ends at its own closing tag, at any other statement's, or where the next one begins.
_STATEMENT = re.compile(r"<(\w{0,10}STMTRS)\s*>", re.IGNORECASE)
_STATEMENT_END = re.compile(r"</\w{0,10}STMTRS\s*>|</?\w{0,10}STMTTRNRS\s*>", re.IGNORECASE)
#: A transaction, and since OFX 2.2 one that is pending.
_TRANSACTION = re.compile(r"<STMTTRNP?\s*>", re.IGNORECASE)
_TRANSACTION_END = re.compile(r"</STMTTRNP?\s*>", re.IGNORECASE)
_LIST = re.compile(r"<(?:BANK|INV)TRANLISTP?\s*>", re.IGNORECASE)
_STATEMENTS = ("STMTRS", "CCSTMTRS")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
#: Marks of HTML, as some banks leave them in a text; none is a field.
_MARKUP = re.compile(r"</?(?:b|i|u|em|strong)\s*>|(<br\s*/?>)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
#: Behind the end nothing stands that could be an entry: a mark of the end of a file (Ctrl-Z), zeros, a line of text.
_END = re.compile(r"</OFX\s*>[^<]*\Z", re.IGNORECASE)
#: A statement whose every field is read at most once; two sums that differ are none.
_ONCE, _DOUBLED = ("TRNAMT", "DTPOSTED"), "a field that stands twice"
#: The type of account that a number alone means; others of one bank may have the same number.
_PLAIN_TYPES = ("", "CHECKING")
_BEGIN = re.compile(r"\ufeff?\s*(OFXHEADER\s*:|<\?OFX\b|(<\?xml[^>]*>\s*)?(<\?OFX[^>]*>\s*)?<OFX[\s>])", re.IGNORECASE)
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


def is_ofx(text: str) -> bool:
    """Whether a file begins as OFX does; some programs put its header into a comment of XML.

    >>> is_ofx("<?xml version='1.0'?><!-- OFXHEADER:100 --><OFX>"), is_ofx("<html>")
    (True, False)
    """
    return bool(_BEGIN.match(_COMMENT.sub("", text[:8_192])))


def read_ofx(
    text: str, name: str, scope: str, zone_name: str | None, code: str | None = None
) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such file.

    ``code`` is the currency that was said for statements that state none.
    """
    if "<!" in text[:100_000] and re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise SourceError(f"{name}: the file has a document type or entities, as a bomb would: refused")
    if not re.search(r"<OFX[\s>]", text, re.IGNORECASE):
        raise SourceError(f"{name}: no OFX file: it has no element <OFX>")
    # a comment is no statement and no transaction; every other sign keeps its place
    bare = _COMMENT.sub(lambda found: " " * len(found[0]), text) if "<!--" in text else text
    if not _END.search(bare, max(0, bare.upper().rfind("</OFX"))):
        raise SourceError(f"{name}: the file is truncated: </OFX> is missing at its end; get the whole file")
    row = 0
    for number, piece in enumerate(_pieces(bare, scope, code)):
        if number > MOST_STATEMENTS:
            raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} statements; split the file")
        for start, end, fields in _transactions(bare, piece.start, piece.end):
            row += 1
            raw = text[start:end]
            try:
                _check_raw(raw)
                yield _entry(fields, piece.statement, row, raw, zone_name)
            except CellProblem as problem:
                yield Refused(row, raw, problem.code, str(problem))
        for start, end, _fields_of in _transactions(bare, piece.end, piece.limit):
            row += 1
            yield Refused(
                row, text[start:end], "entry_misplaced", "a transaction that stands in no statement of an account"
            )
        if piece.start:
            yield piece.statement


@dataclass(frozen=True, slots=True)
class _Piece:
    """A statement with its transactions' place in the text, and where the next statement begins."""

    statement: Statement
    start: int
    end: int
    limit: int


def _check_raw(raw: str) -> None:
    if damage := find_damage(raw):
        raise CellProblem("text_damaged", damage)
    if len(raw) > _LONGEST_ENTRY:
        message = f"a transaction of {len(raw):,} characters: none is as long"
        raise CellProblem("entry_damaged", message)


def _pieces(text: str, scope: str, code: str | None) -> Iterator[_Piece]:
    """The statements in the order of the file, before them what stands before the first."""
    nobody = Statement(account_node("unstated", scope), None, "no statement")
    opening = _STATEMENT.search(text)
    yield _Piece(nobody, 0, 0, opening.start() if opening else len(text))
    number = 0
    while opening:
        number += 1
        following = _STATEMENT.search(text, opening.end())
        limit = following.start() if following else len(text)
        closing = _STATEMENT_END.search(text, opening.end(), limit)
        end = closing.start() if closing else limit
        yield _Piece(_statement(text, opening, end, scope, number, code), opening.end(), end, limit)
        opening = following


def _statement(text: str, opening: re.Match[str], end: int, scope: str, number: int, code: str | None) -> Statement:
    """A statement by its head: the account, and the currency it names or the account has behind its IBAN."""
    listed = _LIST.search(text, opening.end(), end)
    head = _fields(text[opening.end() : listed.start() if listed else end][:_LONGEST_HEAD])
    written = head.get("ACCTID", "")
    account, account_code = split_account("" if find_damage(written) else written)
    bank = mend(_bank(head, "") or head.get("BROKERID", "") or scope)
    shown = show_account(written, account) if account else "no account"
    node = account_node(_typed(account, head, "") or f"unstated-{number}", bank)
    statement = Statement(node, None, f"statement of {shown}")
    stated = head.get("CURDEF") or account_code
    statement.currency, statement.stated_currency = stated or code or None, bool(stated)
    if not account:
        message = f"{statement.label}: no <ACCTID> that can be read says whose account it is: kept as one of its own"
        statement.said.append(Issue(None, "warning", "account_missing", message))
    if opening[1].upper() not in _STATEMENTS:
        message = f"{statement.label}: of a statement {opening[1][:15].upper()} only the payments are read, no trades or loans"
        statement.said.append(Issue(None, "warning", "statement_unread", message))
    return statement


def _bank(fields: dict[str, str], inside: str) -> str:
    """The bank of an account, with its branch where one is stated: branches give the same numbers."""
    bank, branch = fields.get(f"{inside}BANKID", ""), fields.get(f"{inside}BRANCHID", "")
    return f"{bank}-{branch}" if bank and branch else bank


def _typed(number: str, fields: dict[str, str], inside: str) -> str:
    """The number of an account with its type, where that is not the usual one: some banks number only their customers."""
    what = fields.get(f"{inside}ACCTTYPE", "").upper()
    return number if not number or what in _PLAIN_TYPES or is_iban(number) else f"{number}-{what}"


def _transactions(text: str, start: int, end: int) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Where each transaction begins and ends, and its fields; one that is never closed ends where the next begins."""
    begin = _TRANSACTION.search(text, start, end)
    while begin:
        following = _TRANSACTION.search(text, begin.end(), end)
        limit = following.start() if following else end
        closing = _TRANSACTION_END.search(text, begin.start(), limit)
        stop = closing.end() if closing else begin.start() + len(text[begin.start() : limit].rstrip())
        whole = closing and stop - begin.start() <= _LONGEST_ENTRY
        yield begin.start(), stop, _fields(text[begin.start() : stop]) if whole else {}
        begin = following


def _fields(text: str) -> dict[str, str]:
    """The fields of a piece of OFX by name, and by ``AGGREGATE.NAME`` inside aggregates; the first of equal ones."""
    fields: dict[str, str] = {}
    inside: list[str] = []
    text = _MARKUP.sub(lambda found: " " if found[1] else "", text)
    if "<![CDATA[" in text:
        text = _CDATA.sub(lambda found: escape(found[1]), text)
    for found in _TOKEN.finditer(text):
        closing, tag, empty, value = found[1], found[2].upper(), found[3], _unescape(found[4].strip())
        if closing:
            if tag in inside:
                del inside[len(inside) - 1 - inside[::-1].index(tag) :]
        elif value:
            if fields.setdefault(tag, value) != value and tag in _ONCE:
                fields.setdefault(_DOUBLED, tag)
            if inside:
                fields.setdefault(f"{inside[-1]}.{tag}", value)
        elif not empty and len(inside) < 20:
            inside.append(tag)
    return fields


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    return text


def _entry(fields: dict[str, str], statement: Statement, row: int, raw: str, zone_name: str | None) -> Entry:
    if not fields:
        raise CellProblem("entry_damaged", "the transaction is never closed: cut off, or another stands inside it")
    if _DOUBLED in fields:
        raise CellProblem("entry_damaged", f"{fields[_DOUBLED]} stands twice in the transaction, with different values")
    found = _AMOUNT.match(fields.get("TRNAMT", ""))
    if not found:
        raise CellProblem("amount_damaged", f"TRNAMT {quote_cell(fields.get('TRNAMT', ''))} is no amount")
    currency = fields.get("CURRENCY.CURSYM") or statement.currency or ""
    amount = read_amount(found[2], read_asset(currency).decimals or 0)
    incoming = found[1] != "-"
    pending = "DTPOSTED" not in fields and "DTTRAN" in fields
    day = "DTTRAN" if pending else "DTPOSTED"
    posted = read_ofx_time(fields.get(day, ""), day, zone_name)
    made = read_ofx_time(fields["DTUSER"], "DTUSER", zone_name) if fields.get("DTUSER") else None
    what = fields.get("TRNTYPE", "").upper()
    kind: TransferKind = "fee" if what in ("FEE", "SRVCHG") else "cash" if what in ("ATM", "CASH") else "transfer"
    reference = next((fields[word] for word in ("REFNUM", "CHECKNUM") if fields.get(word)), "")
    text = " ".join(fields[word] for word in ("NAME", "PAYEE.NAME", "EXTDNAME", "MEMO") if fields.get(word))
    account, bank = _other_account(fields)
    part = Part(
        "",
        incoming,
        name=fields.get("PAYEE.NAME") or fields.get("NAME") or fields.get("EXTDNAME", ""),
        account=account,
        bank=bank,
        reference=reference,
        text=text,
    )
    return Entry(
        row=row, raw=raw, statement=statement, amount=amount, currency=currency, incoming=incoming,
        reversal=bool(fields.get("CORRECTFITID")), status="unconfirmed" if pending else "ok", kind=kind, booked=posted, valued=made,
        bank_reference=fields.get("FITID", ""),
        parts=(part,), doubts=tuple(_doubts(row, what if amount.strip("0.") else "", fields, incoming=incoming)),
    )  # fmt: skip


def _other_account(fields: dict[str, str]) -> tuple[str, str]:
    """The other side's account and its bank: an account, or a card."""
    number = fields.get("BANKACCTTO.ACCTID")
    if number is None:
        return fields.get("CCACCTTO.ACCTID", ""), ""
    written = _typed(number, fields, "BANKACCTTO.") if known_account(number) else number
    return written, _bank(fields, "BANKACCTTO.")


def _doubts(row: int, what: str, fields: dict[str, str], *, incoming: bool) -> Iterator[Issue]:
    if (what, incoming) in (("DEBIT", True), ("CREDIT", False)):
        way = "comes in" if incoming else "goes out"
        message = f"its type is {what}, the sign of its sum that of money that {way}: kept by the sign"
        yield Issue(row, "warning", "direction_differs", message)
    if fields.get("CORRECTFITID"):
        message = "it says that it corrects another entry of the bank: both are kept, so one sum may be counted twice"
        yield Issue(row, "warning", "corrects_entry", message)

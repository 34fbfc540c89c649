"""CAMT.053 statements of ISO 20022 (also .052 reports and .054 notifications), any version, through a hardened parser.

Raw::

    <Ntry><Amt Ccy="EUR">250.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-08-05</Dt></BookgDt>
    <AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs><RltdPties><Cdtr><Nm>..

Specification: ISO 20022 message definitions camt.052, camt.053, camt.054, versions 001.02 to 001.13. Of the readers on
PyPI none keeps an entry's own text, its reversal mark and the parts of a batch apart, so the elements are walked
(:mod:`.camt_xml`); what an entry is made of is in :mod:`.camt_parts`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import account_node, show_account, split_account, stated
from connectors.bank_statement.amounts import read_asset, read_units
from connectors.bank_statement.camt_parts import Booked, read_parts, show_code
from connectors.bank_statement.camt_xml import walk_entries
from connectors.bank_statement.entries import Entry, Refused, Statement
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError, ZoneMissing
from trails.model import Issue
from trails.timestamps import Instant, parse_time
from trails.words import count_words, quote_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.bank_statement.camt_xml import Element
    from trails.model import TransferKind

#: So many statements, each of which is kept with its head until the file is read.
MOST_STATEMENTS = 100_000
#: By byte-order mark: the encoding, and the bytes of one sign.
_ENCODINGS = {b"\xff\xfe": ("utf-16-le", 2), b"\xfe\xff": ("utf-16-be", 2)}
#: The balances that a statement's entries lead from and to; all others (available, interim, forward) are no sum of them.
_OPENING = ("OPBD", "PRCD")
_CLOSING = "CLBD"
_STATUSES = {"BOOK": "ok", "": "ok", "PDNG": "unconfirmed", "FUTR": "unconfirmed", "INFO": "INFO"}
_DECLARED = re.compile(rb"""<\?xml[^>]{1,100}?encoding\s*=\s*["']([\w.-]{1,30})["']""")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?\Z")
_FEES = ("CHRG", "FEES", "COMM")
_CASH = ("CWDL", "CDPT", "CHKD", "ATMW")


def read_camt(
    data: bytes, name: str, scope: str, zone_name: str | None, currency: str | None = None
) -> Iterator[Entry | Refused | Statement]:
    """The entries of a file, and each statement after its last one; raises SourceError for what is no such XML.

    ``currency`` is for amounts that name none, in statements that name none.
    """
    statements: dict[int, Statement] = {}
    row = 0
    encoding, width = _ENCODINGS.get(data[:2]) or (_declared(data), 1)
    for head, element, end in walk_entries(data, name):
        if id(head) not in statements:
            if len(statements) >= MOST_STATEMENTS:
                raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} statements; split the file")
            statements[id(head)] = _statement(head, scope, currency)
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
            yield Refused(row, raw, problem.code, str(problem))


def _declared(data: bytes) -> str:
    """The encoding that the XML declares, to show an entry as it stands; the parser reads it by the same."""
    found = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    try:
        return codecs.lookup(found[1].decode("ascii")).name if found else "utf-8"
    except LookupError:
        return "utf-8"


def _statement(head: Element, scope: str, said: str | None) -> Statement:
    bank = head.value("Acct/Svcr/FinInstnId/BICFI", "Acct/Svcr/FinInstnId/BIC") or scope
    written = stated(head.value("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id"))
    number, behind = split_account(written)
    holder = head.value("Acct/Ownr/Nm", "Acct/Ownr/Pty/Nm", "Acct/Nm")
    shown = head.value("ElctrncSeqNb", "LglSeqNb", "Id")
    shown = (shown if quote_id(shown)[0] in "'\"" else quote_id(shown)) or "without number"
    label = f"statement {shown} of {show_account(written, number) if number else 'no account'}"
    account = account_node(number or f"unstated-{head.value('Id') or 'statement'}", bank, holder)
    code = head.value("Acct/Ccy") or behind or _balance_currency(head)
    statement = Statement(account, code or said, label, number=head.value("Id"), stated_currency=bool(code))
    statement.opening = _opening(head, statement)  # the rest of the balances is read behind the entries
    return statement


def _opening(head: Element, statement: Statement) -> int | None:
    """The opening balance, to know whether a statement goes on with the one before."""
    early = replace(statement, said=[])
    _balances(head, early)
    return early.opening


def _balance_currency(head: Element) -> str | None:
    """The currency of the balances that entries lead from and to, where the account states none of its own."""
    amounts = {_code_of(balance): balance.find("Amt") for balance in reversed(head.all("Bal"))}
    found = [amount.attributes.get("Ccy", "") for code in (*_OPENING, _CLOSING) if (amount := amounts.get(code))]
    return next((currency for currency in found if currency), None)


def _code_of(balance: Element) -> str:
    return balance.value("Tp/CdOrPrtry/Cd")


def _balances(head: Element, statement: Statement) -> None:
    """The opening and closing balance; one that cannot be compared is none, and is told.

    Of several days the first opens and the last closes, as some banks state both for each day.
    """
    found: dict[str, list[tuple[str, int]]] = {code: [] for code in (*_OPENING, _CLOSING)}
    for balance in head.all("Bal"):
        code, amount = _code_of(balance), balance.find("Amt")
        if code not in found:
            continue
        try:
            units = _balance_units(balance, amount, statement)
        except CellProblem as problem:
            _say_balance(statement, "closing" if code == _CLOSING else "opening", problem.code, str(problem))
            continue
        found[code].append((balance.value("Dt/Dt", "Dt/DtTm")[:10], units))
    booked, before = (found[code] for code in _OPENING)
    statement.opening = _of_day(booked or before, min, "opening", statement)
    statement.closing = _of_day(found[_CLOSING], max, "closing", statement)


def _of_day(
    found: list[tuple[str, int]], choose: Callable[[list[str]], str], name: str, statement: Statement
) -> int | None:
    """The balance of the first or the last day; two of one day that differ say nothing."""
    if not found:
        return None
    day = choose([each for each, _ in found])
    units = {units for each, units in found if each == day}
    if len(units) > 1:
        _say_balance(statement, name, "balance_doubled", f"{len(units)} of one day differ")
        return None
    return units.pop()


def _say_balance(statement: Statement, name: str, code: str, why: str) -> None:
    message = f"{statement.label}: the {name} balance is not compared with its entries: {why}"
    statement.said.append(Issue(None, "warning", code, message))


def _balance_units(balance: Element, amount: Element | None, statement: Statement) -> int:
    """A balance with its sign, in the currency of its account; raises CellProblem."""
    if amount is None:
        raise CellProblem("balance_damaged", "it states no amount")
    stated = amount.attributes.get("Ccy", "").strip() or statement.currency or ""
    statement.currency = statement.currency or stated or None
    if stated != statement.currency:
        said = f"it is in {show_code(stated)}, the account in {show_code(statement.currency or '')}"
        raise CellProblem("balance_currency", said)
    try:
        units = read_units(amount.text.strip(), read_asset(stated))
        incoming = _is_incoming(balance.value("CdtDbtInd"))
    except CellProblem as problem:
        raise CellProblem("balance_damaged", str(problem)) from None
    return units if incoming else -units


def _entry(element: Element, statement: Statement, row: int, raw: str, zone_name: str | None) -> Entry:
    amount = element.find("Amt")
    if amount is None:
        raise CellProblem("amount_missing", "the entry states no amount")
    notes: list[Issue] = []
    code = _currency(amount.attributes.get("Ccy", "").strip(), statement, row, notes)
    booked = _when(element, "BookgDt", zone_name)
    valued = _when(element, "ValDt", zone_name)
    if booked is None and valued is None:
        raise CellProblem("time_missing", "the entry states neither a booked day nor a value day")
    incoming = _is_incoming(element.value("CdtDbtInd"))
    text = amount.text.strip()
    parts = read_parts(element, Booked(row, text, code, incoming=incoming, account=statement.account), notes)
    return Entry(
        row=row, raw=raw, statement=statement, amount=text, currency=code, incoming=incoming,
        reversal=element.value("RvslInd") in ("true", "1"), status=_status(element),
        kind=_kind(element), booked=booked or valued or _NEVER, valued=valued,
        bank_reference=element.value("AcctSvcrRef", "NtryRef"), parts=parts, doubts=tuple(notes),
    )  # fmt: skip


def _currency(stated: str, statement: Statement, row: int, notes: list[Issue]) -> str:
    """The currency an entry is written with, else its account's; each time it is not simply both, that is told."""
    own = statement.currency or ""
    if not stated and own:
        message = f"the amount names no currency: it is taken as {show_code(own)}, its account's"
        notes.append(Issue(row, "note", "currency_of_account", message))
    elif stated and own and stated != own:
        message = (
            f"the entry is written in {show_code(stated)}, its account is kept in {show_code(own)}: kept as written, and "
            "not counted in the check of the balances"
        )
        notes.append(Issue(row, "warning", "entry_currency", message))
    statement.currency = own or stated or None
    return stated or own


_NEVER = Instant(None, None, "unknown")


def _is_incoming(mark: str) -> bool:
    if mark not in ("CRDT", "DBIT"):
        raise CellProblem("direction_unknown", "the mark of its direction is neither CRDT nor DBIT")
    return mark == "CRDT"


def _status(element: Element) -> str:
    """Booked is ok; pending has moved nothing yet; for information is no movement; of any other nobody knows."""
    said = element.value("Sts/Cd", "Sts/Prtry", "Sts")
    found = _STATUSES.get(said.upper())
    if found is None:
        shown = count_words(len(said), "sign")
        message = f"its status ({shown}) is none of BOOK, PDNG, FUTR and INFO: whether it was booked is open"
        raise CellProblem("status_unknown", message)
    return found


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

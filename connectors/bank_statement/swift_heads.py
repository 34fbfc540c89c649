"""The fields of MT940 before and after the entries: whose account it is, its currency, and what it must balance with.

A field that cannot be read whole counts as not stated, and an issue names it: it costs nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import (
    account_node,
    is_currency,
    is_iban,
    plain_account,
    show_account,
    split_account,
)
from connectors.bank_statement.amounts import read_amount, read_asset, read_units
from connectors.bank_statement.entries import Statement
from trails.columns import CellProblem
from trails.model import Issue
from trails.records import find_damage, mend
from trails.words import count_words, quote_id

if TYPE_CHECKING:
    from connectors.bank_statement.swift_fields import Block, Field

#: A number of an account has at most 35 signs, with a bank before it and a currency behind it some more.
_LONGEST_ACCOUNT = 80
_NAMES = ("20", "21", "25", "25P")
_NUMBER = re.compile(r"\s*(\d{1,10})(?:\s*/\s*(\d{1,10}))?\s*\Z")
_BALANCE = re.compile(r"(?P<mark>[CD])(?P<day>\d{6})(?P<code>[A-Z]{3})?(?P<amount>\d[\d.,]*|[.,]\d+)\Z")
_FLOOR = re.compile(r"(?P<code>[A-Z]{3})(?P<mark>[CD ]?)(?P<amount>\d[\d.,]*|[.,]\d+)?\Z")
_SUM = re.compile(r"(?P<count>\d{0,5})\s?(?P<code>[A-Z]{3})(?P<amount>\d[\d.,]*|[.,]\d+)\Z")
#: Banks that write the other side's account at the beginning of a payment's text, by their own code in the envelope.
_GIRO = re.compile(r"^(?:\{1:[F\d]\d{2,5}|\d{4} \d\d)?(?:ASNB|INGB|PSTB|RBRB|SNSB)NL2[1A]", re.MULTILINE)
_RABOBANK = re.compile(r"940([AS])\d{6}\s*\Z")
_GIRO_IBAN = re.compile(r"NL\d\d(?:ASNB|INGB|PSTB|RBRB|SNSB)")


@dataclass(frozen=True, slots=True)
class Head:
    """A statement, and what its head says of the layout of its entries; of Rabobank's the letter, A of old and S with IBANs."""

    statement: Statement
    interim: bool
    giro: bool
    rabobank: str


def read_head(block: Block, scope: str, number: int, said: str | None) -> Head:
    """The statement of a block, with the issues of what cannot be read in its fields."""
    issues: list[Issue] = []
    own = _first(block, "25", "25P")
    lines = own.rows if own else [""]
    account, account_code = _split(lines[0])
    bank = mend(plain_account(lines[1])) if own and own.tag == "25P" and len(lines) > 1 else ""
    readable = 0 < len(account) <= _LONGEST_ACCOUNT and not find_damage(account)
    node = account_node(account if readable else f"unstated-{number}", bank[:11] or scope)
    reference = _first(block, "20")
    count = _first(block, "28C", "28")
    written = _NUMBER.match(_line(count)) if count else None
    shown = written[1].lstrip("0") or "0" if written else _shown(reference) or str(number)
    whose = show_account(lines[0], account) if readable else "no account"
    statement = Statement(node, None, f"statement {shown} of {whose}", number=_line(count) if count else shown)
    if not readable:
        message = "no :25: that can be read says whose account it is: kept as one of its own"
        _say(issues, statement, "account_missing", message)
    if count and not written:
        _say(issues, statement, "head_damaged", _unread(count))
    _check_head(block, statement, issues)
    interim = bool(block.find("34F", "90D", "90C")) and not block.find("60F", "60M", "62F", "62M")
    statement.must_balance = not interim
    _read_money(block, statement, issues, account_code, said)
    if interim and block.entries:
        message = f"{statement.label}: an interim report (MT942): its entries are kept as not yet confirmed"
        issues.append(Issue(None, "note", "interim", message))
    statement.said = issues
    layout = _RABOBANK.match(_line(reference)) if reference else None
    giro = bool(_GIRO.search(block.before) or _GIRO_IBAN.match(account))
    return Head(statement, interim, giro, layout[1] if layout else "")


def _check_head(block: Block, statement: Statement, issues: list[Issue]) -> None:
    """What a head lacks that the standard asks for."""
    if (
        block.find("25", "25P")
        and not block.entries
        and not block.tail
        and all(each.tag in _NAMES for each in block.head)
    ):
        message = "nothing follows its :25:; whose the entries are that stand next is open"
        _say(issues, statement, "account_alone", message)
    if block.head and not block.find("20"):
        message = f"{statement.label}: its message has no :20: (the bank's reference), which the standard asks for"
        issues.append(Issue(None, "note", "reference_missing", message))


def _shown(reference: Field | None) -> str:
    """A message's reference for issues; empty where words of it may be a name."""
    text = mend(_line(reference)[:16].strip()) if reference else ""
    return text if quote_id(text).startswith(("'", '"')) else ""


def _split(text: str) -> tuple[str, str]:
    """An account's own number and currency: a bank before an IBAN is left out, a currency behind a number is parted."""
    plain = plain_account(text)
    if len(plain) > _LONGEST_ACCOUNT:
        return plain, ""
    last, code = split_account(plain.rpartition("/")[2])
    before = plain.rpartition("/")[0]
    if not is_iban(last) and is_currency(last) and before:  # BANK/NUMBER/EUR
        last, code = split_account(before.rpartition("/")[2])[0], last
        plain = before
    if is_iban(last):
        return last, code
    if plain[-4:-3].isdigit() and plain[-3:].isalpha() and is_currency(plain[-3:]):
        return plain[:-3], plain[-3:]
    return plain, code


def _read_money(block: Block, statement: Statement, issues: list[Issue], account_code: str, said: str | None) -> None:
    """Currency, balances and control sums; the option ``--currency`` decides only what the statement leaves open."""
    opening = _balance(block, statement, issues, "60F", "60M", "60")
    closing = _balance(block, statement, issues, "62F", "62M", "62")
    further = [(each.tag, _match(_BALANCE, each, statement, issues)) for each in block.find("64", "65")]
    floors = [found for each in block.find("34F") if (found := _match(_FLOOR, each, statement, issues))]
    sums = [(each.tag, found) for each in block.find("90D", "90C") if (found := _match(_SUM, each, statement, issues))]
    every = (opening, closing, *floors, *(found for _tag, found in sums))
    codes = [found["code"] for found in every if found and found["code"]]
    codes += [account_code] if account_code else []
    statement.stated_currency = bool(codes)
    statement.currency = codes[0] if codes else (said or "").strip().upper() or None
    if len(set(codes)) > 1:
        message = (
            f"its fields name the currencies {', '.join(dict.fromkeys(codes))}: the entries are kept in {codes[0]}"
        )
        _say(issues, statement, "currency_differs", message)
    try:
        decimals = read_asset(statement.currency or "").decimals or 0
    except CellProblem:
        return  # every entry says so itself
    if opening and opening["code"] in (None, statement.currency):
        statement.opening = _units(block.find("60F", "60M", "60")[0].tag, opening, decimals, statement, issues)
    if closing and closing["code"] in (None, statement.currency):
        statement.closing = _units(block.find("62F", "62M", "62")[0].tag, closing, decimals, statement, issues)
    for tag, found in further:  # not used, and still never read in part
        if found:
            _units(tag, found, decimals, statement, issues)
    for tag, found in sums:
        units = _units(tag, found, decimals, statement, issues)
        if found["count"] and units is not None:
            statement.sums[tag == "90C"] = (int(found["count"]), units)


def _units(tag: str, found: re.Match[str], decimals: int, statement: Statement, issues: list[Issue]) -> int | None:
    try:
        units = read_units(
            read_amount(found["amount"], decimals), read_asset(found["code"] or statement.currency or "")
        )
    except CellProblem as problem:
        _say(issues, statement, "head_damaged", f":{tag}: {problem}: not taken")
        return None
    if not found["code"]:
        message = f"{statement.label}: :{tag}: names no currency: taken as {statement.currency}, the statement's"
        issues.append(Issue(None, "note", "currency_of_statement", message))
    return -units if found.groupdict().get("mark") == "D" else units


def _balance(block: Block, statement: Statement, issues: list[Issue], *tags: str) -> re.Match[str] | None:
    """A balance, where it is stated once and can be read whole, its day too; two that differ say nothing."""
    fields = block.find(*tags)
    if not fields:
        return None
    if len({_line(each) for each in fields}) > 1:
        _say(issues, statement, "head_damaged", f"{len(fields)} fields :{fields[0].tag}: that differ: none is taken")
        return None
    found = _match(_BALANCE, fields[0], statement, issues)
    if found and found["day"].strip("0") and not _is_day(found["day"]):
        _say(
            issues,
            statement,
            "head_damaged",
            f"the day {found['day']} of :{fields[0].tag}: is none of the calendar: not taken",
        )
        return None
    return found


def _is_day(text: str) -> bool:
    try:
        date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return False
    return True


def _match(pattern: re.Pattern[str], field: Field, statement: Statement, issues: list[Issue]) -> re.Match[str] | None:
    """A field of one line by its pattern; figures alone on the next line are its cut end."""
    lines = field.rows
    cut = len(lines) > 1 and re.match(r"[\d.,]+\s*\Z", lines[1])
    found = None if cut else pattern.match(_line(field).removesuffix("-}"))  # the message's end may stick to it
    if found is None:
        _say(issues, statement, "head_damaged", _unread(field))
    return found


def _first(block: Block, *tags: str) -> Field | None:
    return next(iter(block.find(*tags)), None)


def _line(field: Field) -> str:
    return field.rows[0].strip()


def _unread(field: Field) -> str:
    return f":{field.tag}: ({count_words(len(_line(field)), 'sign')}) cannot be read whole: not taken"


def _say(issues: list[Issue], statement: Statement, code: str, message: str) -> None:
    issues.append(Issue(None, "warning", code, f"{statement.label}: {message}"))

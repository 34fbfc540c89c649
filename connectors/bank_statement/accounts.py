"""Numbers of accounts: an IBAN, a bank's own number, and whether two ways of writing mean one account."""

from __future__ import annotations

import re
from functools import lru_cache

from trails.errors import AmountError
from trails.model import Node
from trails.money import currency
from trails.words import count_words, quote_id

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z")
#: Countries whose IBAN itself ends with a currency.
_CURRENCY_IN_IBAN = ("MU", "SC")
_GERMAN_NUMBER = re.compile(r"(\d{8})/(\d{1,10})\Z")
#: A number of fewer digits is no account that could be told by its digits alone.
_SHORTEST_NUMBER = 7
#: What banks write where nothing is stated.
_ABSENT = frozenset(
    ("", "nonref", "notprovided", "notprovided.", "notavailable", "not provided", "unknown", "none", "n/a", "/", "-")
)
_PLAIN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,29}\d\Z|\d+\Z", re.ASCII)
_FIGURE = re.compile(r"[1-9]|[^\W\d_]")
#: The scope of an account whose bank is not stated: the file it stands in, by the beginning of its digest.
_FILE = re.compile(r"[0-9a-f]{12}\Z")
#: Accounts recur in a statement; what is known of those seen last is kept.
_KEPT = 1 << 12


def looks_like_iban(text: str) -> bool:
    """Whether a text without spaces has the form of an IBAN; its check digits may be wrong."""
    return bool(_IBAN.match(text))


@lru_cache(_KEPT)
def is_iban(text: str) -> bool:
    """Whether a text without spaces is an IBAN by its form and its two check digits (ISO 13616, modulo 97).

    >>> is_iban("DE02120300000000202051"), is_iban("DE03120300000000202051")
    (True, False)
    """
    if not looks_like_iban(text):
        return False
    return int("".join(str(int(ch, 36)) for ch in text[4:] + text[:4])) % 97 == 1


def plain_account(text: str) -> str:
    """An account's number without spaces, in capitals."""
    return "".join(text.split()).upper()


def stated(text: str) -> str:
    """A name, a number or a reference, empty where it only says that there is none.

    >>> stated(" NOTPROVIDED "), stated("E2E-1")
    ('', 'E2E-1')
    """
    text = text.strip()
    return "" if text.casefold() in _ABSENT else text


def known_account(text: str) -> str:
    """The plain number of an account, empty where it is none: many strangers would be one account of zeros.

    >>> known_account("0000000000"), known_account("NOTPROVIDED"), known_account("0612 345 678")
    ('', '', '0612345678')
    """
    number = text if _PLAIN.match(text) else split_account(stated(text))[0]
    return number if _FIGURE.search(number) else ""


def show_account(written: str, number: str) -> str:
    """An account's number for an issue; how long it is where words of what was written may be a name.

    >>> show_account("0612345678 EUR", "0612345678"), show_account("Erika Fiktiv 17", "ERIKAFIKTIV17")
    ('0612345678', 'an account of 13 signs')
    """
    words = written.split()
    if len(words) > 1 and is_currency(words[-1].upper()):
        del words[-1]
    named = any(quote_id(text).startswith("(") for text in (" ".join(words), number))
    return f"an account of {count_words(len(number), 'sign')}" if named else number


@lru_cache(_KEPT)
def split_account(text: str) -> tuple[str, str]:
    """An account's plain number, and the currency that many banks write behind an IBAN, with or without a space or a mark.

    >>> split_account("DE02 1203 0000 0000 2020 51 EUR"), split_account("DE02120300000000202051")
    (('DE02120300000000202051', 'EUR'), ('DE02120300000000202051', ''))
    """
    plain = plain_account(text)
    if plain.startswith("IBAN"):
        found = split_account(plain[4:].lstrip(":"))
        if is_iban(found[0]):
            return found
    number, code = plain[:-3].rstrip("/-"), plain[-3:]
    if (
        code.isalpha()
        and is_currency(code)
        and is_iban(number)
        and not (plain[:2] in _CURRENCY_IN_IBAN and is_iban(plain))
    ):
        return number, code
    return plain, ""


def is_currency(code: str) -> bool:
    """Whether three letters are a currency.

    >>> is_currency("EUR"), is_currency("XQZ")
    (True, False)
    """
    try:
        return bool(currency(code))
    except AmountError:
        return False


def account_node(number: str, scope: str, label: str | None = None) -> Node:
    """An account: its IBAN, else its number inside the bank or statement it is known in."""
    plain = split_account(number)[0]
    return Node("bank", plain if is_iban(plain) else f"account:{scope}:{plain}", label=label or None)


def is_masked(number: str) -> bool:
    """Whether figures of a number are hidden, so that several accounts are written alike.

    >>> is_masked("NL71ABNA0841238***"), is_masked("NL71ABNA0841238123")
    (True, False)
    """
    return ("**" in number or "XXXX" in number) and not is_iban(number)


def is_own(own: Node, number: str, bank: str = "") -> bool:
    """Whether a plain number names the statement's own account; a German IBAN is its bank's code and its number.

    >>> is_own(Node("bank", "account:x:12030000/202051"), "DE02120300000000202051")
    True
    """
    scope, mine = own.key.split(":", 2)[1:] if own.key.startswith("account:") else ("", own.key)
    before, slash, digits = mine.rpartition("/")
    known = before if slash else "" if _FILE.match(scope) else scope
    if not is_iban(mine) and bank and known and _plain_bank(bank) != _plain_bank(known):
        return _german(number) == _german(mine) != ""
    if number == mine or _german(number) == _german(mine) != "":
        return True
    plain = number.lstrip("0")
    both = digits.isdigit() and plain.isdigit() and len(plain) >= _SHORTEST_NUMBER
    return both and plain == digits.lstrip("0")


def _plain_bank(bank: str) -> str:
    """A bank's code; a BIC without the three letters of a branch, of which XXX is the bank itself."""
    return plain_account(bank).removesuffix("XXX")


@lru_cache(_KEPT)
def _german(number: str) -> str:
    """Bank code and account number of a German account, however it is written; empty for any other."""
    if number.startswith("DE") and is_iban(number):
        return number[4:]
    found = _GERMAN_NUMBER.match(number)
    return found[1] + found[2].zfill(10) if found else ""

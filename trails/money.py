"""Assets and exact amounts.

An amount is a whole number of base units with its asset beside it: cents, satoshi, 10**-6 USDT. It is never a
float. Amounts of more than 38 digits do not fit the case's tables and are refused aloud.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from trails.errors import AmountError
from trails.old_currencies import WITHDRAWN
from trails.words import quote_cell, quote_word

MAX_AMOUNT = 10**38 - 1

#: The issuer's own contracts. USDT is the token with one of these contracts, whatever a symbol column says.
USDT_CONTRACTS: dict[str, tuple[str, int]] = {
    "tron": ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", 6),
    "ethereum": ("0xdac17f958d2ee523a2206206994597c13d831ec7", 6),
    "bsc": ("0x55d398326f99059ff775485246999027b3197955", 18),
}

#: Units a ledger may name that ISO 4217 does not list.
_OTHER_UNITS = {"USDT": 6, "BTC": 8}

#: Units that are a fixed number of another's: a toman is ten rial.
_COUNTED_UNITS = {"TOMAN": ("IRR", 10)}


@dataclass(frozen=True, slots=True)
class Asset:
    """What moves. ``asset`` is its id inside a case; ``decimals`` is None where no source states it."""

    asset: str
    rail: str | None
    contract: str | None
    symbol: str | None
    decimals: int | None


BTC = Asset("BTC", "bitcoin", None, "BTC", 8)
BTC_TEST = Asset("BTC-test", "bitcoin-test", None, "tBTC", 8)
#: Gold by weight, to the milligram, as a jeweller's scale shows it; its fineness is not stated. Never XAU, the troy ounce.
GOLD_GRAM = Asset("XAU-g", None, None, "XAU-g", 3)


def token(rail: str, contract: str, symbol: str | None = None, decimals: int | None = None) -> Asset:
    """The asset of a token contract on one rail.

    The issuer's USDT contracts get the id ``USDT@rail`` and the decimals of the contract. Any other token keeps its
    contract as its id, so a counterfeit that calls itself USDT can never be added up with USDT.

    >>> token("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").asset
    'USDT@tron'
    >>> token("ethereum", "0x1111111111111111111111111111111111111111", "USDT", 6).asset
    '0x1111111111111111111111111111111111111111@ethereum'
    """
    contract = contract if rail == "tron" else contract.lower()
    issuer = USDT_CONTRACTS.get(rail)
    if issuer and contract == issuer[0]:
        return Asset(f"USDT@{rail}", rail, contract, "USDT", issuer[1])
    return Asset(f"{contract}@{rail}", rail, contract, symbol, decimals)


@lru_cache(maxsize=1024)
def currency(code: str) -> Asset:
    """The asset of a currency code as a ledger names it (``EUR``, ``USD``; also ``USDT`` and ``BTC``, and withdrawn ones: ``DEM``).

    Raises AmountError for a code that ISO 4217 does not list.

    >>> currency("eur")
    Asset(asset='EUR', rail=None, contract=None, symbol='EUR', decimals=2)
    >>> currency("DEM").decimals
    2
    """
    from iso4217 import Currency

    name = code.strip().upper()
    if name in _OTHER_UNITS:
        return Asset(name, None, None, name, _OTHER_UNITS[name])
    try:
        known = Currency(name)
    except ValueError:
        if name in WITHDRAWN:
            return Asset(name, None, None, name, WITHDRAWN[name])
        raise AmountError(f"currency {quote_word(code)} is not an ISO 4217 code; try one like EUR, USD, AFN, or map it") from None
    return Asset(name, None, None, name, known.exponent or 0)


#: Coins that lists name and ISO 4217 does not: as OFAC, explorers and price tables call them.
COIN_CODES = frozenset((
    "ARB", "AVAX", "BCH", "BNB", "BSC", "BSV", "BTG", "DASH", "DOGE", "DOT", "ETC", "ETH", "LTC", "MATIC", "POL", "SOL", "TON",
    "TRX", "USDC", "XBT", "XLM", "XMR", "XRP", "XVG", "ZEC",
))  # fmt: skip


def check_currency(code: str) -> None:
    """Raise AmountError for what is neither a currency nor a coin that lists are known to name; what a file's connector
    makes of it is its own matter.

    >>> check_currency("EUR"), check_currency("XBT")
    (None, None)
    """
    if code.strip().upper() not in COIN_CODES:
        currency(code)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a ledger counts in: ``factor`` units of ``asset`` each."""

    asset: Asset
    factor: int = 1


def unit(code: str) -> Unit:
    """The unit of a code as a mapping declares it: a currency, ``toman`` (10 rial), ``XAU-g`` (grams of gold).

    Raises AmountError for a code that is none of them.

    >>> unit("toman").asset.asset, unit("toman").factor, unit("XAU-g").asset.decimals
    ('IRR', 10, 3)
    """
    return _unit(code) if len(code) <= _LONGEST_CODE else _find_unit(code)


def _find_unit(code: str) -> Unit:
    counted = _COUNTED_UNITS.get(code.strip().upper())
    if counted:
        return Unit(currency(counted[0]), counted[1])
    if code.strip().upper() == GOLD_GRAM.asset.upper():
        return Unit(GOLD_GRAM)
    return Unit(currency(code))


_unit = lru_cache(1 << 10)(_find_unit)
_LONGEST_CODE = 20
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)


def parse_units(text: str, decimals: int) -> int:
    """A plain decimal number (``12.5``, ``-3``) as an exact count of base units.

    Raises AmountError when it is no plain number, has more places than the asset, or does not fit 38 digits.

    >>> parse_units("1.5", 6)
    1500000
    """
    text = text.strip()
    if not _PLAIN.match(text):
        raise AmountError(f"amount {quote_cell(text)} is not a plain decimal number")
    whole, _, places = text.partition(".")
    if len(places.rstrip("0")) > decimals:
        raise AmountError(f"amount {text[:80]!r} has more than the {decimals} decimal places of its asset")
    digits = whole + places[:decimals].ljust(decimals, "0")
    if len(digits) > 80:
        raise AmountError(f"amount {text[:60]!r}... has {len(digits)} digits in base units; at most 38 fit")
    return check_amount(int(digits))


_EXPONENT = re.compile(r"([+-]?)(\d{1,40})(?:[.,](\d{1,40}))?[eE]([+-]?\d{1,3})\Z", re.ASCII)
#: What a spreadsheet shows of a number in scientific form where no format is set.
_SHEET_DIGITS = 6
_MOST_EXPONENT = 99


def expand_exponent(text: str) -> str:
    """A number in scientific form in plain digits, exactly; any other text as it stands.

    Raises AmountError for a whole number of which not all digits are shown, as a spreadsheet cuts it.

    >>> expand_exponent("8.36E-05"), expand_exponent("-5e-8"), expand_exponent("2.5E+01"), expand_exponent("12.5")
    ('0.0000836', '-0.00000005', '25', '12.5')
    """
    found = _EXPONENT.match(text.strip())
    if not found:
        return text
    sign, whole, places, exponent = found[1], found[2], found[3] or "", int(found[4])
    if abs(exponent) > _MOST_EXPONENT:
        raise AmountError(f"amount {text[:80]!r} is no sum that can be")
    if exponent > len(places):
        raise AmountError(f"amount {text[:80]!r} does not show all its digits: a spreadsheet cut it; get the original file")
    digits, point = whole + places, len(whole) + exponent
    digits, point = digits.rjust(len(digits) + max(0, 1 - point), "0"), max(point, 1)
    return f"{sign}{digits[:point].lstrip('0') or '0'}" + (f".{digits[point:]}" if digits[point:] else "")


def may_lack_digits(text: str) -> bool:
    """Whether a spreadsheet may have shown fewer digits of a number than it had: in the scientific form of its own, with
    zeros that only a fixed number of places gives, or as many digits as it shows at most.

    >>> may_lack_digits("8.36E-05"), may_lack_digits("5.00E-05"), may_lack_digits("1.23457E-05"), may_lack_digits("5e-8")
    (False, True, True, False)
    """
    found = _EXPONENT.match(text.strip())
    if not found or "E" not in text or len(found[4].lstrip("+-")) < 2:
        return False
    places = found[3] or ""
    return places.endswith("0") or len(found[2] + places) >= _SHEET_DIGITS


def check_amount(amount: int) -> int:
    """The amount itself, when it fits the case's tables; raises AmountError when it does not."""
    if abs(amount) > MAX_AMOUNT:
        digits = str(abs(amount))
        raise AmountError(f"amount {digits[:20]}.. has {len(digits)} digits in base units; at most 38 fit")
    return amount


def parse_amount(text: str, decimals: int, *, decimal_mark: str, thousands_mark: str) -> int:
    """An amount as a ledger writes it, with declared marks, as exact base units.

    The marks are always declared, never guessed: ``4.500`` is four thousand five hundred in one book and four and a
    half in another. A thousands mark must stand before groups of exactly three digits.

    Raises AmountError for anything else, also a mark that was not declared.

    >>> parse_amount("4.500,25", 2, decimal_mark=",", thousands_mark=".")
    450025
    """
    plain = ascii_digits(text).strip().replace("\u00a0", " ").replace("\u202f", " ")
    whole, mark, places = plain.partition(decimal_mark)
    if thousands_mark and thousands_mark in whole:
        groups = whole.lstrip("+-").split(thousands_mark)
        if not groups[0] or len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:]):
            raise AmountError(f"amount {text!r}: {thousands_mark!r} does not stand between groups of three digits")
        if groups[0].startswith("0"):  # 0,001 is a thousandth that a spreadsheet of another country wrote
            raise AmountError(f"amount {text!r}: no number of thousands begins with 0; {thousands_mark!r} may be its decimal mark")
        whole = whole.replace(thousands_mark, "")
    if not whole.lstrip("+-").isdigit():
        raise AmountError(f"amount {text!r} does not fit the declared marks {decimal_mark!r} and {thousands_mark!r}")
    return parse_units(f"{whole}.{places}" if mark else whole, decimals)


def ascii_digits(text: str) -> str:
    """Digits of any script as 0-9, and the Arabic decimal and thousands marks as ``.`` and ``,``.

    >>> ascii_digits("۳٬۵۰۰")
    '3,500'
    """
    import unicodedata

    if text.isascii():
        return text
    marks = {"\u066b": ".", "\u066c": ","}
    return "".join(str(unicodedata.digit(ch)) if unicodedata.category(ch) == "Nd" else marks.get(ch, ch) for ch in text)


def as_decimal(amount: int, decimals: int) -> Decimal:
    """The exact decimal value of an amount in base units.

    >>> as_decimal(1500000, 6)
    Decimal('1.500000')
    """
    return Decimal(f"{amount}E{-decimals}")  # made of a text a Decimal is exact, however many digits there are


def format_units(amount: int | None, decimals: int | None) -> str:
    """An amount for people: thousands separated, at least two places where the asset has them.

    >>> format_units(1088121577531, 6)
    '1,088,121.577531'
    >>> format_units(68000000, 6)
    '68.00'
    """
    if amount is None:
        return "unknown"
    if decimals is None:
        return f"{amount} base units"
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(decimals + 1, "0")
    whole, places = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    places = places.rstrip("0").ljust(min(2, decimals), "0")
    return f"{sign}{int(whole):,}" + (f".{places}" if places else "")

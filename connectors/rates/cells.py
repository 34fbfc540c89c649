"""What a cell of a rate table states: a symbol, a positive rate, a day."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from trails.columns import CellProblem, read_instant
from trails.errors import AmountError
from trails.money import currency, expand_exponent
from trails.timestamps import Instant

_RATE = re.compile(r"(\d{1,26})(\.\d{1,18})?", re.ASCII)
#: What the table of prices keeps after the point.
_PLACES = Decimal(1).scaleb(-12)
#: Wide enough for every rate the pattern allows: the usual 28 digits are not.
_EXACT = Context(prec=60)
#: Coins that price tables name and ISO 4217 does not (USDT and BTC are known to trails.money).
COINS = frozenset({"ETH", "TRX", "BNB", "USDC"})


def read_symbol(text: str) -> str:
    """Give a currency's or coin's code in capitals; raises CellProblem for one nobody lists."""
    name = text.strip().upper()
    if name in COINS:
        return name
    try:
        return currency(name).asset
    except AmountError as problem:
        raise CellProblem("currency_unknown", f"{problem}, or one of {', '.join(sorted(COINS))}") from None


def read_rate(text: str) -> Decimal:
    """Give a rate; raises CellProblem for no plain number, for 0, and for one too long to keep."""
    text = _plain(text)
    if not _RATE.fullmatch(text) or Decimal(text) != (rate := Decimal(text).quantize(_PLACES, context=_EXACT)):
        raise CellProblem("rate_damaged", f"rate {text[:60]!r} is no plain number like 1.0884, or too long to keep")
    if not rate:
        raise CellProblem("rate_damaged", "a rate of 0 is a missing value")
    return Decimal(text)


def _plain(text: str) -> str:
    """A rate in plain digits: a small one is often written in scientific form."""
    try:
        return expand_exponent(text)
    except AmountError as problem:
        raise CellProblem("rate_damaged", str(problem)) from None


def read_day(text: str, order: str | None = None) -> Instant:
    """Give a whole day in UTC: noon, 12 hours to either side, as stated; raises CellProblem."""
    day = read_instant((text or "").strip(), zone_name="UTC", order=order)
    return Instant(day.time, day.error_s, "stated")

"""What a transfer was worth in one reference currency on its day: derived, dated, and never in place of the amount."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import DAY_US, group_rows, order_transfers, time_bounds
from trails.money import as_decimal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trails.graph import IntArray

COLUMNS = ["transfer_id", "value", "rate_text", "rate_price_id", "old_rate", "note"]

#: Values are exact rational arithmetic, rounded half up to this many places at the very end.
VALUE_PLACES = 12


@dataclass(frozen=True, slots=True)
class Peg:
    """One unit of a symbol taken as a fixed number of units of another, and why."""

    symbol: str
    rate: Fraction
    note: str


def _peg(symbol: str, units: str, note: str) -> Peg:
    """A currency of which ``units`` are one unit of ``symbol``."""
    return Peg(symbol, 1 / Fraction(units), note)


#: A stated rate of the day is used before any of these. Each is official policy as of 2026 and says since when.
PEGS = {
    "USDT": Peg("USD", Fraction(1), "USDT taken as 1 USD: an assumption, not a stated rate"),
    "BAM": _peg("EUR", "1.95583", "BAM at its fixed 1.95583 per EUR (currency board)"),
    "BGN": _peg("EUR", "1.95583", "BGN at its fixed 1.95583 per EUR (currency board 1999, conversion rate 2026)"),
    "AED": _peg("USD", "3.6725", "AED at its fixed 3.6725 per USD (central bank's peg since 1997)"),
    "SAR": _peg("USD", "3.75", "SAR at its fixed 3.75 per USD (central bank's peg since 1986)"),
    "QAR": _peg("USD", "3.64", "QAR at its fixed 3.64 per USD (central bank's peg since 2001)"),
    "OMR": _peg("USD", "0.384497", "OMR at its fixed 0.384497 per USD (central bank's peg since 1986)"),
    "BHD": _peg("USD", "0.376", "BHD at its fixed 0.376 per USD (central bank's peg since 2001)"),
    "JOD": _peg("USD", "0.709", "JOD at the middle of its fixed band, 0.709 per USD (central bank's peg since 1995)"),
}


@dataclass(frozen=True, slots=True)
class _Quotes:
    """The stated rates of one pair of symbols by the start of the interval each holds from."""

    pair: str
    start: IntArray
    end: IntArray
    price_id: IntArray
    rate: NDArray[np.object_]
    time: NDArray[np.datetime64]
    origin: NDArray[np.object_]

    def rate_at(self, position: int) -> Fraction:
        """The exact rate at a position."""
        return Fraction(Decimal(str(self.rate[position])))

    def said_at(self, position: int) -> str:
        """The day of a rate, and who published it."""
        return f"on {np.datetime_as_string(self.time[position], unit='D')}, {self.origin[position]}"


@dataclass(frozen=True, slots=True)
class _Route:
    """A way from one symbol to another: pegs, then at most two stated rates, each taken as it is or inverted."""

    legs: tuple[tuple[_Quotes, bool], ...]
    factor: Fraction
    notes: tuple[str, ...]


def value_transfers(
    transfers: pd.DataFrame,
    assets: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    reference: str = "USD",
    max_age_days: int = 3,
) -> pd.DataFrame:
    """What each transfer was worth in the reference currency, at which rate, and what is doubtful about it.

    The rate is the latest one stated for, or before, the transfer's time: direct, inverted, or through one third
    symbol. Among these the first that is fresh is used, in that order; where none is fresh, the freshest, with a note.
    USDT without a stated rate is taken as 1 USD, and a currency with a fixed peg (:data:`PEGS`) at it, with a note. Of a
    dealer's buying and selling rate the one stated first is used, with a note.

    Parameters
    ----------
    transfers, assets, prices
        Tables of the contract; amounts in base units.
    reference
        Symbol of the currency of the values.
    max_age_days
        A rate older than this many days is noted.

    Returns
    -------
    DataFrame
        One row per transfer by its number: ``transfer_id``; ``value`` (exact ``Decimal`` of the reference currency
        to 12 places, None where it cannot be known); ``rate_text`` (rate, its day and who published it);
        ``rate_price_id`` (first price used, ``Int64``); ``old_rate`` (whether that rate is older than ``max_age_days``);
        ``note`` (empty, or why there is no value, or what is doubtful about the rate).

    Notes
    -----
    A token is valued only by its contract: one that merely calls itself USDT has no value here. Cost: one binary search
    per transfer and route, and exact arithmetic per transfer (about 3 s per million). What it misses: a stablecoin off
    its peg where no source states the rate, and the informal rate that a hawala office really gave.

    >>> from trails.graph import make_table
    >>> t = pd.DataFrame({"transfer_id": [1], "asset": ["USDT@tron"], "amount": [680_000_000],
    ...                   "time": [pd.NaT], "time_error_s": [None]})
    >>> a = make_table("assets", {"asset": ["USDT@tron"], "rail": ["tron"], "contract": ["TR7"], "symbol": ["USDT"],
    ...                           "decimals": [6]})
    >>> str(value_transfers(t, a, make_table("prices", {})).loc[0, "value"])
    '680.000000000000'
    """
    ordered = order_transfers(transfers)
    quotes = _read_quotes(prices)
    made = {name: np.full(len(ordered), None, dtype=object) for name in COLUMNS[1:]}
    made["note"][:] = ""
    made["old_rate"][:] = False
    units = find_units(assets)
    codes, names = pd.factorize(ordered["asset"], sort=True)
    for code, asset in enumerate(names):
        rows = np.flatnonzero(codes == code)
        unit, decimals = units.get(asset, (None, None))
        if unit is None or decimals is None:
            made["note"][rows] = "no value: the asset is no known currency or token, or its decimals are not stated"
            continue
        routes = _find_routes(unit, reference, quotes)
        _value_rows(ordered.iloc[rows], rows, routes, made, decimals=decimals, max_age_days=max_age_days)
    valued = pd.DataFrame({"transfer_id": ordered["transfer_id"].to_numpy(), **made}, columns=COLUMNS)
    return valued.astype({"rate_price_id": "Int64", "old_rate": bool})


def find_units(assets: pd.DataFrame) -> dict[str, tuple[str | None, int | None]]:
    """The symbol each asset is priced as. Only an issuer's own contract counts; a symbol column decides nothing."""
    units: dict[str, tuple[str | None, int | None]] = {}
    for asset, rail, contract, symbol, decimals in assets[
        ["asset", "rail", "contract", "symbol", "decimals"]
    ].itertuples(index=False, name=None):
        places = None if pd.isna(decimals) else int(decimals)
        if pd.isna(contract):
            unit = asset if pd.isna(rail) else (None if pd.isna(symbol) else symbol)
        else:
            unit = "USDT" if str(asset).startswith("USDT@") else None
        units[asset] = (unit, places)
    return units


def _read_quotes(prices: pd.DataFrame) -> dict[tuple[str, str], _Quotes]:
    dated = prices[prices["time"].notna()].sort_values("price_id", ascending=False)
    quotes: dict[tuple[str, str], _Quotes] = {}
    for pair, group in dated.groupby(["base", "quote"], sort=True):
        base, quote = (str(symbol) for symbol in pair)
        low, high, _ = time_bounds(group)
        # of two rates that start together the one with the smaller number is found, being last in a stable sort
        order = np.argsort(low, kind="stable")
        rate = group["rate"].to_numpy(dtype=object)[order]
        ids = group["price_id"].to_numpy(dtype=np.int64)[order]
        time, origin = group["time"].to_numpy()[order], group["origin"].to_numpy(dtype=object)[order]
        quotes[base, quote] = _Quotes(f"1 {base} = {{}} {quote}", low[order], high[order], ids, rate, time, origin)
    return quotes


def _find_routes(unit: str, reference: str, quotes: dict[tuple[str, str], _Quotes]) -> list[_Route]:
    """Every way from the unit to the reference, the preferred first: stated rates, then pegs, then a third symbol."""
    ends: list[tuple[str, str, Fraction, tuple[str, ...]]] = []
    for peg_unit, peg_reference in ((False, False), (True, False), (False, True), (True, True)):
        if (peg_unit and unit not in PEGS) or (peg_reference and reference not in PEGS) or unit == reference:
            continue
        here = PEGS[unit] if peg_unit else Peg(unit, Fraction(1), "")
        there = PEGS[reference] if peg_reference else Peg(reference, Fraction(1), "")
        notes = tuple(peg.note for peg in (here, there) if peg.note)
        ends.append((here.symbol, there.symbol, here.rate / there.rate, notes))
    if unit == reference:
        return [_Route((), Fraction(1), ())]
    near: list[_Route] = []
    far: list[_Route] = []
    symbols = sorted({symbol for pair in quotes for symbol in pair})
    for start, end, factor, notes in ends:
        if start == end:
            near.append(_Route((), factor, notes))
            continue
        leg = _find_leg(start, end, quotes)
        near += [_Route((leg,), factor, notes)] if leg else []
        for pivot in symbols:
            first, second = _find_leg(start, pivot, quotes), _find_leg(pivot, end, quotes)
            if first and second and pivot not in (start, end):
                far.append(_Route((first, second), factor, notes))
    return near + far


def _find_leg(start: str, end: str, quotes: dict[tuple[str, str], _Quotes]) -> tuple[_Quotes, bool] | None:
    if (start, end) in quotes:
        return quotes[start, end], False
    if (end, start) in quotes:
        return quotes[end, start], True
    return None


def _value_rows(
    ordered: pd.DataFrame,
    rows: IntArray,
    routes: list[_Route],
    made: dict[str, NDArray[np.object_]],
    *,
    decimals: int,
    max_age_days: int,
) -> None:
    """Fill in value, rate and note of the transfers of one asset, a group of equal rates at a time."""
    used, at, age = _pick_routes(ordered, routes, max_age_days * DAY_US)
    amount = ordered["amount"].to_numpy(dtype=object)
    stated = ordered["amount"].notna().to_numpy(dtype=bool)
    known = ordered["time"].notna().to_numpy(dtype=bool)
    made["note"][rows[used < 0]] = "no value: no source states a rate for it at that time"
    made["note"][rows[(used < 0) & ~known]] = "no value: its time is unknown"
    groups, group_of = np.unique(np.column_stack([used, at]), axis=0, return_inverse=True)
    members = group_rows(np.where(stated & (used >= 0), group_of.ravel(), -1), np.arange(len(used)), len(groups))
    for number, (route, *where) in enumerate(groups.tolist()):
        here = members.of(number)
        if not len(here):
            continue
        factor, text, price_id = _read_rate(routes[route], where)
        made["value"][rows[here]] = _multiply(amount[here], factor / 10**decimals)
        made["rate_text"][rows[here]] = text
        made["rate_price_id"][rows[here]] = price_id
        notes = "; ".join([*routes[route].notes, *_sides(routes[route], where)])
        made["note"][rows[here]] = notes
        old = here[age[here] > max_age_days * DAY_US]
        made["note"][rows[old]] = "; ".join(filter(None, [notes, f"rate older than {max_age_days} days"]))
        made["old_rate"][rows[old]] = True
    made["note"][rows[~stated]] = "no value: no source states the amount"


def _pick_routes(ordered: pd.DataFrame, routes: list[_Route], max_age: int) -> tuple[IntArray, IntArray, IntArray]:
    """Per transfer: which route (-1 none), which rate of each of its legs, and how old the older one is (microseconds).

    The first fresh route wins; without one, the freshest.
    """
    low, high, known = time_bounds(ordered)
    time = (low + high) // 2
    used = np.full(len(ordered), -1, dtype=np.int64)
    best = np.full(len(ordered), np.iinfo(np.int64).max, dtype=np.int64)
    at = np.full((len(ordered), 2), -1, dtype=np.int64)
    for number, route in enumerate(routes):
        age = np.zeros(len(ordered), dtype=np.int64)
        legs = np.full((len(ordered), 2), -1, dtype=np.int64)
        possible = known if route.legs else np.ones(len(ordered), dtype=bool)
        for side, (quotes, _) in enumerate(route.legs):
            legs[:, side] = np.searchsorted(quotes.start, time, side="right") - 1
            possible = possible & (legs[:, side] >= 0)
            age = np.maximum(age, time - quotes.end[np.maximum(legs[:, side], 0)])
        better = possible & (best > max_age) & (age < best)
        used[better], best[better], at[better] = number, age[better], legs[better]
    return used, at, best


def _read_rate(route: _Route, where: list[int]) -> tuple[Fraction, str, int | None]:
    factor, texts, price_id = route.factor, [], None
    for (quotes, inverted), position in zip(route.legs, where, strict=False):
        rate, number = quotes.rate_at(position), int(quotes.price_id[position])
        factor = factor / rate if inverted else factor * rate
        texts.append(f"{quotes.pair.format(_format_rate(rate))} ({quotes.said_at(position)}; price {number})")
        price_id = number if price_id is None else price_id
    return factor, ", ".join([*route.notes, *texts]) or "same currency", price_id


def _sides(route: _Route, where: list[int]) -> list[str]:
    """What to say of a rate that is one side of a dealer's two."""
    said = [quotes.said_at(position) for (quotes, _), position in zip(route.legs, where, strict=False)]
    return [f"the dealer's {side}ing rate; the other side is another price" for side in ("buy", "sell")
            if any(text.endswith(f"({side})") for text in said)]  # fmt: skip


def _format_rate(rate: Fraction) -> str:
    return format((Decimal(rate.numerator) / Decimal(rate.denominator)).normalize(), "f")


def _multiply(amounts: NDArray[np.object_], factor: Fraction) -> NDArray[np.object_]:
    """Exact product of whole amounts and a factor, rounded half up to twelve places, as ``Decimal``."""
    top, bottom = factor.numerator * 10**VALUE_PLACES, factor.denominator
    whole = (2 * amounts * top + bottom) // (2 * bottom)
    values = np.empty(len(whole), dtype=object)
    values[:] = [as_decimal(int(number), VALUE_PLACES) for number in whole]
    return values

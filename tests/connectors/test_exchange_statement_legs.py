"""Exchanges: one order in several rows, second words of a ledger, and amounts finer than a coin's own unit."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import exchange_statement
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.model import Transfer

LEDGER = "txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance\n"
NAMED = {"mapping": {"kind": "statement", "scope": "x"}}


def read_text(folder: Path, text: str, name: str = "ledgers.csv", **options: Any) -> Reading:
    return read_all(exchange_statement, make_source(folder, text, name), ReadOptions(**(options or NAMED)))


def ledger(*rows: str, time: str = "2025-03-11 12:01:02") -> str:
    """Rows of ``id,refid,type,subtype,asset,wallet,amount,fee``."""
    lines = []
    for row in rows:
        own, ref, kind, sub, coin, wallet, amount, fee = row.split(",")
        lines.append(f"{own},{ref},{time},{kind},{sub},currency,,{coin},{wallet},{amount},{fee},0\n")
    return LEDGER + "".join(lines)


def value(transfer: Transfer) -> Fraction:
    assert transfer.amount is not None
    assert transfer.asset.decimals is not None
    return Fraction(transfer.amount, 10**transfer.asset.decimals)


@pytest.mark.parametrize("parts", [("29.86", "1.55"), ("5", "5")])
def test_halves_of_an_order_from_two_wallets_are_two_facts(tmp_path: Path, parts: tuple[str, str]) -> None:
    text = ledger(
        f"L2,T1,trade,tradespot,ETH,earn / flexible,-{parts[1]},0",
        f"L1,T1,trade,tradespot,ETH,spot / main,-{parts[0]},0",
        "L3,T1,trade,tradespot,ZEUR,spot / main,62820.0000,157.0500",
    )
    reading = read_text(tmp_path, text)
    assert [(t.row, value(t), t.identity) for t in reading.transfers] == [
        (2, Fraction(parts[1]), "kraken|x|trade|T1|out|ETH|L2"),
        (3, Fraction(parts[0]), "kraken|x|trade|T1|out|ETH"),
        (4, 62820, "kraken|x|trade|T1|in|EUR"),
        (4, Fraction("157.05"), "kraken|x|trade|T1|fee|EUR"),
    ]
    assert reading.codes == {"order_in_parts": 1}


def test_the_names_of_parts_do_not_hang_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = [f"L{n},T1,trade,tradespot,ETH,wallet {n},-{n},0.1" for n in (1, 2, 3)]
    first, second = (
        {(value(t), t.identity) for t in read_text(tmp_path, ledger(*order)).transfers} for order in (rows, rows[::-1])
    )
    assert first == second
    assert len({identity for _, identity in first}) == 6


def test_parts_at_different_times_are_told_apart_too(tmp_path: Path) -> None:
    later = ledger("L2,T1,trade,,ETH,earn,-5,0", time="2025-03-11 12:01:03").removeprefix(LEDGER)
    reading = read_text(tmp_path, ledger("L1,T1,trade,,ETH,spot,-5,0") + later)
    assert len({t.identity for t in reading.transfers}) == 2


WORDS: list[tuple[str, str, str, list[tuple[str, str]] | str]] = [
    ("earn", "reward", "0.5", [("kraken:house", "kraken:account:x")]),
    ("earn", "allocation", "-0.5", "own accounts"),
    ("earn", "autoallocation", "0.5", "own accounts"),
    ("earn", "deallocation", "0.5", "own accounts"),
    ("earn", "migration", "0.5", "own accounts"),
    ("earn", "bonding", "0.5", "operation_unknown"),
    ("earn", "", "0.5", "operation_unknown"),
    ("transfer", "delistingconversion", "-0.5", [("kraken:account:x", "kraken:trade:R")]),
    ("transfer", "delistingconversion", "0.5", [("kraken:trade:R", "kraken:account:x")]),
    ("transfer", "spottostaking", "-0.5", "own accounts"),
    ("transfer", "", "0.5", [("kraken:house", "kraken:account:x")]),
    ("transfer", "vaultmove", "0.5", "operation_unknown"),
    ("trade", "tradespot", "0.5", [("kraken:trade:R", "kraken:account:x")]),
    ("staking", "", "0.5", [("kraken:house", "kraken:account:x")]),
]


@pytest.mark.parametrize(("kind", "sub", "amount", "due"), WORDS, ids=[f"{w[0]}-{w[1]}{w[2][0]}" for w in WORDS])
def test_the_second_word_of_a_row_means_something(
    tmp_path: Path, kind: str, sub: str, amount: str, due: list[tuple[str, str]] | str
) -> None:
    reading = read_text(tmp_path, ledger(f"L,R,{kind},{sub},DOT,spot / main,{amount},0"))
    if due == "own accounts":
        assert [due in skip.reason for skip in reading.skips] == [True]
    elif isinstance(due, str):
        assert reading.errors == [(2, due)]
    else:
        assert [(t.src.key, t.dst.key) for t in reading.transfers] == due


def test_a_mapping_says_what_an_unknown_second_word_means(tmp_path: Path) -> None:
    text = ledger("L,R,earn,bonding,DOT,spot,-1,0", "M,S,earn,other,DOT,spot,2,0")
    said = {**NAMED["mapping"], "operations": {"earn/bonding": "inside", "earn": "house"}}
    reading = read_text(tmp_path, text, mapping=said)
    assert (reading.errors, reading.skipped) == ([], {2})
    assert [value(t) for t in reading.transfers] == [2]


def test_a_move_between_own_wallets_that_costs_a_fee_keeps_the_fee(tmp_path: Path) -> None:
    (fee,) = read_text(tmp_path, ledger("L,R,earn,allocation,DOT,spot,-1,0.25")).transfers
    assert (fee.src.key, fee.dst.key, fee.kind, value(fee)) == ("kraken:account:x", "kraken:fee", "fee", Fraction(1, 4))


COINS = {"ETH": "ETH", "XXBT": "BTC", "ZGBP": "GBP", "USDT": "USDT"}
PLACES = {"ETH": 10, "XXBT": 10, "ZGBP": 4, "USDT": 8}


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, str, str, str, int, int]]:
    """Rows of orders as (own id, order, coin, wallet, units, fee units), any side in any number of parts, in any order."""
    rows = []
    for order in range(draw(st.integers(1, 3))):
        for part in range(draw(st.integers(1, 5))):
            coin = draw(st.sampled_from(sorted(COINS)))
            units = draw(st.integers(-(10**12), 10**12).filter(bool))
            wallet = draw(st.sampled_from(["spot / main", "earn / flexible", "earn / bonded"]))
            rows.append((f"L{order}-{part}", f"T{order}", coin, wallet, units, draw(st.sampled_from([0, 0, 1, 12_345]))))
    return draw(st.permutations(rows))


def write_units(units: int, places: int) -> str:
    digits = str(abs(units)).rjust(places + 1, "0")
    return f"{'-' if units < 0 else ''}{digits[:-places]}.{digits[-places:]}"


@given(orders())
def test_whatever_the_split_each_wallet_and_coin_is_conserved(rows: list[tuple[str, str, str, str, int, int]]) -> None:
    lines = [
        f"{own},{order},trade,tradespot,{coin},{wallet},{write_units(units, PLACES[coin])},{write_units(fee, PLACES[coin])}"
        for own, order, coin, wallet, units, fee in rows
    ]
    with TemporaryDirectory() as folder:
        reading = read_text(Path(folder), ledger(*lines))
    assert reading.errors == []
    identities = [t.identity for t in reading.transfers]
    assert len(identities) == len(set(identities))
    due: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for _, _, coin, wallet, units, fee in rows:
        due[wallet, COINS[coin]] += Fraction(units - fee, 10 ** PLACES[coin])  # type: ignore[assignment]
    for transfer in reading.transfers:
        wallet = rows[transfer.row - 2][3]
        sign = 1 if transfer.dst.key == "kraken:account:x" else -1
        found[wallet, transfer.asset.symbol or ""] += sign * value(transfer)  # type: ignore[assignment]
    assert {key: total for key, total in due.items() if total} == {key: total for key, total in found.items() if total}


@pytest.mark.parametrize(
    ("coin", "amount", "asset"),
    [
        ("ZGBP", "10.1234", "GBP@vasp"),
        ("ZGBP", "10.1200", "GBP"),
        ("USDT", "1.12345678", "USDT@vasp"),
        ("USDT", "1.12345600", "USDT"),
        ("XXBT", "0.1234567891", "BTC@vasp"),
        ("ETH", "0.123456789012345678", "ETH@vasp"),
    ],
)
def test_an_amount_is_kept_with_all_its_decimals(tmp_path: Path, coin: str, amount: str, asset: str) -> None:
    reading = read_text(tmp_path, ledger(f"L,R,deposit,,{coin},spot / main,{amount},0"))
    (deposit,) = reading.transfers
    assert (deposit.asset.asset, value(deposit)) == (asset, Fraction(amount))
    assert reading.codes["amount_fine"] == (asset.endswith("@vasp") and coin != "ETH")


def test_finer_than_any_books_is_refused(tmp_path: Path) -> None:
    reading = read_text(tmp_path, ledger("L,R,deposit,,ETH,spot / main,0.1234567890123456789,0"))
    assert reading.errors == [(2, "amount_too_fine")]


def test_a_fee_inside_a_sum_is_taken_out_exactly_whichever_is_finer(tmp_path: Path) -> None:
    for amount, fee, left in (("10.1234", "0.12", "10.0034"), ("10.12", "0.0034", "10.1166")):
        text = ledger(f"L,R,withdrawal,,ZGBP,spot / main,-{amount},{fee}")
        moved, charged = read_text(tmp_path, text, mapping={**NAMED["mapping"], "fee": "inside"}).transfers
        assert (value(moved), value(charged)) == (Fraction(left), Fraction(fee))


@given(st.integers(0, 10**20), st.integers(0, 24), st.sampled_from(sorted(COINS)))
def test_what_is_stated_is_kept_whole_or_refused(units: int, places: int, coin: str) -> None:
    written = write_units(units, places) if places else str(units)
    with TemporaryDirectory() as folder:
        reading = read_text(Path(folder), ledger(f"L,R,deposit,,{coin},spot / main,{written},0"))
    if reading.errors:
        fine = len(written.rstrip("0").partition(".")[2]) > 18
        assert fine or units >= 10**20
    else:
        assert sum(map(value, reading.transfers)) == Fraction(written)

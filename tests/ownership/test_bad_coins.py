"""Odd and broken coins: what the clustering of a case makes of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.links.small_case import SmallCase, co_spends
from tests.ownership.test_incremental import prevout, write
from trails.case import Case
from trails.ingest import SourceReport, add_source
from trails.ownership.coinjoin import find_coinjoins
from trails.ownership.transactions import describe_accounts
from trails.pipeline import cluster_case

PAY_TO_KEY = "21" + "02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" + "ac"
BARE_MULTISIG = "51" + "21" + "02" * 33 + "21" + "03" * 33 + "52ae"


def page(number: int, spent: list[tuple[str, int, Any]], paid: list[Any], *, at: int | None = 1, height: int = 1) -> dict[str, Any]:
    """A transaction in Esplora's form; ``spent`` are (txid, index, prevout), ``at`` None for one in no block."""
    when = {"confirmed": False} if at is None else {
        "confirmed": True, "block_height": height, "block_time": 1_600_000_000 + at,
    }  # fmt: skip
    inputs = [
        {"txid": tx, "vout": index, "is_coinbase": tx == "0" * 64, "sequence": 0xFFFFFFFE, "prevout": before}
        for tx, index, before in spent
    ]
    return {"txid": f"{number:064x}", "vin": inputs, "vout": paid, "status": when}


def clustered(tmp_path: Path, *files: list[dict[str, Any]]) -> tuple[Case, list[SourceReport]]:
    case = Case.create(tmp_path / "case")
    reports = [add_source(case, write(tmp_path, f"pages{number}.json", pages)) for number, pages in enumerate(files)]
    cluster_case(case)
    return case, reports


def claims(case: Case) -> list[tuple[str, str, str]]:
    return case.con.execute(
        "SELECT c.rule, least(a.key, b.key), greatest(a.key, b.key) FROM claims c JOIN nodes a ON a.node_id = node_a "
        "JOIN nodes b ON b.node_id = node_b WHERE state = 'accepted' ORDER BY ALL"
    ).fetchall()


def other(number: int) -> str:
    return f"{7000 + number:064x}"


def test_inputs_without_their_outputs_join_nobody_and_a_coinjoin_says_what_it_lacks(tmp_path: Path) -> None:
    mix = page(1, [(other(n), 0, None) for n in range(5)], [prevout(n, 100_000) for n in range(5)])
    pay = page(2, [(other(9), 0, None), (other(9), 1, None)], [prevout(50, 5_000)])
    case, _ = clustered(tmp_path, [mix, pay])
    assert claims(case) == []
    assert case.con.execute("SELECT rule, verdict, lacking FROM screens").fetchall() == [
        ("whirlpool", True, "5 of 5 spent outputs are not in the case")
    ]


def test_new_coins_join_nobody(tmp_path: Path) -> None:
    mined = page(1, [("0" * 64, 0xFFFFFFFF, None)], [prevout(51, 5 * 10**9), prevout(52, 1_000)])
    case, _ = clustered(tmp_path, [mined])
    assert claims(case) == []


def test_scripts_without_an_address_take_part_and_data_does_not(tmp_path: Path) -> None:
    scripts = [{"scriptpubkey": script, "value": 50_000} for script in (PAY_TO_KEY, BARE_MULTISIG)]
    data = [{"scriptpubkey": "6a0548656c6c6f", "value": 0}, {"scriptpubkey": "51024e73", "value": 330}]
    spent = [(other(n), 0, out) for n, out in enumerate(scripts)]
    case, reports = clustered(tmp_path, [page(1, spent, [prevout(53, 90_001), *data])])
    assert reports[0].rows_refused == 0
    (rule, one, two), = claims(case)
    assert rule == "co_spend"
    assert one.startswith("1"), "a bare key is the address of its hash"
    assert two.startswith("script:"), "a bare multisig is its script, or the hash of a long one"
    tables = {key: bool(may) for key, may in _ownable(case).items() if key.startswith(("script:6a", "bc1pfee", "script:51024"))}
    assert tables
    assert not any(tables.values()), "data, and outputs that anybody may spend, are nobody's"


def _ownable(case: Case) -> dict[str, bool]:
    nodes = case.read_frame("SELECT * FROM nodes ORDER BY node_id")
    accounts = describe_accounts(nodes)
    return {str(row["key"]): bool(accounts.ownable[int(row["node_id"])]) for row in nodes.to_dict("records")}


def test_an_output_of_nothing_is_no_change(tmp_path: Path) -> None:
    empty = page(1, [(other(1), 0, prevout(51, 90_000))], [prevout(52, 0), prevout(53, 80_000)])
    case, _ = clustered(tmp_path, [empty])
    assert case.con.execute("SELECT count(*) FROM claims").fetchone() == (0,)


def test_a_sweep_of_twenty_thousand_inputs() -> None:
    case = SmallCase()
    tx = case.node("ab" * 32, "bitcoin", "junction")
    for number in range(20_000):
        case.move(case.node(f"1{number:033d}", "bitcoin"), tx, 1_000 + number, kind="input", asset="BTC")
    case.move(tx, case.node("1" + "x" * 33, "bitcoin"), 20_000_000, kind="output", asset="BTC")
    tables = case.tables()
    found = co_spends(tables)
    assert len(found) == 19_999
    assert (found["node_a"] == 2).all()
    assert np.array_equal(np.sort(found["node_b"]), np.arange(3, 20_002))
    assert find_coinjoins(tables.transfers).empty


def test_one_txid_mined_twice_is_one_transaction(tmp_path: Path) -> None:
    """Before BIP-30 a coinbase could repeat an older one, txid and all (blocks 91722 and 91880): one fact, cited twice."""
    mined = [page(1, [("0" * 64, 0xFFFFFFFF, None)], [prevout(51, 5 * 10**9)], at=at, height=at) for at in (1, 2)]
    case, reports = clustered(tmp_path, mined[:1], mined[1:])
    assert case.con.execute("SELECT count(*) FROM transfer_rows WHERE kind = 'output'").fetchone() == (1,)
    assert [(each.rows_kept, each.rows_duplicate, each.rows_refused) for each in reports] == [(1, 0, 0), (0, 1, 0)]
    assert claims(case) == []


@pytest.mark.parametrize("first", ["waiting", "confirmed"])
def test_a_replaced_transaction_joins_nobody_and_loses_nothing(tmp_path: Path, first: str) -> None:
    """A payment that waited was replaced by one that spends the same coin (RBF): only the confirmed one counts."""
    coin = [(other(1), 0, prevout(51, 90_000)), (other(2), 0, prevout(54, 50_000))]
    waiting = page(1, coin[:1], [prevout(52, 80_000)], at=None)
    confirmed = page(2, coin, [prevout(53, 70_001)])
    files = [[waiting], [confirmed]] if first == "waiting" else [[confirmed], [waiting]]
    case, reports = clustered(tmp_path, *files)
    assert sum(each.rows_kept for each in reports) >= 1
    assert [rule for rule, _, _ in claims(case)] == ["co_spend"]


def test_two_confirmed_spends_of_one_coin_are_warned_of(tmp_path: Path) -> None:
    coin = [(other(1), 0, prevout(51, 90_000))]
    pages = [page(1, coin, [prevout(52, 80_000)]), page(2, coin, [prevout(53, 70_000)])]
    case, _ = clustered(tmp_path, pages[:1], pages[1:])
    rows = case.con.execute("SELECT source_id, row, severity, message FROM issues WHERE code = 'double_spend'").fetchall()
    assert [row[:3] for row in rows] == [(2, 1, "warning")]
    assert f"{2:064x}, and by {1:064x} in source 1" in rows[0][3]
    ids = case.con.execute("SELECT count(*), count(DISTINCT public_id) FROM transfers").fetchall()[0]
    assert ids[0] == ids[1], "two spends of one coin are two facts, cited by two names"


def test_a_transaction_of_a_reorganised_block_is_one(tmp_path: Path) -> None:
    """Two blocks of one height hold the same payment, ten minutes apart: one transaction, the first time stays."""
    spend = [(other(1), 0, prevout(51, 90_000)), (other(2), 0, prevout(54, 50_000))]
    both = [page(1, spend, [prevout(53, 70_001)], at=at) for at in (0, 600)]
    case, reports = clustered(tmp_path, both[:1], both[1:])
    assert [(each.rows_kept, each.rows_duplicate, each.rows_refused) for each in reports] == [(1, 0, 0), (0, 1, 0)]
    assert len(claims(case)) == 1

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, shuffled
from trails.graph import CaseTables
from trails.ownership.account_chains import running_sums
from trails.ownership.account_chains.deposits import claim_deposits
from trails.ownership.account_chains.ties import claim_fuelling, claim_origins, claim_same_keys

ETH = ("0x" + "ab" * 20, "ethereum")


def deposits(tables: CaseTables) -> tuple[pd.DataFrame, pd.DataFrame]:
    return claim_deposits(tables.transfers, tables.nodes, tables.assets, tables.tags)


def one_deposit(
    *, tagged: bool = True, swept: int = 150, wait: float = 5, elsewhere: bool = False, status: str = "ok"
) -> SmallCase:
    """Two people pay 100 and 50 into an address, which passes the sum on."""
    case = SmallCase()
    first, second, address, hot = (case.node(key) for key in ("Tfirst", "Tsecond", "Taddress", "Thot"))
    case.move(first, address, 100, at=0)
    case.move(second, address, 50, at=1)
    case.move(address, hot, swept, at=1 + wait, status=status)
    if elsewhere:
        case.move(address, first, 1, at=40)
    if tagged:
        case.tag(hot, "Exchange")
    return case


def test_a_deposit_address_is_the_service_s_and_its_payers_wait() -> None:
    forward, users = deposits(one_deposit().tables())
    shown = ["node_a", "node_b", "state", "strength", "transfer_id"]
    assert forward[shown].to_numpy().tolist() == [[3, 4, "accepted", "medium", 3]]
    assert users[shown].to_numpy().tolist() == [[1, 2, "held", "weak", 2]]
    assert "migrants who pay straight into" in str(users["held_because"].iloc[0])


@pytest.mark.parametrize("case", [
    one_deposit(tagged=False), one_deposit(swept=149), one_deposit(swept=151), one_deposit(wait=25), one_deposit(elsewhere=True),
    one_deposit(status="failed"),
])  # fmt: skip
def test_what_is_no_deposit_address(case: SmallCase) -> None:
    forward, users = deposits(case.tables())
    assert forward.empty
    assert users.empty


def test_a_collector_of_ten_needs_no_tag() -> None:
    def collected(count: int) -> int:
        case = SmallCase()
        hot = case.node("Thot")
        for number in range(count):
            address = case.node(f"Taddress{number}")
            case.move(case.node(f"Tpayer{number}"), address, 70, at=number)
            case.move(address, hot, 70, at=number + 1)
        return len(deposits(case.tables())[0])

    assert (collected(9), collected(10)) == (0, 10)


def test_a_native_coin_pays_its_own_fee() -> None:
    def swept(sent: int, asset: str) -> bool:
        case = SmallCase()
        address, hot = case.node("Taddress"), case.node("Thot")
        case.move(case.node("Tpayer"), address, 1_000, at=0, asset=asset)
        case.move(address, hot, sent, at=1, asset=asset)
        case.tag(hot, "Exchange")
        return len(deposits(case.tables())[0]) == 1

    assert swept(985, "BTC"), "any asset without a contract is a native coin"
    assert not swept(900, "BTC")
    assert not swept(985, "USDT@tron")


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    tables = one_deposit().tables()
    for one, two in zip(deposits(tables), deposits(shuffled(tables, seed)), strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_sums_are_exact_beyond_64_bits() -> None:
    amounts = np.array([10**30, -1, 5, 10**30, -(10**30)], object)
    assert running_sums(amounts, np.array([0, 0, 1, 2, 2])).tolist() == [10**30, 10**30 - 1, 5, 10**30, 0]


@pytest.mark.parametrize(("wallets", "times", "service", "claims"), [(3, 2, False, 3), (2, 2, False, 0), (3, 1, False, 0),
                                                                   (3, 2, True, 0), (51, 2, False, 0)])  # fmt: skip
def test_fuelling(wallets: int, times: int, service: bool, claims: int) -> None:
    case = SmallCase()
    boss = case.node("Tboss")
    for number in range(wallets):
        wallet = case.node(f"Twallet{number}")
        for at in range(times):
            case.move(boss, wallet, 30, at=at, asset="BTC")
    if service:
        case.tag(boss, "Exchange")
    tables = case.tables()
    found = claim_fuelling(tables.transfers, tables.events, tables.nodes, tables.assets, tables.tags)
    assert len(found) == claims
    assert set(found["state"]) <= {"held"}


def test_lent_energy_is_fuel_too() -> None:
    case = SmallCase()
    boss = case.node("Tboss")
    events = [case.event("energy_delegated", node=boss, other=case.node(f"Tw{number}")) for number in range(3)]
    tables = case.tables()
    found = claim_fuelling(tables.transfers, tables.events, tables.nodes, tables.assets, tables.tags)
    assert found["event_id"].tolist() == events


def test_one_key_on_three_chains_is_recorded_and_joins_nothing() -> None:
    from base58_bech32 import base58

    case = SmallCase()
    eth = case.node(*ETH)
    tron = case.node(base58.b58encode_check(b"\x41" + bytes.fromhex("ab" * 20)).decode())
    bsc, unrelated, unnamed = case.node(ETH[0], "bsc"), case.node("0x" + "cd" * 20, "bsc"), case.node(ETH[0], "polygon")
    moves = [case.move(eth, case.node("0x" + "11" * 20, "ethereum")), case.move(tron, case.node("Tx")), case.move(unrelated, bsc)]
    tables = case.tables()
    found = claim_same_keys(tables.transfers, tables.events, tables.nodes)
    assert found[["node_a", "node_b", "transfer_id"]].to_numpy().tolist() == [[eth, tron, moves[1]], [eth, bsc, moves[2]]]
    assert set(found["state"]) == {"held"}
    assert unnamed not in set(found["node_b"]), "no row names it, so there is nothing to rest on"


def test_activation_is_an_origin_and_nothing_more() -> None:
    case = SmallCase()
    event = case.event("activated", node=case.node("Tpays"), other=case.node("Tnew"))
    tables = case.tables()
    found = claim_origins(tables.events, tables.nodes)
    assert found[["node_a", "node_b", "event_id", "state", "strength"]].to_numpy().tolist() == [[1, 2, event, "held", "hint"]]
    assert "not who owns" in str(found["held_because"].iloc[0])


def test_an_address_nobody_owns_is_no_collector_and_no_twin() -> None:
    case = SmallCase()
    null = "0x" + "0" * 40
    for rail in ("ethereum", "bsc"):
        nobody = case.node(null, rail)
        for number in range(12):
            address = case.node(f"0x{number + 4096:040x}", rail)
            case.move(case.node(f"0x{number:038x}bb", rail), address, 70, at=number)
            case.move(address, nobody, 70, at=number + 1)
    tables = case.tables()
    assert deposits(tables)[0].empty
    owned = tables.nodes.assign(key=tables.nodes["key"].replace(null, "0x" + "9" * 40))
    assert len(claim_deposits(tables.transfers, owned, tables.assets, tables.tags)[0]) == 24, "the same of an owned address"
    assert null not in " ".join(claim_same_keys(tables.transfers, tables.events, tables.nodes)["why"])

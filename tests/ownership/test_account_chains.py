from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, shuffled
from trails.graph import CaseTables
from trails.ownership.account_chains import running_sums
from trails.ownership.account_chains.deposits import TOPPED_UP, claim_deposits
from trails.ownership.account_chains.permissions import claim_controls, claim_self_authorised
from trails.ownership.account_chains.ties import claim_common_funders, claim_fuelling, claim_origins, claim_same_keys
from trails.ownership.tags import find_service_nodes

ETH = ("0x" + "ab" * 20, "ethereum")


def deposits(tables: CaseTables) -> tuple[pd.DataFrame, pd.DataFrame]:
    return claim_deposits(tables.transfers, tables.nodes, tables.assets, find_service_nodes(tables.tags))


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


def families(count: int, *, wide: int, tagged: bool = False, known: bool = False) -> CaseTables:
    """So many families get a sum from one exchange, which pays ``wide`` others too, and pass it on to one wallet at once."""
    case = SmallCase()
    exchange, organiser = case.node("Texchange"), case.node("Torganiser")
    for number in range(count):
        family = case.node(f"Tfamily{number}")
        case.move(exchange, family, 70, at=number)
        case.move(family, organiser, 70, at=number + 1)
    for number in range(wide):
        case.move(exchange, case.node(f"Tother{number}"), 5, at=number)
    for node, chosen in ((exchange, tagged), (organiser, known)):
        if chosen:
            case.tag(node, "Exchange")
    return case.tables()


@pytest.mark.parametrize("tables", [families(30, wide=0), families(12, wide=0, tagged=True), families(30, wide=9, tagged=True)])
def test_families_who_top_up_at_an_exchange_make_nobody_a_collector(tables: CaseTables) -> None:
    forward, users = deposits(tables)
    assert forward.empty
    assert users.empty


def test_at_a_known_service_whoever_was_topped_up_is_held() -> None:
    forward, users = deposits(families(3, wide=7, known=True))
    assert forward["state"].tolist() == ["held"] * 3
    assert set(forward["held_because"]) == {TOPPED_UP}
    assert "as families pay an organiser" in TOPPED_UP
    assert users.empty
    assert deposits(families(3, wide=6, known=True))[0]["state"].tolist() == ["accepted"] * 3, "nine are not ten"


def test_a_collector_of_ten_is_one_by_those_whom_people_pay() -> None:
    def claimed(count: int) -> list[str]:
        case = SmallCase()
        hot, exchange = case.node("Thot"), case.node("Texchange")
        for number in range(count + 10):
            address = case.node(f"Taddress{number}")
            case.move(exchange if number < 10 else case.node(f"Tpayer{number}"), address, 70, at=number)
            case.move(address, hot, 70, at=number + 1)
        return [str(state) for state in deposits(case.tables())[0]["state"]]

    assert claimed(9) == []
    assert claimed(10) == ["accepted"] * 10 + ["held"] * 10


@pytest.mark.parametrize("declared", [4, 3])
def test_whoever_is_declared_is_no_collector_and_no_deposit_address(declared: int) -> None:
    tables = one_deposit().tables()
    services = find_service_nodes(tables.tags)
    assert len(claim_deposits(tables.transfers, tables.nodes, tables.assets, services)[0]) == 1
    assert claim_deposits(tables.transfers, tables.nodes, tables.assets, services, {declared})[0].empty


def test_a_market_that_pays_its_payers_has_no_deposit_addresses() -> None:
    def claims(paid_back: int) -> int:
        case = SmallCase()
        market = case.node("Tmarket")
        case.tag(market, "decentralized_exchange")
        for number in range(40):
            trader = case.node(f"Ttrader{number}")
            case.move(case.node(f"Tsource{number}"), trader, 70, at=number)
            case.move(trader, market, 70, at=number + 1)
        for number in range(paid_back):
            payer = case.node(f"Tother{number}")
            case.move(payer, market, 5, at=100)
            case.move(market, payer, 9, at=101)
        return len(deposits(case.tables())[0])

    assert (claims(0), claims(2), claims(3)) == (40, 40, 0), "2 of 42 are 4.8 %, 3 of 43 are 7 %"


@pytest.mark.real_data
def test_an_exchange_and_two_markets_of_a_real_token(real_data: Path) -> None:
    from tests.accuracy import measure_deposits

    found = measure_deposits(real_data / "evm-tokens")
    assert found[["payers", "both", "claims without", "claims with"]].to_numpy().tolist() == [
        [480, 1, 440, 440], [410, 159, 74, 0], [159, 33, 16, 0],
    ]  # fmt: skip


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
    found = claim_fuelling(tables.transfers, tables.events, tables.nodes, tables.assets, find_service_nodes(tables.tags))
    assert len(found) == claims
    assert set(found["state"]) <= {"held"}


def test_lent_energy_is_fuel_too() -> None:
    case = SmallCase()
    boss = case.node("Tboss")
    events = [case.event("energy_delegated", node=boss, other=case.node(f"Tw{number}")) for number in range(3)]
    tables = case.tables()
    found = claim_fuelling(tables.transfers, tables.events, tables.nodes, tables.assets, find_service_nodes(tables.tags))
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
    assert len(claim_deposits(tables.transfers, owned, tables.assets, set())[0]) == 24, "the same of an owned address"
    assert null not in " ".join(claim_same_keys(tables.transfers, tables.events, tables.nodes)["why"])


def authorised(tables: CaseTables) -> list[list[int]]:
    services = find_service_nodes(tables.tags)
    found = claim_self_authorised(tables.events, tables.nodes, tables.assets, services)
    assert set(found["state"]) <= {"held"}
    return found[["node_a", "node_b", "event_id"]].to_numpy().tolist()


def test_who_may_spend_is_recorded_unless_many_let_it() -> None:
    case = SmallCase()
    owner, second, shop, token = (case.node(key) for key in ("Towner", "Tsecond", "Tshop", "TR7"))
    nobody = case.node("0x" + "0" * 40, "ethereum")
    kept = case.event("approved", node=owner, other=second)
    for other in (second, shop, token, nobody, owner):
        case.event("approved", node=owner, other=other)
    case.event("approval_revoked", node=owner, other=case.node("Tgone"))
    for number in range(3):
        case.event("approved", node=case.node(f"Tother{number}"), other=shop)
    assert authorised(case.tables()) == [[owner, second, kept]], "four accounts let the shop spend: a contract"
    case.tag(second, "Exchange")
    assert authorised(case.tables()) == []
    assert authorised(SmallCase().tables()) == []


def test_control_is_not_origin_and_says_when_a_key_is_gone() -> None:
    case = SmallCase()
    account, old, new, maker = (case.node(key) for key in ("Taccount", "Told", "Tnew", "Tmaker"))
    case.event("activated", node=maker, other=account)
    first = [case.event("permission_changed", node=account, other=key, at=1) for key in (old, new)]
    case.event("permission_changed", node=account, other=new, at=2)
    tables = case.tables()
    found = claim_controls(tables.events, tables.nodes)
    assert found[["node_a", "node_b", "event_id", "rule", "state"]].to_numpy().tolist() == [
        [account, old, first[0], "control", "held"], [account, new, first[1], "control", "held"],
    ]  # fmt: skip
    assert [text.endswith("does not list this key any more") for text in found["why"]] == [True, False]
    case.event("permission_changed", node=account, at=3)
    tables = case.tables()
    gone = claim_controls(tables.events, tables.nodes)
    assert all(text.endswith("does not list this key any more") for text in gone["why"])
    assert "act for it, which is not owning it" in str(gone["held_because"].iloc[0])
    undated = tables.events.assign(time=tables.events["time"].where(tables.events["kind"] != "permission_changed"))
    unknown = claim_controls(undated, tables.nodes)
    assert len(unknown) == 2
    assert not any("later" in text for text in unknown["why"]), "without times no change is the later one"


def test_wallets_that_one_account_funded_first_are_a_hint() -> None:
    def funded(case: SmallCase) -> list[list[int]]:
        tables = case.tables()
        services = find_service_nodes(tables.tags)
        found = claim_common_funders(tables.transfers, tables.nodes, tables.assets, services)
        assert set(found["state"]) <= {"held"}
        return found[["node_a", "node_b", "transfer_id"]].to_numpy().tolist()

    case = SmallCase()
    funder, one, two, other, late = (case.node(key) for key in ("Tfunder", "Tone", "Ttwo", "Tother", "Tlate"))
    case.move(funder, two, 30, at=2, asset="BTC")
    case.move(funder, one, 30, at=1, asset="BTC")
    case.move(other, late, 5, at=1, asset="BTC")
    case.move(funder, late, 30, at=3, asset="BTC")
    case.move(funder, other, 30, at=4)
    assert funded(case) == [[one, two, 1]], "late had coins before, other got tokens only"
    case.tag(funder, "Exchange")
    assert funded(case) == []
    many = SmallCase()
    for number in range(51):
        many.move(many.node("Tfunder") if not number else 1, many.node(f"Tw{number}"), 30, at=number, asset="BTC")
    assert funded(many) == []

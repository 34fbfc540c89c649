from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, no_coinjoins, no_matches, shuffled
from trails.graph import CaseTables, make_table
from trails.links.links import link_drivers
from trails.links.roles import assign_roles
from trails.ownership.entities import join_entities


def match_table(*pairs: tuple[int, int], chance: float = 0.0) -> pd.DataFrame:
    count = len(pairs)
    return make_table("matches", {
        "match_id": list(range(1, count + 1)), "transfer_a": [a for a, _ in pairs], "transfer_b": [b for _, b in pairs],
        "score": [1.0] * count, "margin": [1.0] * count, "rivals": [0] * count, "chance": [chance] * count,
        "kind": ["payout"] * count, "state": ["link" if chance <= 0.1 else "ambiguous"] * count,
        "wording": ["x"] * count,
    })  # fmt: skip


@dataclass
class Found:
    links: pd.DataFrame
    hops: pd.DataFrame
    cut: pd.DataFrame

    @property
    def trails(self) -> list[list[int]]:
        return [group["transfer_id"].tolist() for _, group in self.hops.groupby(["link_id", "trail"])]


def link(
    tables: CaseTables, matches: pd.DataFrame | None = None, coinjoins: pd.DataFrame | None = None,
    claims: pd.DataFrame | None = None, **options: int,
) -> Found:  # fmt: skip
    matches = no_matches() if matches is None else matches
    entities = join_entities(tables.nodes, make_table("claims", {}) if claims is None else claims)
    roles = assign_roles(tables, entities, matches)
    joins = no_coinjoins() if coinjoins is None else coinjoins
    return Found(*link_drivers(tables, entities, roles, matches, joins, **options))  # type: ignore[arg-type]


class Chain(SmallCase):
    """An organiser (node 1), a driver (node 2) and whatever lies between."""

    def __init__(self) -> None:
        super().__init__()
        self.boss, self.driver = self.node("Tboss"), self.node("Tdriver")
        self.declare(self.boss, "organiser")
        self.declare(self.driver, "driver")


def test_a_direct_payment_is_one_link_with_its_exact_sum() -> None:
    case = Chain()
    case.move(case.boss, case.driver, 680_000_000, at=1)
    case.move(case.boss, case.driver, 20_000_001, at=2)
    found = link(case.tables())
    row = found.links.iloc[0]
    assert (row["organiser"], row["driver"], row["payments"], row["total"]) == (1, 2, 2, 700_000_001)
    assert "700.000001 USDT@tron" in row["wording"]
    assert "consistent with payment" in row["wording"]
    assert found.links["p_value"].isna().all()
    assert found.trails == [[1], [2]]


def test_one_last_transfer_reached_twice_is_one_payment() -> None:
    case = Chain()
    middle = case.node("Tm")
    case.move(case.boss, middle, 5, at=1)
    case.move(case.boss, middle, 6, at=2)
    last = case.move(middle, case.driver, 11, at=3)
    found = link(case.tables())
    assert found.links[["payments", "total"]].to_numpy().tolist() == [[1, 11]]
    assert found.trails == [[1, last], [2, last]]
    assert found.hops["hop"].tolist() == [1, 2, 1, 2]


def test_an_unknown_amount_leaves_the_total_empty() -> None:
    case = Chain()
    case.move(case.boss, case.driver, None, at=1)
    case.move(case.boss, case.driver, 5, at=2)
    row = link(case.tables()).links.iloc[0]
    assert row["total"] is None
    assert row["payments"] == 2


@pytest.mark.parametrize("what", ["failed", "zero", "no time", "fee"])
def test_transfers_that_moved_nothing_or_at_no_known_time_are_not_followed(what: str) -> None:
    case = Chain()
    case.move(
        case.boss, case.driver, 0 if what == "zero" else 5, at=None if what == "no time" else 1,
        status="failed" if what == "failed" else "ok", kind="fee" if what == "fee" else "transfer",
    )  # fmt: skip
    assert link(case.tables()).links.empty


@pytest.mark.parametrize("role", ["service", "payer"])
def test_trails_stop_at_services_and_payers(role: str) -> None:
    case = Chain()
    middle = case.node("Tm")
    case.move(case.boss, middle, at=1)
    case.move(middle, case.driver, at=2)
    assert len(link(case.tables()).links) == 1
    if role == "service":
        case.tag(middle, "exchange")
    else:
        case.move(middle, case.node("4718", "hawala", "junction"), kind="deposit", at=0)
    found = link(case.tables())
    assert found.links.empty
    assert found.cut["reason"].tolist() == [f"stopped: {'service' if role == 'service' else 'protected person'}"]


def test_trails_stop_at_addresses_nobody_owns_and_at_coinjoins() -> None:
    case = Chain()
    nobody = case.node("0x0000000000000000000000000000000000000000", "ethereum")
    join = case.node("tx", "bitcoin", "junction")
    case.move(case.boss, nobody, at=1)
    case.move(nobody, case.driver, at=2)
    case.move(case.boss, join, at=1, kind="input", asset="BTC")
    case.move(join, case.driver, at=1, kind="output", asset="BTC")
    assert len(link(case.tables()).links) == 1
    flagged = pd.DataFrame({"junction": [join], "verdict": [True]})
    found = link(case.tables(), coinjoins=flagged)
    assert found.links.empty
    assert found.cut["reason"].tolist() == ["stopped: CoinJoin", "stopped: address nobody owns"]


def test_no_payment_of_a_payer_is_ever_reported_as_payment_to_the_driver() -> None:
    """Family pays a code, the code is paid out to the organiser, who pays the driver: only the organiser pays him."""
    case = Chain()
    family, code = case.node("family", "hawala"), case.node("4718", "hawala", "junction")
    case.move(family, code, kind="deposit", asset="EUR", at=1)
    case.move(code, case.boss, kind="payout", asset="EUR", at=2)
    case.move(family, case.driver, at=3)
    paid = case.move(case.boss, case.driver, at=4)
    found = link(case.tables())
    assert found.trails == [[paid]]
    case.declare(family, "payer")
    assert link(case.tables()).trails == [[paid]]


def test_a_payer_with_an_organisers_node_is_no_start() -> None:
    case = Chain()
    case.declare(case.node("p", "hawala"), "payer")
    case.event("identifier", node=3, other=case.boss)
    case.move(case.boss, case.driver, at=4)
    tables = case.tables()
    claims = make_table("claims", {
        "claim_id": [1], "node_a": [1], "node_b": [3], "rule": ["same_address"], "strength": ["strong"],
        "state": ["accepted"], "event_id": [1], "why": ["x"],
    })  # fmt: skip
    found = link(tables, claims=claims)
    assert found.links.empty
    assert found.cut["reason"].tolist() == ["not a start: protected person"]


def test_a_transaction_is_one_hop_and_several_inputs_are_allocated() -> None:
    case = Chain()
    tx, other, change = case.node("tx", "bitcoin", "junction"), case.node("1o", "bitcoin"), case.node("1c", "bitcoin")
    spent = case.move(case.boss, tx, 7, kind="input", asset="BTC", at=1)
    case.move(case.boss, tx, 2, kind="input", asset="BTC", at=1)
    case.move(other, tx, 4, kind="input", asset="BTC", at=1)
    paid = case.move(tx, case.driver, 8, kind="output", asset="BTC", at=1)
    case.move(tx, change, 5, kind="output", asset="BTC", at=1)
    found = link(case.tables())
    assert found.trails == [[spent, paid]]
    assert found.hops[["hop", "allocated"]].to_numpy().tolist() == [[1, False], [1, True]]
    assert "whose coins went on is not stated" in cell(found.links, 0, "wording")
    assert "Order not certain" not in cell(found.links, 0, "wording")


@pytest.mark.parametrize(
    ("first", "second", "trails", "certain"),
    [
        ({"at": 1}, {"at": 2}, 1, True),
        ({"at": 2}, {"at": 1}, 0, True),
        ({"at": 1}, {"at": 1}, 1, False),
        ({"at": 1, "seq": 5}, {"at": 1, "seq": 6}, 1, True),
        ({"at": 1, "seq": 6}, {"at": 1, "seq": 5}, 0, True),
        ({"at": 12, "error": 43_200}, {"at": 5}, 1, False),  # a day that holds the second instant
        ({"at": 12, "error": 43_200}, {"at": 23}, 1, False),
        ({"at": 12, "error": 43_200}, {"at": 25}, 1, True),
        ({"at": 36, "error": 43_200}, {"at": 11}, 0, True),
    ],
)
def test_order_is_only_claimed_where_intervals_do_not_overlap(
    first: dict[str, Any], second: dict[str, Any], trails: int, *, certain: bool
) -> None:
    case = Chain()
    middle = case.node("Tm")
    case.move(case.boss, middle, **first)
    case.move(middle, case.driver, **second)
    found = link(case.tables())
    assert len(found.trails) == trails
    assert all(("The order of its steps is not certain in every way." in text) != certain for text in found.links["wording"])
    assert found.links["uncertain"].tolist() == [not certain] * len(found.links)
    assert found.hops["uncertain"].tolist() == [not certain] * len(found.hops)


def relay() -> tuple[Chain, list[int]]:
    """The organiser deposits on a code, the payee is paid out, and a wallet of unknown owner pays the driver."""
    case = Chain()
    code, payee, wallet = case.node("1", "hawala", "junction"), case.node("kaka", "hawala"), case.node("Tw")
    return case, [
        case.move(case.boss, code, 100, kind="deposit", asset="EUR", at=1),
        case.move(code, payee, 95, kind="payout", asset="EUR", at=20),
        case.move(wallet, case.driver, 100, at=21),
    ]


def test_a_match_carries_a_trail_to_the_other_rail() -> None:
    case, steps = relay()
    assert link(case.tables()).links.empty
    found = link(case.tables(), match_table((2, 3)))
    assert found.trails == [steps]
    assert found.hops["hop"].tolist() == [1, 1, 2]
    assert found.hops["match_id"].isna().tolist() == [True, True, False]
    assert "Rests on match 1." in cell(found.links, 0, "wording")


def test_a_payout_to_the_organiser_goes_on_by_its_match() -> None:
    case = Chain()
    code, wallet = case.node("1", "hawala", "junction"), case.node("Tw")
    payout = case.move(code, case.boss, kind="payout", asset="EUR", at=1)
    sent = case.move(wallet, case.driver, at=2)
    assert link(case.tables(), match_table((payout, sent))).trails == [[sent]]


def test_a_match_that_luck_explains_is_not_crossed_unless_asked_and_then_says_so() -> None:
    case, steps = relay()
    weak = match_table((2, 3), chance=0.5)
    found = link(case.tables(), weak)
    assert found.links.empty
    assert found.cut["reason"].tolist() == ["matches not crossed, because they may be luck: 1"]
    asked = link(case.tables(), weak, cross_weak_matches=True)
    assert asked.trails == [steps]
    assert "not enough to report a payment link, because match 1 may be luck" in cell(asked.links, 0, "wording")
    assert "consistent with" not in cell(asked.links, 0, "wording")


@pytest.mark.parametrize(("verdict", "why"), [("reject", "a person rejected them"), ("unsure", "a person is unsure of them")])
def test_a_match_that_a_person_doubts_is_not_crossed_and_the_true_reason_is_named(verdict: str, why: str) -> None:
    case, steps = relay()
    judged = match_table((2, 3)).assign(judged=verdict)
    found = link(case.tables(), judged)
    assert found.links.empty
    assert found.cut["reason"].tolist() == [f"matches not crossed, because {why}: 1"]
    asked = link(case.tables(), judged, cross_weak_matches=True)
    assert asked.trails == ([] if verdict == "reject" else [steps]), "what was rejected is never followed"


def test_a_match_that_luck_explains_is_crossed_where_a_person_accepted_it() -> None:
    case, steps = relay()
    found = link(case.tables(), match_table((2, 3), chance=0.5).assign(judged="accept"))
    assert found.trails == [steps]
    assert found.cut.empty


@pytest.mark.parametrize("role", ["service", "payer"])
def test_a_match_whose_sender_is_a_service_or_payer_is_not_crossed(role: str) -> None:
    case, _ = relay()
    case.declare(5, role)
    assert link(case.tables(), match_table((2, 3))).links.empty


def test_at_most_six_hops() -> None:
    case = Chain()
    between = [case.node(f"T{number}") for number in range(6)]
    stations = [case.boss, *between, case.driver]
    for at, (a, b) in enumerate(pairwise(stations)):
        case.move(a, b, at=at)
    assert link(case.tables()).links.empty
    assert len(link(case.tables(), max_hops=7).trails[0]) == 7


def test_bounds_keep_the_shortest_and_earliest_and_say_what_they_cut() -> None:
    case = Chain()
    middle = case.node("Tm")
    for at in (1, 2, 3):
        case.move(case.boss, middle, at=at)
    for at in (4, 5):
        case.move(middle, case.driver, at=at)
    direct = case.move(case.boss, case.driver, at=9)
    found = link(case.tables(), max_trails=2)
    assert found.trails == [[direct], [1, 4]]
    assert found.cut[["driver", "count"]].to_numpy().tolist() == [[2, 5]]
    few = link(case.tables(), max_partial=1)
    assert few.trails == [[direct], [1, 4], [1, 5]]
    assert "not followed" in cell(few.cut, 0, "reason")


def random_case(seed: int) -> Chain:
    rng = np.random.default_rng(seed)
    case = Chain()
    accounts = [case.boss, case.driver, *(case.node(f"T{number}") for number in range(5))]
    case.tag(accounts[-1], "exchange")
    case.declare(case.node("Tboss2"), "organiser")
    accounts.append(len(case.rows["nodes"]))
    for number in range(4):
        tx = case.node(f"tx{number}", "bitcoin", "junction")
        at, amounts = float(rng.integers(0, 20)), rng.integers(1, 50, size=3).tolist()
        for amount in amounts:
            case.move(int(rng.choice(accounts)), tx, amount, kind="input", asset="BTC", at=at)
        first = int(rng.integers(1, sum(amounts)))
        for amount in (first, sum(amounts) - first):
            case.move(tx, int(rng.choice(accounts)), amount, kind="output", asset="BTC", at=at)
    for _ in range(18):
        src, dst = (int(node) for node in rng.choice(accounts, size=2, replace=False))
        at, error, seq = (int(rng.integers(0, limit)) for limit in (20, 2, 3))
        case.move(src, dst, int(rng.integers(0, 9)), at=at, error=error * 3600, seq=seq)
    tagged = {row["node_id"] for row in case.rows["tags"]}
    for node in accounts:  # whoever merely pays an organiser is protected: here everybody has a role of the crew
        if node not in (case.boss, case.driver, 8) and node not in tagged:
            case.declare(node, "recruiter")
    return case


def brute_force(case: Chain) -> set[tuple[int, ...]]:
    """Every trail by trying every transfer after every other, from the written rules."""
    moves, kinds = case.rows["transfers"], [row["kind"] for row in case.rows["nodes"]]
    service = {row["node_id"] for row in case.rows["tags"]}
    found: set[tuple[int, ...]] = set()

    def bounds(row: dict[str, object]) -> tuple[pd.Timestamp, pd.Timestamp]:
        time, error = pd.Timestamp(str(row["time"])), pd.Timedelta(seconds=int(str(row["time_error_s"])))
        return time - error, time + error

    def possible(a: dict[str, object], b: dict[str, object]) -> bool:
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        if b_high < a_low:
            return False
        same = a_low == a_high == b_low == b_high and a["seq"] is not None and b["seq"] is not None
        return not (same and int(str(b["seq"])) < int(str(a["seq"])))

    def usable(row: dict[str, object]) -> bool:
        return row["amount"] != 0 and row["src"] != row["dst"]

    def go(at: object, trail: list[dict[str, object]], seen: set[object], hops: int) -> None:
        if at == case.driver:
            found.add(tuple(int(str(row["transfer_id"])) for row in trail))
        if at in service or hops == 6:
            return
        entered: set[object] = set()
        for row in moves:
            if not usable(row) or row["src"] != at or (trail and not possible(trail[-1], row)):
                continue
            there = row["dst"]
            if kinds[int(str(there)) - 1] == "account":
                if there not in seen:
                    go(there, [*trail, row], seen | {there}, hops + 1)
            elif there not in entered:
                entered.add(there)
                for out in moves:
                    if out["src"] == there and usable(out) and out["dst"] not in seen:
                        go(out["dst"], [*trail, row, out], seen | {out["dst"]}, hops + 1)

    for organiser in (case.boss, 8):
        go(organiser, [], {organiser}, 0)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_trails_agree_with_brute_force_and_every_junction_passes_what_it_got(seed: int) -> None:
    case = random_case(seed)
    tables = case.tables()
    found = link(tables, max_trails=10_000)
    assert {tuple(trail) for trail in found.trails} == brute_force(case)
    legs = tables.transfers[tables.transfers["kind"].isin(["input", "output"])]
    for junction in tables.nodes.loc[tables.nodes["kind"] == "junction", "node_id"]:
        came, went = legs[legs["dst"] == junction]["amount"].sum(), legs[legs["src"] == junction]["amount"].sum()
        assert came == went
    by_id = tables.transfers.set_index("transfer_id")
    for row in found.links.itertuples():
        trails = found.hops[found.hops["link_id"] == row.link_id].groupby("trail")["transfer_id"].last()
        assert row.total == sum(by_id.loc[sorted(set(trails)), "amount"])
    again = link(shuffled(tables, seed), max_trails=10_000)
    for one, two in zip((found.links, found.hops, found.cut), (again.links, again.hops, again.cut), strict=True):
        pd.testing.assert_frame_equal(one, two)

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, shuffled
from trails.graph import CaseTables, make_table
from trails.hawala.match_table import match_hawala
from trails.hawala.matching import Matching
from trails.hawala.records import Rules
from trails.hawala.ties import apply_judgements, list_unmatched, supported_matches
from trails.match_settings import read_parameters

USDT = 10**6


def match(tables: CaseTables, **more: Any) -> tuple[pd.DataFrame, pd.DataFrame, Matching]:
    return match_hawala(tables, read_parameters(), **more)


class Relay(SmallCase):
    """One code, one payee, two wallets, and a rate of 1 EUR = 1.1 USD throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.code, self.payee = self.node("code:a:4718", "hawala", "junction"), self.node("party:a:kaka", "hawala")
        self.wallet, self.driver = self.node("Twallet"), self.node("Tdriver")
        for day in range(100):
            self.price("EUR", "USD", "1.1", at=24 * day)

    def payout(self, amount: int, *, at: float | None = 24, error: int = 0, payee: int | None = None) -> int:
        return self.move(self.code, payee or self.payee, amount, kind="payout", asset="EUR", at=at, error=error)

    def send(self, dollars: float, *, at: float = 25, src: int | None = None, dst: int | None = None) -> int:
        return self.move(src or self.wallet, dst or self.driver, round(dollars * USDT), at=at)

    def background(self, count: int = 400) -> None:
        """Transfers of other sizes and times, so that luck is small."""
        for number in range(count):
            self.send(5000 + number, at=200 + number)


def within(case: SmallCase, rules: Rules | None = None) -> int:
    """How many pairs lie within bounds."""
    return int(match(case.tables(), rules=rules)[2].found.sum())


@pytest.mark.parametrize(
    ("dollars", "hours", "found"),
    [
        (1100, 1, True),
        (1100 * 0.94, 1, True),
        (1100 * 0.94 - 22, 1, True),  # a fee of 6 % and 2 % more
        (1100 * 0.94 - 22.01, 1, False),
        (1100 + 22, 1, True),
        (1100 + 22.01, 1, False),
        (1100, 72, True),
        (1100, 72.01, False),
        (1100, -0.01, False),
    ],
)
def test_bounds_of_amount_and_time(dollars: float, hours: float, found: bool) -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(dollars, at=24 + hours)
    assert within(case) == int(found)


def test_a_deposit_comes_after_its_transfer_and_the_fee_is_on_the_other_side() -> None:
    for dollars, hours, found in ((1166, -1, True), (1188.1, -1, False), (1078, -1, True), (1077, -1, False), (1100, 1, False)):
        case = Relay()
        case.move(case.payee, case.code, 1000_00, kind="deposit", asset="EUR", at=24)
        case.send(dollars, at=24 + hours)
        assert within(case) == int(found), (dollars, hours)


def test_a_settlement_may_come_before_or_after_and_keeps_no_fee() -> None:
    for dollars, hours, found in ((1100, -71, True), (1100, 71, True), (1050, 1, False), (1080, 1, True)):
        case = Relay()
        case.move(case.node("party:a:office", "hawala"), case.payee, 1000_00, kind="settlement", asset="EUR", at=74)
        case.send(dollars, at=74 + hours)
        assert within(case) == int(found), (dollars, hours)


def test_the_smallest_tolerance_is_fifteen_euro() -> None:
    case = Relay()
    case.payout(50_00)
    case.send(55 * 0.94 - 16.5)
    assert within(case) == 1
    assert within(case, Rules(tolerance_floor=14)) == 0


def test_a_payout_known_to_the_day_widens_the_window_by_half_a_day_each_way() -> None:
    for at, found in ((12.5, True), (11.5, False), (24 + 83.9, True), (24 + 84.1, False)):
        case = Relay()
        case.payout(1000_00, at=24, error=43_200)
        case.send(1100, at=at)
        assert within(case) == int(found)


def test_what_is_no_candidate() -> None:
    case = Relay()
    case.payout(1000_00)
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, status="failed")
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, asset="0xfake@ethereum")
    case.move(case.wallet, case.driver, None, at=25)
    case.move(case.wallet, case.driver, 1100 * USDT, at=None)
    case.move(case.wallet, case.wallet, 1100 * USDT, at=25)
    case.move(case.wallet, case.payee, 1100 * USDT, at=25)
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, kind="settlement")
    matches, unmatched, _ = match(case.tables())
    assert matches.empty
    assert unmatched["reason"].tolist() == ["no transfer within bounds of amount and time"]


def test_change_back_to_an_input_is_no_candidate() -> None:
    case = Relay()
    case.payout(1000_00)
    case.price("BTC", "USD", "50000", at=20)
    tx = case.node("tx", "bitcoin", "junction")
    own, other = case.node("1own", "bitcoin"), case.node("1other", "bitcoin")
    case.move(own, tx, 4_400_000, kind="input", asset="BTC", at=25)
    case.move(tx, own, 2_200_000, kind="output", asset="BTC", at=25)
    assert within(case) == 0
    case.move(tx, other, 2_200_000, kind="output", asset="BTC", at=25)
    assert within(case) == 1


def test_payouts_that_cannot_be_compared_say_why() -> None:
    case = Relay()
    case.payout(1000_00, at=None)
    case.payout(0)
    case.move(case.code, case.payee, 5, kind="payout", asset="BTC", at=24)
    case.payout(10**30)
    _, unmatched, _ = match(case.tables())
    assert [reason.split(":")[0] for reason in unmatched["reason"]] == [
        "its time is unknown", "its amount is zero", "no value", "its sum is larger than any that is compared",
    ]  # fmt: skip


def test_a_row_told_again_is_no_record_of_its_own() -> None:
    case = Relay()
    first, again = case.payout(1000_00), case.payout(1000_00, at=25)
    case.send(1100, at=26)
    assert within(case) == 2
    matches, _, run = match(case.tables(), same_as={again: first})
    assert run.records["a"].tolist() == [first]
    assert set(matches["transfer_a"]) <= {first}


def test_very_many_equal_payouts_of_one_day_are_ambiguous_all_of_them() -> None:
    case = Relay()
    for number in range(1_500):
        case.payout(100_00, at=24 + number / 75)
        if number % 5 == 0:
            case.send(110, at=30 + number / 75)
    matches, _, run = match(case.tables())
    assert (matches["state"] == "link").sum() == 0
    assert run.found.min() > 50
    assert (matches["chance"] > 0.1).all() or matches.empty


def test_identical_codes_one_digit_codes_and_dates_before_the_rails_existed_do_no_harm() -> None:
    case = Relay()
    short = case.node("code:a:4", "hawala", "junction")
    for number in range(5):
        case.move(short, case.payee, 100_00 + number, kind="payout", asset="EUR", at=-24 * 365 * 40)
        case.move(short, case.payee, 0, kind="payout", asset="EUR", at=24)
    case.background(20)
    matches, unmatched, _ = match(case.tables())
    assert matches.empty
    assert len(unmatched) == 10


class Office(Relay):
    """An office whose wallet passes a third of its payouts on, amid payouts and transfers of everybody else."""

    def __init__(self, seed: int, payouts: int = 150) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        office = self.node("Toffice")
        self.true: set[tuple[int, int]] = set()
        others = [self.node(f"Tother{number}") for number in range(60)]
        for _ in range(payouts):
            payee = self.node(f"party:a:payee{len(self.rows['nodes'])}", "hawala")
            euro, at = int(np.exp(rng.normal(6.2, 0.7)) // 10 * 10 + 50), float(rng.uniform(24, 60 * 24))
            paid = self.payout(euro * 100, at=at, payee=payee)
            if rng.random() < 0.35:
                dollars = round(euro * 1.1 * (1 - rng.uniform(0, 0.06)), 2)
                goal = self.node(f"Tpayee{len(self.rows['nodes'])}")
                self.true.add((paid, self.send(dollars, at=at + float(rng.lognormal(2, 0.8)), src=office, dst=goal)))
        for _ in range(6 * payouts):
            ends = rng.choice(len(others), 2, replace=False)
            dollars = float(np.exp(rng.normal(6.2, 0.7)) // 10 * 10 + 55)
            self.send(dollars, at=float(rng.uniform(0, 62 * 24)), src=others[ends[0]], dst=others[ends[1]])


def links_of(case: SmallCase) -> set[tuple[int, int]]:
    matches, _, _ = match(case.tables())
    kept = matches[supported_matches(matches)]
    return set(zip(kept["transfer_a"].tolist(), kept["transfer_b"].tolist(), strict=True))


def test_the_offices_wallet_is_found_by_what_it_does() -> None:
    right = stated = there = 0
    for seed in range(3):
        case = Office(seed)
        found = links_of(case)
        right, stated, there = right + len(found & case.true), stated + len(found), there + len(case.true)
    assert right >= 0.9 * stated
    assert right >= 0.5 * there


def test_unrelated_payouts_and_transfers_give_no_link() -> None:
    for seed in range(3):
        case = Office(seed)
        sent = {b for _, b in case.true}
        case.rows["transfers"] = [row for row in case.rows["transfers"] if row["transfer_id"] not in sent]
        assert len(links_of(case)) <= 1, "luck alone"


def test_no_order_of_rows_matters_and_two_runs_agree() -> None:
    case = Office(7, payouts=60)
    tables = case.tables()
    first, _, _ = match(tables)
    for other in (tables, shuffled(tables, 1), shuffled(tables, 2)):
        again, _, _ = match(other)
        pd.testing.assert_frame_equal(first, again)


def test_one_payout_and_one_transfer_alone_are_listed_and_never_a_link() -> None:
    case = Relay()
    assert match(case.tables())[0].empty
    case.payout(1000_00)
    assert match(case.tables())[0].empty
    sent = case.send(1090)
    matches, _, _ = match(case.tables())
    assert matches["transfer_b"].tolist() == [sent]
    assert matches["margin"].tolist() == [None] or matches["margin"].isna().all()
    assert matches["state"].tolist() != ["link"]


def test_rivals_count_both_sides_and_the_margin_is_against_the_best_of_them() -> None:
    case = Relay()
    case.payout(1000_00, at=24)
    case.payout(1000_00, at=26)
    case.send(1100, at=27)
    case.send(1100, at=40)
    case.background()
    matches, _, run = match(case.tables())
    # each has one other transfer in its bounds, and each transfer one other payout
    assert matches["rivals"].tolist() == [2, 2]
    weight = {(int(r), int(p)): w for r, p, w in zip(run.scored.record, run.scored.place, run.scored.weight, strict=True)}
    for at, margin in zip(run.chosen.tolist(), run.margin.tolist(), strict=True):
        mine = (int(run.scored.record[at]), int(run.scored.place[at]))
        others = [w for pair, w in weight.items() if pair != mine and (pair[0] == mine[0] or pair[1] == mine[1])]
        assert margin == pytest.approx(weight[mine] - max(others))


def test_the_bits_of_the_signs_add_up_to_the_weight() -> None:
    matches, _, _ = match(Office(3, payouts=60).tables())
    assert len(matches) > 10
    for weight, explanation in zip(matches["weight"], matches["explanation"], strict=True):
        signs = json.loads(explanation)
        assert [each["sign"] for each in signs][:3] == ["start", "amount", "time"]
        if signs:
            assert sum(each["bits"] for each in signs) == pytest.approx(weight, abs=0.05)


def test_the_word_is_refused_when_luck_is_likely_and_nothing_else_ties_them() -> None:
    case = Relay()
    for number in range(40):
        case.payout(1000_00, at=24 + 20 * number)
        case.send(1095, at=30 + 20 * number, src=case.node(f"T{number}"), dst=case.node(f"U{number}"))
    matches, _, _ = match(case.tables())
    assert (matches["chance"] > 0.1).all()
    assert not (matches["state"] == "link").any()
    assert not matches["wording"].str.contains(": consistent with the same money").any()


def test_one_row_that_names_code_and_address_is_a_second_source() -> None:
    case = Relay()
    case.payout(1000_00)
    sent = case.send(1100)
    case.background()
    case.event("code_quoted", node=case.code, source=3, row=77)
    case.event("mention", other=case.driver, source=3, row=78)
    assert cell(match(case.tables())[0], 0, "second") is None
    case.event("mention", other=case.driver, source=3, row=77)
    matches, _, _ = match(case.tables())
    assert matches["transfer_b"].tolist() == [sent]
    assert "one row names both (event 1)" in cell(matches, 0, "second")
    assert cell(matches, 0, "state") == "link"


def test_one_entity_on_both_sides_is_a_second_source() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100)
    for number in range(200):  # of others: one entity is a sign only where it is not everybody
        case.send(5000 + number, at=200 + number, src=case.node(f"T{number}"), dst=case.node(f"U{number}"))
    count = len(case.rows["nodes"])
    joined = [case.payee if node == case.driver else node for node in range(1, count + 1)]
    entities = make_table("entities", {"entity_id": joined, "node_id": range(1, count + 1)})
    matches, _, _ = match(replace(case.tables(), entities=entities))
    assert "one entity" in cell(matches, 0, "second")


def test_a_known_wallet_of_somebody_else_speaks_against() -> None:
    case = Relay()
    stranger = case.node("party:a:other", "hawala")
    case.payout(1000_00)
    case.send(1100)
    case.background(50)
    count = len(case.rows["nodes"])
    plain, _, run = match(replace(case.tables(), entities=make_table(
        "entities", {"entity_id": range(1, count + 1), "node_id": range(1, count + 1)})))  # fmt: skip
    joined = [case.driver if node == stranger else node for node in range(1, count + 1)]
    entities = make_table("entities", {"entity_id": joined, "node_id": range(1, count + 1)})
    _, _, against = match(replace(case.tables(), entities=entities))
    assert against.scored.bits["identifier"][0] < run.scored.bits["identifier"][0] == 0
    assert len(plain) <= 1


def test_a_payout_paid_on_in_two_parts_is_found_where_the_wallet_is_the_offices() -> None:
    case = Office(1)
    office = next(int(str(row["node_id"])) for row in case.rows["nodes"] if row["key"] == "Toffice")
    payee, goal = case.node("party:a:split", "hawala"), case.node("Tsplit")
    paid = case.payout(7777_00, at=900, payee=payee)
    parts = [case.send(each, at=905 + each / 1000, src=office, dst=goal) for each in (4000, 4400)]
    matches, _, _ = match(case.tables())
    found = matches[matches["transfer_a"] == paid]
    assert found["transfer_b"].tolist() == parts
    assert len(set(found["part"])) == 1
    assert not (found["state"] == "link").any(), "a sum of parts is never more than possible"


def brute_force(case: Relay, payouts: list[int], sent: list[int]) -> int:
    """Pairs within bounds, from the definition."""
    rows = case.rows["transfers"]
    count = 0
    for a, b in product(payouts, sent):
        worth, dollars = int(str(rows[a - 1]["amount"])) / 100 * 1.1, int(str(rows[b - 1]["amount"])) / USDT
        tau = max(0.02 * worth, 16.5)
        apart = (pd.Timestamp(str(rows[b - 1]["time"])) - pd.Timestamp(str(rows[a - 1]["time"]))).total_seconds() / 3600
        count += worth * 0.94 - tau - 1e-9 <= dollars <= worth + tau + 1e-9 and 0 <= apart <= 72
    return count


@pytest.mark.parametrize("seed", range(10))
def test_candidates_agree_with_the_definition_and_none_is_used_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = Relay()
    payouts = [case.payout(int(rng.integers(300, 340)) * 100, at=float(rng.integers(24, 100))) for _ in range(rng.integers(1, 6))]
    sent = [case.send(int(rng.integers(290, 390)), at=float(rng.integers(20, 180))) for _ in range(rng.integers(1, 9))]
    matches, unmatched, run = match(case.tables())
    assert run.found.sum() == brute_force(case, payouts, sent)
    assert matches["transfer_a"].is_unique
    assert matches["transfer_b"].is_unique
    assert len(matches) + len(unmatched) == len(payouts)


def test_a_match_in_parts_is_rejected_whole_and_a_judgement_on_no_match_is_named() -> None:
    case = SmallCase()
    numbers = [case.move(case.node(f"T{number}"), case.node("Tgoal"), 100, at=number) for number in range(4)]
    tables = case.tables()
    public = dict(zip(tables.transfers["transfer_id"], tables.transfers["public_id"], strict=True))
    pairs = [(numbers[0], numbers[2]), (numbers[3], numbers[1])]
    tables = replace(tables, judgements=pd.DataFrame({
        "judgement_id": [1, 2], "target": [f"match:{public[a]}|{public[b]}" for a, b in pairs], "verdict": "reject", "who": "x",
        "at": pd.Timestamp("2024-01-01"), "why": "x", "supersedes": None,
    }))  # fmt: skip
    matches = pd.DataFrame({
        "transfer_a": numbers[0], "transfer_b": numbers[1:], "part": pd.array([1, 1, None], "Int64"), "wording": "said",
    })  # fmt: skip
    found = apply_judgements(matches, tables)
    assert found["judged"].tolist() == ["reject", "reject", None]
    lead = "Rejected by a person (judgement 1): not read as the same money. By the records alone: said"
    assert found["wording"].tolist() == [lead, lead, "said"]
    assert [each.number for each in list_unmatched(matches, tables)] == [2]

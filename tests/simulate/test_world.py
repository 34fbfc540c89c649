"""What happens in a case: value is conserved, coins balance, keys are valid, the innocent outnumber the network."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulate.played import play
from trails.identifiers import canonical_address
from trails.simulate.coins import hash_transaction
from trails.simulate.parameters import load_parameters
from trails.simulate.play import Played, play_case
from trails.simulate.scenarios import EXERCISE, SCENARIOS, apply_scenario
from trails.simulate.world import START

WORLDS = [("mixed-rails", 7, "S"), ("zvornik", 8, "S"), ("office-raid", 9, "S"), ("mixed-rails", 10, "M")]


@pytest.fixture(scope="module", params=WORLDS, ids=lambda each: "-".join(map(str, each)))
def played(request: pytest.FixtureRequest) -> Played:
    return play(*request.param)


def test_no_account_pays_what_it_does_not_have(played: Played) -> None:
    world = played.world
    rich = {person.person_id for person in world.persons.values() if "service" in {role for role, _, _ in person.roles}}
    held: Counter[tuple[str, str]] = Counter()
    chain = [m for m in world.movements if m.asset.startswith("USDT@")]
    for each in sorted(chain, key=lambda m: (m.time, m.number)):
        held[each.rail, each.dst] += each.amount
        held[each.rail, each.src] -= each.amount
        assert held[each.rail, each.src] >= 0 or world.owner(each, "src") in rich, each


def test_bitcoin_transactions_balance_hash_to_themselves_and_spend_an_output_once(played: Played) -> None:
    made = {tx.txid: tx for tx in played.transactions}
    spent: set[tuple[str, int]] = set()
    assert len(made) == len(played.transactions) > 20
    for tx in played.transactions:
        assert tx.fee > 0
        assert all(value > 0 for _, value in tx.outputs)
        assert tx.txid == hash_transaction(tx)
        for coin in tx.inputs:
            assert (coin.txid, coin.vout) not in spent
            spent.add((coin.txid, coin.vout))
            if coin.txid in made:
                before = made[coin.txid]
                assert before.outputs[coin.vout] == (coin.address, coin.value)
                assert before.time <= tx.time


def test_every_order_in_bitcoin_is_paid_by_its_transaction(played: Played) -> None:
    made = {tx.txid: tx for tx in played.transactions}
    orders = [m for m in played.world.movements if m.rail == "bitcoin"]
    assert orders
    for order in orders:
        assert (order.dst, order.amount) in made[order.txid].outputs


def test_addresses_are_valid_and_have_one_owner(played: Played) -> None:
    for rail, address in played.world.owner_of:
        assert canonical_address(address, rail) == address


def test_the_innocent_are_ten_to_fifty_times_as_many(played: Played) -> None:
    """Counted by movements of which some file could tell: cash in nobody's book is no record."""
    counted = Counter(m.network for m in played.world.movements if m.rail != "cash" or m.book)
    assert 10 <= counted[False] / counted[True] <= 50


def test_money_is_handed_on_in_the_order_of_time(played: Played) -> None:
    at = {m.number: m for m in played.world.movements}
    for trail in played.world.trails:
        times = [at[step].time for step in trail.steps]
        assert times == sorted(times)
    for each in played.world.movements:
        assert all(at[before].time <= each.time for before in each.after), each


def test_a_trail_ends_with_its_driver_and_a_visible_one_begins_with_its_organiser(played: Played) -> None:
    world = played.world
    at = {m.number: m for m in world.movements}
    for trail in world.trails:
        assert world.owner(at[trail.steps[-1]], "dst") == trail.driver
        if trail.state != "unobservable":
            assert world.owner(at[trail.steps[0]], "src") == trail.organiser
        if trail.state == "direct":
            assert len(trail.steps) == 1


def test_payouts_and_refunds_never_exceed_what_was_deposited(played: Played) -> None:
    world = played.world
    paid: Counter[str] = Counter()
    for each in world.movements:
        if each.kind == "payout" and each.network:
            paid[each.obligation] += each.amount
    for obligation in world.obligations:
        assert paid[obligation.obligation_id] <= 100 * obligation.sum_eur


def test_everything_happens_within_the_period(played: Played) -> None:
    world = played.world
    assert all(START - 6 * 86_400 <= m.time <= world.end + 5 * 86_400 for m in world.movements)
    assert all(START < trip.proof < world.end for trip in world.trips)


def test_size_s_is_as_specified() -> None:
    world = play().world
    roles = Counter(role for person in world.persons.values() for role, _, _ in person.roles if person.side == "crew")
    assert roles["organiser"] == 1
    assert roles["driver"] == 6
    assert len([b for b in world.books.values() if b.layout == "office"]) == 1
    assert 60 <= sum(trip.heads for trip in world.trips) <= 80
    assert {book.layout for book in world.books.values()} >= {"afghan-office-book", "insurance-register", "jeweller-notebook"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_what_they_say(name: str) -> None:
    world = play(name, seed=21).world
    crew = {who for who, person in world.persons.items() if person.side == "crew"}
    on_chain = [m for m in world.movements if m.network and m.rail in ("tron", "bsc", "ethereum", "bitcoin")]
    drivers = [p for p in world.persons.values() if any(role == "driver" for role, _, _ in p.roles)]
    match name:
        case "cash-only":
            assert not on_chain
            assert {trail.state for trail in world.trails} == {"unobservable"}
        case "taxi":
            assert not drivers
            assert {world.persons[trip.driver].side for trip in world.trips} == {"innocent"}
        case "ransom":
            assert sum(o.coerced for o in world.obligations) >= len(world.obligations) / 4
        case "office-raid":
            assert any(o.state == "lost" for o in world.obligations)
        case "zvornik":
            roles = Counter(role for who in crew for role, _, _ in world.persons[who].roles)
            assert roles["organiser"] + roles["dispatcher"] + roles["driver"] == 5
        case _:
            assert on_chain


def test_traps_of_every_kind_are_set() -> None:
    kinds = {trap for trap, _, _ in play(seed=5, size="M").world.traps}
    assert "errand" in kinds
    assert kinds >= {"payroll", "taxi driver", "collector", "foreman", "poisoning", "counterfeit", "equal codes", "same office"}


def test_a_poisoning_address_looks_like_the_one_it_imitates() -> None:
    world = play().world
    poisoned = [m for m in world.movements if m.kind == "poison"]
    assert poisoned
    true = {fake: address for address, fake in world.look_alikes.items()}
    for each in poisoned:
        assert each.src[:3] == true[each.src][:3]
        assert each.src[-4:] == true[each.src][-4:]
        assert each.amount <= 10_000


def test_after_a_freeze_a_dispatcher_pays_from_another_address() -> None:
    world = play_case(3, "S", EXERCISE, apply_scenario(load_parameters(), EXERCISE)).world
    for who, at in world.freezes.items():
        held = world.persons[who].wallets.get("tron", [])
        later = [m for m in world.movements if m.time >= at and m.kind in ("driver_pay", "hop") and m.src in held[:1]]
        assert not later

"""How one payment goes over a chain: hops, a swap, parts, fresh addresses; what follows it to an exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.simulate.keys import DECIMALS, make_address
from trails.simulate.world import HOUR, Movement, round_sum, wake

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Person, World


_SWAP_TAKES = HOUR // 2


@dataclass(slots=True)
class Services:
    """Who serves everybody: an exchange, a swap, a trader who buys and sells, a gambling site."""

    exchange: Person
    swap: Person
    trader: Person
    gambling: Person


def make_services(world: World) -> Services:
    """The services, each one's first wallet on a chain being its hot one."""
    made = [world.add_person("service", "service") for _ in range(4)]
    return Services(*made)


def to_units(asset: str, value: float) -> int:
    """A value as base units, to the cent where the asset has more places than a cent."""
    places = DECIMALS[asset]
    return int(round(value * 100) * 10 ** (places - 2))


def usdt_of(world: World, dice: Dice, time: int, eur: float) -> float:
    """What a sum in EUR is in USDT, as people round it."""
    return round_sum(dice, eur * world.rate(time, "USD"))


def pay_on_chain(
    world: World, dice: Dice, services: Services, src: str, dst: str, eur: float, time: int, kind: str, *,
    network: bool = True, trip: int = 0, obligation: str = "", rail: str = "", hide: bool = True,
) -> list[list[Movement]]:  # fmt: skip
    """Pay a person on a chain by the parameters' share of hops, swaps, parts and fresh addresses.

    Returns the movements of each part in order; the last of each reaches ``dst``. ``time`` is when the last part arrives.
    """
    rail = rail or dice.choose("chain")
    if rail == "bitcoin":
        return [[_pay_bitcoin(world, dice, src, dst, eur, time, kind, network=network, trip=trip, obligation=obligation)]]
    parts = [eur / 2, eur / 2] if hide and dice.happens("split_share") else [eur]
    found = []
    for nth, part in enumerate(parts):
        hops = int(dice.choose("hops")) if hide else 0
        value = usdt_of(world, dice, time, part)
        at = time - int(nth * dice.random.uniform(0.1, 2.0) * HOUR)
        said = {"network": network, "trip": trip, "obligation": obligation}
        found.append(_walk(world, dice, services, rail, src, dst, value, at, kind, hops, hide=hide, said=said))
    return found


def _walk(
    world: World, dice: Dice, services: Services, rail: str, src: str, dst: str, value: float, time: int, kind: str,
    hops: int, *, hide: bool, said: dict[str, object],
) -> list[Movement]:  # fmt: skip
    """One part, from the payer's wallet over his fresh ones; a swap takes it to another chain before the last step."""
    waits = [int(dice.draw("hop_hours") * HOUR) for _ in range(hops)]
    swapped = hide and dice.happens("swap_share")
    at = time - sum(waits) - (_SWAP_TAKES if swapped else 0)
    steps: list[Movement] = []
    holder = world.wallet_at(src, rail, at)
    for wait in waits:
        nxt = world.wallet(src, rail, fresh=True)
        steps.append(_step(world, rail, "hop", holder, nxt, value, at, steps, said))
        holder, at = nxt, at + wait
    if swapped:
        into = world.wallet(services.swap.person_id, rail)
        steps.append(_step(world, rail, "swap_in", holder, into, value, at, steps, said))
        at += _SWAP_TAKES
        rail = "bsc" if rail == "tron" else "tron"
        value = round(value * 0.995, 2)
        holder = world.wallet(services.swap.person_id, rail)
    fresh = hide and dice.happens("fresh_share")
    goal = world.wallet(dst, rail, fresh=fresh)
    steps.append(_step(world, rail, kind, holder, goal, value, at, steps, said))
    return steps


def _step(
    world: World, rail: str, kind: str, src: str, dst: str, value: float, time: int, before: list[Movement],
    said: dict[str, object],
) -> Movement:  # fmt: skip
    asset = f"USDT@{rail}"
    after = (before[-1].number,) if before else ()
    return world.move(time, rail, kind, src, dst, asset, to_units(asset, value), after=after, **said)


def _pay_bitcoin(
    world: World, dice: Dice, src: str, dst: str, eur: float, time: int, kind: str, *, network: bool, trip: int, obligation: str
) -> Movement:
    """An order to pay in Bitcoin: which coins, change, peeling and mixing are decided where transactions are made."""
    coins = round(eur * world.rate(time, "USD") / world.rate(time, "BTC") * 1e8)
    coins = round(coins, -2) if dice.happens("round_share") else coins
    goal = world.wallet(dst, "bitcoin", fresh=True)
    return world.move(time, "bitcoin", kind, src, goal, "BTC", coins, network=network, trip=trip, obligation=obligation)


def cash_out(world: World, dice: Dice, services: Services, payment: Movement) -> None:
    """What a receiver does next: a part of it to his deposit address at the exchange, which sweeps it; or a sale."""
    if payment.rail == "bitcoin" or not dice.happens("cash_out_share"):
        return
    owner = world.owner(payment, "dst")
    rail, places = payment.rail, DECIMALS[payment.asset] - 2
    part = dice.random.uniform(0.5, 0.98)
    amount = int(payment.amount / 10**places * part) // 100 * 100 * 10**places
    at = wake(dice, payment.time + int(dice.random.uniform(2, 120) * HOUR))
    if amount <= 0 or at >= world.end:
        return
    said = {"network": payment.network, "trip": payment.trip}
    if dice.below(0.25):
        trader = world.wallet(services.trader.person_id, rail)
        world.move(at, rail, "sale", payment.dst, trader, payment.asset, amount, after=(payment.number,), **said)
        return
    deposit = deposit_address(world, services, owner, rail)
    put = world.move(at, rail, "cash_out", payment.dst, deposit, payment.asset, amount, after=(payment.number,), **said)
    hot = world.wallet(services.exchange.person_id, rail)
    sweep = at + dice.between(600, 6 * HOUR)
    world.move(sweep, rail, "sweep", deposit, hot, payment.asset, amount, after=(put.number,), **said)


def deposit_address(world: World, services: Services, customer: str, rail: str) -> str:
    """The exchange's address for one customer: the exchange owns it, the customer uses it."""
    held = world.persons[services.exchange.person_id].wallets.setdefault(f"{rail}|{customer}", [])
    if not held:
        held.append(make_address(rail, world.seed, "deposit", customer, rail))
        world.owner_of[(rail, held[0])] = services.exchange.person_id
    return held[0]

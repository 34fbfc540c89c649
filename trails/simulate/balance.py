"""No account pays what it does not have: where one would, it is given the means before, by the exchange or the trader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.simulate.world import DAY, HOUR, START

if TYPE_CHECKING:
    from trails.simulate.chain_pay import Services
    from trails.simulate.world import Movement, World

_STEP = 50


def fund_accounts(world: World, services: Services) -> None:
    """Add a purchase before every payment that its account could not make; services hold reserves of their own.

    Afterwards no account of a chain but a service's ever holds less than nothing. Cost: one walk in time order.
    """
    dice = world.dice("funding")
    exempt = (services.exchange, services.trader, services.gambling, services.swap)
    rich = {person.person_id for person in exempt}
    held: dict[tuple[str, str], int] = {}
    chain = [m for m in world.movements if m.rail in ("tron", "ethereum", "bsc") and m.asset.startswith("USDT")]
    for each in sorted(chain, key=lambda m: (m.time, m.number)):
        payer = (each.rail, each.src)
        if world.owner_of.get(payer) not in rich:
            lack = each.amount - held.get(payer, 0)
            if lack > 0:
                bought = _buy(world, services, dice.below(0.3), each, lack, dice.between(HOUR // 2, DAY))
                held[payer] = held.get(payer, 0) + bought.amount
            held[payer] = held.get(payer, 0) - each.amount
        payee = (each.rail, each.dst)
        held[payee] = held.get(payee, 0) + each.amount


def _buy(world: World, services: Services, of_trader: bool, need: Movement, lack: int, before: int) -> Movement:  # noqa: FBT001 - drawn
    seller = services.trader if of_trader else services.exchange
    unit = 10 ** (18 if need.rail == "bsc" else 6) * _STEP
    amount = -(-lack // unit) * unit
    at = max(START - 5 * DAY, need.time - before)
    src = world.wallet(seller.person_id, need.rail)
    return world.move(at, need.rail, "top_up", src, need.src, need.asset, amount, network=need.network, trip=need.trip)

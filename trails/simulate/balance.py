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
                seller = services.trader if dice.below(0.3) else services.exchange
                bought = _buy(world, seller.person_id, each, lack, dice.between(HOUR // 2, DAY))
                held[payer] = held.get(payer, 0) + bought.amount
            held[payer] = held.get(payer, 0) - each.amount
        payee = (each.rail, each.dst)
        held[payee] = held.get(payee, 0) + each.amount


def fuel_accounts(world: World, services: Services) -> None:
    """Give every TRON wallet that pays its first TRX before it does: from the exchange, or from whoever first paid it.

    A shared giver is a weak sign, as in life: people of one group share one, and so do a trader's customers.
    """
    dice = world.dice("fuel")
    of_services = {each.person_id for each in (services.exchange, services.trader, services.gambling, services.swap)}
    payer: dict[str, Movement] = {}
    fuelled: set[str] = set()
    moves = [m for m in world.movements if m.rail == "tron" and m.asset == "USDT@tron" and m.kind != "poison"]
    for each in sorted(moves, key=lambda m: (m.time, m.number)):
        if each.src not in fuelled and world.owner(each, "src") not in of_services:
            fuelled.add(each.src)
            first = payer.get(each.src)
            giver = world.wallet(services.exchange.person_id, "tron")
            if first and first.src not in (giver, each.src) and dice.choose("fuel") == "first_payer":
                giver = first.src
            since = first.time if first else each.time - DAY
            at = since + int((each.time - since) * dice.random.random())
            units = int(dice.draw("fuel_trx")) * 10**6
            world.move(at, "tron", "fuel", giver, each.src, "TRX", units, network=each.network, trip=each.trip)
        payer.setdefault(each.dst, each)


def _buy(world: World, seller: str, need: Movement, lack: int, before: int) -> Movement:
    unit = 10 ** (18 if need.rail == "bsc" else 6) * _STEP
    amount = -(-lack // unit) * unit
    at = max(START - 5 * DAY, need.time - before)
    src = world.wallet(seller, need.rail)
    return world.move(at, need.rail, "top_up", src, need.src, need.asset, amount, network=need.network, trip=need.trip)

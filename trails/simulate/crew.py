"""The network: people, offices and their books, trips, and what families agreed to pay for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trails.simulate.world import DAY, HOUR, START, Book, Obligation, Person, Trip

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import World

#: How a deposit desk keeps its book: layout, zone, the kind of code it makes.
DESKS = {
    "kabul": ("afghan-office-book", "Asia/Kabul", "number"),
    "maktab": ("insurance-register", "Europe/Istanbul", "dash"),
    "kuyumcu": ("jeweller-notebook", "Europe/Istanbul", "serial"),
}
#: The files begin in the middle of an affair: the first trips leave days after, the last arrive days before their end.
_FIRST_TRIP, _LATEST_TRIP = 3 * DAY, 6 * DAY


@dataclass(slots=True)
class Network:
    """One organiser's group: who is in it, and where its families and it are paid."""

    organiser: Person
    dispatchers: list[Person]
    drivers: list[Person]
    helpers: list[Person]
    strawmen: list[Person]
    chat: str
    weights: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Pair:
    """A deposit office with its desks and the office that pays out."""

    number: int
    scope: str
    desks: dict[str, Person]
    payout: Person
    raided: int = 0


def make_pairs(world: World) -> list[Pair]:
    """The office pairs with their books: the first has a desk of every layout, each other one of them."""
    pairs = []
    for number in range(1, world.parameters.count(world.size, "desks") + 1):
        scope = f"pair-{number}"
        layouts = list(DESKS) if number == 1 else [list(DESKS)[number % len(DESKS)]]
        desks = {}
        for layout in layouts:
            keeper = world.add_person("service", "office", eastern=True)
            desks[layout] = keeper
            name, zone, _ = DESKS[layout]
            ending = "csv" if layout == "kabul" else "txt"
            book = f"{layout}_{number}.{ending}"
            world.books[book] = Book(book, name, scope, keeper.person_id, zone)
        payout = world.add_person("service", "office")
        book = f"office_{number}.csv"
        world.books[book] = Book(book, "office", scope, payout.person_id, "Europe/Sarajevo", cyrillic=number % 2 == 0)
        pairs.append(Pair(number, scope, desks, payout))
    if "raid" in world.scenario.marks:
        pairs[0].raided = (START + world.end) // 2
    return pairs


def make_networks(world: World) -> list[Network]:
    """The groups: organiser, dispatchers, drivers with a rate and a rail each, scouts, recruiters, strawmen."""
    dice = world.dice("crew")
    count = world.parameters.count(world.size, "networks")
    drivers = world.parameters.count(world.size, "drivers")
    taxi = "taxi" in world.scenario.marks
    networks = []
    for number in range(count):
        organiser = world.add_person("crew", "organiser", user=True)
        dispatchers = [
            world.add_person("crew", "dispatcher", user=True) for _ in range(world.parameters.count(world.size, "dispatchers"))
        ]
        share = drivers // count + (number < drivers % count)
        group = [
            world.add_person("innocent" if taxi else "crew", "taxi driver" if taxi else "driver", user=True)
            for _ in range(share)
        ]
        for driver in group:
            driver.prefers, driver.rate = dice.choose("driver_rail"), dice.draw("driver_per_head")
        helpers = [world.add_person("crew", role) for role in ("recruiter", "scout", "house keeper")]
        strawmen = [world.add_person("crew", "strawman") for _ in range(2)]
        weights = [1 / (place + 1) for place in range(share)]
        chat = f"Grupa {number + 1} (fictional)"
        if "freeze" in world.scenario.marks:
            for person in dispatchers:
                world.freezes[person.person_id] = START + (world.end - START) * 3 // 5
        networks.append(Network(organiser, dispatchers, group, helpers, strawmen, chat, weights))
        if taxi:
            for driver in group:
                world.set_trap("taxi driver", driver.person_id, "hired through an app, paid by tariff")
    return networks


def make_trips(world: World, networks: list[Network], pairs: list[Pair]) -> None:
    """Families, what they agreed, and the trips they travel on, until the size's number of migrants is reached."""
    dice = world.dice("trips")
    wanted = world.parameters.count(world.size, "migrants")
    carried = 0
    while carried < wanted:
        network = networks[len(world.trips) % len(networks)]
        van = dice.happens("van_share")
        heads = min(int(dice.draw("heads_van" if van else "heads_car")), max(3, wanted - carried))
        trip = _make_trip(world, network, dice, heads, van=van)
        world.trips.append(trip)
        left = heads
        route = dice.choose("route")
        price = dice.draw("price_per_head" if route == "local" else f"price_{route}")
        while left > 0:
            family = min(left, int(dice.draw("family_size")))
            _agree(world, dice, network, pairs, trip, family, price)
            left -= family
        carried += heads
    _date_drivers(world)


def _date_drivers(world: World) -> None:
    """Who drove has the role from his first departure to his last proof; who never drove has it throughout."""
    for trip in world.trips:
        driver = world.persons[trip.driver]
        role, since, until = driver.roles[0]
        first, last = min(trip.departed, since or trip.departed), max(trip.proof, until or trip.proof)
        driver.roles[0] = (role, first, last)


def _make_trip(world: World, network: Network, dice: Dice, heads: int, *, van: bool) -> Trip:
    """A trip that arrives at last; every try before it failed and is only spoken of."""
    tries = int(dice.draw("attempts"))
    waits = [dice.draw("days_between_attempts") * DAY for _ in range(tries - 1)]
    room = (world.end - START) - _FIRST_TRIP - DAY - _LATEST_TRIP
    while waits and sum(waits) > room:
        waits.pop()
    first = START + _FIRST_TRIP + int(dice.random.random() * max(1.0, room - sum(waits)))
    first = first - first % DAY + int(dice.random.uniform(18, 27) * HOUR) - 2 * HOUR
    attempts = []
    for wait in waits:
        attempts.append(first)
        first += int(wait)
    proof = first + int(dice.draw("trip_hours") * HOUR)
    driver = dice.random.choices(network.drivers, network.weights)[0]
    dispatcher = dice.pick(network.dispatchers)
    number = len(world.trips) + 1
    organiser = network.organiser.person_id
    return Trip(number, organiser, dispatcher.person_id, driver.person_id, heads, van, attempts, first, proof)


def _agree(
    world: World, dice: Dice, network: Network, pairs: list[Pair], trip: Trip, heads: int, price: float
) -> None:
    """One family's agreement: price by heads, fee of the office, rail and code."""
    payer = world.add_person("payer", "payer", eastern=True)
    children = sum(dice.happens("child_share") for _ in range(heads - 1))
    whole = price * (heads - children + children * world.parameters["child_price"].number("value"))
    total = max(50, round(whole / 10) * 10)
    rail = dice.choose("payer_rail")
    number = len(world.obligations) + 1
    pair = pairs[trip.number % len(pairs)]
    found = Obligation(
        f"O{number:05}", payer.person_id, network.organiser.person_id, heads, total, 0, rail, trip=trip.number
    )
    if rail == "hawala":
        desk = dice.pick(list(pair.desks))
        flat = dice.happens("fee_flat_share")
        fee = dice.draw("fee_flat") if flat else total * dice.draw("fee_percent") / 100
        found.fee_eur = max(5, round(fee / 5) * 5)
        found.desk = f"{desk}_{pair.number}"
        found.code = world.new_code(dice, DESKS[desk][2])
        if dice.happens("refund_share"):
            found.state = "refunded"
    world.obligations.append(found)

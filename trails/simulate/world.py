"""What is true in a simulated case: people, their accounts, what moved and why. Files are made from it, never read back."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trails.simulate.dice import Dice
from trails.simulate.keys import digest, make_address
from trails.simulate.many_keys import make_many_addresses
from trails.simulate.names import Name, NameBook

if TYPE_CHECKING:
    from trails.simulate.parameters import Parameters
    from trails.simulate.scenarios import Scenario

HOUR, DAY = 3_600, 86_400
#: The first day of every simulated case.
START = int(datetime(2024, 8, 1, tzinfo=UTC).timestamp())
_PAIRS = tomllib.loads((Path(__file__).parent / "look_alikes.toml").read_text(encoding="utf-8"))["pairs"]
#: Of 256 people so many have a first TRON address that another one looks like.
_SPARE = 40


@dataclass(slots=True)
class Person:
    """Somebody, or a service; ``roles`` are (role, since, until) with instants of None where it holds throughout.

    ``side`` is crew, payer, innocent or service. A payer is a migrant or a family: protected whatever else is known.
    """

    person_id: str
    side: str
    name: Name
    roles: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    phone: str = ""
    user_id: int = 0
    wallets: dict[str, list[str]] = field(default_factory=dict)
    prefers: str = ""
    rate: float = 0.0


@dataclass(slots=True)
class Movement:
    """Value that truly moved. ``src`` and ``dst`` are addresses on a chain, else person ids; amounts in base units."""

    number: int
    time: int
    rail: str
    kind: str
    src: str
    dst: str
    asset: str
    amount: int
    network: bool
    obligation: str = ""
    trip: int = 0
    code: str = ""
    book: str = ""
    note: str = ""
    txid: str = ""
    after: tuple[int, ...] = ()


@dataclass(slots=True)
class Obligation:
    """What one family agreed: heads, sum in whole EUR, how it is paid, under which code, on which trip."""

    obligation_id: str
    payer: str
    organiser: str
    heads: int
    sum_eur: int
    fee_eur: int
    rail: str
    code: str = ""
    desk: str = ""
    trip: int = 0
    state: str = "paid"
    coerced: bool = False


@dataclass(slots=True)
class Trip:
    """One trip that arrived: who drove how many persons, when it left, failed before, and when its proof was sent."""

    number: int
    organiser: str
    dispatcher: str
    driver: str
    heads: int
    van: bool
    attempts: list[int]
    departed: int
    proof: int


@dataclass(slots=True)
class Message:
    """What somebody wrote in a chat; ``kind`` is what it truly is (proof, release, arrangement, talk ...)."""

    time: int
    chat: str
    who: str
    text: str
    kind: str = "talk"
    media: str = ""
    trip: int = 0
    obligation: str = ""


@dataclass(slots=True)
class Trail:
    """How one payment to a driver comes from the organiser: its movements in order, and how far a file can show it."""

    organiser: str
    driver: str
    trip: int
    steps: tuple[int, ...]
    state: str


@dataclass(slots=True)
class Book:
    """A book somebody keeps: which layout, whose scope of codes and names, in which zone."""

    name: str
    layout: str
    scope: str
    keeper: str
    zone: str
    cyrillic: bool = False


class World:
    """Everything true of one case, and the rules by which new people, wallets and sums are made."""

    def __init__(self, seed: int, size: str, scenario: Scenario, parameters: Parameters) -> None:
        self.seed, self.size, self.scenario, self.parameters = seed, size, scenario, parameters
        self.names = NameBook(self.dice("names"))
        self.persons: dict[str, Person] = {}
        self.owner_of: dict[tuple[str, str], str] = {}
        self.movements: list[Movement] = []
        self.obligations: list[Obligation] = []
        self.trips: list[Trip] = []
        self.messages: list[Message] = []
        self.matches: list[tuple[int, int]] = []
        self.trails: list[Trail] = []
        #: What looks like the network and is not: (kind, whom or what, why), each once, in the order they were set.
        self.traps: dict[tuple[str, str, str], None] = {}
        self.books: dict[str, Book] = {}
        self.rates: dict[tuple[int, str], float] = {}
        self.codes: set[str] = set()
        self.look_alikes: dict[str, str] = {}
        #: Whose USDT wallet an issuer freezes, and when: from then on the person uses another one.
        self.freezes: dict[str, int] = {}
        self.spare_pairs = self._read_pairs()
        self.end = START + 30 * DAY * parameters.count(size, "months")
        self.make_rates()

    def dice(self, topic: str) -> Dice:
        """The stream of draws of a topic."""
        return Dice(self.seed, topic, self.parameters)

    def _read_pairs(self) -> list[tuple[str, str]]:
        """Pairs of addresses that look alike, in an order of this case's own."""
        found = [int(number) for pair in _PAIRS for number in pair]
        addresses = dict(zip(found, make_many_addresses(found), strict=True))
        pairs = [(addresses[true], addresses[fake]) for true, fake in _PAIRS]
        self.dice("look-alikes").random.shuffle(pairs)
        return pairs

    # people and accounts

    def add_person(self, side: str, *roles: str, eastern: bool = False, user: bool = False) -> Person:
        """A new person with a name of one of the two kinds, whatever side he is on."""
        number = len(self.persons) + 1
        name = self.names.eastern() if eastern else self.names.balkan()
        person = Person(f"P{number:06}", side, name, [(role, None, None) for role in roles])
        person.phone = f"+38765{number:06}" if not eastern else f"+90532{number:07}"
        person.user_id = 7_100_000_000 + number if user else 0
        self.persons[person.person_id] = person
        return person

    def wallet(self, person: str, rail: str, *, fresh: bool = False) -> str:
        """An address of a person on a chain: the first one, or a new one."""
        held = self.persons[person].wallets.setdefault(rail, [])
        if fresh or not held:
            address = make_address(rail, self.seed, person, rail, len(held))
            if rail == "tron" and not held and self.spare_pairs and digest("spare", self.seed, person)[0] < _SPARE:
                address, fake = self.spare_pairs.pop()
                self.look_alikes[address] = fake
            held.append(address)
            self.owner_of[(rail, address)] = person
            return address
        return held[0]

    def wallet_at(self, person: str, rail: str, time: int) -> str:
        """The address a person pays from at an instant: the first one, or after a freeze the next."""
        first = self.wallet(person, rail)
        if time < self.freezes.get(person, self.end):
            return first
        held = self.persons[person].wallets[rail]
        return held[1] if len(held) > 1 else self.wallet(person, rail, fresh=True)

    def set_trap(self, kind: str, subject: str, note: str) -> None:
        """Note an innocent look-alike."""
        self.traps.setdefault((kind, subject, note))

    def new_code(self, dice: Dice, kind: str) -> str:
        """A code as one kind of office makes it; equal codes of two offices are a trap made on purpose, never here."""
        while True:
            if kind == "serial":
                code = f"{dice.pick('ABCDEFGHK')}{dice.between(100, 999)} {dice.between(0, 999):03} {dice.between(0, 999):03}"
            elif kind == "dash":
                code = f"{dice.between(100, 99999)}-{dice.between(1, 9)}"
            else:
                code = str(dice.between(1000, 999_999))
            plain = code.replace(" ", "").replace("-", "")
            if plain not in self.codes:
                self.codes.add(plain)
                return code

    # money

    def make_rates(self) -> None:
        """A random walk of every rate, a step a day; a fixed one stays."""
        dice = self.dice("rates")
        levels = self.parameters["rates_per_eur"].shares | {"BTC": self.parameters["btc_usd"].number("value")}
        days = (self.end - START) // DAY + 4
        for name, level in levels.items():
            daily = 0.0 if name == "BAM" else dice.draw("rate_volatility") / 100 * (3 if name == "BTC" else 1)
            at = level
            for day in range(-1, days):
                self.rates[(day, name)] = float(f"{at:.6g}")
                at *= 1 + daily * dice.random.uniform(-1, 1)

    def rate(self, time: int, name: str) -> float:
        """Units of a currency for one EUR at an instant (for BTC: USD for one)."""
        return self.rates[(max(-1, min((time - START) // DAY, (self.end - START) // DAY + 3)), name)]

    def move(self, time: int, rail: str, kind: str, src: str, dst: str, asset: str, amount: int, **more: object) -> Movement:
        """Record that value moved."""
        found = Movement(len(self.movements) + 1, int(time), rail, kind, src, dst, asset, amount, **more)  # type: ignore[arg-type]
        self.movements.append(found)
        return found

    def owner(self, movement: Movement, end: str) -> str:
        """Whose an end (``src`` or ``dst``) of a movement is."""
        key: str = getattr(movement, end)
        return self.owner_of.get((movement.rail, key), key)


def round_sum(dice: Dice, value: float) -> float:
    """A sum as people make it: rounded to 5, 10 or 50 most times, to the cent otherwise; the same for everybody."""
    if dice.happens("round_share"):
        step = 50 if value >= 1_000 else 10 if value >= 150 else 5
        return float(max(step, round(value / step) * step))
    return round(value, 2)


def wake(dice: Dice, time: int) -> int:
    """The same instant, or the morning after where it falls into the small hours (of Belgrade) and nobody is awake."""
    hour = (time // HOUR + 2) % 24
    return time + int(dice.random.uniform(4, 9) * HOUR) if hour < 6 and dice.below(0.8) else time


def office_hours(dice: Dice, time: int) -> int:
    """The instant at which an office that is open from 8 to 20 would do it."""
    hour = (time // HOUR + 2) % 24
    if 8 <= hour < 20:
        return time
    wait = (8 - hour) % 24
    return time - time % HOUR + wait * HOUR + dice.between(0, 3 * HOUR)

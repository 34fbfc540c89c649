"""What an exercise is about, worked out from the truth of its case: whom to ask, what flips, who was coerced, who is innocent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.simulate.files.handout import split_tron
from trails.simulate.play import Played, play_case
from trails.simulate.world import HOUR

if TYPE_CHECKING:
    from trails.simulate.parameters import Parameters
    from trails.simulate.scenarios import Scenario
    from trails.simulate.world import Message, Movement, Obligation, Person, Trail, Trip

_TRIES = 60
_WINDOW = 48 * HOUR
_CLOCK = 2 * HOUR


@dataclass(slots=True)
class Facts:
    """The case, and what the day turns on."""

    played: Played
    seed: int
    paid: list[tuple[Trail, Movement, Trip]]
    flips: list[tuple[Movement, Trip, str]]
    frozen: list[tuple[Person, str, int]]
    rotated: list[tuple[Person, str]]
    coerced: list[Obligation]
    deposits: list[Movement]
    contradicted: list[Message]

    def name(self, person: str) -> str:
        """A person's name."""
        return self.played.world.persons[person].name.latin


def find_exercise(seed: int, scenario: Scenario, parameters: Parameters) -> Facts:
    """The first case from a seed on that has everything the day needs; the same seed gives the same case.

    Raises UsageError where no case near the seed has it.
    """
    for attempt in range(_TRIES):
        facts = _gather(seed + 1_000 * attempt, play_case(seed + 1_000 * attempt, "S", scenario, parameters))
        if _has_everything(facts):
            return facts
    raise UsageError(f"no case near seed {seed} has all that the day needs; try another seed")


def _has_everything(facts: Facts) -> bool:
    """Whether every inject of the day has something to turn on."""
    needed = (facts.coerced, facts.rotated, facts.deposits, facts.flips)
    return all(needed) and len(facts.paid) > 1 and len(facts.contradicted) > 1


def _gather(seed: int, played: Played) -> Facts:
    world = played.world
    by_number = {each.number: each for each in world.movements}
    trips = {trip.number: trip for trip in world.trips}
    crew = {who for who, person in world.persons.items() if person.side == "crew"}
    paid = [
        (trail, by_number[trail.steps[-1]], trips[trail.trip]) for trail in world.trails
        if by_number[trail.steps[-1]].asset.startswith("USDT@")
    ]  # fmt: skip
    frozen, rotated = [], []
    for who, at in world.freezes.items():
        held = world.persons[who].wallets.get("tron", [])
        later = [m for m in world.movements if m.rail == "tron" and m.time >= at and m.src in held[1:] and m.network]
        if held and any(m.time < at and m.src == held[0] for m in world.movements):
            frozen.append((world.persons[who], held[0], at))
            if later:
                rotated.append((world.persons[who], later[0].src))
    # the answer of the API has the true time and was added first, so only what stands in the export alone can flip
    by_api, by_explorer = split_tron(world)
    alone = {each.number for each in by_explorer} - {each.number for each in by_api}
    flips = [flip for _, payment, _ in paid if payment.number in alone for flip in _find_flips(payment, world.trips)]
    return Facts(
        played, seed, paid, flips, frozen, rotated,
        [each for each in world.obligations if each.coerced],
        [m for m in world.movements if m.kind == "cash_out" and m.rail == "tron" and world.owner(m, "src") in crew],
        [m for m in world.messages if m.kind == "proof"],
    )  # fmt: skip


def _find_flips(payment: Movement, trips: list[Trip]) -> list[tuple[Movement, Trip, str]]:
    """Where reading a local clock as UTC puts a payment on the other side of a proof, or of its 48 hours."""
    found = []
    for trip in trips:
        true, wrong = payment.time - trip.proof, payment.time + _CLOCK - trip.proof
        if true < 0 <= wrong:
            found.append((payment, trip, "before the proof in truth, after it on the wrong clock"))
        elif true <= _WINDOW < wrong:
            found.append((payment, trip, "within 48 hours in truth, later on the wrong clock"))
    return found

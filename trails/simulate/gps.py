"""What lies beside the evidence of `zvornik` because trails reads no such file: the GPS log of a car, the list of accused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trails.simulate.files import FICTIONAL
from trails.simulate.world import HOUR

if TYPE_CHECKING:
    from trails.simulate.play import Played
    from trails.simulate.world import World

#: From a town to a river, both rounded: no road is meant.
_FROM, _TO = (44.39, 19.10), (44.55, 19.20)
_POINTS = 12


def write_accused(played: Played) -> str:
    """The five whom the fictional indictment names, and what it says of each."""
    lines = [f"# The indictment names five people\n\n**{FICTIONAL}**\n"]
    for network in played.networks:
        named = [(network.organiser, "organiser"), *((each, "coordinator") for each in network.dispatchers)]
        named += [(each, "driver") for each in network.drivers]
        lines += [f"{number}. {person.name.latin}, {said}" for number, (person, said) in enumerate(named, start=1)]
    lines.append("\nOthers took part and are not identified. An indictment is no finding: everybody is presumed innocent.")
    return "\n".join(lines) + "\n"


def write_gps(world: World) -> str:
    """Positions of the cars on the nights of trips, one trip after another."""
    dice = world.dice("gps")
    lines = [f'"{FICTIONAL}"', "utc,trip,plate,latitude,longitude,speed_kmh"]
    for trip in world.trips:
        start = trip.proof - 3 * HOUR
        plate = f"F{dice.between(10, 99)}-K-{dice.between(100, 999)}"
        for point in range(_POINTS):
            part = point / (_POINTS - 1)
            latitude = _FROM[0] + part * (_TO[0] - _FROM[0]) + dice.random.uniform(-0.002, 0.002)
            longitude = _FROM[1] + part * (_TO[1] - _FROM[1]) + dice.random.uniform(-0.002, 0.002)
            when = datetime.fromtimestamp(start + int(part * 3 * HOUR), UTC)
            lines.append(f"{when:%Y-%m-%dT%H:%M:%SZ},{trip.number},{plate},{latitude:.5f},{longitude:.5f},{dice.between(0, 90)}")
    return "\n".join(lines) + "\n"

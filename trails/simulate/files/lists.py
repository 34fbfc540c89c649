"""Lists without columns: a dispatcher's, and a foreman's that looks the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from trails.identifiers import normalise_name
from trails.simulate.files import FICTIONAL, Made, Origin
from trails.simulate.files.hand import write_lines, write_name
from trails.simulate.world import START

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.files.hand import Line
    from trails.simulate.world import Book, Movement, World

_DAYS = ("ponedjeljak", "utorak", "srijeda", "četvrtak", "petak", "subota", "nedjelja")


def write_list(world: World, dice: Dice, book: Book, movements: list[Movement]) -> Made:
    """The payments of one keeper, a line each: who, how many times what, or a sum alone."""
    lines, missing = write_lines(dice, book, movements)
    made = Made(book.name, b"", [Origin(None, f"M{each.number}", each.time, "missing") for each in missing])
    text = []
    for line in lines:
        person = world.persons[world.owner(line.of, "dst")]
        name = write_name(dice, person, "native" if dice.below(0.3) else "latin")
        made.own("hawala", f"party:{book.scope}:{normalise_name(name)}", person.person_id)
        day = f"{line.local.day}.{line.local.month}."
        if dice.below(0.3):
            day += f" {_DAYS[line.local.weekday()]}" + (" noć" if line.local.hour >= 20 else "")
        text.append(f"{day}  {name}  {_say_sum(world, dice, line)}")
        made.origins.append(Origin(len(text), f"M{line.of.number}", line.of.time, line.fault))
    made.data = ("\n".join(text) + "\n").encode("utf-8")
    last = datetime.fromtimestamp(world.end, ZoneInfo("UTC"))
    first = datetime.fromtimestamp(START, ZoneInfo("UTC"))
    made.mapping = (
        f'# {FICTIONAL}\nprofile = "dispatcher-list"\nkind = "ledger"\nscope = "{book.scope}"\ntimezone = "{book.zone}"\n'
        f'currency = "EUR"\nperiod = ["{first:%Y-%m-%d}", "{last:%Y-%m-%d}"]\n'
    )
    made.own("hawala", f"party:{book.scope}:{normalise_name(book.scope)}", book.keeper)
    return made


def _say_sum(world: World, dice: Dice, line: Line) -> str:
    """``5 gl x 250 = 1250e`` where it comes out even; days in place of heads for workers; with an address cut short."""
    eur = line.cents // 100
    count = dice.between(2, 6)
    if line.of.trip:
        count = world.trips[line.of.trip - 1].heads
    said = f"{eur}e"
    if eur % count == 0 and count > 1 and dice.below(0.8):
        said = f"{count} {dice.pick(('gl', 'kom'))} x {eur // count} = {eur}e"
    if line.of.rail == "tron" and line.of.dst:
        said += f"   {line.of.dst[:8]}…{line.of.dst[-5:]}"
    return said

"""What a hand does to a book: rows not written, codes and sums mistyped, day and month swapped, rows written twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Book, Movement, Person

ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
_FIRST_MONTH_DAYS = 12


@dataclass(slots=True)
class Line:
    """One entry as it is going to be written: local time, code and sum (in hundredths) as the hand has them."""

    of: Movement
    local: datetime
    code: str
    cents: int
    faults: list[str]
    calendar: bool = False

    @property
    def fault(self) -> str:
        """The faults as one word or several."""
        return "+".join(self.faults)


def write_lines(
    dice: Dice, book: Book, movements: list[Movement], *, complete: bool = False
) -> tuple[list[Line], list[Movement]]:
    """The entries of a book in the order of its days, and the movements nobody wrote down; ``complete`` leaves none out."""
    shift, lines, missing = ZoneInfo(book.zone), [], []
    for each in sorted(movements, key=lambda m: (m.time, m.number)):
        if not complete and dice.happens("fault_missing"):
            missing.append(each)
            continue
        line = Line(each, datetime.fromtimestamp(each.time, shift), each.code, _cents(each), [])
        _spoil(dice, line)
        lines.append(line)
        if dice.happens("fault_duplicate"):
            lines.append(Line(each, line.local, line.code, line.cents, [*line.faults, "duplicate"], line.calendar))
    return lines, missing


def _cents(each: Movement) -> int:
    return each.amount // 10_000 if each.asset == "USDT@tron" else each.amount


def _spoil(dice: Dice, line: Line) -> None:
    if line.code and dice.happens("fault_code_typo"):
        line.code = _mistype(dice, line.code)
        line.faults.append("code typo")
    if dice.happens("fault_sum_typo"):
        line.cents = _mistype_sum(dice, line.cents)
        line.faults.append("sum typo")
    day = line.local
    if day.day <= _FIRST_MONTH_DAYS and day.day != day.month and dice.happens("fault_date_swap"):
        line.local = day.replace(day=day.month, month=day.day)
        line.faults.append("date swap")
    if dice.happens("fault_calendar"):
        line.calendar = True


def _mistype(dice: Dice, code: str) -> str:
    """One digit wrong, or two neighbours swapped; letters and dashes stay."""
    places = [at for at, sign in enumerate(code) if sign.isdigit()]
    at = dice.pick(places[:-1])
    if dice.below(0.5) and code[at + 1].isdigit() and code[at] != code[at + 1]:
        return code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    wrong = dice.pick([sign for sign in "0123456789" if sign != code[at]])
    return code[:at] + wrong + code[at + 1 :]


def _mistype_sum(dice: Dice, cents: int) -> int:
    """A zero too many or too few, or two digits swapped."""
    whole = cents // 100
    if whole >= 1_000 and dice.below(0.4):
        return whole // 10 * 100
    if dice.below(0.3):
        return whole * 1_000
    digits = str(whole)
    if len(digits) > 1 and digits[0] != digits[1] and digits[1] != "0":
        return int(digits[1] + digits[0] + digits[2:]) * 100
    return (whole + 10) * 100


def write_name(dice: Dice, person: Person, script: str = "latin") -> str:
    """A person's name as a hand writes it: mostly in full, now and then another way."""
    if script == "native":
        return person.name.native
    return person.name.latin if dice.below(0.8) else dice.pick(person.name.variants)

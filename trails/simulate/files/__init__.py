"""The files an investigator would be handed, made from what is true, with their faults; each row remembers its origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Movement, World

FICTIONAL = "FICTIONAL: made by `trails simulate`. No person, office, code, phone, address or payment in it is real."


#: What is said of a file whose clock nobody checked.
WRONG_ZONE = "Asia/Dubai"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one row of a file comes from: a movement or message, its true instant, and what was done to the row.

    ``row`` counts as the file's connector does; None where the row was never written.
    """

    row: int | None
    what: str
    time: int
    fault: str = ""


@dataclass(slots=True)
class Made:
    """One file: its bytes, what is known of it, its rows' origins, and the accounts its words stand for."""

    name: str
    data: bytes
    origins: list[Origin]
    mapping: str = ""
    known: dict[str, str] = field(default_factory=dict)
    accounts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def is_written(self) -> bool:
        """Whether any row of it exists; a book of which every row is missing is no file."""
        return any(origin.row is not None for origin in self.origins)

    def own(self, rail: str, key: str, owner: str) -> None:
        """Note whose account a name or number in this file stands for; one written name may stand for two people."""
        self.accounts.setdefault((rail, key), set()).add(owner)


def cut_export(world: World, dice: Dice, rows: list[Movement]) -> tuple[list[Movement], list[Movement], str]:
    """Rows of an export, newest last, of which now and then the oldest part is lost: (kept, lost, fault)."""
    if not rows or not dice.happens("fault_truncated"):
        return rows, [], ""
    lost = int(len(rows) * world.parameters["fault_truncated_part"].number("low")) + int(
        len(rows) * dice.random.random()
        * (world.parameters["fault_truncated_part"].number("high") - world.parameters["fault_truncated_part"].number("low"))
    )  # fmt: skip
    return rows[lost:], rows[:lost], "truncated" if lost else ""


def repeat_rows(dice: Dice, rows: list[Movement]) -> list[tuple[Movement, str]]:
    """Rows with now and then one written twice."""
    found: list[tuple[Movement, str]] = []
    for row in rows:
        found.append((row, ""))
        if dice.happens("fault_duplicate"):
            found.append((row, "duplicate"))
    return found

"""The running balance of a history: each line's balance must be the one before it and the line's change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.model import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Balance:
    """What one line says the balance became by its change, in satoshi."""

    row: int
    change: int
    after: int


def check_balances(lines: Sequence[Balance], *, ordered: bool) -> Iterator[Issue]:
    """A warning for each line whose balance does not follow from the line before, and one where earlier lines lack.

    ``ordered`` says the lines run from old to new; otherwise the direction with fewer breaks is taken.
    """
    forward = _find_breaks(lines)
    turned = list(reversed(lines))
    backward = forward if ordered else _find_breaks(turned)
    if len(backward) < len(forward):
        lines, forward = turned, backward
    for place in forward:
        before, line = lines[place - 1], lines[place]
        message = (
            f"the balance {line.after} satoshi is not {before.after} (row {before.row}) and the change {line.change}: "
            "a line is missing between them, or was altered"
        )
        yield Issue(line.row, "warning", "balance_break", message)
    if lines and lines[0].after != lines[0].change:
        message = f"the oldest line (row {lines[0].row}) starts from {lines[0].after - lines[0].change} satoshi"
        yield Issue(None, "warning", "possibly_truncated", f"{message}: earlier lines are missing")


def _find_breaks(lines: Sequence[Balance]) -> list[int]:
    return [
        place for place in range(1, len(lines)) if lines[place].after != lines[place - 1].after + lines[place].change
    ]

"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def write_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; whole numbers with their thousands apart.

    >>> print(write_rows(["a", "b"], [(1200, "x")]))
    | a | b |
    | --- | --- |
    | 1,200 | x |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_write_cell, line)) + " |" for line in lines)


def _write_cell(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)

"""One piece of payment content in a message, and how much of the text it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.model import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Found:
    """What a piece is, its canonical form or its words, and its span in the message's text.

    ``rail`` and ``key`` name the node it speaks of, where it names one; ``problem`` says what is wrong with it.
    """

    kind: str
    text: str
    start: int
    end: int
    rail: str | None = None
    key: str | None = None
    problem: str | None = None
    node_kind: NodeKind = "account"


def blank_out(text: str, pieces: Iterable[Found]) -> str:
    """The text with pieces struck out, every other character in its place: what is one thing is not read as another.

    >>> blank_out("kod 4718 300 eur", [Found("code_quoted", "4718", 4, 8)])
    'kod ____ 300 eur'
    """
    parts, end = [], 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        start = max(piece.start, end)
        parts += [text[end:start], "_" * (piece.end - start)]
        end = max(piece.end, end)
    return "".join([*parts, text[end:]])

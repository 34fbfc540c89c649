"""From the pieces found in one message to its events and issues. From messages come events only; no other text is kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connectors.messages.found import Found
from trails.columns import CellProblem
from trails.errors import SourceError
from trails.model import Event, Issue, Node, Record, Skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trails.connector import ReadOptions
    from trails.timestamps import Instant

NO_CONTENT = "no payment content"
_ONLY_UNCLEAR = "only a code that is unclear"
#: What a piece that is no plain fact says of itself beside its event.
_NOTES = {"damaged_address": "damaged_address", "possible_address": "truncated_address"}


def give_events(
    row: int, pieces: Sequence[Found], place: str, sender: Node | None, read_time: Callable[[], Instant]
) -> Iterator[Record]:
    """The records of one message: an event for each piece with its span, else a skip.

    ``place`` names the message (``telegram:5:77``); kind and span are added to it, so that the same message in two
    exports is one event. The time is read only where there is something to date; it raises CellProblem.
    """
    for piece in pieces:
        if piece.kind == "code_unclear":
            yield Issue(row, "note", "code_unclear", f"{piece.problem or piece.text}{_say_place(piece)}")
    facts = [piece for piece in pieces if piece.kind != "code_unclear"]
    if not facts:
        yield Skip(row, _ONLY_UNCLEAR if pieces else NO_CONTENT)
        return
    try:
        time = read_time()
    except CellProblem as problem:
        yield Issue(row, "error", problem.code, str(problem))
        return
    used: Counter[str] = Counter()
    for piece in facts:
        other = Node(piece.rail, piece.key, piece.node_kind) if piece.rail and piece.key else None
        identity = f"{place}:{piece.kind}:{piece.start}-{piece.end}"
        used[identity] += 1
        if used[identity] > 1:
            identity += f"#{used[identity]}"  # several files of a message have no characters of their own
        span = (piece.start, piece.end) if piece.end > piece.start else None
        yield Event(row, piece.kind, time, sender, other, piece.text, identity, span)
        if piece.problem:
            yield Issue(row, "note", _NOTES.get(piece.kind, piece.kind), piece.problem + _say_place(piece))


def _say_place(piece: Found) -> str:
    return f" (characters {piece.start + 1} to {piece.end} of the message)" if piece.end > piece.start else ""


def zone_of(options: ReadOptions) -> str | None:
    """The zone of written times: as said with the file, else as its mapping declares."""
    declared = (options.mapping or {}).get("timezone")
    if declared is not None and not isinstance(declared, str):
        raise SourceError("`timezone` in the mapping must be a text, like Europe/Sarajevo")
    return options.timezone or declared

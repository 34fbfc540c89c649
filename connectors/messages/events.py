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
#: What is no words of the message: each export gives its files other names.
_FILES = ("proof", "media_omitted")


def give_events(
    row: int, pieces: Sequence[Found], place: str, sender: Node | None, read_time: Callable[[], Instant], *,
    numbered: bool = False,
) -> Iterator[Record]:
    """The records of one message: an event for each piece with its span, else a skip.

    ``place`` names the message by its words; kind and span are added to it, so that the same message in two exports is one
    event. A place that is ``numbered`` (``telegram:5:77``) stays the same when its words are changed: there the piece's own
    words are added, behind a line feed, so that both versions are events (see :class:`trails.model.Event`). The time is read
    only where there is something to date; it raises CellProblem.
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
        identity = _name_words(place, piece) if numbered else f"{place}:{piece.kind}:{piece.start}-{piece.end}"
        used[identity] += 1
        if used[identity] > 1:
            identity += f"#{used[identity]}"  # several files of a message have no characters of their own
        span = (piece.start, piece.end) if piece.end > piece.start else None
        yield Event(row, piece.kind, time, sender, other, piece.text, identity, span)
        if piece.problem:
            yield Issue(row, "note", _NOTES.get(piece.kind, piece.kind), piece.problem + _say_place(piece))


def _name_words(place: str, piece: Found) -> str:
    if piece.kind in _FILES:
        return f"{place}\n{piece.kind}"
    other = f"{piece.rail}:{piece.key}" if piece.rail and piece.key else ""
    return f"{place}\n{piece.kind}|{piece.text}|{other}"


def _say_place(piece: Found) -> str:
    return f" (characters {piece.start + 1} to {piece.end} of the message)" if piece.end > piece.start else ""


def zone_of(options: ReadOptions) -> str | None:
    """The zone of written times: as said with the file, else as its mapping declares."""
    declared = (options.mapping or {}).get("timezone")
    if declared is not None and not isinstance(declared, str):
        raise SourceError("`timezone` in the mapping must be a text, like Europe/Sarajevo")
    return options.timezone or declared

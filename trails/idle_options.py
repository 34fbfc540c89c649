"""What a person said of a file and what decided nothing in it, or is proved wrong by its dates: the file is read once more.

Whether an option is heeded is asked of the file and not of the code: if its first facts are the same with the opposite
word, it decided nothing, and the person is told so by name. What the file states itself and the person says too agrees: it
is no such option, because the opposite is refused.
"""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trails.model import Issue
from trails.records import read_head
from trails.said import contradicted, flag, is_taken
from trails.same_facts import read_refused, reads_alike

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trails.connector import Connector, ReadOptions, Source

#: So many facts are compared: a file of millions is not read twice for a word that was needless.
MOST_COMPARED = 1_000
#: The word to compare with; None is what is read where nothing is said.
_OTHERS: dict[str, dict[str, str | None]] = {
    "date_order": {"dmy": "mdy", "mdy": "dmy", "ymd": None},
    "calendar": {"gregorian": "jalali", "jalali": "gregorian", "hijri": "gregorian"},
    "currency": {"EUR": "USD"},
    "rail": {},
    "encoding": {},
}
_DEFAULTS = {"currency": "EUR"}
#: The codes of rows that are refused for a time that is none.
_NO_TIMES = frozenset({"time", "time_damaged", "time_outside_period"})


def note_idle(
    source: Source, connector: Connector, options: ReadOptions, *, rails: Collection[str], settled: Collection[str] = ()
) -> Iterator[Issue]:
    """Warn of every option that the connector takes and that decided nothing in the file; ``rails`` are those of what was
    read, ``settled`` the options of which it is known already."""
    for word, others in _OTHERS.items():
        said = getattr(options, word)
        if said is None or word in settled or not is_taken(word, connector) or _agrees(word, said, source, rails):
            continue
        other: Any = {word: others.get(said.upper() if word == "currency" else said, _DEFAULTS.get(word))}
        if reads_alike(connector, source, options, replace(options, **other), MOST_COMPARED):
            instead = f"with {other[word]}" if other[word] else "without it"
            message = f"{flag(word)} {said} decides nothing here: the first {MOST_COMPARED:,} facts are the same {instead}"
            yield Issue(None, "warning", "option_unused", message)


def _agrees(word: str, said: str, source: Source, rails: Collection[str]) -> bool:
    """Whether a file is what was said of it: everything read is on that chain, or its bytes are the same text."""
    if word == "rail":
        return set(rails) == {said}
    if word != "encoding":
        return False
    head = read_head(source)
    marked = head.data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # another encoding was refused
    try:
        return not head.sheet and (marked or head.data.decode(said, "replace") == head.text)
    except (LookupError, ValueError):
        return False


def refuse_misordered(source: Source, connector: Connector, options: ReadOptions) -> None:
    """Raise SourceError where the dates of a file prove another order of day and month than the one said: rows are refused
    in it, and of those none in the other."""
    other = {"dmy": "mdy", "mdy": "dmy"}.get(options.date_order or "")
    if other is None or not is_taken("date_order", connector):
        return
    wrong = read_refused(connector, source, options, _NO_TIMES)
    if not wrong:
        return
    left = read_refused(connector, source, replace(options, date_order=other), _NO_TIMES)
    if left < wrong:
        row = min(wrong - left)
        stated = f"the date of row {row} is none in that order, and no date is wrong in {other} alone"
        raise contradicted("date_order", str(options.date_order), stated, source.name)

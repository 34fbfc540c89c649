"""Where the header of a message may stand: which lines of a header's shape begin a message, and which are somebody's words.

People paste chats into chats, and such lines look like messages of their own. Three things tell them apart. An app ends
every message alike, so where a file has two kinds of line ends, a header behind the other kind is inside a message (on an
iPhone, messages end with CR LF and the lines inside them with LF). Time runs on, so lines that jump back in the middle of a
chat were written elsewhere where nobody of them says another word in it. And no message is longer than the apps allow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.messages.ampm import read_hour
from connectors.messages.dates import read_date
from connectors.messages.headers import split_sender, split_tight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.messages.headers import Header

#: The longest message an app sends: a longer block is no part of one.
_LONGEST = 65_536
#: A jump back of so many seconds, to lines of people who are strange to the chat, is no late delivery.
_JUMP_S = 3_600
#: One line that jumps back may be a stranger's message that came late; of two or more the chat would know somebody.
_FEWEST = 2
_CLEAR_SHARE = 0.9
_DAY_S = 86_400
_KINDS = 2
_WHOLE_DATE = 3
#: So many line ends may stand before a file's first header.
_BLANK = 8


@dataclass(frozen=True, slots=True)
class Pasted:
    """Lines that look like headers and are read as words: where the first stands, how many, and how that is known."""

    start: int
    count: int
    why: str


@dataclass(slots=True)
class Standing:
    """The headers that begin a message, the blocks that do not, and how many begin one though their line end is another."""

    headers: list[Header]
    pasted: list[Pasted] = field(default_factory=list)
    mixed: int = 0


def split_by_line_ends(text: str, headers: list[Header], order: str | None) -> Standing:
    """The headers that stand behind the line end with which this file ends its messages, and the blocks behind another.

    Where the file is not clear about its line ends, a block of another kind is only taken for pasted if it jumps back in
    time, or names strangers. What one message cannot hold is never taken, nor what ends as the file itself does.
    """
    if "\r" not in text:
        return Standing(headers)
    ends = [_end_before(text, header.start) for header in headers]
    kinds = Counter(end for end in ends if end)
    if len(kinds) < _KINDS:
        return Standing(headers)
    times = _all_seconds(headers, order) if order else [None] * len(headers)
    last_end = _line_end_at(text, len(text))
    style, clear = _find_style(ends, kinds, last_end, times)
    own = [end in (style, "") for end in ends]
    known = {_sender(text, header) for header, is_own in zip(headers, own, strict=True) if is_own}
    found = Standing([])
    for first, last in _runs(own):
        block = headers[first:last]
        if own[first]:
            found.headers += block
            continue
        outside = last == len(headers) and last_end not in (style, "")
        whole = bool(found.headers) and not outside and _length(text, headers, first, last) <= _LONGEST
        strange = last_end == style and any(_sender(text, header) not in known for header in block)
        if whole and (clear or strange or _jumps_back(times, first)):
            why = "their line ends are not those of this file's messages"
            found.pasted.append(Pasted(block[0].start, len(block), why))
        else:
            found.mixed += len(block)
            found.headers += block
    return found


def _end_before(text: str, start: int) -> str:
    """The line end before a header; empty where it stands at the beginning of the text."""
    if start <= _BLANK and not text[:start].strip():
        return ""
    return _line_end_at(text, start)


def _line_end_at(text: str, place: int) -> str:
    """The line end just before a place; empty where there is none."""
    if text.startswith("\r\n", place - 2):
        return "\r\n"
    return text[place - 1] if text[place - 1 : place] in ("\r", "\n") else ""


def _find_style(ends: list[str], kinds: Counter[str], last: str, times: Sequence[int | None]) -> tuple[str, bool]:
    """The line end of this file's messages, and whether that is clear.

    It is that of most messages, and of the file's last line, which is the app's. Where those two differ, it is the one
    with which what stands behind the other jumps back in time, as what is pasted does.
    """
    most, count = kinds.most_common(1)[0]
    by_far = count >= _CLEAR_SHARE * sum(kinds.values())
    if last == most or last not in kinds:
        return most, by_far
    fitting = []
    for kind in (most, last):
        others = [first for first, _ in _runs([end in (kind, "") for end in ends]) if ends[first] not in (kind, "")]
        fitting += [kind] if all(_jumps_back(times, first) for first in others) else []
    if len(fitting) == 1:
        return fitting[0], True
    return (most if by_far else last), False


def _jumps_back(times: Sequence[int | None], place: int) -> bool:
    """Whether a header is dated before the one above it."""
    before, here = times[place - 1] if place else None, times[place]
    return before is not None and here is not None and here < before


def split_by_time(text: str, headers: list[Header], order: str) -> Standing:
    """The headers without those of blocks that jump back in time and name only people who are strange to the chat."""
    jumps = _jumps(_all_seconds(headers, order))
    if not jumps:
        return Standing(headers)
    senders = [_sender(text, header) for header in headers]
    count = Counter(senders)
    taken: set[int] = set()
    pasted = []
    for first, last in jumps:
        inside = Counter(senders[first:last])
        strange = any(inside) and all(name is None or inside[name] == count[name] for name in inside)
        if last - first >= _FEWEST and strange and _length(text, headers, first, last) <= _LONGEST:
            taken.update(range(first, last))
            why = "they are dated before the message above, and who they name says nothing else in this chat"
            pasted.append(Pasted(headers[first].start, last - first, why))
    return Standing([header for place, header in enumerate(headers) if place not in taken], pasted)


def _jumps(times: Sequence[int | None]) -> list[tuple[int, int]]:
    """The stretches that begin with a jump back and end where time is again what it was before; none without an end."""
    found: list[tuple[int, int]] = []
    high, first = None, None
    for place, time in enumerate(times):
        if time is None:
            continue
        if first is not None and high is not None and time >= high:
            found.append((first, place))
            first = None
        if first is None:
            if high is not None and time < high - _JUMP_S:
                first = place
            else:
                high = time
    return found


def _all_seconds(headers: Sequence[Header], order: str) -> list[int | None]:
    """When each header says it was written, in seconds of its own clock; None where it is no time or states no year."""
    seconds: list[int | None] = []
    parts, era, day = None, None, None
    for header in headers:
        if header.parts != parts or header.era != era:
            parts, era = header.parts, header.era
            found = read_date(parts, era, order) if len(parts) == _WHOLE_DATE else None
            day = None if found is None else found.toordinal() * _DAY_S
        hour = header.hour if header.marker is None else read_hour(header.hour, header.marker)
        if day is None or hour is None:
            seconds.append(None)
        else:
            seconds.append(day + hour * 3_600 + header.minute * 60 + (header.second or 0))
    return seconds


def _sender(text: str, header: Header) -> str | None:
    body = text[header.end : header.end + 200]
    return split_sender(body)[0] or split_tight(body)[0]


def _length(text: str, headers: list[Header], first: int, last: int) -> int:
    end = headers[last].start if last < len(headers) else len(text)
    return end - headers[first].start


def _runs(same: list[bool]) -> list[tuple[int, int]]:
    """The stretches of equal values, each by its first place and the place behind its last."""
    cuts = [place for place in range(1, len(same)) if same[place] != same[place - 1]]
    return list(zip([0, *cuts], [*cuts, len(same)], strict=True))

"""Messages of SWIFT (MT940, MT942, MT950): where a field begins, and where a statement ends.

The text of a payment (``:86:``) is wrapped anywhere, so a line of it may look like a field: ``at 20:20:08`` wrapped after
the first ``20`` begins ``:20:08``. A line opens a field only where its tag is one of the standard and may stand there::

    head     :20: [:21:] :25: :28C: [:34F: :13D:] [:60F:]     a second :25: begins another account's statement
    entries  (:61: [:86:])*
    closing  :62F: [:64: :65:] or :90D: :90C:, then [:86:], then the end of the message or the next head

Amid the entries a head begins only where a whole one stands (``:20:`` and ``:25:`` one after the other).
Specification: SWIFT user handbook, category 9: MT940 Customer Statement, MT942 Interim Transaction Report, MT950.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from trails.errors import SourceError
from trails.records import RowLengths

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many messages and fields are read; a year of a busy account is some thousand messages.
MOST_STATEMENTS, MOST_FIELDS = 100_000, 1_000_000
#: A line; and, as one bank writes them, a field whose tag the end of a line cuts behind its first colon.
_LINE = re.compile(r":[ ]*(?:\r\n|[\r\n])(?=86:|61:\d{6})[^\r\n]*(?:\r\n|[\r\n]|\Z)|[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+\Z")
_TAG = re.compile(r":(\d{2}[A-Z]?|NS):")
_ACCOUNT = ("25", "25P")
_HEAD = ("20", "21", *_ACCOUNT, "28", "28C", "34F", "13", "13D", "60", "60F", "60M")
_CLOSING = ("62", "62F", "62M", "64", "65", "90D", "90C")
_TEXTS = ("86", "NS")
_END = re.compile(r"-\}|\{[1-5S]:")
_DASH = re.compile(r"-\s*\Z")
#: How far behind a lone dash the next field is looked for, which says whether a message ended there.
_NEAR = 2_000
#: The lines around a message that name the bank have some dozen signs.
_ENVELOPE = 200
_NEXT_TAG = re.compile(r"(?<![^\r\n]):(\d{2}[A-Z]?):")
_EOL = r"[^\r\n]*(?:\r\n|[\r\n])\s{0,20}"
#: A head that stands whole: an account, and behind it a field of a head that holds what it should.
_DIGITS = r"(?=(?:[^\r\n\d]*\d){4})"
_WHOLE_HEAD = re.compile(
    rf"(?::20:{_EOL})?(?::21:{_EOL})?(?::25:{_DIGITS}{_EOL}|:25P:{_DIGITS}{_EOL}(?:[^:\r\n]{_EOL})?)"
    r":(?:28C?:[ /]*\d|60[FM]?:[CD]\d{6}[A-Z]{3}|34F:[A-Z]{3}|13D?:\d{6})"
)
#: A line that was meant as an entry, also where it is damaged: a day and a mark, or what is nearly that.
_ENTRY_LIKE = re.compile(r":61:\s*(?:\d{6}(?:\d{4}|[ ]{4})?[A-Z]|\d{6,10}\s*\Z|\d\d\S{2,10}?[CD][A-Z]?\d)")
_CLOSING_LIKE = re.compile(
    r":(?:6\d[FM]?:\s*(?:[CD]?\S{0,8}?[A-Z]{3}\s?[-+\d.,]|[CD]\d{7,21},\d{0,3}\s*\Z)|90[CD]:\s*\d{0,5}\s*[A-Z]{3}\s?[\d.,])"
)
#: A closing balance as the standard has it; one that is only like it is a text where an entry follows.
_CLOSING_WHOLE = re.compile(r":(?:6[245][FM]?:[CD]\d{6}[A-Z]{3}|90[CD]:\d{1,5}[A-Z]{3})\d[\d.,]*(?:-\}?)?\s*\Z")

Place = Literal["outside", "head", "entries", "closed"]
Opening = Literal["field", "statement", "entry", "stray", "text"]


@dataclass(slots=True)
class Field:
    """One field: its tag, and its lines as they stand."""

    tag: str
    lines: list[str]

    @property
    def rows(self) -> list[str]:
        """Its lines without their ends and without the tag; at least one."""
        first, *more = (line.rstrip("\r\n") for line in self.lines)
        return [_whole(first)[len(self.tag) + 2 :], *more]


@dataclass(slots=True)
class RawEntry:
    """One entry: its :61: and the :86: and :NS: that follow. ``doubts`` counts lines of text that look like a field."""

    fields: list[Field]
    doubts: int = 0

    @property
    def raw(self) -> str:
        """The entry's lines as they stand."""
        return "".join("".join(each.lines) for each in self.fields)


@dataclass(slots=True)
class Block:
    """One account's statement: the fields before its entries, the entries, the fields after them.

    ``before`` is what stands before its first line, the envelope; ``strays`` are entries behind the closing balance.
    """

    before: str
    head: list[Field] = field(default_factory=list)
    entries: list[RawEntry] = field(default_factory=list)
    tail: list[Field] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def find(self, *tags: str) -> list[Field]:
        """The fields of the head and the tail with one of some tags."""
        return [each for each in (*self.head, *self.tail) if each.tag in tags]


def _whole(line: str) -> str:
    """A line whose tag is not cut."""
    return f":{line[1:].lstrip()}" if line[1:2].isspace() and line[0] == ":" else line


def read_blocks(text: str, name: str) -> Iterator[Block]:
    """The statements of a file; raises SourceError for more of them, or of fields, than any file has."""
    for statements, block in enumerate(_Splitter(text, name).split(), start=1):
        if statements > MOST_STATEMENTS:
            raise SourceError(f"{name}: more than {MOST_STATEMENTS:,} messages; split the file")
        yield block


class _Splitter:
    """Walks over the lines of a file and knows at which place of a message it is."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.place: Place = "outside"
        self.block = Block("")
        self.last: Field | None = None
        self.fields = 0

    def split(self) -> Iterator[Block]:
        lengths = RowLengths(self.name)
        for found in _LINE.finditer(self.text):
            line = found[0]
            lengths.see(len(line))
            plain = _whole(line) if line[0] == ":" else line
            tag = tagged[1] if line[0] == ":" and (tagged := _TAG.match(plain)) else ""
            opening = self._judge(tag, plain, found.start(), found.end()) if tag else "text"
            if opening == "statement":
                if self.place != "outside":
                    yield self.block
                self._begin(tag, line, found.start())
            elif opening != "text":
                self._open(tag, line, opening)
            elif not tag and self._ends(line, found.end()):
                if self.place != "outside":
                    yield self.block
                self.place, self.last = "outside", None
            elif self.last is not None:
                self.last.lines.append(line)
                if tag in (*_HEAD, *_CLOSING, "61") and self.place == "entries":
                    self.block.entries[-1].doubts += 1
        if self.place != "outside":
            yield self.block

    def _judge(self, tag: str, line: str, start: int, end: int) -> Opening:
        """What a line that begins like a field is, by where it stands."""
        if tag == "61":
            return self._judge_entry(line)
        if self.place == "outside":
            return "statement" if tag in ("20", "21", *_ACCOUNT) else "text"
        if tag in _HEAD:
            return self._judge_head(tag, start)
        closing = tag in _CLOSING and (not self._behind_text() or self._closes(line, end))
        return "field" if tag in _TEXTS or closing else "text"

    def _closes(self, line: str, end: int) -> bool:
        """Whether a line behind a text is a closing balance."""
        if _CLOSING_WHOLE.match(line):
            return True
        return bool(_CLOSING_LIKE.match(line)) and not self._entry_follows(end)

    def _entry_follows(self, end: int) -> bool:
        """Whether the next field is an entry, so that no message ended before it."""
        following = _NEXT_TAG.search(self.text, end, end + _NEAR)
        return following is not None and bool(_ENTRY_LIKE.match(self.text, following.start()))

    def _behind_text(self) -> bool:
        """Whether a line may go on with the text of a payment or of a bank."""
        return self.place == "entries" or (self.place == "closed" and self.last is not None and self.last.tag in _TEXTS)

    def _judge_head(self, tag: str, start: int) -> Opening:
        """A field of a head: in a head it is one more, unless it begins the next; amid texts only a whole head begins."""
        if self.place == "head":
            again = tag == "20" or (tag in _ACCOUNT and any(each.tag in _ACCOUNT for each in self.block.head))
            return "statement" if again else "field"
        if not self._behind_text() or (tag in ("20", *_ACCOUNT) and _WHOLE_HEAD.match(self.text, start)):
            return "statement"
        return "text"

    def _judge_entry(self, line: str) -> Opening:
        like = bool(_ENTRY_LIKE.match(line))
        if self.place == "head" or (self.place == "entries" and (like or (self.last and self.last.tag == "61"))):
            return "entry"
        if self.place == "entries" or not like:
            return "text"
        return "stray"

    def _ends(self, line: str, end: int) -> bool:
        """Whether a line is the envelope's, or the dash behind a message and not a dash in a text."""
        if _END.match(line):
            return self.place != "entries" or not self._entry_follows(end)
        if not _DASH.match(line):
            return False
        following = _NEXT_TAG.search(self.text, end, end + _NEAR)
        if following is None or self.place in ("outside", "closed"):
            return True
        return following[1] == "20" if self.place == "head" else bool(_WHOLE_HEAD.match(self.text, following.start()))

    def _begin(self, tag: str, line: str, start: int) -> None:
        """A new statement; one that begins amid a message keeps the message's reference, and its account where it names none."""
        shared: list[Field] = []
        if self.place != "outside" and tag != "20":
            keep = ("20", "21") if tag in _ACCOUNT else ("20", "21", *_ACCOUNT)
            shared = [each for each in self.block.head if each.tag in keep]
        before = self.text[max(0, start - _ENVELOPE) : start]
        self.block = Block(self.block.before if shared else before[before.rfind("\n:") + 1 :], head=shared)
        self.place, self.fields = "head", 0
        self._open(tag, line, "field")

    def _open(self, tag: str, line: str, opening: Opening) -> None:
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise SourceError(f"{self.name}: a message of more than {MOST_FIELDS:,} fields; split the file")
        if opening == "stray":
            if self.place == "outside":
                self.block, self.place = Block(""), "closed"
            self.block.strays.append(line)
            self.last = None
            return
        self.last = Field(tag, [line])
        if opening == "entry":
            self.block.entries.append(RawEntry([self.last]))
            self.place = "entries"
        elif tag in _CLOSING:
            self.block.tail.append(self.last)
            self.place = "closed"
        elif self.place == "entries":
            self.block.entries[-1].fields.append(self.last)
        else:
            (self.block.head if self.place == "head" else self.block.tail).append(self.last)

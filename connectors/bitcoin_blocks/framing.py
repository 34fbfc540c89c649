"""The blocks of a file, one at a time: where each begins and ends, padding, and damage between them.

Bitcoin Core allots its files ahead, so zeros may follow the last block. Where a block is cut or damaged the search goes
on at the next magic number, as the node itself does.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from btclib.obfuscation import obfuscate

from connectors.bitcoin_blocks.networks import HEADER_BYTES, Layout
from trails.errors import SourceError
from trails.model import Issue
from trails.records import open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Source

#: A block serializes to at most this many bytes (consensus: MAX_BLOCK_SERIALIZED_SIZE).
MOST_BLOCK = 4_000_000
#: After this many damaged blocks a file is not read any further.
MOST_DAMAGED = 100
_CHUNK = 1 << 20


@dataclass
class _Stream:
    """Bytes read forward, freed of an XOR key; one can go back to where the bytes began to be kept."""

    raw: BinaryIO
    key: bytes | None
    buffer: bytes = b""
    base: int = 0
    position: int = 0
    kept: int = 0

    @property
    def place(self) -> int:
        """Where in the file the next byte stands."""
        return self.base + self.position

    def keep(self) -> None:
        """Keep the bytes from here on."""
        self.kept = self.position

    def go_back(self, place: int) -> None:
        """Go back to a place among the bytes kept."""
        self.position = place - self.base

    def read(self, count: int) -> bytes:
        """Give the next bytes, fewer at the end."""
        if self.position + count > len(self.buffer):
            self._fill(count)
        data = self.buffer[self.position : self.position + count]
        self.position += len(data)
        return data

    def _fill(self, count: int) -> None:
        left = self.buffer[self.kept :]
        self.base, self.position, self.kept = self.base + self.kept, self.position - self.kept, 0
        fresh = self.raw.read(max(_CHUNK, self.position + count - len(left)))
        self.buffer = left + (obfuscate(fresh, self.key, self.base + len(left)) if self.key and fresh else fresh)

    def skip_zeros(self) -> None:
        """Go on to the next byte that is not zero, or to the end."""
        while True:
            self.keep()
            if not (data := self.read(_CHUNK if self.buffer[self.position : self.position + 1] == b"\x00" else 1)):
                return
            rest = data.lstrip(b"\x00")
            self.position -= len(rest)
            if rest:
                return

    def seek_mark(self, mark: bytes) -> None:
        """Go on to the next place where some bytes stand, or to the end."""
        while True:
            self.keep()
            data = self.read(_CHUNK)
            found = data.find(mark)
            if found >= 0:
                self.position -= len(data) - found
                return
            if len(data) < _CHUNK:
                return
            self.position -= len(mark) - 1


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one block (or one record of undo data, with its checksum), and where they begin in the file."""

    place: int
    data: bytes


@dataclass
class Frames:
    """The frames of a file in order; ``issues`` collects what was left out, ``network`` says whose blocks they are."""

    stream: _Stream
    layout: Layout
    name: str
    tail: int = 0
    issues: list[Issue] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames. Raises SourceError beyond :data:`MOST_DAMAGED` damaged ones."""
        if self.layout.kind == "bare":
            yield Frame(0, self.stream.read(MOST_BLOCK + 1))
            return
        while True:
            if self.layout.magic:
                self.stream.skip_zeros()
            self.stream.keep()
            place, head = self.stream.place, self.stream.read(8 if self.layout.magic else 4)
            if not any(head):
                self.stream.skip_zeros()
                if self._is_at_end():
                    return
            size = int.from_bytes(head[-4:], "little")
            data = self.stream.read(size + self.tail) if self._fits(head, size) else b""
            if data and len(data) == size + self.tail:
                yield Frame(place, data)
            else:
                self._leave_out(place, self._reason(head, size, len(data)))

    def reject(self, frame: Frame, reason: str) -> None:
        """Leave out a frame whose bytes are no block; another block may begin inside it, so it is searched."""
        self._leave_out(frame.place, reason)

    def _fits(self, head: bytes, size: int) -> bool:
        return head.startswith(self.layout.magic) and (self.tail or HEADER_BYTES) <= size + self.tail <= MOST_BLOCK

    def _reason(self, head: bytes, size: int, found: int) -> str:
        if not head.startswith(self.layout.magic):
            return "no block begins here"
        if not found:
            return f"it states a length of {size:,} bytes, which no block has"
        return f"it is cut: it states {size:,} bytes, {found:,} are there"

    def _leave_out(self, place: int, reason: str) -> None:
        message = f"the block at byte {place:,} was left out: {reason}; get the file again"
        self.issues.append(Issue(None, "warning", "block_damaged", message))
        if len(self.issues) > MOST_DAMAGED:
            raise SourceError(
                f"{self.name}: more than {MOST_DAMAGED} damaged blocks; nothing was added. First: {self.first}"
            )
        if self.layout.magic:
            self.stream.go_back(place + 1)
            self.stream.seek_mark(self.layout.magic)
        elif not self._is_at_end():
            raise SourceError(
                f"{self.name}: {message}; nothing was added, as no magic number shows where the next begins"
            )

    def _is_at_end(self) -> bool:
        return self.layout.kind == "bare" or not self.stream.read(1)

    @property
    def first(self) -> str:
        """The first thing that was left out."""
        return self.issues[0].message if self.issues else "it holds no block"


@contextmanager
def open_stream(source: Source, key: bytes | None) -> Iterator[_Stream]:
    """A source's bytes, unpacked and freed of its XOR key."""
    with open_bytes(source) as raw:
        yield _Stream(raw, key)

"""Ways to damage a file, driven by a stream of bytes, so that hypothesis and a coverage-guided fuzzer can both steer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: What a hostile or broken program writes into a file.
POISON = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\n\n", b",,,", b";", b"\t",
    b"1e9999999999999999999", b"-0", b"NaN", b"9" * 5_000, b"0x", b"{" * 3_000, b"[" * 3_000, b"<a>" * 1_000, b"&e;",
    b"null", b"true", b"[]", b"{}", b'""', b"A" * 70_000, b"\xc3", b"31.02.2024", b"0001-01-01T00:00:00+23:59",
    "۹۹".encode(), "²".encode(), b"1970-01-01", b"%s%n", b"../../x", b"=1+1", b"-1", b"1,000.00", b"1.000,00",
)  # fmt: skip


@dataclass
class Choices:
    """A stream of bytes read as choices; it gives zeros when it ends."""

    data: bytes
    place: int = 0

    def number(self, below: int) -> int:
        """A number from 0 to below ``below``."""
        taken = self.data[self.place : self.place + 3]
        self.place += 3
        return int.from_bytes(taken, "little") % max(below, 1)


def mutate(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    """One to four damages, one after the other."""
    for _ in range(1 + choices.number(4)):
        data = _DAMAGES[choices.number(len(_DAMAGES))](data, others, choices)
    return data


def _cut(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    del others
    return data[: choices.number(len(data) + 1)]


def _flip(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    del others
    place = choices.number(len(data))
    return data[:place] + bytes([choices.number(256)]) + data[place + 1 :]


def _poison(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    del others
    place = choices.number(len(data) + 1)
    return data[:place] + POISON[choices.number(len(POISON))] + data[place + choices.number(12) :]


def _splice(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    other = others[choices.number(len(others))]
    start = choices.number(len(other) + 1)
    place = choices.number(len(data) + 1)
    return data[:place] + other[start : start + choices.number(400)] + data[place:]


def _lines(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    """Repeat, drop or swap whole lines."""
    del others
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data + data
    a, b, what = choices.number(len(lines)), choices.number(len(lines)), choices.number(3)
    if what == 0:
        lines.insert(a, lines[b])
    elif what == 1:
        del lines[a]
    else:
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def _cells(data: bytes, others: Sequence[bytes], choices: Choices) -> bytes:
    """Empty or poison what stands between two delimiters or quotes."""
    del others
    marks = [place for place, byte in enumerate(data[:200_000]) if byte in b',;\t|":']
    if len(marks) < 2:
        return data
    first = choices.number(len(marks) - 1)
    cell = b"" if choices.number(2) else POISON[choices.number(len(POISON))]
    return data[: marks[first] + 1] + cell + data[marks[first + 1] :]


_DAMAGES: tuple[Callable[[bytes, Sequence[bytes], Choices], bytes], ...] = (
    _cut,
    _flip,
    _poison,
    _splice,
    _lines,
    _cells,
)

"""Files whose contents cost far more than their size, each made of ``count`` equal pieces: see :data:`SHAPES`.

The same shape is made large for ``make hostile`` (count as stated) and small for the tests, under lowered bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.connectors.reading import SAMPLES

_PIECES = 1 << 20
PICKUP = (
    'kind = "pickup"\noperator = "moneygram"\nscope = "made"\ntimezone = "UTC"\ndate_pattern = "%d.%m.%Y"\n'
    'decimal_mark = "."\n[columns]\nnumber = "Number"\nsender = "Sender"\nreceiver = "Receiver"\ndate_sent = "Sent"\n'
    'amount = "Amount"\ncurrency = "Currency"\n'
)
PICKUP_HEADER = ("Number", "Sender", "Receiver", "Sent", "Amount", "Currency")


@dataclass(frozen=True)
class Shape:
    """One kind of trap: the file's name, how many pieces make the large one, what is said with it, how it is made."""

    name: str
    file: str
    count: int
    make: Callable[[Path, int], None]
    said: tuple[str, ...] = ()


SHAPES: dict[str, Shape] = {}


def shape(name: str, file: str, count: int, *said: str) -> Callable[[Callable[[Path, int], None]], Shape]:
    """Enter a way of making a file among the shapes."""

    def enter(make: Callable[[Path, int], None]) -> Shape:
        SHAPES[name] = Shape(name, file, count, make, said)
        return SHAPES[name]

    return enter


def sample(name: str) -> bytes:
    """The bytes of a connector's sample."""
    return (SAMPLES / name).read_bytes()


def write(path: Path, *parts: bytes | Iterable[bytes]) -> None:
    """Write a file from parts, each bytes or many of them."""
    with path.open("wb") as out:
        for part in parts:
            for piece in (part,) if isinstance(part, bytes) else part:
                out.write(piece)


def many(piece: bytes, count: int) -> Iterable[bytes]:
    """A piece over and over, a mebibyte at a time."""
    at_once = max(1, _PIECES // len(piece))
    for _ in range(count // at_once):
        yield piece * at_once
    yield piece * (count % at_once)


def split(data: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """A sample cut before a mark that stands in it."""
    place = data.index(mark)
    return data[:place], data[place:]

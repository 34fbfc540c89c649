"""Ways in which a file can be wrong: each makes, from a good sample, one that is damaged, forged or absurd.

Half of them know nothing of the format (bytes cut, flipped, moved); the others put the values that break parsers where a
value stood: in a JSON document, in a cell, inside a zip.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pyarrow as pa

#: The largest input the fuzzers make: large enough for long lines, small enough that any bound on time and memory is fair.
MOST_BYTES = 1 << 18
#: Texts that parsers of numbers, times, addresses and names have stumbled over.
ODD_TEXTS = (
    "", " ", "0", "-0", "-1", "1e9999999", "-1e9999999", "1E-9999999", "NaN", "Infinity", "-Infinity", "0x", "0x" + "f" * 64,
    "9" * 19, "9" * 39, "9" * 80, "9" * 5000, "1." + "0" * 90 + "1", "1_000", "1,000.5", "\x00", "a\x00b", "\u202eabc\u202c",
    "\u200f12\u200f", "\ufeff", "\U0001f4b8", "٣٫٥", "۱۴۰۳/۱۲/۳۰", "²", "⅕", "①", "०१", "0000-00-00", "9999-12-31T23:59:59Z",
    "10000-01-01", "1969-12-31", "2024-02-30 25:61:61", "99/99/9999", "253402300800", "-62135596801", "1e18", "T" * 34,
    "1" * 34, "bc1q" + "q" * 38, "null", "true", "[]", "{}", '"', "'", ";", "\t", "\r", "\n", "\u2028", "=1+1", "../../x", "%s%n",
    "A" * 20_000,
)  # fmt: skip
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.0, 2**63, -(2**63) - 1, 2**64, 10**40, 10**400, [], {}, [[]], [None], {"": None},
    "\ud800", "a\udfff", [0, "x", None], {"a": {"b": []}}, *ODD_TEXTS,
)  # fmt: skip
_RAW_NUMBERS = ("1e9999999", "-1e9999999", "1e-9999999", "NaN", "Infinity", "9" * 5000, "1." + "3" * 400, "1E400")
_TOKEN = re.compile(rb"[^\s<>,;:|\"'{}\[\]]+")
_NESTS = (b"[", b'{"a":', b"<a>", b"{", b"- ", b"(", b'[{"a":')
_DEPTHS = (40, 300, 900, 3_000, 50_000)

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]


def truncate(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def cut_out(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random)
    return data[:start] + data[end:]


def repeat(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, random)
    return data[:end] + data[start:end] * random.randrange(1, 4) + data[end:]


def flip_bytes(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _number in range(random.randrange(1, 6)):
        if changed:
            changed[random.randrange(len(changed))] = random.choice(
                (0, 0x0A, 0x22, 0x2C, 0x7F, 0x80, 0xFF, random.randrange(256))
            )
    return bytes(changed)


def splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of one file and the end of another."""
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


def become_other(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Another sample's bytes under this one's name."""
    del data
    return random.choice(others)


def move_lines(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Lines twice, lines gone, lines in another order."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    place = random.randrange(len(lines))
    match random.randrange(3):
        case 0:
            lines[place:place] = [lines[place]] * random.randrange(1, 4)
        case 1:
            del lines[place]
        case _:
            lines.insert(random.randrange(len(lines)), lines.pop(place))
    return b"".join(lines)


def swap_tokens(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Two words, cells or numbers change places."""
    first, second = sorted((_token(data, random), _token(data, random)))
    if first[1] > second[0]:
        return data
    return b"".join(
        (data[: first[0]], data[slice(*second)], data[first[1] : second[0]], data[slice(*first)], data[second[1] :])
    )


def put_odd_text(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _token(data, random)
    return data[:start] + random.choice(ODD_TEXTS).encode() + data[end:]


def put_bad_bytes(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """NUL, invalid UTF-8, byte-order marks, other encodings, in the middle of a text."""
    place = random.randrange(len(data) + 1)
    bad = random.choice((b"\x00", b"\x00" * 40, b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x8d\xe6",
                         b"\xef\xbb\xbf", b"\x1a", b"\x1b[2J", "\u202e".encode(), "Č".encode("utf-16")))  # fmt: skip
    return data[:place] + bad + data[place:]


def nest_deeply(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _token(data, random)
    opened, depth = random.choice(_NESTS), random.choice(_DEPTHS)
    return data[:start] + opened * min(depth, MOST_BYTES // len(opened)) + data[random.choice((start, end)) :]


def make_long_line(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice((b"x", b"1", b" ", b",", b'"', b"\\", b"a,")) * 60_000 + data[place:]


def change_encoding(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    text = data.decode("utf-8", errors="replace")
    return text.encode(random.choice(("utf-16", "utf-8-sig", "utf-16-le", "cp1256", "utf-7")), errors="replace")


def change_json(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """One value of a JSON document, or of one of its lines, becomes odd, moves or goes."""
    lines = data.split(b"\n")
    whole = _load(data)
    place = random.randrange(len(lines))
    document = whole if whole is not None else _load(lines[place])
    if not isinstance(document, dict | list):
        return data
    holders = _holders(document)
    holder, key = random.choice(holders) if holders else (document, None)
    if key is not None:
        _change(holder, key, holders, random)
    changed = json.dumps(document).replace('"raw number"', random.choice(_RAW_NUMBERS)).encode()
    return changed if whole is not None else b"\n".join((*lines[:place], changed, *lines[place + 1 :]))


def change_inside(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """One file inside a zip (a chat, a sheet of a workbook) is changed, and the zip is made anew."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [(item.filename, archive.read(item)) for item in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return data
    if not files:
        return data
    place = random.randrange(len(files))
    name, inner = files[place]
    files[place] = (name, random.choice(_PLAIN)(inner, random, others))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def pack(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """The file in a gzip, in a Zstandard file, or in a zip of one or two files with names that want to be elsewhere."""
    how = random.randrange(4)
    if how == 3:
        return bytes(pa.compress(data, codec="zstd", asbytes=True))
    if how % 2:
        return gzip.compress(data, mtime=0)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in random.choice(
            (("a.csv",), ("../../a.json",), ("a.txt", "b.txt"), ("content.xml",), ("_chat.txt", "x"))
        ):
            archive.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()


_PLAIN: tuple[Mutation, ...] = (
    truncate, cut_out, repeat, flip_bytes, splice, become_other, move_lines, swap_tokens, put_odd_text, put_bad_bytes,
    nest_deeply, make_long_line, change_encoding, change_json,
)  # fmt: skip
#: All ways, by name. Changing one JSON value, one word, and what is inside a zip find most, so they stand more often.
MUTATIONS: dict[str, Mutation] = {each.__name__: each for each in (*_PLAIN, change_inside, pack)}
LIKELY = (*MUTATIONS, *("change_json", "put_odd_text", "swap_tokens", "change_inside") * 3)


def mutate(data: bytes, names: Sequence[str], random: Random, others: Sequence[bytes]) -> bytes:
    """A sample after the named mutations, one after the other, never beyond :data:`MOST_BYTES`."""
    for name in names:
        data = MUTATIONS[name](data, random, others)[:MOST_BYTES]
    return data


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 64, 512)))


def _token(data: bytes, random: Random) -> tuple[int, int]:
    found = _TOKEN.search(data, random.randrange(len(data) + 1))
    return found.span() if found else (len(data), len(data))


def _load(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _holders(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document that holds a value: a dictionary and a key, or a list and a position."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        for key, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            found.append((holder, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def _change(holder: Any, key: Any, holders: list[tuple[Any, Any]], random: Random) -> None:
    match random.randrange(5):
        case 0:
            del holder[key]
        case 1:
            other, place = random.choice(holders)
            value = other[place]
            holder[key] = value if not isinstance(value, dict | list) else json.loads(json.dumps(value))
        case 2:
            holder[key] = "raw number"
        case _:
            holder[key] = random.choice(_ODD_VALUES)

"""Where the parts of a large JSON text stand, without keeping what they hold.

A chat export is one JSON document of up to a gigabyte. :func:`find_places` walks it once, decodes each part and lets it
go; of every part named by the shape it keeps where it begins and ends, so that messages are then decoded one by one::

    find_places('{"id": 5, "messages": [{"id": 1}]}', 0, {"id": PART, "messages": [PART]}, "x.json")
    -> {"id": (7, 8), "messages": array of 23, 32}
"""

from __future__ import annotations

import json
import re
from array import array
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: In a shape: one value, of which the place is kept.
PART = "part"

_DECODER = json.JSONDecoder(parse_float=Decimal)
_SPACE = re.compile(r"[ \t\r\n]*")


def decode_at(text: str, start: int, name: str) -> tuple[Any, int]:
    """The JSON value that begins at a place, and where it ends; raises SourceError naming line and column."""
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as problem:
        rest = text[problem.pos : problem.pos + 1_000].strip()
        what = "the file is truncated" if len(rest) < 2 or "Unterminated" in problem.msg else problem.msg
        raise SourceError(
            f"{name}: not whole JSON at line {problem.lineno}, column {problem.colno}: {what}; nothing was added"
        ) from None
    except ValueError:
        raise SourceError(
            f"{name}: a number of thousands of digits after character {start}; nothing was added"
        ) from None
    except RecursionError:
        raise SourceError(f"{name}: JSON nested too deeply near character {start}; nothing was added") from None


def find_places(text: str, start: int, shape: Any, name: str) -> tuple[Any, int]:
    """The places of the parts that a shape names in the value beginning at ``start``, and where that value ends.

    Where the value is of another kind than the shape says, its own place is given. Of equal keys the last one counts, as
    for every JSON parser. Raises SourceError where the JSON is broken.
    """
    if isinstance(shape, dict) and text.startswith("{", start):
        return _object_places(text, start, shape, name)
    if isinstance(shape, list) and text.startswith("[", start):
        return _list_places(text, start, shape[0], name)
    end = decode_at(text, start, name)[1]
    return (start, end), end


def _object_places(text: str, start: int, shape: dict[str, Any], name: str) -> tuple[dict[str, Any], int]:
    places: dict[str, Any] = {}
    position = skip_space(text, start + 1)
    if text.startswith("}", position):
        return places, position + 1
    while True:
        key, position = decode_at(text, position, name)
        position = _expect(text, skip_space(text, position), ":", name)
        position = skip_space(text, position)
        if isinstance(key, str) and key in shape:
            places[key], position = find_places(text, position, shape[key], name)
        else:
            position = decode_at(text, position, name)[1]
        position = skip_space(text, position)
        if text.startswith("}", position):
            return places, position + 1
        position = skip_space(text, _expect(text, position, ",", name))


def _list_places(text: str, start: int, shape: Any, name: str) -> tuple[Any, int]:
    flat, deep = array("q"), []
    position = skip_space(text, start + 1)
    closed = text.startswith("]", position)
    while not closed:
        place, end = find_places(text, position, shape, name)
        if shape == PART:
            flat.extend(place)
        else:
            deep.append(place)
        position = skip_space(text, end)
        closed = text.startswith("]", position)
        if not closed:
            position = skip_space(text, _expect(text, position, ",", name))
    return (flat if shape == PART else deep), position + 1


def _expect(text: str, position: int, mark: str, name: str) -> int:
    if text.startswith(mark, position):
        return position + 1
    line = text.count("\n", 0, position) + 1
    what = "the file is truncated" if position >= len(text) else f"{mark!r} is missing"
    raise SourceError(f"{name}: not whole JSON at line {line}: {what}; nothing was added")


def skip_space(text: str, position: int) -> int:
    """Where the next character that is no white space stands."""
    found = _SPACE.match(text, position)
    return found.end() if found else position


def items_of(text: str, places: object, name: str) -> Iterator[tuple[str, Any]]:
    """The items of a list whose places were kept, each as its own text and its value."""
    if isinstance(places, array):
        for index in range(0, len(places), 2):
            start = places[index]
            yield text[start : places[index + 1]], decode_at(text, start, name)[0]

"""What the case keeps as JSON in a column of a table, read as if somebody else had written it.

A case may have been altered, and a command that only asks does not compare the whole of it. So a text that is not what
trails writes there ends in one sentence that says where to look, never in an error of the program.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from trails.connector import ReadOptions
from trails.errors import CaseError, TrailsError

#: What every condition of a finding, a role or a screening says.
CONDITION = ("condition", "observed", "threshold", "met")


#: No sign weighs more.
_MOST_BITS = 1e6


def read_record(text: object, what: str) -> dict[str, Any]:
    """A kept object: names and values; ``what`` says in messages what it is. Raises CaseError for anything else."""
    found = _read(text, what)
    if not isinstance(found, dict):
        raise altered(what)
    return found


def read_list(text: object, what: str) -> list[Any]:
    """A kept list; raises CaseError for anything else."""
    found = _read(text, what)
    if not isinstance(found, list):
        raise altered(what)
    return found


def read_texts(text: object, what: str) -> list[str]:
    """A kept list of texts, such as the facts that an inference rests on; raises CaseError for anything else."""
    found = read_list(text, what)
    if not all(isinstance(each, str) for each in found):
        raise altered(what)
    return found


def read_numbers(text: object, what: str) -> list[int]:
    """A kept list of whole numbers; raises CaseError for anything else."""
    found = read_list(text, what)
    if not all(type(each) is int for each in found):
        raise altered(what)
    return found


def read_records(text: object, what: str, names: Collection[str] = CONDITION) -> list[dict[str, Any]]:
    """A kept list of objects that have the given names at least; raises CaseError for anything else."""
    found = read_list(text, what)
    if not all(isinstance(each, dict) and set(names) <= set(each) for each in found):
        raise altered(what)
    return found


def read_companions(options: object) -> list[dict[str, str]]:
    """The name and the SHA-256 of each file that was read with a source, of the options that the case keeps of it."""
    what = "what the case keeps of how a source was read"
    found = read_record(options, what).get("companions", [])
    whole = isinstance(found, list) and all(
        isinstance(each, dict) and all(isinstance(each.get(name), str) for name in ("name", "sha256")) for each in found
    )
    if not whole:
        raise altered(what)
    return list(found)


def read_options(text: object) -> ReadOptions:
    """What was said about a source when it was read."""
    what = "what the case keeps of how a source was read"
    said = {name: value for name, value in read_record(text, what).items() if name != "companions"}
    for name, value in said.items():
        if name not in ReadOptions.__slots__ or not isinstance(value, dict if name == "mapping" else str):
            raise altered(what)
    return ReadOptions(**said)


def read_explanation(text: object) -> list[dict[str, Any]]:
    """The signs of a match with their bits; raises CaseError for anything else."""
    what = "the explanation of a match"
    found = read_records(text, what, ("sign", "bits", "observed"))
    if not all(isinstance(each["bits"], int | float) and abs(each["bits"]) < _MOST_BITS for each in found):
        raise altered(what)
    return found


def altered(what: str) -> CaseError:
    """The error for what no command can have written."""
    return CaseError(f"{what} is not as trails writes it: somebody changed the case; `trails check` says what was changed")


#: How reading rows of another kind than trails writes ends, where nobody looked at them first.
OF_ALTERED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, duckdb.DataError, duckdb.InternalError)


@contextmanager
def reading_altered(notes: list[str] | None) -> Iterator[None]:
    """Read rows of a case that is known to be altered: what cannot be told is noted and left out.

    None for ``notes`` says that nothing was altered: then every error is one of the program, and goes on.
    """
    try:
        yield
    except (TrailsError, *OF_ALTERED) as problem:
        if notes is None:
            raise
        notes.append(f"what was altered keeps the rest from being told ({type(problem).__name__})")


def _read(text: object, what: str) -> Any:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        raise altered(what) from None

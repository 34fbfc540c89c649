"""Read-only questions to a case's tables, within bounds, with pseudonyms for people who are protected or not yet judged."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from trails.case import Case
from trails.errors import UsageError
from trails.naming import read_names
from trails.tables import INFERENCES

#: What a question may cost unless more is asked for.
LIMIT, SECONDS, MEMORY = 1_000, 60.0, "1GB"
_MEMORY = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns and rows of an answer, whether more rows were left off, and whether it reads inferences."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool
    inferred: bool


def query_case(
    case: Case, query: str, *, limit: int = LIMIT, seconds: float = SECONDS, memory: str = MEMORY, real_names: bool = False
) -> Answer:  # fmt: skip
    """What a SQL query gives; exact integers stay integers.

    ``limit`` bounds the rows, ``seconds`` the time, ``memory`` what the engine may use. ``real_names`` shows people as the
    sources write them; the caller logs why. The connection can reach no file and nothing outside the machine. Raises UsageError
    with DuckDB's own explanation where the query is wrong, would change something, or takes longer or more.
    """
    if not _MEMORY.fullmatch(memory):
        raise UsageError(f"memory is {memory!r}; write it like 500MB or 2GB")
    case.con.execute(f"SET memory_limit = '{memory}'")
    case.con.execute("SET lock_configuration = true")
    timer = threading.Timer(seconds, case.con.interrupt)
    timer.start()
    try:
        result = case.con.execute(query)
        if result is None or result.description is None:
            raise UsageError("the query is empty; ask for example: SELECT * FROM sources")
        columns = _tell_apart([column[0] for column in result.description])
        exact = {i for i, column in enumerate(result.description) if str(column[1]).startswith("DECIMAL")}
        found = result.fetchmany(limit + 1)
    except duckdb.InterruptException:
        raise UsageError(
            f"the query was stopped after {seconds:g} seconds; ask for less, or for more time with --seconds"
        ) from None
    except duckdb.OutOfMemoryException:
        raise UsageError(f"the query needs more than {memory} of memory; ask for less, or allow more with --memory") from None
    except duckdb.Error as problem:
        first, *more = str(problem).split("\n")
        raise UsageError(f"the query cannot be answered: {first}", [line for line in more if line.strip()]) from None
    finally:
        timer.cancel()
    clean = None if real_names else read_names(case).clean_text
    rows = [
        tuple(_plain(value, exact=i in exact, clean=clean) for i, value in enumerate(row)) for row in found[:limit]
    ]  # fmt: skip
    words = {word.casefold() for word in re.findall(r"\w+", query)}
    return Answer(columns, rows, len(found) > limit, not words.isdisjoint(INFERENCES))


def _plain(value: Any, *, exact: bool, clean: Callable[[str], str] | None) -> Any:
    """A value for people: a whole DECIMAL as an integer, names in texts and in lists of texts as pseudonyms."""
    if exact and value is not None and value == int(value):
        return int(value)
    if clean is None:
        return value
    if isinstance(value, (str, bytes)):
        return clean(value if isinstance(value, str) else value.decode("utf-8", "backslashreplace"))
    if isinstance(value, dict):
        return {_plain(key, exact=False, clean=clean): _plain(each, exact=False, clean=clean) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each, exact=False, clean=clean) for each in value]
    return value


def _tell_apart(names: list[str]) -> list[str]:
    """Column names with a number behind every repeated one, so that a join's columns do not hide each other."""
    seen: set[str] = set()
    told: list[str] = []
    for name in names:
        unused = (
            f"{name}_{number}" for number in range(1, len(names) + 1) if f"{name}_{number}" not in {*seen, *names}
        )
        told.append(next(unused) if name in seen else name)
        seen.add(told[-1])
    return told

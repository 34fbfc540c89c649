"""Read-only questions to a case's tables, within bounds, with pseudonyms for people who are protected or not yet judged."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from trails.case import Case
from trails.errors import UsageError
from trails.naming import read_names
from trails.question import check_question, find_explained
from trails.tables import INFERENCES
from trails.veiled import veil_tables

if TYPE_CHECKING:
    from trails.pseudonyms import Names

#: What a question may cost unless more is asked for.
LIMIT, SECONDS, MEMORY = 1_000, 60.0, "1GB"
_MEMORY = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(KB|MB|GB)", re.IGNORECASE | re.ASCII)
_UNITS = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
#: The engine's share of the memory, and what the whole process may grow by: the rest is what it takes before a query runs.
_ENGINE, SHARE, _LEAST = 0.6, 0.8, 10_000_000
#: What a query may set aside on the disk, and how long its answer may be, written out.
MOST_ON_DISK, MOST_ANSWER = "4GB", 20_000_000
_AGAIN_S, _MOST_SECONDS = 0.2, 1_000_000
#: Errors that are about the words of a query, not about a value in a table.
_ABOUT_QUERY = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException)
#: The kinds of statements that are questions (a PIVOT counts as several).
_QUESTIONS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)


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

    ``limit`` bounds the rows, ``seconds`` the time, ``memory`` what the engine and the answer may take together. ``real_names``
    shows people as the sources write them; the caller logs why. The connection can reach no file and nothing outside the
    machine. Raises UsageError with DuckDB's own explanation where the query is wrong, would change something, or takes longer
    or more.
    """
    if not 0 < seconds <= _MOST_SECONDS:
        raise UsageError(f"seconds are {seconds}; say a number up to {_MOST_SECONDS:,}")
    names = None if real_names else read_names(case)
    statement = _parse(case.con, query, names)
    if names is not None:
        veil_tables(case, names)
    _bound(case.con, memory)
    with _stopped_after(case.con, seconds):
        try:
            columns, exact, found = _ask(case.con, statement, limit)
        except duckdb.InterruptException:
            raise UsageError(say_too_long(seconds)) from None
        except (duckdb.OutOfMemoryException, MemoryError):
            raise UsageError(say_too_large(memory)) from None
        except duckdb.Error as problem:
            raise _refuse(problem, query, names) from None
    clean = None if names is None else names.clean_text
    rows = [
        tuple(_plain(value, exact=i in exact, clean=clean) for i, value in enumerate(row)) for row in found[:limit]
    ]  # fmt: skip
    words = {word.casefold() for word in re.findall(r"\w+", query)}
    return Answer(columns, rows, len(found) > limit, not words.isdisjoint(INFERENCES))


def _refuse(problem: duckdb.Error, query: str, names: Names | None) -> UsageError:
    first, *more = _explain(problem, query, names).split("\n")
    return UsageError(f"the query cannot be answered: {first}", [line for line in more if line.strip()])


def _explain(problem: duckdb.Error, query: str, names: Names | None) -> str:
    """What the database says is wrong. Where that is a value, only the kind and the place: the value may be a name."""
    said = str(problem)
    if names is None or isinstance(problem, _ABOUT_QUERY):
        return said if names is None else names.clean_text(said)
    kind = said.partition(":")[0] if ":" in said[:40] else type(problem).__name__
    of = re.search(r"(?:to|from) (?:type )?([A-Z][A-Z0-9_(),]*)", said)
    column = re.search(r"source column (\w+)", said)
    place = f" of column {column[1]}" if column and column[1].casefold() in query.casefold() else ""
    fit = f"does not fit {of[1]}" if of else "does not fit"
    return f"{kind}: a value{place} {fit}; which one is said only with --names --why REASON (logged)"


def say_too_long(seconds: float) -> str:
    """What is said where a query takes too long."""
    return f"the query was stopped after {seconds:g} seconds; ask for less, or for more time with --seconds"


def say_too_large(memory: str) -> str:
    """What is said where a query takes too much memory."""
    return f"the query needs more than {memory} of memory; ask for less, or allow more with --memory"


def read_memory(memory: str) -> int:
    """A size of memory in bytes; raises UsageError.

    >>> read_memory("1.5GB")
    1500000000
    """
    found = _MEMORY.fullmatch(memory.strip())
    if not found:
        raise UsageError(f"memory is {memory!r}; write it like 500MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _bound(con: duckdb.DuckDBPyConnection, memory: str) -> None:
    """Let the engine use its share of the memory, and little of the disk; nothing that a query says can change it."""
    con.execute(f"SET memory_limit = '{max(int(read_memory(memory) * _ENGINE), _LEAST)}B'")
    con.execute(f"SET max_temp_directory_size = '{MOST_ON_DISK}'")
    con.execute("SET lock_configuration = true")


@contextmanager
def _stopped_after(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt the connection after so many seconds, and again and again: between two statements it would not be heard."""
    done = threading.Event()

    def wait() -> None:
        if not done.wait(seconds):
            while True:
                con.interrupt()
                if done.wait(_AGAIN_S):
                    return

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    try:
        yield
    finally:
        done.set()
        waiting.join()


def _parse(con: duckdb.DuckDBPyConnection, query: str, names: Names | None) -> duckdb.Statement:
    """The one question that a query is; where people are hidden, looked at before anything of it runs. Raises UsageError."""
    try:
        statements = con.extract_statements(query)
    except duckdb.Error as problem:
        raise _refuse(problem, query, names) from None
    if not statements:
        raise UsageError("the query is empty; ask for example: SELECT * FROM sources")
    if len(statements) > 1 or statements[-1].type not in _QUESTIONS:
        raise UsageError("that is no question: one SELECT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN is answered, nothing else")
    if names is not None:
        text = _text_of(statements[0])
        check_question(con, find_explained(text) if statements[0].type == duckdb.StatementType.EXPLAIN else text)
    return statements[0]


def _text_of(statement: duckdb.Statement) -> str:
    return statement.query.strip().removesuffix(";")


def _ask(
    con: duckdb.DuckDBPyConnection, statement: duckdb.Statement, limit: int
) -> tuple[list[str], set[int], list[tuple[Any, ...]]]:
    """The names of the columns, which of them are exact numbers, and the rows, one more than the limit where there are more.

    The answer is first made inside the engine, where its size is known before any of it is handed over; the engine also tells
    columns of one name apart (``a``, ``a_1``).
    """
    if statement.type == duckdb.StatementType.EXPLAIN:
        result = con.execute(statement)
    else:
        con.execute(f"CREATE OR REPLACE TEMP TABLE answer AS SELECT * FROM ({_text_of(statement)}\n) LIMIT {limit + 1}")
        ((size,),) = con.execute("SELECT coalesce(sum(strlen(a::VARCHAR)), 0) FROM answer a").fetchall()
        if size > MOST_ANSWER:
            raise UsageError(f"the answer has {size:,} characters, more than {MOST_ANSWER:,}; ask for fewer or shorter columns")
        result = con.execute("FROM answer")
    described = result.description or []
    exact = {i for i, column in enumerate(described) if str(column[1]).startswith("DECIMAL")}
    return [str(column[0]) for column in described], exact, result.fetchmany(limit + 1)


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

"""Read-only questions to a case's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from trails.case import Case
from trails.errors import UsageError


def query_case(folder: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The column names and rows that a SQL query gives; exact integers stay integers.

    The tables are opened read-only and the query can reach no other file and nothing outside the machine. Raises
    UsageError with DuckDB's own explanation where the query is wrong or would change something.
    """
    with Case.open(folder, read_only=True) as case:
        case.con.execute("SET enable_external_access = false")
        case.con.execute("SET lock_configuration = true")
        try:
            result = case.con.execute(query)
            if result is None or result.description is None:
                raise UsageError("the query is empty; ask for example: SELECT * FROM sources")
            columns = _tell_apart([column[0] for column in result.description])
            exact = {i for i, column in enumerate(result.description) if str(column[1]).startswith("DECIMAL")}
            rows = [
                tuple(int(value) if i in exact and value is not None and value == int(value) else value
                      for i, value in enumerate(row))
                for row in result.fetchall()
            ]  # fmt: skip
        except duckdb.Error as problem:
            raise UsageError(f"the query cannot be answered: {problem}") from None
    return columns, rows


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

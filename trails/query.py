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
            if result.description is None:
                return [], []
            columns = [column[0] for column in result.description]
            exact = {i for i, column in enumerate(result.description) if str(column[1]).startswith("DECIMAL")}
            rows = [
                tuple(int(value) if i in exact and value is not None and value == int(value) else value
                      for i, value in enumerate(row))
                for row in result.fetchall()
            ]  # fmt: skip
        except duckdb.Error as problem:
            raise UsageError(f"the query cannot be answered: {problem}") from None
    return columns, rows

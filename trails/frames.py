"""Frames in and out of a case's database: exact integers stay exact, whatever is missing is None."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb

from trails.errors import UsageError
from trails.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd


def insert_frame(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Append a frame to a table of the contract, by column name; integer columns may be exact Python integers."""
    import pyarrow as pa

    columns = TABLES[name].columns
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise UsageError(f"frame for `{name}` lacks {', '.join(missing)}")
    data = {column.name: pa.array(_plain(frame[column.name]), _arrow_type(column.type)) for column in columns}
    con.register("frame_in", pa.table(data))
    listed = ", ".join(f'"{column.name}"' for column in columns)
    con.execute(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM frame_in")
    con.unregister("frame_in")


def _plain(series: pd.Series[Any]) -> list[Any]:
    """The values of a column with every kind of missing value as None, and times as datetimes."""
    missing = series.isna().tolist()
    values: Callable[[], list[Any]] = series.astype(object).tolist
    return [
        None if gone else (value.to_pydatetime() if hasattr(value, "to_pydatetime") else value)
        for value, gone in zip(values(), missing, strict=True)
    ]


def _arrow_type(sql_type: str) -> Any:
    import pyarrow as pa

    kinds = {
        "INTEGER": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(),
        "BOOLEAN": pa.bool_(), "TIMESTAMP": pa.timestamp("us"), "DECIMAL(38,0)": pa.decimal128(38, 0),
    }  # fmt: skip
    return kinds[sql_type]


def read_exact(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | dict[str, Any] | None = None
) -> pd.DataFrame:
    """A query's result as a pandas frame; DECIMAL columns become exact Python integers (None where empty)."""
    import pandas as pd
    import pyarrow as pa

    con.abort()  # a result that somebody read in part keeps the connection busy
    table = con.sql(sql, params=parameters or []).to_arrow_table()
    decimals = [f.name for f in table.schema if pa.types.is_decimal(f.type)]
    frame = table.drop_columns(decimals).to_pandas() if decimals else table.to_pandas()
    for name in decimals:
        values = [None if value is None else int(value) for value in table.column(name).to_pylist()]
        frame[name] = pd.Series(values, dtype=object, index=frame.index)
    ordered: pd.DataFrame = frame[[field.name for field in table.schema]]
    return ordered

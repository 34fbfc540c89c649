"""The case folder: settings, vaulted originals, tables, log, results.

::

    CASE/
      case.toml      settings, and the key that makes this case's pseudonyms
      sources/       the original files under the SHA-256 of their bytes, read-only
      case.duckdb    the tables of trails/tables.py
      log.jsonl      who did what when; each line names the hash of the line before
      out/           pictures and reports

A change is one database transaction: after a crash or Ctrl-C the case is as it was before, or complete.
"""

from __future__ import annotations

import getpass
import json
import secrets
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from trails import __version__
from trails.claims_sql import claims_view_sql
from trails.errors import CaseError, CaseLocked, UsageError
from trails.log import GENESIS, append_lines, hash_line, make_line, verify_chain
from trails.tables import STORED_CLAIM_COLUMNS, STORED_TRANSFER_COLUMNS, TABLES, VIEWS, check_tables, create_sql

if TYPE_CHECKING:
    import pandas as pd

#: Analysis settings of a new case; each can be changed in case.toml, and every result states the ones it used.
DEFAULT_SETTINGS: dict[str, Any] = {
    "reference_currency": "USD",
    "window_hours": 72,
    "fee_max": 0.06,
    "tolerance": 0.02,
    "tolerance_floor": 15,
    "max_hops": 6,
    # members from which on both sides of a weld are too large to join unseen, for strong, medium, weak claims and hints
    "large_clusters": [1000, 100, 10, 10],
    # counterparties on both sides from which on an account of a chain is taken for a service
    "service_counterparties": 500,
}

_TRANSFERS_VIEW = """
CREATE OR REPLACE VIEW transfers AS
SELECT t.transfer_id,
  'T' || left(sha256(CASE
    WHEN t.identity IS NOT NULL THEN t.identity
    WHEN t.kind = 'input' THEN concat_ws('|', x.rail, t.kind, x.hash, t.tx_index, d.key)
    WHEN t.kind IN ('output', 'fee') THEN concat_ws('|', x.rail, t.kind, x.hash, t.tx_index)
    ELSE concat_ws('|', x.rail, x.hash, s.key, d.key, t.asset, t.amount, t.occurrence) END), 16) AS public_id,
  t.src, t.dst, t.asset, t.amount, t.kind, t.time, t.time_error_s, t.time_basis, t.seq, t.status,
  coalesce(t.ref_text, x.hash || coalesce(':' || t.tx_index, '')) AS ref,
  t.source_id, t."row"
FROM transfer_rows t
JOIN nodes s ON s.node_id = t.src JOIN nodes d ON d.node_id = t.dst
LEFT JOIN transactions x ON x.tx_id = t.tx_id
"""


class Case:
    """An open case. Use ``Case.create`` and ``Case.open``; close it, or use it in a ``with`` statement."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection, config: dict[str, Any]) -> None:
        self.folder = folder
        self.con = con
        self.config = config

    @classmethod
    def create(cls, folder: Path, *, name: str | None = None, pseudonym_key: str | None = None) -> Case:
        """A new, empty case in a folder that does not exist yet or is empty.

        ``pseudonym_key`` (hexadecimal) makes two cases name payers alike; by default every case has its own.
        Raises UsageError when the folder holds anything, or the key is no hexadecimal text of 32 digits or more.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists and is not an empty folder; choose a new name for the case")
        key = pseudonym_key or secrets.token_hex(32)
        if len(key) < 32 or any(ch not in "0123456789abcdef" for ch in key):
            raise UsageError("the pseudonym key must be 32 or more hexadecimal digits in lower case")
        for part in ("sources", "out"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        config = {
            "case": {"name": name or folder.name, "trails_version": __version__},
            "pseudonyms": {"key": key},
            "settings": dict(DEFAULT_SETTINGS),
        }
        con = _connect(folder / "case.duckdb", read_only=False)
        for table in TABLES:
            con.execute(create_sql(table) if table not in VIEWS else "SELECT 1")
        con.execute(f"CREATE TABLE transfer_rows ({STORED_TRANSFER_COLUMNS})")
        # hashes cannot be made smaller by much; trying to takes as long as all else that is written about a transfer
        con.execute(
            "CREATE TABLE transactions (tx_id INTEGER NOT NULL, rail VARCHAR NOT NULL, "
            "hash VARCHAR USING COMPRESSION uncompressed NOT NULL)"
        )
        con.execute("CREATE TABLE journal (n INTEGER NOT NULL, line VARCHAR NOT NULL)")
        con.execute(_TRANSFERS_VIEW)
        con.execute(f"CREATE TABLE claim_rows ({STORED_CLAIM_COLUMNS})")
        con.execute(claims_view_sql())
        _write_config(folder / "case.toml", config)
        case = cls(folder, con, config)
        with case.change("new", {"settings": config["settings"]}):
            pass
        return case

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Case:
        """An existing case; raises CaseError naming what is missing, CaseLocked when another process writes to it."""
        config_path, database = folder / "case.toml", folder / "case.duckdb"
        for path in (config_path, database):
            if not path.is_file():
                raise CaseError(f"{folder} is no case: {path.name} is missing; make one with `trails new {folder}`")
        try:
            config = tomllib.loads(config_path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise CaseError(f"{config_path}: {problem}") from None
        case = cls(folder, _connect(database, read_only=read_only), config)
        try:
            case._take_up_columns(read_only=read_only)
        except CaseError:
            case.close()
            raise
        if not read_only:
            case._recover()
        return case

    def _take_up_columns(self, *, read_only: bool) -> None:
        """Give a case of an earlier version the columns that came since, empty; raises CaseError where that cannot be."""
        self._narrow_claims(read_only=read_only)
        found = self.con.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
        present = {(str(table), str(column)) for table, column in found}
        if not read_only:
            for name in sorted({each.name for each in TABLES.values()} - {table for table, _ in present}):
                self.con.execute(create_sql(name))
                present |= {(name, column) for column in TABLES[name].names}
        for table in TABLES.values():
            for column in table.columns:
                if (table.name, column.name) in present:
                    continue
                if read_only or not column.null:
                    todo = (
                        "add a file, or run `trails analyse`, once"
                        if column.null
                        else "make a new case from its sources"
                    )
                    raise CaseError(
                        f"{self.folder} was made by an earlier trails: `{table.name}` has no column `{column.name}`; {todo}"
                    )
                self.con.execute(f'ALTER TABLE {table.name} ADD COLUMN "{column.name}" {column.type}')

    def _narrow_claims(self, *, read_only: bool) -> None:
        """Give a case of an earlier version the narrow claims; its old ones go, and ``trails analyse`` makes them anew."""
        if self.con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'claim_rows'").fetchone():
            return
        if read_only:
            raise CaseError(f"{self.folder} was made by an earlier trails; run `trails analyse {self.folder}` once")
        for statement in (
            "DROP TABLE IF EXISTS claims", "DELETE FROM entities", f"CREATE TABLE claim_rows ({STORED_CLAIM_COLUMNS})",
            claims_view_sql(), _TRANSFERS_VIEW,
        ):  # fmt: skip
            self.con.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tables."""
        self.con.close()

    @property
    def settings(self) -> dict[str, Any]:
        """The analysis settings in force: the defaults and what case.toml says; unknown names are refused."""
        given = self.config.get("settings", {})
        unknown = sorted(set(given) - set(DEFAULT_SETTINGS))
        if unknown:
            raise CaseError(f"case.toml: unknown setting(s) {', '.join(unknown)}; known: {', '.join(DEFAULT_SETTINGS)}")
        return {**DEFAULT_SETTINGS, **given}

    def _recover(self) -> None:
        """After a crash: drop half-copied originals and bring the log file up to the committed journal."""
        for part in (self.folder / "sources").glob("*.part"):
            part.unlink()
        append_lines(self.folder / "log.jsonl", self.log_lines())

    def log_lines(self) -> list[str]:
        """The committed log lines in order."""
        return [line for (line,) in self.con.execute("SELECT line FROM journal ORDER BY n").fetchall()]

    def log_head(self) -> str:
        """The hash of the last log line, after checking the whole chain and the file; raises CaseError."""
        lines = self.log_lines()
        append_lines(self.folder / "log.jsonl", lines)
        return verify_chain(lines)

    @contextmanager
    def change(self, command: str, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One change of the case: everything inside is committed with its log line, or nothing is.

        The yielded dict is the log line's details; the body may add outputs to it. Any exception, Ctrl-C included,
        rolls everything back.
        """
        self.con.execute("BEGIN TRANSACTION")
        committed = False
        try:
            yield details
            self._journal(command, details)
            self.con.execute("COMMIT")
            committed = True
        finally:
            if not committed:
                self.con.execute("ROLLBACK")
        append_lines(self.folder / "log.jsonl", self.log_lines())

    def _journal(self, command: str, details: dict[str, Any]) -> None:
        last = self.con.execute("SELECT n, line FROM journal ORDER BY n DESC LIMIT 1").fetchone()
        number, previous = (last[0] + 1, hash_line(last[1])) if last else (1, GENESIS)
        line = make_line(
            number, previous, at=datetime.now(UTC), who=getpass.getuser(), command=command,
            details={"trails": __version__, **details},
        )  # fmt: skip
        self.con.execute("INSERT INTO journal VALUES (?, ?)", [number, line])

    def read_frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """A query's result as a frame in which every DECIMAL column holds exact Python integers, never floats."""
        return read_exact(self.con, sql, parameters)

    def write_inferences(
        self, command: str, frames: dict[str, pd.DataFrame], details: dict[str, Any], *,
        arrow: dict[str, Any] | None = None, also: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    ) -> None:  # fmt: skip
        """Replace whole inference tables by new frames, checked against the contract, in one logged change.

        ``arrow`` gives tables of many millions of rows as Arrow tables, claims in their stored form (``claim_rows``);
        ``also`` is done in the same change.
        Raises ContractError listing every problem of all the tables; the case then is as before.
        """
        large = arrow or {}
        with self.change(command, details) as outputs:
            for name, frame in frames.items():
                if TABLES[name].layer != "inference":
                    raise UsageError(f"`{name}` holds facts or judgements and is never replaced")
                self.con.execute(f"DELETE FROM {name}")
                insert_frame(self.con, name, frame)
            for name, table in large.items():
                self.con.execute(f"DELETE FROM {name}")
                empty = [column for column in table.column_names if table.column(column).null_count == len(table)]
                self.con.register("table_in", table.drop_columns(empty if len(table) else []))  # writing nothing costs time too
                self.con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM table_in")
                self.con.unregister("table_in")
            if "claim_rows" in large:
                self.con.execute(claims_view_sql())  # a case of an earlier version knows fewer rules
            if also:
                also(self.con)
            written = {name: name for name in frames}
            written |= {("claims" if name == "claim_rows" else name): name for name in large}
            check_tables(self.con, written)
            outputs["outputs"] = {name: len(frame) for name, frame in frames.items()}
            outputs["outputs"] |= {("claims" if n == "claim_rows" else n): len(table) for n, table in large.items()}


def insert_frame(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Append a frame to a table of the contract, by column name; integer columns may be exact Python integers."""
    import pyarrow as pa

    columns = TABLES[name].columns
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise UsageError(f"frame for `{name}` lacks the column(s) {', '.join(missing)}")
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


def read_exact(con: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
    """A query's result as a pandas frame; DECIMAL columns become exact Python integers (None where empty)."""
    import pandas as pd
    import pyarrow as pa

    table = con.sql(sql, params=parameters or []).to_arrow_table()
    decimals = [f.name for f in table.schema if pa.types.is_decimal(f.type)]
    frame = table.drop_columns(decimals).to_pandas() if decimals else table.to_pandas()
    for name in decimals:
        values = [None if value is None else int(value) for value in table.column(name).to_pylist()]
        frame[name] = pd.Series(values, dtype=object, index=frame.index)
    ordered: pd.DataFrame = frame[[field.name for field in table.schema]]
    return ordered


def _connect(database: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(str(database), read_only=read_only)
    except duckdb.IOException as problem:
        if "lock" in str(problem):
            raise CaseLocked(
                f"{database}: another trails process has this case open; wait for it or close it"
            ) from None
        raise CaseError(f"{database}: {problem}") from None
    except duckdb.Error as problem:
        raise CaseError(f"{database} is damaged: {problem}") from None
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET memory_limit = '1GB'")
    con.execute("SET enable_progress_bar = false")
    return con


def _write_config(path: Path, config: dict[str, Any]) -> None:
    lines = ["# Settings of this case. Results state the settings they were made with. Keep the pseudonym key secret:"]
    lines += ["# whoever has it and a list of names can tell who is behind a pseudonym."]
    for section, values in config.items():
        lines += ["", f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)

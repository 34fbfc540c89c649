"""What sources added since the last clustering touch, so that everything else keeps what was found of it.

What the rules say of a transaction depends on its own rows and on the transactions that share an account with it, and on
nothing further: the first receipt of an address, how often it receives, who spends an output, what was before. So a new
row may change the transactions that share an account with its own (``again``); and to judge those, the ones that share an
account with them have to be there (``around``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails import __version__
from trails.claims import NO_REASON, Claims, read_claims
from trails.ownership.transactions import NOBODY
from trails.tables import CLAIM_RULES, CLAIM_STATES, CLAIM_STRENGTHS, TABLES

if TYPE_CHECKING:
    import duckdb

Ints = npt.NDArray[np.int64]

_COINS = "kind IN ('input', 'output')"
#: Accounts that stand for nobody connect nothing.
_NOBODY = f"SELECT node_id FROM nodes WHERE key IN {NOBODY} OR label = 'output not in the case'"


@dataclass(frozen=True, slots=True)
class Touched:
    """Junctions to judge anew, and the name of a table of those that must be read for it (column ``junction``)."""

    again: Ints
    around: str


def find_touched(con: duckdb.DuckDBPyConnection) -> Touched | None:
    """What was touched since the last clustering; None where there is none, or where most of the case was touched."""
    last = _read_mark(con)
    if last is None:
        return None
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched_links AS SELECT CASE kind WHEN 'input' THEN dst ELSE src END AS junction, "
        f"CASE kind WHEN 'input' THEN src ELSE dst END AS account, transfer_id, source_id FROM transfer_rows WHERE {_COINS}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched_changed AS SELECT DISTINCT junction FROM touched_links "
        "WHERE source_id > $last OR transfer_id "
        "IN (SELECT fact_id FROM citations WHERE fact = 'transfer' AND source_id > $last) OR junction IN "
        "(SELECT node_id FROM events WHERE kind = 'transaction_form' AND source_id > $last)",
        {"last": last},
    )
    _widen(con, "touched_changed", "touched_again")
    _widen(con, "touched_again", "touched_around")
    counts = con.execute(
        "SELECT (SELECT count(*) FROM touched_around), (SELECT count(DISTINCT junction) FROM touched_links)"
    ).fetchall()[0]
    if 2 * counts[0] > counts[1]:
        return None
    again = con.execute("SELECT junction FROM touched_again ORDER BY junction").fetchnumpy()["junction"]
    return Touched(np.asarray(again, np.int64), "touched_around")


def _read_mark(con: duckdb.DuckDBPyConnection) -> int | None:
    """The last source that the present claims have seen; None where there are none, or another version made them."""
    rows = con.execute(
        "SELECT last_source FROM steps WHERE step = 'cluster' AND version = ?", [__version__]
    ).fetchall()
    done = con.execute("SELECT 1 FROM entities LIMIT 1").fetchall()
    return int(rows[0][0]) if rows and done else None


def _widen(con: duckdb.DuckDBPyConnection, these: str, wider: str) -> None:
    """A table of the junctions that share an account with some."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {wider} AS SELECT DISTINCT junction FROM touched_links WHERE account IN "
        f"(SELECT account FROM touched_links WHERE junction IN (SELECT junction FROM {these}) AND account NOT IN ({_NOBODY})) "
        f"OR junction IN (SELECT junction FROM {these})"
    )


def read_untouched(con: duckdb.DuckDBPyConnection, touched: Touched) -> tuple[pd.DataFrame, Claims, npt.NDArray[np.int32]]:
    """What the last clustering found of the other transactions, as its rules found it: the screen, the claims, and the
    junction of each claim. What the guard and judgements made of the claims is taken off: they look at all of them again.
    """
    from trails.frames import read_exact

    del touched
    coin_rules = ", ".join(str(CLAIM_RULES.index(rule)) for rule in ("co_spend", "change"))
    rows = (
        "FROM claim_rows c JOIN transfer_rows t ON t.transfer_id = c.transfer_id "
        f"WHERE c.rule IN ({coin_rules}) AND (CASE t.kind WHEN 'input' THEN t.dst ELSE t.src END) NOT IN "
        "(SELECT junction FROM touched_again) ORDER BY c.claim_id"
    )
    claims = read_claims(con.sql(f"SELECT c.* {rows}").to_arrow_table())
    junction = con.sql(f"SELECT CASE t.kind WHEN 'input' THEN t.dst ELSE t.src END AS junction {rows}").fetchnumpy()
    joined = claims.strength <= CLAIM_STRENGTHS.index("medium")
    claims = claims.replace(
        state=np.where(joined, CLAIM_STATES.index("accepted"), CLAIM_STATES.index("held")).astype(np.uint8),
        held=np.where(joined, NO_REASON, claims.held).astype(np.uint8),
        held_text=np.empty(0, object),
    )
    listed = ", ".join(column.name for column in TABLES["screens"].columns)
    screens = read_exact(
        con,
        f"SELECT {listed} FROM screens WHERE junction NOT IN (SELECT junction FROM touched_again) ORDER BY junction",
    )
    return screens, claims, np.asarray(junction["junction"], np.int32)

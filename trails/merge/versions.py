"""Messages that two sources give with other words: an edit between two exports, or a change by somebody.

Both versions are facts; this says so, and names both rows. A message that has a number is the same message by its number (see
:class:`trails.model.Event`); of one without, the app itself must say that it was edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: SQL: what an event of the case would be called, were it of the message of a staged event.
_OF_MESSAGE = (
    "e.public_id = 'E' || left(sha256(k.message || chr(10) || e.kind || '|' || e.text || '|' || "
    "coalesce(o.rail || ':' || o.key, '')), 16)"
)


def find_other_words(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Warn of staged messages that an earlier source gives with other words, another time or another sender.

    Reads ``keyed_events`` and ``new_events``, before they are in the case. Cost: joins by time and by name.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE other_words AS SELECT k.row, min((e.source_id, e.row)) AS earlier "
        f"FROM keyed_events k JOIN events e ON e.time = k.time AND e.source_id <> {source_id} "
        f"LEFT JOIN nodes o ON o.node_id = e.other_node_id WHERE k.message IS NOT NULL AND {_OF_MESSAGE} AND "
        f"(k.public_id IN (SELECT public_id FROM new_events) OR e.public_id NOT IN (SELECT public_id FROM keyed_events)) "
        f"GROUP BY k.row"
    )
    _warn(con, "other_words", "gives this message other codes, sums or addresses than")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE earlier_words AS SELECT k.row, min((e.source_id, e.row)) AS earlier "
        f"FROM keyed_events k JOIN events e ON e.time = k.time AND e.node_id = k.node_id AND e.source_id <> {source_id} "
        f"WHERE k.message IS NULL AND k.row IN (SELECT row FROM stage_issues WHERE code = 'message_edited') "
        f"AND k.public_id IN (SELECT public_id FROM new_events) AND e.public_id NOT IN (SELECT public_id FROM keyed_events) "
        f"GROUP BY k.row"
    )
    _warn(con, "earlier_words", "is of an edited message whose sender wrote at the same time what only")
    con.execute(
        "INSERT INTO stage_issues SELECT k.row, 'warning', 'time_contradiction', 'row ' || k.row || ' dates this message to ' || "
        "min(k.time) || ', but source ' || min(e.source_id) || ' row ' || min(e.row) || ' to ' || min(e.time) || "
        "'; the first is kept' FROM keyed_events k JOIN events e ON e.public_id = k.public_id WHERE k.message IS NOT NULL AND "
        "abs(epoch(k.time) - epoch(e.time)) > k.time_error_s + e.time_error_s GROUP BY k.row ORDER BY k.row"
    )
    con.execute(
        "INSERT INTO stage_issues SELECT k.row, 'warning', 'sender_contradiction', 'row ' || k.row || ' names another sender of "
        "this message than source ' || min(e.source_id) || ' row ' || min(e.row) || '; the first is kept' "
        "FROM keyed_events k JOIN events e ON e.public_id = k.public_id WHERE k.message IS NOT NULL AND "
        "k.node_id IS DISTINCT FROM e.node_id GROUP BY k.row ORDER BY k.row"
    )


def _warn(con: duckdb.DuckDBPyConnection, table: str, said: str) -> None:
    con.execute(
        f"INSERT INTO stage_issues SELECT row, 'warning', 'message_edited', 'row ' || row || ' {said} source ' || earlier[1] "
        f"|| ' row ' || earlier[2] || ': it was edited between the exports, or changed by somebody, or read with other "
        f"settings; both are kept' FROM {table} ORDER BY row"
    )

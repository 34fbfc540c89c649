"""Events, tags, prices and issues written to the case, and what became of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.merge.versions import find_other_words

if TYPE_CHECKING:
    import duckdb


#: Facts by the temporary tables in which a source states them.
_STATED = {"transfers": ("stage_transfers", "stage_bulk"), "events": ("stage_events",), "tags": ("stage_tags",),
           "prices": ("stage_prices",)}  # fmt: skip


def find_stated(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of facts of which a source states anything."""
    asked = ((name, stage) for name, stages in _STATED.items() for stage in stages)
    found = con.execute(" UNION ".join(f"SELECT '{name}' WHERE EXISTS (FROM {stage})" for name, stage in asked)).fetchall()
    return sorted(str(name) for (name,) in found)


def write_events(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Write new events; what is known already gets a further citation. Leaves ``new_events``."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keyed_events AS SELECT e.rowid AS place, "
        "'E' || left(sha256(e.identity), 16) AS public_id, e.kind, e.time, e.time_error_s, e.time_basis, "
        "n.node_id, o.node_id AS other_node_id, e.text, e.row, e.span_start, e.span_end, "
        "CASE WHEN contains(e.identity, chr(10)) THEN split_part(e.identity, chr(10), 1) END AS message FROM stage_events e "
        "LEFT JOIN nodes n ON n.rail = e.node_rail AND n.key = e.node_key "
        "LEFT JOIN nodes o ON o.rail = e.other_rail AND o.key = e.other_key"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_events AS SELECT CAST((SELECT coalesce(max(event_id), 0) FROM events) "
        f"+ row_number() OVER (ORDER BY place) AS INTEGER) AS event_id, public_id, kind, time, time_error_s, time_basis, "
        f"node_id, other_node_id, text, {source_id} AS source_id, row, span_start, span_end FROM keyed_events k "
        f"WHERE public_id NOT IN (SELECT public_id FROM events) QUALIFY row_number() OVER "
        f"(PARTITION BY public_id ORDER BY place) = 1 ORDER BY place"
    )
    find_other_words(con, source_id)
    con.execute("INSERT INTO events SELECT * FROM new_events")
    con.execute(
        f"INSERT INTO citations SELECT DISTINCT 'event', e.event_id, {source_id}, k.row FROM keyed_events k "
        f"JOIN events e ON e.public_id = k.public_id WHERE NOT (e.source_id = {source_id} AND e.row = k.row) ORDER BY 2, 4"
    )


def write_tags(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Write new tags; what the same publisher said already gets a further citation. Leaves ``new_tags``."""
    same = " AND ".join(
        f"k.{name} IS NOT DISTINCT FROM t.{name}"
        for name in ("node_id", "label", "category", "actor", "confidence", "origin")
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keyed_tags AS SELECT g.rowid AS place, n.node_id, g.label, g.category, g.actor, "
        "g.confidence, g.origin, g.row FROM stage_tags g JOIN nodes n ON n.rail = g.node_rail AND n.key = g.node_key"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_tags AS SELECT CAST((SELECT coalesce(max(tag_id), 0) FROM tags) "
        f"+ row_number() OVER (ORDER BY place) AS INTEGER) AS tag_id, node_id, label, category, actor, confidence, origin, "
        f"{source_id} AS source_id, row FROM keyed_tags k WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE {same}) QUALIFY "
        f"row_number() OVER (PARTITION BY node_id, label, category, actor, confidence, origin ORDER BY place) = 1 "
        f"ORDER BY place"
    )
    con.execute("INSERT INTO tags SELECT * FROM new_tags")
    con.execute(
        f"INSERT INTO citations SELECT DISTINCT 'tag', t.tag_id, {source_id}, k.row FROM keyed_tags k JOIN tags t ON {same} "
        f"WHERE NOT (t.source_id = {source_id} AND t.row = k.row) ORDER BY 2, 4"
    )


def write_prices(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Write new rates. Leaves ``new_prices``."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_prices AS SELECT CAST((SELECT coalesce(max(price_id), 0) FROM prices) "
        f"+ row_number() OVER (ORDER BY rowid) AS INTEGER) AS price_id, base, quote, rate, time, time_error_s, time_basis, "
        f"origin, {source_id} AS source_id, row FROM stage_prices s WHERE NOT EXISTS (SELECT 1 FROM prices p WHERE "
        f"p.base = s.base AND p.quote = s.quote AND p.rate = s.rate AND p.time IS NOT DISTINCT FROM s.time "
        f"AND p.origin = s.origin) ORDER BY rowid"
    )
    con.execute("INSERT INTO prices SELECT * FROM new_prices")


def write_issues(con: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Write issues and skips, as they came. Leaves ``new_issues``."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_issues AS SELECT CAST((SELECT coalesce(max(issue_id), 0) FROM issues) "
        f"+ row_number() OVER (ORDER BY part, place) AS INTEGER) AS issue_id, {source_id} AS source_id, row, severity, code, "
        f"message FROM (SELECT 0 AS part, rowid AS place, row, severity, code, message FROM stage_issues UNION ALL "
        f"SELECT 1, rowid, row, 'skip', 'skipped', reason FROM stage_skips) ORDER BY part, place"
    )
    con.execute("INSERT INTO issues SELECT * FROM new_issues")


def decide_fates(con: duckdb.DuckDBPyConnection, source_id: int, stated: list[str]) -> None:
    """Which rows stated something new, and which only what was known; ``stated`` as ``find_stated`` gives it."""
    own = {
        "transfers": ("staged", f"transfer_rows WHERE source_id = {source_id} AND row IN (SELECT row FROM staged)"),
        **{name: (f"stage_{name}", f"new_{name}") for name in ("events", "tags", "prices")},
    }
    rows = " UNION ".join(f"SELECT DISTINCT row FROM {own[name][0]}" for name in stated)
    fresh = " UNION ".join(f"SELECT DISTINCT row FROM {own[name][1]}" for name in stated)
    # a bulk row is one transfer, which was not known before
    con.execute("CREATE OR REPLACE TEMP TABLE row_fates AS SELECT row, true AS fresh FROM stage_bulk")
    if stated:
        con.execute(
            f"INSERT INTO row_fates SELECT a.row, f.row IS NOT NULL FROM ({rows}) a LEFT JOIN ({fresh}) f ON f.row = a.row"
        )

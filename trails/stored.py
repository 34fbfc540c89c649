"""How a case keeps its tables in its database: the narrow stored forms, the views over them, and the record of the case itself.

What the contract (``trails.tables``) shows as one table may be stored as another: hash texts of ``transfers`` live behind
an integer, words of ``claims`` are positions in lists, and a view made anew for every connection shows both as the contract
has them. So a case's database holds tables alone, those listed here; whatever else is found there was put there by somebody.
"""

from __future__ import annotations

from trails.claims_sql import claims_view_sql
from trails.tables import STORED_CLAIM_COLUMNS, STORED_TRANSFER_COLUMNS, TABLES, VIEWS, create_sql

#: Rises when a case of an earlier version has to be rebuilt to be read; see ``trails.upgrade``.
SCHEMA = 2

_TRANSFERS_VIEW = """
CREATE OR REPLACE TEMP VIEW transfers AS
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

#: Columns of the tables that only the case itself reads. Hashes cannot be made smaller by much; trying to takes as long
#: as all else that is written about a transfer.
STORED: dict[str, str] = {
    "transfer_rows": STORED_TRANSFER_COLUMNS,
    "claim_rows": STORED_CLAIM_COLUMNS,
    "transactions": "tx_id INTEGER NOT NULL, rail VARCHAR NOT NULL, hash VARCHAR USING COMPRESSION uncompressed NOT NULL",
    "journal": "n INTEGER NOT NULL, line VARCHAR NOT NULL",
    "anchor": "lines INTEGER NOT NULL, head VARCHAR NOT NULL",
    "contents": "name VARCHAR NOT NULL, block INTEGER NOT NULL, rows BIGINT NOT NULL, sha256 VARCHAR NOT NULL",
    "about": "schema INTEGER NOT NULL, made_by VARCHAR NOT NULL",
}


def list_tables_sql() -> list[str]:
    """The statements that make the empty tables of a case."""
    made = [create_sql(table) for table in TABLES if table not in VIEWS]
    return made + [f"CREATE TABLE IF NOT EXISTS {name} ({columns})" for name, columns in STORED.items()]


def list_views_sql() -> list[str]:
    """The statements that make the views of ``trails.tables.VIEWS`` for a connection."""
    return [_TRANSFERS_VIEW, claims_view_sql()]

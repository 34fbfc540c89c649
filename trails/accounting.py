"""What was read, kept, known already, left out on purpose and refused: per source, with row numbers and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.tables import TABLES

if TYPE_CHECKING:
    from trails.case import Case

_ROWS_LISTED = 12


def account_sources(case: Case) -> list[dict[str, Any]]:
    """One entry for each source: its counts, and its issues grouped by code with the first rows and one message.

    Keys: source_id, name, connector, sha256, bytes, rows_read, rows_kept, rows_duplicate, rows_skipped, rows_refused,
    options, added_at, issues (severity, code, count, rows, message).
    """
    sources = case.con.execute(
        "SELECT source_id, name, connector, sha256, bytes, rows_read, rows_kept, rows_duplicate, rows_skipped, "
        "rows_refused, options, added_at FROM sources ORDER BY source_id"
    ).fetchall()
    names = ("source_id", "name", "connector", "sha256", "bytes", "rows_read", "rows_kept", "rows_duplicate",
             "rows_skipped", "rows_refused", "options", "added_at")  # fmt: skip
    return [{**dict(zip(names, row, strict=True)), "issues": _group_issues(case, row[0])} for row in sources]


def _group_issues(case: Case, source_id: int) -> list[dict[str, Any]]:
    """The issues of a source by kind: refused first, then doubted, noted, known already, left out on purpose."""
    rows = case.con.execute(
        "SELECT severity, code, count(*), list(row ORDER BY issue_id)[:$most], arg_min(message, issue_id) FROM issues "
        "WHERE source_id = $source GROUP BY severity, code, CASE severity WHEN 'skip' THEN message END UNION ALL "
        "SELECT 'duplicate', 'known_already', count(DISTINCT row), list(DISTINCT row ORDER BY row)[:$most], "
        "'the same fact was stated before; it now has a further citation' FROM citations WHERE source_id = $source "
        "HAVING count(*) > 0 ORDER BY list_position(['error', 'warning', 'note', 'duplicate', 'skip'], severity), 2, 5",
        {"most": _ROWS_LISTED, "source": source_id},
    ).fetchall()
    names = ("severity", "code", "count", "rows", "message")
    return [dict(zip(names, row, strict=True)) for row in rows]


def list_issues(case: Case) -> list[dict[str, Any]]:
    """Every issue with its source and row, in their order."""
    names = ("source_id", "row", "severity", "code", "message")
    rows = case.con.execute(
        "SELECT source_id, row, severity, code, message FROM issues ORDER BY source_id, row NULLS FIRST, issue_id"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def describe_tables(case: Case) -> dict[str, int]:
    """How many rows each table of the case holds."""
    stored = {"transfers": "transfer_rows", "claims": "claim_rows"}
    counts: dict[str, int] = {}
    for name in TABLES:
        row = case.con.execute(f"SELECT count(*) FROM {stored.get(name, name)}").fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts

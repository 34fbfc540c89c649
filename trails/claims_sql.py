"""The view that makes the table ``claims`` of its narrow stored form: words from positions, sentences from facts."""

from __future__ import annotations

from trails.tables import CHANGE_SIGNS, CLAIM_RULES, CLAIM_STATES, CLAIM_STRENGTHS, HELD_REASONS


def _listed(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def claims_view_sql() -> str:
    """The statement that makes ``claims``, as the contract has it, of ``claim_rows``."""
    said = " , ".join(f"CASE WHEN c.signs & {1 << at} > 0 THEN '{sign}' END" for at, sign in enumerate(CHANGE_SIGNS))
    return f"""
CREATE OR REPLACE TEMP VIEW claims AS
SELECT c.claim_id, c.node_a, c.node_b, {_listed(CLAIM_RULES)}[c.rule + 1] AS rule,
  {_listed(CLAIM_STRENGTHS)}[c.strength + 1] AS strength, {_listed(CLAIM_STATES)}[c.state + 1] AS state,
  c.transfer_id, c.event_id,
  coalesce(c.why_text, CASE c.rule WHEN {CLAIM_RULES.index("co_spend")}
    THEN 'both spent as inputs of transaction ' || d.key
    ELSE 'output ' || coalesce(t.tx_index::VARCHAR, '?') || ' of transaction ' || s.key || ' is consistent with the change of its '
      || 'senders: ' || concat_ws(', ', {said}) END, 'rests on a transfer that is gone') AS why,
  CASE WHEN c.state > 0 THEN coalesce(c.held_text, {_listed(HELD_REASONS)}[c.held + 1]) END AS held_because,
  nullif(concat_ws(', ', {said}), '') AS signs, c.spanning
FROM claim_rows c
LEFT JOIN transfer_rows t ON t.transfer_id = c.transfer_id
LEFT JOIN nodes s ON s.node_id = t.src LEFT JOIN nodes d ON d.node_id = t.dst
"""

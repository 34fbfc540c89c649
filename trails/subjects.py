"""What can be cited: every kind of fact, inference and finding, what it is in a sentence, and the facts it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.fresh import find_stale
from trails.marks import mark_node
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case

#: Facts: where they stand, and their number.
TABLES = {
    "transfer": ("transfers", "transfer_id"),
    "event": ("events", "event_id"),
    "tag": ("tags", "tag_id"),
    "price": ("prices", "price_id"),
    "issue": ("issues", "issue_id"),
}
#: Facts under everything else that can be cited: a query for the list of facts of one number. Some are lists in JSON.
_LISTS = "SELECT unnest(from_json({column}, '[\"VARCHAR\"]')) FROM {table} WHERE {key} = ?"
_FACTS = {
    "match": "SELECT 'transfer:' || unnest([transfer_a, transfer_b]) FROM matches WHERE match_id = ?",
    # a claim about a transaction of coins rests on every input and output of it that is of one of the two
    "claim": "WITH claim AS (SELECT * FROM claims WHERE claim_id = ?), coins AS (SELECT c.node_a, c.node_b, CASE t.kind "
    "WHEN 'input' THEN t.dst WHEN 'output' THEN t.src END AS junction FROM claim c JOIN transfer_rows t USING (transfer_id)) "
    "SELECT fact FROM (SELECT 'transfer:' || transfer_id AS fact, 0 AS part, transfer_id AS number FROM claim UNION ALL "
    "SELECT 'transfer:' || transfer_id, 1, transfer_id FROM transfer_rows t, coins c WHERE t.dst = c.junction AND t.src IN "
    "(c.node_a, c.node_b) OR t.src = c.junction AND t.dst IN (c.node_a, c.node_b) UNION ALL "
    "SELECT 'event:' || event_id, 2, event_id FROM claim) WHERE fact IS NOT NULL ORDER BY part, number",
    "link": "SELECT 'transfer:' || transfer_id FROM hops WHERE link_id = ? GROUP BY transfer_id ORDER BY min(trail), min(step)",
    "debt": "SELECT 'transfer:' || unnest([transfer_a, transfer_b]) FROM debts WHERE debt_id = ?",
    "code": "SELECT unnest(from_json(evidence, '[\"VARCHAR\"]')) FROM states WHERE code_id = ? ORDER BY step",
    "entity": "SELECT coalesce('transfer:' || c.transfer_id, 'event:' || c.event_id) FROM claims c JOIN entities e ON "
    "e.node_id = c.node_a WHERE c.state = 'accepted' AND e.entity_id = ? ORDER BY c.claim_id",
    "node": "SELECT fact FROM (SELECT 'transfer:' || transfer_id AS fact, 0 AS part, transfer_id AS number FROM transfer_rows "
    "WHERE src = $1 OR dst = $1 UNION ALL SELECT 'event:' || event_id, 1, event_id FROM events WHERE node_id = $1 OR "
    "other_node_id = $1 UNION ALL SELECT 'tag:' || tag_id, 2, tag_id FROM tags WHERE node_id = $1) ORDER BY part, number",
    **{
        kind: _LISTS.format(column="evidence", table=table, key=key)
        for kind, table, key in (
            ("finding", "findings", "finding_id"), ("role", "roles", "role_id"), ("netting", "nettings", "netting_id"),
            ("proceeds", "proceeds", "proceeds_id"),
        )
    },
}  # fmt: skip
#: Everything that can be cited and is no fact.
INFERENCES = tuple(_FACTS)
#: Where the sentence of an inference stands.
_WORDED = {
    "match": ("matches", "match_id"), "link": ("links", "link_id"), "debt": ("debts", "debt_id"), "role": ("roles", "role_id"),
    "netting": ("nettings", "netting_id"), "proceeds": ("proceeds", "proceeds_id"), "finding": ("findings", "finding_id"),
}  # fmt: skip


def list_facts(case: Case, subject: str) -> list[str]:
    """The facts under a subject, as ``table:number`` in order, each once; the subject itself when it is a fact."""
    kind, _, number = subject.partition(":")
    if kind in TABLES:
        return [subject]
    found: list[str] = []
    for (fact,) in case.con.execute(_FACTS[kind], [int(number)]).fetchall():
        deeper = fact.partition(":")[0]
        found += list_facts(case, fact) if deeper in _FACTS else [fact] if deeper in TABLES else []
    return list(dict.fromkeys(found))


def describe_subject(case: Case, subject: str) -> str:
    """What a subject is, in a sentence with marks for nodes; raises UsageError where the case holds no such thing."""
    kind, _, number = subject.partition(":")
    if kind in _WORDED:
        table, key = _WORDED[kind]
        row = case.con.execute(f"SELECT wording FROM {table} WHERE {key} = ?", [int(number)]).fetchone()
        said = str(row[0]) if row else None
    else:
        said = {
            "claim": _say_claim, "code": _say_code, "entity": _say_entity, "node": _say_node, "transfer": _say_fact,
            "event": _say_fact, "tag": _say_fact, "price": _say_price, "issue": _say_issue,
        }[kind](case, kind, int(number))  # fmt: skip
    if said is None:
        raise UsageError(say_missing(case, kind, number))
    if kind == "role":
        lead, said = _read_grounds(case, int(number), said)
    else:
        lead = "a fact" if kind in TABLES else "a node of the graph" if kind == "node" else "an inference"
    return f"{kind.capitalize()} {number} is {lead}. {said}".rstrip()


#: What a role is, by who says so.
_ROLE_IS = {
    "declared": "a judgement of an analyst", "confirmed": "an inference that an analyst confirmed",
    "tag": "what a published list says", "inferred": "an inference",
}  # fmt: skip


def _read_grounds(case: Case, number: int, said: str) -> tuple[str, str]:
    """What a role is, and its sentence with the reason that the analyst gave."""
    sql = "SELECT r.basis, j.why FROM roles r LEFT JOIN judgements j ON j.judgement_id = r.judgement WHERE role_id = ?"
    basis, why = _row(case, sql, number) or ("inferred", None)
    return _ROLE_IS[str(basis)], f"{said} The reason given: {why}" if why else said


def say_missing(case: Case, kind: str, number: str) -> str:
    """That a case holds no such thing, and where to look instead."""
    if kind in INFERENCES and kind != "node" and find_stale(case):
        return f"this case has no {kind} {number}; run `trails analyse {case.folder}` first"
    if kind == "code":
        return f"this case has no code of the number {number}; a hawala code as people write it: `trails code {case.folder} CODE`"
    return f"this case has no {kind} {number}; `trails report` and `trails sql` show the numbers that there are"


def _row(case: Case, sql: str, number: int) -> tuple[object, ...] | None:
    return case.con.execute(sql, [number]).fetchone()


def _say_claim(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT node_a, node_b, rule, strength, state, why FROM claims WHERE claim_id = ?", number)
    if row is None:
        return None
    a, b, rule, strength, state, why = row
    return (
        f"{mark_node(int(str(a)))} and {mark_node(int(str(b)))} are consistent with one owner by the rule {rule} ({strength}, "
        f"{state}): {why}."
    )


def _say_code(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT scope, text, state, use, use_basis FROM codes WHERE code_id = ?", number)
    if row is None:
        return None
    scope, text, state, use, basis = row
    return f"The code {text} of {scope or 'no named office'} is last seen in the state {state}; its use is {use}: {basis}."


def _say_entity(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT count(*), max(entity_id) FROM entities WHERE entity_id = ?", number)
    if row is None or not row[0]:
        return None
    joined = "SELECT count(*) FROM claims c JOIN entities e ON e.node_id = c.node_a WHERE c.state = 'accepted' AND entity_id = ?"
    claims = _row(case, joined, number) or (0,)
    nodes, joins = count_words(int(str(row[0])), "node"), count_words(int(str(claims[0])), "accepted claim")
    return f"It is {nodes} around {mark_node(number)}, joined by {joins}. A cluster is not a person."


def _say_node(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT kind, rail FROM nodes WHERE node_id = ?", number)
    if row is None:
        return None
    count = len(list_facts(case, f"node:{number}"))
    what, says = "an account" if row[0] == "account" else f"a {row[0]}", "names" if count == 1 else "name"
    return f"{mark_node(number)} is {what} on the rail {row[1]}; {count_words(count, 'fact')} of this case {says} it."


def _say_fact(case: Case, kind: str, number: int) -> str | None:
    table, key = TABLES[kind]
    stored = "transfer_rows" if table == "transfers" else table
    if _row(case, f"SELECT 1 FROM {stored} WHERE {key} = ?", number) is None:
        return None
    further = _row(case, f"SELECT count(*) FROM citations WHERE fact = '{kind}' AND fact_id = ?", number) or (0,)
    more = int(str(further[0]))
    return "One row states it." if not more else f"{count_words(more + 1, 'row')} state it."


def _say_price(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT base, quote, rate, time, origin FROM prices WHERE price_id = ?", number)
    return None if row is None else f"One {row[0]} cost {row[2]} {row[1]} on {row[3]} UTC, by {row[4]}."


def _say_issue(case: Case, _: str, number: int) -> str | None:
    row = _row(case, "SELECT severity, code, message FROM issues WHERE issue_id = ?", number)
    return None if row is None else f"{str(row[0]).capitalize()} {row[1]}: {row[2]}."

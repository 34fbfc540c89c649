"""What an analyst decides: who, when and why. A new judgement supersedes the old one; nothing is ever deleted."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.tables import CODE_STATES, CODE_USES, ROLES, check_tables

if TYPE_CHECKING:
    from trails.case import Case


def find_node(case: Case, text: str) -> tuple[int, str, str]:
    """The node a person means: ``rail:key``, a key or a label that only one node has, or ``node:NUMBER``.

    Returns (node_id, rail, key). Raises UsageError naming near keys, or the several nodes that fit.
    """
    wanted = text.strip()
    if not wanted:
        raise UsageError("the node is empty; write rail:key, a key, or a name that only one node has")
    number = wanted.removeprefix("node:")
    found = case.con.execute(
        "SELECT node_id, rail, key FROM nodes WHERE rail || ':' || key = $t OR (rail IN ('ethereum', 'bsc', 'evm') AND "
        "rail || ':' || key = lower($t)) OR node_id = try_cast($n AS INTEGER) ORDER BY node_id",
        {"t": wanted, "n": number if number != wanted else None},
    ).fetchall()
    if not found:
        found = case.con.execute(
            "SELECT node_id, rail, key FROM nodes WHERE kind = 'account' AND (key = $t OR key = lower($t) OR label = $t "
            "OR split_part(key, ':', 3) = lower($t)) ORDER BY node_id",
            {"t": wanted},
        ).fetchall()
    if len(found) == 1:
        node_id, rail, key = found[0]
        return int(node_id), str(rail), str(key)
    if found:
        listed = ", ".join(f"{rail}:{key}" for _, rail, key in found[:8])
        raise UsageError(f"{text!r} fits {len(found)} nodes ({listed}); write one of them in full")
    raise UsageError(f"no node of this case is {text!r}{_suggest(case, wanted)}")


def _suggest(case: Case, wanted: str) -> str:
    keys = [
        row[0]
        for row in case.con.execute(
            "SELECT rail || ':' || key FROM nodes WHERE kind = 'account' ORDER BY jaro_winkler_similarity(key, ?) DESC, "
            "node_id LIMIT 50",
            [wanted],
        ).fetchall()
    ]
    near = get_close_matches(wanted, keys, 3, 0.5) or keys[:3]
    return f"; near it: {', '.join(near)}" if near else "; the case has no nodes yet, add files first"


def declare_role(case: Case, node: str, role: str, *, why: str | None = None, who: str | None = None) -> int:
    """Record that an analyst holds a node to be an organiser, dispatcher, driver, office, payer or service.

    A judgement, not a fact: it is printed with who, when and why wherever it is used. Declaring again supersedes.
    Returns the judgement's number. Raises UsageError for an unknown role or node.
    """
    if role not in ROLES:
        raise UsageError(f"role {role!r} is none of {', '.join(ROLES)}")
    _, rail, key = find_node(case, node)
    details = {"target": f"node:{rail}:{key}", "verdict": f"role={role}", "why": why}
    with case.change("declare", details):
        numbers = _record(case, [f"node:{rail}:{key}"], f"role={role}", why, who)
        check_tables(case.con, {"judgements": "judgements"})
    return numbers[0]


def judge_code(case: Case, scope: str, text: str, word: str, value: str, *, why: str, who: str | None = None) -> int:
    """Record what an analyst holds a code to be for (``word`` use), or a state no row shows (state); the next `trails match`
    applies it.

    Several states of one code stand beside each other; judging the use again supersedes. Returns the judgement's number.
    Raises UsageError for an unknown use or state, or an empty reason.
    """
    if value not in {"use": CODE_USES, "state": CODE_STATES}.get(word, ()):
        raise UsageError(f"{value!r} is no {word} of a code")
    if not why.strip():
        raise UsageError("a judgement needs its reason; say it with --why")
    target = f"code-{word if word == 'use' else value}:{scope}:{text}"
    with case.change("judge", {"target": target, "verdict": f"{word}={value}", "why": why}):
        numbers = _record(case, [target], f"{word}={value}", why, who)
        check_tables(case.con, {"judgements": "judgements"})
    return numbers[0]


def judge_claims(
    case: Case, claims: list[int], verdict: str, *, why: str, who: str | None = None, command: str = "judge"
) -> list[int]:
    """Record that an analyst accepts or rejects claims, or is unsure of them; judging again supersedes.

    The judgement names what each claim says, not its number, so it holds in every later clustering of the case. The next
    ``trails cluster`` applies it. Returns the judgements' numbers. Raises UsageError for an unknown verdict, an empty
    reason, or a number that no claim has.
    """
    from trails.clustering.judged import VERDICTS, name_claim

    if verdict not in VERDICTS:
        raise UsageError(f"verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    if not why.strip():
        raise UsageError("a judgement needs its reason; say it with --why")
    targets = [name_claim(case.con, claim) for claim in claims]
    missing = [str(claim) for claim, target in zip(claims, targets, strict=True) if target is None]
    if missing:
        raise UsageError(f"no claim of this case has the number {', '.join(missing)}")
    named = [target for target in targets if target is not None]
    with case.change(command, {"targets": named, "verdict": verdict, "why": why}):
        numbers = _record(case, named, verdict, why, who)
        check_tables(case.con, {"judgements": "judgements"})
    return numbers


def _record(case: Case, targets: list[str], verdict: str, why: str | None, who: str | None) -> list[int]:
    """Append a judgement on each target; each supersedes the last one on the same target."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    numbers = []
    for target in targets:
        previous = case.con.execute("SELECT max(judgement_id) FROM judgements WHERE target = ?", [target]).fetchone()
        last = case.con.execute("SELECT coalesce(max(judgement_id), 0) FROM judgements").fetchone() or (0,)
        numbers.append(int(last[0]) + 1)
        case.con.execute(
            "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [numbers[-1], target, verdict, who or getpass.getuser(), now, why, previous[0] if previous else None],
        )
    return numbers

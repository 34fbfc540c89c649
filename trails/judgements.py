"""What an analyst decides: who, when and why. A new judgement supersedes the old one; nothing is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trails.errors import UsageError
from trails.find_node import find_node
from trails.fresh import read_steps
from trails.naming import name_analyst, read_names_in
from trails.tables import CODE_STATES, CODE_USES, PROTECTED_ROLES, ROLES, check_tables
from trails.targets import NONE, STEP_OF, VERDICTS, Judgement, Target, find_in_force, read_judgements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trails.case import Case

#: Inferences that can be judged by number, and where the number stands.
_JUDGED = {"claim": ("claim_rows", "claim_id"), "match": ("matches", "match_id"), "link": ("links", "link_id"),
           "role": ("roles", "role_id")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration recorded: the judgements' numbers; how the node is called where its name is not to be repeated; the
    roles that it has no longer; and what other nodes of its entity are declared, in words."""

    numbers: list[int]
    called: str
    no_longer: list[str]
    others: str


def declare_role(
    case: Case, node: str, role: str, *, why: str | None = None, who: str | None = None, also: bool = False, instead: bool = False
) -> Declared:  # fmt: skip
    """Record that an analyst holds a node to have a role, or with ``none`` that no such declaration holds any more.

    A judgement, not a fact: it is printed with who, when and why wherever it is used. Declaring the same role again
    supersedes. Where the node's entity is declared something else, one of ``also`` (it has both roles) and ``instead`` (the
    new one replaces all that was declared of this node) must be said. ``none`` and ``instead`` take back every declaration of
    this node that is in force, each by a judgement of its own. Raises UsageError for an unknown role or node, an empty reason,
    a conflict, or where nothing is declared of the node that could be taken back.
    """
    if role not in (*ROLES, NONE):
        raise UsageError(f"role {role!r} is none of {', '.join(ROLES)}")
    _need_reason(why)
    node_id, rail, key = find_node(case, node)
    declared = _find_declared(case, node_id)
    mine = [each for at, each in declared if at == node_id]
    held = [each for each in declared if each[1].value != role]
    if role == NONE and not mine:
        raise UsageError(f"nothing is declared of node:{node_id}, so nothing is taken back{_say_others(held)}")
    if held and role != NONE and not (also or instead):
        said_before = [text for _, each in held for text in (str(each.who), str(each.why))]
        clean = read_names_in(case, said_before).clean_text  # a reason may name a payer
        listed = "; ".join(
            f"node:{at} is declared {each.value} by {clean(str(each.who))} (judgement {each.number}: {clean(str(each.why))})"
            for at, each in held
        )
        raise UsageError(
            f"node:{node_id} is of an entity that is declared otherwise: {listed}. Say --instead if {role} replaces what is "
            "declared of this node, or --also if the entity is both"
        )
    whole, beside = Target("node", (rail, key)), bool(also and held)
    withdrawn = [] if beside else [each for each in mine if each.target != whole]
    targets = [(Target("node", (rail, key), role) if beside else whole, role), *((each.target, NONE) for each in withdrawn)]
    if role == NONE and len(withdrawn) == len(mine):
        targets = targets[1:]
    # who is, or no longer is, held to be anything keeps a number in place of a name, in the log and on the screen; and whoever
    # is shown by a pseudonym until the next analysis: nobody is to learn the name behind one by declaring something of it
    hidden = node_id in read_names_in(case, [f"{rail}:{key}"]).hidden
    called = f"node:{node_id}" if hidden or role in (*PROTECTED_ROLES, NONE) else f"{rail}:{key}"
    gone = [] if beside else sorted({each.value for each in mine} - {role})
    said = {"about": called, "role": role, "also": also or None, "instead": instead or None, "no_longer": gone or None,
            "verdict": f"role={role}"}  # fmt: skip
    numbers = _record(case, "declare", [(target.text, f"role={value}") for target, value in targets], why, who, said)
    others = [] if beside else [each for each in held if each[0] != node_id]
    return Declared(numbers, called, gone, _say_others(others))


def _say_others(held: list[tuple[int, Judgement]]) -> str:
    """What other nodes of the same entity are declared; nothing where none is."""
    listed = ", ".join(f"node:{at} {each.value} (judgement {each.number})" for at, each in held)
    return f"; of the same entity is declared: {listed}" if listed else ""


def is_protected(case: Case, node: str) -> bool:
    """Whether the present results protect the node a person means: it is a payer's, victim's, minor's or third party's."""
    asked = "SELECT 1 FROM entities JOIN roles USING (entity_id) WHERE protected AND node_id = ?"
    return case.con.execute(asked, [find_node(case, node)[0]]).fetchone() is not None


def _find_declared(case: Case, node_id: int) -> list[tuple[int, Judgement]]:
    """Declarations in force on any node of a node's entity, with the node each is about."""
    mates = {node_id} | {
        int(node) for (node,) in case.con.execute(
            "SELECT node_id FROM entities WHERE entity_id = (SELECT entity_id FROM entities WHERE node_id = ?)", [node_id]
        ).fetchall()
    }  # fmt: skip
    found = []
    for each in find_in_force(read_judgements(case.read_frame("SELECT * FROM judgements")), "node"):
        row = case.con.execute(
            "SELECT node_id FROM nodes WHERE rail || ':' || key = ?", [each.target.nodes[0]]
        ).fetchone()
        if row and int(row[0]) in mates and each.value != NONE:
            found.append((int(row[0]), each))
    return found


def judge_code(case: Case, scope: str, text: str, word: str, value: str, *, why: str, who: str | None = None) -> int:
    """Record what an analyst holds a code to be for (``word`` use), or a state no row shows (state); the next `trails match`
    applies it.

    Several states of one code stand beside each other; judging the use again supersedes. Returns the judgement's number.
    Raises UsageError for an unknown use or state, or an empty reason.
    """
    if value not in {"use": CODE_USES, "state": CODE_STATES}.get(word, ()):
        raise UsageError(f"{value!r} is no {word} of a code")
    _need_reason(why)
    target = Target("code", (scope, text), word if word == "use" else value).text
    said = {"about": f"code:{scope}:{text}", "verdict": f"{word}={value}"}
    return _record(case, "judge", [(target, f"{word}={value}")], why, who, said)[0]


def judge_inferences(
    case: Case, kind: str, numbers: Sequence[int], verdict: str, *, why: str, who: str | None = None, command: str = "judge"
) -> list[int]:
    """Record that an analyst accepts or rejects claims, matches, links or roles, or is unsure of them; again supersedes.

    The judgement names what each says, not its number, so it holds however often the case is analysed. The step that makes
    them applies it when it is run again. Returns the judgements' numbers. Raises UsageError for an unknown verdict, an empty
    reason, or a number that none has.
    """
    if verdict not in VERDICTS:
        raise UsageError(f"verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    _need_reason(why)
    found = {number: _name(case, kind, number) for number in numbers}
    missing = [str(number) for number, target in found.items() if target is None]
    if missing:
        raise UsageError(f"no {kind} of this case has the number {', '.join(missing)}")
    if kind == "role" and verdict == "accept":
        _refuse_declared(case, numbers)
    targets = [target for target in found.values() if target is not None]
    about = [f"{kind}:{number}" for number in numbers]
    return _record(case, command, [(target, verdict) for target in targets], why, who, {"about": about, "verdict": verdict})


def _refuse_declared(case: Case, numbers: Sequence[int]) -> None:
    """Raise UsageError for an inferred role of somebody who is declared to be something else: that goes before an inference."""
    rows = case.con.execute(
        "SELECT role_id, role, entity_id FROM roles WHERE list_contains(?, role_id) ORDER BY role_id", [list(numbers)]
    ).fetchall()
    for number, role, entity in rows:
        held = [each for each in _find_declared(case, int(entity)) if each[1].value != role]
        if held:
            listed = ", ".join(f"node:{at} is declared {each.value} (judgement {each.number})" for at, each in held)
            raise UsageError(
                f"role:{number} cannot be confirmed: {listed}, and what is declared goes before what is inferred. Take it back "
                f"with `trails declare {case.folder} node:{held[0][0]} --role none --why ...`, or declare the entity {role} too "
                "with --also"
            )


def uncovers(case: Case, kind: str, numbers: Sequence[int], verdict: str) -> bool:
    """Whether a verdict takes the protection from somebody: a role that protects is rejected."""
    if kind != "role" or verdict != "reject":
        return False
    asked = "SELECT 1 FROM roles WHERE protected AND list_contains(?, role_id)"
    return case.con.execute(asked, [list(numbers)]).fetchone() is not None


def _name(case: Case, kind: str, number: int) -> str | None:
    """The target that names an inference of the present results, whatever its number; None where there is none."""
    from trails.clustering.judged import name_claim

    if kind == "claim":
        return name_claim(case.con, number)
    named = "(SELECT rail || ':' || key FROM nodes WHERE node_id = {})"
    asked = {
        "match": "SELECT (SELECT public_id FROM transfers WHERE transfer_id = transfer_a), "
        "(SELECT public_id FROM transfers WHERE transfer_id = transfer_b) FROM matches WHERE match_id = ?",
        "link": f"SELECT {named.format('organiser')}, {named.format('driver')}, asset FROM links WHERE link_id = ?",
        "role": f"SELECT role, {named.format('entity_id')}, basis FROM roles WHERE role_id = ?",
    }[kind]
    row = case.con.execute(asked, [number]).fetchone()
    if row is None:
        return None
    if kind == "role" and row[2] in ("declared", "tag"):
        raise UsageError(_refuse_role(case, number, declared=row[2] == "declared"))
    return Target(kind, tuple(str(part) for part in (row[:2] if kind == "role" else row))).text


def _refuse_role(case: Case, number: int, *, declared: bool) -> str:
    """That a role is no inference, who says it, and what can be done."""
    listed = "inferred roles can be judged (`trails judge` lists them)"
    node, judgement, sources = case.con.execute(
        "SELECT entity_id, judgement, (SELECT string_agg(DISTINCT source_id::VARCHAR, ', ' ORDER BY source_id::VARCHAR) FROM tags "
        "WHERE list_contains(from_json(evidence, '[\"VARCHAR\"]'), 'tag:' || tag_id)) FROM roles WHERE role_id = ?",
        [number],
    ).fetchall()[0]  # fmt: skip
    if declared:
        return f"role:{number} is a judgement itself, number {judgement}: declare otherwise with `trails declare`; {listed}"
    return (
        f"role:{number} is published by a tag of source {sources}, and no inference: what you hold node:{node} to be goes before "
        f"a tag (`trails declare {case.folder} node:{node} --role ... --why ...`); {listed}"
    )


def tell_standing(case: Case, kind: str, number: int) -> str:
    """What is held of an inference of the present results before it is judged anew: the verdict in force, by whom, and whether
    the results heed it already."""
    held, heeded = _find_standing(case, kind, number)
    return "nobody had judged it" if held is None else _say_standing(case, held, heeded=heeded)


def tell_unheeded(case: Case, kind: str, number: int) -> str | None:
    """The verdict in force on an inference where the present results are older than it; None where there is none."""
    held, heeded = _find_standing(case, kind, number)
    return None if held is None or heeded else _say_standing(case, held, heeded=False)


def _find_standing(case: Case, kind: str, number: int) -> tuple[Judgement | None, bool]:
    """The judgement in force on an inference, and whether the results heed it."""
    target = _name(case, kind, number)
    held = find_in_force(read_judgements(case.read_frame("SELECT * FROM judgements WHERE target = ?", [target])), kind)
    record = read_steps(case).get(STEP_OF[kind])
    return (held[0], record is not None and record.last_judgement >= held[0].number) if held else (None, True)


def _say_standing(case: Case, held: Judgement, *, heeded: bool) -> str:
    who = read_names_in(case, [held.who]).clean_text(held.who)
    unheeded = "" if heeded else ", which the results do not heed yet"
    return f"{_VERDICT_WORDS[held.verdict]} {who} (judgement {held.number}){unheeded}"


def tell_consequence(kind: str, verdict: str) -> str:
    """What a verdict makes of an inference, once the analysis is run again."""
    return _CONSEQUENCES[kind][VERDICTS.index(verdict)]


_VERDICT_WORDS = {"accept": "accepted by", "reject": "rejected by", "unsure": "doubted by"}
#: What accept, reject and unsure make of each kind.
_CONSEQUENCES = {
    "claim": ("accepted: it joins its two nodes", "rejected: it joins nobody", "held: it joins nobody until it is decided"),
    "match": (
        "accepted: followed as the same money, whatever its state", "rejected: not read as the same money, and no finding",
        "unsure: not followed as the same money",
    ),
    "link": (
        "accepted: its sentence says so", "rejected: no finding; its sentence says so", "unsure: it stays, and its sentence says so"
    ),
    "role": ("confirmed by a person", "rejected: not inferred again", "unsure: it stays inferred, and nobody has confirmed it"),
}


def _need_reason(why: str | None) -> None:
    if not (why or "").strip():
        raise UsageError("a judgement needs its reason; say it with --why")


def _record(
    case: Case, command: str, decided: list[tuple[str, str]], why: str | None, who: str | None, said: dict[str, Any]
) -> list[int]:
    """Append a verdict on each target, in one logged change; each supersedes the last one on the same target.

    The log names who decided and why, and what it is about by number or address: names of protected people stand in the
    table alone. Raises UsageError, and records nothing, where the analyst's own name would name one of them.
    """
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    analyst = name_analyst(case, who)
    details = {key: value for key, value in said.items() if value is not None}
    with case.change(command, {**details, "analyst": analyst, "why": ""}) as change:
        numbers = []
        for target, verdict in decided:
            previous = case.con.execute("SELECT max(judgement_id) FROM judgements WHERE target = ?", [target]).fetchone()
            last = case.con.execute("SELECT coalesce(max(judgement_id), 0) FROM judgements").fetchone() or (0,)
            numbers.append(int(last[0]) + 1)
            case.con.execute(
                "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?)",
                [numbers[-1], target, verdict, analyst, now, why, previous[0] if previous else None],
            )
        name_analyst(case, who)  # whom this very judgement protects may have been said to decide it
        # cleaned now: whom this very judgement protects may be named in its reason
        change.details["why"] = read_names_in(case, [str(why)]).clean_text(str(why))
        change.details["judgements"] = numbers
        change.touch("judgements")
        check_tables(case.con, {"judgements": "judgements"})
    return numbers

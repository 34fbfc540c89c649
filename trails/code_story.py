"""The story of one hawala code, told from the tables of a case: state by state, with intervals, citations and doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from trails.errors import UsageError
from trails.hawala.order import date_steps, order_states
from trails.identifiers import normalise_code
from trails.kept import read_texts
from trails.marks import resolve_marks
from trails.naming import read_names

if TYPE_CHECKING:
    from trails.case import Case


def tell_code(case: Case, text: str) -> list[dict[str, Any]]:
    """Everything a case says about a code, each use of it by itself.

    ``text`` is the code in any spelling, or ``SCOPE:CODE`` where several offices use it. Returns for each use: ``code``,
    ``scope``, ``node``, ``use``, ``state``, ``sums``, ``anomalies``, ``steps`` (state, since, until, basis, wording, rows),
    ``order`` (pairs of states, whether in order, and what would turn that round), ``told_again``, ``possible``, ``matches``.

    Raises UsageError where no code of the case is like it, naming near ones, or where the case was not matched yet.
    """
    found = _find(case, text)
    return [_tell(case, row) for row in found]


def _find(case: Case, text: str) -> list[dict[str, Any]]:
    if not case.con.execute("SELECT 1 FROM codes LIMIT 1").fetchall():
        raise UsageError(f"the case holds no codes yet: add a ledger, then run `trails analyse {case.folder}`")
    scope, _, rest = text.rpartition(":")
    wanted = normalise_code(rest)
    frame = case.read_frame(
        "SELECT * FROM codes WHERE text = ? AND (? = '' OR scope = ?) ORDER BY code_id", [wanted, scope, scope]
    )
    if len(frame):
        return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    near = case.con.execute(
        "SELECT scope || ':' || text FROM codes ORDER BY levenshtein(text, ?), code_id LIMIT 5", [wanted]
    ).fetchall()
    raise UsageError(f"no code of this case is {text!r}; near it: {', '.join(str(row[0]) for row in near)}")


def _tell(case: Case, code: dict[str, Any]) -> dict[str, Any]:
    states = case.read_frame("SELECT * FROM states WHERE code_id = ? ORDER BY step", [int(code["code_id"])])
    names = sorted({name for listed in states["evidence"] for name in read_texts(listed, "the evidence of a state")})
    facts = _read_facts(case, names)
    clean = read_names(case).clean_text
    rows = {row["fact"]: f"{clean(str(row['source']))} row {row['row']}" for row in facts.to_dict("records")}
    steps = [
        {
            "state": row["state"], "since": _say(row["since"]), "until": _say(row["until"]), "basis": row["basis"],
            "wording": clean(str(row["wording"])), "facts": read_texts(row["evidence"], "the evidence of a state"),
            "rows": [rows[name] for name in read_texts(row["evidence"], "the evidence of a state") if name in rows],
        }
        for row in states.to_dict("records")
    ]  # fmt: skip
    order = [] if code["use"] == "unknown" else [
        {"first": each.first, "then": each.then, "verdict": each.verdict, "flips": list(each.flips)}
        for each in order_states(date_steps(states), facts)
    ]  # fmt: skip
    numbers = [int(name.partition(":")[2]) for name in names if name.startswith("transfer:")]
    return {
        "code": code["text"], "scope": code["scope"], "node": int(code["node_id"]), "use": code["use"],
        "use_basis": clean(str(code["use_basis"])), "state": code["state"],
        "sums": {name: _whole(case, code["asset"], code[name]) for name in ("held", "paid", "returned", "fees")},
        "asset": code["asset"], "anomalies": read_texts(code["anomalies"], "the list of anomalies of a code"),
        "steps": steps, "order": order,
        "told_again": _words(case, "SELECT wording FROM debts WHERE list_contains(?, transfer_a) ORDER BY debt_id", numbers),
        "possible": _words(
            case, "SELECT wording FROM findings WHERE kind = 'code_possible' AND "
            "list_contains(from_json(about, '[\"VARCHAR\"]'), ?) ORDER BY finding_id", f"node:{int(code['node_id'])}",
        ),
        "matches": _words(case, "SELECT wording FROM matches WHERE list_contains(?, transfer_a) ORDER BY match_id", numbers),
    }  # fmt: skip


def _words(case: Case, sql: str, *said: object) -> list[str]:
    """Sentences of inferences; parties are node numbers, nobody is named."""
    return [resolve_marks(str(row[0]), lambda node: f"node {node}") for row in case.con.execute(sql, list(said)).fetchall()]


def _read_facts(case: Case, names: list[str]) -> pd.DataFrame:
    """Time and place of facts by name."""
    parts = []
    for table, key in (("transfer", "transfer_id"), ("event", "event_id")):
        numbers = [int(name.partition(":")[2]) for name in names if name.startswith(f"{table}:")]
        view = "transfer_rows" if table == "transfer" else "events"
        parts.append(case.read_frame(
            f"SELECT '{table}:' || f.{key} AS fact, f.time, f.time_error_s, f.time_basis, s.name AS source, f.row FROM {view} f "
            f"JOIN sources s USING (source_id) WHERE list_contains(?, f.{key}) ORDER BY f.{key}", [numbers],
        ))  # fmt: skip
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _say(instant: object) -> str | None:
    return None if instant is None or pd.isna(instant) else f"{pd.Timestamp(instant):%Y-%m-%d %H:%M}"  # type: ignore[call-overload, arg-type]


def _whole(case: Case, asset: object, amount: object) -> str | None:
    from trails.money import format_units

    if amount is None or amount != amount or asset is None:
        return None
    places = case.con.execute("SELECT decimals FROM assets WHERE asset = ?", [asset]).fetchall()
    return format_units(int(str(amount)), None if not places or places[0][0] is None else int(places[0][0]))


def write_story(story: dict[str, Any]) -> list[str]:
    """The story as lines for a terminal."""
    said = ", ".join(
        f"{name} {amount} {story['asset']}" for name, amount in story["sums"].items() if amount not in (None, "0")
    )
    lines = [
        f"Code {story['code']} of {story['scope'] or 'no named office'} (node {story['node']}): {story['state']}",
        f"  use: {story['use']} - {story['use_basis']}",
        f"  sums: {said or 'not in one currency'}",
        "",
    ]
    for step in story["steps"]:
        span = f"{step['since'] or '...'} to {step['until'] or '...'}"
        lines.append(f"  {step['state']:<11} {span:<36} {step['basis']:<9} {step['wording']}")
        lines += [f"  {'':<11}   {row} [{fact}]" for row, fact in zip(step["rows"], step["facts"], strict=False)]
    lines.append("")
    if story["use"] == "unknown":
        lines.append(
            "  order: not judged, because the use of the code is not known (`trails code CASE CODE --use ...`)"
        )
    for pair in story["order"]:
        lines.append(f"  order: {pair['first']} then {pair['then']}: {pair['verdict']}")
        lines += [f"    {flip}" for flip in pair["flips"]]
    lines += [f"  does not fit: {word.replace('_', ' ')}" for word in story["anomalies"]]
    for name, title in (("told_again", "two books"), ("possible", "possible"), ("matches", "match")):
        lines += [f"  {title}: {text}" for text in story[name]]
    return [line.rstrip() for line in lines]

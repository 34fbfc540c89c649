"""The node a person means: written in full, by its name in any case, or in another script; never guessed.

Where nothing fits, near nodes are offered by number, with where their rows stand: their names may be those of payers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.errors import UsageError
from trails.naming import read_names
from trails.ownership.aliases import fold_name, keep_consonants
from trails.pseudonyms import read_pseudonym
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case

#: Near nodes offered where nothing fits.
_OFFERED = 5
#: From this likeness of two spellings on a node is near.
_NEAR = 0.85
#: Rails whose nodes people know by name.
_NAMED = "('hawala', 'chat', 'mto', 'bank', 'vasp', 'cash')"
_EVM = "('ethereum', 'bsc', 'polygon', 'gnosis', 'evm')"

Found = tuple[int, str, str]


def find_node(case: Case, text: str) -> Found:
    """The node a person means: ``rail:key``, a key or a name (in any case of letters) that only one node has,
    ``node:NUMBER``, or a pseudonym as trails prints it: of an entity of several nodes, the first.

    Returns (node_id, rail, key). Raises UsageError that offers, by number and place and without their names, the several
    nodes that fit, those whose names sound so in another script (``Гаги`` for ``Gagi``), or near ones.
    """
    wanted = text.strip()
    if not wanted:
        raise UsageError("the node is empty; write rail:key, a key, or a name that only one node has")
    for found in (_find_exactly(case, wanted), _find_by_name(case, wanted), find_by_pseudonym(case, wanted)[:1]):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"that name fits {count_words(len(found), 'node')}; {_ask(found)}", describe_nodes(case, found)
            )
    if alike := _find_by_sound(case, wanted):
        raise UsageError(
            f"no node of this case is written so, and {count_words(len(alike), 'name')} in other letters may be meant; "
            f"{_ask(alike)}",
            describe_nodes(case, alike),
        )
    raise _offer(case, wanted)


def _ask(found: list[Found]) -> str:
    return f"give the same command with the number of one, like node:{found[0][0]}, in place of the name:"


def _find_exactly(case: Case, wanted: str) -> list[Found]:
    number = wanted.removeprefix("node:")
    return _rows(
        case,
        f"rail || ':' || key = $t OR (rail IN {_EVM} AND rail || ':' || key = lower($t)) OR node_id = try_cast($n AS INTEGER)",
        {"t": wanted, "n": number if number != wanted else None},
    )  # fmt: skip


def _find_by_name(case: Case, wanted: str) -> list[Found]:
    """A key, a name without its scope, or a label, in any case of letters."""
    return _rows(
        case, f"kind = 'account' AND (key = $t OR (rail IN {_EVM} AND key = lower($t)) OR lower(label) = lower($t) OR (rail IN "
        f"{_NAMED} AND (lower(key) = lower($t) OR lower(regexp_extract(key, '[^:]*$')) = lower($t))))",
        {"t": wanted},
    )  # fmt: skip


def find_by_pseudonym(case: Case, wanted: str) -> list[Found]:
    """The nodes of whoever is shown by a pseudonym; none for another text. Its first word is not compared: somebody who is
    no payer any more is ``Party`` in what is printed now, and ``Payer`` in an older report."""
    code = read_pseudonym(wanted)
    if not code:
        return []
    shown = read_names(case).shown
    nodes = [node for node, name in shown.items() if read_pseudonym(name) == code]
    return _rows(case, "node_id IN (SELECT unnest($nodes::INTEGER[]))", {"nodes": nodes})


def _find_by_sound(case: Case, wanted: str) -> list[Found]:
    """Names that are the same word for word in Latin letters; where none is, those with the same consonants."""
    names = case.con.execute(
        f"SELECT node_id, rail, key, coalesce(label, regexp_extract(key, '[^:]*$')) FROM nodes WHERE kind = 'account' AND rail IN "
        f"{_NAMED} ORDER BY node_id"
    ).fetchall()
    folded = fold_name(wanted)
    if not folded:
        return []
    told = [((int(node), str(rail), str(key)), fold_name(str(name))) for node, rail, key, name in names]
    same = [node for node, sound in told if sound == folded]
    bones = keep_consonants(folded)
    return same or [node for node, sound in told if len(bones) > 2 and keep_consonants(sound) == bones]


def _rows(case: Case, where: str, values: dict[str, Any]) -> list[Found]:
    rows = case.con.execute(f"SELECT node_id, rail, key FROM nodes WHERE {where} ORDER BY node_id", values).fetchall()
    return [(int(node), str(rail), str(key)) for node, rail, key in rows]


def _offer(case: Case, wanted: str) -> UsageError:
    """That nothing is written so, with what is near, by number; and how to look it up where nothing is."""
    nothing = "no node of this case is written so"
    rows = case.con.execute(
        "SELECT node_id, rail, key FROM (SELECT node_id, rail, key, greatest(jaro_winkler_similarity(lower(key), lower($t)), "
        "jaro_winkler_similarity(lower(rail || ':' || key), lower($t)), jaro_winkler_similarity(lower(coalesce(label, '')), "
        "lower($t)), jaro_winkler_similarity(lower(regexp_extract(key, '[^:]*$')), lower($t))) AS near FROM nodes WHERE kind = "
        "'account') WHERE near >= $least ORDER BY near DESC, node_id LIMIT $most",
        {"t": wanted, "least": _NEAR, "most": _OFFERED},
    ).fetchall()
    found = [(int(node), str(rail), str(key)) for node, rail, key in rows]
    if found:
        return UsageError(f"{nothing}; near it:", describe_nodes(case, found))
    there = case.con.execute("SELECT 1 FROM nodes LIMIT 1").fetchone()
    if not there:
        return UsageError(f"{nothing}; the case has no nodes yet, add files first")
    return UsageError(f"{nothing}; nothing is near it. Rows and their node numbers: `trails sql CASE 'SELECT * FROM transfers'`")


def describe_nodes(case: Case, nodes: list[Found]) -> list[str]:
    """A line for each node: its number, its rail, and the first row that states something of it; no name."""
    lines = []
    for node, rail, _ in nodes[:_OFFERED]:
        place = case.con.execute(
            "SELECT s.source_id, f.row, f.rows FROM (SELECT source_id, min(row) AS row, count(*) AS rows FROM (SELECT source_id, "
            "row FROM transfer_rows WHERE src = $n OR dst = $n UNION ALL SELECT source_id, row FROM events WHERE node_id = $n OR "
            "other_node_id = $n UNION ALL SELECT source_id, row FROM tags WHERE node_id = $n) GROUP BY source_id) f JOIN sources s "
            "USING (source_id) ORDER BY f.rows DESC, s.source_id LIMIT 1",
            {"n": node},
        ).fetchone()
        where = f", first stated in source {place[0]} row {place[1]} ({count_words(place[2], 'row')} in one file)" if place else ""
        lines.append(f"node:{node}  {rail}{where}")
    if len(nodes) > _OFFERED:
        lines.append(f"and {len(nodes) - _OFFERED:,} more")
    return [*lines, f"see one with `trails cite {case.folder} node:NUMBER`"]

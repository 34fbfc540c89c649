"""The names of a case's nodes, read from its tables: for pictures and reports all, for questions those that are hidden."""

from __future__ import annotations

import getpass
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from trails.errors import TrailsError, UsageError
from trails.escapes import Plain
from trails.fresh import find_stale
from trails.kept import OF_ALTERED
from trails.nearly import split_folded
from trails.pseudonyms import NOBODY, OPEN, Names, name_nodes, name_openly
from trails.tables import LEADERS, PROTECTED_ROLES
from trails.targets import NONE, find_in_force, read_judgements
from trails.terms import PHONE_TAIL, split_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from trails.case import Case

#: No transaction has a shorter id.
_SHORTEST_ID = 16
_PERSONS = "n.kind = 'account' AND n.rail IN ('hawala', 'chat', 'phone', 'document', 'mto', 'bank', 'vasp', 'cash')"
#: Nodes that share a word with a text, or of which a longer one is part of a word there; a phone where ``phones`` may be meant; and
#: who has a label without letter or digit.
_NEAR = (
    "SELECT node_id FROM (SELECT node_id, label, lower(concat_ws(' ', \"key\", label)) AS said FROM nodes) WHERE "
    "list_has_any(regexp_split_to_array(said, '[^\\p{L}\\p{N}]+'), list_transform($words::VARCHAR[], lambda w: lower(w))) OR "
    "len(list_filter(regexp_split_to_array(strip_accents(said), '[^\\p{L}\\p{N}]+'), "
    "lambda w: list_contains($folded::VARCHAR[], w) OR (length(w) >= 4 AND contains($all, w)))) > 0 "
    "OR ($phones AND regexp_matches(said, '\\+[0-9]')) OR (label IS NOT NULL AND NOT regexp_matches(label, '[\\p{L}\\p{N}]')) "
    "ORDER BY node_id"
)
#: Whoever pays a declared leader directly is protected even before `trails link` has said so, unless declared otherwise.
_PAYS_LEADER = (
    "SELECT DISTINCT t.src FROM transfer_rows t WHERE t.kind <> 'fee' AND t.dst IN (SELECT unnest($leaders::INTEGER[])) "
    "AND t.src NOT IN (SELECT unnest($known::INTEGER[])) ORDER BY t.src"
)


def read_names(
    case: Case, nodes: pd.DataFrame | None = None, *, also: Iterable[int] = (), words: Iterable[str] | None = None
) -> Names:
    """The names of the given nodes, or, without any, of every node that may have to be hidden, and of those in ``also``.

    Transaction ids of protected people are named too, unless only ``words`` too short for one matter.
    Cost: with ``nodes`` a pass over them; without, a few joins and a pass over persons and whoever has a role.
    """
    entities = case.read_frame("SELECT entity_id, node_id FROM entities")
    roles = _add_unlinked(case, case.read_frame("SELECT entity_id, role, basis, protected FROM roles"), entities)
    if nodes is None:
        with_role = sorted({int(each) for each in roles["entity_id"]})
        nodes = case.read_frame(
            f"SELECT n.* FROM nodes n WHERE {_PERSONS} OR n.node_id IN (SELECT node_id FROM entities WHERE entity_id IN "
            "(SELECT unnest($roles::INTEGER[]))) OR n.node_id IN (SELECT unnest($also::INTEGER[])) ORDER BY n.node_id",
            {"roles": with_role, "also": sorted({*also, *with_role})},
        )
    key = str(case.config["pseudonyms"]["key"])
    files = [str(digest) for (digest,) in case.con.execute("SELECT sha256 FROM sources").fetchall()]
    currencies = [str(asset) for (asset,) in case.con.execute("SELECT asset FROM assets WHERE rail IS NULL").fetchall()]
    references = _list_references(case, roles, entities) if words is None or _may_hold_id(words) else []
    return name_nodes(nodes, entities, roles, key=key, references=references, files=files, currencies=currencies)


def read_names_in(case: Case, texts: Iterable[str]) -> Names:
    """The names that may stand in some texts: to clean a file's name or a reason, without reading those of a whole case.

    Of every node that shares a word with a text, or is a phone where a text holds enough digits for one, with all nodes of its
    entity; or of which a longer word is part of one of a text, since words may be joined, have an ``s`` or digits behind them,
    stand in escapes or lack accents. Words are compared as the database writes them small. Cost: a pass over the nodes' names, and
    a few joins.
    """
    read = [each for text in texts for each in dict.fromkeys((text, Plain(text).text))]
    folded = sorted({word for text in read for word in split_folded(text)})
    words = sorted({word for text in read for word in split_words(text)})
    phones = sum(map(str.isdigit, "".join(words))) >= PHONE_TAIL
    asked = {"words": words, "folded": folded, "all": " ".join(folded), "phones": phones}
    near = [node for (node,) in case.con.execute(_NEAR, asked).fetchall()]
    # without any node near, only the id of a payer's transaction could have to be hidden
    if not near and not _may_hold_id(words):
        return NOBODY
    nodes = case.read_frame(
        "SELECT * FROM nodes WHERE node_id IN (SELECT unnest($near::INTEGER[])) OR node_id IN (SELECT node_id FROM entities WHERE "
        "entity_id IN (SELECT entity_id FROM entities WHERE node_id IN (SELECT unnest($near::INTEGER[])))) ORDER BY node_id",
        {"near": near},
    )
    return read_names(case, nodes, words=words)


def _may_hold_id(words: Iterable[str]) -> bool:
    return any(len(word) >= _SHORTEST_ID for word in words)


@contextmanager
def clean_errors(case: Case) -> Iterator[None]:
    """Put pseudonyms into what an error says: a file that is refused may be called after a payer.

    The error stays the same one. Where the tables cannot be read, nobody is known, and it is left as it is.
    """
    try:
        yield
    except TrailsError as problem:
        with suppress(*OF_ALTERED):
            clean = read_names_in(case, [problem.message, *problem.problems]).clean_text
            problem.message, problem.problems = clean(problem.message), list(map(clean, problem.problems))
            problem.args = ("\n".join(problem.lines()),)
        raise


def read_real_names(case: Case, nodes: Iterable[int]) -> Names:
    """The names of nodes as the sources write them, of protected people too: only for whoever gave a reason, which is logged."""
    frame = case.read_frame(
        "SELECT * FROM nodes WHERE node_id IN (SELECT unnest(?::INTEGER[])) ORDER BY node_id", [sorted(set(nodes))]
    )
    return name_openly(frame)


def log_names(case: Case, question: str, what: str, why: str, who: str | None = None) -> None:
    """Log that somebody asked to see names, what for, and why; what is asked is written with pseudonyms.

    Raises UsageError without a reason, and as :func:`name_analyst` does.
    """
    if not why.strip():
        raise UsageError("names of protected people are shown only for a reason: say it with --why; it is logged")
    clean = read_names_in(case, [what, why]).clean_text
    details = {"question": question, "about": clean(what), "why": clean(why), "analyst": name_analyst(case, who)}
    with case.change("names", details):
        pass


def name_analyst(case: Case, who: str | None) -> str:
    """How the log and the tables call whoever decides or asks, for good: as they say, else by the login name.

    Raises UsageError, which does not repeat it, where what they say is the name, phone or account of somebody who is hidden.
    """
    if not who:
        return getpass.getuser()
    names = read_names_in(case, [who])
    if names.clean_value(who) != who:
        raise UsageError(
            "nothing was recorded: what --who (or `who` in a file) says is the name, phone or account of somebody whom this case "
            "hides, and it would stand in the log for good. Say who you are in another way: initials, a badge number, another name"
        )
    return who


def tell_paths(case: Case, paths: Iterable[Path]) -> list[str]:
    """Paths as they may be printed: a folder may be called after a payer."""
    texts = list(map(str, paths))
    return list(map(read_names_in(case, texts).clean_text, texts))


def _add_unlinked(case: Case, roles: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """Roles, and where these are older than what is declared also who is protected by a declaration or pays a declared leader."""
    import pandas as pd

    if not find_stale(case):
        return roles
    entity_of = dict(zip(entities["node_id"].tolist(), entities["entity_id"].tolist(), strict=True))
    declared = _list_declared(case)
    leaders = sorted({node for node, role in declared if role in (*LEADERS, "office")})
    known_nodes = sorted({node for node, _ in declared})
    payers = case.con.execute(_PAYS_LEADER, {"leaders": leaders, "known": known_nodes}).fetchall() if leaders else []
    said = {(node, role, "declared") for node, role in declared if role in PROTECTED_ROLES}
    said |= {(int(node), "payer", "inferred") for (node,) in payers}
    known = set(roles.loc[roles["basis"].isin(OPEN), "entity_id"].tolist())
    rows = sorted({(int(entity_of.get(node, node)), role, basis) for node, role, basis in said})
    rows = [row for row in rows if row[2] == "declared" or row[0] not in known]
    added = pd.DataFrame(rows, columns=["entity_id", "role", "basis"]).assign(protected=True)
    return pd.concat([roles, added.astype({"entity_id": "int64", "protected": bool})], ignore_index=True) if rows else roles


def _list_declared(case: Case) -> list[tuple[int, str]]:
    """The nodes of the case that somebody declared to be something, with each role that is in force."""
    frame = case.read_frame("SELECT * FROM judgements")
    said = [(each.target.nodes[0], each.value) for each in find_in_force(read_judgements(frame), "node") if each.value != NONE]
    if not said:
        return []
    rails, keys = ([node.partition(":")[part] for node, _ in said] for part in (0, 2))
    numbers = dict(case.con.execute(
        "SELECT rail || ':' || key, node_id FROM nodes JOIN (SELECT DISTINCT unnest(?::VARCHAR[]) AS rail, unnest(?::VARCHAR[]) "
        "AS key) USING (rail, key)", [rails, keys],
    ).fetchall())  # fmt: skip
    return [(int(numbers[node]), role) for node, role in said if node in numbers]


def _list_references(case: Case, roles: pd.DataFrame, entities: pd.DataFrame) -> list[str]:
    """Transaction ids of transfers with a protected end: of an input both the one that made the coin and the one that spends it."""
    safe = set(roles.loc[roles["protected"].astype(bool), "entity_id"])
    if not safe:
        return []
    nodes = entities.loc[entities["entity_id"].isin(safe), "node_id"].astype(int).tolist()
    # whoever came after the last clustering is an entity of one, called by its own number
    nodes += sorted({int(each) for each in safe} - {int(each) for each in entities["entity_id"]})
    rows = case.con.execute(
        "SELECT DISTINCT x.hash FROM transfer_rows t JOIN transactions x ON x.tx_id = t.tx_id WHERE t.kind <> 'input' AND "
        "(t.src IN (SELECT unnest($nodes)) OR t.dst IN (SELECT unnest($nodes))) OR t.kind = 'input' AND t.src IN "
        "(SELECT unnest($nodes)) UNION SELECT d.key FROM transfer_rows t JOIN nodes d ON d.node_id = t.dst WHERE "
        "t.kind = 'input' AND d.kind = 'junction' AND t.src IN (SELECT unnest($nodes)) ORDER BY 1",
        {"nodes": nodes},
    ).fetchall()
    return [str(text) for (text,) in rows]

"""What a question may read: the tables of the case by their own names, and functions that make rows out of nothing else.

A question sees views in which hidden people stand by their pseudonyms. The database knows many ways to a table behind its view:
by the name of the database, by its file, by a text that is run as a query. They are not listed and forbidden; what may be read
is listed, and compared with the query as the database itself takes it apart.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb

from trails.errors import UsageError
from trails.stored import STORED
from trails.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a question reads by its name.
_READ = frozenset({*TABLES, *STORED})
#: Functions that give rows of what they are handed, or say which tables, columns and functions there are.
_ROWS = frozenset({
    "unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree", "pragma_table_info", "duckdb_tables",
    "duckdb_columns", "duckdb_views", "duckdb_functions",
})  # fmt: skip
#: Where a name is looked for: views of the database's own over those functions, or the views of a question before all else.
_LISTS = ("information_schema",)
_VIEWS = ((), ("main",), ("temp",), ("temp", "main"))
#: Names of a question's own; no file and no part of a database is called so. What begins with the last word is ours.
_OWN = re.compile(r"(?!veil_)\w+", re.IGNORECASE)
#: How the database says that it does not take a query apart: a PIVOT without its values, for which it asks the tables first.
_NOT_TAKEN_APART = "Only SELECT statements"
#: Words after which a text in quotes is a table.
_BEFORE_TABLE = frozenset({"from", "join", "pivot", "unpivot", "table", "describe", "summarize", "show", ",", "("})


def check_question(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse a query, as it stands inside brackets, that could read anything but the tables of a case, by their names.

    Raises UsageError, also where the query cannot be parsed. Cost: a parse.
    """
    if (found := re.search(r'"\s*case\s*"|\bveil_\w*', query, re.IGNORECASE)) is not None:
        raise _refuse(found[0])
    try:
        ((text,),) = con.execute("SELECT json_serialize_sql(?)", [f"SELECT * FROM ({query}\n)"]).fetchall()
        parsed = json.loads(text)
    except (RecursionError, duckdb.Error):
        raise UsageError("the query cannot be answered: it is too long, or its parts are nested too deeply") from None
    problem = str(parsed.get("error_message")) if parsed.get("error") else ""
    if not problem:
        _check_nodes(con, list(_walk(parsed)))
    elif _NOT_TAKEN_APART in problem:
        _check_words(con, query)
    else:
        raise UsageError(f"the query cannot be answered: {problem}")


def find_explained(query: str) -> str:
    """The query that an EXPLAIN asks about."""
    words = _list_words(query)
    at = 1
    while at < len(words) and words[at][1].casefold() in ("analyze", "verbose"):
        at += 1
    if at < len(words) and words[at][1] == "(" and words[at + 1][1].casefold() in ("format", "analyze", "verbose"):
        at = next((place + 1 for place in range(at, len(words)) if words[place][1] == ")"), len(words))
    return query.encode()[words[at][0] :].decode() if at < len(words) else ""


def _list_words(query: str) -> list[tuple[int, str]]:
    """The words of a query without its comments, each with its place in bytes."""
    text, marks = query.encode(), duckdb.tokenize(query)
    ends = [place for place, _ in marks[1:]] + [len(text)]
    return [
        (place, text[place:end].decode("utf-8", "replace").strip())
        for (place, kind), end in zip(marks, ends, strict=True) if kind != duckdb.token_type.comment
    ]  # fmt: skip


def _walk(parsed: Any) -> Iterator[dict[str, Any]]:
    """Every part of a parsed query."""
    waiting = [parsed]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _check_nodes(con: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]]) -> None:
    named = {str(entry["key"]) for node in nodes for entry in (node.get("cte_map") or {}).get("map", []) if "key" in entry}
    if taken := {name.casefold() for name in named} & _list_others(con):  # beyond the part that makes it, such a name means another
        raise _refuse(min(taken))
    readable = {name.casefold() for name in (*_READ, *filter(_OWN.fullmatch, named))}
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            called = node.get("function") or {}
            if str(called.get("function_name")).casefold() not in _ROWS:
                raise _refuse(str(called.get("function_name")))
        elif node.get("type") == "BASE_TABLE":
            where = tuple(str(part) for part in (node.get("catalog_name"), node.get("schema_name")) if part)
            table = str(node.get("table_name"))
            if where != _LISTS and (where not in _VIEWS or table.casefold() not in (_READ if where else readable)):
                raise _refuse(".".join([*where, table]))


def _check_words(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """The same of a query that is not taken apart, word by word: stricter, since nobody knows what a word is there."""
    forbidden = _list_others(con)
    before = ""
    for _, word in _list_words(query):
        bare = word.strip('"').casefold()
        is_text = word.startswith(("'", "$")) or word[:2].casefold() == "e'"
        if bare in forbidden or (is_text and before in _BEFORE_TABLE) or (word.startswith('"') and not _OWN.fullmatch(bare)):
            raise _refuse(word)
        before = word.casefold()


def _list_others(con: duckdb.DuckDBPyConnection) -> set[str]:
    """What else the database knows that gives rows, by name."""
    rows = con.execute(
        "SELECT function_name FROM duckdb_functions() WHERE function_type LIKE '%table%' UNION SELECT view_name FROM "
        "duckdb_views() WHERE schema_name <> 'information_schema' UNION SELECT table_name FROM duckdb_tables()"
    ).fetchall()
    return {str(name).casefold() for (name,) in rows} - _ROWS - {name.casefold() for name in _READ}


def _refuse(what: str) -> UsageError:
    return UsageError(
        f"a question may not use {what}: it may read the tables of the case by their own names, and what the query itself makes; "
        "behind these stand the names of protected people. To see those, say --names --why REASON, which is logged"
    )

"""What `trails sql` says of hidden people, in answers and in errors: the pseudonym alone, whatever the query makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_cli import Run, own_demo, run
from trails.case import Case
from trails.naming import read_names
from trails.query import query_case

__all__ = ["own_demo", "run"]  # fixtures

NAME, WORD = "Family Quince", "quince"
NODE = f"(SELECT min(node_id) FROM nodes WHERE label = '{NAME}')"


@pytest.fixture(scope="module")
def quince(demo: Path) -> tuple[int, str, list[str]]:
    """Family Quince of the demo: the number of her node, her pseudonym, and every text that names a protected person."""
    with Case.open(demo, read_only=True) as case:
        shown = read_names(case).shown
    node, terms = hidden_texts(demo)
    return node, shown[node], terms


def hidden_texts(demo: Path) -> tuple[int, list[str]]:
    """The number of the node called Family Quince, and every text that names a protected person of the demo."""
    with Case.open(demo, read_only=True) as case:
        ((node,),) = case.con.execute(f"SELECT {NODE}").fetchall()
        return int(node), sorted(read_names(case).terms)


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    "query",
    ["SELECT cast(label AS INTEGER) FROM nodes WHERE label IS NOT NULL", "SELECT cast(key AS INTEGER) FROM nodes",
     "SELECT error(key) FROM nodes WHERE node_id = {node}", "SELECT error(reverse(label)) FROM nodes WHERE node_id = {node}",
     "SELECT label::DATE FROM nodes WHERE node_id = {node}", "SELECT cast(label AS DECIMAL(3,1)) FROM nodes WHERE node_id = {node}",
     "SELECT json_extract(label, '$.a') FROM nodes WHERE node_id = {node}", "SELECT cast(ref AS INTEGER) FROM transfers",
     "SELECT strptime(label, '%Y') FROM nodes WHERE node_id = {node}", "SELECT cast(text AS INTEGER) FROM events",
     "SELECT cast(name AS INTEGER) FROM sources", "SELECT cast(line AS INTEGER) FROM journal"],
)  # fmt: skip
def test_an_error_about_a_value_names_nobody(
    run: Run, demo: Path, quince: tuple[int, str, list[str]], query: str, how: tuple[str, ...]
) -> None:
    node, _, terms = quince
    shown = run("sql", demo, query.format(node=node), *how)
    assert (shown.code, shown.out) == (2, ""), shown
    assert "--names --why" in shown.err
    said = shown.err.casefold()
    assert WORD not in said
    assert WORD[::-1] not in said
    assert not [term for term in terms if term.casefold() in said]


def test_the_error_says_kind_and_place_and_the_value_for_a_reason(run: Run, own_demo: Path) -> None:
    query = f"SELECT cast(label AS INTEGER) FROM nodes WHERE node_id = {hidden_texts(own_demo)[0]}"
    assert "a value of column label does not fit INT32" in run("sql", own_demo, query).err
    assert NAME in run("sql", own_demo, query, "--names", "--why", "to see whom it is about").err


#: Pieces of a name, and what can be made of one.
MADE = (
    "substr(label, 1, 5)", "reverse(label)", "upper(label)", "translate(label, 'aeiou', 'AEIOU')", "label || 'x'", "md5(label)",
    "string_split(label, ' ')", "hex(label)", "ascii(label)", "length(label)",
    "label LIKE 'Family Q%'", "regexp_replace(label, '.', '\\0-', 'g')",
    "substr(key, length(key) - 4)", "[label, key]", "{'a': label}", "encode(label)", "format('{}-{}', label[1], label[2:])",
)  # fmt: skip


@pytest.mark.parametrize("table", ["nodes", "main.nodes", "temp.nodes", "(FROM nodes)", "query_table_of"])
def test_a_piece_of_a_name_is_made_of_the_pseudonym(demo: Path, quince: tuple[int, str, list[str]], table: str) -> None:
    """The answer is the one that the database gives where the pseudonym stands in the table."""
    node, shown, _ = quince
    asked = table if table != "query_table_of" else "(SELECT * FROM nodes UNION ALL SELECT * FROM nodes)"
    made = ", ".join(f"{each} AS x{number}" for number, each in enumerate(MADE))
    with Case.open(demo, read_only=True) as case:
        (raw_key,) = case.con.execute("SELECT key FROM nodes WHERE node_id = ?", [node]).fetchall()[0]
        key = f"{raw_key.rpartition(':')[0]}:{shown}"
        wanted = case.con.execute(f"SELECT {made} FROM (SELECT ? AS label, ? AS key)", [shown, key]).fetchall()[0]
        found = query_case(case, f"SELECT {made} FROM {asked} WHERE node_id = {node}").rows[0]
    for each, ours, theirs in zip(MADE, found, wanted, strict=True):
        assert ours == (theirs.decode() if isinstance(theirs, bytes) else theirs), each


@pytest.mark.parametrize(
    "query",
    ['SELECT * FROM "case".main.nodes', 'SELECT * FROM "CASE".nodes', "SELECT * FROM query('SELECT * FROM nodes')",
     "SELECT * FROM query_table('nodes')", "FROM pragma_storage_info('nodes')", "FROM veil_withheld", "FROM veil_nodes",
     "SELECT * FROM \"query\"('FROM \"ca' || 'se\".nodes')", 'DESCRIBE "case".nodes', 'SUMMARIZE "case".nodes'],
)  # fmt: skip
def test_the_tables_behind_the_views_cannot_be_said(run: Run, demo: Path, query: str) -> None:
    shown = run("sql", demo, query)
    assert (shown.code, shown.out) == (2, "")
    assert "a question may not use" in shown.err


#: Ways to the file of the case, or to a text that is run; CASE stands for the case's folder.
_AROUND = (
    "SELECT reverse(label) FROM read_duckdb('CASE/case.duckdb', table_name='nodes')",
    "SELECT reverse(label) FROM system.main.read_duckdb('CASE/case.duckdb', table_name='nodes')",
    "SELECT reverse(label) FROM 'CASE/case.duckdb'", 'SELECT reverse(label) FROM "CASE/case.duckdb"',
    'WITH "CASE/case.duckdb" AS (SELECT 1) SELECT (SELECT count(*) FROM "CASE/case.duckdb")',
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT reverse(label) FROM \"ca' || 'se\".main.nodes'))",
    "FROM json_execute_serialized_sql('{}')", "EXPLAIN ANALYZE SELECT * FROM read_duckdb('CASE/case.duckdb', table_name='nodes')",
    "EXPLAIN (FORMAT json) SELECT * FROM 'CASE/case.duckdb'", "PIVOT 'CASE/case.duckdb' ON label USING count(*)",
    "PIVOT (FROM read_duckdb('CASE/case.duckdb', table_name='nodes')) ON label USING count(*)",
    "SUMMARIZE 'CASE/case.duckdb'", "SELECT (SELECT max(reverse(label)) FROM read_duckdb('CASE/case.duckdb', table_name='nodes'))",
    "FROM seq_scan('nodes')", "FROM histogram_values(nodes, label)", "FROM summary(nodes)", "FROM duckdb_settings()",
    "FROM duckdb_databases()", "FROM duckdb_logs()", "SELECT * FROM nodes, read_duckdb('CASE/case.duckdb', table_name='nodes') r",
    "FROM system.information_schema.tables", "SELECT * FROM sqlite_master", "PIVOT (SELECT * FROM sqlite_master) ON type",
    "SELECT 1 FROM (WITH sqlite_master AS (SELECT 1) SELECT * FROM sqlite_master) q, sqlite_master",
    "SELECT 1 FROM (WITH Duckdb_Logs AS (SELECT 1) SELECT * FROM duckdb_logs) q, duckdb_logs",
)  # fmt: skip


@pytest.mark.parametrize("query", _AROUND)
def test_no_function_and_no_file_leads_around_the_views(run: Run, demo: Path, query: str) -> None:
    shown = run("sql", demo, query.replace("CASE", str(demo)))
    assert (shown.code, shown.out) == (2, "")
    assert "a question may not use" in shown.err


@pytest.mark.parametrize(
    "query",
    ["WITH who AS (SELECT * FROM nodes) SELECT count(*) FROM who, range(3) r, unnest([1, 2]) u", "FROM information_schema.tables",
     "PIVOT (SELECT rail, kind FROM nodes) ON kind USING count(*)", "PIVOT nodes ON kind IN ('account') USING count(*)",
     "EXPLAIN SELECT * FROM nodes WHERE rail IN ('tron', 'bitcoin')", "EXPLAIN (FORMAT json) SELECT 1", "SUMMARIZE nodes",
     'SELECT n.label AS "their name" FROM nodes n ANTI JOIN entities e USING (node_id)', "SELECT 'read_duckdb' AS word",
     "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) FROM t", "DESCRIBE transfers", "SHOW TABLES",
     "FROM duckdb_columns()", "SELECT * FROM json_each('[1, 2]')", "VALUES (1)", "SELECT list_transform([1], lambda x: x + 1)"],
)  # fmt: skip
def test_questions_of_every_shape_are_answered(run: Run, demo: Path, query: str) -> None:
    shown = run("sql", demo, query)
    assert shown.code == 0, shown.err
    assert shown.out


@pytest.mark.parametrize("query", ["SELECT * FROM case.nodes", 'SELECT * FROM U&"\\0063ase".nodes', "SELECT * FROM 'case'.nodes"])
def test_no_other_way_of_writing_the_database_is_understood(run: Run, demo: Path, query: str) -> None:
    assert run("sql", demo, query).code == 2


def test_every_text_of_every_table_is_without_names(demo: Path) -> None:
    _, terms = hidden_texts(demo)
    with Case.open(demo, read_only=True) as case:
        tables = [str(name) for (name,) in case.con.execute("SHOW TABLES").fetchall()]
        query_case(case, "SELECT 1")  # lays the views
        for table in tables:
            text = str(case.con.execute(f"SELECT * FROM {table}").fetchall()).casefold()
            assert not [term for term in terms if term.casefold() in text], table


def test_the_tables_are_else_what_they_were(demo: Path) -> None:
    """Numbers, times and public ids are those of the facts, and every table has its columns and types."""
    with Case.open(demo, read_only=True) as case:
        tables = [str(name) for (name,) in case.con.execute("SHOW TABLES").fetchall()]
        before = {table: case.con.execute(f"DESCRIBE {table}").fetchall() for table in tables}
        ids = case.con.execute("SELECT public_id, amount, time FROM transfers ORDER BY transfer_id").fetchall()
        query_case(case, "SELECT 1")
        after = {table: case.con.execute(f"DESCRIBE {table}").fetchall() for table in tables}
        assert {t: [c[:2] for c in cs] for t, cs in after.items()} == {t: [c[:2] for c in cs] for t, cs in before.items()}
        assert case.con.execute("SELECT public_id, amount, time FROM transfers ORDER BY transfer_id").fetchall() == ids

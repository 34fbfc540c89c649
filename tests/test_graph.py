from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase
from trails.errors import ContractError
from trails.graph import group_rows, make_table, node_column, time_bounds
from trails.tables import TABLES, find_problems


@pytest.mark.parametrize("name", sorted(TABLES))
def test_empty_tables_have_the_contract_columns(name: str) -> None:
    assert tuple(make_table(name, {}).columns) == TABLES[name].names


def test_problems_are_listed_together() -> None:
    with pytest.raises(ContractError, match=r"`colour` is not in the contract") as problem:
        make_table("entities", {"colour": [1]})
    assert len(problem.value.problems) == 3
    with pytest.raises(ContractError, match="different lengths"):
        make_table("entities", {"entity_id": [1], "node_id": [1, 2]})


def test_a_small_case_keeps_the_contract() -> None:
    case = SmallCase()
    case.move(case.node("T1"), case.node("T2"), 10**30, at=None)
    tables = case.tables()
    con = duckdb.connect(":memory:")
    con.register("nodes", tables.nodes)
    con.execute("CREATE TABLE sources AS SELECT 1 AS source_id")
    con.register("assets", tables.assets)
    con.register("transfers_in", tables.transfers)
    assert find_problems(con, "nodes", "nodes") == []
    assert find_problems(con, "transfers", "transfers_in") == []


def test_time_bounds_of_known_and_unknown_times() -> None:
    case = SmallCase()
    case.move(1, 2, at=1, error=60)
    case.move(1, 2, at=None)
    low, high, known = time_bounds(case.tables().transfers)
    assert (high - low).tolist() == [120_000_000, 0]
    assert known.tolist() == [True, False]


def test_missing_nodes_have_no_rail() -> None:
    nodes = pd.DataFrame({"node_id": [1], "rail": ["tron"]})
    assert node_column(nodes, "rail", pd.Series([1, 5])).tolist() == ["tron", None]


def test_groups_leave_out_negative_codes() -> None:
    groups = group_rows(np.array([0, -1, 2, 0]), np.array([9, 1, 1, 3]), 3)
    assert [groups.of(code).tolist() for code in range(3)] == [[3, 0], [], [2]]

"""Facts from several sources: one fact, many citations; contradictions named; nothing counted twice."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from trails.case import Case
from trails.merge import PLACEHOLDER_LABEL, merge_stage
from trails.model import Event, Issue, Node, Record, Tag, Transfer
from trails.money import BTC, MAX_AMOUNT, token
from trails.staging import Stage
from trails.tables import check_tables
from trails.timestamps import from_unix

T = from_unix(1_722_640_811)
A, B = Node("bitcoin", "A"), Node("bitcoin", "B")
X, Y = Node("tron", "X"), Node("tron", "Y")
USDT = token("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")


def add(case: Case, number: int, records: Iterable[Record]) -> None:
    """What ingest does with a connector's records, without a file."""
    with case.change("add", {}):
        stage = Stage(case.con)
        for record in records:
            stage.add(record)
        stage.finish()
        stated = merge_stage(case.con, stage, number)
        case.con.execute(
            "INSERT INTO sources VALUES (?, repeat('a', 64), 'n', 'c', '1', 0, 0, 0, 0, 0, 0, TIMESTAMP '2026-01-01', '')",
            [number],
        )
        names = ("nodes", *stated, "issues")
        check_tables(case.con, {name: f"new_{name}" for name in names})


def rows(case: Case, sql: str) -> list[tuple[Any, ...]]:
    return case.con.execute(sql).fetchall()


def pay(row: int, amount: int, tx: str = "q", index: int | None = None) -> Transfer:
    return Transfer(row, X, Y, USDT, amount, "transfer", T, tx=tx, index=index)


def test_the_same_transfer_from_two_sources_is_one_fact_with_two_citations(case: Case) -> None:
    add(case, 1, [pay(1, 5, index=7)])
    add(case, 2, [pay(4, 5)])
    assert rows(case, "SELECT amount, source_id, row FROM transfers") == [(5, 1, 1)]
    assert rows(case, "FROM citations") == [("transfer", 1, 2, 4)]
    assert rows(case, "FROM row_fates") == [(4, False)]


def test_equal_transfers_of_one_transaction_are_kept_apart(case: Case) -> None:
    add(case, 1, [pay(1, 5), pay(2, 5)])
    assert rows(case, "SELECT count(*), count(DISTINCT public_id) FROM transfers") == [(2, 2)]
    assert rows(case, "SELECT row, severity, code FROM issues") == [(2, "note", "equal_rows")]
    add(case, 2, [pay(8, 5, index=3), pay(9, 5, index=4)])
    assert rows(case, "SELECT count(*) FROM transfers") == [(2,)]
    assert rows(case, "SELECT fact_id, row FROM citations ORDER BY ALL") == [(1, 8), (2, 9)]


def test_a_row_copied_twice_with_its_log_index_is_one_transfer(case: Case) -> None:
    add(case, 1, [pay(1, 5, index=3), pay(2, 5, index=3)])
    assert rows(case, "SELECT count(*) FROM transfers") == [(1,)]
    assert rows(case, "FROM citations") == [("transfer", 1, 1, 2)]


def test_public_ids_do_not_depend_on_the_order_of_sources(case: Case) -> None:
    add(case, 1, [pay(1, 5, "a"), pay(2, 6, "b")])
    first = rows(case, "SELECT amount, public_id FROM transfers ORDER BY 1")
    with Case.create(case.folder.parent / "other") as other:
        add(other, 1, [pay(3, 6, "b", 9)])
        add(other, 2, [pay(3, 5, "a")])
        assert rows(other, "SELECT amount, public_id FROM transfers ORDER BY 1") == first


def test_another_amount_for_the_same_transfer_is_refused_and_names_both_rows(case: Case) -> None:
    add(case, 1, [pay(1, 5)])
    add(case, 2, [pay(9, 6), pay(10, 7, "z")])
    assert rows(case, "SELECT amount FROM transfers ORDER BY 1") == [(5,), (7,)]
    ((row, severity, code, message),) = rows(case, "SELECT row, severity, code, message FROM issues")
    assert (row, severity, code) == (9, "error", "contradiction")
    assert "row 9 states 6" in message
    assert "source 1 row 1 states 5" in message


def test_an_output_stated_with_another_amount_is_refused(case: Case) -> None:
    tx = Node("bitcoin", "t1", "junction")
    add(case, 1, [Transfer(1, tx, A, BTC, 100, "output", T, tx="t1", index=0)])
    add(case, 2, [Transfer(5, tx, A, BTC, 101, "output", T, tx="t1", index=0)])
    assert rows(case, "SELECT amount FROM transfers") == [(100,)]
    assert rows(case, "SELECT row, code FROM issues") == [(5, "contradiction")]


def test_times_that_cannot_both_be_true_are_doubted_and_kept(case: Case) -> None:
    add(case, 1, [pay(1, 5)])
    later = Transfer(1, X, Y, USDT, 5, "transfer", from_unix(1_722_644_411), tx="q")
    add(case, 2, [later])
    assert rows(case, "SELECT severity, code FROM issues") == [("warning", "time_contradiction")]
    assert rows(case, "SELECT count(*) FROM citations") == [(1,)]


@pytest.mark.parametrize("output_first", [True, False])
def test_an_input_without_value_takes_it_from_the_output_it_spends(case: Case, output_first: bool) -> None:
    spent, spender = Node("bitcoin", "k", "junction"), Node("bitcoin", "j", "junction")
    hole = Node("bitcoin", "k:0", label=PLACEHOLDER_LABEL)
    sources = [
        [Transfer(7, spent, A, BTC, 100, "output", T, tx="k", index=0)],
        [Transfer(1, hole, spender, BTC, None, "input", T, tx="k", index=0),
         Transfer(1, spender, B, BTC, 90, "output", T, tx="j", index=0)],
    ]  # fmt: skip
    for number, records in enumerate(sources if output_first else reversed(sources), start=1):
        add(case, number, records)
    sql = (
        "SELECT t.kind, n.key, t.amount FROM transfers t JOIN nodes n ON n.node_id = t.src "
        "WHERE t.ref = 'k:0' AND t.kind = 'input'"
    )
    assert rows(case, sql) == [("input", "A", 100)]
    assert rows(case, "SELECT amount FROM transfers WHERE kind = 'fee'") == [(10,)]
    assert rows(case, "SELECT count(*) FROM nodes WHERE key = 'k:0'") == [(0,)]
    assert rows(case, "SELECT count(*) FROM citations") == [(1,)]


def test_an_input_nobody_values_is_kept_with_its_value_unknown(case: Case) -> None:
    hole = Node("bitcoin", "k:0", label=PLACEHOLDER_LABEL)
    add(case, 1, [Transfer(1, hole, Node("bitcoin", "j", "junction"), BTC, None, "input", T, tx="k", index=0)])
    assert rows(case, "SELECT kind, amount FROM transfers") == [("input", None)]


def test_a_row_with_an_error_loses_all_its_facts_and_only_its_own(case: Case) -> None:
    add(
        case,
        1,
        [pay(1, 5, "a"), pay(2, 6, "b"), Event(1, "mention", T, X, None, "x", "e1"), Issue(1, "error", "bad", "m")],
    )
    assert rows(case, "SELECT amount FROM transfers") == [(6,)]
    assert rows(case, "SELECT count(*) FROM events") == [(0,)]


def test_amounts_beyond_38_digits_are_refused_aloud_and_18_decimals_stay_exact(case: Case) -> None:
    add(case, 1, [pay(1, MAX_AMOUNT, "a"), pay(2, MAX_AMOUNT + 1, "b")])
    assert rows(case, "SELECT amount::VARCHAR FROM transfers") == [("9" * 38,)]
    assert rows(case, "SELECT row, code FROM issues") == [(2, "amount_too_large")]
    assert case.read_frame("SELECT amount FROM transfers")["amount"].tolist() == [MAX_AMOUNT]


def test_events_and_tags_are_one_fact_each(case: Case) -> None:
    facts: list[Record] = [Event(1, "mention", T, X, Y, "x", "chat|1"), Tag(2, X, "shop", "exchange", None, None, "o")]
    add(case, 1, facts)
    add(case, 2, facts)
    assert rows(case, "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM tags)") == [(1, 1)]
    assert rows(case, "SELECT fact, fact_id, source_id, row FROM citations ORDER BY 1") == [
        ("event", 1, 2, 1),
        ("tag", 1, 2, 2),
    ]


def test_value_is_conserved_whatever_is_stated_twice() -> None:
    """Random sources stating random subsets of a known set of transfers, in any order, always end in that set."""
    import tempfile
    from pathlib import Path

    for seed in range(6):
        draw = random.Random(seed)
        truth = [(f"t{draw.randrange(12)}", draw.randrange(1, 4), n) for n in range(40)]
        with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder) / "c") as case:
            for number in range(1, 5):
                part = truth if number == 4 else draw.sample(truth, 20)
                add(
                    case,
                    number,
                    [pay(n + 1, amount, tx, index=n) for tx, amount, n in sorted(part, key=lambda p: p[2])],
                )
            found = rows(case, "SELECT count(*), sum(amount), count(DISTINCT public_id) FROM transfers")
            # a part that lacks an earlier one of several equal transfers cannot say which it saw: never more than the truth
            assert found == [(len(truth), sum(amount for _, amount, _ in truth), len(truth))], seed


def with_status(row: int, status: str) -> Transfer:
    return replace(pay(row, 5), status=status)


@pytest.mark.parametrize("outcome", ["ok", "failed"])
@pytest.mark.parametrize("before", ["unstated", "unconfirmed"])
def test_a_source_that_knows_the_outcome_completes_one_that_did_not(case: Case, before: str, outcome: str) -> None:
    add(case, 1, [with_status(1, before)])
    add(case, 2, [with_status(8, outcome)])
    add(case, 3, [with_status(9, before)])
    assert rows(case, "SELECT status, source_id, row FROM transfers") == [(outcome, 1, 1)]
    assert rows(case, "SELECT source_id, row FROM citations ORDER BY ALL") == [(2, 8), (3, 9)]
    assert rows(case, "SELECT source_id, row, severity, code FROM issues") == [(2, 8, "note", "status_completed")]
    assert "source 1 row 1" in rows(case, "SELECT message FROM issues")[0][0]


@pytest.mark.parametrize(("first", "second"), [("ok", "failed"), ("failed", "ok")])
def test_carried_out_and_failed_contradict_each_other(case: Case, first: str, second: str) -> None:
    add(case, 1, [with_status(1, first)])
    add(case, 2, [with_status(8, second), pay(9, 6)])
    assert rows(case, "SELECT amount, status, source_id FROM transfers ORDER BY 1") == [(5, first, 1), (6, "ok", 2)]
    assert rows(case, "SELECT source_id, row, severity, code FROM issues") == [(2, 8, "error", "contradiction")]
    message = rows(case, "SELECT message FROM issues")[0][0]
    assert f"`{second}`" in message
    assert f"source 1 row 1 states `{first}`" in message
    assert rows(case, "SELECT row, fresh FROM row_fates") == [(9, True)]


def test_the_outcome_of_a_row_of_the_same_source_completes_it_too(case: Case) -> None:
    add(case, 1, [replace(pay(1, 5, index=3), status="unstated"), replace(pay(2, 5, index=3), status="ok")])
    assert rows(case, "SELECT status, row FROM transfers") == [("ok", 1)]

"""What judgements are about, in one form; and which are in force."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trails.errors import UsageError
from trails.targets import STEP_OF, Judgement, Target, find_in_force, parse_target, read_judgements

WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=20)
RAIL = st.sampled_from(["tron", "hawala", "chat"])


@given(WORD, RAIL, WORD, WORD)
def test_every_target_comes_back_from_its_text(first: str, rail: str, second: str, third: str) -> None:
    one, other = f"{rail}:{first}", f"{rail}:{second}"
    for target in (
        Target("node", (rail, first)), Target("node", (rail, first), "driver"), Target("code", (first, "4718"), "use"),
        Target("code", (first, "4718"), "lost"), Target("claim", ("co_spend", one, other, "T0123456789abcdef")),
        Target("match", ("T1", "T2")), Target("link", (one, other, third)), Target("role", ("driver", one)),
    ):  # fmt: skip
        assert parse_target(target.text) == target


@pytest.mark.parametrize(("text", "nodes"), [
    ("node:tron:TA", ("tron:TA",)), ("node+driver:tron:TA", ("tron:TA",)),
    ("claim:alias|chat:a|chat:b%7Cc|", ("chat:a", "chat:b|c")),
    ("link:tron:TA|tron:TB|USDT@tron", ("tron:TA", "tron:TB")), ("role:driver|tron:TA", ("tron:TA",)), ("match:T1|T2", ()),
    ("code-use:amber:4718", ()),
])  # fmt: skip
def test_the_nodes_a_target_names(text: str, nodes: tuple[str, ...]) -> None:
    assert parse_target(text).nodes == nodes
    assert parse_target(text).kind in STEP_OF


@pytest.mark.parametrize(
    "text", ["", "node:", "node:tron", "nodes:tron:TA", "claim:a|b", "code:amber:4718", "role:driver", "match:T1"]
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names nothing that can be judged"):
        parse_target(text)


def judged(number: int, target: str, verdict: str) -> Judgement:
    return Judgement(number, parse_target(target), verdict, "w", None, "why", None)


def test_the_last_on_each_target_is_in_force_and_slots_stand_beside_each_other() -> None:
    rows = [
        judged(1, "node:tron:TA", "role=driver"), judged(2, "code-use:a:1", "use=payee_token"),
        judged(3, "code-lost:a:1", "state=lost"),
        judged(4, "node:tron:TA", "role=organiser"), judged(5, "node+driver:tron:TA", "role=driver"),
        judged(6, "code-use:a:1", "use=secret_release"),
    ]  # fmt: skip
    for order in (rows, rows[::-1]):
        assert [each.number for each in find_in_force(order)] == [3, 4, 5, 6]
        assert [each.value for each in find_in_force(order, "node")] == ["organiser", "driver"]
    assert find_in_force(rows, "code")[1].value == "secret_release"


def test_rows_become_records_with_nothing_missing_guessed() -> None:
    frame = pd.DataFrame({
        "judgement_id": [2, 1], "target": ["node:tron:TB", "node:tron:TA"], "verdict": "role=driver", "who": "w",
        "at": [pd.NaT, pd.Timestamp("2026-01-01")], "why": [None, "x"], "supersedes": pd.array([None, 7], "Int64"),
    })  # fmt: skip
    first, second = read_judgements(frame)
    assert (first.number, first.why, first.supersedes) == (1, "x", 7)
    assert (second.at, second.why, second.supersedes) == (None, "", None)


@pytest.mark.parametrize(("verdict", "values"), [("role=none", ["none"]), ("role=office", ["office"])])
def test_what_is_said_of_a_node_replaces_its_further_roles_too(verdict: str, values: list[str]) -> None:
    """As an earlier version wrote ``--role none`` and ``--instead``: without a word of the further role."""
    rows = [
        judged(1, "node:tron:TA", "role=organiser"), judged(2, "node+driver:tron:TA", "role=driver"),
        judged(3, "node:tron:TA", verdict), judged(4, "node+driver:tron:TB", "role=driver"),
    ]  # fmt: skip
    assert [each.value for each in find_in_force(rows, "node")] == [*values, "driver"]
    later = [*rows, judged(5, "node+driver:tron:TA", "role=driver")]
    assert [each.number for each in find_in_force(later, "node")] == [3, 4, 5]

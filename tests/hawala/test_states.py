from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.hawala.test_debts import Books
from tests.links.small_case import shuffled
from trails.hawala.debts import find_debts
from trails.hawala.legs import list_legs
from trails.hawala.order import Dated, order_states
from trails.hawala.proceeds import sum_proceeds
from trails.hawala.reuse import find_possible_codes, find_two_payers
from trails.hawala.settlement import net_offices
from trails.hawala.states import trace_codes

HOUR = 3_600_000_000


def trace(case: Books) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = case.tables()
    legs = list_legs(tables)
    return trace_codes(tables, legs, find_debts(legs, tables), euro=1_100_000)


def life(case: Books, code: str = "4718") -> list[tuple[str, str]]:
    codes, states = trace(case)
    number = codes.loc[codes["text"] == code, "code_id"].iloc[0]
    mine = states[states["code_id"] == number]
    return list(zip(mine["state"], mine["basis"], strict=True))


@pytest.mark.parametrize(
    ("rows", "state", "anomalies"),
    [
        ([("deposit", 1000)], "coded", []),
        ([("deposit", 1000), ("payout", 900)], "paid", []),
        ([("deposit", 1000), ("payout", 950), ("fee", 50)], "paid", []),
        ([("deposit", 1000), ("payout", 250)], "part_paid", []),
        ([("deposit", 1000), ("payout", 250), ("payout", 700)], "paid", []),
        ([("deposit", 300), ("payout", 170)], "paid", []),  # a flat fee
        ([("deposit", 1000), ("refund", 950)], "refunded", []),
        ([("deposit", 1000), ("payout", 1015)], "paid", []),
        ([("deposit", 1000), ("payout", 1500)], "paid", ["over"]),
        ([("deposit", 1000), ("payout", 950), ("payout", 950)], "paid", ["over", "paid_twice"]),
        ([("payout", 950)], "paid", ["no_deposit"]),
    ],
)
def test_the_last_state_is_the_furthest_that_rows_show(
    rows: list[tuple[str, int]], state: str, anomalies: list[str]
) -> None:
    case = Books()
    for day, (kind, euro) in enumerate(rows):
        case.row(kind, "4718", euro * 100, 1 + day)
    codes, _ = trace(case)
    assert codes["state"].tolist() == [state]
    assert json.loads(codes["anomalies"].iloc[0]) == anomalies


def test_nothing_is_invented_and_what_is_inferred_says_so() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    assert life(case) == [("agreed", "inferred"), ("held", "recorded"), ("coded", "recorded")]
    case.row("payout", "4718", 95_000, 9)
    assert life(case) == [
        ("agreed", "inferred"), ("held", "recorded"), ("coded", "recorded"), ("in_leg", "inferred"), ("authorised", "inferred"),
        ("paid", "recorded"),
    ]  # fmt: skip
    _, states = trace(case)
    leg = states[states["state"] == "in_leg"].iloc[0]
    assert leg["since"] < leg["until"]
    assert json.loads(leg["evidence"]) == ["transfer:1", "transfer:2"]


def quoted(case: Books, code: str, day: float) -> None:
    event = case.event("code_quoted", at=24 * day, source=9)
    case.rows["events"][event - 1]["text"] = code


def test_the_four_uses_are_kept_apart() -> None:
    case = Books()
    for code in ("1111", "2222", "3333", "4444"):
        case.row("deposit", code, 100_000, 1)
    quoted(case, "1 1-1 1", 4)
    case.event("token", node=case.codes["a", "2222"])
    case.row("deposit", "3333", 100_000, 1, source=2)
    codes, _ = trace(case)
    assert dict(zip(codes["text"], codes["use"], strict=True)) == {
        "1111": "secret_release", "2222": "payee_token", "3333": "transfer_ref", "4444": "unknown",
    }  # fmt: skip


def test_a_quoted_secret_is_a_release_and_the_picture_before_it_only_perhaps_its_proof() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    case.row("payout", "4718", 95_000, 9)
    case.event("proof", at=24 * 7.5, source=9)
    quoted(case, "4718", 8)
    assert ("authorised", "recorded") in life(case)
    assert ("proof", "inferred") in life(case)


def test_no_rule_about_order_fires_while_the_use_is_unknown() -> None:
    case = Books()
    case.row("payout", "4718", 95_000, 1)
    case.row("deposit", "4718", 100_000, 9)
    assert json.loads(trace(case)[0]["anomalies"].iloc[0]) == []
    quoted(case, "4718", 10)
    assert json.loads(trace(case)[0]["anomalies"].iloc[0]) == ["paid_before_deposit"]


def test_overlapping_days_are_no_wrong_order() -> None:
    case = Books()
    case.row("payout", "4718", 95_000, 8.6)
    case.row("deposit", "4718", 100_000, 9)
    quoted(case, "4718", 10)
    assert json.loads(trace(case)[0]["anomalies"].iloc[0]) == []


def test_a_code_of_one_digit_is_nobodys_in_a_chat() -> None:
    case = Books()
    case.row("deposit", "4", 100_000, 1)
    quoted(case, "4", 4)
    assert trace(case)[0]["use"].tolist() == ["unknown"]


def test_after_ninety_days_the_same_text_is_another_code() -> None:
    case = Books()
    for day in (1, 50, 142):
        case.row("deposit", "4718", 100_000, day)
    codes, _ = trace(case)
    assert codes["text"].tolist() == ["4718", "4718"]
    assert codes["until"].iloc[0] < codes["since"].iloc[1]


def test_a_row_told_by_two_books_counts_once_and_is_cited() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    first = case.row("payout", "4718", 95_000, 9, error=0, source=2)
    again = case.row("payout", "4718", 95_000, 9, source=1)
    codes, states = trace(case)
    assert (codes["state"].iloc[0], int(codes["paid"].iloc[0])) == ("paid", 95_000)
    paid = states[states["state"] == "paid"].iloc[0]
    assert json.loads(paid["evidence"]) == [f"transfer:{first}", f"transfer:{again}"]


def test_a_judged_state_stands_beside_the_records() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    for number, (verdict, word) in enumerate((("state=coerced", "coerced"), ("state=failed", "failed")), start=1):
        case.rows["judgements"].append({
            "judgement_id": number, "target": f"code-{word}:a:4718", "verdict": verdict, "who": "x",
            "at": pd.Timestamp("2024-09-01"), "why": "message 77", "supersedes": None,
        })  # fmt: skip
    steps = life(case)
    assert ("coerced", "judged") in steps
    assert ("failed", "judged") in steps
    assert trace(case)[0]["state"].tolist() == ["coerced"]


def test_no_order_of_rows_matters() -> None:
    case = Books()
    for number in range(20):
        case.row(("deposit", "payout", "fee")[number % 3], f"47{number % 4}8", 1_000 * number + 1, number, source=1 + number % 2)
    tables = case.tables()
    results = []
    for each in (tables, shuffled(tables, 5)):
        legs = list_legs(each)
        results.append(trace_codes(each, legs, find_debts(legs, each)))
    for left, right in zip(*results, strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_two_payers_of_one_code_within_ninety_days() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    case.row("deposit", "4718", 200_000, 31)
    found = find_two_payers(list_legs(case.tables()))
    assert found["days"].tolist() == [29]
    assert len(json.loads(found["payers"].iloc[0])) == 2
    assert len(find_two_payers(list_legs(case.tables()), window_days=20)) == 0


def test_possible_codes_are_lonely_fit_and_are_never_merged() -> None:
    case = Books()
    case.row("deposit", "4718", 100_000, 1)
    case.row("payout", "4781", 95_000, 9)
    case.row("payout", "4719", 20_000, 9)  # too little
    case.row("payout", "5829", 95_000, 9)  # another code
    found = find_possible_codes(list_legs(case.tables()))
    assert [(row["code_a"], row["code_b"], row["rivals"]) for row in found.to_dict("records")] == [
        (case.codes["a", "4718"], case.codes["a", "4781"], 0)
    ]
    case.row("deposit", "4782", 100_000, 1)
    assert find_possible_codes(list_legs(case.tables()))["rivals"].tolist() == [1, 1]
    assert len(trace(case)[0]) == 5


def order(first: tuple[float, float], then: tuple[float, float], *, basis: str = "assumed") -> tuple[str, list[str]]:
    spans = [(int(low * HOUR), int(high * HOUR)) for low, high in (first, then)]
    facts = pd.DataFrame({
        "fact": ["event:1", "transfer:2"],
        "time": [pd.Timestamp("2024-08-15") + pd.Timedelta(hours=each[0]) for each in (first, then)],
        "time_error_s": 0, "time_basis": ["stated", basis], "source": ["chat", "book"], "row": [1, 2],
    })  # fmt: skip
    steps = [Dated("proof", *spans[0], ("event:1",)), Dated("paid", *spans[1], ("transfer:2",))]
    (found,) = order_states(steps, facts)
    return found.verdict, list(found.flips)


def test_order_is_only_claimed_where_intervals_do_not_overlap() -> None:
    assert order((0, 1), (2, 3))[0] == "in order"
    assert order((0, 2), (1, 3))[0] == "not certain"
    assert order((2, 3), (0, 1))[0] == "reversed"


def test_what_would_turn_the_order_round_is_named() -> None:
    _, flips = order((0, 0), (4.5, 4.5))
    assert flips[0] == "if the clock of book is off by 5 h or more against the other, the order is another"
    assert any("read lunar, -2 days, paid and proof are reversed" in flip for flip in flips)
    _, flips = order((0, 0), (24 * 30, 24 * 30))
    assert flips == []
    _, flips = order((0, 0), (4.5, 4.5), basis="chain")
    assert not any("lunar" in flip for flip in flips)


def no_matches() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in ("transfer_a", "transfer_b", "kind", "state", "second")})


def test_a_settlement_is_netted_where_the_payouts_before_it_add_up() -> None:
    case = Books()
    for day in range(1, 6):
        case.row("payout", f"471{day}", 100_000, day)
    office, other = case.node("party:a:office", "hawala", label="Office"), case.node("party:a:other", "hawala", label="Other")
    first = case.move(other, office, 500_000, kind="settlement", asset="EUR", at=24 * 7)
    case.row("payout", "4799", 80_000, 8)
    second = case.move(other, office, 300_000, kind="settlement", asset="EUR", at=24 * 12)
    case.row("payout", "4798", 70_000, 20)
    tables = case.tables()
    found = net_offices(tables, list_legs(tables), same_as={}, matches=no_matches())
    assert found["state"].tolist() == ["netted", "apart", "open"]
    assert found["settlement"].dropna().tolist() == [first, second]
    assert found["owed"].tolist() == [500_000, 80_000, 70_000]
    assert found["difference"].tolist()[:2] == [0, -220_000]


def test_a_carried_settlement_is_cleared_and_a_third_party_only_a_candidate() -> None:
    for state, second, word in (("link", "one row", "cleared"), ("possible", None, "candidate"), ("ambiguous", None, "apart")):
        case = Books()
        office, other = case.node("party:a:office", "hawala"), case.node("party:a:other", "hawala")
        booked = case.move(other, office, 500_000, kind="settlement", asset="EUR", at=24 * 7)
        sent = case.move(case.node("T1"), case.node("T2"), 5_500_000_000, at=24 * 7)
        matches = pd.DataFrame({
            "transfer_a": [booked], "transfer_b": [sent], "kind": ["settlement"], "state": [state], "second": [second],
        })  # fmt: skip
        tables = case.tables()
        found = net_offices(tables, list_legs(tables), same_as={}, matches=matches)
        assert found["state"].tolist() == [word]
        assert (f"transfer:{sent}" in json.loads(found["evidence"].iloc[0])) == (word != "apart")


def find_proceeds(case: Books, payees: set[int] | None = None) -> pd.DataFrame:
    tables = case.tables()
    legs = list_legs(tables)
    debts = find_debts(legs, tables)
    codes, states = trace_codes(tables, legs, debts)
    same = dict(zip(debts["transfer_b"].tolist(), debts["transfer_a"].tolist(), strict=True))
    return sum_proceeds(codes, states, legs, same_as=same, payees=payees)


def lines(case: Books, payees: set[int] | None = None) -> dict[str, tuple[int, int, int]]:
    found = find_proceeds(case, payees)
    return {row["line"]: (row["least"], row["central"], row["most"]) for row in found.to_dict("records")}


def test_proceeds_count_one_debt_once_and_keep_refunds_and_coercion_apart() -> None:
    case = Books()
    case.row("deposit", "1111", 100_000, 1)
    case.row("payout", "1111", 95_000, 5, source=2, error=0)
    case.row("payout", "1111", 95_000, 5)  # the same in the other book
    case.row("deposit", "2222", 50_000, 1)
    case.row("deposit", "3333", 70_000, 1)
    case.row("refund", "3333", 60_000, 9)
    case.row("deposit", "4444", 20_000, 1)
    case.row("payout", "4444", 19_000, 4)
    case.rows["judgements"].append({
        "judgement_id": 1, "target": "code-coerced:a:4444", "verdict": "state=coerced", "who": "x",
        "at": pd.Timestamp("2024-09-01"), "why": "threat", "supersedes": None,
    })  # fmt: skip
    found = lines(case)
    assert found["paid"] == (104_500, 104_500, 110_000), "in USD at 1.1"
    assert found["held"] == (0, 0, 55_000)
    assert found["refunded"] == (66_000, 66_000, 66_000)
    assert found["coerced"] == (20_900, 20_900, 22_000)
    assert found["total"] == (104_500, 104_500, 165_000)
    assert all(least <= central <= most for least, central, most in found.values())


def test_bounds_of_proceeds_are_rounded_so_that_what_is_said_stays_true() -> None:
    case = Books()
    case.row("deposit", "1111", 123_457, 1)  # at 1.1: 1,358.027 USD
    case.row("payout", "1111", 123_454, 5)  # 1,357.994 USD
    found = find_proceeds(case).set_index("line")
    assert (found.loc["total", "least"], found.loc["total", "central"], found.loc["total", "most"]) == (135_799, 135_799, 135_803)
    assert found.loc["total", "wording"] == (
        "Brought by all codes of these books, whoever's they are: at least 1,357.99 USD; centrally 1,357.99 USD; "
        "at most 1,358.03 USD."
    )


def test_proceeds_of_named_people_leave_out_everybody_elses() -> None:
    case = Books()
    case.row("deposit", "1111", 100_000, 1)
    mine = case.row("payout", "1111", 95_000, 5)
    case.row("deposit", "2222", 100_000, 1)
    case.row("payout", "2222", 95_000, 5)
    payee = int(str(case.rows["transfers"][mine - 1]["dst"]))
    assert lines(case, {payee})["paid"] == (104_500, 104_500, 110_000)


def test_an_empty_case_has_empty_tables() -> None:
    case = Books()
    codes, states = trace(case)
    assert len(codes) == len(states) == 0
    assert lines(case)["total"] == (0, 0, 0)

"""What only a whole book shows: balances, numbers, corrections, look-alike codes and names; and the finer kinds of row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import hawala_ledger
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

STATUS = {"in": "deposit", "out": "payout", "back": "refund", "net": "settlement", "netin": "settlement_in",
          "pay": "payment", "moved": "reassignment", "both": "completed", "storno": "correction", "-": "skip"}  # fmt: skip
HEADER = (
    "number;date;status;code;payer;payee;office;amount;currency;fee;balance;corrects;split;token;paid_date;pay_office"
)
BASE: dict[str, Any] = {
    "scope": "s", "timezone": "UTC", "decimal_mark": ".", "thousands_mark": ",", "delimiter": ";", "status": STATUS,
    "columns": {word: word for word in HEADER.split(";")}, "words": ["en", "bcs"], "balance_rises_with": "credit",
}  # fmt: skip
GOOD = {
    "date": "2024-08-02",
    "status": "in",
    "code": "4718",
    "payer": "P",
    "payee": "Q",
    "amount": "100",
    "currency": "EUR",
}


def read_rows(folder: Path, rows: list[dict[str, str]], **change: Any) -> Reading:
    # a declared column must be filled; the office stands in its own column only where a row names one
    used = {word: word for word in HEADER.split(";") if word != "office" or any("office" in row for row in rows)}
    lines = [";".join(used), *(";".join({**GOOD, **row}.get(word, "") for word in used) for row in rows)]
    mapping = {key: value for key, value in {**BASE, "columns": used, **change}.items() if value is not None}
    return read_all(hawala_ledger, make_source(folder, "\n".join(lines), "l.csv"), ReadOptions(mapping=mapping))


def breaks(reading: Reading) -> list[int | None]:
    return [issue.row for issue in reading.issues if issue.code == "balance_break"]


@pytest.mark.parametrize(
    ("balances", "broken"),
    [
        (("100", "150", "350"), []), (("1,000", "1,050", "1,250"), []), (("100", "150", "349"), [4]),
        (("100", "160", "360"), [3]), (("", "150", "350"), []), (("100", "", "350"), []), (("100", "", "351"), [4]),
        (("", "", ""), []), (("-50", "0", "200"), []), (("50 dr", "0", "200 cr"), []),
    ],
)  # fmt: skip
def test_a_balance_follows_from_the_one_before(tmp_path: Path, balances: tuple[str, ...], broken: list[int]) -> None:
    amounts = ("100", "50", "200")
    rows = [{"amount": amount, "balance": balance} for amount, balance in zip(amounts, balances, strict=True)]
    reading = read_rows(tmp_path, rows)
    assert breaks(reading) == broken
    assert reading.refused == set()


@pytest.mark.parametrize(
    ("rises", "status", "after"),
    [("credit", "in", "130"), ("credit", "out", "70"), ("credit", "netin", "130"), ("credit", "net", "70"),
     ("credit", "pay", "70"), ("debit", "in", "70"), ("debit", "out", "130"), ("debit", "pay", "130")],
)  # fmt: skip
def test_each_kind_moves_the_balance_its_way(tmp_path: Path, rises: str, status: str, after: str) -> None:
    rows = [{"balance": "100"}, {"status": status, "amount": "30", "balance": after}]
    assert breaks(read_rows(tmp_path, rows, balance_rises_with=rises)) == []
    rows[1]["balance"] = "100"
    assert breaks(read_rows(tmp_path, rows, balance_rises_with=rises)) == [3]


def test_a_removed_or_an_altered_row_breaks_the_balance_once(tmp_path: Path) -> None:
    rows = [{"amount": "10", "balance": str(10 * n)} for n in range(1, 8)]
    assert breaks(read_rows(tmp_path, rows)) == []
    assert breaks(read_rows(tmp_path, rows[:3] + rows[4:])) == [5]
    rows[3]["amount"] = "11"
    (issue,) = (i for i in read_rows(tmp_path, rows).issues if i.code == "balance_break")
    assert (issue.row, issue.severity) == (5, "warning")
    for said in ("41.00 EUR", "40.00 EUR", "the balance of row 4", "missing or altered row"):
        assert said in issue.message


def test_currencies_and_persons_have_their_own_balances(tmp_path: Path) -> None:
    rows = [{"balance": "100"}, {"currency": "USD", "balance": "7,000"}, {"balance": "200"},
            {"currency": "USD", "balance": "7,100"}]  # fmt: skip
    assert breaks(read_rows(tmp_path, rows)) == []
    rows = [
        {"payee": "Gagi", "balance": "100"},
        {"payee": "Miki", "balance": "500"},
        {"payee": "Гаги", "balance": "200"},
    ]
    assert breaks(read_rows(tmp_path, rows, balance_per="payee")) == []
    assert breaks(read_rows(tmp_path, rows)) == [3, 4]


def test_a_list_begun_with_nothing_owed_is_checked_from_its_first_row(tmp_path: Path) -> None:
    assert breaks(read_rows(tmp_path, [{"balance": "150"}])) == []
    assert breaks(read_rows(tmp_path, [{"balance": "150"}], balance_starts="zero")) == [2]


def test_after_a_row_that_cannot_be_read_the_balance_starts_anew(tmp_path: Path) -> None:
    rows = [{"balance": "100"}, {"amount": "x", "balance": "900"}, {"balance": "1,000"}, {"balance": "1,101"}]
    reading = read_rows(tmp_path, rows)
    assert breaks(reading) == [5]
    assert reading.codes == {"amount_damaged": 1, "balance_break": 1, "balance_unchecked": 1}
    assert read_rows(tmp_path, [{"balance": "?"}]).codes == {"balance_damaged": 1}


def test_a_correction_moves_the_balance_and_is_no_payment(tmp_path: Path) -> None:
    rows = [{"number": "1", "balance": "100"}, {"number": "2", "amount": "-40", "balance": "60", "corrects": "1"},
            {"number": "3", "status": "storno", "amount": "-10", "balance": "50", "code": ""}]  # fmt: skip
    reading = read_rows(tmp_path, rows, negative="correction")
    assert [t.row for t in reading.transfers] == [2]
    assert [(e.row, e.node and e.node.key, e.text) for e in reading.events] == [
        (3, "code:s:4718", "in -40 EUR; corrects entry 1"), (4, "party:s:q", "storno -10 EUR"),
    ]  # fmt: skip
    assert reading.codes == {}
    assert read_rows(tmp_path, rows).errors == [(3, "negative_amount")]


def test_a_correction_of_an_entry_that_is_not_there_is_said(tmp_path: Path) -> None:
    rows = [{"number": "1"}, {"number": "2", "status": "storno", "amount": "-100", "corrects": "7"}]
    assert read_rows(tmp_path, rows).graded == {("warning", "correction_unmatched"): 1}


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ("1 2 3", None), ("1 2 4", "3"), ("1 2 5 6 7", "3-4"), ("7 6 4 3", "5"), ("8 9 1 2", None), ("8 9 1 3", "2"),
        ("1 2 ۴", "3"), ("1 x 2", None), ("104 9 77 5012", None), ("1 3 2", None), ("² 1 2", None), ("1 2 2 4", "3"),
    ],
)  # fmt: skip
def test_numbers_left_out_of_a_run(tmp_path: Path, numbers: str, missing: str | None) -> None:
    rows = [{"number": number, "code": f"c{at}", "status": "in"} for at, number in enumerate(numbers.split())]
    found = [i.message for i in read_rows(tmp_path, rows).issues if i.code == "numbers_missing"]
    assert len(found) == (missing is not None)
    assert all(f"leave out {missing}:" in message for message in found)


def test_skipped_and_refused_rows_keep_their_numbers_and_offices_have_their_own(tmp_path: Path) -> None:
    rows = [{"number": "1"}, {"number": "2", "status": "-"}, {"number": "3", "amount": "x"}, {"number": "4"}]
    assert read_rows(tmp_path, rows).codes == {"amount_damaged": 1}
    rows = [{"number": "1", "office": "A"}, {"number": "50", "office": "B"}, {"number": "2", "office": "A"}]
    assert read_rows(tmp_path, rows).codes == {}


def test_one_number_twice_is_said(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, [{"number": "1"}, {"number": "1", "amount": "70"}, {"number": "1", "status": "out"}])
    assert [(i.row, i.code) for i in reading.issues] == [(3, "number_repeated")]


@pytest.mark.parametrize(
    ("one", "other", "possible"),
    [
        ("C123O5", "C12305", True), ("HWL1", "HWLI", True), ("8B12", "8812", True), ("ن-4718", "4718", True),
        ("С123", "C123", True), ("47 18", "4-718", False), ("4718", "4719", False), ("A4718", "B4718", False),
        ("ن-47", "47", False), ("۴۷۱۸", "4718", False),
    ],
)  # fmt: skip
def test_codes_that_look_alike_are_possibly_one_and_never_merged(
    tmp_path: Path, one: str, other: str, *, possible: bool
) -> None:
    reading = read_rows(tmp_path, [{"code": one}, {"code": other}, {"code": one}])
    found = [event for event in reading.events if event.kind == "code_possible"]
    assert len(found) == possible
    assert all((event.row, event.node and event.node.label) == (3, other) for event in found)


def test_a_look_alike_in_a_refused_row_is_no_code_of_the_book(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, [{"code": "C12305"}, {"code": "C123O5", "amount": "x"}])
    assert reading.events == []


@pytest.mark.parametrize(
    ("one", "other", "possible"),
    [
        ("Гаги", "Gagi", True),
        ("علي", "علی", True),
        ("Šaban", "Saban", True),
        ("Gagi", "Gaga", False),
        ("GAGI", "gagi", False),
    ],
)
def test_names_in_two_spellings_are_possibly_one(tmp_path: Path, one: str, other: str, *, possible: bool) -> None:
    reading = read_rows(tmp_path, [{"payer": one}, {"payer": other}])
    assert len([event for event in reading.events if event.kind == "name_possible"]) == possible
    # the same letters are no second name beside the code
    assert reading.codes["code_second_name"] == (one == "Gagi")


def test_a_declared_prefix_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    rows = [{"code": "ن-4718"}, {"code": "4718"}, {"code": "ن"}, {"code": "AN12"}]
    keys = [t.dst.key for t in read_rows(tmp_path, rows, code_prefixes=["ن"]).transfers]
    assert keys == ["code:s:4718", "code:s:4718", "code:s:ن", "code:s:an12"]


def test_a_completed_row_is_deposit_and_payout(tmp_path: Path) -> None:
    row = {"status": "both", "fee": "5", "paid_date": "2024-08-04", "office": "A", "pay_office": "B"}
    inside, on_top = (read_rows(tmp_path, [row], fee_taken=taken) for taken in ("deposit", "on_top"))
    assert [(t.kind, t.amount) for t in inside.transfers] == [("deposit", 10_000), ("payout", 9_500), ("fee", 500)]
    assert [(t.kind, t.amount) for t in on_top.transfers] == [("deposit", 10_500), ("payout", 10_000), ("fee", 500)]
    assert [t.time.time and t.time.time.day for t in inside.transfers] == [2, 4, 2]
    assert read_rows(tmp_path, [{**row, "paid_date": ""}]).codes == {"paid_date_missing": 1}


def test_fees_on_top_are_part_of_what_was_handed_over(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, [{"fee": "150"}], fee_taken="on_top")
    assert [(t.kind, t.amount) for t in reading.transfers] == [("deposit", 25_000), ("fee", 15_000)]


def test_a_share_agreed_is_kept_at_the_payout(tmp_path: Path) -> None:
    rows = [{"fee": "%5"}, {"status": "out", "amount": "57"}, {"status": "out", "amount": "10 USD", "currency": ""},
            {"status": "out", "amount": "9.50", "fee": "0.50"}]  # fmt: skip
    reading = read_rows(tmp_path, rows, fee_taken="payout")
    assert [(t.row, t.amount) for t in reading.of_kind("fee")] == [(3, 300), (5, 50)]
    assert reading.graded == {("note", "fee_from_terms"): 1}
    assert read_rows(tmp_path, [{"fee": "100 %"}]).codes == {"fee_damaged": 1}


@pytest.mark.parametrize(
    ("split", "parts"),
    [
        ("pola keš, pola TRC", [("cash", 5_000), ("transfer", 5_000)]), ("½ keš + ½ keš", [("cash", 5_000)] * 2),
        ("half cash, half bank", [("cash", 5_000), ("transfer", 5_000)]), ("", [("transfer", 10_000)]),
        ("sve keš", [("transfer", 10_000)]), ("pola keš", [("transfer", 10_000)]),
    ],
)  # fmt: skip
def test_a_payment_in_two_halves(tmp_path: Path, split: str, parts: list[tuple[str, int]]) -> None:
    reading = read_rows(tmp_path, [{"status": "pay", "split": split}])
    assert [(t.kind, t.amount) for t in reading.transfers] == parts
    assert len({t.identity for t in reading.transfers}) == len(parts)
    assert reading.codes == ({"split_unclear": 1} if split and len(parts) == 1 else {})


def test_a_settlement_that_came_in_goes_the_other_way(tmp_path: Path) -> None:
    out, back = read_rows(tmp_path, [{"status": "net"}, {"status": "netin"}]).transfers
    assert (out.src.key, out.dst.key) == ("party:s:s", "party:s:q")
    assert (back.src.key, back.dst.key, back.kind) == ("party:s:p", "party:s:s", "settlement")


def test_several_sums_are_several_facts_of_one_row(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, [{"amount": "5 EUR + 7 USD + 9 EUR", "currency": "", "fee": "10 %"}])
    assert [(t.kind, t.amount, t.asset.asset) for t in reading.transfers] == [
        ("deposit", 500, "EUR"), ("deposit", 700, "USD"), ("deposit", 900, "EUR"),
        ("fee", 50, "EUR"), ("fee", 70, "USD"), ("fee", 90, "EUR"),
    ]  # fmt: skip
    assert len({t.identity for t in reading.transfers}) == 6


@pytest.mark.parametrize(
    ("status", "kind", "amount"),
    [("released", "payout", 10_000), ("RELEASED 60", "payout", 6_000), ("paid out 60 EUR", "payout", 6_000),
     ("isplaćeno", "payout", 10_000), ("ISPLACENO 7,50", None, None), ("čeka", "deposit", 10_000),
     ("released maybe", None, None), ("in 40", "deposit", 4_000)],
)  # fmt: skip
def test_a_status_may_hold_the_part_released(tmp_path: Path, status: str, kind: str | None, amount: int | None) -> None:
    reading = read_rows(tmp_path, [{"status": status}])
    assert [(t.kind, t.amount) for t in reading.transfers] == ([(kind, amount)] if kind else [])
    assert len(reading.refused) == (kind is None)


ACCOUNT: dict[str, Any] = {
    "scope": "s", "timezone": "UTC", "decimal_mark": ".", "thousands_mark": ",", "currency": "EUR",
    "balance_rises_with": "credit", "columns": {w: w for w in ("date", "party", "credit", "debit", "balance")},
}  # fmt: skip


def read_account(folder: Path, *lines: str, **change: Any) -> Reading:
    source = make_source(folder, "\n".join(("date,party,credit,debit,balance", *lines)), "a.csv")
    return read_all(hawala_ledger, source, ReadOptions(mapping={**ACCOUNT, **change}))


def test_the_two_sides_of_an_account(tmp_path: Path) -> None:
    reading = read_account(
        tmp_path, "2024-08-01,,,,500", "2024-08-02,A,100,,600", "2024-08-03,A,0,50,550", "2024-08-04,A,,50,505",
        "2024-08-05,A,1,1,505", "2024-08-06,,5,,510",
    )  # fmt: skip
    assert [(t.row, t.src.key, t.dst.key, t.amount) for t in reading.transfers] == [
        (3, "party:s:a", "party:s:s", 10_000), (4, "party:s:s", "party:s:a", 5_000), (5, "party:s:s", "party:s:a", 5_000),
    ]  # fmt: skip
    assert [skip.row for skip in reading.skips] == [2]
    assert breaks(reading) == [5]
    assert reading.errors == [(6, "two_sides"), (7, "party_missing")]


@pytest.mark.parametrize(
    ("words", "credit", "debit"),
    [(["fa"], "بستانکار", "بدهکار"), (["ur"], "جمع", "نام"), (["ar"], "له", "عليه"), (["tr"], "ALACAK", "Borç"),
     (["bcs"], "потражује", "DUGUJE"), (["en"], "Credit", "dr")],
)  # fmt: skip
def test_a_word_may_say_the_side(tmp_path: Path, words: list[str], credit: str, debit: str) -> None:
    columns = {w: w for w in ("date", "party", "side", "amount", "status")}
    lines = [
        "date,party,side,amount,status",
        f"2024-08-02,A,{credit},5,x",
        f"2024-08-02,A,{debit},5,x",
        "2024-08-02,A,?,5,x",
    ]
    source = make_source(tmp_path, "\n".join(lines), "a.csv")
    mapping = {**ACCOUNT, "columns": columns, "status": {"x": "account"}, "words": words}
    del mapping["balance_rises_with"]  # without a column of balances it has no effect, and is refused
    reading = read_all(hawala_ledger, source, ReadOptions(mapping=mapping))
    assert [t.src.key for t in reading.transfers] == ["party:s:a", "party:s:s"]
    assert reading.errors == [(4, "side_unknown")]


def test_a_balance_needs_a_declared_side(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="balance_rises_with"):
        read_rows(tmp_path, [{}], balance_rises_with=None)


def test_a_line_drawn_under_the_header_is_no_entry(tmp_path: Path) -> None:
    text = "| date | code | payer | amount | status |\n|---|:--|--:|---|---|\n| 2024-08-02 | 1 | P | 5 | in |\n"
    mapping = {**BASE, "delimiter": "|", "currency": "EUR", "balance_rises_with": None,
               "columns": {w: w for w in ("date", "code", "payer", "amount", "status")}, "status": {"in": "deposit"}}  # fmt: skip
    del mapping["balance_rises_with"]
    reading = read_all(hawala_ledger, make_source(tmp_path, text, "t.txt"), ReadOptions(mapping=mapping))
    assert ([t.amount for t in reading.transfers], [s.row for s in reading.skips]) == ([500], [2])


def test_dates_of_other_calendars_are_counted_at_the_end(tmp_path: Path) -> None:
    rows = [{"date": "1403/05/12"}, {"date": "29 محرم 1446"}, {"date": "2 August night"}, {"date": "2024-08-02"}]
    reading = read_rows(tmp_path, rows, calendars=["gregorian", "jalali", "hijri"], period=["2024-07-01", "2024-09-30"])
    (note,) = reading.issues
    assert (note.row, note.severity, note.code) == (None, "note", "dates_read")
    for said in ("2 Gregorian", "1 Jalali", "1 lunar Hijri", "1 without a year", "1 of a night"):
        assert said in note.message

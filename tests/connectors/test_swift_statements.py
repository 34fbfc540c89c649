"""MT940 and MT942 as banks really write them: amounts read whole, lines of text that look like fields, whose account it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import bank_statement
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

OWN, OTHER, THIRD = "BA329999990000000017", "RS20999000000000000033", "DE38999999990000000021"


def read_text(folder: Path, text: str, **options: Any) -> Reading:
    options.setdefault("timezone", "UTC")
    return read_all(bank_statement, make_source(folder, text, "s.sta"), ReadOptions(**options))


def statement(
    *entries: str,
    account: str = OWN,
    opening: str = "C240801EUR1000,00",
    closing: str = "C240831EUR900,00",
    **said: str,
) -> str:
    head = said.get("head", f":20:REF\n:25:{account}\n:28C:8/1\n")
    lines = "".join(entry if entry.endswith("\n") else f"{entry}\n" for entry in entries)
    return f"{head}:60F:{opening}\n{lines}:62F:{closing}\n{said.get('end', '-')}\n"


PAID = f":61:2408050805D100,00NTRFNONREF//B-1\n:86:/TRTP/SEPA/IBAN/{OTHER}/NAME/Payee Fictional/REMI/one\n"


def others(reading: Reading) -> list[str]:
    """The other side of each payment, of the accounts above."""
    return [({t.src.key, t.dst.key} - {OWN, THIRD}).pop() for t in reading.transfers]


# --- an amount is read whole, or its row is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "units"),
    [
        ("000000000300.45", 30_045), ("000000000300,45", 30_045), ("300,", 30_000), ("300", 30_000), ("300.4", 30_040),
        (",45", 45), ("0,45", 45), (" 300,45", 30_045), ("N300,45 ", 30_045), ("R300,45", 30_045),
    ],
)  # fmt: skip
def test_an_amount_with_a_comma_or_a_point_is_read_whole(tmp_path: Path, written: str, units: int) -> None:
    reading = read_text(tmp_path, statement(f":61:240805C{written}NTRFNONREF"))
    assert [t.amount for t in reading.transfers] == [units]


@pytest.mark.parametrize(
    "written",
    [
        "1.234,56",
        "1,234.56",
        "1.234.567,00",
        "1.500",
        "1,500",
        "12,345",
        "300.45.1",
        "300,4,5",
        "1 300,00",
        "-5,00",
        "5,00x",
        ".",
    ],
)
def test_an_amount_that_cannot_be_read_whole_refuses_its_row_and_the_break_names_it(
    tmp_path: Path, written: str
) -> None:
    reading = read_text(tmp_path, statement(PAID, f":61:240805C{written}NTRFNONREF", closing="C240831EUR1200,00"))
    assert [row for row, _code in reading.errors] == [2]
    assert reading.kept == {1}
    (broken,) = [issue for issue in reading.issues if issue.code == "balance_break"]
    assert "refused and not counted: row 2" in broken.message


def test_a_point_before_three_figures_is_read_where_the_currency_has_three(tmp_path: Path) -> None:
    text = statement(":61:240805C1.500NTRFX", opening="C240801KWD1,000", closing="C240801KWD2,500")
    reading = read_text(tmp_path, text)
    assert ([t.amount for t in reading.transfers], reading.codes) == ([1_500], {})


@pytest.mark.parametrize(
    "cut", [":61:2408050805C15\n00,00NTRFNONREF", ":61:2408050805C15,0\n0NTRFNONREF", ":61:2408050805C15"]
)
def test_an_amount_that_the_end_of_the_line_cuts_is_refused(tmp_path: Path, cut: str) -> None:
    assert read_text(tmp_path, statement(cut)).errors == [(1, "entry_damaged")]


def test_balances_with_a_point_are_read_whole(tmp_path: Path) -> None:
    entry = ":61:240805C000000000300.45NTRFX"
    reading = read_text(
        tmp_path, statement(entry, opening="C240801EUR000000001000.55", closing="C240831EUR000000001301.00")
    )
    assert reading.codes == {}
    reading = read_text(tmp_path, statement(entry, opening="C240801EUR1000.55", closing="C240831EUR1301.01"))
    assert reading.codes == {"balance_break": 1}


@pytest.mark.parametrize(
    ("field", "tag"),
    [
        (":64:C240831EUR9.00,00", "64"), (":65:C240901EUR1,00,00", "65"), (":64:C240831EUR9\n00,00", "64"), (":65:nothing", "65"),
        (":62F:C240931EUR900,00", "62F"), (":62F:C240831EUR9\n00,00", "62F"), (":62F:C240831EUR900,000,1", "62F"),
        (":62F:C240831EUR-900,00", "62F"),
    ],
)  # fmt: skip
def test_a_balance_that_cannot_be_read_whole_is_named_and_costs_nothing_else(
    tmp_path: Path, field: str, tag: str
) -> None:
    text = statement(PAID)
    text = text.replace("-\n", f"{field}\n-\n") if tag != "62F" else text.replace(":62F:C240831EUR900,00", field)
    reading = read_text(tmp_path, text + statement(PAID, account=THIRD))
    wanted = {"head_damaged": 1} if tag != "62F" else {"head_damaged": 1, "balance_missing": 1}
    assert (reading.codes, reading.kept) == (wanted, {1, 2})
    (issue,) = [issue for issue in reading.issues if issue.code == "head_damaged"]
    assert f":{tag}:" in issue.message
    assert OWN in issue.message


@pytest.mark.parametrize("number", [":28C: /1", ":28C:", ":28C:eight", ":28C:8/x"])
def test_a_number_of_a_statement_that_cannot_be_read_costs_nothing_else(tmp_path: Path, number: str) -> None:
    head = f":20:REF\n:25:{OWN}\n{number}\n"
    reading = read_text(tmp_path, statement(PAID, head=head) + statement(PAID, account=THIRD))
    assert (reading.codes, reading.kept) == ({"head_damaged": 1}, {1, 2})


def test_two_closing_balances_that_differ_are_none(tmp_path: Path) -> None:
    text = statement(PAID, end=":62F:C240831EUR950,00\n-")
    assert read_text(tmp_path, text).codes == {"head_damaged": 1, "balance_missing": 1}
    assert read_text(tmp_path, text.replace("950", "900")).codes == {}


@pytest.mark.parametrize("length", [16, 18, 40])
def test_a_reference_that_is_too_long_costs_nothing(tmp_path: Path, length: int) -> None:
    reference = "R" * length
    reading = read_text(tmp_path, statement(f":61:2408050805D100,00NTRF{reference}//{'B' * length}"))
    assert ([t.ref for t in reading.transfers], reading.codes) == ([reference], {})


def test_words_that_say_where_a_reference_stands_are_none(tmp_path: Path) -> None:
    lines = [":61:240805D50,00NTRFEREF//B-1/TRCD/00100/\n:86:/EREF/E-1//REMI/x/", ":61:240805D50,00NTRFPREF//B-2"]
    assert [t.ref for t in read_text(tmp_path, statement(*lines)).transfers] == ["E-1", "B-2"]


def test_a_break_names_the_rows_that_could_be_its_cause(tmp_path: Path) -> None:
    lines = [PAID, ":61:240806D40,00NTRFX", ":61:240807C7,00NTRFY"]

    def say(closing: str) -> str:
        (issue,) = read_text(tmp_path, statement(*lines, closing=closing)).issues
        assert issue.code == "balance_break"
        return issue.message

    assert "row 2 would balance it if left out" in say("C240831EUR907,00")
    assert "row 2 would balance it the other way round" in say("C240831EUR947,00")
    assert "no single one of rows 1 to 3 explains it" in say("C240831EUR1,23")


def test_a_break_says_whether_a_refused_row_is_the_whole_of_it(tmp_path: Path) -> None:
    cut = ":61:2409310931D40,00NTRFX"
    (broken,) = [
        issue
        for issue in read_text(tmp_path, statement(PAID, cut, closing="C240831EUR860,00")).issues
        if issue.row is None
    ]
    assert "refused and not counted: row 2, which is the whole difference" in broken.message
    (broken,) = [
        issue
        for issue in read_text(tmp_path, statement(PAID, cut, closing="C240831EUR861,00")).issues
        if issue.row is None
    ]
    assert "refused and not counted: row 2)" in broken.message


def test_the_days_of_an_entry(tmp_path: Path) -> None:
    days = [
        ":61:2412310102D1,00NTRFA",
        ":61:2501021231D1,00NTRFB",
        ":61:9912310101D1,00NTRFC",
        ":61:240805    D1,00NTRFD",
    ]
    found = [str(t.time.time.date()) for t in read_text(tmp_path, statement(*days)).transfers if t.time.time]
    assert found == ["2025-01-02", "2024-12-31", "2000-01-01", "2024-08-05"]


def test_a_day_that_february_lacks_is_kept_only_beside_a_booked_day(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path, statement(":61:2402300229D50,00NTRFA", ":61:240230D50,00NTRFB", ":61:2409310930D1,NTRFC")
    )
    assert reading.errors == [(2, "entry_damaged"), (3, "entry_damaged")]
    assert reading.codes["value_day_unreal"] == 1
    assert str(reading.transfers[0].time.time)[:10] == "2024-02-29"


# --- a line of text that looks like a field ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ":46:08 o'clock", ":20:08 o'clock", ":25:08", ":28C:1", ":60F:C240801EUR5,00", ":13D:2408", ":62F:", ":62F:08", ":64:5",
        ":61:08 Uhr, C 5", ":21:x", ":90D:none", "-", ":34F:EUR5,00", ":NS", ":99:",
    ],
)  # fmt: skip
def test_a_line_of_text_that_looks_like_a_field_opens_none(tmp_path: Path, line: str) -> None:
    wrapped = f":61:2408050805D60,00NTRFNONREF//B-1\n:86:/TRTP/SEPA/REMI/paid at\n{line}\n/IBAN/{OTHER}/NAME/Payee Fictional\n"
    second = f":61:2408060806D40,00NTRFNONREF//B-2\n:86:/IBAN/{OTHER}/NAME/Payee Fictional\n"
    reading = read_text(tmp_path, statement(wrapped, second))
    assert [(t.src.key, t.dst.key, t.amount) for t in reading.transfers] == [(OWN, OTHER, 6_000), (OWN, OTHER, 4_000)]
    assert set(reading.graded) <= {("note", "tag_in_text")}
    broken = read_text(tmp_path, statement(wrapped, second, closing="C240831EUR901,00"))
    assert broken.codes["balance_break"] == 1


def test_a_dash_before_the_first_entry_ends_nothing(tmp_path: Path) -> None:
    reading = read_text(tmp_path, statement("-\n" + PAID))
    assert (reading.kept, reading.codes) == ({1}, {})


def test_a_break_names_rows_whose_text_looks_like_fields(tmp_path: Path) -> None:
    text = statement(PAID + ":60F:C240801EUR5,00\n", closing="C240831EUR1,00")
    (broken,) = [issue for issue in read_text(tmp_path, text).issues if issue.code == "balance_break"]
    assert "with lines of text that look like fields: row 1" in broken.message


def test_a_text_after_the_closing_balance_opens_no_statement(tmp_path: Path) -> None:
    text = statement(PAID, end=":86:balance at\n:20:08 by phone\n-") + statement(PAID, account=THIRD)
    reading = read_text(tmp_path, text)
    assert ([t.src.key for t in reading.transfers], reading.codes) == ([OWN, THIRD], {})


def test_a_statement_without_a_closing_balance_ends_at_the_next_head(tmp_path: Path) -> None:
    first = statement(PAID).rpartition(":62F:")[0]
    reading = read_text(tmp_path, first + statement(PAID, account=THIRD))
    assert ([t.src.key for t in reading.transfers], reading.codes) == ([OWN, THIRD], {"balance_missing": 1})


def test_an_entry_behind_the_closing_balance_is_refused_and_named(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path, statement(PAID, end=":61:2408070807D5,00NTRFX\n:86:late\n-") + statement(PAID, account=THIRD)
    )
    assert (reading.errors, reading.kept) == ([(2, "entry_misplaced")], {1, 3})
    reading = read_text(tmp_path, statement(PAID) + ":61:2408070807D5,00NTRFX\n")
    assert (reading.errors, reading.kept) == ([(2, "entry_misplaced")], {1})


# --- whose account it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", [f"{OWN}EUR", f"{OWN} EUR", f"FICTBA00/{OWN}", f"FICTBA00/{OWN}EUR", f"{OWN}/EUR", OWN]
)
def test_an_iban_with_its_currency_is_the_account_of_the_iban(tmp_path: Path, written: str) -> None:
    reading = read_text(tmp_path, statement(PAID, account=written))
    assert ([t.src.key for t in reading.transfers], reading.codes) == ([OWN], {})


def test_the_currency_behind_an_iban_is_kept(tmp_path: Path) -> None:
    reading = read_text(tmp_path, f":20:A\n:25:{OWN} CHF\n:28C:1\n:61:240805C5,00NTRFX\n-\n")
    assert ([t.asset.asset for t in reading.transfers], reading.codes) == (["CHF"], {"balance_missing": 1})
    assert read_text(tmp_path, statement(PAID, account=f"{OWN}CHF")).codes == {"currency_differs": 1}


@pytest.mark.parametrize(
    ("written", "plain"), [("1291.99.348EUR", "1291.99.348"), ("FICT/0017/EUR", "FICT/0017"), ("0017 EUR", "0017")]
)
def test_a_number_with_its_currency_is_the_number(tmp_path: Path, written: str, plain: str) -> None:
    (transfer,) = read_text(tmp_path, statement(PAID, account=written)).transfers
    assert transfer.src.key.partition(":")[2].partition(":")[2] == plain


@pytest.mark.parametrize("between", ["", ":86:both accounts\n", "-\n"])
def test_two_accounts_under_one_reference_are_two_statements(tmp_path: Path, between: str) -> None:
    first, second = statement(PAID, end=between.rstrip()), statement(PAID, account=THIRD).partition(":20:REF\n")[2]
    reading = read_text(tmp_path, first + second)
    assert [t.src.key for t in reading.transfers] == [OWN, THIRD]
    assert set(reading.codes) <= {"reference_missing"}
    unclosed = read_text(tmp_path, first.rpartition(":62F:")[0] + second)
    assert ([t.src.key for t in unclosed.transfers], unclosed.codes) == ([OWN, THIRD], {"balance_missing": 1})


def test_two_accounts_before_one_statement_are_named(tmp_path: Path) -> None:
    reading = read_text(tmp_path, statement(PAID, head=f":20:A\n:25:{THIRD}\n:25:{OWN}\n:28C:1\n"))
    assert ([t.src.key for t in reading.transfers], reading.graded) == ([OWN], {("warning", "account_alone"): 1})


def test_statements_without_an_account_are_not_thrown_together(tmp_path: Path) -> None:
    text = statement(PAID, head=":20:A\n:28C:1\n") + statement(PAID, head=":20:B\n:28C:1\n")
    reading = read_text(tmp_path, text)
    assert len({t.src.key for t in reading.transfers}) == 2
    assert reading.codes == {"account_missing": 2}


@pytest.mark.parametrize(
    ("own", "named"),
    [
        (OWN, OWN), (OWN, f"{OWN}EUR"), (f"{OWN} EUR", OWN), (THIRD, THIRD),
        ("99999999/0000000021", THIRD), (THIRD, "99999999/21"), ("FICTBANK/0612345678", "0612345678"),
    ],
)  # fmt: skip
def test_nobody_pays_himself(tmp_path: Path, own: str, named: str) -> None:
    batch = f":61:240805D100,00NTRFNONREF\n:86:166?00SAMMLER?20SVWZ+wages?31{named}?32Fictional Holder\n"
    reading = read_text(tmp_path, statement(batch, account=own))
    (transfer,) = reading.transfers
    assert transfer.dst.key.startswith("unstated:")
    assert reading.codes == {"own_account_named": 1}


def test_the_same_number_at_another_bank_is_another_account(tmp_path: Path) -> None:
    entry = ":61:240805D100,00NTRFNONREF\n:86:166?00X?30FICTDEXX?310612345678?32Other\n"
    (transfer,) = read_text(tmp_path, statement(entry, account="FICTBANK/0612345678")).transfers
    assert transfer.dst.key == "account:FICTDEXX:0612345678"


# --- without a reference, and interim reports -------------------------------------------------------------------------


def test_a_bank_that_leaves_its_reference_out_is_read_and_that_is_noted(tmp_path: Path) -> None:
    text = "FICTNL00\n940\nFICTNL00\n" + statement(PAID, head=f":25:{OWN}\n:28:8/1\n")
    assert "MT940" in (bank_statement.recognise(make_head(make_source(tmp_path, text, "x.txt"))) or "")
    reading = read_text(tmp_path, text * 2)
    assert ([t.src.key for t in reading.transfers], reading.graded) == ([OWN, OWN], {("note", "reference_missing"): 2})


INTERIM = ":20:A\n:25:{own}\n:28C:0/1\n{floor}:13D:2408051200+0200\n:61:2408060806D250,00NTRFX\n:61:2408060806CR5,NTRFY\n{sums}-\n"


@pytest.mark.parametrize("floor", [":34F:EUR 999999999999,99\n", ":34F:EURD0,00\n:34F:EURC0,00\n", ":34F:EUR0\n"])
def test_an_interim_report_has_the_currency_of_its_floor_limit(tmp_path: Path, floor: str) -> None:
    text = INTERIM.format(own=OWN, floor=floor, sums=":90D:EUR,00\n:90C:EUR,00\n")
    reading = read_text(tmp_path, text)
    assert [(t.asset.asset, t.amount, t.status) for t in reading.transfers] == [
        ("EUR", 25_000, "unconfirmed"), ("EUR", 500, "unconfirmed"),
    ]  # fmt: skip
    assert reading.graded == {("note", "interim"): 1}


def test_control_sums_of_an_interim_report_are_its_balance(tmp_path: Path) -> None:
    text = INTERIM.format(own=OWN, floor=":34F:EUR0,\n", sums=":90D:1EUR250.00\n:90C:1EUR5,00\n")
    assert read_text(tmp_path, text).graded == {("note", "interim"): 1}
    assert read_text(tmp_path, text.replace("250.00", "250,01")).codes == {"interim": 1, "balance_break": 1}
    assert read_text(tmp_path, text.replace("1EUR250.00", "1EUR2.50,00")).codes == {"interim": 1, "head_damaged": 1}


def test_a_said_currency_decides_only_what_is_open(tmp_path: Path) -> None:
    bare = INTERIM.format(own=OWN, floor="", sums=":90D:\n").replace(":28C:", ":28C:")
    assert {code for _row, code in read_text(tmp_path, bare).errors} == {"currency_missing"}
    assert {t.asset.asset for t in read_text(tmp_path, bare, currency="CHF").transfers} == {"CHF"}
    assert {t.asset.asset for t in read_text(tmp_path, statement(PAID) + bare, currency="CHF").transfers} == {
        "CHF",
        "EUR",
    }
    with pytest.raises(SourceError, match="--currency CHF contradicts the file, which states EUR"):
        read_text(tmp_path, statement(PAID), currency="CHF")
    assert read_text(tmp_path, statement(PAID), currency="eur").codes == {}


def test_a_mark_of_another_currency_is_named(tmp_path: Path) -> None:
    assert read_text(tmp_path, statement(":61:240805DR100,00NTRFX")).codes == {}
    assert read_text(tmp_path, statement(":61:240805DF100,00NTRFX")).graded == {("warning", "currency_mark_differs"): 1}

"""OFX as programs really write it: where a statement ends, whose account it is, amounts and texts read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import bank_statement
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

OWN, OTHER = "BA329999990000000017", "RS20999000000000000033"
HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"


def paid(amount: str = "-10.00", more: str = "<NAME>Payee Fictional", number: str = "F-1") -> str:
    return f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240805<TRNAMT>{amount}<FITID>{number}{more}</STMTTRN>\n"


def statement(
    *entries: str,
    account: str = "17",
    bank: str = "999",
    currency: str = "<CURDEF>EUR",
    kind: str = "STMTRS",
    end: str = "",
) -> str:
    source = f"<BANKACCTFROM><BANKID>{bank}<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM>"
    return (
        f"<STMTTRNRS><TRNUID>1<{kind}>{currency}{source}<BANKTRANLIST><DTSTART>20240801<DTEND>20240831\n{''.join(entries)}"
        f"</BANKTRANLIST>{end or f'</{kind}>'}</STMTTRNRS>\n"
    )


def read_text(folder: Path, *statements: str, header: str = HEADER, **options: Any) -> Reading:
    text = f"{header}<OFX><BANKMSGSRSV1>\n{''.join(statements)}</BANKMSGSRSV1></OFX>\n"
    return read_all(bank_statement, make_source(folder, text, "s.ofx"), ReadOptions(**options))


@pytest.mark.parametrize("kind", ["STMTRS", "CCSTMTRS"])
@pytest.mark.parametrize("end", ["</STMTRS>", "</CCSTMTRS>", "</INVSTMTRS>", " ", "</stmtrs>"])
def test_a_statement_ends_at_any_statements_end_or_the_next_beginning(tmp_path: Path, kind: str, end: str) -> None:
    first, second = (
        statement(paid(), account="1", kind=kind, end=end),
        statement(paid("-99.00"), account="2", kind=kind, end=end),
    )
    reading = read_text(tmp_path, first, second)
    assert [(t.row, t.src.key, t.amount) for t in reading.transfers] == [
        (1, "account:999:1", 1_000),
        (2, "account:999:2", 9_900),
    ]
    assert reading.codes == {}
    bare = first.replace("</STMTTRNRS>", "") + second.replace("<STMTTRNRS><TRNUID>1", "")
    assert [t.src.key for t in read_text(tmp_path, bare).transfers] == ["account:999:1", "account:999:2"]


def test_rows_are_counted_in_the_order_of_the_file(tmp_path: Path) -> None:
    reading = read_text(tmp_path, statement(paid(), account="1", kind="CCSTMTRS"), statement(paid(), account="2"))
    assert [(t.row, t.src.key) for t in reading.transfers] == [(1, "account:999:1"), (2, "account:999:2")]


def test_a_transaction_in_no_statement_is_refused_and_named(tmp_path: Path) -> None:
    first = statement(paid(), end="</STMTRS>").replace("</STMTTRNRS>", f"</STMTTRNRS>{paid(number='F-2')}")
    reading = read_text(tmp_path, paid(number="F-0"), first, statement(paid(), account="2"))
    assert (reading.errors, reading.kept) == ([(1, "entry_misplaced"), (3, "entry_misplaced")], {2, 4})


def test_payments_of_a_brokers_statement_are_read_and_its_trades_named(tmp_path: Path) -> None:
    reading = read_text(tmp_path, statement(paid(), account="1"), statement(paid(), account="2", kind="INVSTMTRS"))
    assert [t.src.key for t in reading.transfers] == ["account:999:1", "account:999:2"]
    assert reading.graded == {("warning", "statement_unread"): 1}


@pytest.mark.parametrize(
    "header",
    [
        '<?xml version="1.0"?>\n<!--\nOFXHEADER:100\nDATA:OFXSGML\nENCODING:UTF-8\nCHARSET:NONE\n-->\n',
        "<!-- OFXHEADER:100 ENCODING:UTF-8 CHARSET:NONE -->\n\n",
        '<!-- made by a program --><?xml version="1.0" encoding="utf-8"?><!-- x --><?OFX OFXHEADER="200"?>',
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n',
    ],
)
def test_a_header_in_a_comment_is_a_header(tmp_path: Path, header: str) -> None:
    green = paid(more="<NAME>Gr\u00fcn Fictional")
    text = f"{header}<OFX>{statement(green)}</OFX>"
    assert "OFX" in (bank_statement.recognise(make_head(make_source(tmp_path, text, "s.ofx"))) or "")
    (transfer,) = read_text(tmp_path, statement(green), header=header).transfers
    assert transfer.dst.label == "Gr\u00fcn Fictional"


def test_what_is_commented_out_states_nothing(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path, statement(paid(), f"<!-- {paid('-77.00')} -->"), f"<!-- {statement(paid(), account='2')} -->"
    )
    assert [(t.row, t.src.key, t.amount) for t in reading.transfers] == [(1, "account:999:17", 1_000)]


@pytest.mark.parametrize(
    ("written", "units"),
    [
        ("-10.5", 1_050),
        ("-.50", 50),
        ("- 10,50", 1_050),
        (" -10.50 ", 1_050),
        ("-10.", 1_000),
        ("-10.5000", 1_050),
        ("-0010", 1_000),
    ],
)
def test_an_amount_is_read_whole(tmp_path: Path, written: str, units: int) -> None:
    assert [t.amount for t in read_text(tmp_path, statement(paid(written))).transfers] == [units]


@pytest.mark.parametrize(
    "written",
    ["-1.234,50", "-1,234.50", "-1.500", "-1,500", "-1 234,50", "-10.50 EUR", "--5", "-", "-.", "-1.2.3", "5-"],
)
def test_an_amount_that_cannot_be_read_whole_is_refused(tmp_path: Path, written: str) -> None:
    reading = read_text(tmp_path, statement(paid(written), paid()))
    assert (reading.errors, reading.kept) == ([(1, "amount_damaged")], {2})


@pytest.mark.parametrize(
    "written", ["20240805x", "2024080512", "202408051", "20240805120000[-5:EST]x", "2024-08-05", "20240805 1200"]
)
def test_a_day_that_cannot_be_read_whole_is_refused(tmp_path: Path, written: str) -> None:
    reading = read_text(tmp_path, statement(paid().replace("20240805", written), paid()))
    assert (reading.errors, reading.kept) == ([(1, "time_damaged")], {2})


def test_a_text_with_a_sign_that_opens_no_tag_is_kept_whole(tmp_path: Path) -> None:
    (transfer,) = read_text(tmp_path, statement(paid(more="<NAME>Payee <3 & < 5<MEMO>x"))).transfers
    assert transfer.dst.label == "Payee <3 & < 5"


@pytest.mark.parametrize("written", [f"{OWN}EUR", f"{OWN} EUR", OWN, f"{OWN[:4]} {OWN[4:]}"])
def test_an_iban_with_its_currency_is_the_account_of_the_iban(tmp_path: Path, written: str) -> None:
    (transfer,) = read_text(tmp_path, statement(paid(), account=written)).transfers
    assert transfer.src.key == OWN
    bare = read_text(tmp_path, statement(paid(), account=f"{OWN} CHF", currency=""))
    assert [t.asset.asset for t in bare.transfers] == ["CHF"]


def test_nobody_pays_himself(tmp_path: Path) -> None:
    to = "<BANKACCTTO><BANKID>{}<ACCTID>{}<ACCTTYPE>CHECKING</BANKACCTTO>"
    reading = read_text(
        tmp_path,
        statement(paid(more=to.format("1", f"{OWN}EUR")), account=OWN),
        statement(paid(more=to.format("999", "17")), paid(more=to.format("998", "17"))),
    )
    assert [t.dst.key.partition("|")[0] for t in reading.transfers] == [
        f"unstated:{OWN}",
        "unstated:account:999:17",
        "account:998:17",
    ]
    assert reading.graded == {("note", "own_account_named"): 2}


def test_accounts_without_a_number_are_not_thrown_together(tmp_path: Path) -> None:
    reading = read_text(tmp_path, statement(paid(), account=""), statement(paid(), account=""))
    assert len({t.src.key for t in reading.transfers}) == 2
    assert reading.codes == {"account_missing": 2}


def test_a_said_currency_decides_only_what_is_open(tmp_path: Path) -> None:
    bare = statement(paid(), currency="")
    assert read_text(tmp_path, bare).errors == [(1, "currency_missing")]
    assert [t.asset.asset for t in read_text(tmp_path, bare, currency="CHF").transfers] == ["CHF"]
    with pytest.raises(SourceError, match="--currency CHF contradicts the file, which states EUR"):
        read_text(tmp_path, statement(paid()), currency="CHF")

"""Statements after public reports of people whose readers lost or altered them: pages, numbers that are none, OFX of banks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import bank_statement
from connectors.bank_statement.accounts import known_account, show_account, stated
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions

OWN, OTHER = "BA329999990000000017", "RS20999000000000000033"
NAME = "Payer Fictional"


def read_text(folder: Path, text: str | bytes, name: str = "s.sta", **options: Any) -> Reading:
    options.setdefault("timezone", "UTC")
    return read_all(bank_statement, make_source(folder, text, name), ReadOptions(**options))


def page(number: str, opening: int, *sums: int, entry: str = ":61:240805{mark}{sum},NMSCNONREF\n") -> tuple[str, int]:
    """One page of MT940 in whole euros, and what it closes with; ``sums`` are signed."""
    closing = opening + sum(sums)
    lines = "".join(entry.format(mark="C" if each > 0 else "D", sum=abs(each)) for each in sums)
    balances = [f"{'D' if each < 0 else 'C'}240805EUR{abs(each)}," for each in (opening, closing)]
    return f":20:A\n:25:{OWN}\n:28C:{number}\n:60F:{balances[0]}\n{lines}:62F:{balances[1]}\n-\n", closing


def movements(reading: Reading) -> list[tuple[str, int]]:
    return [("in" if t.dst.key == OWN else "out", t.amount or 0) for t in reading.transfers]


# --- equal payments -----------------------------------------------------------------------------------------------------


def test_equal_payments_on_two_pages_of_a_statement_are_two(tmp_path: Path) -> None:
    first, balance = page("8/1", 100, -7)
    reading = read_text(tmp_path, first + page("8/2", balance, -7)[0])
    assert (len({t.identity for t in reading.transfers}), reading.codes) == (2, {})


@pytest.mark.parametrize("sums", [(-7,), (-7, 7)])
def test_a_statement_that_a_file_holds_twice_is_one(tmp_path: Path, sums: tuple[int, ...]) -> None:
    reading = read_text(tmp_path, page("8/1", 100, *sums)[0] * 2)
    assert len({t.identity for t in reading.transfers}) == len(sums)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from((-7, 7, -3)), max_size=4), min_size=1, max_size=5))
def test_however_a_statement_is_cut_into_pages_no_payment_is_lost(pages: list[list[int]]) -> None:
    text, balance = "", 1_000
    for number, sums in enumerate(pages, start=1):
        written, balance = page(f"8/{number}", balance, *sums)
        text += written
    whole = page("8/1", 1_000, *(each for sums in pages for each in sums))[0]
    with tempfile.TemporaryDirectory() as folder:
        cut, one = read_text(Path(folder), text), read_text(Path(folder), whole)
    assert {t.identity for t in cut.transfers} == {t.identity for t in one.transfers}
    assert len({t.identity for t in cut.transfers}) == sum(map(len, pages))


CAMT = (
    '<?xml version="1.0"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.04"><BkToCstmrStmt>{}</BkToCstmrStmt>'
    "</Document>"
)


def camt(*entries: str, balances: str = "", number: str = "S", account: str = f"<IBAN>{OWN}</IBAN>") -> str:
    head = f"<Stmt><Id>{number}</Id><Acct><Id>{account}</Id><Ccy>EUR</Ccy></Acct>"
    return f"{head}{balances}{''.join(entries)}</Stmt>"


def booked(inside: str = "", day: str = "2024-08-05", status: str = "BOOK") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
        f"<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls></Ntry>"
    )


def balance(code: str, amount: str, day: str = "2024-08-05") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def paid_to(account: str, name: str = "", refs: str = "") -> str:
    number = f"<CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>" if account else ""
    return f"<Refs>{refs}</Refs><RltdPties><Cdtr><Nm>{name}</Nm></Cdtr>{number}</RltdPties>"


def read_camt(folder: Path, *statements: str) -> Reading:
    return read_text(folder, CAMT.format("".join(statements)), "s.xml")


def test_equal_payments_of_two_statements_that_follow_one_another_are_two_in_camt(tmp_path: Path) -> None:
    pages = [
        camt(booked(), balances=balance("OPBD", each) + balance("CLBD", after), number=each)
        for each, after in (("100.00", "93.00"), ("93.00", "86.00"))
    ]
    reading = read_camt(tmp_path, *pages)
    assert (len({t.identity for t in reading.transfers}), reading.codes) == (2, {})


def test_payments_to_which_a_bank_gave_one_id_are_two(tmp_path: Path) -> None:
    entry = booked(paid_to(OTHER, refs="<TxId>T-1</TxId>"))
    reading = read_camt(tmp_path, camt(entry, entry))
    assert len({t.identity for t in reading.transfers}) == 2
    pending = booked(paid_to(OTHER, refs="<TxId>T-1</TxId>"), status="PDNG")
    assert len({t.identity for t in read_camt(tmp_path, camt(pending, entry)).transfers}) == 1


# --- numbers and names that are none ------------------------------------------------------------------------------------

NOTHING = ["0000000000", "NOTPROVIDED", "NONREF", "000-0"]


@pytest.mark.parametrize("number", NOTHING)
def test_what_is_no_number_does_not_make_one_account_of_two_payees(tmp_path: Path, number: str) -> None:
    payees = ("First Fictional", "Second Fictional")
    entries = "".join(f":61:240805D1,NMSCNONREF\n:86:166?00T?20x?309999?31{number}?32{each}\n" for each in payees)
    text = page("8/1", 0)[0].replace(":62F:", f"{entries}:62F:").replace(":62F:C240805EUR0", ":62F:D240805EUR2")
    wanted = [(f"party:{OWN}:{each.lower()}", each) for each in payees]
    codes = {"account_zeros": 2} if "0" in number else {}
    reading = read_text(tmp_path, text)
    assert ([(t.dst.key, t.dst.label) for t in reading.transfers], reading.codes) == (wanted, codes)
    reading = read_camt(tmp_path, camt(*(booked(paid_to(number, each)) for each in payees)))
    assert ([(t.dst.key, t.dst.label) for t in reading.transfers], reading.codes) == (wanted, codes)
    to = f"<BANKACCTTO><BANKID>1<ACCTID>{number}<ACCTTYPE>CHECKING</BANKACCTTO>"
    reading = read_ofx(tmp_path, *(ofx_paid(f"<NAME>{each}{to}") for each in payees))
    assert [t.dst.label for t in reading.transfers] == list(payees)
    assert (len({t.dst.key for t in reading.transfers}), reading.codes) == (2, codes)


def test_a_name_that_says_that_none_is_known_is_nobody(tmp_path: Path) -> None:
    reading = read_camt(tmp_path, camt(booked(paid_to("", "NOTPROVIDED")), booked(paid_to("", "notprovided"))))
    assert {t.dst.label for t in reading.transfers} == {"not stated"}
    assert len({t.dst.key for t in reading.transfers}) == 2


@given(st.text("0 -/.", max_size=20))
def test_zeros_and_marks_are_no_account(text: str) -> None:
    assert known_account(text) == ""
    assert known_account(f"{text}7")
    assert stated(f" {text}7 ") == f"{text}7".strip()


# --- names in the place of an account ------------------------------------------------------------------------------------


def test_a_name_in_the_place_of_an_account_is_not_shown_in_issues(tmp_path: Path) -> None:
    broken = page("8/1", 5, -7)[0].replace(f":25:{OWN}", f":25:{NAME}").replace("62F:D240805EUR2", "62F:D240805EUR9")
    readings = [read_text(tmp_path, broken)]
    for number, account in ((NAME, f"<IBAN>{OWN}</IBAN>"), ("S", f"<Othr><Id>{NAME}</Id></Othr>")):
        balances = balance("OPBD", "1.00") + balance("CLBD", "9.00")
        readings.append(read_camt(tmp_path, camt(booked(), balances=balances, number=number, account=account)))
    unread = read_text(
        tmp_path, OFX.format(ofx_paid(), account=f"<ACCTID>{NAME}").replace("STMTRS", "INVSTMTRS"), "s.ofx"
    )
    for reading in (*readings, unread):
        (issue,) = reading.issues
        assert "Fictional" not in issue.message
        assert "FICTIONAL" not in issue.message
        assert issue.code in ("balance_break", "statement_unread")
    assert show_account(f"{OTHER} EUR", OTHER) == OTHER
    assert known_account(f"IBAN: {OTHER}-EUR") == OTHER


# --- CAMT ----------------------------------------------------------------------------------------------------------------


def test_of_the_balances_of_several_days_the_first_opens_and_the_last_closes(tmp_path: Path) -> None:
    days = [
        ("OPBD", "100.00", "2024-08-05"),
        ("CLBD", "93.00", "2024-08-05"),
        ("OPBD", "93.00", "2024-08-06"),
        ("CLBD", "86.00", "2024-08-06"),
    ]
    for order in (days, days[::-1], [days[2], days[0], days[3], days[1]]):
        balances = "".join(balance(*each) for each in order)
        assert read_camt(tmp_path, camt(booked(), booked(day="2024-08-06"), balances=balances)).codes == {}
    lost = "".join(balance(*each) for each in days)
    assert read_camt(tmp_path, camt(booked(), balances=lost)).codes == {"balance_break": 1}
    doubled = balance("OPBD", "100.00") + balance("CLBD", "93.00") + balance("CLBD", "92.00")
    assert read_camt(tmp_path, camt(booked(), balances=doubled)).codes == {"balance_doubled": 1}


def test_an_entry_whose_status_is_unknown_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    reading = read_camt(tmp_path, camt(booked(status=NAME), booked(status="Book"), booked(status="INFO")))
    assert (reading.errors, reading.kept, reading.skipped) == ([(1, "status_unknown")], {2}, {3})
    assert "Fictional" not in reading.issues[0].message


def test_sums_as_ordered_make_up_a_batch_only_where_they_are_what_was_booked(tmp_path: Path) -> None:
    def batch(*sums: str, code: str = "EUR") -> str:
        parts = (f'<AmtDtls><InstdAmt><Amt Ccy="{code}">{each}</Amt></InstdAmt></AmtDtls>' for each in sums)
        return booked("</TxDtls><TxDtls>".join(parts))

    reading = read_camt(tmp_path, camt(batch("3.00", "4.00")))
    assert ([t.amount for t in reading.transfers], reading.codes) == ([300, 400], {})
    for other in (batch("3.00", "3.50"), batch("3.00", "4.00", code="USD"), batch("3.00", "")):
        reading = read_camt(tmp_path, camt(other))
        assert ([t.amount for t in reading.transfers], reading.codes) == ([700], {"batch_amounts_missing": 1})


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-8"])
def test_an_entry_is_shown_in_the_encoding_that_the_xml_declares(tmp_path: Path, encoding: str) -> None:
    text = CAMT.format(camt(booked(paid_to(OTHER, "M\u00fcller Fictional"))))
    data = text.replace('"1.0"?>', f'"1.0" encoding="{encoding}"?>').encode(encoding)
    source = make_source(tmp_path, data, "s.xml")
    assert [t.dst.label for t in read_all(bank_statement, source, ReadOptions(timezone="UTC")).transfers] == [
        "M\u00fcller Fictional"
    ]
    (record,) = bank_statement.records(source, ReadOptions())
    assert "M\u00fcller" in record.value


# --- MT940 ---------------------------------------------------------------------------------------------------------------


def one_entry(entry: str, closing: str = "C240805EUR93,00") -> str:
    return f":20:A\n:25:{OWN}\n:28C:8/1\n:60F:C240805EUR100,00\n{entry}:62F:{closing}\n-\n"


DETAILS = f"166?00T?20SVWZ+x?31{OTHER}?32Payee Fictional\n"


@pytest.mark.parametrize(
    "entry",
    [
        f":61:2408050805DR\n7,00N062NONREF\n:86:{DETAILS}",
        f":61:2408050805D7,00N062NONREF\n:\n86:{DETAILS}",
        f":61:2408050805D7,00N062NONREF\n:86:911 TRANSFER\n:86:{DETAILS}",
        f":\n61:2408050805D7,00N062NONREF\n:86:{DETAILS}",
    ],
    ids=["before the amount", "inside the tag", "in a second field", "inside the tag of an entry"],
)
def test_lines_that_a_bank_wraps_where_none_may_be_wrapped(tmp_path: Path, entry: str) -> None:
    before = f":61:2408050805D7,00N062NONREF\n:86:{DETAILS}"
    for ends in ("\n", "\r\n", "\r"):
        text = one_entry(before + entry, "C240805EUR86,00").replace("\n", ends)
        source = make_source(tmp_path, text, "s.sta")
        assert bank_statement.recognise(make_head(source))
        reading = read_all(bank_statement, source, ReadOptions(timezone="UTC"))
        assert [(t.amount, t.dst.key, t.dst.label) for t in reading.transfers] == [(700, OTHER, "Payee Fictional")] * 2
        assert reading.codes == {}
        raws = [record.value for record in bank_statement.records(source, ReadOptions())]
        assert "".join(raws) == (before + entry).replace("\n", ends)


def test_an_amount_that_the_end_of_the_line_may_have_cut_is_still_refused(tmp_path: Path) -> None:
    for entry in (":61:2408050805DR1\n7,00N062NONREF\n", ":61:2408050805DR\n7,00\nN062NONREF\n"):
        assert read_text(tmp_path, one_entry(entry)).errors == [(1, "entry_damaged")]


def test_a_balance_without_a_currency_has_its_statements(tmp_path: Path) -> None:
    entry = ":61:240805D7,00NMSCNONREF\n:86:text\n"
    reading = read_text(tmp_path, one_entry(entry, "C24080593,00"))
    assert reading.graded == {("note", "currency_of_statement"): 1}
    assert read_text(tmp_path, one_entry(entry, "C24080594,00")).codes == {
        "currency_of_statement": 1,
        "balance_break": 1,
    }


def test_the_end_of_a_message_may_stick_to_its_last_field(tmp_path: Path) -> None:
    text = one_entry(":61:240805D7,00NMSCNONREF\n").replace("00\n-\n", "00-}\n")
    reading = read_text(tmp_path, text + text.replace(":8/1", ":9/1"))
    assert (len(reading.transfers), reading.codes) == (2, {})
    minus = text.replace("-}", "-")  # nobody can tell it from a minus
    assert read_text(tmp_path, minus).codes == {"head_damaged": 1, "balance_missing": 1}


@pytest.mark.parametrize(
    "line", [":64:EUR 50 rent", ":65:50 EUR 3", ":90D:2 EUR 5", "{1:2} two", "-} end", ":62:3 EUR 7"], ids=range(6)
)
def test_a_text_that_looks_like_the_end_of_a_message_ends_nothing_before_an_entry(tmp_path: Path, line: str) -> None:
    entries = f":61:240805D7,00NMSCNONREF\n:86:at 20\n{line}\n:61:240805D7,00NMSCNONREF\n:86:{DETAILS}"
    reading = read_text(tmp_path, one_entry(entries, "C240805EUR86,00"))
    assert [(t.amount, t.dst.key == OTHER) for t in reading.transfers] == [(700, False), (700, True)]
    assert set(reading.codes) <= {"tag_in_text"}


def test_an_account_of_zeros_does_not_hide_the_iban_that_stands_beside_it(tmp_path: Path) -> None:
    for details in (f"?20SVWZ+x IBAN+{OTHER}?310000000000?32P", f"?20SVWZ+to {OTHER} x?310000000000?32P"):
        reading = read_text(tmp_path, one_entry(f":61:240805D7,00NMSCNONREF\n:86:166?00T{details}\n"))
        assert ([t.dst.key for t in reading.transfers], reading.codes) == ([OTHER], {})


# --- OFX -----------------------------------------------------------------------------------------------------------------

HEAD = "OFXHEADER:100\n\n"
OFX = (
    HEAD
    + "<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM>{account}</BANKACCTFROM><BANKTRANLIST>{}</BANKTRANLIST></STMTRS></OFX>"
)
ACCOUNT = "<BANKID>1<ACCTID>170017"


def ofx_paid(more: str = "", amount: str = "-7.00", what: str = "DEBIT", day: str = "20240805") -> str:
    return f"<STMTTRN><TRNTYPE>{what}<DTPOSTED>{day}<TRNAMT>{amount}<FITID>1{more}</STMTTRN>"


def read_ofx(folder: Path, *entries: str, account: str = ACCOUNT) -> Reading:
    return read_text(folder, OFX.format("".join(entries), account=account), "s.ofx")


def test_a_pending_transaction_of_ofx_is_read_as_not_confirmed(tmp_path: Path) -> None:
    pending = "<STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20240806<TRNAMT>-3.00<NAME>Payee Fictional</STMTTRNP>"
    text = OFX.format(ofx_paid(), account=ACCOUNT)
    text = text.replace("</STMTRS>", f"<BANKTRANLISTP><DTASOF>20240806{pending}</BANKTRANLISTP></STMTRS>")
    reading = read_text(tmp_path, text, "s.ofx")
    assert [(t.amount, t.status) for t in reading.transfers] == [(700, "ok"), (300, "unconfirmed")]


@settings(max_examples=30, deadline=None)
@given(st.text("ab &<>'é/", min_size=1, max_size=20).filter(lambda text: text.strip() and "]]>" not in text))
def test_a_name_is_read_whole_however_it_is_escaped(name: str) -> None:
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    with tempfile.TemporaryDirectory() as folder:
        names = [
            read_ofx(Path(folder), ofx_paid(f"<NAME>{each}</NAME>")).transfers[0].dst.label
            for each in (escaped, f"<![CDATA[{name}]]>")
        ]
    assert names == [stated(name) or "not stated"] * 2


def test_a_text_goes_on_behind_a_break(tmp_path: Path) -> None:
    address = "TKSZdzVBcTXYi4udomYdqPoXg8rwKHWTP5"
    reading = read_ofx(tmp_path, ofx_paid(f"<NAME>Payee <b>Fictional</b><MEMO>for<BR/>{address}"))
    assert reading.transfers[0].dst.label == "Payee Fictional"
    assert [event.other.key for event in reading.events if event.other] == [address]


@pytest.mark.parametrize(
    "end", ["\x1a", "\x00\x00\n", "<!-- made by a program -->\n", "\nend of the export\n", "</OFX >"]
)
def test_what_stands_behind_the_end_costs_nothing(tmp_path: Path, end: str) -> None:
    text = OFX.format(ofx_paid(), account=ACCOUNT)
    reading = read_text(tmp_path, text.replace("</OFX>", end) if "OFX" in end else text + end, "s.ofx")
    assert (len(reading.transfers), reading.codes) == (1, {})


def test_tags_with_spaces_and_a_namespace_lose_nothing(tmp_path: Path) -> None:
    text = OFX.format(ofx_paid(), account=ACCOUNT).replace("<STMTTRN>", "<STMTTRN >").replace("</STMTRS>", "</STMTRS >")
    text = text.replace("<OFX>", '<OFX xmlns="http://ofx.net/types/2003/04">').removeprefix(HEAD)
    source = make_source(tmp_path, text, "s.ofx")
    assert bank_statement.recognise(make_head(source))
    assert [t.amount for t in read_text(tmp_path, text, "s.ofx").transfers] == [700]


def test_a_sign_that_contradicts_the_type_is_kept_and_told(tmp_path: Path) -> None:
    entries = (
        ofx_paid(amount="7.00"),
        ofx_paid(what="CREDIT"),
        ofx_paid(amount="0.00"),
        ofx_paid(what="POS", amount="7"),
    )
    reading = read_ofx(tmp_path, *entries)
    assert [(issue.row, issue.code, issue.severity) for issue in reading.issues] == [
        (1, "direction_differs", "warning"),
        (2, "direction_differs", "warning"),
    ]
    assert [t.dst.key == "account:1:170017" for t in reading.transfers] == [True, False, True, True]


def test_two_sums_in_one_transaction_are_none(tmp_path: Path) -> None:
    reading = read_ofx(tmp_path, ofx_paid("<TRNAMT>-9.00"), ofx_paid("<TRNAMT>-7.00"))
    assert (reading.errors, reading.kept) == ([(1, "entry_damaged")], {2})


def test_a_transaction_that_corrects_another_is_told(tmp_path: Path) -> None:
    reading = read_ofx(tmp_path, ofx_paid(), ofx_paid("<CORRECTFITID>1<CORRECTACTION>REPLACE", amount="-8.00"))
    assert ([t.amount for t in reading.transfers], reading.graded) == ([700, 800], {("warning", "corrects_entry"): 1})


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("20240805120000.000 GMT", "2024-08-05 12:00"), ("20240805120000[+5.5:IST]", "2024-08-05 06:30"),
        ("20240805120000[+5.30:IST]", "2024-08-05 06:30"), ("20240805120000[+5:30:IST]", "2024-08-05 06:30"),
        ("20240805120000[-03:]", "2024-08-05 15:00"), ("20240805000000[-5:EST]", "2024-08-05 17:00"),
        ("20240805120000[-3.5]", "2024-08-05 15:30"),
    ],
)  # fmt: skip
def test_a_date_with_its_offset_however_it_is_written(tmp_path: Path, written: str, wanted: str) -> None:
    assert [str(t.time.time)[:16] for t in read_ofx(tmp_path, ofx_paid(day=written)).transfers] == [wanted]


@pytest.mark.parametrize(
    "written", ["20240805120000[+5.18]", "20240805120000[EST]", "20240805120000[+5:3]", "20240805120000[-3"]
)
def test_an_offset_that_cannot_be_read_whole_refuses_its_row(tmp_path: Path, written: str) -> None:
    assert read_ofx(tmp_path, ofx_paid(day=written), ofx_paid()).errors == [(1, "time_damaged")]


def test_one_number_is_several_accounts_by_type_and_branch(tmp_path: Path) -> None:
    heads = (
        ACCOUNT,
        f"{ACCOUNT}<ACCTTYPE>CHECKING",
        f"{ACCOUNT}<ACCTTYPE>SAVINGS",
        f"<BRANCHID>2{ACCOUNT}",
        f"<ACCTTYPE>SAVINGS<ACCTID>{OWN}",
    )
    keys = [read_ofx(tmp_path, ofx_paid(), account=head).transfers[0].src.key for head in heads]
    assert keys == ["account:1:170017"] * 2 + ["account:1:170017-SAVINGS", "account:1-2:170017", OWN]
    to = "<BANKACCTTO><BANKID>1<ACCTID>170017<ACCTTYPE>SAVINGS</BANKACCTTO>"
    (moved,) = read_ofx(tmp_path, ofx_paid(to)).transfers
    assert (moved.src.key, moved.dst.key) == ("account:1:170017", "account:1:170017-SAVINGS")


def test_a_payment_to_a_card_names_the_card_and_a_long_name_is_one(tmp_path: Path) -> None:
    reading = read_ofx(tmp_path, ofx_paid("<CCACCTTO><ACCTID>411122</CCACCTTO>"), ofx_paid("<EXTDNAME>Payee Fictional"))
    assert [t.dst.key for t in reading.transfers] == [
        "account:1:170017:411122",
        "party:account:1:170017:payee fictional",
    ]

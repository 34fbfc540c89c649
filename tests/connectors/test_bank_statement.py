"""CAMT: booked entries of several versions, batches, reversals, balances, and XML that is refused before it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import bank_statement
from connectors.bank_statement.entries import is_iban
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.model import Transfer

OWN, OTHER = "BA329999990000000017", "RS20999000000000000033"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
    "<BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><IBAN>{own}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{entries}"
    "</Stmt></BkToCstmrStmt></Document>"
)


def entry(amount: str = "250.00", mark: str = "DBIT", details: str = "", **said: str) -> str:
    day, status = said.get("day", "2024-08-05"), said.get("status", "<Sts>BOOK</Sts>")
    return (
        f'<Ntry><Amt Ccy="{said.get("currency", "EUR")}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{said.get("more", "")}'
        f"{status}<BookgDt><Dt>{day}</Dt></BookgDt>{details}</Ntry>"
    )


def details(*parts: str) -> str:
    return "<NtryDtls>" + "".join(f"<TxDtls>{part}</TxDtls>" for part in parts) + "</NtryDtls>"


def balance(code: str, amount: str, mark: str = "CRDT") -> str:
    return f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd></Bal>'


def read_entries(folder: Path, *entries: str, version: str = "02", balances: str = "", **options: Any) -> Reading:
    text = HEAD.format(version=version, own=OWN, balances=balances, entries="".join(entries))
    options.setdefault("timezone", "UTC")
    return read_all(bank_statement, make_source(folder, text, "s.xml"), ReadOptions(**options))


def ends(transfer: Transfer) -> tuple[str, str, int | None, str]:
    return transfer.src.key, transfer.dst.key, transfer.amount, transfer.kind


PARTY = {
    "02": f"<RltdPties><Cdtr><Nm>Payee</Nm></Cdtr><CdtrAcct><Id><IBAN>{OTHER}</IBAN></Id></CdtrAcct></RltdPties>",
    "04": f"<RltdPties><Cdtr><Nm>Payee</Nm></Cdtr><CdtrAcct><Id><IBAN>{OTHER}</IBAN></Id></CdtrAcct></RltdPties>",
    "08": f"<RltdPties><Cdtr><Pty><Nm>Payee</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>{OTHER}</IBAN></Id></CdtrAcct></RltdPties>",
}


@pytest.mark.parametrize("version", PARTY)
def test_a_payment_goes_from_account_to_account_in_every_version(tmp_path: Path, version: str) -> None:
    refs = "<Refs><EndToEndId>E-1</EndToEndId></Refs>"
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"
    reading = read_entries(tmp_path, entry(details=details(refs + PARTY[version]), status=status), version=version)
    (transfer,) = reading.transfers
    assert ends(transfer) == (OWN, OTHER, 25_000, "transfer")
    assert (transfer.src.rail, transfer.dst.rail, transfer.dst.label, transfer.ref) == ("bank", "bank", "Payee", "E-1")
    assert (transfer.time.time, transfer.time.error_s) == (datetime(2024, 8, 5, 12, tzinfo=UTC), 43_200)
    assert reading.issues == []


def test_what_comes_in_comes_from_the_debtor(tmp_path: Path) -> None:
    parties = "<RltdPties><Dbtr><Nm>Payer</Nm></Dbtr><Cdtr><Nm>Holder</Nm></Cdtr></RltdPties>"
    (transfer,) = read_entries(tmp_path, entry(mark="CRDT", details=details(parties))).transfers
    assert ends(transfer) == (f"party:{OWN}:payer", OWN, 25_000, "transfer")


def test_who_is_not_stated_is_nobody_else(tmp_path: Path) -> None:
    first, second = read_entries(tmp_path, entry(), entry()).transfers
    assert first.dst.key != second.dst.key
    assert first.identity != second.identity
    assert first.dst.key.startswith("unstated:")


@pytest.mark.parametrize(
    ("mark", "src", "dst"), [("CRDT", OTHER, OWN), ("DBIT", OWN, OTHER)], ids=["of a debit", "of a credit"]
)
def test_a_reversal_gives_back(tmp_path: Path, mark: str, src: str, dst: str) -> None:
    side = "Dbtr" if mark == "CRDT" else "Cdtr"
    party = f"<RltdPties><{side}Acct><Id><IBAN>{OTHER}</IBAN></Id></{side}Acct></RltdPties>"
    reversed_, plain = read_entries(
        tmp_path,
        entry(mark=mark, more="<RvslInd>true</RvslInd>", details=details(party)),
        entry(mark=mark, details=details(party)),
    ).transfers
    assert ends(reversed_) == (src, dst, 25_000, "refund")
    assert plain.kind == "transfer"
    assert reversed_.identity != plain.identity


def test_a_batch_is_as_many_payments_as_it_names(tmp_path: Path) -> None:
    parts = [
        f'<Amt Ccy="EUR">{sum_}</Amt><RltdPties><Cdtr><Nm>{name}</Nm></Cdtr></RltdPties>'
        for sum_, name in (("100", "A"), ("150", "B"))
    ]
    reading = read_entries(tmp_path, entry(details=details(*parts)))
    assert [(t.row, *ends(t)) for t in reading.transfers] == [
        (1, OWN, f"party:{OWN}:a", 10_000, "transfer"), (1, OWN, f"party:{OWN}:b", 15_000, "transfer"),
    ]  # fmt: skip
    assert (reading.rows_read, reading.issues) == (1, [])
    older = [
        part.replace("<Amt ", "<AmtDtls><TxAmt><Amt ").replace("</Amt>", "</Amt></TxAmt></AmtDtls>") for part in parts
    ]
    assert [t.amount for t in read_entries(tmp_path, entry(details=details(*older))).transfers] == [10_000, 15_000]


def test_a_batch_that_does_not_add_up_is_doubted(tmp_path: Path) -> None:
    reading = read_entries(tmp_path, entry(details=details('<Amt Ccy="EUR">100</Amt>', '<Amt Ccy="EUR">100</Amt>')))
    (issue,) = reading.issues
    assert (issue.severity, issue.code) == ("warning", "batch_break")
    assert "200.00 EUR" in issue.message
    reading = read_entries(tmp_path, entry(details=details('<Amt Ccy="EUR">100</Amt>', "<Refs/>")))
    assert reading.codes == {"batch_amounts_missing": 1}
    assert [t.amount for t in reading.transfers] == [25_000]


def test_a_payment_with_its_own_id_is_one_fact_in_both_banks_statements(tmp_path: Path) -> None:
    refs = "<Refs><UETR>8A562C67-CA16-48BA-B074-65581BE6F011</UETR></Refs>"
    debtor = f"<RltdPties><DbtrAcct><Id><IBAN>{OTHER}</IBAN></Id></DbtrAcct></RltdPties>"
    (here,) = read_entries(tmp_path, entry(mark="CRDT", details=details(refs + debtor))).transfers
    text = HEAD.format(
        version="08", own=OTHER, balances="",
        entries=entry(details=details(refs + f"<RltdPties><CdtrAcct><Id><IBAN>{OWN}</IBAN></Id></CdtrAcct></RltdPties>")),
    )  # fmt: skip
    (there,) = read_all(bank_statement, make_source(tmp_path, text, "t.xml"), ReadOptions(timezone="UTC")).transfers
    assert here.identity == there.identity
    assert ends(here) == ends(there)


def test_charges_go_to_the_bank_and_cash_to_cash(tmp_path: Path) -> None:
    code = "<BkTxCd><Domn><Cd>X</Cd><Fmly><Cd>Y</Cd><SubFmlyCd>{}</SubFmlyCd></Fmly></Domn></BkTxCd>"
    fee, cash = read_entries(tmp_path, entry(more=code.format("CHRG")), entry(more=code.format("CWDL"))).transfers
    assert (ends(fee)[1], fee.kind) == (f"bank:{OWN}", "fee")
    assert (cash.dst.rail, cash.kind) == ("cash", "cash")


def test_pending_entries_move_nothing_yet_and_notices_are_skipped(tmp_path: Path) -> None:
    reading = read_entries(tmp_path, entry(status="<Sts>PDNG</Sts>"), entry(status="<Sts>INFO</Sts>"), entry())
    assert [(t.row, t.status) for t in reading.transfers] == [(1, "unconfirmed"), (3, "ok")]
    assert reading.skipped == {2}
    assert len({t.identity for t in reading.transfers}) == 2


@pytest.mark.parametrize(
    ("opening", "closing", "broken"),
    [(("OPBD", "1000.00"), ("CLBD", "850.00"), False), (("PRCD", "1000.00"), ("CLBD", "850.00"), False),
     (("OPBD", "1000.00"), ("CLBD", "850.01"), True), (("OPBD", "1000.00"), ("CLBD", "850.00", "DBIT"), True)],
)  # fmt: skip
def test_opening_and_entries_make_the_closing_balance(
    tmp_path: Path, opening: tuple[str, ...], closing: tuple[str, ...], *, broken: bool
) -> None:
    balances = balance(*opening) + balance(*closing)
    pending = entry("77", status="<Sts>PDNG</Sts>")
    reading = read_entries(tmp_path, entry(), entry("100.00", "CRDT"), pending, balances=balances)
    assert reading.codes == ({"balance_break": 1} if broken else {})
    assert all(issue.row is None for issue in reading.issues)


def test_the_difference_of_a_break_is_named(tmp_path: Path) -> None:
    reading = read_entries(tmp_path, entry("2O.00"), entry(), balances=balance("OPBD", "1000") + balance("CLBD", "730"))
    assert reading.errors == [(1, "amount_damaged")]
    (issue,) = [issue for issue in reading.issues if issue.row is None]
    assert issue.message.endswith("-20.00 EUR are missing or altered")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"amount": "1,50"}, "amount_damaged"),
        ({"amount": "-1.50"}, "negative_amount"),
        ({"amount": "1.505"}, "amount_damaged"),
        ({"currency": "EURO"}, "currency_unknown"),
        ({"mark": "DEBIT"}, "direction_unknown"),
        ({"day": "2024-08-32"}, "time_damaged"),
        ({"day": ""}, "time_missing"),
    ],
)
def test_an_entry_that_cannot_be_understood_is_refused_alone(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    reading = read_entries(tmp_path, entry(**cells), entry())
    assert reading.errors == [(1, code)]
    assert reading.kept == {2}


def test_a_day_needs_a_zone_unless_it_carries_one(tmp_path: Path) -> None:
    assert read_entries(tmp_path, entry(), timezone=None).errors == [(1, "time_no_zone")]
    (stated,) = read_entries(tmp_path, entry(day="2024-08-05+02:00"), timezone=None).transfers
    assert (stated.time.time, stated.time.error_s, stated.time.basis) == (
        datetime(2024, 8, 5, 10, tzinfo=UTC),
        43_200,
        "stated",
    )
    moment = entry().replace("<BookgDt><Dt>2024-08-05</Dt>", "<BookgDt><DtTm>2024-08-05T09:30:00+02:00</DtTm>")
    (exact,) = read_entries(tmp_path, moment, timezone=None).transfers
    assert (exact.time.time, exact.time.error_s) == (datetime(2024, 8, 5, 7, 30, tzinfo=UTC), 0)


def test_the_value_day_stands_in_for_a_booked_day_and_a_far_one_is_noted(tmp_path: Path) -> None:
    only = entry().replace("BookgDt", "ValDt")
    (transfer,) = read_entries(tmp_path, only).transfers
    assert transfer.time.time == datetime(2024, 8, 5, 12, tzinfo=UTC)
    far = entry(more="<ValDt><Dt>2024-08-20</Dt></ValDt>")
    assert read_entries(tmp_path, far).graded == {("note", "days_differ"): 1}


def test_a_damaged_iban_is_kept_as_a_number_of_this_statement(tmp_path: Path) -> None:
    reading = read_entries(tmp_path, entry(details=details(PARTY["02"].replace(OTHER, OTHER[:-1] + "9"))))
    assert reading.codes == {"iban_damaged": 1}
    assert reading.transfers[0].dst.key == f"account:{OWN}:{OTHER[:-1]}9"
    assert is_iban(OTHER)
    assert not is_iban(OTHER[:-1] + "9")


def test_addresses_in_a_payments_text_become_mentions(tmp_path: Path) -> None:
    tron = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
    text = f"<RmtInf><Ustrd>to {tron} and {tron[:-1]}Q and {tron}, hash {'ab' * 32}</Ustrd></RmtInf>"
    reading = read_entries(tmp_path, entry(details=details(text)))
    assert [(e.kind, e.node and e.node.key, e.other and (e.other.rail, e.other.key)) for e in reading.events] == [
        ("mention", OWN, ("tron", tron)), ("mention", OWN, None),
    ]  # fmt: skip
    assert reading.codes == {"address_damaged": 1}


def test_an_entry_is_cited_by_its_own_text(tmp_path: Path) -> None:
    first, second = entry("1.00"), entry("2.00", details=details("<RmtInf><Ustrd>\u0161ta</Ustrd></RmtInf>"))
    text = HEAD.format(version="02", own=OWN, balances="", entries=first + second)
    for encoding in ("utf-8", "utf-16"):
        data = text.replace("UTF-8", encoding.upper()).encode(encoding)
        source = make_source(tmp_path, data, "s.xml")
        assert [raw.raw for raw in bank_statement.records(source, ReadOptions(timezone="UTC"))] == [first, second]


def test_several_statements_are_counted_on_and_an_overlap_is_the_same_fact(tmp_path: Path) -> None:
    one = HEAD.format(version="02", own=OWN, balances="", entries=entry())
    statement = one[one.index("<Stmt>") : one.index("</BkToCstmrStmt>")]
    reading = read_all(
        bank_statement,
        make_source(tmp_path, one.replace(statement, statement * 2), "s.xml"),
        ReadOptions(timezone="UTC"),
    )
    assert [t.row for t in reading.transfers] == [1, 2]
    assert len({t.identity for t in reading.transfers}) == 1


def test_a_statement_without_entries_says_so(tmp_path: Path) -> None:
    assert read_entries(tmp_path).codes == {"no_rows": 1}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<Document", f"<!DOCTYPE x [{LAUGHS}]><Document", "document type or entities"),
        ("<Document", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document', "document type or entities"),
        ("<Document", '<!DOCTYPE x [<!ENTITY e SYSTEM "http://example.org/e">]><Document', "document type or entities"),
        ("<Id>S</Id>", "<Id>&e;</Id>", "undefined entity"),
        ("<Id>S</Id>", "<a>" * 100_000, "nested deeper than 60"),
        ("</Stmt></BkToCstmrStmt></Document>", "", "no whole XML at line 2"),
        ("</Stmt>", "</Smt>", "mismatched tag"),
        ("UTF-8", "UTF-99", "no whole XML|cannot be decoded"),
        ("<Id>S</Id>", "<Id>\x00</Id>", "no whole XML"),
    ],
)
def test_xml_that_is_a_bomb_or_damaged_is_refused_whole(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = HEAD.format(version="02", own=OWN, balances="", entries="").replace(old, new)
    with pytest.raises(SourceError, match=said):
        list(bank_statement.read(make_source(tmp_path, text, "s.xml"), ReadOptions(timezone="UTC")))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD.format(version="04", own=OWN, balances="", entries=""), "CAMT"),
        (":20:X\n:25:Y\n:60F:C240801EUR1,\n", "MT940"),
        ("OFXHEADER:100\n\n<OFX></OFX>", "OFX"),
        ('<?xml version="1.0"?><?OFX OFXHEADER="200"?><OFX></OFX>', "OFX"),
        ("<html>camt</html>", None),
        (":20:X\nno account\n", None),
        ("a,b\n1,2\n", None),
    ],
)
def test_a_statement_is_recognised_by_its_format(tmp_path: Path, text: str, why: str | None) -> None:
    source = make_source(tmp_path, text, "statement.txt")
    found = bank_statement.recognise(make_head(source))
    assert (why is None and found is None) or (why is not None and found is not None and why in found)
    if why is None:
        with pytest.raises(SourceError, match="none of CAMT"):
            list(bank_statement.read(source, ReadOptions()))

"""Accounts of statements in every format: one node for one account, however it is written; and bytes that are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import bank_statement
from connectors.bank_statement.accounts import is_own, split_account
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.model import Node

OWN, OTHER = "BA329999990000000017", "RS20999000000000000033"
CAMT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
    "<Stmt><Id>S</Id><Acct><Id><Othr><Id>{own}</Id></Othr></Id></Acct><Ntry><Amt{code}>5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
    "<Sts>BOOK</Sts><BookgDt><Dt>2024-08-05</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Holder Fictional</Nm></Cdtr>"
    "<CdtrAcct><Id><Othr><Id>{other}</Id></Othr></Id></CdtrAcct></RltdPties></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt>"
    "</Document>"
)
MT940 = (
    ":20:A\n:25:{own}\n:28C:1\n:60F:C240801EUR5,00\n:61:240805D5,00NTRFX\n:86:/IBAN/{other}\n:62F:C240805EUR0,00\n-\n"
)
OFX = (
    "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>{own}</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT"
    "<DTPOSTED>20240805<TRNAMT>-5.00<FITID>1<BANKACCTTO><BANKID>1<ACCTID>{other}</BANKACCTTO></STMTTRN></BANKTRANLIST></STMTRS></OFX>"
)
FORMATS = {"camt": CAMT.replace("{code}", ' Ccy="EUR"'), "mt940": MT940, "ofx": OFX}


def read_text(folder: Path, text: str | bytes, currency: str | None = None) -> Reading:
    return read_all(bank_statement, make_source(folder, text, "s.txt"), ReadOptions(timezone="UTC", currency=currency))


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("form", ["{}", "{}EUR", "{} EUR", "{}/EUR"])
def test_an_iban_with_its_currency_is_one_account_in_every_format(tmp_path: Path, text: str, form: str) -> None:
    (transfer,) = read_text(tmp_path, text.format(own=form.format(OWN), other=form.format(OTHER))).transfers
    assert (transfer.src.key, transfer.dst.key) == (OWN, OTHER)


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_nobody_pays_himself_in_any_format(tmp_path: Path, text: str) -> None:
    reading = read_text(tmp_path, text.format(own=f"{OWN} EUR", other=OWN))
    (transfer,) = reading.transfers
    assert transfer.src.key == OWN
    assert transfer.dst.key.startswith("unstated:")
    assert reading.graded == {("note", "own_account_named"): 1}


def test_a_said_currency_serves_a_camt_entry_that_states_none(tmp_path: Path) -> None:
    text = CAMT.format(own=OWN, other=OTHER, code="")
    (issue,) = [issue for issue in read_text(tmp_path, text).issues if issue.severity == "error"]
    assert issue.code == "currency_missing"
    assert "--currency" in issue.message
    assert [t.asset.asset for t in read_text(tmp_path, text, "CHF").transfers] == ["CHF"]


@pytest.mark.parametrize("text", [MT940, OFX], ids=["mt940", "ofx"])
def test_an_account_with_damaged_bytes_is_none(tmp_path: Path, text: str) -> None:
    data = text.format(own="0017\u017e", other=OTHER).encode("cp1250")
    reading = read_text(
        tmp_path, data if text == MT940 else data.replace(b"100\n", b"100\nENCODING:UTF-8\nCHARSET:NONE\n")
    )
    assert reading.codes["account_missing"] == 1
    assert all(key.isprintable() for transfer in reading.transfers for key in (transfer.src.key, transfer.dst.key))
    assert all(issue.message.isprintable() for issue in reading.issues)


def test_currencies_that_belong_to_an_iban_stay_in_it() -> None:
    body = "BOMM0101101030300200000MUR"
    check = 98 - int("".join(str(int(sign, 36)) for sign in body + "MU00")) % 97
    assert split_account(f"MU{check:02}{body}") == (f"MU{check:02}{body}", "")
    assert split_account("12345EUR") == ("12345EUR", "")
    assert split_account(f"{OWN}XQZ") == (f"{OWN}XQZ", "")


def test_short_or_foreign_numbers_are_not_the_accounts_own() -> None:
    own = Node("bank", "account:998877665544aa:12345678")
    assert is_own(own, "12345678")
    assert is_own(own, "0012345678")
    assert not is_own(own, "87654321")
    assert not is_own(Node("bank", "account:998877665544:5678"), "00005678")
    assert is_own(Node("bank", "account:FICTBANK:12345678"), "12345678", "fictbank")
    assert not is_own(Node("bank", "account:FICTBANK:12345678"), "12345678", "OTHER")

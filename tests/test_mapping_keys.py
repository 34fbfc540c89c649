"""Every setting of a mapping changes what is read, or is refused by its name: for each kind of mapping and shape of table.

Each shape has a small made-up file that reacts to all settings its reader heeds. The walk sets each setting that any mapping
may have, one at a time, and compares everything that is read.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.exchange_statement.settings import TABLES, WORDS
from tests.connectors.reading import open_source, sort_records, write_text
from trails.connector import ReadOptions, get_connector, list_connectors
from trails.errors import SourceError, UsageError

TRON = "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"


@dataclass(frozen=True)
class Shape:
    """A file, how it is read, and its mapping."""

    connector: str
    text: str
    mapping: dict[str, Any] = field(default_factory=dict)
    name: str = "made.csv"
    heeded: tuple[str, ...] = ()


LEDGER = (
    "No,Date,Code,From,To,Sum,Cur,Fee,Kind,Tel\n"
    '1,2024-08-05 10:00,L4711,Payer Ž,,"1,250.00",€,10,in,\n'
    "2,6 August,L4712,P2,,300,EUR,,in,\n6,2024-08-07 10:00,L4712,P2,,300,,,in,\n3,2024-08-07 10:00,L4712,P2,,-5,EUR,,in,\n"
    "4,2024-08-07 10:00,L4713,P2,Q2,300.50,EUR,,emanet,\n5,2024-08-07 10:00,L4713,P2,Q2,300.50,EUR,10,in,065 123 456\n"
)
LEDGER_COLUMNS = {
    "number": "No", "date": "Date", "code": "Code", "payer": "From", "payee": "To", "amount": "Sum", "currency": "Cur",
    "fee": "Fee", "status": "Kind", "payer_phone": "Tel",
}  # fmt: skip
ACCOUNT = (
    "D,Who,In,Out,Bal,Cur\n2024-08-05,A,100.50,,999,EUR\n2024-08-06,B,50,,150,EUR\n2024-08-07,A,,30,70,EUR\n"
    '2024-08-08,A,-5,,65,EUR\n6 August,A,5,,5,EUR\n2024-08-09,A,5,,5,€\n2024-08-09,Ž,5,,3,\n2024-08-10,A,"1,000",,5,EUR\n'
)
ACCOUNT_COLUMNS = {"date": "D", "party": "Who", "credit": "In", "debit": "Out", "balance": "Bal", "currency": "Cur"}
NOTEBOOK = (
    "02.08.2024 Ž Bey emanet 4500 € L-47 tel 065 123 456\n06.08.2024 Ž Bey emanet 4.500 L-47 tel 065 123 456\n"
    "03.08. Ö Bey emanet 300 L-48 tel 066\n"
    "04.08.2024 X emanet -5 L-9 tel 067\n05.08.2024 X emanet 5,50 L-10 tel 065 123 457\n"
)
PATTERN = r"(?P<date>[\d.]+) (?P<payer>.+?) emanet (?P<amount>[-\d.,]+ ?\S?) (?P<code>L\S+) tel (?P<payer_phone>.+)"
PICKUP = (
    'N,S,R,D,A,C,F,St,T\n1234567890,Sender Ž,Receiver F,2024-08-05 10:00,"1,000.00",EUR,1,Bezahlt,\n'
    "1234567891,Sender G,,6 August,300,€,,Sent,\n1234567892,Sender G,,2024-08-05 10:00,300,,,Sent,\n"
    "1234567893,Sender Ž,,2024-08-05 10:00,300.50,EUR,,Sent,065 123 456\n1234567894,Sender G,,2024-08-05 10:00,300,€,,Sent,\n"
)
PICKUP_COLUMNS = {
    "number": "N", "sender": "S", "receiver": "R", "date_sent": "D", "amount": "A", "currency": "C", "fee": "F", "status": "St",
    "sender_phone": "T",
}  # fmt: skip
CHAT = (
    "when,who,what,gone\n2024-08-02 10:00,065 123 456,lozinka 4718 tel 065 999 888,ja\n6 August,A,kod 4719,\n"
    "2024-08-03 10:00,Ž,kod 4719,\n"
)
CHAT_COLUMNS = {"time": "when", "sender": "who", "text": "what", "status": "gone"}
MOVES = (
    'D,U,Op,Way,Coin,A,Fee,Net,Addr,Id,St,More\n2024-08-05 10:00,,in,x,EUR,"1,000.00",1,TRC20,'
    f"{TRON},a1,Fertig,Ž\n2024-08-06 10:00,,out,,USDX,-5,1,TRC99,{TRON},,Fertig,Ž\n"
    f"05.08.2024 10:00,,in,x,EUR,5,1,TRC20,{TRON},a3,Fertig,\n"
    f"2024-08-06 10:00,Ž,in,x,EUR,5.5,1,TRC20,{TRON},a4,Fertig,\n2024-08-06 11:00,Ž,swap,x,EUR,5,1,TRC20,{TRON},a5,Fertig,\n"
    f"2024-08-06 11:00,,out,y,EUR,5,1,TRC99,{TRON},a6,Fertig,\n"
)
MOVE_COLUMNS = {"date": "D", "user": "U", "operation": "Op", "direction": "Way", "coin": "Coin", "amount": "A", "fee": "Fee",
                "network": "Net", "address": "Addr", "id": "Id", "status": "St"}  # fmt: skip
PAIRS = (
    'D,Pair,Side,A,T,Fee,Id,More\n2024-08-05 10:00,AAABBB,buy,10,"1,000.50",1,a1,Ž\n05.08.2024 10:00,AAA/BBB,sell,10,1,1 AAA,a2,Ž\n'
    "2024-08-05 10:00,AAABBB,buy,10.5,1.5,1 AAA,ž3,Ž\n2024-08-05 10:00,AAA/BBB,buy,10,1,1,a4,Ž\n2024-08-05 10:00,,buy,10,1,,a5,\n"
)
PAIR_COLUMNS = {"date": "D", "pair": "Pair", "side": "Side", "amount": "A", "total": "T", "fee": "Fee", "id": "Id"}
RATES = 'D,C,R,S\n2024-08-02 10:00,EUR,"1,000.5",bank Ž\n6 August,,5,\n2024-08-03 10:00,EUR,5.5,bank Ž\n2024-08-03 10:00,,5,\n'
RATE_COLUMNS = {"date": "D", "base": "C", "rate": "R", "source": "S"}
SHEET = (
    'n,d,o,b,a,s,v,c,st\n1,2024-08-05 10:00,Ž One,B Two,"1,000.50",,Fictional VASP,€,fertig\n'
    "2,6 August,Ž One,B Two,5,,X,EUR,fertig\n"
    '3,05.08.2024 10:00,C,D,5.5,,X,,fertig\n4,2024-08-05 10:00,C,D,"1,000.50",,X,EUR,fertig\n'
    "5,2024-08-05 10:00,C,D,5.5,,X,,fertig\n"
    "6,2024-08-05 10:00,C,D,5.5,,X,EUR,fertig\n"
)
SHEET_COLUMNS = {
    "number": "n", "date": "d", "originator": "o", "beneficiary": "b", "amount": "a", "currency": "c", "beneficiary_vasp": "v",
    "status": "st",
}  # fmt: skip

SHAPES = {
    "travel rule": Shape("ivms101", SHEET, {
        "kind": "travel_rule", "decimal_mark": ".", "columns": SHEET_COLUMNS, "timezone": "UTC", "status": {"fertig": "done"}}),
    "ledger, table": Shape("hawala_ledger", LEDGER, {
        "kind": "ledger", "decimal_mark": ".", "columns": LEDGER_COLUMNS, "status": {"in": "deposit"}, "timezone": "UTC"}),
    "ledger, account": Shape("hawala_ledger", ACCOUNT, {
        "kind": "ledger", "decimal_mark": ".", "columns": ACCOUNT_COLUMNS, "balance_rises_with": "credit", "timezone": "UTC"}),
    "ledger, lines": Shape("hawala_ledger", NOTEBOOK, {
        "kind": "ledger", "layout": "lines", "decimal_mark": ",", "lines": [{"kind": "deposit", "pattern": PATTERN}],
        "date_pattern": ["%d.%m.%Y"], "timezone": "UTC", "currency": "TRY"}, name="made.txt"),
    "pickup": Shape("pickup_list", PICKUP, {
        "kind": "pickup", "decimal_mark": ".", "operator": "ria", "columns": PICKUP_COLUMNS, "timezone": "UTC"}),
    "messages": Shape("message_table", CHAT, {"kind": "messages", "columns": CHAT_COLUMNS, "timezone": "UTC"}),
    "messages, Meta": Shape("message_table", (
        '{"participants": [], "messages": [{"sender_name": "A", "timestamp_ms": 1722600000000, '
        '"content": "lozinka 4718 tel 065 123 456, kod 4719"}]}'), name="made.json"),
    "labels": Shape("labels", f"a,l\n{TRON},Ž Office\n", {"kind": "labels", "columns": {"address": "a", "label": "l"}}),
    "labels, known": Shape("labels", f"address,label\n{TRON},Office\n"),
    "labels, no header": Shape("labels", f"{TRON},Office\nTL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP,Desk\n"),
    "rates, declared": Shape("rates", RATES, {
        "kind": "rates", "decimal_mark": ".", "columns": RATE_COLUMNS,
        "rates": {"base": "USD", "quote": "AFN", "source": "bazaar"}}),
    "rates, own": Shape("rates", "date,base,quote,rate,source\n2024-08-02,EUR,USD,1.1,bank\n"),
    "rates, reference": Shape("rates", "Date,USD,JPY,\n2024-08-02,1.1,160,\n"),
    "rates, bars": Shape("rates", "Date,Open,High,Low,Close\n2024-08-02,1,2,1,2\n", name="BTC-USD.csv"),
    "rates, values": Shape("rates", '{"date": "2024-08-02", "fiatValues": {"EUR": 0.1}}\n',
                           {"kind": "rates", "rates": {"base": "TRX"}},
                           name="made.jsonl"),
    "statement, movements": Shape("exchange_statement", MOVES, {
        "kind": "statement", "decimal_mark": ".", "columns": MOVE_COLUMNS, "timezone": "UTC",
        "operations": {"in": "deposit", "out": "withdrawal", "swap": "trade"}, "directions": {"x": "in", "y": "out"},
        "status": {"Fertig": "done"}}),
    "statement, pairs": Shape("exchange_statement", PAIRS, {
        "kind": "statement", "table": "pairs", "decimal_mark": ".", "columns": PAIR_COLUMNS, "timezone": "UTC", "quotes": ["BBB"]}),
    "tronscan": Shape("tronscan", (
        "transaction_id,block,block_ts,from_address,to_address,confirmed,contractRet,quant,contract_address\n"
        f"{'a' * 64},1,2024-08-02 10:00:00,{TRON},TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP,true,SUCCESS,5000000,"
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t\n"
    ), {"unit": "token", "timezone": "UTC"}),
    "whatsapp": Shape("whatsapp", "02.08.2024, 10:00 - A: lozinka 4718 tel 065 123 456\n02.08.2024, 10:01 - B: kod 4719\n"
                      "13.08.2024, 10:01 - B: kod 4720\n", {"timezone": "UTC"}, name="chat.txt"),
    "whatsapp, no year": Shape("whatsapp", "13/08, 10:00 - A: lozinka 4718 tel 065 123 456\n14/08, 10:01 - B: kod 4719\n",
                               {"timezone": "UTC", "year": 2024}, name="chat.txt"),
}  # fmt: skip
#: What each setting is set to: values of which at least one must change something where the setting is heeded.
VALUES: dict[str, tuple[Any, ...]] = {
    "kind": ("ledger", "labels"), "profile": ("jeweller-notebook", "nonsense"), "scope": ("other",), "timezone": ("Asia/Kabul",),
    "decimal_mark": (",", "."), "thousands_mark": (",", "."), "currency": ("USD",), "region": ("BA",), "sheet": ("X",),
    "delimiter": ("|",), "encoding": ("cp1256",), "date_pattern": ("%d.%m.%Y %H:%M", ["%d.%m.%Y", "%Y-%m-%d"], "%Y-%d-%m"),
    "calendars": (["hijri"],), "period": (["2020-01-01", "2020-01-02"],), "year": (2020, 2021), "header_row": (2,),
    "columns": ({"date": "nonsense"},),
    "status": ({"in": "skip"}, {"ja": "deleted"}, {"sent": "failed"}, {"fertig": "failed"}, {"y": "z"}),
    "currencies": ({"€": "USD", "EUR": "USD"},), "lines": ([{"kind": "skip", "pattern": ".*"}],), "layout": ("lines", "table"),
    "balance_rises_with": ("debit",), "balance_per": ("party",), "balance_starts": ("zero",), "negative": ("correction",),
    "fee_taken": ("on_top",), "words": (["turkish"], ["tr"]), "code_prefixes": (["L"],), "operator": ("moneygram",),
    "service": ("signal",), "code_words": (["lozinka"],),
    "rates": ({"base": "GBP", "quote": "CHF"}, {"base": "ETH"}, {"times": 10}),
    "exchange": ("other",), "table": tuple(TABLES), "operation": ("house",), "operations": ({"in": "house"},), "fee": ("inside",),
    "fee_in": ("received", "quote"), "offset": ("+05:00", "nonsense"), "signed": (True,), "statement": (True,),
    "id_required": (True,),
    "trade_legs_by_id": (True,), "quotes": (["BB"],), "ignored": (["More"],), "coins": ({"EUR": "USD", "AAA": "CCC"},),
    "networks": ({"TRC99": "tron"},), "directions": ({"x": "out"},), "contract": ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "nonsense"),
    "token": ("X",), "decimals": (6,), "unit": ("base",), "optional": ({"a": ["b"]},), "colour": ("red",),
}  # fmt: skip


def read_shape(folder: Path, shape: Shape, mapping: dict[str, Any]) -> str:
    """Everything that is read, in words."""
    options = ReadOptions(mapping=mapping or None)
    reading = sort_records(
        get_connector(shape.connector), open_source(write_text(folder, shape.text, shape.name)), options
    )
    return f"{reading.facts}\n{reading.tables}\n{reading.issues}\n{reading.skips}"


@pytest.mark.parametrize("name", SHAPES)
def test_each_setting_changes_what_is_read_or_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    before = read_shape(tmp_path, shape, shape.mapping)
    idle = []
    for key, values in VALUES.items():
        found = {outcome(tmp_path, shape, key, value, before) for value in values if shape.mapping.get(key) != value}
        if not found & {"changed", "refused"}:
            idle.append(key)
    assert idle == []


def outcome(folder: Path, shape: Shape, key: str, value: Any, before: str) -> str:
    """What becomes of a file with one more setting."""
    try:
        after = read_shape(folder, shape, {**shape.mapping, key: value})
    except (SourceError, UsageError) as problem:
        # a wrong one of these is told by what the file lacks under it
        told = ("columns", "delimiter", "header_row", "profile", "layout", "lines")
        return "refused" if key in str(problem) or key in told else "unclear"
    return "same" if after == before else "changed"


def test_each_manifest_lists_what_its_reader_heeds_of_a_mapping(tmp_path: Path) -> None:
    checked = 0
    for connector in list_connectors():
        assert connector.manifest is not None
        if "mapping" in connector.manifest.options:
            continue
        with pytest.raises(SourceError) as caught:
            list(
                connector.read(
                    open_source(write_text(tmp_path, "x")), ReadOptions(mapping={"colour": "red", "kind": "x"})
                )
            )
        assert [problem[:35] for problem in caught.value.problems] == [
            "`colour` has no effect on this file", "`kind` has no effect on this file; ",
        ]  # fmt: skip
        checked += 1
    assert checked >= 15


STATEMENT: dict[str, Any] = {"kind": "statement", "timezone": "UTC", "decimal_mark": "."}
#: A table of each kind with the columns it must have, and one row.
BARE: dict[str, dict[str, str]] = {
    "movements": {"date": "2024-08-05 10:00", "amount": "5", "coin": "EUR"},
    "deposits": {"date": "2024-08-05 10:00", "amount": "5", "coin": "EUR"},
    "withdrawals": {"date": "2024-08-05 10:00", "amount": "5", "coin": "EUR"},
    "by_name": {"date": "2024-08-05 10:00", "amount": "5", "coin": "EUR"},
    "trades": {"date": "2024-08-05 10:00", "sent_amount": "5", "sent_coin": "EUR", "received_amount": "6", "received_coin": "BTC"},
    "pairs": {"date": "2024-08-05 10:00", "side": "buy", "amount": "5", "total": "6", "pair": "BTC/EUR"},
    "p2p": {"date": "2024-08-05 10:00", "side": "buy", "amount": "5", "id": "a1", "coin": "USDT"},
    "swaps": {"date": "2024-08-05 10:00", "sent_amount": "5", "sent_coin": "EUR", "received_amount": "6", "received_coin": "BTC",
              "id": "a1"},
}  # fmt: skip
CELLS = {
    "txid": "a" * 64,
    "operation": "in",
    "direction": "x",
    "side": "sell",
    "status": "done",
    "fee": "1 EUR",
    "pair": "A/B",
}
CELLS |= {word: TRON for word in WORDS if word.endswith("address")} | {
    word: "BTC" for word in WORDS if word.endswith("coin")
}
#: Words that change what is read only beside another one.
BESIDE = {
    "fee_coin": {"fee": "1"}, "from_address": {"network": "TRC20"}, "fiat": {"total": "7"}, "total": {"fiat": "EUR"},
    "refund_txid": {"status": "refunded"}, "refund_address": {"status": "refunded", "refund_txid": "b" * 64},
    "received_address": {"network": "TRC20"}, "sent_address": {"network": "TRC20"},
}  # fmt: skip


def read_statement(folder: Path, table: str, cells: dict[str, str]) -> str:
    shape = Shape("exchange_statement", ",".join(cells) + "\n" + ",".join(cells.values()) + "\n", name="deposits.csv")
    said = {**STATEMENT, "table": table, "columns": {word: word for word in cells}}
    if "status" in cells:
        said["status"] = {"done": "failed", "refunded": "failed"}
    if "operation" in cells and table not in ("p2p", "swaps"):
        said["operations"] = {"in": "house"}
    if "direction" in cells:
        said["directions"] = {"x": "out"}
    return read_shape(folder, shape, said)


@pytest.mark.parametrize("table", [table for table in TABLES if table != "wide"])  # a wide table needs a profile
def test_each_column_of_a_statement_is_read_or_refused_by_its_name(tmp_path: Path, table: str) -> None:
    idle = []
    for word in WORDS:
        cells = {
            **BARE[table],
            **{key: value for key, value in BESIDE.get(word, {}).items() if word not in BARE[table]},
        }
        if word in cells:
            continue
        try:
            before = read_statement(tmp_path, table, cells)
        except SourceError:
            continue  # what it stands beside is refused itself
        try:
            after = read_statement(tmp_path, table, {**cells, word: CELLS.get(word, "7")})
        except SourceError as problem:
            after = before if f"`{word}`" not in str(problem) else ""
        idle += [word] if after == before else []
    assert idle == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": "p2p", "fee": "inside"}, '`fee` = "inside" has no effect: in a table of p2p'),
        ({"table": "pairs", "signed": True}, "`signed` has no effect: a table of pairs does not heed it"),
        ({"table": "pairs", "region": "BA"}, "`region` has no effect"),
        ({"table": "pairs", "sheet": "X"}, "`sheet` has no effect"),
        ({"table": "pairs", "offset": "+05:00"}, "`offset` and `timezone` both say the zone"),
        ({"profile": "nonsense"}, "there is no profile 'nonsense'"),
        ({"kind": "ledger"}, "the mapping is of another kind"),
    ],
)
def test_a_declared_word_without_effect_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    cells = {**BARE["pairs"], "fee": "1", "fee_coin": "EUR"}
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    said = {**STATEMENT, "columns": {word: word for word in cells}, **change}
    with pytest.raises(SourceError) as caught:
        read_shape(tmp_path, Shape("exchange_statement", text), said)
    assert words in str(caught.value)


@pytest.mark.parametrize("kind", ["ledger", "statement", "pickup", "messages", "labels"])
def test_a_workbook_heeds_no_delimiter_and_no_encoding(tmp_path: Path, kind: str) -> None:
    shape = next(shape for shape in SHAPES.values() if shape.mapping.get("kind") == kind)
    path = tmp_path / "made.xlsx"
    book: Any = importlib.import_module("xlsxwriter").Workbook(str(path))
    sheet = book.add_worksheet("S")
    for column, name in enumerate(shape.text.partition("\n")[0].split(",")):
        sheet.write(0, column, name)
        sheet.write(1, column, "x")
    book.close()
    for name, value in (("delimiter", ";"), ("encoding", "cp1250")):
        with pytest.raises(SourceError, match=f"`{name}` has no effect"):
            sort_records(
                get_connector(shape.connector), open_source(path), ReadOptions(mapping={**shape.mapping, name: value})
            )

"""Address lists: known columns, no header, declared columns; contradictions stay side by side; the real lists."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from connectors import labels
from tests.connectors.reading import SAMPLES, head_of, load_toml, make_head, open_source, read_file, write_text
from trails.cite import cite
from trails.errors import SourceError, UsageError
from trails.ingest import add_source
from trails.ownership.tags import find_service_nodes

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

FOLDER = SAMPLES / "labels"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0xdac17f958d2ee523a2206206994597c13d831ec7"
MAPPING = {"kind": "labels", "columns": {"address": "Adresse", "label": "Name"}}
#: Rows, tags, comment lines and damaged addresses of every real list.
REAL = {
    "darknet-market-addresses.csv": (189, 186, 2, 1),
    "exchange-academic-addresses.csv": (2_114, 2_114, 0, 0),
    "exchange-por-forensics-addresses.csv": (606, 587, 16, 3),
    "mixer-addresses.csv": (109, 107, 2, 0),
    "ofac-entity-labeled.csv": (104, 104, 0, 0),
    "proof-of-reserves.csv": (8, 5, 3, 0),
    "tags_from_tronscan.csv": (32, 32, 0, 0),
}


def test_sample_with_known_columns() -> None:
    found = read_file(labels, FOLDER / "sample.csv")
    assert [(t.row, t.node.rail, t.label, t.category, t.origin) for t in found.tags] == [
        (4, "bitcoin", "Exchange Pebble", "exchange", "example.org/reserves"),
        (6, "bitcoin", "Mixer Slate", "mixer", "example.org/slate"),
        (7, "evm", "Mixer Slate", "mixer", "example.org/slate"),
        (8, "evm", "burn", None, "example.org/slate"),
        (9, "bitcoin", "Somebody Else", "user", "example.org/forum"),
    ]
    assert found.tags[0].node == found.tags[4].node, "two publishers, one address: both are kept"
    assert found.errors == [(10, "address_damaged"), (11, "tag_damaged")]
    assert [(s.row, s.reason) for s in found.skips] == [(5, "comment line")]
    assert found.codes["null_address"] == 1


def test_a_list_without_header_and_one_with_declared_columns() -> None:
    plain = read_file(labels, FOLDER / "sample-no-header.csv")
    assert [(t.row, t.node.rail, t.label) for t in plain.tags] == [
        (1, "tron", "Exchange Pebble (fictional)"),
        (2, "tron", "Exchange Pebble (fictional) Cold 2"),
        (3, "tron", "Exchange Pebble (fictional) Cold 3"),
    ]
    mapping = load_toml(FOLDER / "sample-mapped.csv.mapping.toml")
    told = read_file(labels, FOLDER / "sample-mapped.csv", mapping=mapping)
    assert [(t.row, t.node.rail, t.label, t.origin) for t in told.tags] == [
        (2, "tron", "Fictional Broker, Sarajevo", "Vernehmung 3"),
        (3, "ethereum", "Fictional Driver", "Vernehmung 4"),
    ]
    assert [(s.row, s.reason) for s in told.skips] == [(4, "rail not in trails: LTC")]


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("address,label", True),
        ("Wallet_Address;Name Tag;Chain", True),
        ("tag\taddress\tconfidence\turl", True),
        ("address,entity,source", True),
        ("address", False),
        ("address,source", False),
        ("address,label,name", False),
        ("address,label,amount", False),
        ("address,wallet address,label", False),
        ("label,value", False),
    ],
)
def test_columns_are_taken_only_when_every_one_is_known(tmp_path: Path, header: str, *, ours: bool) -> None:
    delimiter = next((mark for mark in ",;\t" if mark in header), ",")
    row = delimiter.join(GENESIS if "address" in name.lower() else "x" for name in header.split(delimiter))
    path = write_text(tmp_path, f"{header}\n{row}\n")
    assert bool(labels.recognise(head_of(path))) is ours
    if ours:
        read_file(labels, path)
    else:
        with pytest.raises(SourceError, match="declare them"):
            read_file(labels, path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,address\nSome Body,Ulica 1\nOther,Ulica 2\n", "a list of people and where they live"),
        ("address,label\n", "nothing but a header"),
        (f"{GENESIS},5000\n{TRON},7\n", "addresses and balances"),
        (f"{GENESIS},{TRON}\n{TRON},{GENESIS}\n", "pairs of addresses"),
        (f"{GENESIS},{'ab' * 32}\n{TRON},{'cd' * 32}\n", "addresses and transactions"),
        (f"{GENESIS},Exchange\n", "one line is too little to tell"),
        (f"{GENESIS},Exchange\nnot an address,Exchange\n", "a line without an address"),
        (f"{GENESIS},Exchange,more\n{TRON},Exchange,more\n", "three fields without names"),
        ('{"address": 1}', "JSON"),
        ("", "nothing"),
        ("\x00\x01", "bytes"),
    ],
)
def test_other_tables_are_not_ours(tmp_path: Path, text: str, why: str) -> None:
    assert labels.recognise(head_of(write_text(tmp_path, text))) is None, why


def test_a_mapping_of_another_kind_is_not_ours(tmp_path: Path) -> None:
    path = write_text(tmp_path, f"address,label\n{GENESIS},x\n")
    assert labels.recognise(make_head(open_source(path), {"columns": {"date": "x"}})) is None
    assert labels.recognise(make_head(open_source(path), {"kind": "statement", "columns": {}})) is None
    assert labels.recognise(make_head(open_source(path), MAPPING))


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (MAPPING | {"columns": {"address": "Adresse"}}, "`label`"),
        (MAPPING | {"columns": {"address": "Adresse", "label": "Nom"}}, "no column 'Nom'"),
        (MAPPING | {"columns": {"address": "Adresse", "label": "Name", "date": "x"}}, "unknown word `date`"),
        (MAPPING | {"colour": "red"}, "unknown setting"),
    ],
)
def test_a_mapping_that_does_not_fit_adds_nothing(tmp_path: Path, mapping: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_file(labels, write_text(tmp_path, f"Adresse,Name\n{GENESIS},x\n"), mapping=mapping)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{GENESIS},", "tag_damaged"),
        (",x", "tag_damaged"),
        (f"{GENESIS[:-1]},x", "address_damaged"),
        (f"{GENESIS},x,y", "row_shape"),
        (GENESIS, "row_shape"),
    ],
)
@pytest.mark.parametrize("header", ["address,label\n", f"{TRON},first\n{TRON},second\n"])
def test_a_damaged_line_is_refused_alone(tmp_path: Path, header: str, line: str, code: str) -> None:
    """The lines stand below what recognition looks at: a long good list with one bad line."""
    good = f"{EVM},good\n" * 60
    found = read_file(labels, write_text(tmp_path, f"{header}{good}{line}\n,\n{EVM},last\n"))
    rows = header.count("\n") + 60
    assert found.errors == [(rows + 1, code)]
    assert [(s.row, s.reason) for s in found.skips] == [(rows + 2, "empty line")]
    assert found.tags[-1].row == rows + 3


@pytest.mark.parametrize(
    ("line", "rail", "expected"),
    [
        (f"{EVM},x,", None, "evm"),
        (f"{EVM},x,", "bsc", "bsc"),
        (f"{EVM},x,ETH", "bsc", "ethereum"),
        (f"{EVM},x,polygon", None, "polygon"),
        (f"{GENESIS},x,", "bitcoin", "bitcoin"),
        (f"{GENESIS},x,", "tron", None),
        (f"{GENESIS},x,TRC-20", None, None),
    ],
)
def test_the_row_s_own_rail_wins_over_the_one_said(
    tmp_path: Path, line: str, rail: str | None, expected: str | None
) -> None:
    found = read_file(labels, write_text(tmp_path, f"address,label,chain\n{line}\n"), rail=rail)
    assert [t.node.rail for t in found.tags] == ([expected] if expected else [])
    assert found.errors == ([] if expected else [(2, "address_wrong_rail")])


def test_a_rail_without_addresses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no addresses"):
        read_file(labels, write_text(tmp_path, f"address,label\n{GENESIS},x\n"), rail="hawala")


def test_workbooks_packed_and_wide_texts_read_as_the_plain_table(tmp_path: Path) -> None:
    text = f"address,entity,category\n{GENESIS},Exchange Pebble,exchange\n{TRON},007,\n"
    plain = read_file(labels, write_text(tmp_path, text)).tags
    packed = tmp_path / "made.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    wide = write_text(tmp_path, text.encode("utf-16"), "wide.csv")
    book = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(str(book)) as made:
        sheet = made.add_worksheet()
        for number, line in enumerate(text.splitlines()):
            sheet.write_row(number, 0, line.split(","))
    for path in (packed, wide, book):
        assert labels.recognise(head_of(path)), path.name
        assert read_file(labels, path).tags == plain, path.name


def test_two_publishers_who_contradict_each_other_are_both_kept_and_cited(case: Case, tmp_path: Path) -> None:
    first = write_text(
        tmp_path, f"address,label,category,source\n{GENESIS},Exchange Pebble,exchange,a.example\n", "a.csv"
    )
    second = write_text(tmp_path, f"address,label,category,source\n{GENESIS},Some Body,user,b.example\n", "b.csv")
    same = write_text(
        tmp_path, f"# again\naddress,label,category,source\n{GENESIS},Some Body,user,b.example\n", "c.csv"
    )
    reports = [add_source(case, path) for path in (first, second, same)]
    assert [(r.connector, r.rows_kept, r.rows_duplicate) for r in reports] == [
        ("labels", 1, 0), ("labels", 1, 0), ("labels", 0, 1),
    ]  # fmt: skip
    rows = case.con.execute("SELECT tag_id, node_id, label, category, origin FROM tags ORDER BY tag_id").fetchall()
    assert [row[2:] for row in rows] == [
        ("Exchange Pebble", "exchange", "a.example"),
        ("Some Body", "user", "b.example"),
    ]
    assert len({row[1] for row in rows}) == 1, "one node, two tags"
    cited = {row[0]: sorted(citation.source_name for citation in cite(case, f"tag:{row[0]}").citations) for row in rows}
    assert list(cited.values()) == [["a.csv"], ["b.csv", "c.csv"]]
    tags = case.con.execute("SELECT * FROM tags").df()
    assert find_service_nodes(tags) == {rows[0][1]}, "one service tag stops a trail, whatever others say"


@pytest.mark.real_data
def test_every_real_list_is_read_with_every_row_accounted_for(real_data: Path) -> None:
    files = [*(real_data / "attribution" / "btc-entities").glob("*.csv"), real_data / "tron" / "tags_from_tronscan.csv"]
    assert all(labels.recognise(head_of(path)) for path in files)
    readings = {path.name: read_file(labels, path) for path in files}
    assert {name: (r.rows_read, len(r.tags), len(r.skips), len(r.refused)) for name, r in readings.items()} == REAL
    assert {code for r in readings.values() for code in r.codes} == {"address_damaged"}
    labelled = {t.label for t in readings["tags_from_tronscan.csv"].tags}
    assert {"Binance-Hot", "Binance-Cold 2", "Huobi"} <= labelled

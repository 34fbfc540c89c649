"""OFAC lists: the same listings from every format, hostile XML, and the real lists."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from connectors import ofac
from connectors.ofac.lists import asset_of_name
from tests.connectors.reading import SAMPLES, head_of, open_source, read_file, write_json, write_text
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.ownership.tags import SERVICE_CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = SAMPLES / "ofac"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
#: Tags, addresses of other chains and refused rows of every real list.
REAL = {
    "ofac-tron-addresses.json": (108, 0, 0),
    "sanctioned_addresses_ARB.txt": (0, 1, 0),
    "sanctioned_addresses_BCH.txt": (0, 7, 0),
    "sanctioned_addresses_BSC.txt": (1, 0, 0),
    "sanctioned_addresses_DASH.txt": (0, 3, 0),
    "sanctioned_addresses_ETH.txt": (152, 0, 0),
    "sanctioned_addresses_LTC.txt": (0, 10, 0),
    "sanctioned_addresses_TRX.txt": (6, 0, 0),
    "sanctioned_addresses_USDC.txt": (2, 0, 0),
    "sanctioned_addresses_USDT.txt": (26, 0, 0),
    "sanctioned_addresses_XBT.txt": (435, 0, 0),
    "sanctioned_addresses_XMR.txt": (0, 3, 0),
    "sanctioned_addresses_XRP.txt": (0, 1, 0),
    "sanctioned_addresses_ZEC.txt": (0, 3, 0),
}


def entry(*listed: tuple[str, str], name: str = "PARTY") -> str:
    ids = "".join(f"<id><idType>{kind}</idType><idNumber>{number}</idNumber></id>" for kind, number in listed)
    return f"<sdnEntry><uid>1</uid><lastName>{name}</lastName><idList>{ids}</idList></sdnEntry>"


def sdn(*entries: str, head: str = "") -> str:
    return f"<?xml version='1.0'?>{head}<sdnList><!-- OFAC -->{''.join(entries)}</sdnList>"


def test_the_three_lists_of_ofac_state_the_same_listings() -> None:
    found = {name: read_file(ofac, FOLDER / f"sample-sdn{name}").tags[:2] for name in (".xml", "-advanced.xml", ".csv")}
    said = {name: [(t.node, t.label, t.category, t.actor, t.confidence) for t in tags] for name, tags in found.items()}
    assert said[".xml"] == said["-advanced.xml"] == said[".csv"]
    assert {label for _, label, *_ in said[".xml"]} == {"FICTIONAL SLATE EXCHANGE"}
    assert [node.rail for node, *_ in said[".xml"]] == ["bitcoin", "tron"]
    assert {each[2:] for each in said[".xml"]} == {("sanction", "ofac:90001", "authority_data")}
    assert [tags[0].origin for tags in found.values()] == [
        "OFAC sanctions list of 2024-08-02, program CYBER2, FICTIONAL-EO",
        "OFAC sanctions list of 2024-08-02, program CYBER2",
        "OFAC sanctions list, program CYBER2, FICTIONAL-EO",
    ]


def test_a_sanction_is_no_service() -> None:
    assert SERVICE_CATEGORIES["sanction"] is False


def test_a_person_s_name_a_damaged_address_and_another_chain() -> None:
    found = read_file(ofac, FOLDER / "sample-sdn.xml")
    assert found.rows_read == 5
    assert [(t.row, t.label) for t in found.tags][-1] == (4, "Fictional PERSON")
    assert found.errors == [(5, "address_damaged")]
    assert [(s.row, s.reason) for s in found.skips] == [(3, "rail not in trails: XMR")]


def test_raw_entries_are_the_elements_of_the_file() -> None:
    text = "".join((FOLDER / "sample-sdn.xml").read_text(encoding="utf-8").split("\n"))
    text = text.replace("  ", "")
    assert all(raw.raw in text for raw in ofac.records(open_source(FOLDER / "sample-sdn.xml"), ReadOptions()))


def test_xml_with_prefixes_odd_order_and_escapes_is_read(tmp_path: Path) -> None:
    xml = (
        "<x:sdnList xmlns:x='OFAC'><x:idList><x:id><x:idType>Digital Currency Address - XBT</x:idType></x:id></x:idList>"
        "<x:sdnEntry><x:idList><x:id><x:idNumber>" + GENESIS + "</x:idNumber>"
        "<x:idType>Digital Currency Address - XBT</x:idType></x:id></x:idList>"
        "<x:lastName>A &amp; B</x:lastName></x:sdnEntry></x:sdnList>"
    )
    path = write_text(tmp_path, xml, "a.xml")
    assert ofac.recognise(head_of(path))
    assert [(t.label, t.node.key, t.actor) for t in read_file(ofac, path).tags] == [("A & B", GENESIS, None)]


def test_an_entry_without_an_address_is_refused_alone(tmp_path: Path) -> None:
    listed = entry(
        ("Digital Currency Address - XBT", " "), ("Digital Currency Address - XBT", GENESIS), ("Passport", "1")
    )
    found = read_file(ofac, write_text(tmp_path, sdn(listed), "a.xml"))
    assert found.errors == [(1, "tag_damaged")]
    assert [t.row for t in found.tags] == [2]


def test_a_list_without_addresses_says_so(tmp_path: Path) -> None:
    found = read_file(ofac, write_text(tmp_path, sdn(entry(("Passport", "1"))), "a.xml"))
    assert (found.rows_read, found.graded) == (0, {("note", "no_address"): 1})


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (sdn(entry(("Digital Currency Address - XBT", GENESIS)))[:-20], "not whole XML at line 1"),
        (sdn(entry(("Digital Currency Address - XBT", GENESIS))) + "<more/>", "not whole XML"),
        (sdn("<sdnEntry>" + "<a>" * 200 + "</a>" * 200 + "</sdnEntry>"), "deeper than 100"),
        (sdn(entry(("x", "&a;")), head="<!DOCTYPE sdnList [<!ENTITY a 'aaaa'>]>"), "declares a document type"),
        (sdn(entry(("x", "&a;")), head="<!DOCTYPE s [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"), "document type"),
        (sdn(entry(("x", "&a;")), head="<!DOCTYPE sdnList SYSTEM 'http://127.0.0.1:1/x.dtd'>"), "document type"),
        ("<?xml version='1.0' encoding='no-such'?><sdnList>OFAC</sdnList>", "XML"),
        ("<sdnList>OFAC \x01</sdnList>", "not whole XML"),
    ],
)
def test_broken_and_hostile_xml_is_refused_whole(tmp_path: Path, xml: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(ofac, write_text(tmp_path, xml, "a.xml"))


def test_memory_grows_with_the_listed_addresses_only(tmp_path: Path) -> None:
    plain = entry(("Passport", "1"), name="x" * 400)
    endless = entry(("Digital Currency Address - XBT", "x" * 10_000_000))
    source = open_source(write_text(tmp_path, sdn(*[plain] * 20_000, endless), "big.xml"))
    assert source.size > 20_000_000
    tracemalloc.start()
    records = list(ofac.read(source, ReadOptions()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(record).__name__ for record in records] == ["Issue", "RowsRead"]
    assert peak < 3_000_000, "an endless name, or a long list, is never held whole"


def test_the_remarks_of_the_csv_list_give_each_address_its_own_row(tmp_path: Path) -> None:
    remarks = f"Digital Currency Address - XBT {GENESIS}; alt. Digital Currency Address - ETH 0xzz; Website x.example."
    text = f'1,"A, B",-0- ,"SDGT"{",-0- " * 7},"{remarks}"\n2,short\n\x1a\n'
    path = write_text(tmp_path, text, "SDN.CSV")
    assert ofac.recognise(head_of(path))
    found = read_file(ofac, path)
    assert [(t.row, t.label, t.actor) for t in found.tags] == [(1, "A, B", "ofac:1")]
    assert found.errors == [(2, "address_damaged")]


@pytest.mark.parametrize(
    ("name", "asset"),
    [
        ("sanctioned_addresses_XBT.txt", "XBT"),
        ("2024-sanctioned_addresses_usdt.json", "USDT"),
        ("addresses_XBT.txt", None),
        ("sanctioned_addresses_.txt", None),
        ("sanctioned_addresses_XBT.pdf", None),
    ],
)
def test_the_currency_stands_in_the_file_s_name(name: str, asset: str | None) -> None:
    assert asset_of_name(name) == asset


def test_a_list_whose_name_was_lost_needs_its_currency_said(tmp_path: Path) -> None:
    path = write_text(tmp_path, f"# comment\n{GENESIS}\n\n{USDT}\n", "list.txt")
    assert ofac.recognise(head_of(path)) is None
    with pytest.raises(SourceError, match="--currency XBT"):
        read_file(ofac, path)
    found = read_file(ofac, path, currency="XBT")
    # an address of another chain, which its checksum proves, is tagged there
    assert [(t.row, t.node.rail, t.node.key) for t in found.tags] == [(1, "bitcoin", GENESIS), (2, "tron", USDT)]
    assert (found.errors, found.graded) == ([], {("warning", "address_other_rail"): 1})


def test_a_json_list_of_addresses(tmp_path: Path) -> None:
    path = write_json(tmp_path, [USDT, 5, ""], "sanctioned_addresses_USDT.json")
    assert ofac.recognise(head_of(path))
    found = read_file(ofac, path)
    assert [t.node.rail for t in found.tags] == ["tron"]
    assert found.errors == [(2, "tag_damaged"), (3, "tag_damaged")]


def test_an_extract_that_holds_less_than_it_says_may_be_cut(tmp_path: Path) -> None:
    good = {"address": USDT, "sources": [{"url": "https://example.org/sdn.xml", "context": "Address - USDT<"}]}
    others = [{"address": 5, "sources": "x"}, 5, {"address": GENESIS, "sources": [5, {"context": "Address - USDT<"}]}]
    path = write_json(tmp_path, {"about": "OFAC", "addressCount": 4, "addresses": [good, *others]})
    assert ofac.recognise(head_of(path))
    found = read_file(ofac, path)
    assert found.errors == [(2, "tag_damaged"), (3, "tag_damaged")]
    assert [(t.node.rail, t.origin) for t in found.tags] == [
        ("tron", "https://example.org/sdn.xml"),
        ("bitcoin", "OFAC sanctions list"),
    ]
    assert not found.codes.get("possibly_truncated")
    assert read_file(ofac, FOLDER / "sample-extract.json").codes == {"possibly_truncated": 1}


def test_an_address_nobody_owns_is_kept_and_marked(tmp_path: Path) -> None:
    text = "0x0000000000000000000000000000000000000000\n"
    found = read_file(ofac, write_text(tmp_path, text, "sanctioned_addresses_ETH.txt"))
    assert found.graded == {("note", "null_address"): 1}
    assert len(found.tags) == 1


def test_other_files_are_not_ours(tmp_path: Path) -> None:
    for text in (
        "",
        "a,b\n",
        "[]",
        "{}",
        "<html>OFAC</html>",
        "<Sanctions></Sanctions>",
        json.dumps({"addresses": []}),
    ):
        assert ofac.recognise(head_of(write_text(tmp_path, text, "a.txt"))) is None
    prose = write_text(tmp_path, "these are the addresses\n", "sanctioned_addresses_XBT.txt")
    assert ofac.recognise(head_of(prose)) is None


@pytest.mark.real_data
def test_every_real_list_is_read_with_every_row_accounted_for(real_data: Path) -> None:
    folder = real_data / "attribution" / "ofac"
    files = [path for path in sorted(folder.iterdir()) if path.name != "SOURCE.txt"]
    assert all(ofac.recognise(head_of(path)) for path in files)
    assert ofac.recognise(head_of(folder / "SOURCE.txt")) is None
    readings = {path.name: read_file(ofac, path) for path in files}
    assert {name: (len(r.tags), len(r.skips), len(r.refused)) for name, r in readings.items()} == REAL
    wrong = {issue.message.split(": ")[1].split()[0] for r in readings.values() for issue in r.issues}
    assert wrong == {"TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq"}, "a TRON address that OFAC lists as XBT"
    rails = {t.node.rail for t in readings["sanctioned_addresses_USDT.txt"].tags}
    assert rails == {"tron", "evm", "bitcoin"}, "USDT names no chain: the address says it as far as it can"

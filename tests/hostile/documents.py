"""JSON, YAML, XML and bank statements whose parts cost far more than the bytes they are written in."""

from __future__ import annotations

import json
from pathlib import Path

from tests.hostile.shapes import many, sample, shape, split, write

_TRONGRID = split(sample("trongrid/sample.json"), b'   {\n    "transaction_id"')
_ENTITIES = sample("followthemoney/sample.jsonl")


def _object(name: str, mark: bytes) -> tuple[bytes, bytes]:
    return split(sample(name), mark)


# --- JSON -------------------------------------------------------------------------------------------------------------


@shape("empty lists in a page", "lists.json", 30_000_000, "--as", "trongrid")
def empty_lists(path: Path, count: int) -> None:
    write(path, _TRONGRID[0], many(b"[],", count), _TRONGRID[1])


@shape("empty lists at the top", "lists.json", 30_000_000, "--as", "esplora")
def top_lists(path: Path, count: int) -> None:
    write(path, b"[", many(b"[],", count), b"[]]")


@shape("one value of empty lists", "value.jsonl", 30_000_000)
def nested_value(path: Path, count: int) -> None:
    write(path, _ENTITIES, b'{"id": "x", "schema": "CryptoWallet", "properties": [', many(b"[],", count), b"0]}\n")


@shape("lines of empty objects", "lines.jsonl", 30_000_000)
def empty_lines(path: Path, count: int) -> None:
    write(path, _ENTITIES, many(b"{}\n", count))


@shape("an object of very many keys", "keys.jsonl", 12_000_000)
def many_keys(path: Path, count: int) -> None:
    write(path, _ENTITIES, b'{"id": "x", "schema": "CryptoWallet"', (b',"%d":0' % n for n in range(count)), b"}\n")


@shape("fractions in one value", "fractions.jsonl", 25_000_000)
def fractions(path: Path, count: int) -> None:
    write(path, _ENTITIES, b'{"id": "x", "schema": "CryptoWallet", "properties": [', many(b"1.5,", count), b"0]}\n")


@shape("deep nesting", "deep.json", 60_000_000, "--as", "trongrid")
def deep(path: Path, count: int) -> None:
    write(path, _TRONGRID[0], many(b"[", count))


@shape("deep nesting in a cell", "deep.csv", 5_000_000)
def deep_cell(path: Path, count: int) -> None:
    lines = sample("bitcoin_etl/sample-inputs.csv").splitlines(keepends=True)
    start, quote, _ = lines[1].partition(b'"')
    write(path, *lines, start, quote, many(b"[", count), b'",1\n')


@shape("one text of 300 MB", "text.json", 300_000_000, "--as", "trongrid")
def long_text(path: Path, count: int) -> None:
    write(path, _TRONGRID[0], b'{"transaction_id": "', many(b"x", count), b'"},', _TRONGRID[1])


@shape("a wide sign in a text of 300 MB", "wide.json", 300_000_000, "--as", "trongrid")
def wide_text(path: Path, count: int) -> None:
    write(path, _TRONGRID[0], '"\U0001f4b8",'.encode(), many(b" ", count), _TRONGRID[1])


@shape("an answer of empty rows", "answer.json", 20_000_000)
def empty_answer(path: Path, count: int) -> None:
    before, after = _object("etherscan/sample-tokentx.json", b'  {\n   "blockNumber"')
    write(path, before, many(b"{},", count), after)


@shape("messages of nothing", "result.json", 30_000_000)
def empty_messages(path: Path, count: int) -> None:
    data = sample("telegram/sample.json")
    place = data.index(b'"messages": [') + len(b'"messages": [')
    write(path, data[:place], many(b"{},", count), data[place:])


@shape("logs of nothing", "logs.json", 20_000_000, "--as", "eth_logs")
def empty_logs(path: Path, count: int) -> None:
    data = sample("eth_logs/sample.json")
    place = data.index(b'"result": [') + len(b'"result": [')
    write(path, data[:place], many(b"{},", count), data[place:])


# --- YAML -------------------------------------------------------------------------------------------------------------

_PACK = b"title: made\ncreator: made\ntags:\n- address: bc1qnwqxlelexp6950qyrke78c2cc8uvzgs72k0gs3\n  currency: BTC\n  label: x\n"


@shape("YAML of empty items", "items.yaml", 20_000_000)
def yaml_items(path: Path, count: int) -> None:
    write(path, _PACK, many(b"-\n", count))


@shape("YAML of one long text", "text.yaml", 200_000_000)
def yaml_text(path: Path, count: int) -> None:
    write(path, _PACK, b"- address: ", many(b"x", count), b"\n")


@shape("YAML nested deeply", "deep.yaml", 50_000_000)
def yaml_deep(path: Path, count: int) -> None:
    write(path, _PACK, b"- address: ", many(b"[", count))


@shape("YAML that unfolds", "alias.yaml", 9)
def yaml_alias(path: Path, count: int) -> None:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    lines += [b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, count)]
    write(path, *lines, _PACK)


# --- XML --------------------------------------------------------------------------------------------------------------

_CAMT = _object("bank_statement/sample-camt053.xml", b"<Ntry>")
_SDN = _object("ofac/sample-sdn.xml", b"<sdnEntry>")
_ENTRY = b'<Ntry><Amt Ccy="BAM">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2024-08-05</Dt></BookgDt>'


@shape("an attribute of 60 MB, CAMT", "attribute.xml", 60_000_000)
def camt_attribute(path: Path, count: int) -> None:
    write(path, _CAMT[0], b'<Ntry x="', many(b"x", count), b'"/>', _CAMT[1])


@shape("an attribute of 60 MB, OFAC", "attribute.xml", 60_000_000)
def sdn_attribute(path: Path, count: int) -> None:
    write(path, _SDN[0], b'<x x="', many(b"x", count), b'"/>', _SDN[1])


@shape("a comment of 60 MB", "comment.xml", 60_000_000)
def camt_comment(path: Path, count: int) -> None:
    write(path, _CAMT[0], b"<!--", many(b"x", count), b"-->", _CAMT[1])


@shape("a name of 60 MB", "name.xml", 60_000_000)
def camt_name(path: Path, count: int) -> None:
    write(path, _CAMT[0], b"<", many(b"x", count), b"/>", _CAMT[1])


@shape("an instruction of 60 MB", "instruction.xml", 60_000_000)
def sdn_instruction(path: Path, count: int) -> None:
    write(path, _SDN[0], b"<?x ", many(b"x", count), b"?>", _SDN[1])


@shape("very many attributes", "attributes.xml", 5_000_000)
def camt_attributes(path: Path, count: int) -> None:
    write(path, _CAMT[0], b"<Ntry", (b' a%d=""' % n for n in range(count)), b"/>", _CAMT[1])


@shape("very many elements in an entry", "elements.xml", 15_000_000)
def camt_elements(path: Path, count: int) -> None:
    write(path, _CAMT[0], _ENTRY, many(b"<a/>", count), b"</Ntry>", _CAMT[1])


@shape("very many elements beside the entries", "beside.xml", 15_000_000)
def camt_beside(path: Path, count: int) -> None:
    write(path, _CAMT[0], many(b"<a/>", count), _CAMT[1])


@shape("very many line ends in a text", "ends.xml", 60_000_000)
def camt_line_ends(path: Path, count: int) -> None:
    write(path, _CAMT[0], _ENTRY, b"<AddtlNtryInf>", many(b"\n", count), b"</AddtlNtryInf></Ntry>", _CAMT[1])


@shape("empty entries", "entries.xml", 8_000_000)
def camt_entries(path: Path, count: int) -> None:
    write(path, _CAMT[0], many(b"<Ntry/>", count), _CAMT[1])


@shape("statements without entries", "statements.xml", 4_000_000)
def camt_statements(path: Path, count: int) -> None:
    before, after = split(_CAMT[0], b"<Stmt>")
    write(path, before, many(b"<Stmt></Stmt>", count), after, _CAMT[1])


@shape("addresses without end, OFAC", "addresses.xml", 2_000_000)
def sdn_addresses(path: Path, count: int) -> None:
    one = b"<id><idType>Digital Currency Address - XBT</idType></id>"
    write(path, _SDN[0], b"<sdnEntry>", many(one, count), b"</sdnEntry>", _SDN[1])


@shape("programmes without end, OFAC", "programs.xml", 6_000_000)
def sdn_programs(path: Path, count: int) -> None:
    write(path, _SDN[0], b"<sdnEntry><programList>", many(b"<program/>", count), b"</programList></sdnEntry>", _SDN[1])


# --- SWIFT and OFX ----------------------------------------------------------------------------------------------------

_SWIFT = _object("bank_statement/sample-mt940.sta", b":61:2408050805C1500")
_OFX = _object("bank_statement/sample.ofx", b"<STMTTRN>")


@shape("a long field of MT940", "long.sta", 60_000_000, "--timezone", "UTC")
def swift_field(path: Path, count: int) -> None:
    write(path, _SWIFT[0], b":61:2408050805C1500,00NTRFE2E-77//B-001\n:86:", many(b"x", count), b"\n", _SWIFT[1])


@shape("a long head of MT940 before many entries", "head.sta", 2_000_000, "--timezone", "UTC")
def swift_head(path: Path, count: int) -> None:
    write(path, b":20:A\n:25:", many(b"1", count), b"\n:60F:C240801EUR1000,00\n",
          many(b":61:2408050805C1,00NTRFX\n", count // 100))  # fmt: skip


@shape("entries of nothing, MT940", "entries.sta", 5_000_000, "--timezone", "UTC")
def swift_entries(path: Path, count: int) -> None:
    write(path, _SWIFT[0], many(b":61:\n", count), _SWIFT[1])


@shape("messages of nothing, MT940", "messages.sta", 5_000_000, "--timezone", "UTC")
def swift_messages(path: Path, count: int) -> None:
    write(path, _SWIFT[0], many(b":20:\n", count), _SWIFT[1])


@shape("statements never closed, OFX", "open.ofx", 100_000)
def ofx_statements(path: Path, count: int) -> None:
    before, after = split(_OFX[0], b"<STMTRS>")
    write(path, before, many(b"<STMTRS>", count), after, _OFX[1])


@shape("transactions of nothing, OFX", "transactions.ofx", 5_000_000)
def ofx_transactions(path: Path, count: int) -> None:
    write(path, _OFX[0], many(b"<STMTTRN>", count), _OFX[1])


@shape("tags of nothing in a transaction, OFX", "tags.ofx", 20_000_000)
def ofx_tags(path: Path, count: int) -> None:
    write(path, _OFX[0], b"<STMTTRN>", many(b"<A>", count), b"</STMTTRN>", _OFX[1])


def as_json(value: object) -> bytes:
    """A value as JSON."""
    return json.dumps(value).encode()

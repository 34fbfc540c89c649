"""A file that several connectors recognise: the most specific reads it, and both are named only where it matters."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.connectors.reading import SAMPLES, make_head, make_source, open_source
from trails.case import Case
from trails.connector import Connector, ReadOptions, get_connector, list_connectors, recognise_source
from trails.errors import SourceError
from trails.ingest import add_source
from trails.same_facts import read_same_facts

HASH, BLOCK = "0x" + "4f" * 32, "0x" + "11" * 32


def log(value: int = 0x2710) -> dict[str, Any]:
    """A log of USDT as a node writes it."""
    transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    return {
        "address": "0xdac17f958d2ee523a2206206994597c13d831ec7", "blockHash": BLOCK, "blockNumber": "0x137f754",
        "topics": [transfer, "0x" + "0" * 24 + "ab" * 20, "0x" + "0" * 24 + "cd" * 20], "data": f"0x{value:064x}",
        "logIndex": "0x29", "removed": False, "transactionHash": HASH, "transactionIndex": "0x1",
        "blockTimestamp": "0x66ad69ab",
    }  # fmt: skip


RAW = {
    "list": json.dumps([log()]),
    "one": json.dumps(log()),
    "lines": f"{json.dumps(log())}\n{json.dumps(log())}\n",
    "receipt": json.dumps(
        {"logs": [log()], "transactionHash": HASH, "blockNumber": "0x1", "cumulativeGasUsed": "0x1", "gasUsed": "0x2"}
    ),
    "answer": json.dumps({"jsonrpc": "2.0", "id": 1, "result": [log()]}),
}


@pytest.mark.parametrize("form", RAW)
def test_logs_in_a_node_s_spelling_are_a_node_s_answer(case: Case, tmp_path: Path, form: str) -> None:
    path = tmp_path / "raw_eth_getLogs.json"
    path.write_text(RAW[form], encoding="utf-8")
    report = add_source(case, path, options=ReadOptions(rail="ethereum"))
    assert (report.connector, report.rows_kept) == ("eth_logs", 1)
    assert case.con.execute("SELECT DISTINCT amount FROM transfers").fetchall() == [(0x2710,)]


def test_logs_in_the_spelling_of_ethereum_etl_are_its_own(tmp_path: Path) -> None:
    names = {"blockNumber": "block_number", "transactionHash": "transaction_hash", "logIndex": "log_index"}
    rows = [{names.get(key, key): value for key, value in log().items() if key in {*names, "address", "topics", "data"}}]
    head = make_head(make_source(tmp_path, json.dumps(rows), "logs.json"))
    assert recognise_source(head, list_connectors())[0].name == "ethereum_etl"


def test_whoever_yields_is_an_installed_connector() -> None:
    names = {each.name for each in list_connectors()}
    for each in list_connectors():
        assert each.manifest
        assert set(each.manifest.yields_to) <= names - {each.name}


def made(name: str, yields_to: tuple[str, ...] = (), read: Any = None) -> Connector:
    """The connector of Tronscan under another name."""
    real = get_connector("tronscan")
    assert real.manifest
    assert real.module
    module = ModuleType(name)
    module.__dict__.update(recognise=real.module.recognise, records=real.module.records, read=read or real.module.read)
    return replace(real, name=name, manifest=replace(real.manifest, name=name, yields_to=yields_to), module=module)


SOURCE = open_source(SAMPLES / "tronscan" / "sample.csv")


def choose(*connectors: Connector) -> str:
    def same(found: list[Connector]) -> bool:
        return read_same_facts(found, SOURCE, ReadOptions())

    return recognise_source(make_head(SOURCE), list(connectors), same)[0].name


def test_the_more_specific_wins_without_reading() -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError

    found, why = recognise_source(make_head(SOURCE), [made("a", ("b",)), made("b")], fail)
    assert (found.name, "would read" in why) == ("b", False)


def test_two_that_read_the_same_facts_are_no_question() -> None:
    assert choose(made("a"), made("b")) == "a"
    assert choose(made("a", ("b",)), made("b", ("a",))) == "a", "each yields: none does"


def drop_last(source: Any, options: Any) -> Any:
    yield from list(get_connector("tronscan").read(source, options))[:-3]


def fail(source: Any, options: Any) -> Any:
    raise SourceError("not mine")
    yield source, options


@pytest.mark.parametrize("read", [drop_last, fail])
def test_two_that_read_it_differently_are_both_named(read: Any) -> None:
    with pytest.raises(SourceError, match=r"more than one connector recognises this file .*a: .*b: .*choose with --as"):
        choose(made("a"), made("b", read=read))

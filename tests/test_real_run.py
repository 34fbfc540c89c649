"""`trails run` over real chain data, as the first issue of the project asks: whole, exact, and joining no CoinJoin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trails.case import Case
from trails.cli import cli

pytestmark = pytest.mark.real_data

_NOT_ESPLORA = ("bitcoin-etl_", "blockbook_", "history_", "hodlhodl", "satoshi-genesis-address", "wasabi_VerboseBlock")
COINJOINS = {
    "wabisabi": "fb596c9f675471019c60e984b569f9020dac3b2822b16396042b50c890b45e5e",
    "whirlpool": "323df21f0b0756f98336437aa3d2fb87e02b59f1946b714a7b09df04d429dec2",
    "joinmarket": "4f112abd2eefe3484a7bbf7c1731f784cba19de677468835145e9c448fb18b7d",
}


def real_files(folder: Path) -> list[Path]:
    """The files of the run: esplora-shaped transactions, the two token files, a block, and the tag packs."""
    esplora = [p for p in sorted((folder / "bitcoin-json").glob("*.json")) if not p.name.startswith(_NOT_ESPLORA)]
    assert len(esplora) == 10
    return [
        *esplora,
        folder / "evm-tokens" / "etl_17173049_token_transfers.jsonl",
        folder / "evm-tokens" / "etherscanapi_gnosis_tokentx.json",
        folder / "bitcoin-json" / "bitcoin-etl_getblock_50002_verbosity2.json",
        *sorted((folder / "attribution" / "graphsense-tagpacks").glob("*.yaml")),
    ]


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("real") / "case"
    return folder, CliRunner().invoke(
        cli, ["run", *map(str, real_files(real_data)), "-o", str(folder)], catch_exceptions=False
    )


@pytest.fixture
def case(run: tuple[Path, Result]) -> Iterator[Case]:
    with Case.open(run[0], read_only=True) as opened:
        yield opened


def rows(case: Case, sql: str) -> list[tuple[Any, ...]]:
    return case.con.execute(sql).fetchall()


def test_the_run_ends_with_a_report(run: tuple[Path, Result], real_data: Path) -> None:
    folder, result = run
    assert result.exit_code == 0, result.output
    document = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    assert len(document["results"]["read"]) == len(real_files(real_data))
    for source in document["results"]["read"]:
        parts = [source[f"rows_{part}"] for part in ("kept", "duplicate", "skipped", "refused")]
        assert source["rows_read"] == sum(parts), source["name"]
    assert (folder / "out" / "report.html").stat().st_size > 10_000
    assert (folder / "out" / "network.html").exists()


def test_usdt_is_exact(case: Case) -> None:
    sql = "SELECT count(*), sum(amount)::VARCHAR FROM transfers WHERE asset LIKE 'USDT@%'"
    assert rows(case, sql) == [(41, "1088121577531")]


def test_every_esplora_transaction_balances_at_its_junction(case: Case) -> None:
    sql = (
        "SELECT n.key, sum(CASE WHEN t.dst = n.node_id THEN t.amount ELSE -t.amount END) AS rest, "
        "count(*) FILTER (t.amount IS NULL) FROM nodes n JOIN transfers t ON n.node_id IN (t.src, t.dst) "
        "JOIN sources s ON s.source_id = t.source_id WHERE s.connector = 'esplora' AND n.kind = 'junction' GROUP BY n.key"
    )
    found = rows(case, sql)
    assert len(found) == 59  # nine single transactions and a page of 50
    assert [(key, rest) for key, rest, unknown in found if rest or unknown] == []


def test_no_coinjoin_merges_its_inputs(case: Case) -> None:
    for name, txid in COINJOINS.items():
        sql = (
            "SELECT count(DISTINCT t.src), count(DISTINCT e.entity_id) FROM transfers t JOIN nodes n ON n.node_id = t.dst "
            f"JOIN entities e ON e.node_id = t.src WHERE t.kind = 'input' AND n.key = '{txid}'"
        )
        ((addresses, entities),) = rows(case, sql)
        assert addresses == entities > 1, name
        sql = (
            "SELECT count(*) FROM claims c JOIN transfers t ON t.transfer_id = c.transfer_id "
            f"JOIN nodes n ON n.node_id = t.dst WHERE n.key = '{txid}'"
        )
        assert rows(case, sql) == [(0,)], name


def test_inputs_a_block_does_not_value_are_kept_and_say_so(case: Case) -> None:
    """Verbosity 2 has no prevouts; one input spends an output that is not in the case: kept, with its value unknown."""
    sql = (
        "SELECT count(*) FILTER (t.amount IS NULL), count(*) FROM transfers t JOIN sources s USING (source_id) "
        "WHERE s.connector = 'bitcoin_core' AND t.kind = 'input'"
    )
    ((unknown, inputs),) = rows(case, sql)
    assert 0 < unknown < inputs
    assert rows(case, "SELECT count(*) FROM issues WHERE code = 'prevout_unknown'")[0][0] > 0


def test_a_file_that_does_not_name_its_chain_is_not_put_on_ethereum(case: Case) -> None:
    sql = (
        "SELECT DISTINCT n.rail FROM transfers t JOIN sources s USING (source_id) JOIN nodes n ON n.node_id = t.src "
        "WHERE s.connector = 'etherscan'"
    )
    assert rows(case, sql) == [("evm",)]


def test_null_addresses_own_nothing(case: Case) -> None:
    sql = (
        "SELECT count(*) FROM claims c JOIN nodes n ON n.node_id IN (c.node_a, c.node_b) "
        "WHERE n.key = '0x0000000000000000000000000000000000000000'"
    )
    assert rows(case, sql) == [(0,)]

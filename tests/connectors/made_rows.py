"""The fictional transactions of ``made_blocks`` as other formats write them: bitcoin-etl, Esplora, Blockchair.

``python -m tests.connectors.made_rows`` writes the samples of the connectors ``bitcoin_etl`` and ``blockchair``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from btclib.tx.tx import Tx

from connectors.bitcoin_scripts import script_address
from tests.connectors.made_blocks import Pay, digest, make_coinbase, make_two_blocks, make_tx, p2pkh, p2tr, p2wpkh

FOLDER = Path(__file__).parent.parent.parent / "connectors"
#: A key of the bare multisig below; two of them and the number of signatures make its script.
_KEY = b"\x21\x02" + digest("one of the keys")
MULTISIG = b"\x51" + _KEY + _KEY + b"\x52\xae"
Row = dict[str, Any]


def when(height: int) -> int:
    """The time in the header of a made block."""
    return 1_760_000_000 + 600 * height


def kind_of(script: bytes) -> str:
    """Bitcoin Core's name for a script."""
    starts = {b"\x76\xa9": "pubkeyhash", b"\xa9\x14": "scripthash", b"\x00\x14": "witness_v0_keyhash",
              b"\x51\x20": "witness_v1_taproot", b"\x21\x02": "pubkey", b"\x51\x21": "multisig"}  # fmt: skip
    return "nulldata" if script[:1] == b"\x6a" else starts[script[:2]]


def addresses_of(script: bytes, prefix: str) -> list[str]:
    """What bitcoin-etl states: one address, the addresses of the keys of a multisig, or its own hash."""
    if kind_of(script) == "multisig":
        return [script_address(p2pkh(label), prefix) or "" for label in ("key one", "key two")]
    address = script_address(script, prefix)
    return [address or "nonstandard" + hashlib.sha256(script).hexdigest()[:40]]


def etl_output(index: int, pay: Pay, prefix: str = "bc") -> Row:
    amount, script = pay
    return {"index": index, "script_asm": "", "script_hex": script.hex(), "required_signatures": 1,
            "type": kind_of(script), "addresses": addresses_of(script, prefix), "value": amount}  # fmt: skip


def etl_transaction(tx: Tx, coins: Sequence[Pay], *, height: int, index: int, prefix: str = "bc") -> Row:
    """A transaction as bitcoin-etl exports it; ``coins`` are what its inputs spend."""
    inputs = [
        {"index": number, "spent_transaction_hash": each.prev_out.tx_id.hex(), "spent_output_index": each.prev_out.vout,
         "script_asm": "", "script_hex": each.script_sig.hex(), "sequence": each.sequence, "required_signatures": 1,
         "type": kind_of(coin[1]), "addresses": addresses_of(coin[1], prefix), "value": coin[0]}
        for number, (each, coin) in enumerate(zip(tx.vin if coins else [], coins, strict=True))
    ]  # fmt: skip
    pays = [(each.value, each.script_pub_key.script) for each in tx.vout]
    brought, paid = sum(amount for amount, _ in coins), sum(amount for amount, _ in pays)
    return {
        "type": "transaction", "hash": tx.id.hex(), "size": 0, "virtual_size": 0, "version": tx.version,
        "lock_time": tx.lock_time, "block_number": height, "block_hash": digest(f"block {height}").hex(),
        "block_timestamp": when(height), "is_coinbase": not coins, "index": index, "inputs": inputs,
        "outputs": [etl_output(number, pay, prefix) for number, pay in enumerate(pays)],
        "input_count": len(inputs), "output_count": len(pays), "input_value": brought, "output_value": paid,
        "fee": brought - paid if coins else 0, "item_id": f"transaction_{tx.id.hex()}",
    }  # fmt: skip


def etl_block(height: int) -> Row:
    return {"type": "block", "hash": digest(f"block {height}").hex(), "size": 0, "number": height, "version": 4,
            "merkle_root": digest("root").hex(), "timestamp": when(height), "bits": "1d00ffff"}  # fmt: skip


def etl_inputs(row: Row) -> list[Row]:
    """The rows of the table ``inputs`` for a transaction."""
    same = {key: row[key] for key in ("block_hash", "block_number", "block_timestamp")}
    return [{"transaction_hash": row["hash"], **same, **each} for each in row["inputs"]]


def etl_outputs(row: Row) -> list[Row]:
    """The rows of the table ``outputs`` for a transaction."""
    same = {key: row[key] for key in ("block_hash", "block_number", "block_timestamp")}
    return [{"transaction_hash": row["hash"], **same, **each} for each in row["outputs"]]


def bigquery(row: Row) -> Row:
    """A row as BigQuery's JSON export writes it: whole numbers as text, times in UTC."""
    return {key: _as_bigquery(key, value) for key, value in row.items() if key not in ("type", "item_id", "index")}


def _as_bigquery(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [bigquery_nested(each) if isinstance(each, dict) else each for each in value]
    if key == "block_timestamp":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def bigquery_nested(row: Row) -> Row:
    return {key: _as_bigquery(key, value) for key, value in row.items()}


def to_csv(rows: Sequence[Row], delimiter: str = ",") -> str:
    """Rows as CSV, nested values as JSON text in their cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([json.dumps(v) if isinstance(v, list | dict) else "" if v is None else v for v in row.values()])
    return text.getvalue()


_NUMERIC = pa.decimal128(38, 9)
_OUTPUT = [("index", pa.int64()), ("script_asm", pa.string()), ("script_hex", pa.string()),
           ("required_signatures", pa.int64()), ("type", pa.string()), ("addresses", pa.list_(pa.string())),
           ("value", _NUMERIC)]  # fmt: skip
_INPUT = [
    ("spent_transaction_hash", pa.string()),
    ("spent_output_index", pa.int64()),
    ("sequence", pa.int64()),
    *_OUTPUT,
]
SCHEMA = pa.schema(
    [("hash", pa.string()), ("version", pa.int64()), ("lock_time", pa.int64()), ("block_hash", pa.string()),
     ("block_number", pa.int64()), ("block_timestamp", pa.timestamp("us", tz="UTC")), ("input_count", pa.int64()),
     ("output_count", pa.int64()), ("input_value", _NUMERIC), ("output_value", _NUMERIC), ("is_coinbase", pa.bool_()),
     ("fee", _NUMERIC), ("inputs", pa.list_(pa.struct(_INPUT))), ("outputs", pa.list_(pa.struct(_OUTPUT)))]
)  # fmt: skip


def to_parquet(rows: Sequence[Row], schema: pa.Schema = SCHEMA, *, packed: bool = True) -> bytes:
    """Transactions as BigQuery exports them to Parquet."""
    plain = [{name: _as_typed(name, row.get(name)) for name in schema.names} for row in rows]
    target = io.BytesIO()
    table = pa.Table.from_pylist(plain, schema=schema)
    pq.write_table(table, target, compression="snappy" if packed else "none", use_dictionary=packed)
    return target.getvalue()


def _as_typed(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [{k: _as_typed(k, v) for k, v in each.items()} if isinstance(each, dict) else each for each in value]
    if name == "block_timestamp":
        return datetime.fromtimestamp(value, UTC)
    return Decimal(value) if name.endswith("value") or name == "fee" else value


def esplora(tx: Tx, coins: Sequence[Pay], *, height: int, prefix: str = "bc") -> Row:
    """A transaction as an Esplora server states it."""

    def output(amount: int, script: bytes) -> Row:
        address = script_address(script, prefix)
        return {"scriptpubkey": script.hex(), "value": amount, **({"scriptpubkey_address": address} if address else {})}

    return {
        "txid": tx.id.hex(), "version": tx.version, "locktime": tx.lock_time,
        "vin": [{"txid": each.prev_out.tx_id.hex(), "vout": each.prev_out.vout, "scriptsig": each.script_sig.hex(),
                 "sequence": each.sequence, "is_coinbase": False, "prevout": output(*coin)}
                for each, coin in zip(tx.vin, coins, strict=True)],
        "vout": [output(each.value, each.script_pub_key.script) for each in tx.vout],
        "fee": sum(a for a, _ in coins) - sum(each.value for each in tx.vout),
        "status": {"confirmed": True, "block_height": height, "block_time": when(height)},
    }  # fmt: skip


def _chair_output(txid: str, index: int, pay: Pay, height: int, prefix: str, *, mined: bool) -> Row:
    amount, script = pay
    mark = {"nulldata": "d-", "multisig": "m-"}.get(kind_of(script), "s-")
    recipient = script_address(script, prefix) or mark + hashlib.md5(script, usedforsecurity=False).hexdigest()
    return {"block_id": height, "transaction_hash": txid, "index": index, "time": _chair_time(height), "value": amount,
            "value_usd": f"{amount / 1000:.4f}", "recipient": recipient, "type": kind_of(script),
            "script_hex": script.hex(), "is_from_coinbase": int(mined), "is_spendable": -1}  # fmt: skip


def _chair_time(height: int) -> str:
    return datetime.fromtimestamp(when(height), UTC).strftime("%Y-%m-%d %H:%M:%S")


def chair_outputs(tx: Tx, *, height: int, prefix: str = "bc") -> list[Row]:
    """The rows of Blockchair's dump ``outputs`` for a transaction."""
    mined = tx.is_coinbase
    pays = [(each.value, each.script_pub_key.script) for each in tx.vout]
    return [_chair_output(tx.id.hex(), n, pay, height, prefix, mined=mined) for n, pay in enumerate(pays)]


def chair_inputs(tx: Tx, coins: Sequence[Pay], *, height: int, prefix: str = "bc") -> list[Row]:
    """The rows of Blockchair's dump ``inputs``: the outputs spent, and by whom."""
    return [
        {**_chair_output(each.prev_out.tx_id.hex(), each.prev_out.vout, coin, height - 1, prefix, mined=False),
         "spending_block_id": height, "spending_transaction_hash": tx.id.hex(), "spending_index": number,
         "spending_time": _chair_time(height), "spending_value_usd": "1.5", "spending_sequence": each.sequence,
         "spending_signature_hex": each.script_sig.hex(), "spending_witness": "", "lifespan": 600, "cdd": "0.01"}
        for number, (each, coin) in enumerate(zip(tx.vin, coins, strict=True))
    ]  # fmt: skip


def chair_transaction(tx: Tx, coins: Sequence[Pay], *, height: int) -> Row:
    """The row of Blockchair's dump ``transactions``."""
    paid = sum(each.value for each in tx.vout)
    brought = sum(amount for amount, _ in coins) or paid
    return {
        "block_id": height, "hash": tx.id.hex(), "time": _chair_time(height), "size": 200, "weight": 800,
        "version": tx.version, "lock_time": tx.lock_time, "is_coinbase": int(tx.is_coinbase), "has_witness": 0,
        "input_count": len(tx.vin), "output_count": len(tx.vout), "input_total": brought, "input_total_usd": "1.5",
        "output_total": paid, "output_total_usd": "1.5", "fee": brought - paid, "fee_usd": "0.01", "fee_per_kb": "1",
        "fee_per_kb_usd": "0", "fee_per_kwu": "1", "fee_per_kwu_usd": "0", "cdd_total": "0.5",
    }  # fmt: skip


def sample_transactions() -> list[tuple[Tx, list[Pay], int, int]]:
    """A coinbase, the two payments of ``made_blocks``, and one from and to scripts without an address."""
    made = make_two_blocks()
    mined = make_coinbase(201, [(2_500_001_000, p2wpkh("miner"))])
    odd = make_tx(
        [(digest("an old escrow"), 1), (made.transactions[0].id, 1)],
        [(5_000_000, MULTISIG), (94_990_000, p2tr("saved")), (10_000_000, p2pkh("the escrow's agent"))],
    )
    coins = [(10_000_000, MULTISIG), (99_999_000, p2tr("client's change"))]
    (first,), (second,) = made.coins
    return [(mined, [], 201, 0), (made.transactions[0], first, 201, 1), (made.transactions[1], second, 202, 1),
            (odd, coins, 203, 1)]  # fmt: skip


def write_samples() -> None:
    """Write the samples; the Parquet one only where it is missing, as each pyarrow packs its own bytes."""
    sample = sample_transactions()
    rows = [etl_transaction(tx, coins, height=height, index=index) for tx, coins, height, index in sample]
    etl, chair = FOLDER / "bitcoin_etl", FOLDER / "blockchair"
    lines = [etl_block(201), *rows]
    (etl / "sample-transactions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    inputs = [bigquery_nested(each) for row in rows for each in etl_inputs(row)]
    outputs = [bigquery_nested(each) for row in rows for each in etl_outputs(row)]
    (etl / "sample-inputs.csv").write_text(to_csv(inputs))
    (etl / "sample-outputs.csv").write_text(to_csv(outputs))
    if not (etl / "sample-transactions.parquet").is_file():
        (etl / "sample-transactions.parquet").write_bytes(to_parquet(rows))
    dumps = {
        "inputs": [each for tx, coins, height, _ in sample if coins for each in chair_inputs(tx, coins, height=height)],
        "outputs": [each for tx, _, height, _ in sample for each in chair_outputs(tx, height=height)],
        "transactions": [chair_transaction(tx, coins, height=height) for tx, coins, height, _ in sample],
    }
    for name, table in dumps.items():
        (chair / f"sample-{name}.tsv").write_text(to_csv(table, "\t"))


if __name__ == "__main__":
    write_samples()

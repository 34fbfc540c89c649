"""Exports of the chains: TRON by API and by explorer, Ethereum and BSC by explorer, Bitcoin as whole transactions."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trails.simulate.coins import SEQUENCE, Transaction, script_of
from trails.simulate.files import FICTIONAL, Made, Origin, cut_export, repeat_rows
from trails.simulate.keys import USDT, digest, make_address
from trails.simulate.world import HOUR, START

if TYPE_CHECKING:
    from trails.simulate.dice import Dice
    from trails.simulate.world import Movement, World

_PAGE = 200
_BLOCK = {"tron": (64_000_000, 3), "ethereum": (20_430_000, 12), "bsc": (40_900_000, 3)}
TRONSCAN = (
    "Txn Hash", "Block", "Time(UTC)", "From", "To", "Token", "Token Symbol", "Amount/TokenID", "Result", "Status",
)  # fmt: skip
_ETHERSCAN = (
    "Transaction Hash", "Blockno", "UnixTimestamp", "DateTime (UTC)", "From", "To", "TokenValue", "USDValueDayOfTx",
    "ContractAddress", "TokenName", "TokenSymbol",
)  # fmt: skip


def contract_of(each: Movement) -> str:
    """The contract of a movement's token; a counterfeit has one of its own, the coin itself is written ``_``."""
    if each.asset == "TRX":
        return "_"
    return make_address("tron", "counterfeit contract") if each.asset == "FAKE@tron" else USDT[each.rail]


def block_of(each: Movement) -> int:
    """The block of an instant."""
    first, pace = _BLOCK[each.rail]
    return first + (each.time - START) // pace


def write_trongrid(world: World, dice: Dice, rows: list[Movement]) -> Made:
    """Token transfers as the TronGrid API gives them, newest first, in pages."""
    made = Made("tron_api.json", b"", [])
    kept, lost, fault = cut_export(world, dice, rows)
    made.origins += [Origin(None, f"M{each.number}", each.time, fault) for each in lost]
    made.faults += [fault] if fault else []
    listed = [_trongrid_item(made, nth, each) for nth, each in enumerate(reversed(kept), start=1)]
    made.data = write_pages(listed, _PAGE, 1_730_000_000_000, FICTIONAL)
    return made


def write_pages(items: list[dict[str, object]], size: int, at: int, fictional: str) -> bytes:
    """Items as pages of the TronGrid API, each but the last with the mark of the next one; ``at`` is when the first came."""
    pages = [items[first : first + size] for first in range(0, len(items), size)] or [[]]
    documents = []
    for number, page in enumerate(pages):
        meta: dict[str, object] = {"at": at + number, "page_size": len(page)}
        if number + 1 < len(pages):
            meta["fingerprint"] = f"fictional-page-{number + 2}"
        data = ",\n".join(json.dumps(item) for item in page)
        head = f'{{"fictional": {json.dumps(fictional)},\n"data": [\n{data}\n],\n"success": true,\n'
        documents.append(head + f'"meta": {json.dumps(meta)}}}')
    return ("[\n" + ",\n".join(documents) + "\n]\n").encode()


def write_item(txid: str, contract: str, time_ms: int, src: str, dst: str, amount: int) -> dict[str, object]:
    """One transfer of a token that calls itself USDT, as TronGrid lists it."""
    token = {"symbol": "USDT", "address": contract, "decimals": 6, "name": "Tether USD"}
    return {
        "transaction_id": txid, "token_info": token, "block_timestamp": time_ms, "from": src, "to": dst, "type": "Transfer",
        "value": str(amount),
    }  # fmt: skip


def _trongrid_item(made: Made, row: int, each: Movement) -> dict[str, object]:
    made.origins.append(Origin(row, f"M{each.number}", each.time))
    return write_item(each.txid, contract_of(each), each.time * 1000, each.src, each.dst, each.amount)


def write_tronscan(world: World, dice: Dice, rows: list[Movement]) -> Made:
    """The explorer's CSV; a file whose clock was local says UTC all the same."""
    made = Made("tron_explorer.csv", b"", [])
    kept, lost, fault = cut_export(world, dice, rows)
    made.origins += [Origin(None, f"M{each.number}", each.time, fault) for each in lost]
    made.faults += [fault] if fault else []
    shift = 2 * HOUR if dice.happens("fault_zone") else 0
    made.faults += ["zone"] if shift else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(TRONSCAN)
    for row, (each, twice) in enumerate(repeat_rows(dice, kept), start=2):
        amount = f"{each.amount // 10**6}.{each.amount % 10**6:06}"
        written = datetime.fromtimestamp(each.time + shift, UTC)
        writer.writerow((each.txid, block_of(each), f"{written:%Y-%m-%d %H:%M:%S}", each.src, each.dst, contract_of(each),
                         "TRX" if each.asset == "TRX" else "USDT", amount, "SUCCESS", "CONFIRMED"))  # fmt: skip
        faults = [*([twice] if twice else []), *(["zone"] if shift else [])]
        made.origins.append(Origin(row, f"M{each.number}", each.time, "+".join(faults)))
    made.data = out.getvalue().encode()
    return made


def write_etherscan(world: World, dice: Dice, rail: str, rows: list[Movement]) -> Made:
    """The explorer's CSV of token transfers on Ethereum or BSC."""
    made = Made(f"{rail}_explorer.csv", b"", [])
    kept, lost, fault = cut_export(world, dice, rows)
    made.origins += [Origin(None, f"M{each.number}", each.time, fault) for each in lost]
    made.faults += [fault] if fault else []
    made.known = {"rail": rail}
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_ETHERSCAN)
    places = 18 if rail == "bsc" else 6
    for row, each in enumerate(kept, start=2):
        whole, part = divmod(each.amount, 10**places)
        value = f"{whole:,}" + (f".{part:0{places}}".rstrip("0") if part else "")
        written = datetime.fromtimestamp(each.time, UTC)
        writer.writerow(("0x" + each.txid, block_of(each), each.time, f"{written:%Y-%m-%d %H:%M:%S}", each.src, each.dst, value,
                         f"${each.amount / 10**places:,.2f}", USDT[rail], "Tether USD", "USDT"))  # fmt: skip
        made.origins.append(Origin(row, f"M{each.number}", each.time))
    made.data = out.getvalue().encode()
    return made


def write_esplora(transactions: list[Transaction]) -> Made:
    """Whole transactions as an esplora server gives them, newest first."""
    made = Made("bitcoin.json", b"", [])
    items = []
    for row, tx in enumerate(reversed(transactions), start=1):
        items.append(json.dumps(_esplora(tx)))
        what = "+".join(f"M{number}" for number in tx.movements) or f"{tx.kind}"
        made.origins.append(Origin(row, what, tx.time))
    made.data = ("[\n" + ",\n".join(items) + "\n]\n").encode()
    return made


def _esplora(tx: Transaction) -> dict[str, object]:
    height = 854_900 + (tx.time - START) // 600
    return {
        "txid": tx.txid, "version": 2, "locktime": 0,
        "vin": [
            {
                "txid": coin.txid, "vout": coin.vout, "prevout": _output(coin.address, coin.value), "scriptsig": "",
                "is_coinbase": False, "sequence": SEQUENCE,
            }
            for coin in tx.inputs
        ],
        "vout": [_output(address, value) for address, value in tx.outputs],
        "size": 200, "weight": 800, "fee": tx.fee,
        "status": {
            "confirmed": True, "block_height": height, "block_hash": "0" * 19 + digest("block", height).hex()[19:],
            "block_time": tx.time,
        },
        "fictional": FICTIONAL,
    }  # fmt: skip


def _output(address: str, value: int) -> dict[str, object]:
    return {
        "scriptpubkey": script_of(address).hex(), "scriptpubkey_type": "v0_p2wpkh", "scriptpubkey_address": address,
        "value": value,
    }  # fmt: skip

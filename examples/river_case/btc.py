"""The Bitcoin transactions of the case as an esplora server gives them, with ids that hash to themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from examples.river_case import story
from examples.river_case.addresses import bitcoin, digest, public_key, witness_program
from trails.simulate.coins import SEQUENCE, hash_body, write_body

if TYPE_CHECKING:
    from datetime import datetime

COINJOIN_SIZE = 5
COINJOIN_SUM = 500_000


@dataclass(frozen=True, slots=True)
class Output:
    """Label's address receives so many satoshi."""

    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Coin:
    """Output that is spent: where it stands, whose it is and what it is worth."""

    txid: str
    vout: int
    output: Output


@dataclass(frozen=True, slots=True)
class Transaction:
    """Transaction of version 2 with pay-to-witness-public-key-hash inputs and outputs only."""

    name: str
    inputs: tuple[Coin, ...]
    outputs: tuple[Output, ...]
    time: datetime
    height: int

    @property
    def fee(self) -> int:
        """Inputs less outputs."""
        return sum(coin.output.value for coin in self.inputs) - sum(output.value for output in self.outputs)

    @property
    def body(self) -> tuple[bytes, bytes]:
        """Inputs and outputs as bytes, each with its count."""
        spent = [(coin.txid, coin.vout) for coin in self.inputs]
        return write_body(spent, [(_script(output.label), output.value) for output in self.outputs])

    @property
    def txid(self) -> str:
        """Double SHA-256 of the transaction without its witnesses."""
        return hash_body(*self.body)

    def coin(self, vout: int) -> Coin:
        """One of its outputs, to be spent."""
        return Coin(self.txid, vout, self.outputs[vout])


def transactions() -> dict[str, Transaction]:
    """Transactions by name, in time order."""
    first, second = story.ALDER_BTC
    fund_1 = Transaction("funding 1", (_outside(story.EXCHANGE_BTC_HOT, 48_210_400),), (
        Output(first, 1_200_000), Output(story.EXCHANGE_BTC_HOT, 47_008_000)), story.at(8, 10, 41, 17), 855_912)
    fund_2 = Transaction("funding 2", (_outside("stranger N", 2_114_900),), (
        Output("stranger N change", 1_313_100), Output(second, 800_000)), story.at(9, 7, 22, 51), 856_030)
    pay = Transaction("payment", (fund_1.coin(0), fund_2.coin(1)), (
        Output(story.MIKI_BTC, miki_satoshi()), Output(story.ALDER_CHANGE, 2_000_000 - miki_satoshi() - 2_912)),
        story.at(10, 22, 5, 38), 856_262)
    join = _coinjoin(pay.coin(1))
    cash = Transaction("Miki cashes out", (pay.coin(0),), (
        Output(story.EXCHANGE_BTC_DEPOSIT, 600_000), Output("Miki change", miki_satoshi() - 600_000 - 1_551)),
        story.at(16, 9, 12, 44), 857_074)
    other_1 = Transaction("other 1", (_outside("stranger P", 9_400_350),), (
        Output("stranger Q", 7_150_000), Output("stranger P change", 2_248_799)), story.at(18, 13, 50, 2), 857_398)
    other_2 = Transaction("other 2", (_outside("stranger R", 31_020_000),), (
        Output("stranger S", 31_018_790),), story.at(20, 6, 31, 29), 857_655)
    return {tx.name: tx for tx in (fund_1, fund_2, pay, join, cash, other_1, other_2)}


def miki_satoshi() -> int:
    """EUR 600 in Bitcoin at the day's fictional rates, to 100 satoshi."""
    day = story.at(10, 22, 5).date()
    return int(600 * story.eur_usd(day) / story.btc_usd(day) * 1_000_000) * 100


def _coinjoin(change: Coin) -> Transaction:
    """Five strangers, one of them Alder with his change, each take the same sum out, and the rest as change."""
    coins = [change, *(_outside(f"mixer {n}", 931_000 + 46_370 * n) for n in range(1, COINJOIN_SIZE))]
    coins.sort(key=lambda coin: coin.txid)
    equal = [Output(f"mixed {n}", COINJOIN_SUM) for n in range(COINJOIN_SIZE)]
    rest = [Output(f"mix change {n}", coin.output.value - COINJOIN_SUM - 1_460) for n, coin in enumerate(coins)]
    outputs = sorted([*equal, *rest], key=lambda output: digest("output order", output.label))
    return Transaction("coinjoin", tuple(coins), tuple(outputs), story.at(13, 2, 17, 9), 856_571)


def _outside(label: str, value: int) -> Coin:
    """Coin from a transaction that is not in the case."""
    return Coin(digest("outside", label).hex(), 0, Output(label, value))


def bitcoin_json() -> bytes:
    """List of transactions, newest first, a transaction a line."""
    newest_first = sorted(transactions().values(), key=lambda tx: tx.time, reverse=True)
    return ("[\n" + ",\n".join(json.dumps(_esplora(tx)) for tx in newest_first) + "\n]\n").encode()


def _esplora(tx: Transaction) -> dict[str, object]:
    stripped = len(b"".join(tx.body)) + 8
    size = stripped + 2 + len(tx.inputs) * 107
    block = "0" * 19 + digest("block", tx.height).hex()[19:]
    return {
        "txid": tx.txid,
        "version": 2,
        "locktime": 0,
        "vin": [_vin(coin) for coin in tx.inputs],
        "vout": [_vout(output) for output in tx.outputs],
        "size": size,
        "weight": stripped * 3 + size,
        "sigops": len(tx.inputs),
        "fee": tx.fee,
        "status": {
            "confirmed": True,
            "block_height": tx.height,
            "block_hash": block,
            "block_time": int(tx.time.timestamp()),
        },
        "fictional": story.FICTIONAL,
    }


def _vin(coin: Coin) -> dict[str, object]:
    """Signature is made-up bytes: nobody has the key, and nothing here is on any chain."""
    signature = (digest("signature", coin.txid) * 3)[:71]
    return {
        "txid": coin.txid,
        "vout": coin.vout,
        "prevout": _vout(coin.output),
        "scriptsig": "",
        "scriptsig_asm": "",
        "witness": [signature.hex(), public_key(coin.output.label).hex()],
        "is_coinbase": False,
        "sequence": SEQUENCE,
    }


def _vout(output: Output) -> dict[str, object]:
    return {
        "scriptpubkey": _script(output.label).hex(),
        "scriptpubkey_asm": f"OP_0 OP_PUSHBYTES_20 {witness_program(output.label).hex()}",
        "scriptpubkey_type": "v0_p2wpkh",
        "scriptpubkey_address": bitcoin(output.label),
        "value": output.value,
    }


def _script(label: str) -> bytes:
    return b"\0\x14" + witness_program(label)


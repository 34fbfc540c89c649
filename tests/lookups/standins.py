"""Services that cannot be reached from a test, as their documentation describes them, over made-up data.

Every address is made from a hash of a label, so nobody holds its keys. Each stand-in is a function for ``serve``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from base58_bech32 import base58

from connectors.bitcoin import Input, Output, Transaction, hash_transaction
from connectors.bitcoin_scripts import script_address
from tests.lookups.server import Seen
from trails.timestamps import UNKNOWN_TIME

USDT_TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
USDT_ETHEREUM = "0xdac17f958d2ee523a2206206994597c13d831ec7"
NOON = 1_722_513_600  # 2024-08-01 12:00 UTC


def digest(label: str) -> bytes:
    return hashlib.sha256(f"fictional: {label}".encode()).digest()


def tron_address(label: str) -> str:
    return base58.b58encode_check(b"\x41" + digest(label)[:20]).decode()


def evm_address(label: str) -> str:
    return f"0x{digest(label)[:20].hex()}"


def bitcoin_address(label: str) -> str:
    found = script_address(script(label), "bc")
    assert found is not None
    return found


def script(label: str) -> bytes:
    return b"\x00\x14" + digest(label)[:20]


@dataclass
class TronGrid:
    """TRC-20 transfers of one address, oldest first, in pages; ``size`` overrides the page size that is asked for."""

    owner: str
    rows: list[dict[str, Any]]
    size: int = 200
    meta: dict[str, Any] = field(default_factory=dict)

    def __call__(self, seen: Seen) -> Any:
        query = seen.query
        if seen.path != f"/v1/accounts/{self.owner}/transactions/trc20":
            return {"success": False, "error": f"no such path: {seen.path}", "statusCode": 404}
        low, high = int(query.get("min_timestamp", 0)), int(query.get("max_timestamp", 1 << 60))
        rows = [row for row in self.rows if low <= row["block_timestamp"] <= high]
        start = int(query.get("fingerprint", "f0")[1:])
        page = rows[start : start + self.size]
        meta: dict[str, Any] = {"at": 1_722_700_000_000, "page_size": len(page)}
        if start + self.size < len(rows):
            meta["fingerprint"] = f"f{start + self.size}"
            meta["links"] = {"next": f"https://api.trongrid.io{seen.path}?fingerprint=f{start + self.size}"}
        return {"data": page, "success": True, "meta": {**meta, **self.meta}}


def trc20_rows(owner: str, count: int) -> list[dict[str, Any]]:
    """Transfers of 1, 2, 3 ... USDT to and from an address, a minute apart."""
    return [
        {
            "transaction_id": digest(f"{owner} tx {n}").hex(),
            "token_info": {"symbol": "USDT", "address": USDT_TRON, "decimals": 6, "name": "Tether USD"},
            "block_timestamp": (NOON + 60 * n) * 1_000,
            "from": owner if n % 2 else tron_address(f"payer {n}"),
            "to": tron_address(f"payee {n}") if n % 2 else owner,
            "type": "Transfer",
            "value": str((n + 1) * 10**6),
        }
        for n in range(count)
    ]


@dataclass
class Etherscan:
    """Token transfers of one address; refuses windows beyond 10,000 rows and pages beyond 1,000, as the free plan."""

    owner: str
    blocks: list[int]
    key: str = "fictional-key"
    window: int = 10_000

    def __call__(self, seen: Seen) -> Any:
        query = seen.query
        if query.get("apikey") != self.key:
            return {"status": "0", "message": "NOTOK", "result": "Invalid API Key (#err2)|no-such"}
        if query.get("chainid") != "1":
            return {"status": "0", "message": "NOTOK", "result": "Missing or unsupported chainid parameter"}
        if query.get("action") == "getblocknobytime":
            block = (int(query["timestamp"]) - NOON) // 12
            return {"status": "1", "message": "OK", "result": str(block + (query["closest"] == "after"))}
        assert (query["module"], query["action"], query["sort"]) == ("account", "tokentx", "asc")
        assert (query["address"], query["contractaddress"]) == (self.owner, USDT_ETHEREUM)
        page, offset = int(query["page"]), int(query["offset"])
        if page * offset > self.window or offset > 1_000:
            text = "Result window is too large, PageNo x Offset size must be less than or equal to 10000"
            return {"status": "0", "message": text, "result": None}
        wanted = [n for n, b in enumerate(self.blocks) if int(query["startblock"]) <= b <= int(query["endblock"])]
        rows = [self.row(n) for n in wanted[(page - 1) * offset : page * offset]]
        if not rows:
            return {"status": "0", "message": "No transactions found", "result": []}
        return {"status": "1", "message": "OK", "result": rows}

    def row(self, n: int) -> dict[str, str]:
        return {
            "blockNumber": str(self.blocks[n]), "timeStamp": str(NOON + 12 * self.blocks[n]),
            "hash": f"0x{digest(f'tx {n}').hex()}", "nonce": "1",
            "blockHash": f"0x{digest(f'block {self.blocks[n]}').hex()}", "from": evm_address(f"payer {n % 7}"),
            "contractAddress": USDT_ETHEREUM, "to": self.owner, "value": str(n + 1), "tokenName": "Tether USD",
            "tokenSymbol": "USDT", "tokenDecimal": "6", "transactionIndex": "1", "gas": "1", "gasPrice": "1", "gasUsed": "1",
            "cumulativeGasUsed": "1", "input": "deprecated", "confirmations": "100",
        }  # fmt: skip


def bitcoin_txs(owner: str, count: int) -> list[dict[str, Any]]:
    """A chain of payments that all touch one address, newest first, in Esplora's form, with true transaction ids."""
    found: list[dict[str, Any]] = []
    spent, amount = (digest(f"{owner} funding").hex(), 0), 10**9
    for n in range(count):
        fee, paid = 500, 1_000 + n
        outputs = [(script(owner), amount - paid - fee), (script(f"payee {n}"), paid)]
        inputs = (Input(spent, b"", 0xFFFFFFFD, Output(amount, script(owner), None)),)
        txid = hash_transaction(
            Transaction(
                1, "", 2, 0, inputs, tuple(Output(v, s, None) for s, v in outputs), fee, UNKNOWN_TIME, None, "ok"
            )
        )
        assert txid is not None
        found.append({
            "txid": txid, "version": 2, "locktime": 0, "size": 200, "weight": 800, "fee": fee,
            "vin": [{"txid": spent[0], "vout": spent[1], "scriptsig": "", "sequence": 0xFFFFFFFD, "is_coinbase": False,
                     "prevout": _esplora_output(script(owner), amount)}],
            "vout": [_esplora_output(s, v) for s, v in outputs],
            "status": {"confirmed": True, "block_height": 840_000 + n, "block_hash": digest(f"block {n}").hex(),
                       "block_time": NOON + 600 * n},
        })  # fmt: skip
        spent, amount = (txid, 0), outputs[0][1]
    return found[::-1]


def _esplora_output(locking: bytes, value: int) -> dict[str, Any]:
    address = script_address(locking, "bc")
    return {
        "scriptpubkey": locking.hex(),
        "scriptpubkey_type": "v0_p2wpkh",
        "scriptpubkey_address": address,
        "value": value,
    }


@dataclass
class Esplora:
    """The transactions of one address, 25 a page; ``stated`` overrides the number the summary states."""

    owner: str
    txs: list[dict[str, Any]]
    stated: int | None = None

    def __call__(self, seen: Seen) -> Any:
        base = f"/address/{self.owner}"
        if seen.path == base:
            count = len(self.txs) if self.stated is None else self.stated
            return {"address": self.owner, "chain_stats": {"tx_count": count}, "mempool_stats": {"tx_count": 0}}
        if seen.path.startswith("/tx/"):
            return next((tx for tx in self.txs if seen.path == f"/tx/{tx['txid']}"), {})
        assert seen.path.startswith(f"{base}/txs/chain"), seen.path
        last = seen.path.removeprefix(f"{base}/txs/chain").strip("/")
        ids = [tx["txid"] for tx in self.txs]
        start = ids.index(last) + 1 if last in ids else len(ids) if last else 0
        return self.txs[start : start + 25]


@dataclass
class BitcoinNode:
    """Bitcoin Core over blocks of transactions in Esplora's form, oldest first; ``filters`` as with blockfilterindex=1."""

    blocks: list[list[dict[str, Any]]]
    filters: bool = True
    txindex: bool = False

    def __call__(self, seen: Seen) -> Any:
        call = seen.call
        found = getattr(self, call["method"])(*call["params"])
        if isinstance(found, tuple):
            return {"result": None, "error": {"code": found[0], "message": found[1]}, "id": call["id"]}
        return {"result": found, "error": None, "id": call["id"]}

    def getblockcount(self) -> Any:
        return len(self.blocks) - 1

    def getblockhash(self, height: int) -> Any:
        return digest(f"block {height}").hex()

    def height(self, block: str) -> int:
        return next(n for n in range(len(self.blocks)) if self.getblockhash(n) == block)

    def getblockheader(self, block: str) -> Any:
        return {"hash": block, "mediantime": NOON + 600 * self.height(block) - 3_600}

    def scanblocks(self, action: str, objects: list[str], low: int, high: int, kind: str) -> Any:
        assert (action, kind) == ("start", "basic")
        if not self.filters:
            return -1, "Index is not enabled for filtertype basic"
        address = objects[0].removeprefix("addr(").removesuffix(")")
        heights = [n for n in range(low, high + 1) if address in str(self.blocks[n])]
        false_positive = [low] if low not in heights else []
        hashes = [self.getblockhash(n) for n in sorted(heights + false_positive)]
        return {"from_height": low, "to_height": high, "relevant_blocks": hashes, "completed": True}

    def getblock(self, block: str, verbosity: int) -> Any:
        assert verbosity == 3
        height = self.height(block)
        return {"hash": block, "confirmations": 10, "height": height, "time": NOON + 600 * height, "mediantime": 1, "nTx": 1,
                "merkleroot": "00", "bits": "00", "tx": [core_tx(tx) for tx in self.blocks[height]]}  # fmt: skip

    def getrawtransaction(self, txid: str, verbosity: int, block: str | None = None) -> Any:
        assert verbosity == 2
        for height, txs in enumerate(self.blocks):
            for tx in txs:
                if tx["txid"] == txid and (self.txindex or block == self.getblockhash(height)):
                    return {**core_tx(tx), "blockhash": self.getblockhash(height), "confirmations": 10,
                            "blocktime": NOON + 600 * height, "time": NOON + 600 * height, "in_active_chain": True}  # fmt: skip
        return (
            -5,
            "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries.",
        )


def core_tx(tx: dict[str, Any]) -> dict[str, Any]:
    """A transaction in Bitcoin Core's form."""
    return {
        "txid": tx["txid"], "version": tx["version"], "locktime": tx["locktime"], "hex": "00", "fee": tx["fee"] / 10**8,
        "vin": [{"txid": each["txid"], "vout": each["vout"], "scriptSig": {"hex": ""}, "sequence": each["sequence"],
                 "prevout": _core_output(each["prevout"], None)} for each in tx["vin"]],
        "vout": [_core_output(each, n) for n, each in enumerate(tx["vout"])],
    }  # fmt: skip


def _core_output(output: dict[str, Any], number: int | None) -> dict[str, Any]:
    locking = {"hex": output["scriptpubkey"], "address": output["scriptpubkey_address"], "type": "witness_v0_keyhash"}
    found: dict[str, Any] = {"value": round(output["value"] / 10**8, 8), "scriptPubKey": locking}
    return found if number is None else {**found, "n": number}


TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def word(address: str) -> str:
    return "0x" + "0" * 24 + (address[2:] if address.startswith("0x") else base58.b58decode_check(address)[1:].hex())


ETH_METHODS = {
    "eth_chainId": "chain_id",
    "eth_blockNumber": "block_number",
    "eth_getBlockByNumber": "block_by_number",
    "eth_getBlockByHash": "block_by_hash",
    "eth_getLogs": "get_logs",
    "eth_getTransactionReceipt": "receipt",
}


@dataclass
class EthNode:
    """A node over logs; ``widest`` and ``most`` are a provider's limits, in its own words ``refusal``."""

    logs: list[dict[str, Any]]
    head: int
    chain: int = 1
    widest: int = 1 << 60
    most: int = 1 << 60
    refusal: dict[str, Any] = field(
        default_factory=lambda: {"code": -32005, "message": "query returned more than 10000 results"}
    )
    forks: dict[int, str] = field(default_factory=dict)

    def __call__(self, seen: Seen) -> Any:
        call = seen.call
        found = getattr(self, ETH_METHODS[call["method"]])(*call["params"])
        named = "error" if isinstance(found, dict) and "code" in found else "result"
        return {"jsonrpc": "2.0", "id": call["id"], named: found}

    def chain_id(self) -> Any:
        return hex(self.chain)

    def block_number(self) -> Any:
        return hex(self.head)

    def hash(self, number: int) -> str:
        branch = self.forks.get(number, "")
        return f"0x{digest(f'block {number}{branch}').hex()}"

    def block_by_number(self, number: str, full: bool) -> Any:
        assert not full
        height = int(number, 16)
        if height > self.head:
            return None
        return {"number": number, "hash": self.hash(height), "timestamp": hex(NOON + 12 * height)}

    def block_by_hash(self, block: str, full: bool) -> Any:
        height = next((n for n in range(self.head + 1) if self.hash(n) == block), None)
        return None if height is None else self.block_by_number(hex(height), full)

    def get_logs(self, asked: dict[str, Any]) -> Any:
        low, high = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        found = [
            log
            for log in self.logs
            if low <= int(log["blockNumber"], 16) <= high and log["address"] == asked["address"]
        ]
        for place, topic in enumerate(asked["topics"]):
            wanted = topic if isinstance(topic, list) else [topic]
            if topic is not None:
                found = [log for log in found if len(log["topics"]) > place and log["topics"][place] in wanted]
        if high - low + 1 > self.widest or len(found) > self.most:
            return self.refusal
        return [{**log, "blockHash": self.hash(int(log["blockNumber"], 16))} for log in found]

    def receipt(self, tx: str) -> Any:
        logs = [log for log in self.logs if log["transactionHash"] == tx]
        if not logs:
            return None
        hashed = [{**log, "blockHash": self.hash(int(log["blockNumber"], 16))} for log in logs]
        return {"transactionHash": tx, "blockNumber": logs[0]["blockNumber"], "status": "0x1", "logs": hashed}


def transfer_log(contract: str, number: int, index: int, src: str, dst: str, amount: int) -> dict[str, Any]:
    """A transfer as a node without block times gives it."""
    return {
        "address": contract, "topics": [TRANSFER, word(src), word(dst)], "data": f"0x{amount:064x}", "blockNumber": hex(number),
        "transactionHash": f"0x{digest(f'tx {number} {index}').hex()}", "transactionIndex": hex(index), "logIndex": hex(index),
        "removed": False,
    }  # fmt: skip


def every_service(secret: str) -> dict[str, tuple[dict[str, str], tuple[str, ...], Any]]:
    """For each service: the environment with its key, what is asked, and a stand-in that knows the answer."""
    owner = tron_address("driver")
    scan_owner, coins = evm_address("cash-out"), bitcoin_txs("courier", 3)
    blocks = [[tx] for tx in coins[::-1]]
    log = transfer_log(USDT_ETHEREUM, 5, 0, scan_owner, evm_address("payee"), 7)
    bitcoin = {"TRAILS_BITCOIN_RPC_USER": "me", "TRAILS_BITCOIN_RPC_PASSWORD": secret}
    return {
        "trongrid": ({"TRAILS_TRONGRID_KEY": secret}, (owner,), TronGrid(owner, trc20_rows(owner, 30), size=20)),
        "etherscan": ({"TRAILS_ETHERSCAN_KEY": secret}, (scan_owner,), Etherscan(scan_owner, [1, 2], key=secret)),
        "esplora": (
            {"TRAILS_ESPLORA_KEY": secret},
            (bitcoin_address("courier"),),
            Esplora(bitcoin_address("courier"), coins),
        ),
        "bitcoin-rpc": (bitcoin, (bitcoin_address("courier"), "--confirmations", "0"), BitcoinNode(blocks)),
        "eth-rpc": ({"TRAILS_ETH_RPC_KEY": secret}, (scan_owner,), EthNode([log], head=200)),
        "tron-rpc": ({"TRAILS_TRONGRID_KEY": secret}, (owner,), EthNode([], head=200, chain=0x2B6653DC)),
    }

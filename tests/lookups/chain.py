"""A real Ethereum node with a small token on it: anvil, one binary, a quarter of a second to start.

It is found in ``tests/nodes/node_modules`` (``npm ci --ignore-scripts`` there), on the PATH, or where ``TRAILS_ANVIL``
says. Where it is missing the tests are skipped aloud, unless ``TRAILS_NEED_NODE`` forbids it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

TESTS = Path(__file__).parent.parent
TOKEN = json.loads((TESTS / "fixtures" / "tether_like.json").read_text(encoding="utf-8"))
#: Seconds after which the node is taken to hang.
HANGS = 600
_BINARY = TESTS / "nodes" / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"


def find_anvil() -> str:
    """The binary; skips the test aloud, or fails it where a node is demanded."""
    found = os.environ.get("TRAILS_ANVIL") or (str(_BINARY) if _BINARY.is_file() else shutil.which("anvil"))
    if not found:
        message = f"anvil is missing: run `npm ci --ignore-scripts` in {_BINARY.parents[4]}"
        if os.environ.get("TRAILS_NEED_NODE"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@dataclass
class Chain:
    """A running node, its accounts, and the truth about the token at ``token``, in the order it happened."""

    url: str
    token: str
    accounts: list[str] = field(default_factory=list)
    transfers: list[tuple[str, str, int, int]] = field(default_factory=list)
    time: int = 1_722_513_600

    def call(self, method: str, *parameters: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = requests.post(self.url, json=body, timeout=HANGS).json()
        assert "result" in answer, (method, answer)
        return answer["result"]

    def send(self, sender: str, signature: str, *words: int | str) -> str:
        """A call of the token, waiting for the next block; its hash."""
        data = "0x" + TOKEN["selectors"][signature] + "".join(_word(each) for each in words)
        sent: str = self.call(
            "eth_sendTransaction", {"from": sender, "to": self.token, "data": data, "gas": hex(5_000_000)}
        )
        return sent

    def transfer(self, sender: str, receiver: str, amount: int) -> str:
        """A transfer in a block of its own."""
        sent = self.send(sender, "transfer(address,uint256)", receiver, amount)
        self.mine()
        self.transfers.append((sender, receiver, amount, self.time))
        return sent

    def disperse(self, sender: str, receivers: list[str], amounts: list[int]) -> str:
        """Many transfers in one transaction."""
        count = len(receivers)
        words: list[int | str] = [64, 96 + 32 * count, count, *receivers, count, *amounts]
        sent = self.send(sender, "disperse(address[],uint256[])", *words)
        self.mine()
        self.transfers += [(sender, to, amount, self.time) for to, amount in zip(receivers, amounts, strict=True)]
        return sent

    def mine(self) -> None:
        """The next block, twelve seconds later."""
        self.time += 12
        self.call("evm_setNextBlockTimestamp", self.time)
        self.call("evm_mine")
        block = self.call("eth_getBlockByNumber", "latest", False)
        for sent in block["transactions"]:
            assert self.call("eth_getTransactionReceipt", sent)["status"] == "0x1"

    def reorganise(self, depth: int) -> None:
        """Take the last blocks back with all they held, and mine others."""
        self.call("anvil_reorg", depth, [])
        self.call("anvil_dropAllTransactions")
        self.call("evm_mine")


def _word(value: int | str) -> str:
    return f"{value:064x}" if isinstance(value, int) else value.removeprefix("0x").rjust(64, "0")


@contextmanager
def run_chain(token: str) -> Iterator[Chain]:
    """A fresh node that calls itself Ethereum, with the token at an address."""
    command = [
        find_anvil(), "--port", "0", "--chain-id", "1", "--no-mining", "--order", "fifo",
        "--timestamp", "1722513600", "--mnemonic", "test test test test test test test test test test test junk",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        # it says where it listens once it does; what it says later is taken too, or it would wait for a reader
        address = next((line.split()[2] for line in process.stdout if line.startswith("Listening on ")), None)
        reader = threading.Thread(target=process.stdout.read, daemon=True)
        reader.start()
        try:
            assert address, "anvil did not start"
            chain = Chain(f"http://{address}", token)
            chain.accounts = chain.call("eth_accounts")
            chain.call("anvil_setCode", token, TOKEN["runtime"])
            yield chain
        finally:
            process.terminate()
            reader.join()

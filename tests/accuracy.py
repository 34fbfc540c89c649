"""Writes ``trails/docs/accuracy.md``: the ownership rules on every data set with known owners that is at hand.

Run it with ``python -m tests.accuracy``. Generated chains need the wallets of ``tests/chains``; the data sets of others
are looked for as the tests do it, and the page says which were absent.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from connectors.bitcoin_scripts import script_address, script_key
from trails import __version__
from trails.case import Case
from trails.evaluate.report import evaluate_ownership, write_markdown
from trails.graph import make_table
from trails.ingest import add_source
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.transactions import read_transactions

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "trails" / "docs" / "accuracy.md"
SEEDS = (1, 2, 3)
SIZE = 1_500
_SETS = {
    "Whirlpool mixes (March 2024)": ("dumplings__sw_202403.zip", "Scanner/SamouraiCoinJoins.txt"),
    "Whirlpool preparations and others (Tx0 list)": ("dumplings__sw_202403.zip", "Scanner/SamouraiTx0s.txt"),
    "spends after Whirlpool": ("dumplings__sw_202403.zip", "Scanner/SamouraiPostMixTxs.txt"),
    "Wasabi 1 CoinJoins (May 2024)": ("dumplings__ww1_202405.zip", "Scanner/WasabiCoinJoins.txt"),
    "spends after Wasabi 1": ("dumplings__ww1_202405.zip", "Scanner/WasabiPostMixTxs.txt"),
}


def find_real_data() -> Path | None:
    """The folder of real data, where it is."""
    folder = Path(os.environ.get("TRAILS_REAL_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def read_dumplings(path: Path, member: str) -> Any:
    """The transactions of a Dumplings file (``txid:::block:::index:::time:::inputs:::outputs``) as tables' rows."""
    numbers: dict[str, int] = {}

    def node(key: str) -> int:
        return numbers.setdefault(key, len(numbers) + 1)

    rows: list[tuple[Any, ...]] = []
    for line in zipfile.ZipFile(path).read(member).decode().splitlines():
        txid, _, _, _, inputs, outputs = line.split(":::")[:6]
        junction = node(txid)
        for each in inputs.split("}{"):
            spent, script, _ = each.split("+")
            prevout, number, amount = spent.split("-")
            rows.append((node(owner_of(script)), junction, int(amount), "input", f"{prevout}:{number}"))
        for index, each in enumerate(outputs.split("}{")):
            amount, script, _ = each.split("+")
            rows.append((junction, node(owner_of(script)), int(amount), "output", f"{txid}:{index}"))
    count = len(rows)
    return make_table("transfers", {
        "transfer_id": range(1, count + 1), "public_id": ["T" * 17] * count, "src": [row[0] for row in rows],
        "dst": [row[1] for row in rows], "asset": ["BTC"] * count, "amount": [row[2] for row in rows],
        "kind": [row[3] for row in rows], "time_basis": ["unknown"] * count, "status": ["ok"] * count,
        "ref": [row[4] for row in rows], "source_id": [1] * count, "row": range(count),
    })  # fmt: skip


def owner_of(script: str) -> str:
    """The key of a script's account."""
    raw = bytes.fromhex(script)
    return script_address(raw, "bc") or script_key(raw)


def count_flagged(path: Path, member: str) -> tuple[int, int, dict[str, int]]:
    """Transactions of a file, how many are flagged as mixes, and how many meet each rule."""
    transactions = read_transactions(read_dumplings(path, member))
    found = screen_transactions(transactions)
    rules = {str(rule): int(count) for rule, count in found["rule"].value_counts().sort_index().items()}
    return len(transactions), int(found["verdict"].sum()), rules


def measure_chain(seed: int, folder: Path, *, payjoins: bool) -> dict[str, Any]:
    """The figures of one generated chain."""
    from tests.chains.story import make_chain

    blocks, owners = make_chain(seed, transactions=SIZE, payjoins=payjoins).write(folder)
    with Case.create(folder / "case") as case:
        add_source(case, blocks)
        return evaluate_ownership(case, owners)


def measure_known_wallets(folder: Path, work: Path) -> dict[str, Any]:
    """The figures of the Wasabi 2 wallets whose owners are known."""
    run = next((folder / "wallet-ground-truth").glob("*/blocks.jsonl")).parent
    with Case.create(work / "case") as case:
        add_source(case, run / "blocks.jsonl")
        return evaluate_ownership(case, run / "wallets_info.json")


def write_page() -> str:
    """The page."""
    parts = [_HEAD.format(version=__version__, size=SIZE)]
    for seed, payjoins in [*((seed, True) for seed in SEEDS), (4, False)]:
        with tempfile.TemporaryDirectory() as work:
            found = measure_chain(seed, Path(work), payjoins=payjoins)
        title = f"## Generated chain, seed {seed}" + ("" if payjoins else ", without PayJoins")
        parts.append(f"{title}\n\n{write_markdown(found)}")
    data = find_real_data()
    if data is None:
        parts.append("The data sets of others were not at hand when this page was made.")
        return "\n\n".join(parts) + "\n"
    with tempfile.TemporaryDirectory() as work:
        parts.append(f"{_WASABI}\n\n{write_markdown(measure_known_wallets(data, Path(work)))}")
    rows = ["| set | transactions | flagged as mixes | rules met |", "| --- | --- | --- | --- |"]
    for title, (name, member) in _SETS.items():
        count, flagged, rules = count_flagged(data / "coinjoin" / name, member)
        rows.append(f"| {title} | {count:,} | {flagged:,} ({flagged / count:.2%}) | {json.dumps(rules).strip('{}')} |")
    parts.append(f"{_DUMPLINGS}\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


_HEAD = """# Accuracy of the ownership rules

Made by `python -m tests.accuracy` with trails {version}; measured again whenever the rules change. `trails evaluate ownership
CASE --owners FILE` gives the same tables for any case whose owners you know.

How to read it: a pair is two addresses; precision is the share of joined pairs that have one owner, recall the share of one
owner's pairs that are joined. Intervals are 95 %: for clusters by drawing owners anew (bootstrap, 1,000 rounds), for rules exact
binomial. Generated chains are signed by real wallet software (BDK), and their blocks are accepted by Bitcoin Core's own engine,
but **who pays whom, how often and with which habits was made up**: 17 owners, eight habits of software, {size:,} transactions.
They show that the rules do what they say; they are no error rate of the field. A PayJoin cannot be seen, and one is enough to
weld two owners: compare the chain without them."""
_WASABI = """## Wasabi 2 wallets with known owners (emulated, data of others)

Ten wallets, six WabiSabi rounds. Naive co-spending welds them; with the screen no two addresses are joined at all, because these
wallets spend in rounds only: the precision of 1 is that of no join, and says no more."""
_DUMPLINGS = """## Real CoinJoins of known protocols (data of others)

Whose the coins are is not known; whether a transaction is of the protocol is. Spends after a mix, and preparations, are one
owner's: those that are flagged stay unclustered, a missed join and not a false one."""


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
    print(f"wrote {PAGE}")

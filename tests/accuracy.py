"""Writes ``trails/docs/accuracy-ownership.md``: the ownership rules on every data set with known owners that is at hand.

Run it with ``python -m tests.accuracy``. Generated chains need the wallets of ``tests/chains``; the data sets of others
are looked for as the tests do it, and the page says which were absent.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from connectors.bitcoin_scripts import script_address, script_key
from trails import __version__
from trails.case import Case
from trails.evaluate.markdown import write_rows
from trails.evaluate.report import evaluate_ownership, write_markdown
from trails.graph import make_table
from trails.ingest import add_source
from trails.ownership.account_chains import Settings
from trails.ownership.account_chains.deposits import claim_deposits
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.services import find_collectors
from trails.ownership.transactions import read_transactions

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "trails" / "docs" / "accuracy-ownership.md"
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


def measure_other_worlds() -> str:
    """Change claims, right and made, on chains of other habits."""
    from tests.chains.story import OTHER_WORLDS, make_chain

    rows = []
    for seed, (title, world) in enumerate(OTHER_WORLDS.items(), start=31):
        with tempfile.TemporaryDirectory() as work:
            blocks, owners = make_chain(seed, transactions=SIZE, world=world).write(Path(work))
            with Case.create(Path(work) / "case") as case:
                add_source(case, blocks)
                rules = evaluate_ownership(case, owners, rounds=1)["rules"]
        change = rules[(rules["rule"] == "change") & (rules["what"] == "all")].set_index("strength")
        rows.append((title, *(int(change[name].get(of, 0)) for of in ("medium", "hint") for name in ("claims", "right"))))
    return write_rows(("world", "two families: claims", "right", "one family: claims", "right"), rows)


def measure_known_wallets(folder: Path, work: Path) -> dict[str, Any]:
    """The figures of the Wasabi 2 wallets whose owners are known."""
    run = next((folder / "wallet-ground-truth").glob("*/blocks.jsonl")).parent
    with Case.create(work / "case") as case:
        add_source(case, run / "blocks.jsonl")
        return evaluate_ownership(case, run / "wallets_info.json")


def read_bionic(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Transfers, nodes and assets of a CSV that states blocks and no times: 13.5 seconds a block are taken."""
    rows = pd.read_csv(path).sort_values("blockNumber", kind="stable", ignore_index=True)
    keys = sorted({*rows["source"], *rows["target"]})
    number = {key: at for at, key in enumerate(keys, start=1)}
    count = len(rows)
    transfers = make_table("transfers", {
        "transfer_id": range(1, count + 1), "public_id": ["T" * 17] * count, "src": rows["source"].map(number),
        "dst": rows["target"].map(number), "asset": ["token"] * count, "amount": [int(amount) for amount in rows["amount"]],
        "kind": ["transfer"] * count, "time": [datetime(2018, 3, 11) + timedelta(seconds=13.5 * int(block - rows["blockNumber"][0]))
                                               for block in rows["blockNumber"]],
        "time_error_s": [0] * count, "time_basis": ["assumed"] * count, "status": ["ok"] * count, "source_id": [1] * count,
        "row": range(count),
    })  # fmt: skip
    nodes = make_table("nodes", {
        "node_id": range(1, len(keys) + 1), "kind": ["account"] * len(keys), "rail": ["ethereum"] * len(keys), "key": keys,
    })  # fmt: skip
    assets = make_table("assets", {"asset": ["token"], "rail": ["ethereum"], "contract": [rows["address"][0]], "decimals": [8]})
    return transfers, nodes, assets


def measure_deposits(folder: Path) -> pd.DataFrame:
    """What the rule on deposit addresses finds of each collector, without and with its condition on who is paid back."""
    transfers, nodes, assets = read_bionic(folder / "bionic_erc20_transfers.csv")
    pairs = transfers[["src", "dst"]].drop_duplicates()
    found = {}
    for name, settings in (("without", Settings(paid_back=1.0)), ("with", Settings())):
        claims = claim_deposits(transfers, nodes, assets, frozenset(), settings=settings)[0]
        found[name] = find_collectors(claims, transfers, 1).set_index("node_id")["addresses"]
    rows = []
    for node in found["without"].index:
        payers, payees = set(pairs.loc[pairs["dst"] == node, "src"]), set(pairs.loc[pairs["src"] == node, "dst"])
        key = str(nodes.set_index("node_id")["key"][node])
        counts = len(payers), len(payees), len(payers & payees)
        rows.append((key, _KNOWN_AS.get(key, "?"), *counts, *(int(found[name].get(node, 0)) for name in found)))
    return pd.DataFrame(rows, columns=["collector", "known as", "payers", "payees", "both", "claims without", "claims with"])


def write_deposits(found: pd.DataFrame) -> str:
    """The table of collectors, and what it says."""
    rows = [write_rows([str(name) for name in found.columns], found.astype(object).itertuples(index=False))]
    wrong, every = (int(found.loc[chosen, "claims without"].sum()) for chosen in (found["both"] > 1, found["both"] >= 0))
    still, left = int(found.loc[found["both"] > 1, "claims with"].sum()), int(found["claims with"].sum())
    rows.append(
        f"\nWithout the condition {wrong:,} of {every:,} claims ({wrong / every:.0%}) give people's own wallets to a market; with "
        f"it {still:,} of {left:,}. The condition was found on this file, so this is no test of it."
    )
    return "\n".join(rows)


def write_page() -> str:
    """The page."""
    parts = [_HEAD.format(version=__version__, size=SIZE)]
    for seed, payjoins in [*((seed, True) for seed in SEEDS), (4, False)]:
        with tempfile.TemporaryDirectory() as work:
            found = measure_chain(seed, Path(work), payjoins=payjoins)
        title = f"## Generated chain, seed {seed}" + ("" if payjoins else ", without PayJoins")
        parts.append(f"{title}\n\n{write_markdown(found)}")
    parts.append(f"{_WORLDS}\n\n{measure_other_worlds()}")
    data = find_real_data()
    if data is None:
        parts.append("The data sets of others were not at hand when this page was made.")
        return "\n\n".join(parts) + "\n"
    with tempfile.TemporaryDirectory() as work:
        parts.append(f"{_WASABI}\n\n{write_markdown(measure_known_wallets(data, Path(work)))}")
    rows = []
    for title, (name, member) in _SETS.items():
        count, flagged, rules = count_flagged(data / "coinjoin" / name, member)
        rows.append((title, count, f"{flagged:,} ({flagged / count:.2%})", json.dumps(rules).strip("{}")))
    parts.append(f"{_DUMPLINGS}\n\n{write_rows(('set', 'transactions', 'flagged as mixes', 'rules met'), rows)}")
    parts.append(f"{_DEPOSITS}\n\n{write_deposits(measure_deposits(data / 'evm-tokens'))}")
    return "\n\n".join(parts) + "\n"


_HEAD = """# Accuracy of the ownership rules

Made by `python -m tests.accuracy` with trails {version}; measured again whenever the rules change. `trails evaluate ownership
CASE --owners FILE` gives the same tables for any case whose owners you know.

How to read it: a pair is two addresses; precision is the share of joined pairs that have one owner, recall the share of one
owner's pairs that are joined. Intervals are 95 %: for clusters by drawing owners anew (bootstrap, 1,000 rounds), for rules exact
binomial. Generated chains are signed by real wallet software (BDK), and their blocks are accepted by Bitcoin Core's own engine,
but **who pays whom, how often and with which habits was made up**: 17 owners, eight habits of software, {size:,} transactions.
They show that the rules do what they say; they are no error rate of the field. Half of the
PayJoins keep to their standard (one kind of input, one sequence number): those cannot be seen, and one is enough to weld two
owners: compare the chain without them. Screens overlap on purpose: what one protocol's rule leaves, the one for equal outputs of
any kind takes, so a row "without" one may equal the row with all; the row with it alone says what it does by itself."""
_WORLDS = """## Chains of other habits

The same story where signs of change are scarce, or mislead. Two errors in the rules were found so and mended (how an output was
spent counted twice; the form of a CoinJoin was taken for a habit); the seeds here are those of that search."""
_WASABI = """## Wasabi 2 wallets with known owners (emulated, data of others)

Ten wallets, six WabiSabi rounds. Naive co-spending welds them; with the screen no two addresses are joined at all, because these
wallets spend in rounds only: the precision of 1 is that of no join, and says no more."""
_DUMPLINGS = """## Real CoinJoins of known protocols (data of others)

Whose the coins are is not known; whether a transaction is of the protocol is. Spends after a mix, and preparations, are one
owner's: those that are flagged stay unclustered, a missed join and not a false one."""

_KNOWN_AS = {
    "0x274f3c32c90517975e29dfc209a23f315c1e5fc7": "Hotbit, an exchange",
    "0x2a0c0dbecc7e4d658f48e01e3fa353f44050c208": "IDEX, a decentralised exchange",
    "0x8d12a197cb00d4747a1fe03395095ce2a5cc6819": "EtherDelta, a decentralised exchange",
}
_DEPOSITS = """## Deposit addresses (20,913 transfers of one token on Ethereum; data of others)

Whose the addresses are is not known; what the three collectors are is (names published by block explorers). An exchange pays
out to other addresses than it collects from; a market run by a contract pays its users back, and what they send it at once is
theirs. Of the 39 pairs of addresses with one owner that come with this data none occurs in the transfers, so they measure
nothing here."""


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
    print(f"wrote {PAGE}")

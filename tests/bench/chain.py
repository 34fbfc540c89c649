"""A generated case of Bitcoin transactions for the clustering benchmark: random wiring, no real payment.

About 3.8 inputs and 2.5 outputs a transaction; addresses are drawn from a power law, a third of them used once. Half of
the inputs spend an output of the case, the others one from before it. The tables are written straight into the case:
reading files has a benchmark of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

Ints = npt.NDArray[np.int64]


def write_chain(folder: Path, transactions: int, *, seed: int = 4) -> int:
    """Write a case of so many transactions, and beside it ``lists.npz``: the input lists for bare unions."""
    from trails.case import Case

    rng = np.random.default_rng(seed)
    addresses = int(transactions * 2.4)
    in_tx = np.repeat(np.arange(transactions), np.minimum(rng.geometric(0.264, transactions), 300))
    out_tx = np.repeat(np.arange(transactions), np.minimum(rng.geometric(0.4, transactions), 300))
    out_index = np.arange(len(out_tx)) - np.searchsorted(out_tx, np.arange(transactions))[out_tx]
    out_node = _draw(rng, len(out_tx), addresses)
    amount = rng.integers(1_000, 10**9, len(out_tx))
    amount[rng.random(len(amount)) < 0.3] //= 10**6
    amount = np.maximum(amount, 1) * np.where(amount < 1_000, 10**6, 1)
    spent = rng.permutation(len(out_tx))[: len(in_tx) // 2]
    in_node, in_amount = _draw(rng, len(in_tx), addresses), rng.integers(1_000, 10**9, len(in_tx))
    ref_tx, ref_index = transactions + np.arange(len(in_tx)), np.zeros(len(in_tx), np.int64)
    later = rng.permutation(len(in_tx))[: len(spent)]
    in_node[later], in_amount[later] = out_node[spent], amount[spent]
    ref_tx[later], ref_index[later] = out_tx[spent], out_index[spent]
    with Case.create(folder / "case") as case:
        _fill(case, transactions, addresses, locals())
    start = np.searchsorted(in_tx, np.arange(transactions + 1))
    np.savez(folder / "lists.npz", start=start, member=(in_node + 1).astype(np.int32), size=np.array(addresses + 2))
    return transactions


def _draw(rng: np.random.Generator, count: int, addresses: int) -> Ints:
    """Addresses by a power law: few are used often, a third once or never."""
    drawn = (addresses * rng.random(count) ** 1.6).astype(np.int64)
    return np.minimum(drawn, addresses - 1)


def _fill(case: Case, transactions: int, addresses: int, made: dict[str, Any]) -> None:
    import pyarrow as pa

    con = case.con
    con.execute("INSERT INTO assets VALUES ('BTC', 'bitcoin', NULL, 'BTC', 8)")
    con.execute(
        "INSERT INTO nodes SELECT i + 1, 'account', 'bitcoin', 'bc1q' || left(sha256(i::VARCHAR), 38), NULL "
        f"FROM range({addresses}) r(i)"
    )
    con.execute(
        f"INSERT INTO nodes SELECT {addresses} + i + 1, 'junction', 'bitcoin', sha256('tx' || i), NULL "
        f"FROM range({transactions}) r(i)"
    )
    con.execute(
        f"INSERT INTO transactions SELECT i, 'bitcoin', sha256('tx' || i) FROM range({transactions + len(made['in_tx'])}) r(i)"
    )
    number = 0
    for kind, tx in (("input", made["in_tx"]), ("output", made["out_tx"])):
        own = {"input": ("in_node", "in_amount", "ref_tx", "ref_index"), "output": ("out_node", "amount", "out_tx", "out_index")}
        node, amount, ref_tx, ref_index = (made[name] for name in own[kind])
        step = 2_000_000
        for at in range(0, len(tx), step):
            part = slice(at, at + step)
            junction, account = addresses + 1 + tx[part], node[part] + 1
            con.register("rows_in", pa.table({
                "transfer_id": np.arange(number + 1, number + len(account) + 1), "amount": amount[part], "t": tx[part],
                "src": account if kind == "input" else junction, "dst": junction if kind == "input" else account,
                "tx_id": ref_tx[part], "tx_index": ref_index[part],
            }))  # fmt: skip
            con.execute(
                f"INSERT INTO transfer_rows SELECT transfer_id, src, dst, 'BTC', amount, '{kind}', make_timestamp("
                "1600000000000000 + (t // 2000) * 600000000), 7200, 'chain', (600000 + t // 2000) * 1000000 + t % 2000, 'ok', "
                "tx_id, tx_index, 0, NULL, NULL, 1, t + 1 FROM rows_in"
            )
            con.unregister("rows_in")
            number += len(account)

"""The transactions of coin chains (Bitcoin) as arrays: who spent what, who received what, in which order.

Every rule of this package that reads coins reads them here. A transaction is a junction; its inputs and outputs are
rows of flat arrays, grouped by transaction, so that a rule is a handful of passes over whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.identifiers import NULL_ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

Ints = npt.NDArray[np.int64]
Nodes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

#: Amounts, times, positions and links that no source states.
UNKNOWN = -1
#: Kinds of scripts, as far as the form of an address tells; a script without an address is ``other``.
SCRIPTS = ("unknown", "other", "p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr")
COIN_RAILS = ("bitcoin", "bitcoin-test")
#: Keys of accounts that stand for nobody, beside the addresses nobody has the key of.
NOBODY = ("coinbase", "fee", "script:")

_ANCHORS = ("bc1pfeessrawgf", "tb1pfees9rn5nz", "bcrt1pfeesnyr2tx", "script:51024e73")
#: bcrt1q addresses of a key hash have 44 letters, the longest of their kind; those of a script hash have 62 or more.
_LONGEST_KEY_HASH = 50


@dataclass(frozen=True, slots=True)
class Side:
    """The inputs, or the outputs, of all transactions: rows ``start[t]:start[t + 1]`` are those of transaction ``t``.

    ``node`` is the account, ``amount`` base units (-1 where not stated), ``transfer`` the number of the row's transfer,
    ``index`` the output's number (for an input, that of the output it spends; -1 where not stated), ``link`` the row of
    the other side that is the same coin: the output an input spends, the input that spends an output (-1 for none).
    """

    start: Ints
    node: Nodes
    amount: Ints
    transfer: Nodes
    index: Nodes
    link: Nodes

    @property
    def transaction(self) -> Nodes:
        """The transaction of each row."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))

    @property
    def count(self) -> Ints:
        """How many rows each transaction has."""
        return np.diff(self.start)


@dataclass(frozen=True, slots=True)
class Transactions:
    """The confirmed transactions of a case, by their junction's number; ``time_us`` and ``seq`` are -1 where unknown.

    ``form`` numbers what a wallet leaves in a transaction beside coins (version, locktime, sequence numbers); equal
    numbers are equal forms, -1 where no source states it. ``several`` says whether a source states different sequence
    numbers for its inputs, which one wallet rarely gives.
    """

    junction: Nodes
    time_us: Ints
    seq: Ints
    form: Nodes
    several: Mask
    inputs: Side
    outputs: Side

    def __len__(self) -> int:
        return len(self.junction)


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the form of each account's key tells, by node number: its script, and whether it may have an owner at all.

    ``ownable`` is false for junctions, coinbase and fee accounts, outputs that are not in the case, scripts that carry
    data, and addresses nobody has the key of.
    """

    script: npt.NDArray[np.uint8]
    ownable: Mask


def build_transactions(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Transactions:
    """Arrange the inputs and outputs of a case by transaction, and link every spent output with the input it feeds.

    Parameters
    ----------
    inputs, outputs
        Columns of table ``transfers`` as arrays of one length: ``transfer``, ``junction``, ``node`` (the account on the
        other end), ``amount`` (-1 where empty), ``tx`` (a number for the hash in ``ref``: of an output its own
        transaction, of an input the one it spends; -1) and ``index`` (-1). Outputs have ``time_us`` and ``seq`` too.
        Only rows that moved value (status ``ok``), in any order.

    Returns
    -------
    Transactions
        By junction number; inputs of a transaction by transfer, outputs by index and transfer. ``form`` is unknown.

    Notes
    -----
    Cost: linear where the rows come grouped by transaction, else one sort. Time and position of a transaction are the
    smallest its outputs state.
    """
    ends = [np.asarray(side["junction"], np.int32) for side in (inputs, outputs)]
    size = max((int(end.max()) + 1 for end in ends if len(end)), default=1)
    seen = np.zeros(size, bool)
    for end in ends:
        seen[end] = True
    junction = np.flatnonzero(seen).astype(np.int32)
    place = np.cumsum(seen, dtype=np.int32) - 1
    places = [place[end] for end in ends]
    made = [
        _arrange(side, where, len(junction), by_index=at == 1)
        for at, (side, where) in enumerate(zip((inputs, outputs), places, strict=True))
    ]
    (spending, spent_tx), (paying, own_tx) = made
    _link(spending, spent_tx, paying, own_tx)
    known = [_find_least(np.asarray(outputs[name], np.int64), places[1], len(junction)) for name in ("time_us", "seq")]
    form, several = np.full(len(junction), -1, np.int32), np.zeros(len(junction), bool)
    return Transactions(junction, known[0], known[1], form, several, spending, paying)


def _find_least(values: Ints, place: Nodes, count: int) -> Ints:
    """The smallest known value of each transaction, -1 where none is known."""
    from trails.ownership.loops import keep_least

    least = np.full(count, np.iinfo(np.int64).max)
    keep_least(values, place, least)
    least[least == np.iinfo(np.int64).max] = UNKNOWN
    return least


def _arrange(side: Mapping[str, Any], place: Nodes, count: int, *, by_index: bool) -> tuple[Side, Nodes]:
    """One side by transaction, and the transaction numbers of its references."""
    from trails.ownership.loops import is_in_order

    index, transfer = np.asarray(side["index"], np.int32), np.asarray(side["transfer"], np.int32)
    within = index if by_index else transfer
    order = None if is_in_order(place, within) else np.lexsort((transfer, within, place))

    def ordered(values: Any) -> Any:
        return values if order is None else values[order]

    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=count))]).astype(np.int64)
    link = np.full(len(place), -1, np.int32)
    arranged = Side(
        start, ordered(np.asarray(side["node"], np.int32)), ordered(np.asarray(side["amount"], np.int64)),
        ordered(transfer), ordered(index), link,
    )  # fmt: skip
    return arranged, ordered(np.asarray(side["tx"], np.int32))


def _link(spending: Side, spent_tx: Nodes, paying: Side, own_tx: Nodes) -> None:
    from trails.ownership.loops import link_coins

    size = int(max(spent_tx.max(initial=-1), own_tx.max(initial=-1))) + 1
    home = np.full(size + 1, -1, np.int32)  # the last place is for references that no source states
    known = own_tx >= 0
    home[own_tx[known]] = paying.transaction[known]
    link_coins(spent_tx, spending.index, home, paying.start, paying.index, spending.link, paying.link)


def read_transactions(transfers: pd.DataFrame, events: pd.DataFrame | None = None) -> Transactions:
    """The same from frames of tables ``transfers`` and ``events``, for cases in memory, as tests and notebooks have them."""
    live = transfers[transfers["kind"].isin(["input", "output"]) & (transfers["status"] == "ok")]
    parts = live["ref"].astype("string").str.extract(r"^(.*):(\d+)$")
    tx = pd.Series(pd.factorize(parts[0])[0], live.index)
    index = pd.to_numeric(parts[1]).fillna(UNKNOWN).astype("int64")
    times = pd.to_datetime(live["time"]).astype("datetime64[us]").astype("int64").where(live["time"].notna(), UNKNOWN)
    amount = live["amount"].map(lambda each: UNKNOWN if pd.isna(each) else int(each)).astype("int64")
    common = {
        "transfer": live["transfer_id"], "amount": amount, "tx": tx, "index": index, "time_us": times,
        "seq": pd.to_numeric(live["seq"]).fillna(UNKNOWN).astype("int64"),
    }  # fmt: skip
    sides = []
    for kind, ends in (("input", ("dst", "src")), ("output", ("src", "dst"))):
        mine = (live["kind"] == kind).to_numpy()
        columns = common | {"junction": live[ends[0]], "node": live[ends[1]]}
        sides.append({name: values.to_numpy()[mine] for name, values in columns.items()})
    made = build_transactions(*sides)
    return made if events is None else add_forms(made, *_form_rows(events))


def _form_rows(events: pd.DataFrame) -> tuple[Any, Any]:
    stated = events[(events["kind"] == "transaction_form") & events["node_id"].notna()].sort_values("event_id")
    return stated["node_id"].to_numpy(np.int64), stated["text"].to_numpy(object)


def add_forms(transactions: Transactions, junctions: npt.NDArray[Any], texts: npt.NDArray[Any]) -> Transactions:
    """The transactions with the wallet form that events of kind ``transaction_form`` state for their junctions."""
    form = np.full(len(transactions), -1, np.int32)
    at = np.searchsorted(transactions.junction, junctions)
    inside = at < len(form)
    known = np.zeros(len(at), bool)
    known[inside] = transactions.junction[at[inside]] == np.asarray(junctions)[inside]
    words = pd.Series(texts, dtype=object)[known].map(reduce_form)
    form[at[known]] = pd.factorize(words, sort=True)[0]
    several = np.zeros(len(form), bool)
    several[at[known]] = words.str.rpartition(",")[2].str.contains("+", regex=False).to_numpy(bool) if len(words) else False
    return replace(transactions, form=form, several=several)


def reduce_form(text: str) -> str:
    """What of a transaction's form is the wallet's habit: heights become ``set``, sequence numbers their meaning.

    >>> reduce_form("version 2, locktime 300024, sequence fffffffd")
    'version 2, locktime set, sequence fffffffd'
    >>> reduce_form("version 1, locktime 0, sequence ffffffff")
    'version 1, locktime 0, sequence ffffffff'
    """
    head, _, rest = text.partition("locktime ")
    locktime, _, tail = rest.partition(",")
    return f"{head}locktime {'0' if locktime.strip() == '0' else 'set'},{tail}"


def describe_accounts(nodes: pd.DataFrame) -> Accounts:
    """Read the script and ownability of every node off its key.

    Parameters
    ----------
    nodes
        Table ``nodes``; ``node_id``, ``kind``, ``rail`` and ``key`` are read.

    Returns
    -------
    Accounts
        Arrays indexed by node number (length: the largest number plus one).
    """
    import pyarrow as pa

    ids = nodes["node_id"].to_numpy(np.int64)
    size = int(ids.max()) + 1 if len(ids) else 1
    coin = nodes["rail"].isin(COIN_RAILS).to_numpy(bool)
    kinds, may = classify_keys(pa.array(nodes["key"], pa.large_string()), coin)
    script, ownable = np.zeros(size, np.uint8), np.zeros(size, bool)
    script[ids], ownable[ids] = kinds, may & (nodes["kind"] == "account").to_numpy(bool)
    return Accounts(script, ownable)


def classify_keys(keys: pa.Array, coin: Mask) -> tuple[npt.NDArray[np.uint8], Mask]:
    """The script word (a position in SCRIPTS) of account keys, and whether each may have an owner; ``coin`` says which
    are on a coin chain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def begins(*beginnings: str) -> Mask:
        found = np.zeros(len(keys), bool)
        for beginning in beginnings:
            found |= pc.starts_with(keys, beginning).to_numpy(zero_copy_only=False)
        return found

    length = pc.binary_length(keys).to_numpy(zero_copy_only=False)
    bare, witness = begins("script:"), begins("bc1q", "tb1q", "bcrt1q")
    long = length > _LONGEST_KEY_HASH
    kinds = np.select(
        [bare, begins("bc1p", "tb1p", "bcrt1p"), witness & ~long, witness, begins("1", "m", "n"), begins("3", "2")],
        [SCRIPTS.index(each) for each in ("other", "p2tr", "p2wpkh", "p2wsh", "p2pkh", "p2sh")],
    )
    colon = pc.match_substring(keys, ":").to_numpy(zero_copy_only=False)
    nobody = pc.is_in(keys, pa.array(sorted({*NULL_ADDRESSES, *NOBODY}), keys.type)).to_numpy(zero_copy_only=False)
    # OP_RETURN cannot be spent; a pay-to-anchor output (P2A) can be spent by anybody
    nobody |= begins("script:6a", *_ANCHORS)
    return np.where(coin & (bare | ~colon), kinds, 0).astype(np.uint8), ~nobody & (bare | ~(coin & colon))

"""The shape of transactions: what the CoinJoin rules count, and how a rule is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from trails.ownership.transactions import Accounts, Transactions

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Outputs below this many satoshi are dust or data carriers: WabiSabi's smallest denomination is 5,000.
MIN_EQUAL_VALUE = 5_000
MEASURES = (
    "inputs", "senders", "paid", "outputs", "equal", "equal_value", "repeated_values", "repeated", "empty", "values",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Some transactions and what was counted in each: arrays by transaction, in the order of ``chosen``; ``accounts`` tells
    the scripts of inputs, None where nobody looked.

    ``senders`` are distinct input addresses (an input whose output is not stated counts as one), ``paid`` outputs of a
    value, ``outputs`` all of them, ``equal`` the size of the largest group of equal outputs (the larger value of two as
    large groups) and ``equal_value`` its value, ``repeated_values`` the values that occur twice or more, ``repeated``
    the outputs that have one, ``empty`` outputs of value 0, ``values`` distinct values; groups leave out dust below
    5,000 satoshi.
    """

    transactions: Transactions
    accounts: Accounts | None
    chosen: Ints
    inputs: Ints
    senders: Ints
    paid: Ints
    outputs: Ints
    equal: Ints
    equal_value: Ints
    repeated_values: Ints
    repeated: Ints
    empty: Ints
    values: Ints

    def count_outputs(self, test: Callable[[Ints, Ints], Mask]) -> Ints:
        """How many outputs of each transaction pass a test of their amounts and their place in ``chosen``."""
        return self._count(self.transactions.outputs, test)

    def count_inputs(self, test: Callable[[Ints, Ints], Mask]) -> Ints:
        """How many inputs of each transaction pass a test of their amounts (-1: not stated) and their place in ``chosen``."""
        return self._count(self.transactions.inputs, test)

    def _count(self, side: Any, test: Callable[[Ints, Ints], Mask]) -> Ints:
        rows, place = rows_of(side.start, self.chosen)
        return np.bincount(place[test(side.amount[rows], place)], minlength=len(self.chosen)).astype(np.int64)

    @property
    def unstated(self) -> Ints:
        """How many inputs of each transaction do not state what they spend."""
        return self.count_inputs(lambda amount, _: amount < 0)


def take_shape(shape: Shape, at: Ints) -> Shape:
    """The shape of some of the transactions."""
    measured = {name: getattr(shape, name)[at] for name in MEASURES}
    return Shape(shape.transactions, shape.accounts, shape.chosen[at], **measured)


def rows_of(start: Ints, at: Ints) -> tuple[Ints, Ints]:
    """The rows of the transactions ``at``, and for each row which of them it belongs to."""
    count = start[at + 1] - start[at]
    place = np.repeat(np.arange(len(at)), count)
    first = np.cumsum(count) - count
    return start[at][place] + np.arange(len(place)) - first[place], place


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: what it asks, its threshold in words, and a function that gives what was observed and whether it is
    met. ``deciding`` conditions make the verdict; the others are shown, and raise or lower no verdict."""

    asks: str
    threshold: str
    look: Callable[[Shape], tuple[npt.NDArray[Any], Mask]]
    deciding: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One protocol: its conditions, how sure the rule is, what it says about the inputs, and where it comes from.

    ``kind`` is ``mix`` (coins of several people: inputs join nobody), ``preparation`` or ``after`` (one wallet on its way
    into or out of a mix: inputs join as ever, its outputs are no change).
    """

    name: str
    title: str
    kind: str
    source: str
    checks: tuple[Check, ...]
    confidence: Callable[[Shape], npt.NDArray[np.object_]]


def always(word: str) -> Callable[[Shape], npt.NDArray[np.object_]]:
    """A confidence word that does not depend on the transaction."""
    return lambda shape: np.full(len(shape.chosen), word, object)


def by_size(size: Callable[[Shape], Ints]) -> Callable[[Shape], npt.NDArray[np.object_]]:
    """High from 5 equal outputs on, medium for 3 and 4, low for 2: two equal sums happen by chance."""

    def say(shape: Shape) -> npt.NDArray[np.object_]:
        return np.select([size(shape) >= 5, size(shape) >= 3], ["high", "medium"], "low").astype(object)

    return say


def at_least(count: Callable[[Shape], Ints], least: int) -> Callable[[Shape], tuple[npt.NDArray[Any], Mask]]:
    """Look whether a count is at least so many."""
    return lambda shape: (count(shape), count(shape) >= least)


def not_before(day: str) -> Check:
    """The protocol was out by then: a transaction of a known time before its first release is something else."""
    first = int(np.datetime64(day, "us").astype(np.int64))

    def look(shape: Shape) -> tuple[npt.NDArray[Any], Mask]:
        time = shape.transactions.time_us[shape.chosen]
        return np.where(time < 0, -1, time // 86_400_000_000), (time < 0) | (time >= first)

    return Check("days since 1970 (-1: time not stated)", f"from {day} on, when it was released", look)

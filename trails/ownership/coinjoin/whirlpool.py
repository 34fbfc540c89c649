"""Whirlpool (Samourai, Sparrow): the preparation Tx0, the mix of equal coins, and what is spent after it.

Source: the Whirlpool client's published pools; R. Stütz et al., "Adoption and Actual Privacy of Decentralized CoinJoin
Implementations in Bitcoin" (AFT 2022), doi:10.1145/3558535.3559785.
"""

from __future__ import annotations

import numpy as np

from trails.ownership.coinjoin.shape import Check, Ints, Mask, Rule, Shape, always, not_before, rows_of

SOURCE = "Stütz et al., AFT 2022, doi:10.1145/3558535.3559785"
#: Pools in satoshi: 0.001, 0.01, 0.025 (Ashigaru, 2025), 0.05 and 0.5 BTC.
POOLS = np.array([100_000, 1_000_000, 2_500_000, 5_000_000, 50_000_000])
#: What a coin on its way into a pool carries beside the pool's value, for the miners of its first mix.
MOST_EXTRA = 50_000
MOST_SIDE_OUTPUTS = 3


def _is_pool(values: Ints) -> Mask:
    return np.isin(values, POOLS)


def _premix(amount: Ints, _: Ints) -> Mask:
    pool = POOLS[np.clip(np.searchsorted(POOLS, amount) - 1, 0, None)]
    return (amount > pool) & (amount <= pool + MOST_EXTRA)


def _premix_outputs(shape: Shape) -> Ints:
    return shape.count_outputs(_premix)


def _fresh_inputs(shape: Shape) -> Ints:
    return shape.count_inputs(lambda amount, place: amount > shape.equal_value[place])


def _mixed_before(shape: Shape) -> Ints:
    """How many inputs spend an output of a transaction with the shape of a mix."""
    inputs, outputs = shape.transactions.inputs, shape.transactions.outputs
    rows, place = rows_of(inputs.start, shape.chosen)
    link = inputs.link[rows]
    linked = link >= 0
    parent = np.searchsorted(outputs.start, link[linked], side="right") - 1
    looked, back = np.unique(parent, return_inverse=True)
    out_rows, of = rows_of(outputs.start, looked)
    values = outputs.amount[out_rows]
    count = outputs.start[looked + 1] - outputs.start[looked]
    least = np.full(len(looked), np.iinfo(np.int64).max)
    most = np.zeros(len(looked), np.int64)
    np.minimum.at(least, of, values)
    np.maximum.at(most, of, values)
    mixes = (least == most) & _is_pool(least) & (count >= 5) & (count <= 10)
    mixes &= inputs.start[looked + 1] - inputs.start[looked] == count
    return np.bincount(place[linked][mixes[back]], minlength=len(shape.chosen)).astype(np.int64)


MIX = Rule(
    "whirlpool", "Whirlpool mix", "mix", SOURCE,
    (
        Check("outputs, all of one value", "5 to 10",
              lambda s: (s.outputs, (s.outputs >= 5) & (s.outputs <= 10) & (s.equal == s.outputs))),
        Check("that value is one of the pools", "0.001, 0.01, 0.025, 0.05 or 0.5 BTC",
              lambda s: (s.equal_value, _is_pool(s.equal_value))),
        Check("inputs, as many as outputs", "equal", lambda s: (s.inputs, s.inputs == s.outputs)),
        Check("input addresses, all different", "equal", lambda s: (s.senders, s.senders == s.inputs)),
        not_before("2019-01-01"),
        Check("inputs that bring more than the pool's value, for the miners", "1 or more",
              lambda s: (_fresh_inputs(s), _fresh_inputs(s) >= 1), deciding=False),
    ),
    always("high"),
)  # fmt: skip

TX0 = Rule(
    "whirlpool_tx0", "Whirlpool preparation (Tx0)", "preparation", SOURCE,
    (
        Check("outputs without value (OP_RETURN)", "1", lambda s: (s.empty, s.empty == 1)),
        Check("outputs a little above a pool's value", "1 or more",
              lambda s: (_premix_outputs(s), _premix_outputs(s) >= 1)),
        Check("further outputs (the coordinator's fee and change)", "1 to 3",
              lambda s: (s.paid - _premix_outputs(s), (s.paid > _premix_outputs(s))
                         & (s.paid <= _premix_outputs(s) + MOST_SIDE_OUTPUTS))),
        Check("the outputs above the pool's value have one value", "1 value",
              lambda s: (s.equal, (_premix_outputs(s) == 1) | (s.equal == _premix_outputs(s)))),
    ),
    always("medium"),
)  # fmt: skip

POSTMIX = Rule(
    "whirlpool_postmix", "spend after a Whirlpool mix", "after", SOURCE,
    (
        Check("inputs that spend an output of a Whirlpool mix in this case", "1 or more",
              lambda s: (_mixed_before(s), _mixed_before(s) >= 1)),
        Check("it is no mix itself: outputs of one value", "fewer than all",
              lambda s: (s.equal, ~((s.equal == s.outputs) & (s.outputs >= 5) & (s.inputs == s.outputs)))),
    ),
    always("high"),
)  # fmt: skip

"""Wasabi Wallet: version 1 (one denomination near 0.1 BTC and its doubles) and version 2 (WabiSabi denominations).

Sources: R. Stütz et al. (AFT 2022), doi:10.1145/3558535.3559785; A. Ficsor et al., "WabiSabi" (IACR ePrint 2021/206);
the denominations are those of WalletWasabi's ``AmountDecomposer``: powers of 2 and 3, twice powers of 3, and 1, 2, 5
times powers of 10, from 5,000 satoshi.
"""

from __future__ import annotations

import numpy as np

from trails.ownership.coinjoin.shape import Check, Ints, Rule, Shape, always, at_least, by_size, not_before

_MOST = 134_375_000_000


def _denominations() -> Ints:
    powers = [base**n for base in (2, 3, 10) for n in range(38)]
    made = set(powers) | {2 * 3**n for n in range(24)} | {k * 10**n for k in (2, 5) for n in range(12)}
    return np.array(sorted(value for value in made if 5_000 <= value <= _MOST))


DENOMINATIONS = _denominations()
#: The first version's denomination drifts: 0.1 BTC, and up to a fifth more in its last years.
LEAST_BASE, MOST_BASE = 8_000_000, 12_000_000


def _standard(shape: Shape) -> Ints:
    return shape.count_outputs(lambda amount, _: np.isin(amount, DENOMINATIONS))


WASABI_1 = Rule(
    "wasabi1", "Wasabi 1 CoinJoin", "mix", "Stütz et al., AFT 2022, doi:10.1145/3558535.3559785",
    (
        Check("outputs of the most frequent value", "10 or more", at_least(lambda s: s.equal, 10)),
        Check("that value is near 0.1 BTC", "0.08 to 0.12 BTC",
              lambda s: (s.equal_value, (s.equal_value >= LEAST_BASE) & (s.equal_value <= MOST_BASE))),
        Check("input addresses, as many as equal outputs or more", "equal outputs",
              lambda s: (s.senders, s.senders >= s.equal)),
        Check("further values among the outputs (change, the coordinator)", "1 or more",
              lambda s: (s.values - 1, s.values >= 2)),
        not_before("2018-07-01"),
    ),
    always("high"),
)  # fmt: skip

WABISABI = Rule(
    "wabisabi", "Wasabi 2 (WabiSabi) CoinJoin", "mix", "Ficsor et al., IACR ePrint 2021/206",
    (
        Check("values that occur twice or more", "3 or more", at_least(lambda s: s.repeated_values, 3)),
        Check("outputs that are standard denominations", "half of them or more",
              lambda s: (_standard(s), 2 * _standard(s) >= s.paid)),
        Check("input addresses", "5 or more", at_least(lambda s: s.senders, 5)),
        not_before("2022-01-01"),
    ),
    by_size(lambda s: s.repeated_values),
)  # fmt: skip

STANDARD_VALUES = Rule(
    "repeated_values", "join with several repeated values", "mix", "our own generalisation of WabiSabi",
    (
        Check("values that occur twice or more", "3 or more", at_least(lambda s: s.repeated_values, 3)),
        Check("outputs that have such a value", "half of them or more",
              lambda s: (s.repeated, 2 * s.repeated >= s.paid)),
        Check("input addresses", "5 or more", at_least(lambda s: s.senders, 5)),
    ),
    by_size(lambda s: s.repeated_values),
)  # fmt: skip

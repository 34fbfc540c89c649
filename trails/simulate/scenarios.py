"""The named scenarios: which parameters differ, and what is special about the story."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trails.errors import UsageError

if TYPE_CHECKING:
    from trails.simulate.parameters import Parameters

_CASH_ONLY = {"cash": 1.0, "mto": 0.0, "usdt": 0.0, "bank": 0.0}


_INNOCENT_IN_CASH = {
    "remittance_hawala": 0.34, "trade_hawala": 0.19, "mto": 0.02, "foreman": 0.07, "errands": 0.25, "bank": 0.0,
    "family_usdt": 0.02, "payroll": 0.02, "fares": 0.02, "p2p": 0.02, "exchange": 0.01, "rent": 0.01, "aid": 0.01,
    "gambling": 0.01, "bitcoin": 0.01,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: what it is about, what the right answer is, the values it replaces, and the marks the story reads."""

    name: str
    about: str
    answer: str
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    sizes: tuple[str, ...] = ("S", "M", "L", "XL")


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "mixed-rails",
            "Every rail in the shares of the parameters: hawala codes, USDT, Bitcoin, money transfers, banks, cash.",
            "Some drivers can be linked, most are paid in ways the files do not show.",
        ),
        Scenario(
            "zvornik",
            "A fictional re-creation of the example in the seed report: five accused, a bot's log, a GPS log, an exchange's "
            "answer and a USDT export. Names, sums and addresses are made up; nothing is of the real case.",
            "Payments on the chain minutes after the bot's orders; the wallets abroad stay unanswered.",
            {
                "driver_rail": {"of": {"cash": 0.15, "mto": 0.05, "usdt": 0.75, "bank": 0.05}},
                "cash_gap_share": {"value": 0.2},
                "organiser_pays_directly": {"value": 0.3},
                "chain": {"of": {"tron": 1.0, "bsc": 0.0, "ethereum": 0.0, "bitcoin": 0.0}},
                "hops": {"of": {"0": 0.7, "1": 0.2, "2": 0.1, "3": 0.0, "4": 0.0}},
                "peel_share": {"value": 0.0},
                "size_S": {"of": {"drivers": 2, "dispatchers": 2}},
            },
            frozenset({"gps", "bot"}),
            ("S",),
        ),
        Scenario(
            "taxi",
            "The dispatcher orders every ride from a taxi firm through its app. The drivers are paid by the tariff and know "
            "nothing: they are innocent, and so is the firm.",
            "No driver may be named: what they have in common with a crew is that they drive.",
            {"driver_rail": {"of": {"cash": 0.2, "mto": 0.0, "usdt": 0.8, "bank": 0.0}}, "cash_gap_share": {"value": 0.2}},
            frozenset({"taxi"}),
        ),
        Scenario(
            "ransom",
            "Many are held until relatives pay beyond the agreed price: coerced payments, to be referred and never counted as "
            "fees.",
            "Payments after threats are set apart; whoever paid is a victim.",
            {"coercion_share": {"value": 0.6}},
        ),
        Scenario(
            "office-raid",
            "The payout office is raided half-way: its books up to that day are complete, later ones do not exist, the "
            "office's wallet changes, and codes held there are lost.",
            "The books answer for the first half; the second half is silence, not innocence.",
            {"fault_missing": {"value": 0.05}, "relay_share": {"value": 0.5}},
            frozenset({"raid"}),
        ),
        Scenario(
            "cash-only",
            "Families and drivers pay and are paid in cash or by codes; no coin of the crew is on any chain.",
            "Insufficient: there is nothing to find on the chain, and saying so is the right answer.",
            {
                "driver_rail": {"of": _CASH_ONLY},
                "payer_rail": {"of": {"hawala": 0.6, "cash": 0.4, "mto": 0.0, "crypto": 0.0}},
                "relay_share": {"value": 0.0},
                "cash_gap_share": {"value": 1.0},
                "settlement_medium": {"of": {"netting": 0.6, "cash": 0.35, "usdt": 0.0, "goods": 0.05}},
                # the innocent keep to the same rails, or the rail alone would tell who is who
                "background_kind": {"of": _INNOCENT_IN_CASH},
            },
            frozenset({"cash"}),
        ),
    )
}
DEFAULT = "mixed-rails"
#: The story of a training day: that of `zvornik` with a freeze, coerced payments and an export on a local clock.
EXERCISE = Scenario(
    "exercise",
    "A training day: five accused, a phone, books, exports; then an exchange's answer, a freeze, a second phone, a clock that "
    "was wrong, a defence expert, and somebody who was made to pay.",
    "See the solution key.",
    {
        **SCENARIOS["zvornik"].changes,
        "coercion_share": {"value": 0.15},
        "fault_zone": {"value": 1.0},
        "fault_truncated": {"value": 0.0},
        "fault_deleted": {"value": 0.05},
    },
    frozenset({"gps", "bot", "freeze"}),
    ("S",),
)


def find_scenario(name: str, size: str) -> Scenario:
    """The scenario of a name; raises UsageError where there is none, or it has no such size."""
    scenario = {**SCENARIOS, EXERCISE.name: EXERCISE}.get(name)
    if scenario is None:
        raise UsageError(f"there is no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
    if size not in scenario.sizes:
        raise UsageError(f"the scenario {name} has the size {' and '.join(scenario.sizes)} alone, not {size}")
    return scenario


def apply_scenario(parameters: Parameters, scenario: Scenario) -> Parameters:
    """The parameters as a scenario has them."""
    return parameters.replace(scenario.changes, f"scenario {scenario.name}")

"""A sum booked in a currency says nothing of what carried it, in whatever unit an exchange keeps that currency."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from trails.graph import CaseTables, make_table
from trails.hawala.signs import _weigh_currency


class Tables:
    """As much of a case as the sign reads."""

    def __init__(self, assets: pd.DataFrame) -> None:
        self.assets = assets


def weigh(booked: str, moved: list[str]) -> list[float]:
    assets = make_table("assets", {
        "asset": ["EUR", "USDT", "EUR@vasp", "USDT@tron"], "rail": [None, None, "vasp", "tron"],
        "contract": [None, None, None, "TR7"],
        "symbol": ["EUR", "USDT", "EUR", "USDT"], "decimals": [2, 6, 18, 6],
    })  # fmt: skip
    pool, records = pd.DataFrame({"asset": moved}), pd.DataFrame({"asset": [booked]})
    places = np.arange(len(moved))
    said = {"currency": {"same": 0.9}}
    found = _weigh_currency(cast("CaseTables", Tables(assets)), records, pool, np.zeros(len(moved), dtype=np.int64), places, said)
    return [float(bits) for bits in found]


def test_euros_of_an_exchange_are_no_coin() -> None:
    assert weigh("EUR", ["EUR@vasp", "USDT@tron", "USDT@tron"]) == [0, 0, 0]


def test_a_sum_booked_in_usdt_was_mostly_carried_by_it() -> None:
    same, other = weigh("USDT", ["USDT@tron", "EUR@vasp"])
    assert same > 0 > other

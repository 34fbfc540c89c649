from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from trails.errors import UsageError
from trails.hawala.weights import Traffic, share_out, weigh_tie
from trails.match_settings import read_parameters


def enumerate_all(odds: np.ndarray, record: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The probability of every pair by listing all ways in which no side is used twice."""
    total, of_pair = 0.0, np.zeros(len(odds))
    for chosen in product((False, True), repeat=len(odds)):
        pick = np.array(chosen, dtype=bool)
        if len(set(record[pick])) == pick.sum() == len(set(place[pick])):
            weight = float(np.prod(odds[pick]))
            total += weight
            of_pair[pick] += weight
    found: np.ndarray = of_pair / total
    return found


@pytest.mark.parametrize("seed", range(20))
def test_probabilities_are_those_of_all_ways_counted_where_no_ring_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # a path: each record shares a transfer with the next one
    record, place = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 2, 3, 3])
    odds = np.exp(rng.normal(0, 2, len(record)))
    assert share_out(odds, record, place, 4, rounds=40) == pytest.approx(enumerate_all(odds, record, place), abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_rings_are_close_and_no_side_is_used_more_than_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    record, place = (side.ravel() for side in np.meshgrid(np.arange(3), np.arange(3)))
    odds = np.exp(rng.normal(0, 1.5, 9))
    found = share_out(odds, record, place, 3, rounds=60)
    assert np.abs(found - enumerate_all(odds, record, place)).max() < 0.06
    assert np.bincount(record, weights=found).max() <= 1.001
    assert np.bincount(place, weights=found).max() <= 1.001


def test_candidates_that_are_not_listed_take_their_share() -> None:
    alone = share_out(np.array([3.0]), np.array([0]), np.array([0]), 1)
    shared = share_out(np.array([3.0]), np.array([0]), np.array([0]), 1, rest=np.array([4.0]))
    assert [*alone, *shared] == pytest.approx([0.75, 3 / 8])


def test_a_wallet_speaks_for_a_group_by_other_pairs_alone() -> None:
    def one(pairs: float, whole: float, elsewhere: float = 0.0, usual: float = 0.01) -> float:
        said = [np.array([x]) for x in (pairs, whole, elsewhere, usual)]
        return float(weigh_tie(said[0], said[1], said[2], said[3], 3.0, 3.0)[0])

    assert one(0, 0) == 0, "nothing is known"
    assert one(2, 2) < 0, "two others may be luck: they are taken off"
    assert one(40, 50) > 5
    assert one(40, 50, usual=0.9) < one(40, 50)
    assert one(0, 50) < -3, "an office with other wallets"
    assert one(0, 50, elsewhere=40) < one(0, 50) - 2, "and this one is another office's"


def test_explained_transfers_are_no_ordinary_traffic_but_a_part_remains() -> None:
    source, goal = np.array([5, 5, 5, 5, 6]), np.array([1, 2, 3, 4, 1])
    traffic = Traffic(source, goal, unrecorded=0.5)
    assert traffic.share("source", np.array([0]))[0] == pytest.approx(4.01 / 6)
    traffic.explain(np.array([1.0, 1.0, 1.0, 0.0, 0.0]))
    # half of each of the other two explained ones remains, the fourth whole, and the pair's own as if unexplained
    assert traffic.share("source", np.array([0]))[0] == pytest.approx((0.5 * 3 + 1 + 0.5 + 0.01) / 6)
    assert traffic.share_of_wallets("source", np.array([5, 9])).tolist() == [4 / 6, 0.5 / 6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[learn]\nrouns = 3\n", r"\[learn\] has no `rouns`"),
        ("[lern]\nrounds = 3\n", r"unknown section \[lern\]"),
        ("[learn]\nrounds = 'x'\n", "which is no number"),
        ("[time]\nedges = 3\n", "which is no list"),
        ("[learn\n", "parameters.toml"),
    ],
)
def test_a_parameter_file_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_parameters(path)


def test_a_parameter_file_replaces_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text("[limits]\nkeep = 4\n", encoding="utf-8")
    read = read_parameters(path)
    assert read["limits"]["keep"] == 4
    assert {**read["limits"], "keep": 10} == read_parameters()["limits"]

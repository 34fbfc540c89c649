"""Parameters: each has its source and is used; what contradicts itself is refused with all its reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from trails.errors import UsageError
from trails.simulate.dice import Dice
from trails.simulate.parameters import load_parameters, read_changes

PACKAGE = Path(__file__).parent.parent.parent / "trails" / "simulate"


@pytest.mark.parametrize("name", load_parameters().names())
def test_every_parameter_states_unit_and_source_and_is_drawn_from(name: str) -> None:
    each = load_parameters()[name]
    assert each.unit
    assert each.source
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = f'"{name}"' in text or name.startswith("size_") or (name.startswith("price_") and 'f"price_{route}"' in text)
    assert used, f"nothing draws from {name}"


def test_every_route_has_a_price() -> None:
    parameters = load_parameters()
    priced = [f"price_{route}" for route in parameters["route"].shares if route != "local"]
    assert set(priced) <= set(parameters.names())


@pytest.mark.parametrize("name", [n for n in load_parameters().names() if load_parameters()[n].draw != "shares"])
def test_draws_stay_within_their_bounds(name: str) -> None:
    parameters = load_parameters()
    dice, each = Dice(1, "bounds", parameters), parameters[name]
    if each.draw == "chance":
        assert 0 <= each.number("value") <= 1
        return
    drawn = [dice.draw(name) for _ in range(500)]
    if each.draw == "fixed":
        assert set(drawn) == {each.number("value")}
        return
    low = 1.0 if each.draw == "geometric" else each.number("low")
    assert all(low <= value <= each.number("high") for value in drawn)
    assert len(set(drawn)) > 1


def test_topics_do_not_move_one_another() -> None:
    parameters = load_parameters()
    alone = [Dice(1, "a", parameters).between(0, 10**9) for _ in range(1)]
    other = Dice(1, "b", parameters)
    other.between(0, 10)
    assert [Dice(1, "a", parameters).between(0, 10**9)] == alone
    assert Dice(2, "a", parameters).between(0, 10**9) != alone[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"no_such": {"value": 1}}, "there is no parameter 'no_such'"),
        ({"fault_missing": {"value": 1.5}}, "is a chance: from 0 to 1"),
        ({"fault_missing": {"value": "much"}}, "'much' is no number"),
        ({"fault_missing": {"low": 1}}, "it takes value"),
        ({"fee_flat": {"low": 200}}, "low 200 is above high 150"),
        ({"price_per_head": {"median": 900}}, "900 lies outside of 150 to 800"),
        ({"attempts": {"chance": 0}}, "never succeeds"),
        ({"fee_flat": {"draw": "fixed"}}, "cannot be changed"),
        ({"driver_rail": {"of": {"cash": 0.5, "mto": 0.2, "usdt": 0.25, "bank": 0.5}}}, "sum to 1.45, not 1"),
        ({"driver_rail": {"of": {"gold": 1.0}}}, "not gold"),
        ({"size_S": {"of": {"background": 5}}}, "innocent records are 10 to 50 times the network's"),
        ({"size_S": {"of": {"drivers": 0}}}, "must be a whole number of 1 or more"),
        ({"size_S": {"of": {"dispatchers": 9}}}, "fewer drivers than dispatchers"),
        ({"fee_flat": {"low": -5}}, "below 0"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(change: dict[str, dict[str, object]], problem: str) -> None:
    with pytest.raises(UsageError, match="contradict themselves") as refused:
        load_parameters().replace(change, "mine.toml")
    assert problem in str(refused.value)
    assert str(refused.value).startswith("mine.toml")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        load_parameters().replace({"a": {}, "fault_missing": {"value": 2}}, "mine.toml")
    assert str(refused.value).count("\n") == 2


def test_changed_values_are_used_and_change_the_digest() -> None:
    before = load_parameters()
    after = before.replace({"fault_missing": {"value": 0.0}}, "mine.toml")
    assert after["fault_missing"].number("value") == 0.0
    assert after["fault_missing"].source == "mine.toml"
    assert before.digest() != after.digest() == before.replace({"fault_missing": {"value": 0.0}}, "x").digest()


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[oops", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.toml"):
        read_changes(tmp_path / "mine.toml")

"""Whether something the simulator made too neat tells crew from innocents: one trivial feature, one shallow tree, one AUC.

``python -m tests.simulate.triviality`` prints the table as the docs have it. A feature that alone exceeds the limit is a
defect of the simulator: rules found on such data would be worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.evaluate.markdown import write_rows
from trails.simulate.files import Made
from trails.simulate.files.handout import make_files
from trails.simulate.keys import DECIMALS
from trails.simulate.parameters import load_parameters
from trails.simulate.play import play_case
from trails.simulate.scenarios import apply_scenario, find_scenario
from trails.simulate.world import HOUR, START, Movement, World

LIMIT = 0.75
SEEDS = (101, 102, 103, 104, 105, 106)
FOLDS = 5
#: With fewer of the network no tree can be fitted and tested: in `cash-only` it has no account on a chain.
FEWEST = 20
_TRX_IN_EUR = 0.13
_UNITS = ("records", "accounts", "people")


def _eur(world: World, each: Movement) -> float:
    value = float(each.amount) / 10.0 ** DECIMALS[each.asset]
    if each.asset == "BTC":
        return value * world.rate(each.time, "BTC") / world.rate(each.time, "USD")
    if each.asset == "TRX":
        return value * _TRX_IN_EUR
    name = "USD" if each.asset.startswith(("USDT", "FAKE")) else each.asset
    return value if name == "EUR" else value / world.rate(each.time, name)


def _zeros(amount: int) -> int:
    digits = str(amount)
    return len(digits) - len(digits.rstrip("0"))


def list_records(world: World, files: list[Made]) -> pd.DataFrame:
    """Every row that records a payment: what can be read off it without thinking."""
    by_number = {f"M{each.number}": each for each in world.movements}
    rows = []
    for place, made in enumerate(files):
        written = [origin for origin in made.origins if origin.row is not None]
        for origin in written:
            each = by_number.get(origin.what.split("+")[0])
            if each is None or origin.row is None:
                continue
            local = datetime.fromtimestamp(each.time + 2 * HOUR, UTC)
            payer, payee = (world.persons[world.owner(each, end)] for end in ("src", "dst"))
            rows.append({
                "network": each.network, "amount in EUR": _eur(world, each), "zeros at the end": _zeros(each.amount),
                "hour": local.hour, "minute": local.minute, "weekday": local.weekday(), "day": (each.time - START) / 86_400,
                "rail": each.rail, "file": place, "place in the file": origin.row / len(written),
                "length of the code": len(each.code), "length of the payer's name": len(payer.name.latin),
                "length of the payee's name": len(payee.name.latin), "first letter of the payee": ord(payee.name.latin[0]),
                "asset": each.asset, "fault": origin.fault,
            })  # fmt: skip
    return pd.DataFrame(rows)


def list_accounts(world: World) -> pd.DataFrame:
    """Every address that moved USDT, services left out: its usual sum and hour, its chain, its letters, when it began."""
    seen: dict[tuple[str, str], list[Movement]] = {}
    for each in sorted(world.movements, key=lambda m: (m.time, m.number)):
        if each.rail in ("tron", "ethereum", "bsc"):
            for address in (each.src, each.dst):
                seen.setdefault((each.rail, address), []).append(each)
    rows = []
    for (rail, address), moves in seen.items():
        side = world.persons[world.owner_of[(rail, address)]].side
        if side == "service":
            continue
        rows.append({
            "network": side == "crew", "usual sum": median(_eur(world, each) for each in moves),
            "usual hour": median((each.time // HOUR + 2) % 24 for each in moves), "rail": rail,
            "second letter": ord(address[1]), "last letter": ord(address[-1]), "first day": (moves[0].time - START) / 86_400,
        })  # fmt: skip
    return pd.DataFrame(rows)


def list_people(world: World) -> pd.DataFrame:
    """Everybody but services: name and phone."""
    rows = []
    for number, person in enumerate(world.persons.values()):
        if person.side in ("crew", "innocent"):
            rows.append({
                "network": person.side == "crew", "length of the name": len(person.name.latin),
                "first letter": ord(person.name.latin[0]), "last letter": ord(person.name.latin[-2]),
                "ways of writing it": len(person.name.variants), "phone's country": person.phone[:4],
                "letters of the native form": len(person.name.native), "parity of the phone": (number + 1) % 2,
            })  # fmt: skip
    return pd.DataFrame(rows)


def measure_feature(values: Iterable[object], network: npt.NDArray[np.bool_]) -> float:
    """The AUC of a tree of depth 3 on one feature, tested on the fifths it was not fitted on."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    column = pd.Series(list(values))
    numeric = pd.api.types.is_numeric_dtype(column)
    table = column.to_numpy(float)[:, None] if numeric else pd.get_dummies(column).to_numpy(float)
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, class_weight="balanced", random_state=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    said = cross_val_predict(tree, table, network, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(network, said))


def measure_triviality(scenario: str = "mixed-rails", size: str = "S", seeds: Iterable[int] = SEEDS) -> pd.DataFrame:
    """AUC of every trivial feature, over several cases together: ``unit``, ``feature``, ``auc``, ``network``, ``innocent``."""
    parts: dict[str, list[pd.DataFrame]] = {unit: [] for unit in _UNITS}
    chosen = find_scenario(scenario, size)
    for seed in seeds:
        played = play_case(seed, size, chosen, apply_scenario(load_parameters(), chosen))
        parts["records"].append(list_records(played.world, make_files(played)))
        parts["accounts"].append(list_accounts(played.world))
        parts["people"].append(list_people(played.world))
    rows = []
    for unit, frames in parts.items():
        table = pd.concat(frames, ignore_index=True)
        network = table.pop("network").to_numpy(bool)
        if network.sum() < FEWEST:
            continue
        for feature in table.columns:
            auc = measure_feature(table[feature], network)
            rows.append((unit, feature, round(auc, 3), int(network.sum()), int((~network).sum())))
    return pd.DataFrame(rows, columns=["unit", "feature", "auc", "network", "innocent"])


def write_markdown(found: pd.DataFrame) -> str:
    """The table as ``trails/docs/simulator.md`` has it."""
    rows = found.itertuples(index=False)
    cells = [(unit, feature, f"{auc:.3f}", int(mine), int(others)) for unit, feature, auc, mine, others in rows]
    return write_rows(("unit", "feature", "AUC", "of the network", "innocent"), cells)


if __name__ == "__main__":
    print(write_markdown(measure_triviality()))

"""The truth of a simulated case as tables: written beside the files, in a form no connector reads and no case accepts."""

from __future__ import annotations

import csv
import json
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.model import ANSWER_KEY
from trails.plain_files import open_regular, read_plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trails.simulate.files import Made
    from trails.simulate.world import World

#: The rows of the story amid a stream: a part of ``records``.
STREAMED = "stream_records"
TABLES = {
    "persons": ("person", "side", "name", "native", "also_written", "roles", "phone"),
    "accounts": ("rail", "key", "owners"),
    "obligations": (
        "obligation", "payer", "organiser", "heads", "sum_eur", "fee_eur", "rail", "code", "desk", "trip", "state", "coerced",
    ),
    "trips": ("trip", "organiser", "dispatcher", "driver", "heads", "van", "failed_attempts", "departed", "proof"),
    "movements": (
        "movement", "time", "rail", "kind", "src", "dst", "src_owner", "dst_owner", "asset", "amount", "network",
        "obligation", "trip", "code", "txid", "after",
    ),
    "records": ("file", "row", "what", "time", "fault"),
    "matches": ("payout", "relay"),
    "trails": ("organiser", "driver", "trip", "steps", "state"),
    "traps": ("trap", "subject", "note"),
}  # fmt: skip


def write_truth(folder: Path, world: World, made: list[Made]) -> None:
    """All tables of truth into a folder that exists."""
    rows: dict[str, Iterable[Sequence[object]]] = {
        "persons": (
            (p.person_id, p.side, p.name.latin, p.name.native, "|".join(p.name.variants),
             "|".join(f"{r};{a or ''};{b or ''}" for r, a, b in p.roles), p.phone)
            for p in world.persons.values()
        ),
        "accounts": _list_accounts(world, made),
        "obligations": (
            (o.obligation_id, o.payer, o.organiser, o.heads, o.sum_eur, o.fee_eur, o.rail, o.code, o.desk, o.trip, o.state,
             int(o.coerced)) for o in world.obligations
        ),
        "trips": (
            (t.number, t.organiser, t.dispatcher, t.driver, t.heads, int(t.van), len(t.attempts), t.departed, t.proof)
            for t in world.trips
        ),
        "movements": (
            (f"M{m.number}", m.time, m.rail, m.kind, m.src, m.dst, world.owner(m, "src"), world.owner(m, "dst"), m.asset,
             m.amount, int(m.network), m.obligation, m.trip, m.code, m.txid, "|".join(f"M{n}" for n in m.after))
            for m in world.movements
        ),
        "records": (
            (each.name, "" if o.row is None else o.row, o.what, o.time, o.fault) for each in made for o in each.origins
        ),
        "matches": ((f"M{payout}", f"M{relay}") for payout, relay in world.matches),
        "trails": (
            (t.organiser, t.driver, t.trip, "|".join(f"M{n}" for n in t.steps), t.state) for t in world.trails
        ),
        "traps": world.traps,
    }  # fmt: skip
    for name, listed in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(ANSWER_KEY)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(TABLES[name])
            writer.writerows(listed)


def _list_accounts(world: World, made: list[Made]) -> list[tuple[str, str, str]]:
    found: dict[tuple[str, str], set[str]] = {key: {owner} for key, owner in world.owner_of.items()}
    for each in made:
        for key, owners in each.accounts.items():
            found.setdefault(key, set()).update(owners)
    return [(rail, key, "|".join(sorted(owners))) for (rail, key), owners in sorted(found.items())]


def _find_base(folder: Path) -> Path:
    """The folder of a finished simulation, of itself or of its ``truth``."""
    base = folder if (folder / "simulation.json").is_file() else folder.parent
    if not (base / "simulation.json").is_file():
        raise UsageError(f"{folder} holds no finished simulation: simulation.json is missing; run `trails simulate` anew")
    return base


def read_hashes(folder: Path) -> set[str]:
    """The SHA-256 of every file of a finished simulation; raises UsageError where it is none."""
    path = _find_base(folder) / "simulation.json"
    try:
        return set(json.loads(read_plain_text(path, error=UsageError))["files"].values())
    except (RecursionError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UsageError(f"{path}: {problem}") from None


def read_truth(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The tables of a finished simulation's truth, as rows by column name.

    ``folder`` is the simulation's folder or its ``truth``. Of a stream the story's rows are among ``records``; whose the
    strangers' addresses are stands in ``stream_accounts.csv``, too long to be read here. Raises UsageError where the folder
    is none, or was never finished.
    """
    truth = _find_base(folder) / "truth"
    found = {name: _read_table(truth / f"{name}.csv", columns) for name, columns in TABLES.items()}
    if (truth / f"{STREAMED}.csv").is_file():
        found["records"] += _read_table(truth / f"{STREAMED}.csv", TABLES["records"])
    return found


def _read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with TextIOWrapper(BufferedReader(open_regular(path, UsageError)), encoding="utf-8", newline="") as file:
            if file.readline(len(ANSWER_KEY) + 1) != ANSWER_KEY:
                raise UsageError(f"{path}: it is no table of a simulation's truth")
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(f"{path}: {problem}") from None
    if rows and tuple(rows[0]) != tuple(columns):
        raise UsageError(f"{path}: its columns are those of another version of trails; simulate the case anew")
    return rows

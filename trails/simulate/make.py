"""``trails simulate``: a case's files, the truth beside them, and a marker that says all of it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trails import __version__
from trails.simulate.files import FICTIONAL, Made
from trails.simulate.files.handout import make_files
from trails.simulate.folder import fill_folder, hash_files, write_text
from trails.simulate.gps import write_accused, write_gps
from trails.simulate.parameters import Parameters, load_parameters
from trails.simulate.play import Played, play_case
from trails.simulate.readme import describe_case
from trails.simulate.scenarios import Scenario, apply_scenario, find_scenario
from trails.simulate.truth import write_truth

MARKER = "simulation.json"
Say = Callable[[str], None]


def simulate_case(
    out: Path, *, size: str, seed: int, scenario: str, changes: dict[str, dict[str, Any]] | None = None,
    told_by: str = "your parameters", say: Say | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a fictional case with known truth in a new or empty folder, and give what its marker says.

    ``evidence/`` holds the files as an investigator would be handed them, with ``handover.toml``; ``truth/`` the answer
    key. The same arguments and version give the same bytes. The marker ``simulation.json`` is written last: a folder
    without it is not finished.

    Raises UsageError for a folder that is not empty, a size or scenario that does not exist, and settings that contradict
    one another. What was written is removed again when anything stops it (no space left, Ctrl-C).
    """
    told = say or (lambda _: None)
    chosen = find_scenario(scenario, size)
    parameters = apply_scenario(load_parameters(), chosen)
    if changes:
        parameters = parameters.replace(changes, told_by)
    with fill_folder(out):
        return _write_case(out, size, seed, chosen, parameters, told)


def _write_case(out: Path, size: str, seed: int, scenario: Scenario, parameters: Parameters, say: Say) -> dict[str, Any]:
    say("playing the story")
    played = play_case(seed, size, scenario, parameters)
    say(f"{len(played.world.movements):,} payments happened; writing the files")
    (out / "evidence").mkdir()
    (out / "truth").mkdir()
    files = make_files(played, tron=size != "XL")
    for each in files:
        if each.is_written:
            write_file(out / "evidence", each)
    streamed: dict[str, Any] = {}
    if size == "XL":
        from trails.simulate.stream import stream_background

        streamed = stream_background(out, played, say)
    if "gps" in scenario.marks:
        (out / "other").mkdir()
        write_text(out / "other" / "gps_log.csv", write_gps(played.world))
        write_text(out / "other" / "accused.md", write_accused(played))
    write_truth(out / "truth", played.world, files)
    write_text(out / "evidence" / "handover.toml", write_handover(played, files, streamed))
    said = _describe(played, size, seed, scenario, parameters, files, streamed)
    write_text(out / "README.md", describe_case(said))
    say("hashing what was written")
    said["files"] = hash_files(out)
    write_text(out / MARKER, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    return said


def write_file(folder: Path, each: Made) -> None:
    """A file and, where it has one, its mapping beside it."""
    (folder / each.name).write_bytes(each.data)
    if each.mapping:
        write_text(folder / f"{each.name}.mapping.toml", each.mapping)


def _describe(
    played: Played, size: str, seed: int, scenario: Scenario, parameters: Parameters, files: list[Made],
    streamed: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """What the marker states: how the case was made, and how much is in it."""
    world = played.world
    network = sum(m.network for m in world.movements)
    ends = datetime.fromtimestamp(world.end, UTC)
    states: dict[str, int] = {}
    for trail in world.trails:
        states[trail.state] = states.get(trail.state, 0) + 1
    return {
        "fictional": FICTIONAL, "trails": __version__, "size": size, "seed": seed, "scenario": scenario.name,
        "about": scenario.about, "answer": scenario.answer, "parameters": parameters.digest(), "until": f"{ends:%Y-%m-%d}",
        "persons": len(world.persons), "trips": len(world.trips), "obligations": len(world.obligations),
        "movements": len(world.movements), "of_the_network": network, "innocent": len(world.movements) - network,
        "messages": len(world.messages), "same_money_pairs": len(world.matches), "driver_payments": dict(sorted(states.items())),
        "traps": len(world.traps),
        "rows": {each.name: sum(origin.row is not None for origin in each.origins) for each in files if each.is_written},
        "file_faults": {each.name: each.faults for each in files if each.faults},
        **streamed,
    }  # fmt: skip


def write_handover(played: Played, files: list[Made], streamed: dict[str, Any]) -> str:
    """What is known of each file when it is handed over, and what the analyst holds the leaders to be."""
    lines = [f"# {FICTIONAL}", "# What is known of each file when it is handed over. `trails run FOLDER` reads it."]
    chats = ("telegram", "whatsapp")
    written = [each.name for each in files if each.is_written]
    tables = [name for name in written if not name.startswith(chats)]
    names = [*tables, *streamed.get("streamed_files", []), *(name for name in written if name.startswith(chats))]
    known = {each.name: each.known for each in files}
    for name in names:
        lines += ["", "[[file]]", f'name = "{name}"']
        lines += [f'{key} = "{value}"' for key, value in sorted(known.get(name, {}).items())]
    lines += _declare(played)
    return "\n".join(lines) + "\n"


def _declare(played: Played) -> list[str]:
    """Leaders by the accounts on which they stand in the files: what other evidence showed before this case began."""
    lines: list[str] = []
    for network in played.networks:
        for person, role, why in (
            (network.organiser, "organiser", "named by witnesses as who is paid for every trip (fictional)"),
            *((each, "dispatcher", "whose phone holds the group's chat (fictional)") for each in network.dispatchers),
        ):
            address = person.wallets.get("tron")
            if address:
                lines += ["", "[[declare]]", f'node = "tron:{address[0]}"', f'role = "{role}"', f'why = "{why}"']
    return lines

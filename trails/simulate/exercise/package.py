"""``trails exercise``: the package of a training day, in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trails import __version__
from trails.errors import UsageError
from trails.simulate.exercise.facts import Facts, find_exercise
from trails.simulate.exercise.guide import write_guide, write_solution
from trails.simulate.exercise.injects import Inject, make_injects
from trails.simulate.exercise.scoring import make_items, write_sheet
from trails.simulate.files import FICTIONAL
from trails.simulate.files.handout import make_files
from trails.simulate.folder import fill_folder, hash_files, write_text
from trails.simulate.gps import write_gps
from trails.simulate.make import MARKER, write_file, write_handover
from trails.simulate.parameters import load_parameters
from trails.simulate.scenarios import EXERCISE, apply_scenario
from trails.simulate.truth import write_truth

SHORTEST, LONGEST = 60, 600


def make_exercise(out: Path, *, seed: int, minutes: int = 240) -> dict[str, Any]:
    """Make an exercise in a new or empty folder, and give what its marker says.

    ``participants/`` is what the group gets at the beginning, ``injects/`` what is handed out as time goes by, ``facilitator/``
    the guide, the solution key and the scoring sheet, ``truth/`` the answer key. ``exercise.json`` is written last.

    Raises UsageError for a folder that is not empty and a day shorter than an hour or longer than ten.
    """
    if not SHORTEST <= minutes <= LONGEST:
        raise UsageError(f"an exercise takes {SHORTEST} to {LONGEST} minutes, not {minutes}")
    with fill_folder(out):
        facts = find_exercise(seed, EXERCISE, apply_scenario(load_parameters(), EXERCISE))
        return _write(out, facts, minutes)


def _write(out: Path, facts: Facts, minutes: int) -> dict[str, Any]:
    files = make_files(facts.played)
    injects = make_injects(facts, files, minutes)
    evidence = out / "participants" / "evidence"
    for folder in (evidence, out / "facilitator", out / "truth"):
        folder.mkdir(parents=True)
    first = [each for each in files if each.is_written and not each.name.startswith("exchange_")]
    for each in first:
        write_file(evidence, each)
    write_text(evidence / "handover.toml", write_handover(facts.played, first, {}))
    write_text(out / "participants" / "gps_log.csv", write_gps(facts.played.world))
    write_text(out / "participants" / "briefing.md", f"# Briefing\n\n**{FICTIONAL}**\n\n{injects[0].note}\n")
    for number, inject in enumerate(injects, start=1):
        _write_inject(out / "injects" / f"{number:02}_{inject.key}", inject)
    items = make_items(facts, injects, minutes)
    guide = out / "facilitator"
    write_text(guide / "guide.md", write_guide(facts, injects, items, minutes))
    write_text(guide / "solution.md", write_solution(facts))
    (guide / "scoring.csv").write_bytes(write_sheet(items))
    write_truth(out / "truth", facts.played.world, files)
    said: dict[str, Any] = {
        "fictional": FICTIONAL, "trails": __version__, "seed": facts.seed, "minutes": minutes,
        "injects": [{"minute": each.minute, "key": each.key, "title": each.title, "files": sorted(each.files)} for each in injects],
        "items": len(items), "points": sum(max(0, each.points) for each in items),
    }  # fmt: skip
    said["files"] = hash_files(out)
    for marker in ("exercise.json", MARKER):
        write_text(out / marker, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    return said


def _write_inject(folder: Path, inject: Inject) -> None:
    folder.mkdir(parents=True)
    head = f"# {inject.title}\n\nReleased at minute {inject.minute}. {FICTIONAL}\n\n"
    write_text(folder / "note.md", f"{head}{inject.note}\n")
    for name, data in inject.files.items():
        (folder / name).write_bytes(data)

"""A folder of files handed over together, with ``handover.toml``: what is known of each, and who is held to be what."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trails.connector import ReadOptions
from trails.errors import UsageError
from trails.ingest import add_source
from trails.judgements import declare_role
from trails.pictures import is_picture
from trails.plain_files import read_settings
from trails.targets import find_in_force, read_judgements
from trails.visible import show_name

if TYPE_CHECKING:
    from trails.case import Case

NAME = "handover.toml"
#: What may be known of a file: the words of `trails add`.
KNOWN = ("timezone", "currency", "rail", "encoding", "date_order", "calendar", "connector")
_BESIDE = (".mapping.toml", NAME)

Handed = tuple[Path, dict[str, str]]


def expand_files(paths: Sequence[Path]) -> tuple[list[Handed], list[dict[str, str]]]:
    """Files and folders as files in order, each with what is known of it, and the declarations that folders hold.

    A folder's files come in the order of its handover.toml, and those it does not name after them by name; pictures come
    before all others, since the rows of a sheet may name them. Mappings are no files of their own; what is no file at all (a
    pipe, a device) is given too, so that it is refused aloud. A name with bytes that are no text stands in handover.toml as
    messages show it.

    Raises UsageError for a folder without files, a handover.toml that says what cannot be, and the evidence of a simulation
    that was never finished.
    """
    found: list[Handed] = []
    declared: list[dict[str, str]] = []
    for path in paths:
        if not path.is_dir():
            found.append((path, {}))
            continue
        files, more = _read_folder(path)
        found += files
        declared += more
    return sorted(found, key=lambda each: not is_picture(each[0])), declared


def _read_folder(folder: Path) -> tuple[list[Handed], list[dict[str, str]]]:
    if (folder.parent / "truth").is_dir() and not (folder.parent / "simulation.json").is_file():
        raise UsageError(f"{folder} belongs to a simulation that was never finished; run `trails simulate` anew")
    there = _list_folder(folder)
    said = _read_said(folder / NAME)
    listed: dict[str, dict[str, str]] = {}
    for entry in said.get("file", []):
        name = entry.get("name")
        if not isinstance(name, str) or name not in there:
            raise UsageError(f"{folder / NAME}: there is no file {name!r} in this folder")
        if unknown := set(entry) - {"name", *KNOWN}:
            raise UsageError(f"{folder / NAME}: {name}: {', '.join(sorted(unknown))} is none of {', '.join(KNOWN)}")
        listed[str(name)] = {key: str(value) for key, value in entry.items() if key != "name"}
    names = [*listed, *(name for name in there if name not in listed)]
    return [(there[name], listed.get(name, {})) for name in names], list(said.get("declare", []))


def read_declarations(path: Path) -> list[dict[str, str]]:
    """The [[declare]] tables of a TOML file; ``who`` at its top stands for those that name nobody.

    Raises UsageError for a file that holds anything else, or a declaration that lacks its node, role or reason.
    """
    said = _read_said(path, top=("who",))
    who = said.get("who")
    return [{**({"who": str(who)} if who else {}), **entry} for entry in said.get("declare", [])]


def _list_folder(folder: Path) -> dict[str, Path]:
    """The files of a folder by their names, in order; raises UsageError where there are none, or two look the same."""
    try:
        found = sorted(folder.iterdir())
    except OSError as problem:
        raise UsageError(f"{folder}: {problem.strerror}") from None
    there: dict[str, Path] = {}
    for each in found:
        if each.is_dir() or each.name.startswith(".") or each.name.endswith(_BESIDE):
            continue
        if there.setdefault(show_name(each.name), each) is not each:
            raise UsageError(f"{folder}: the names of two files look the same, {show_name(each.name)!r}; rename one")
    if not there:
        raise UsageError(f"{folder} holds no files")
    return there


def _read_said(path: Path, top: tuple[str, ...] = ()) -> dict[str, Any]:
    if not os.path.lexists(path):
        return {}
    said = read_settings(path)
    if unknown := set(said) - {"file", "declare", *top}:
        raise UsageError(f"{path}: {', '.join(sorted(unknown))}: only [[file]] and [[declare]] are understood")
    for word, listed in said.items():
        if word in top:
            continue
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise UsageError(f"{path}: `{word}` must be tables: [[{word}]]")
    for entry in said.get("declare", []):
        if not all(isinstance(value, str) for value in entry.values()):
            raise UsageError(f"{path}: a [[declare]] holds texts only; this one is {entry!r:.200}")
        if not {"node", "role", "why"} <= set(entry) or set(entry) - {"node", "role", "why", "who"}:
            raise UsageError(f"{path}: a [[declare]] needs node, role and why, and may have who; this one has {sorted(entry)}")
    return said


def add_folder(case: Case, folder: Path) -> list[str]:
    """Add a folder's files with what is known of them, and record its declarations; gives a line for each of those.

    Raises SourceError for the first file that cannot be read: those before it stay added.
    """
    handed, declarations = expand_files([folder])
    for path, known in handed:
        said: dict[str, Any] = {key: value for key, value in known.items() if key != "connector"}
        add_source(case, path, connector=known.get("connector"), options=ReadOptions(**said))
    return declare_known(case, declarations)[0]


def declare_known(case: Case, declarations: Sequence[dict[str, str]]) -> tuple[list[str], int]:
    """Record the declarations whose node the case holds; gives a line for each, also for those that found none, and how many
    of these there are.

    One that is in force already, by the same person for the same reason, is not recorded again.
    """
    lines, refused = [], 0
    frame = case.read_frame("SELECT * FROM judgements")
    known = {(each.target.nodes[0], each.value, each.why) for each in find_in_force(read_judgements(frame), "node")}
    for entry in declarations:
        if (entry["node"], entry["role"], entry.get("why")) in known:
            lines.append(f"declared before: {entry['role']}")
            continue
        try:
            called = declare_role(case, entry["node"], entry["role"], why=entry.get("why"), who=entry.get("who")).called
        except UsageError as problem:
            refused += 1
            lines.append(f"not declared {entry['role']}: {'; '.join(line.strip() for line in problem.lines())}")
        else:
            lines.append(f"declared {called} {entry['role']}")
    return lines, refused

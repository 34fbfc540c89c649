"""The hash-chained log: any change is found and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trails.case import Case
from trails.errors import CaseError
from trails.log import GENESIS, append_lines, hash_line, make_line, read_lines, verify_chain

AT = datetime(2026, 1, 2, tzinfo=UTC)


def chain(length: int) -> list[str]:
    lines: list[str] = []
    for number in range(1, length + 1):
        previous = hash_line(lines[-1]) if lines else GENESIS
        lines.append(make_line(number, previous, at=AT, who="w", command="add", details={"x": number}))
    return lines


def test_a_whole_chain_verifies() -> None:
    lines = chain(4)
    assert verify_chain(lines) == hash_line(lines[-1])
    assert verify_chain([]) == GENESIS


@pytest.mark.parametrize("victim", range(3))
def test_every_change_is_found(victim: int) -> None:
    lines = chain(4)
    changed = json.loads(lines[victim]) | {"who": "somebody else"}
    with pytest.raises(CaseError, match=f"line {victim + 2}"):
        verify_chain([*lines[:victim], json.dumps(changed), *lines[victim + 1 :]])
    with pytest.raises(CaseError, match=f"line {victim + 1}"):
        verify_chain(lines[:victim] + lines[victim + 1 :])


def test_a_cut_last_line_is_mended_and_an_altered_file_is_refused(tmp_path: Path) -> None:
    path, lines = tmp_path / "log.jsonl", chain(3)
    append_lines(path, lines)
    path.write_bytes(path.read_bytes()[:-20])
    append_lines(path, lines)
    assert read_lines(path) == lines
    path.write_text(path.read_text().replace('"w"', '"v"', 1))
    with pytest.raises(CaseError, match="changed by hand"):
        append_lines(path, lines)


def test_the_log_names_who_did_what(case: Case) -> None:
    with case.change("declare", {"target": "node:tron:T"}):
        pass
    first, second = (json.loads(line) for line in read_lines(case.folder / "log.jsonl"))
    assert (first["command"], second["command"], second["target"]) == ("new", "declare", "node:tron:T")
    assert second["prev"] == hash_line(read_lines(case.folder / "log.jsonl")[0])
    assert case.log_head() == hash_line(read_lines(case.folder / "log.jsonl")[1])

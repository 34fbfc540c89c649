"""The hash-chained log: any change is found and named, a stopped command leaves a line too many and never one too few."""

from __future__ import annotations

import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest

from trails.case import Case
from trails.errors import CaseError
from trails.log import GENESIS, LogState, append_line, compare_log, hash_line, make_line, rewrite_log, verify_chain
from trails.recover import keep_altered

AT = datetime(2026, 1, 2, tzinfo=UTC)


def chain(length: int) -> list[str]:
    lines: list[str] = []
    for number in range(1, length + 1):
        previous = hash_line(lines[-1]) if lines else GENESIS
        lines.append(make_line(number, previous, at=AT, who="w", command="add", details={"x": number}))
    return lines


def read(folder: Path) -> list[str]:
    return (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()


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
    with pytest.raises(CaseError, match=f"line {victim + 1}"):
        verify_chain([*lines[:victim], "[1]", *lines[victim + 1 :]])


def test_the_file_is_whole_short_altered_or_ends_with_an_uncommitted_line(tmp_path: Path) -> None:
    path, lines = tmp_path / "log.jsonl", chain(3)
    assert compare_log(path, []) == LogState("whole")
    for line in lines:
        append_line(path, line)
    assert compare_log(path, lines) == LogState("whole")
    assert path.stat().st_mode & 0o777 == 0o600
    assert compare_log(path, lines[:2]) == LogState("uncommitted")
    assert compare_log(path, lines[:1]) == LogState("altered", 2), "two lines too many are nobody's stopped command"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":4')
    assert compare_log(path, lines) == LogState("uncommitted")
    path.write_bytes(whole + b'{"n":5')
    assert compare_log(path, lines) == LogState("altered", 4), "no beginning of the next line"
    path.write_bytes(whole + b'{"n":4,"prev":"00"}\n')
    assert compare_log(path, lines) == LogState("altered", 4)
    for cut, missing in ((20, 1), (len(lines[2]) + 1, 1), (len(lines[2]) + 10, 2), (len(whole), 3)):
        path.write_bytes(whole[:-cut])
        assert compare_log(path, lines) == LogState("short", missing), cut
    path.write_bytes(whole.replace(b'"x":2', b'"x":3'))
    assert compare_log(path, lines) == LogState("altered", 2)
    path.write_bytes(b"\xff" + whole[1:])
    assert compare_log(path, lines) == LogState("altered", 1)
    rewrite_log(path, lines)
    assert compare_log(path, lines) == LogState("whole")


def test_a_log_file_without_end_is_altered_and_not_read(tmp_path: Path) -> None:
    path, lines = tmp_path / "log.jsonl", chain(3)
    rewrite_log(path, lines)
    tracemalloc.start()
    for size in (path.stat().st_size + 9, 1 << 40):
        os.truncate(path, size)
        assert compare_log(path, lines) == LogState("altered", 4), "noughts are no beginning of a line"
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    with pytest.raises(CaseError, match="more than any log: it is not copied"):
        keep_altered(path)


def test_a_log_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine\n")
    (tmp_path / "log.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append_line(tmp_path / "log.jsonl", "x")
    assert (tmp_path / "elsewhere").read_text() == "mine\n"


def test_the_log_names_who_did_what(case: Case) -> None:
    with case.change("declare", {"target": "node:tron:T"}):
        pass
    first, second = map(json.loads, read(case.folder))
    assert (first["command"], second["command"], second["target"]) == ("new", "declare", "node:tron:T")
    assert second["prev"] == hash_line(read(case.folder)[0])
    assert case.log_head() == hash_line(read(case.folder)[1])


def test_a_line_that_was_not_committed_goes_with_the_change(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(case.folder)

    def stop(path: Path, line: str) -> None:
        append_line(path, line)
        raise KeyboardInterrupt

    monkeypatch.setattr("trails.case.append_line", stop)
    with pytest.raises(KeyboardInterrupt), case.change("add", {}):
        pass
    assert read(case.folder) == before == case.log_lines()


def test_a_cut_log_is_made_whole_and_that_is_logged(case: Case) -> None:
    for number in range(3):
        with case.change("x", {"number": number}):
            pass
    case.close()
    path = case.folder / "log.jsonl"
    path.write_text("\n".join(read(case.folder)[:2]) + "\n")
    with Case.open(case.folder, read_only=True) as seen, pytest.raises(CaseError, match="does not agree"):
        seen.log_head()
    with Case.open(case.folder) as again:
        assert again.notices == ["the log had lost its last 2 lines; they were put back from the case's own record"]
        last = json.loads(read(case.folder)[-1])
        assert (len(read(case.folder)), last["command"], last["log_lines_missing"]) == (5, "mend", 2)


def test_an_altered_log_stops_every_change_until_somebody_says_why(case: Case) -> None:
    with case.change("x", {"number": 1}):
        pass
    case.close()
    path = case.folder / "log.jsonl"
    path.write_text(path.read_text().replace('"number":1', '"number":2'))
    with pytest.raises(CaseError, match="line 2 is not what the case's own record says"):
        Case.open(case.folder)
    with Case.open(case.folder, recover=False) as again:
        again.restore_log("a colleague opened it in an editor")
    assert '"number":2' in (case.folder / "log.altered-1.jsonl").read_text()
    with Case.open(case.folder) as again:
        assert [json.loads(line)["command"] for line in again.log_lines()] == ["new", "x", "mend"]


def test_a_clock_that_went_back_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) - timedelta(hours=3)

    with Case.create(tmp_path / "case") as case:
        monkeypatch.setattr("trails.case.datetime", Earlier)
        with case.change("x", {}):
            pass
    said = json.loads(read(tmp_path / "case")[-1])["clock"]
    assert said.startswith(tuple(f"this machine's clock went back by {time}" for time in ("2:59:5", "3:00:0")))
    assert said.endswith("since line 1")

"""Files that cost far more than their size (tests/hostile): small ones of every shape here, all at full size in `make hostile`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.campaigns.hostile import MOST_BYTES, MOST_SECONDS, Figures, add_apart, measure
from tests.hostile import SHAPES
from tests.test_cli import Run, run

__all__ = ["run"]  # a fixture

#: The three that the first case was reported with: 49.9 million cells, 90 MB of empty lists, an attribute of 60 MB.
REPORTED = ("two cells far apart", "empty lists in a page", "an attribute of 60 MB, CAMT")
#: A small one is this part of a large one.
_PART = 20_000


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_read_or_refused(run: Run, tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    shape.make(tmp_path / shape.file, max(1, shape.count // _PART))
    assert run("new", tmp_path / "case").code == 0
    shown = run("add", tmp_path / "case", tmp_path / shape.file, *shape.said)
    figures = Figures(name, 0, shown.code, 0, 0, 0, shown.out + shown.err)
    assert not figures.wrong, shown
    left = list((tmp_path / "case" / "sources").iterdir())
    added = ": source 1, " in shown.out
    assert bool(left) is added, "what is refused as a whole leaves nothing behind"
    all_refused = re.search(r"read ([1-9][\d,]*) = kept 0 \+ duplicate 0 \+ skipped 0 \+ refused \1$", shown.out, re.MULTILINE)
    assert not added or shown.code == (4 if all_refused else 0), shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
@pytest.mark.parametrize("name", REPORTED)
def test_those_that_were_reported_at_full_size(tmp_path: Path, name: str) -> None:
    figures = add_apart(SHAPES[name], tmp_path)
    assert figures.code == 4, figures
    assert not figures.wrong, figures


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
def test_what_is_measured_is_what_is_taken() -> None:
    """A process that holds 300 MB and has another hold 200 MB at the same time for a second."""
    inner = "x = bytearray(200_000_000); import time; time.sleep(1)"
    outer = f"import subprocess, sys; x = bytearray(300_000_000); subprocess.run([sys.executable, '-c', {inner!r}])"
    found = measure("x", 0, [sys.executable, "-c", outer])
    assert (found.code, found.said) == (0, "")
    assert found.seconds >= 1
    assert 0 < found.worked < 10
    assert (500_000_000 if sys.platform == "linux" else 300_000_000) < found.peak < 600_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process's children hold")
def test_what_a_child_shares_with_its_parent_is_counted_once() -> None:
    """A busy machine leaves a child for long where it has all of its parent's memory and no program of its own."""
    outer = (
        "import subprocess, sys, time; x = bytearray(300_000_000); "
        "subprocess.run([sys.executable, '-c', 'pass'], preexec_fn=lambda: time.sleep(1))"
    )
    found = measure("x", 0, [sys.executable, "-c", outer])
    assert (found.code, found.said) == (0, "")
    assert 300_000_000 < found.peak < 400_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
def test_what_the_measuring_process_holds_is_not_counted() -> None:
    held = bytearray(b"x") * 300_000_000
    found = measure("x", 0, [sys.executable, "-c", "pass"])
    assert (found.code, len(held)) == (0, 300_000_000)
    assert 0 < found.peak < 100_000_000


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (Figures("x", 1, 0, 1, 1, 1, "read"), ""),
        (Figures("x", 1, 4, 100, MOST_SECONDS + 1, 1, "refused"), "takes too long"),
        (Figures("x", 1, 4, 181, 1, 1, "refused"), "takes too long"),
        (Figures("x", 1, 4, 1, 1, MOST_BYTES + 1, "refused"), "takes too much memory"),
        (Figures("x", 1, -9, 1, 1, 1, "killed"), "ends with -9"),
        (Figures("x", 1, 4, 1, 1, 1, "connector `x` failed with KeyError: please report it"), "is an error of the program"),
        (Figures("x", 1, 1, 1, 1, 1, ""), "ends with 1, says nothing"),
    ],
)
def test_what_counts_as_wrong(figures: Figures, words: str) -> None:
    assert figures.wrong == words

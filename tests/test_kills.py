"""A slice of `make kills`: a few commands stopped with SIGKILL at moments and at touches of files, by a fixed seed."""

from __future__ import annotations

import subprocess
import sys

COMMANDS = ("new", "add", "judge", "plot")


def test_a_few_kills_leave_nothing_half_done() -> None:
    only = [word for name in COMMANDS for word in ("--only", name)]
    words = [sys.executable, "-m", "tests.campaigns.kills", "--kills", "8", "--touches", "4", "--seed", "14", *only]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert "8 kills at moments of the run time, seed 14:" in done.stdout

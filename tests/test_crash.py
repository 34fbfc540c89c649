"""Killing the process during `add` leaves a case that opens and can be added to again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trails.case import Case
from trails.ingest import add_source

ROWS = 60_000


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.csv"
    with path.open("w") as out:
        out.write(
            "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n"
        )
        for n in range(ROWS):
            out.write(
                f"0xdac17f958d2ee523a2206206994597c13d831ec7,0x{n:040x},0x{n + 1:040x},{n},0x{n:064x},0,17000000,1680911891\n"
            )
    return path


def start(case: Path, file: Path, hook: str) -> subprocess.Popen[str]:
    """Start `add` in a process that says READY at a chosen point and then waits to be killed, or for this one to end."""
    script = (
        "import sys, trails.ingest, trails.merge, trails.case\nfrom pathlib import Path\n"
        "def stop(*_):\n    print('READY', flush=True)\n    sys.stdin.read()\n"
        f"{hook}\n"
        "with trails.case.Case.open(Path(sys.argv[1])) as case:\n"
        "    trails.ingest.add_source(case, Path(sys.argv[2]), connector='ethereum_etl')\n"
    )
    command = [sys.executable, "-c", script, str(case), str(file)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


HOOKS = {
    "while copying": "import trails.vault\ntrails.vault.ThreadPoolExecutor = lambda *_: stop()",
    "while reading": "trails.ingest.Stage.finish = stop",
    "while merging": "trails.merge.write_issues = stop",
    "before the commit": "trails.ingest.check_tables = stop",
    "between its log line and the commit": "write = trails.case.append_line\n"
    "trails.case.append_line = lambda path, line: (write(path, line), stop())",
    "after the commit": "trails.ingest._forget_unless_added = stop",
}


@pytest.mark.parametrize("moment", list(HOOKS))
def test_a_killed_add_leaves_the_case_as_it_was_or_complete(tmp_path: Path, big: Path, moment: str) -> None:
    Case.create(tmp_path / "case").close()
    with start(tmp_path / "case", big, HOOKS[moment]) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "READY", moment
        process.send_signal(signal.SIGKILL)
    complete = moment == "after the commit"
    with Case.open(tmp_path / "case") as case:
        assert case.con.execute("SELECT count(*) FROM transfers").fetchone() == (ROWS if complete else 0,)
        assert case.con.execute("SELECT count(*) FROM sources").fetchone() == (1 if complete else 0,)
        assert not list((tmp_path / "case" / "sources").glob("*.part"))
        case.log_head()
        lines = (tmp_path / "case" / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["command"] for line in lines] == (["new", "add"] if complete else ["new"])
        report = add_source(case, big, connector="ethereum_etl")
        assert report.already_known == complete
        assert case.con.execute("SELECT count(*) FROM transfers").fetchone() == (ROWS,)


def test_ctrl_c_stops_with_130_and_leaves_the_case_intact(tmp_path: Path, big: Path) -> None:
    Case.create(tmp_path / "case").close()
    script = (
        "import sys, os, signal, trails.ingest, trails.cli\n"
        # a process started in the background is told to ignore Ctrl-C, and so are its children
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def stop(*_):\n    os.kill(os.getpid(), signal.SIGINT)\n"
        "trails.ingest.check_tables = stop\n"
        "sys.argv = ['trails', 'add', sys.argv[1], sys.argv[2], '--as', 'ethereum_etl']\n"
        "trails.cli.main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "case"), str(big)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert run.returncode == 130, run.stderr
    assert "stopped; the case is as it was" in run.stderr
    with Case.open(tmp_path / "case") as case:
        assert case.con.execute("SELECT count(*) FROM transfers").fetchone() == (0,)
        assert not list((tmp_path / "case" / "sources").iterdir())

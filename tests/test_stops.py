"""Ctrl-C wherever it strikes, and a disk that takes nothing more: one sentence, the exit code of the docs, a whole case."""

from __future__ import annotations

import errno
import gzip
import resource
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from tests.test_cli import RATES, Run, run
from trails.case import Case
from trails.stops import is_disk_full, was_interrupted

__all__ = ["run"]  # a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are those of POSIX")
_HEAD = "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp\n"


def contents(case: Path) -> tuple[list[tuple[int]], str, list[str]]:
    """What must be the same before and after: tables, log, vault."""
    with Case.open(case, read_only=True) as opened:
        counts = [opened.con.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("sources", "transfers", "nodes")]
    left = sorted(path.name for path in (case / "sources").iterdir())
    return [count for count in counts if count], (case / "log.jsonl").read_text(), left


def write_transfers(path: Path, rows: int) -> Path:
    """A packed file of many transfers: small on the disk, large in a case."""
    with gzip.open(path, "wt", compresslevel=1) as out:
        out.write(_HEAD)
        for n in range(rows):
            parties = f"0x{n * 7919:040x},0x{n * 104729 + 1:040x}"
            out.write(f"0xdac17f958d2ee523a2206206994597c13d831ec7,{parties},{n},0x{n:064x},0,17000000,1680911891\n")
    return path


HOURS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b"
#: The database never looks whether this one is to stop.
DEAF = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
#: Where a query that takes hours runs, and the command that comes there.
LONG = {
    "a question": ("trails.query.query_case = slow", ["sql", "CASE", "SELECT 1"]),
    "while a file is merged": ("trails.merge.write_issues = slow", ["add", "CASE", str(RATES)]),
    "while sources are listed": ("trails.accounting.account_sources = slow", ["check", "CASE"]),
}


#: Seconds after which a command that should have ended counts as hung: far more than the busiest machine needs.
HANGS = 600


def interrupt(script: str, *words: str) -> tuple[int, str]:
    """Start a command, send Ctrl-C when it says READY; its exit code, and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "READY\n"
        process.send_signal(signal.SIGINT)
        return process.wait(HANGS), process.stderr.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("query", [HOURS, DEAF], ids=["a query that listens", "one that does not"])
@pytest.mark.parametrize("moment", LONG)
def test_ctrl_c_inside_the_database_is_one_sentence_and_130(tmp_path: Path, moment: str, query: str) -> None:
    hook, args = LONG[moment]
    case = tmp_path / "case"
    Case.create(case).close()
    before = contents(case)
    script = (
        "import sys, threading, trails.query, trails.merge, trails.accounting, trails.cli, trails.stops, duckdb\n"
        "def slow(*args, **_):\n"
        "    con = next((each for each in args if isinstance(each, duckdb.DuckDBPyConnection)), None) or duckdb.connect()\n"
        "    threading.Timer(0.3, lambda: print('READY', flush=True)).start()\n"
        "    trails.stops.watch(con)\n"
        f"    con.execute({query!r}).fetchall()\n"
        f"trails.stops.end_after_interrupt.__wrapped__.__defaults__, trails.stops._PATIENCE_S = ({HANGS * 2},), 0.3\n"
        f"{hook}\nsys.argv = ['trails', *sys.argv[1:]]\ntrails.cli.main()\n"
    )
    code, said = interrupt(script, *(str(case) if word == "CASE" else word for word in args))
    assert (code, said.lstrip("\n")) == (130, "trails: stopped; the case is as it was before this command\n")
    assert contents(case) == before


@pytest.mark.parametrize("query", [HOURS, DEAF], ids=["a query that listens", "one that does not"])
def test_ctrl_c_in_the_command_as_it_is(tmp_path: Path, query: str) -> None:
    """No function is patched, only the time that is waited shortened: a real question, and a real signal."""
    Case.create(tmp_path / "case").close()
    script = (
        "import sys, threading, trails.cli, trails.case, duckdb, trails.stops\n"
        "trails.stops.end_after_interrupt.__wrapped__.__defaults__ = (0.5,)\n"
        "threading.Timer(1, lambda: print('READY', flush=True)).start()\n"
        "sys.argv = ['trails', *sys.argv[1:]]\ntrails.cli.main()\n"
    )
    code, said = interrupt(script, "sql", str(tmp_path / "case"), query)
    assert (code, said.lstrip("\n")) == (130, "trails: stopped; the case is as it was before this command\n")


def test_a_ctrl_c_that_another_thread_takes_ends_a_wait_for_an_answer() -> None:
    """As one does that strikes just before the main thread begins to wait: nothing ends its wait but a second signal."""
    script = (
        "import signal, socket, threading, time, trails.stops\n"
        "near, far = socket.socketpair()\n"
        "def strike():\n"
        "    print('waits', flush=True); time.sleep(0.5)\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGINT)\n"
        f"with trails.stops.end_after_interrupt({HANGS}):\n"
        "    threading.Thread(target=strike).start()\n"
        "    try:\n        near.recv(1)\n"
        "    except KeyboardInterrupt:\n        print('heard', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=HANGS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "waits\nheard\n", "")


#: The command, stopped where it comes to its second file: it says so itself.
AT_THE_SECOND = (
    "import sys, time, trails.cli, trails.ingest\nadd, seen = trails.ingest.add_source, []\n"
    "def slow(*args, **said):\n"
    "    seen.append(1)\n"
    "    if len(seen) == 2:\n"
    "        print('READY', flush=True)\n"
    "        time.sleep(60)\n"
    "    return add(*args, **said)\n"
    "trails.ingest.add_source = slow\nreal, sys.stdout = sys.stdout, sys.stderr\n"
    "def print(*args, **_):\n    real.write(' '.join(args) + '\\n'); real.flush()\n"
    "sys.argv = ['trails', *sys.argv[1:]]\ntrails.cli.main()\n"
)


@pytest.mark.parametrize("command", ["add", "run"])
def test_a_command_of_several_steps_says_what_stays_and_goes_on(run: Run, tmp_path: Path, command: str) -> None:
    case, folder = tmp_path / "case", tmp_path / "files"
    folder.mkdir()
    for n in (1, 2, 3):
        (folder / f"rates{n}.csv").write_text(RATES.read_text() + f"2024-01-0{n},EUR,USD,1.1,x\n")
    words = ("add", case, folder) if command == "add" else ("run", folder, "-o", case)
    if command == "add":
        Case.create(case).close()
    code, said = interrupt(AT_THE_SECOND, *map(str, words))
    assert code == 130
    made = "the case made, " if command == "run" else ""
    assert said.splitlines()[-1] == (
        f"trails: stopped; what it had done stays ({made}1 file added), and nothing is half done; "
        "the same command goes on with the rest"
    )
    assert contents(case)[0][0] == (1,)
    again = run(*words)
    assert again.code == 0, again.err
    assert "rates1.csv: already in the case" in again.out
    assert contents(case)[0][0] == (3,)


def test_a_run_stopped_before_anything_was_read_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    script = AT_THE_SECOND.replace("len(seen) == 2", "True")
    code, said = interrupt(script, "run", str(RATES), "-o", str(tmp_path / "case"))
    assert (code, said.splitlines()[-1]) == (130, "trails: stopped; the case is as it was before this command")
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("moment", ["while the first is handled", "while it is said", "after the command", "as Python ends"])
def test_a_second_ctrl_c_changes_nothing(tmp_path: Path, moment: str) -> None:
    """The second one is sent by the command itself, so where it strikes is no guess."""
    Case.create(tmp_path / "case").close()
    hit = "os.kill(os.getpid(), signal.SIGINT)"
    script = (
        "import atexit, os, signal, sys, time, trails.cli, trails.stops, trails.query\n"
        f"def strike(): {hit}\n"
        "moment = sys.argv.pop(1)\n"
        "def slow(*_, **__):\n"
        "    try:\n"
        "        print('READY', flush=True)\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        if moment.startswith('while the first'): strike(); time.sleep(0.01)\n"
        "trails.query.query_case = slow\n"
        "end, settle = trails.cli._end, trails.stops.settle_signals\n"
        "def end_struck(problem):\n"
        "    if moment == 'while it is said': strike()\n"
        "    return end(problem)\n"
        "def settle_struck():\n"
        "    if moment == 'after the command': strike()\n"
        "    settle()\n"
        "trails.cli._end, trails.stops.settle_signals = end_struck, settle_struck\n"
        "if moment == 'as Python ends': atexit.register(strike)\n"
        "sys.argv = ['trails', *sys.argv[1:]]\ntrails.cli.main()\n"
    )
    code, said = interrupt(script, moment, "sql", str(tmp_path / "case"), "SELECT 1")
    assert (code, said.lstrip("\n")) == (130, "trails: stopped; the case is as it was before this command\n")


def test_a_file_that_the_disk_cannot_hold_is_refused_before_it_is_copied(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", tmp_path / "case")
    before = contents(tmp_path / "case")
    monkeypatch.setattr("trails.vault.shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    shown = run("add", tmp_path / "case", RATES)
    assert shown.code == 1
    assert f"its copy needs {RATES.stat().st_size:,} bytes, and the disk of" in shown.err
    assert shown.err.count("\n") == 1
    assert contents(tmp_path / "case") == before


def limited(*words: object, most: int) -> subprocess.CompletedProcess[str]:
    """Run the command where no file may grow beyond ``most`` bytes: every write beyond fails, as on a full disk."""
    return subprocess.run(
        [sys.executable, "-m", "trails", *map(str, words)], capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip


def test_a_disk_that_fills_while_a_file_is_copied(tmp_path: Path) -> None:
    case, big = tmp_path / "case", tmp_path / "big.csv"
    Case.create(case).close()
    big.write_bytes(b"x" * 40_000_000)
    before = contents(case)
    done = limited("add", case, big, most=30_000_000)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert "while it was copied into the case; nothing was added" in done.stderr
    assert contents(case) == before


def test_a_disk_that_fills_while_the_database_grows(tmp_path: Path) -> None:
    case, packed = tmp_path / "case", write_transfers(tmp_path / "transfers.csv.gz", 150_000)
    Case.create(case).close()
    before = contents(case)
    most = max(packed.stat().st_size, (case / "case.duckdb").stat().st_size) + 2_000_000
    done = limited("add", case, packed, most=most)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("trails: the disk is full (")
    assert done.stderr.count("\n") == 1, done.stderr
    assert contents(case) == before
    done = limited("add", case, packed, most=1 << 40)
    assert (done.returncode, "kept 150,000" in done.stdout) == (0, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("args", [["connectors"], ["check", "CASE"], ["--help"]])
def test_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, args: list[str]) -> None:
    Case.create(tmp_path / "case").close()
    words = [str(tmp_path / "case") if word == "CASE" else word for word in args]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "trails", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("trails: the disk is full")


@pytest.mark.parametrize(
    ("problem", "full", "stopped"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True, False),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True, False),
        (OSError(errno.EACCES, "Permission denied"), False, False),
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), True, False),
        (duckdb.OutOfMemoryException("failed to offload: limit set by the 'max_temp_directory_size' setting"), True, False),
        (duckdb.IOException("IO Error: Could not read"), False, False),
        (RuntimeError("Query interrupted"), False, True),
        (RuntimeError("another"), False, False),
        (KeyboardInterrupt(), False, True),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), False, True),
    ],
)  # fmt: skip
def test_what_is_what(problem: BaseException, full: bool, stopped: bool) -> None:
    assert (is_disk_full(problem), was_interrupted(problem)) == (full, stopped)

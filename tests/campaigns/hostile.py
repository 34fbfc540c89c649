"""`make hostile`: every trap of tests/hostile at full size through `trails add`, each in a process of its own.

For each the file's size, the exit code, the seconds and the peak memory are told: the memory of the process and of all that it
started, added up, and never less than what the system says of the largest of them. One fails that takes more than 1 GiB or 60
seconds by the clock, that ends in anything but "read" or "refused", or whose refusal is an error of the program. So it is run on
a machine that does nothing else. The ordinary tests, which may run beside other work, take the seconds that the processors
spent on it, and three minutes by the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.hostile import SHAPES
from tests.hostile.shapes import Shape

_ROOT = Path(__file__).parent.parent.parent
MOST_BYTES = 1 << 30
MOST_SECONDS = 60.0
#: A process that has not ended by then is ended.
_PATIENCE_S = 180.0
_PAUSE_S = 0.02
#: Words of an error that nobody meant: a traceback, or a connector that met what it does not know.
_NOT_MEANT = ("Traceback (most recent call last)", "please report it", " failed with ")
#: Linux counts into the peak of a program what the process held that started it, as a test of another thing may have left it
#: large. So a small process starts the program, and tells what that took.
_START = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
took = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{code} {took.ru_utime + took.ru_stime} {took.ru_maxrss}")
"""
#: Read; refused as wrong use (a mapping); refused as a file.
_CODES = (0, 2, 4)


@dataclass(frozen=True, slots=True)
class Figures:
    """What adding one file took, and what was said."""

    shape: str
    size: int
    code: int
    seconds: float
    worked: float
    peak: int
    said: str

    @property
    def wrong(self) -> str:
        """What is wrong with it, in a word; empty where nothing is."""
        found = [
            "takes too long" if self.worked > MOST_SECONDS or self.seconds > _PATIENCE_S else "",
            "takes too much memory" if self.peak > MOST_BYTES else "",
            "" if self.code in _CODES else f"ends with {self.code}",
            "is an error of the program" if any(words in self.said for words in _NOT_MEANT) else "",
            "" if self.said.strip() else "says nothing",
        ]
        return ", ".join(each for each in found if each)

    def line(self) -> str:
        """One line of the table."""
        what = "read" if self.code == 0 else "refused"
        said = self.wrong and f"  WRONG: {self.wrong}"
        took = f"{self.seconds:6.1f} s {self.worked:6.1f} s of work {self.peak / 2**20:7.0f} MiB"
        return f"{self.shape:45} {self.size / 1e6:8.1f} MB  {what:8} {took}{said}"


def measure(shape: str, size: int, command: Sequence[str | Path]) -> Figures:
    """Run a command: what it and all that it started took, and what it said."""
    began, peak = time.monotonic(), 0
    with tempfile.TemporaryFile() as heard, tempfile.NamedTemporaryFile("r") as told:
        start = [sys.executable, "-I", "-c", _START, told.name, *map(str, command)]
        with subprocess.Popen(start, stdout=heard, stderr=heard, process_group=0) as process:
            try:
                while process.poll() is None and time.monotonic() - began < _PATIENCE_S:
                    peak = max(peak, _tree_bytes(process.pid))
                    time.sleep(_PAUSE_S)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        seconds = time.monotonic() - began
        heard.seek(0)
        said = heard.read(1 << 20).decode("utf-8", "replace")
        code, worked, most = (told.read() or f"{process.returncode} {seconds} 0").split()
        unit = 1 if sys.platform == "darwin" else 1024
        return Figures(shape, size, int(code), seconds, float(worked), max(peak, int(most) * unit), said)


def _tree_bytes(pid: int) -> int:
    """The resident memory of a process and of all it started, where the system tells it (Linux).

    A child that still has its parent's command line has not begun its own program: what it holds is its parent's, and a busy
    machine may leave it so for long.
    """
    total, waiting = 0, [(str(pid), b"")]
    while waiting:
        number, parent = waiting.pop()
        folder = Path("/proc", number)
        with contextlib.suppress(OSError, ValueError):  # it has ended meanwhile
            command = (folder / "cmdline").read_bytes()
            held = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            total += held if command != parent else 0
            for task in (folder / "task").iterdir():
                waiting += [(child, command) for child in (task / "children").read_text().split()]
    return total


def make_apart(shape: Shape, folder: Path, count: int) -> Path:
    """Make a shape's file in a process of its own: what that takes is no part of what adding it takes."""
    path = folder / shape.file
    words = ("--make", shape.name, "--count", str(count), "--to", str(path.absolute()))
    subprocess.run([sys.executable, "-m", "tests.campaigns.hostile", *words], check=True, cwd=_ROOT)
    return path


def add_apart(shape: Shape, folder: Path, count: int | None = None) -> Figures:
    """Make a shape's file of so many pieces (all, where it is not said) and add it to a new case."""
    path = make_apart(shape, folder, shape.count if count is None else count)
    trails = (sys.executable, "-m", "trails")
    subprocess.run([*trails, "new", folder / "case"], check=True, capture_output=True)
    return measure(shape.name, path.stat().st_size, [*trails, "add", folder / "case", path, *shape.said])


def _run_all(shapes: Sequence[Shape], work: str | None) -> list[Figures]:
    found = []
    for shape in shapes:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            figures = add_apart(shape, Path(folder))
        found.append(figures)
        print(figures.line(), flush=True)
        print(f"    {figures.said.strip().splitlines()[-1][:200] if figures.said.strip() else ''}", flush=True)
    return found


def main() -> None:
    """Measure all shapes, or those whose name holds one of the words; exit with 1 when one is wrong."""
    said = argparse.ArgumentParser(description=__doc__, prog="python -m tests.campaigns.hostile")
    said.add_argument("words", nargs="*", help="only shapes whose name holds one of these")
    said.add_argument("--work", help="a folder for the files, of which the largest have 500 MB")
    said.add_argument("--make", help=argparse.SUPPRESS)
    said.add_argument("--count", type=int, help=argparse.SUPPRESS)
    said.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    options = said.parse_args()
    if options.make:
        SHAPES[options.make].make(options.to, options.count)
        return
    chosen = [each for each in SHAPES.values() if not options.words or any(word in each.name for word in options.words)]
    found = _run_all(chosen, options.work)
    wrong = [figures.line() for figures in found if figures.wrong or figures.seconds > MOST_SECONDS]
    print(f"{len(found)} traps: {sum(figures.code == 0 for figures in found)} read, {sum(f.code != 0 for f in found)} refused")
    most = (max(getattr(each, name) for each in found) for name in ("seconds", "worked", "peak"))
    print("slowest {:.1f} s by the clock, {:.1f} s of work, largest {:,} bytes".format(*most))
    if wrong:
        raise SystemExit("\n".join([f"{len(wrong)} wrong:", *wrong]))


if __name__ == "__main__":
    main()

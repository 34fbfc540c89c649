"""Look for inputs that break a connector, guided by which lines each input reaches: ``make fuzz``, or

``python -m tests.fuzz.coverage_guided [--seconds 300] [--folder build/fuzz] [--jobs 2] [CONNECTOR...]``

Each connector is run in a process of its own, from its samples on, for an equal share of the time. What breaks it (an
exception, a row that is not accounted for, more than 10 seconds, more than 2 GiB) is printed with its traceback, once for
each place, and the input is kept in the folder. Needs the optional extra: ``pip install -e ".[fuzz]"`` (Atheris).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trails.connector import Connector, ReadOptions, Source

ROOT = Path(__file__).parent.parent.parent
MOST_SECONDS, MOST_MEGABYTES = 10, 2048
#: Seconds that starting, trying the samples and ending may take beyond the connector's share.
_MOST_ENDING = 60
#: An input is one byte that says which sample it comes from, and the file's bytes.
_CHOICE = 1


@dataclass
class Target:
    """One connector with its samples, as the fuzzer feeds it."""

    connector: Connector
    samples: list[Path]
    folder: Path
    scratch: Path
    options: list[ReadOptions] = field(default_factory=list)
    companions: list[tuple[Source, ...]] = field(default_factory=list)
    places: set[tuple[str, ...]] = field(default_factory=set)

    def run(self, data: bytes) -> None:
        """Try one input; keep and print what breaks the connector, once for each place in the code."""
        from tests.fuzz.target import check_input, make_source

        if not data:
            return
        place = data[0] % len(self.samples)
        self.scratch.write_bytes(data[_CHOICE:])
        source = make_source(self.scratch, self.samples[place].name, self.companions[place])
        try:
            check_input(self.connector, [self.connector], source, self.options[place])
        except KeyboardInterrupt:
            raise
        except BaseException as problem:  # noqa: BLE001 - the fuzzer's very purpose: nothing at all may come out
            self.report(problem, data, place)

    def report(self, problem: BaseException, data: bytes, place: int) -> None:
        """Print a problem and keep its input, unless the same place in the code broke before."""
        frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if str(ROOT) in frame.filename]
        words = str(problem)[:30] if isinstance(problem, AssertionError) else ""
        key = (type(problem).__name__, words, *(f"{each.filename}:{each.lineno}" for each in frames[-2:]))
        if key in self.places:
            return
        self.places.add(key)
        path = self.folder / f"{self.connector.name}-{len(self.places):03}-{self.samples[place].name}"
        path.write_bytes(data[_CHOICE:])
        print(f"\nBROKEN {self.connector.name} by {path} (as {self.samples[place].name})")
        traceback.print_exception(problem, file=sys.stdout)
        sys.stdout.flush()


def fuzz_connector(name: str, seconds: int, folder: Path) -> None:
    """Fuzz one connector in this process, which ends here."""
    import atheris

    with atheris.instrument_imports(include=["trails", "connectors"]):
        from tests.fuzz.mutations import LIKELY, MOST_BYTES, mutate
        from tests.fuzz.target import all_samples, sample_companions
        from tests.regenerate import read_options
        from trails.connector import list_connectors

        connectors = list_connectors()
    samples = list(all_samples(connectors))
    everything = [path.read_bytes() for _, path in samples]
    own = [path for connector, path in samples if connector.name == name]
    scratch = Path(tempfile.mkdtemp(prefix="trails-fuzz-"))
    connector = next(each for each in connectors if each.name == name)
    target = Target(connector, own, folder, scratch / "input")
    target.options = [read_options(path) for path in own]
    target.companions = [sample_companions(path) for path in own]
    corpus = scratch / "corpus"
    corpus.mkdir()
    for place, path in enumerate(own):
        (corpus / path.name).write_bytes(bytes([place]) + path.read_bytes())

    def change(data: bytes, most: int, seed: int) -> bytes:
        """Half of the changes know what a file is made of; the others are the fuzzer's own."""
        random = Random(seed)
        if not data or random.randrange(2):
            return bytes(atheris.Mutate(data, most))
        return data[:_CHOICE] + mutate(data[_CHOICE:], [random.choice(LIKELY)], random, everything)[: most - _CHOICE]

    flags = [f"-max_total_time={seconds}", f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}",
             f"-max_len={MOST_BYTES}", f"-artifact_prefix={folder / name}-stopped-", "-verbosity=0",
             "-print_final_stats=1"]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(corpus)], target.run, custom_mutator=change)
    atheris.Fuzz()


def start_connector(name: str, seconds: int, folder: Path) -> str:
    """Fuzz one connector in a process of its own; what it printed.

    A process that does not end in time is stopped. Once, of many, one had finished and hung on its way out; one that
    hung before has not printed its closing figures, and counts as broken.
    """
    command = [sys.executable, "-m", "tests.fuzz.coverage_guided", "--one", name, "--seconds", str(seconds),
               "--folder", str(folder)]  # fmt: skip
    with tempfile.TemporaryFile() as printed:
        try:
            subprocess.run(
                command, cwd=ROOT, check=False, stdout=printed, stderr=subprocess.STDOUT, timeout=seconds + _MOST_ENDING
            )
        except subprocess.TimeoutExpired:
            printed.write(b"\nstopped: the process did not end by itself\n")
        printed.seek(0)
        return printed.read().decode(errors="replace")


def count_runs(printed: str) -> int:
    """How many inputs a run tried, from the fuzzer's closing figures; 0 where it was stopped before them."""
    figures = [line.split()[-1] for line in printed.splitlines() if line.startswith("stat::number_of_executed_units")]
    return int(figures[-1]) if figures else 0


def fuzz_all(names: Sequence[str], seconds: int, folder: Path, jobs: int) -> int:
    """Fuzz connectors side by side; 1 when one of them broke or was never run."""
    share = max(1, seconds * min(jobs, len(names)) // len(names))
    began = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        printed = dict(zip(names, pool.map(lambda name: start_connector(name, share, folder), names), strict=True))
    bad = 0
    for name, text in printed.items():
        kept = sorted(path.name for path in folder.glob(f"{name}-*"))
        runs = count_runs(text)
        print(f"{name}: {runs:,} inputs in {share} s, {len(kept) or 'none'} kept")
        if kept or not runs:
            bad += 1
            print(text if "BROKEN" not in text else text[text.index("BROKEN") :])
    print(f"{len(names)} connectors in {time.monotonic() - began:.0f} s; {bad} broken; inputs are kept in {folder}")
    return 1 if bad else 0


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.coverage_guided", description=__doc__)
    parser.add_argument("connectors", nargs="*", help="only these (default: all)")
    parser.add_argument("--seconds", type=int, default=300, help="in all, shared out (default: 300)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "fuzz", help="where inputs that break are kept")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="connectors at the same time")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print('the fuzzer Atheris is not installed: pip install -e ".[fuzz]" (Linux, Python 3.11 or newer)')
        return 2
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.one:
        fuzz_connector(asked.one, asked.seconds, asked.folder.resolve())
        return 0
    from trails.connector import get_connector, list_connectors

    names = [get_connector(name).name for name in asked.connectors] or [each.name for each in list_connectors()]
    return fuzz_all(names, asked.seconds, asked.folder.resolve(), asked.jobs)


if __name__ == "__main__":
    sys.exit(main())

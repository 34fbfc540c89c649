"""`make kills`: stop writing commands with SIGKILL, at any moment of their run, and see what stands there afterwards.

Every kill is that of a real process, with its group, on a copy of a prepared case. The seed decides the command and the
share of its run time. After each: the tables hold what they held before, after, or between two whole changes of the
command; no result is half written; the next command puts right aloud what was left; and the same command given again ends
where a run that nobody stopped ends, with no file more.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import pkgutil
import random
import select
import shutil
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import connectors
import trails
from tests.campaigns.forked import Ended, run_child
from tests.campaigns.kill_checks import LEFT, SWEPT, Reference, check_again, check_opened, judge_left
from tests.campaigns.kill_commands import COMMANDS, OWNER, Command, prepare, write_files
from tests.campaigns.snapshots import Snapshot, open_for_writing, record_stages, run_command, take_snapshot
from tests.lookups.server import serve
from tests.lookups.standins import TronGrid, trc20_rows

#: Kills of one number are tried so often: a command may be done before its moment comes.
_TRIES = 20
#: The command of each kill, and its moment with others to be tried.
Planned = list[tuple[str, list[float]]]


@dataclass(slots=True)
class Campaign:
    """Where the prepared folders, the files and the server of look-ups are."""

    work: Path
    url: str

    @property
    def files(self) -> Path:
        return self.work / "files"

    def base(self, command: Command) -> Path:
        return self.work / "bases" / command.base

    def run(self, command: Command, place: Path, *, kill_after: float | None = None, stop_at: int | None = None) -> Ended:
        words = command.fill(place, self.files, self.url)
        work = lambda: run_command(words, self.files / "ecb", place, stop_at)  # noqa: E731
        return run_child(work, place.with_suffix(".said"), kill_after=kill_after, ends_itself=stop_at is not None)

    def look(self, place: Path) -> Snapshot:
        found = run_child(lambda: take_snapshot(place / "case"), place.with_suffix(".looked"))
        if found.code:
            raise AssertionError(f"the case cannot be read: {found.said[-1500:]}")
        taken: Snapshot = found.sent
        return taken


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """What became of one kill; ``attempt`` counts runs that were done before their moment."""

    number: int
    command: str
    moment: float
    outcome: str
    attempt: int
    wrong: str


def measure(campaign: Campaign, command: Command) -> Reference:
    """Run a command twice unstopped, and once more for its time when everything is warm."""
    place = campaign.work / "reference"
    shutil.copytree(campaign.base(command), place)
    before = campaign.look(place)
    words = command.fill(place, campaign.files, campaign.url)
    first = run_child(lambda: record_stages(words, campaign.files / "ecb"), place.with_suffix(".said"))
    if first.sent is None or first.sent[0]:
        raise AssertionError(f"{command.name} does not work unstopped: {first.said[-1500:]}")
    after = campaign.look(place)
    again = campaign.run(command, place)
    after_again = campaign.look(place)
    shutil.rmtree(place)
    shutil.copytree(campaign.base(command), place)
    timed = campaign.run(command, place)
    shutil.rmtree(place)
    return Reference(timed.seconds, timed.sent, before, first.sent[1], first.sent[0], after, again.code, after_again)


def kill_once(campaign: Campaign, command: Command, known: Reference, place: Path, moment: float) -> str:
    """Stop a command once and check what follows; the outcome in words. Raises AssertionError for what must not be.

    A moment below 1 is a share of the run time, a whole number the touch of a file at which the command is stopped.
    """
    shutil.copytree(campaign.base(command), place)
    try:
        stop = {"stop_at": int(moment)} if moment >= 1 else {"kill_after": known.seconds * moment}
        stopped = campaign.run(command, place, **stop)
        if stopped.code >= 0:
            return "done before"
        left = campaign.look(place)
        outcome = judge_left(command.name, known, left)
        unlisted = any(LEFT in problem for problem in left.problems)
        openable = not left.refused and not known.before.refused
        if openable and int(moment if moment >= 1 else moment * 1000) % 2:
            opened = run_child(lambda: open_for_writing(place / "case"), place.with_suffix(".said"))
            assert not opened.code or "altered" in command.base, f"not opened: {opened.said[-800:]}"
            assert not unlisted or SWEPT in str(opened.sent), f"swept without a word: {opened.sent}"
            unlisted = unlisted and bool(opened.code)
            check_opened(known, left, campaign.look(place))
        again = campaign.run(command, place)
        if outcome == "complete" and again.code:
            # a command that is refused opens nothing; what the database left beside it is taken up by the next one that does
            run_child(lambda: open_for_writing(place / "case"), place.with_suffix(".said"))
        assert not unlisted or SWEPT in again.said or "demo" in command.name, f"swept without a word: {again.said[-800:]}"
        check_again(known, outcome == "complete", again, campaign.look(place))
        return outcome
    finally:
        shutil.rmtree(place)


def plan_moments(names: list[str], kills: int, seed: int) -> Planned:
    """Each kill's command, every one as often, and its moment, with others to be tried where it was done before that."""
    planned: Planned = []
    order = list(names)
    for number in range(kills):
        if number % len(order) == 0:
            random.Random(f"{seed}:{number}").shuffle(order)
        dice = random.Random(f"{seed}:{number}:moment")
        planned.append((order[number % len(order)], [dice.random() for _ in range(_TRIES)]))
    return planned


def plan_touches(known: dict[str, Reference], touches: int, seed: int) -> Planned:
    """So many touches of files of the commands, each to be killed at; -1 for every one."""
    every = [(name, [float(at)]) for name, each in known.items() for at in range(1, each.touches + 1)]
    return every if touches < 0 else random.Random(f"{seed}:touches").sample(every, min(touches, len(every)))


def run_share(campaign: Campaign, known: dict[str, Reference], numbers: list[int], planned: Planned) -> list[Kill]:
    """The kills of one worker."""
    commands = {each.name: each for each in COMMANDS}
    place = campaign.work / f"kill-{os.getpid()}"
    done = []
    for number in numbers:
        name, moments = planned[number]
        for attempt, moment in enumerate(moments):  # noqa: B007 - the last one is what counts
            outcome = wrong = ""
            try:
                outcome = kill_once(campaign, commands[name], known[name], place, moment)
            except (AssertionError, TimeoutError) as problem:
                outcome, wrong = "WRONG", str(problem)
            if outcome != "done before":
                break
        done.append(Kill(number, name, moment, outcome, attempt, wrong))
        at = f"touch {moment:.0f}" if moment >= 1 else f"{moment:.3f}"
        print(f"{number:4} {name:20} at {at}: {outcome}{f': {wrong}' if wrong else ''}", flush=True)
    return done


def run_kills(options: argparse.Namespace) -> list[Kill]:
    """All kills, side by side."""
    names = [each.name for each in COMMANDS if not options.only or each.name in options.only]
    planned = plan_moments(names, options.kills, options.seed)
    numbers = list(range(options.first, options.kills))
    wanted = {planned[number][0] for number in numbers} if not options.touches else set(names)
    commands = [each for each in COMMANDS if each.name in wanted]
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        write_files(work / "files")
        reader, writer = os.pipe()
        server = os.fork()
        if not server:
            os.close(reader)
            _serve(writer)
        try:
            os.close(writer)
            campaign = Campaign(work, os.read(reader, 200).decode())
            warm_up()
            prepare(work / "bases", campaign.files, lambda words: _prepare_step(campaign, words), {each.base for each in commands})
            known = {each.name: measure(campaign, each) for each in commands}
            for name, each in known.items():
                told = f"{each.seconds:5.2f} s, {len(each.stages)} changes, {each.touches} touches of files"
                print(f"unstopped: {name:20} {told}", flush=True)
            planned += plan_touches(known, options.touches, options.seed)
            numbers += range(options.kills, len(planned))
            return _share_out(campaign, known, numbers, planned, options.workers)
        finally:
            os.kill(server, 9)
            os.waitpid(server, 0)


def _serve(writer: int) -> None:
    """A process that answers look-ups until it is ended."""
    grid = TronGrid(OWNER, trc20_rows(OWNER, 90), size=20)
    with serve(grid) as service:
        os.write(writer, service.url.encode())
        select.select([], [], [])


def _prepare_step(campaign: Campaign, words: list[str]) -> None:
    done = run_child(lambda: run_command(words, campaign.files / "ecb"), campaign.work / "prepare.said")
    if done.code:
        raise AssertionError(f"{words}: {done.said[-1500:]}")


def warm_up() -> None:
    """Import what commands import, so that a child's run is the command's own work."""
    for package in (trails, connectors):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def _share_out(
    campaign: Campaign, known: dict[str, Reference], numbers: list[int], planned: Planned, workers: int
) -> list[Kill]:
    children = []
    for worker in range(workers):
        child = os.fork()
        if not child:
            try:
                found = run_share(campaign, known, numbers[worker::workers], planned)
                (campaign.work / f"found-{worker}").write_bytes(pickle.dumps(found))
            except BaseException:  # noqa: BLE001 - whatever it was must not run on in the parent's code
                traceback.print_exc()
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    read = [pickle.loads((campaign.work / f"found-{worker}").read_bytes()) for worker in range(workers)]  # noqa: S301 - our own
    return sorted(each for part in read for each in part)


def describe(done: list[Kill]) -> list[str]:
    """The kills counted by command and outcome."""
    counts = Counter((each.command, each.outcome) for each in done)
    outcomes = sorted({each.outcome for each in done})
    head = f"{'command':20}" + "".join(f"{each:>16}" for each in outcomes)
    rows = {name: [counts[name, each] for each in outcomes] for name in sorted({each.command for each in done})}
    rows["all"] = [sum(row[at] for row in rows.values()) for at in range(len(outcomes))]
    return [head, *(f"{name:20}" + "".join(f"{count:>16}" for count in row) for name, row in rows.items())]


def main() -> None:
    """Kill so often; exit with 1 when anything was wrong afterwards."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--kills", type=int, default=500, help="kills at any moment of the run time")
    said.add_argument("--touches", type=int, default=0, help="kills at a touch of a file: so many of them, -1 for every one")
    said.add_argument("--seed", type=int, default=1)
    said.add_argument("--workers", type=int, default=2)
    said.add_argument("--only", action="append", default=[], help="a command by its name in the table; may be repeated")
    said.add_argument("--first", type=int, default=0, help="the kill to begin with, where an earlier campaign was stopped")
    options = said.parse_args()
    done = run_kills(options)
    parts = {
        "at moments of the run time": [each for each in done if each.number < options.kills],
        "at touches of files": [each for each in done if each.number >= options.kills],
    }
    for what, kills in parts.items():
        if kills:
            print(f"{len(kills):,} kills {what}, seed {options.seed}:", *describe(kills), sep="\n")
    early = sum(each.attempt for each in done)
    print(f"{early:,} further runs were done before their moment came, and were drawn again")
    wrong = [f"{each.number} {each.command} at {each.moment:.4f}: {each.outcome} {each.wrong}" for each in done
             if each.outcome in ("WRONG", "done before")]  # fmt: skip
    if wrong:
        raise SystemExit("\n".join(["wrong:", *wrong]))


if __name__ == "__main__":
    main()

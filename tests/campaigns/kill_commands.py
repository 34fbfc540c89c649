"""The commands that write, each with the folder it is given: every one of `trails --help` that can change anything."""

from __future__ import annotations

import importlib.util
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from examples import river_case
from tests.lookups.standins import tron_address
from trails.demo import DEMO_KEY, find_case_files

OWNER = tron_address("driver")
_RIVER = Path(str(river_case.__file__)).parent
_OLD = Path(__file__).parent.parent / "fixtures" / "case_0.1.0.tar.gz"
_WHY = ("--why", "campaign")
_DRIVER = "tron:TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, the prepared folder it starts from, and its words; CASE, FILES and URL stand for what a run fills in."""

    name: str
    base: str
    words: tuple[str, ...]

    def fill(self, place: Path, files: Path, url: str) -> list[str]:
        """The words for a run in a place."""
        names = {"CASE": str(place / "case"), "BESIDE": str(place / "beside"), "URL": url}
        return [names.get(word, word.replace("FILES/", f"{files}/")) for word in self.words]


COMMANDS = (
    Command("new", "none", ("new", "CASE", "--pseudonym-key", DEMO_KEY)),
    Command("run", "none", ("run", "FILES/all", "-o", "CASE")),
    Command("demo", "none", ("demo", "-o", "CASE")),
    Command("demo again", "drawn", ("demo", "-o", "CASE")),
    Command("add", "added", ("add", "CASE", "FILES/more/bitcoin.json", "FILES/more/telegram_result.json")),
    Command("fetch", "added", ("fetch", "CASE", "--source", "trongrid", "--url", "URL", OWNER, "--yes")),
    Command("rates", "added", ("rates", "CASE")),
    Command("settings --set", "drawn", ("settings", "CASE", "--set", "window_hours=48", *_WHY)),
    Command("settings --accept", "edited", ("settings", "CASE", "--accept", *_WHY)),
    Command("declare", "drawn", ("declare", "CASE", _DRIVER, "--role", "dispatcher", "--also", *_WHY)),
    Command("declare --file", "filled", ("declare", "CASE", "--file", "FILES/declarations.toml")),
    Command("judge", "drawn", ("judge", "CASE", "claim:1", "reject", *_WHY)),
    Command("strike --reject", "drawn", ("strike", "CASE", "claim:1", "--reject", *_WHY)),
    Command("code --use", "drawn", ("code", "CASE", "amber-jade:1201", "--use", "secret_release", *_WHY)),
    Command("cluster", "judged", ("cluster", "CASE")),
    Command("match", "drawn", ("match", "CASE")),
    Command("link", "drawn", ("link", "CASE")),
    Command("analyse", "judged", ("analyse", "CASE")),
    Command("plot", "redrawn", ("plot", "CASE", "--table")),
    Command("plot -o", "redrawn", ("plot", "CASE", "-o", "BESIDE")),
    Command("report", "redrawn", ("report", "CASE")),
    Command("match --explain", "redrawn", ("match", "CASE", "--explain", "1")),
    Command("cite --names", "drawn", ("cite", "CASE", "transfer:1", "--names", *_WHY)),
    Command("sql --names", "drawn", ("sql", "CASE", "SELECT count(*) FROM nodes", "--names", *_WHY)),
    Command("check --mend-log", "altered", ("check", "CASE", "--mend-log", *_WHY)),
    Command("add after a cut log", "cut", ("add", "CASE", "FILES/more/bitcoin.json")),
    Command("analyse after 0.1.0", "old", ("analyse", "CASE")),
    Command("simulate", "none", ("simulate", "CASE", "--size", "S", "--seed", "7")),
    Command("exercise", "none", ("exercise", "CASE", "--seed", "3")),
)

#: A prepared folder: the one it is made from, and the commands that make it from that.
_MADE: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "none": ("", ()),
    "added": ("none", (("new", "CASE", "--pseudonym-key", DEMO_KEY, "--name", "River (fictional)"), ("add", "CASE", "FILES/few"))),
    "filled": ("added", (("add", "CASE", "FILES/more"),)),
    "full": ("filled", (("declare", "CASE", "--file", "FILES/declarations.toml"),)),
    "drawn": ("full", (("analyse", "CASE"), ("plot", "CASE", "--table"), ("report", "CASE"), ("plot", "CASE", "-o", "BESIDE"))),
    "judged": ("drawn", (("judge", "CASE", "claim:1", "reject", *_WHY), ("declare", "CASE", _DRIVER, "--role", "none", *_WHY))),
    "redrawn": ("judged", (("analyse", "CASE"),)),
    "edited": ("drawn", ()),
    "altered": ("drawn", ()),
    "cut": ("added", ()),
    "old": ("none", ()),
}


def write_files(folder: Path) -> None:
    """The files that commands are given: the bundled case as folders, and a short table of the ECB's rates."""
    for part in ("all", "few", "more", "ecb"):
        (folder / part).mkdir(parents=True)
    for path in find_case_files(_RIVER):
        late = path.name in ("bitcoin.json", "telegram_result.json")
        for each in (path, path.with_name(f"{path.name}.mapping.toml")):
            for part in ("all", "more" if late else "few"):
                if each.exists():
                    shutil.copy(each, folder / part)
    declared = (_RIVER / "declarations.toml").read_text(encoding="utf-8")
    (folder / "declarations.toml").write_text(declared, encoding="utf-8")
    handed = declared.replace('who = "demo analyst"\n', "")
    (folder / "all" / "handover.toml").write_text(handed, encoding="utf-8")
    package = importlib.util.find_spec("currency_converter")
    assert package
    assert package.origin
    with zipfile.ZipFile(Path(package.origin).with_name("eurofxref-hist.zip")) as packed:
        (name,) = packed.namelist()
        lines = packed.read(name).splitlines(keepends=True)[:30]
    with zipfile.ZipFile(folder / "ecb" / "eurofxref-hist.zip", "w") as short:
        short.writestr(name, b"".join(lines))


def prepare(bases: Path, files: Path, run: Callable[[list[str]], None], wanted: set[str]) -> None:
    """Make the prepared folders that are wanted, and those they are made from."""

    def make(name: str) -> None:
        if name in made:
            return
        made.add(name)
        origin, steps = _MADE[name]
        if not origin:
            (bases / name).mkdir(parents=True)
            return
        make(origin)
        shutil.copytree(bases / origin, bases / name)
        for words in steps:
            run(Command(name, origin, words).fill(bases / name, files, ""))
        _change_by_hand(bases / name / "case", name)

    made: set[str] = set()
    for each in sorted(wanted):
        make(each)


def _change_by_hand(case: Path, name: str) -> None:
    """What somebody did to a prepared folder."""
    log = case / "log.jsonl"
    if name == "edited":
        with (case / "case.toml").open("a", encoding="utf-8") as out:
            out.write("# looked at\n")
    elif name == "altered":
        log.write_text(log.read_text(encoding="utf-8").replace("campaign", "compaign").replace('"n":2', '"n":3'), encoding="utf-8")
    elif name == "cut":
        log.write_text("".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[:-2]), encoding="utf-8")
    elif name == "old":
        with tarfile.open(_OLD) as packed:
            packed.extractall(case, filter="data")

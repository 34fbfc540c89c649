"""No payer and no innocent is named: every command on small cases of every scenario, searched by the answer key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.people.cases import SEEDS, make_small
from tests.people.everything import Console, run_everything
from tests.people.persons import Person, find_people, read_persons
from tests.wordings import find_faults, list_texts
from trails.case import Case
from trails.cli import _COMMANDS

#: The scenario on which every command is run; on the others those that make a case step by step are left out.
WHOLE = "mixed-rails"
#: How many of the crew are taken for payers, of 50 in all scenarios together: at most one in twenty may be.
TAKEN = {"office-raid": 1}


class Played:
    """A scenario that was played through: its people, what was printed and written, and the case."""

    def __init__(self, scenario: str, folder: Path) -> None:
        self.scenario = scenario
        self.simulation = make_small(folder / "simulation", scenario)
        self.people = read_persons(self.simulation)
        self.case = folder / "case"
        self.console, self.files = run_everything(self.simulation, folder, self.of("payer"), whole=scenario == WHOLE)

    def of(self, side: str) -> list[Person]:
        return [person for person in self.people if person.side == side]


@pytest.mark.parametrize("scenario", SEEDS)
def test_people_of_every_scenario_are_protected_whatever_is_asked(scenario: str, tmp_path: Path) -> None:
    """One test for each scenario, since to play one takes long: all that is wrong is listed at the end."""
    played = Played(scenario, tmp_path)
    faults = [*find_named(played), *find_secret(played), *find_unreadable(played), *find_unprotected(played)]
    if scenario == WHOLE:
        faults += [f"`trails {name}` was not run" for name in sorted(set(_COMMANDS) - {"demo"} - played.console.used)]
    assert not faults, "\n".join(faults[:20])
    check_the_search_finds_people(played)
    check_names_are_shown_for_a_reason(played)


def find_named(played: Played) -> list[str]:
    """Payers by name, phone, account or address, and innocents by name or phone, in console, log or out/."""
    return [
        f"{where}: {person} as {term!r}"
        for where, text in [*played.console.printed, *played.files]
        for person, term in find_people(text, played.of("payer"), accounts=True)
        + find_people(text, played.of("innocent"), accounts=False)
    ]


def check_the_search_finds_people(played: Played) -> None:
    """The evidence does name them: the search is no search for nothing."""
    text = "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in sorted((played.simulation / "evidence").iterdir())
    )
    assert len({person for person, _ in find_people(text, played.of("payer"), accounts=True)}) > 5


def find_secret(played: Played) -> list[str]:
    """The secret of the pseudonyms, where it stands in anything that leaves."""
    with Case.open(played.case, read_only=True) as case:
        key = str(case.config["pseudonyms"]["key"])
    return [f"the secret stands in {where}" for where, text in [*played.console.printed, *played.files] if key in text]


def find_unreadable(played: Played) -> list[str]:
    """Sentences that cannot be read."""
    with Case.open(played.case, read_only=True) as case:
        return [f"{where}: {fault}: {text}" for where, text, chance in list_texts(case) for fault in find_faults(text, chance)]


def find_unprotected(played: Played) -> list[str]:
    """What breaks the rule that protects payers and not everybody; `make people` measures it on ten larger cases."""
    (said,) = (text for words, text in played.console.printed if words.startswith("evaluate ") and words.endswith("--json"))
    found = json.loads(said)
    faults = []
    if found["payers_on_trails"]:
        faults.append(f"{found['payers_on_trails']} payers stand on trails")
    if not found["payers"] or found["payers_protected"] < 0.95 * found["payers"]:
        faults.append(f"only {found['payers_protected']} of {found['payers']} payers are protected")
    if found["crew_protected"] > TAKEN.get(played.scenario, 0):
        faults.append(f"{found['crew_protected']} of {found['crew']} of the crew are taken for payers")
    return faults


def check_names_are_shown_for_a_reason(played: Played) -> None:
    """The way round: with --names --why the source's own words stand there, and the log says so."""
    console = Console()
    with Case.open(played.case, read_only=True) as case:
        row = case.con.execute(
            "SELECT 'transfer:' || min(t.transfer_id) FROM transfer_rows t JOIN entities e ON e.node_id = t.src JOIN roles r USING "
            "(entity_id) JOIN nodes n ON n.node_id = t.src WHERE r.role = 'payer' AND n.rail = 'hawala' AND t.kind = 'deposit'"
        ).fetchone()
    assert row
    console.run("cite", played.case, row[0], "--names", allowed=(2,))
    before = len((played.case / "log.jsonl").read_text(encoding="utf-8").splitlines())
    console.run("cite", played.case, row[0], "--names", "--why", "to ask her")
    assert find_people(console.printed[-1][1], [*played.of("payer"), *played.of("innocent")], accounts=False)
    logged = (played.case / "log.jsonl").read_text(encoding="utf-8").splitlines()[before:]
    assert [json.loads(line)["command"] for line in logged] == ["names"]
    assert json.loads(logged[0])["why"] == "to ask her"


def test_the_search_knows_people_however_they_are_written() -> None:
    account = "TFLZiFoxp6s4QX2KAG1NwKUMx6Cd87wGNd"
    person = Person("7", "payer", frozenset({"Amir Khan"}), frozenset({"+38761000001"}), frozenset({account}))
    for text in ("paid by AMIR KHAN.", "Amir&#32;Khan", "+38761000001", f"({account})", "TFLZiFox...wGNd", "tflzifox…87wGNd"):
        assert find_people(text, [person], accounts=True), text
    for text in ("Amir Khanum", "Amir and Khan", "38761000001", "TFLZiFox", "TFLZiFox...xxxx"):
        assert not find_people(text, [person], accounts=True), text

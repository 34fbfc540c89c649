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
from trails.evaluate.case import Evaluation, evaluate_case

#: The scenario on which every command is run; on the others those that make a case step by step are left out.
WHOLE = "mixed-rails"
NAMED = ("payer", "innocent")


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


@pytest.fixture(scope="module", params=SEEDS)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(request.param, tmp_path_factory.mktemp("people"))


#: What each scenario measured, for the sum over all.
MEASURED: dict[str, Evaluation] = {}


def test_nobody_is_named_in_console_log_or_out(played: Played) -> None:
    found = []
    for where, text in [*played.console.printed, *played.files]:
        named = find_people(text, played.of("payer"), accounts=True) + find_people(text, played.of("innocent"), accounts=False)
        found += [f"{where}: {person} as {term!r}" for person, term in named]
    assert not found, "\n".join(found[:20])


def test_the_search_itself_finds_people(played: Played) -> None:
    """The evidence does name them: the search above is no search for nothing."""
    text = "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in sorted((played.simulation / "evidence").iterdir())
    )
    assert len({person for person, _ in find_people(text, played.of("payer"), accounts=True)}) > 5


def test_every_command_was_run(played: Played) -> None:
    if played.scenario == WHOLE:
        assert played.console.used == set(_COMMANDS) - {"demo"}


def test_the_secret_of_the_pseudonyms_is_in_nothing_that_leaves(played: Played) -> None:
    with Case.open(played.case, read_only=True) as case:
        key = str(case.config["pseudonyms"]["key"])
    assert not [where for where, text in [*played.console.printed, *played.files] if key in text]


def test_every_sentence_can_be_read(played: Played) -> None:
    with Case.open(played.case, read_only=True) as case:
        faults = [f"{where}: {fault}: {text}" for where, text, chance in list_texts(case) for fault in find_faults(text, chance)]
    assert not faults, "\n".join(faults[:20])


def test_payers_are_protected_and_on_no_trail(played: Played) -> None:
    with Case.open(played.case, read_only=True) as case:
        MEASURED[played.scenario] = evaluate_case(case, played.simulation)
    assert MEASURED[played.scenario].payers_on_trails == 0


def test_the_rule_protects_payers_and_not_everybody() -> None:
    """Over all scenarios together; `make people` measures ten larger cases."""
    if set(MEASURED) != set(SEEDS):
        pytest.skip(f"measured here were only {sorted(MEASURED)}")
    payers, protected, crew, taken = (
        sum(getattr(each, name) for each in MEASURED.values()) for name in ("payers", "payers_protected", "crew", "crew_protected")
    )
    assert protected / payers >= 0.95, (protected, payers)
    assert taken / crew <= 0.05, (taken, crew)


def test_names_are_shown_for_a_reason_and_the_log_says_so(played: Played) -> None:
    """The way round: with --names --why the source's own words stand there."""
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

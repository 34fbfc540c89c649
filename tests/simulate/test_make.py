"""The folder of a simulation: same bytes, whole or nothing, and an answer key that is never evidence."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.connector import list_connectors
from trails.errors import SourceError, UsageError
from trails.handover import add_folder
from trails.ingest import add_source
from trails.simulate import make
from trails.simulate.make import simulate_case
from trails.simulate.truth import TABLES, read_truth


def all_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(simulated: Path, tmp_path: Path) -> None:
    simulate_case(tmp_path / "again", size="S", seed=7, scenario="zvornik")
    assert all_files(tmp_path / "again") == all_files(simulated)
    simulate_case(tmp_path / "other", size="S", seed=8, scenario="zvornik")
    assert all_files(tmp_path / "other")["evidence/telegram.json"] != all_files(simulated)["evidence/telegram.json"]


def test_the_marker_states_the_hash_of_every_file(simulated: Path) -> None:
    said = json.loads((simulated / "simulation.json").read_text(encoding="utf-8"))
    files = all_files(simulated)
    del files["simulation.json"]
    assert said["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert said["fictional"].startswith("FICTIONAL")


def test_every_file_is_labelled_fictional_or_has_a_mapping_that_is(simulated: Path) -> None:
    assert (simulated / "README.md").read_text(encoding="utf-8").count("FICTIONAL") == 1
    for path in (simulated / "evidence").glob("*.mapping.toml"):
        assert "FICTIONAL" in path.read_text(encoding="utf-8")


def test_no_case_takes_the_answer_key(simulated: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case") as case:
        for path in sorted((simulated / "truth").glob("*.csv")):
            with pytest.raises(SourceError, match="answer key"):
                add_source(case, path)
            for connector in list_connectors():
                with pytest.raises(SourceError, match="answer key"):
                    add_source(case, path, connector=connector.name)
        assert case.con.execute("SELECT count(*) FROM sources").fetchone() == (0,)
        assert not list((case.folder / "sources").iterdir())


def test_truth_reads_back(simulated: Path) -> None:
    tables = read_truth(simulated)
    assert set(tables) == set(TABLES)
    assert tables == read_truth(simulated / "truth")
    movements = {each["movement"] for each in tables["movements"]}
    for each in tables["records"]:
        if each["what"].startswith("M"):
            assert set(each["what"].split("+")) <= movements
    assert all(set(each["steps"].split("|")) <= movements for each in tables["trails"])


def test_every_record_of_an_agreement_names_it(simulated: Path) -> None:
    tables = read_truth(simulated)
    agreed = {each["obligation"] for each in tables["obligations"]}
    said = [each["what"].split("|") for each in tables["records"] if each["what"].startswith("release")]
    assert said
    assert all(parts[-1] in agreed for parts in said)
    codes = [each for each in tables["movements"] if each["kind"] in ("deposit", "payout", "refund") and each["network"] == "1"]
    assert codes
    assert all(each["obligation"] in agreed for each in codes)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        simulate_case(tmp_path, size="S", seed=1, scenario="mixed-rails")
    assert all_files(tmp_path) == {"mine.txt": b"mine"}
    with pytest.raises(UsageError, match="is a file"):
        simulate_case(tmp_path / "mine.txt", size="S", seed=1, scenario="mixed-rails")


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_is_stopped_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException) -> None:
    done = []

    def write(folder: Path, each: object) -> None:
        done.append(each)
        if len(done) == 5:
            raise stop
        (folder / f"{len(done)}.bin").write_bytes(b"half")

    monkeypatch.setattr(make, "write_file", write)
    expected = UsageError if isinstance(stop, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        simulate_case(tmp_path / "out", size="S", seed=1, scenario="mixed-rails")
    assert len(done) == 5
    assert not (tmp_path / "out").exists()


def test_an_unfinished_simulation_is_refused(simulated: Path, tmp_path: Path) -> None:
    for name in ("evidence", "truth"):
        (tmp_path / "half" / name).mkdir(parents=True)
        for path in (simulated / name).iterdir():
            (tmp_path / "half" / name / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match="never finished"), Case.create(tmp_path / "case") as case:
        add_folder(case, tmp_path / "half" / "evidence")
    with pytest.raises(UsageError, match="no finished simulation"):
        read_truth(tmp_path / "half")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["--seed", "many"], "'many' is no whole number"),
        (["--scenario", "moon"], "there is no scenario 'moon'"),
        (["--scenario", "zvornik", "--size", "M"], "has the size S alone, not M"),
        (["--size", "huge"], "'huge' is not one of"),
    ],
)
def test_bad_requests_get_one_clear_message(tmp_path: Path, said: list[str], message: str) -> None:
    run = CliRunner().invoke(cli, ["simulate", str(tmp_path / "out"), *said])
    assert run.exit_code != 0
    assert message in (run.output + str(run.exception))
    assert not (tmp_path / "out").exists()


def test_own_parameters_are_used(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[fault_missing]\nvalue = 0.0\n[fault_duplicate]\nvalue = 0.0\n", encoding="utf-8")
    run = CliRunner().invoke(cli, ["simulate", str(tmp_path / "out"), "--parameters", str(tmp_path / "mine.toml"), "--json"])
    assert run.exit_code == 0
    faults = {each["fault"] for each in read_truth(tmp_path / "out")["records"]}
    assert "missing" not in faults
    assert "duplicate" not in faults
    assert "code typo" in faults


def test_list_names_scenarios_and_sources() -> None:
    shown = CliRunner().invoke(cli, ["simulate", "--list"]).output
    assert "zvornik (size S)" in shown
    assert "source: USKOK 2025" in shown
    data = json.loads(CliRunner().invoke(cli, ["simulate", "--list", "--json"]).output)
    assert data["parameters"]["heads_car"]["source"].startswith("USKOK")
    assert "cash-only" in data["scenarios"]

"""Settings are refused by name where they are unknown, of a wrong type or out of bounds; a change is logged with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.errors import CaseError, UsageError
from trails.settings import SETTINGS, read_config, read_value
from trails.verify import find_settings_change, verify_case


def edit(case: Case, old: str, new: str) -> None:
    path = case.folder / "case.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("name", [name for name, each in SETTINGS.items() if isinstance(each.default, (int, float))])
@pytest.mark.parametrize("value", ["1e308", '"x"', "nan", "-5", "inf", "true", "[1]"])
def test_a_value_out_of_its_bounds_is_refused_by_name(case: Case, name: str, value: str) -> None:
    case.close()
    edit(case, f"{name} = {json.dumps(SETTINGS[name].default)}", f"{name} = {value}")
    with pytest.raises(CaseError, match=rf"\[settings\]: {name} is .*: it must be a"):
        Case.open(case.folder, read_only=True)


@pytest.mark.parametrize(("old", "new", "said"), [
    ('reference_currency = "USD"', 'reference_currency = "usd"', "code of a currency"),
    ('reference_currency = "USD"', "reference_currency = 5", "code of a currency"),
    ("large_clusters = [1000, 100, 10, 10]", "large_clusters = [1000, 100]", "list of four whole numbers"),
    ("large_clusters = [1000, 100, 10, 10]", "large_clusters = [1000, 100, 10, 0]", "list of four whole numbers"),
    ("max_hops = 6", "max_hops = 6.5", "a whole number from 1 to 12"),
    ("[settings]", "[setting]", r"unknown section \[setting\]"),
    ("[settings]", "[settings", "case.toml"),
    ("key = ", "keys = ", r"\[pseudonyms\] has no keys"),
    ('name = "case"', 'name = ""', r"\[case\] name"),
])  # fmt: skip
def test_what_else_is_refused(case: Case, old: str, new: str, said: str) -> None:
    case.close()
    edit(case, old, new)
    with pytest.raises(CaseError, match=said):
        Case.open(case.folder)


def test_a_huge_file_is_no_settings_file(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_bytes(b"#" * (2 << 20))
    with pytest.raises(CaseError, match="such a file is much shorter"):
        read_config(tmp_path / "case.toml")


def test_values_as_people_write_them() -> None:
    assert read_value("window_hours", "48.5") == 48.5
    assert read_value("reference_currency", "EUR") == "EUR"
    assert read_value("large_clusters", "[500, 50, 5, 5]") == [500, 50, 5, 5]
    for name, text in (("window_hours", "soon"), ("max_hops", "99"), ("no_such", "1")):
        with pytest.raises(UsageError, match=name):
            read_value(name, text)


def run(*said: str) -> str:
    done = CliRunner().invoke(cli, ["settings", *said], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_change_is_logged_with_its_reason_and_an_edit_by_hand_waits_for_one(case: Case) -> None:
    folder = str(case.folder)
    case.close()
    assert "window_hours" in run(folder)
    run(folder, "--set", "window_hours=48", "--why", "the office pays within two days")
    with Case.open(case.folder) as again:
        entry = json.loads(again.log_lines()[-1])
        assert (entry["command"], entry["changed"], entry["why"]) == (
            "settings",
            ["window_hours"],
            "the office pays within two days",
        )
        assert again.settings["window_hours"] == 48
        assert verify_case(again).problems == []
    edit(case, "max_hops = 6", "max_hops = 4")
    assert "case.toml was changed since log line 2" in run(folder)
    with Case.open(case.folder, read_only=True) as again:
        assert find_settings_change(again) == 2
        assert "case.toml was changed since log line 2" in verify_case(again).problems[0]
    run(folder, "--accept", "--why", "meant so")
    with Case.open(case.folder, read_only=True) as again:
        assert verify_case(again).problems == []
        assert json.loads(run(folder, "--json"))["changed_since_log_line"] is None


def test_a_change_without_a_reason_is_refused(case: Case) -> None:
    case.close()
    done = CliRunner().invoke(cli, ["settings", str(case.folder), "--set", "max_hops=4"])
    assert isinstance(done.exception, UsageError)
    with Case.open(case.folder) as again, pytest.raises(UsageError, match="reason"):
        again.change_settings({"max_hops": 4}, why=" ")
    assert again.settings["max_hops"] == 6


def test_a_change_that_was_stopped_before_it_was_in_its_place_is_finished(case: Case) -> None:
    ready = case.folder / "case.toml.ready"
    text = (case.folder / "case.toml").read_text()
    case.change_settings({"max_hops": 4}, why="x")
    ready.write_text((case.folder / "case.toml").read_text())
    (case.folder / "case.toml").write_text(text)
    case.close()
    with Case.open(case.folder) as again:
        assert not ready.exists()
    with Case.open(case.folder) as again:
        assert again.settings["max_hops"] == 4
        assert verify_case(again).problems == []

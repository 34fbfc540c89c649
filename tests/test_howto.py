"""The how-to pages are run as they are written: every ``$ trails`` line, with the output the page shows beneath it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from tests.lookups.server import serve
from tests.lookups.standins import TronGrid, trc20_rows
from trails.cli import cli, main
from trails.cli.connectors import write_page
from trails.connector import list_connectors
from trails.unread_formats import list_advice

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "trails" / "docs"
FILES = (DOCS / "howto-files.md").read_text(encoding="utf-8")
FETCH = (DOCS / "howto-fetch.md").read_text(encoding="utf-8")
LIMITS = (DOCS / "limits.md").read_text(encoding="utf-8")
OWNER = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"


@dataclass(frozen=True)
class Shown:
    code: int
    text: str


Run = Callable[[list[str]], Shown]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``trails`` as the installed script does, in a folder where the connectors' samples lie."""
    (tmp_path / "connectors").symlink_to(ROOT / "connectors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRAILS_ETHERSCAN_KEY", raising=False)

    def call(words: list[str]) -> Shown:
        monkeypatch.setattr(sys, "argv", words)
        capsys.readouterr()
        code: int | str | None = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return Shown(code if isinstance(code, int) else 1, said.out + said.err)

    return call


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a page in order: their language and text."""
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield found[1], found[2]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines shown beneath it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield command, lines


def assert_shown(expected: list[str], output: str, command: str) -> None:
    """The lines shown stand in the output, in this order and one after the other; ``...`` stands for anything."""
    pattern = "\n".join(expected)
    regex = re.escape(pattern).replace(re.escape("..."), r"[\s\S]*?")
    assert re.match(regex, output), f"{command}\nshown on the page:\n{pattern}\nprinted:\n{output}"


def play(block: str, run: Run, url: str | None = None) -> int:
    """Run the commands of a block; a page that shows an error must get one. How many there were."""
    count = 0
    for command, lines in commands(block):
        words = shlex.split(command)
        assert words[0] == "trails"
        if url and words[1] == "fetch" and "--dry-run" not in words:
            words += ["--url", url]
        shown = run(words)
        assert lines, f"the page shows nothing of: {command}"
        assert_shown(lines, shown.text, command)
        assert (shown.code != 0) == any(line.startswith("trails: ") for line in lines), f"{command}\n{shown.text}"
        count += 1
    return count


def test_every_command_about_files_prints_what_the_page_shows(run: Run, tmp_path: Path) -> None:
    count = 0
    for language, text in blocks(FILES):
        if language == "csv":
            (tmp_path / "linden.csv").write_text(text, encoding="utf-8")
        elif language == "toml":
            mapping = tmp_path / "linden.csv.mapping.toml"
            before = mapping.read_text(encoding="utf-8") if mapping.exists() else ""
            # the second block is one line more under [status]
            mapping.write_text(before.replace("[status]", f"[status]\n{text}") if before else text, encoding="utf-8")
        else:
            assert language == "console"
            count += play(text, run)
    assert count == FILES.count("\n$ ") > 40


def test_the_notebook_without_its_mapping_is_refused_as_the_page_says(run: Run, tmp_path: Path) -> None:
    notebook = next(text for language, text in blocks(FILES) if language == "csv")
    (tmp_path / "linden.csv").write_text(notebook, encoding="utf-8")
    run(["trails", "new", "linden"])
    shown = run(["trails", "add", "linden", "linden.csv"])
    assert (shown.code, "no connector recognises this file" in shown.text) == (4, True)


def test_the_page_and_the_message_say_the_same_of_files_that_are_not_read() -> None:
    said = FILES.split("what to ask for instead:")[1].split("For anything else")[0]
    assert re.findall(r"^- (.+)\.$", said, re.MULTILINE) == [advice[0].upper() + advice[1:] for advice in list_advice()]


@pytest.mark.parametrize(
    ("name", "beginning", "instead"),
    [
        ("statement.pdf", b"%PDF-1.7\n1 0 obj", "ask for the same rows as CSV or XLSX"),
        ("screen.png", b"\x89PNG\r\n\x1a\n", "ask for the export"),
        ("msgstore.db", b"SQLite format 3\x00", "ask for the table of messages"),
        ("page.html", b"<!DOCTYPE html><html></html>", "use the site's own export"),
        ("letter.rtf", b"{\\rtf1 hello}", "ask for the rows as CSV or XLSX"),
        ("notes.xyz", b"nothing that anybody knows", "describe its columns in a mapping"),
    ],
)
def test_a_file_that_is_not_read_is_told_what_to_ask_for(run: Run, name: str, beginning: bytes, instead: str) -> None:
    Path(name).write_bytes(beginning)
    run(["trails", "new", "river"])
    shown = run(["trails", "add", "river", name])
    assert shown.code == 4
    assert instead in shown.text
    assert "howto-files.md" in shown.text


def test_every_command_about_look_ups_prints_what_the_page_shows(run: Run) -> None:
    with serve(TronGrid(OWNER, trc20_rows(OWNER, 450))) as service:
        count = sum(play(text, run, service.url) for language, text in blocks(FETCH) if language == "console")
        assert service.count == 3
    assert count == FETCH.count("\n$ ") > 6


@pytest.mark.parametrize(("page", "command"), [(FILES, "add"), (FETCH, "fetch")])
def test_every_option_a_page_names_exists(page: str, command: str) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    known = {option for name in (command, "check", "connectors", "cite", "transcribe") for option in options_of(name)}
    assert named <= known
    assert len(named) >= 9


def options_of(name: str) -> set[str]:
    found = cli.get_command(click.Context(cli), name)
    assert found
    return {option for parameter in found.params for option in parameter.opts}


def test_the_page_about_files_names_everything_a_person_may_say() -> None:
    said = options_of("add") - {"case", "files", "--json"}
    assert {option for option in said if f"`{option}" not in FILES} == set()


def test_the_page_about_look_ups_names_every_source_option_and_variable() -> None:
    fetch = cli.get_command(click.Context(cli), "fetch")
    assert fetch
    source = next(parameter for parameter in fetch.params if parameter.name == "source")
    assert isinstance(source.type, click.Choice)
    assert re.findall(r"^\| `([a-z-]+)` \|", FETCH, re.MULTILINE) == list(source.type.choices)
    hidden = {"case", "addresses", "--json", "--source", "--confirmations", "--timeout"}
    assert {option for option in options_of("fetch") - hidden if option not in FETCH} == set()
    for name in re.findall(r"TRAILS_\w+", fetch.help or ""):
        assert name in FETCH or name.removeprefix("TRAILS_BITCOIN_RPC") in FETCH


def test_the_samples_a_page_points_to_exist() -> None:
    named = {path for page in (FILES, FETCH) for path in re.findall(r"connectors/\w+/[\w.-]+\w", page)}
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_section_of_the_contents_is_there() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^## (.+)$", FILES, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", FILES)) == headings


def test_the_page_of_limits_is_what_the_manifests_say() -> None:
    """Mend it with: trails connectors --markdown > trails/docs/connectors.md"""
    page = (DOCS / "connectors.md").read_text(encoding="utf-8")
    assert page == write_page(list_connectors())
    for connector in list_connectors():
        assert connector.manifest
        assert all(f"- {limit}\n" in page for limit in connector.manifest.limits)
        assert f"**Verified on.** {connector.manifest.verified}\n" in page


@pytest.mark.parametrize(
    "words",
    [
        "rev*.dat",
        "Cellebrite",
        "Kraken",
        "OKX",
        "Bybit",
        "KuCoin",
        "HTX",
        "Pick-up lists",
        "live services",
        "six languages",
    ],
)
def test_what_was_never_seen_in_the_original_is_said(words: str) -> None:
    said = LIMITS.split("## Not verified against originals")[1].split("\n## ")[0]
    assert words in said


def test_the_pages_lead_to_each_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in ("howto-files.md", "howto-fetch.md", "limits.md", "connectors.md"):
        assert f"(trails/docs/{page})" in readme

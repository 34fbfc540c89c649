"""``trails connectors``: what can be read, how each connector knows a file, on what it was tried, and what it misses."""

from __future__ import annotations

import shutil
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trails.cli.options import json_option, print_json
from trails.cli.show import echo, echo_layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trails.connector import Connector, Manifest

_INDENT, _LABEL = 2, 11
#: Options of a manifest that the command line calls otherwise.
_PARAMETERS = {"with": "companions", "mapping": "mapping_path"}
_IN_A_MAPPING = {
    "scope": "one name for all files of the same chat or book, so that they join",
    "year": "the year of dates that state none",
    "code_words": "further words that announce a code",
    "region": "the country of phone numbers without their +, like BA",
    "timezone": "the zone of times that state none; --timezone wins over it",
}


@click.command()
@click.argument("name", required=False)
@click.option("--markdown", is_flag=True, help="Print all of them as a page of Markdown: verified on what, and limits.")
@json_option
def connectors(name: str | None, as_json: bool, markdown: bool) -> None:
    """List what can be read, or say everything about the connector NAME.

    With NAME: how it recognises a file, which layouts it knows, what you can say about a file, what it was and was not
    verified on, what it misses, and where its made-up samples lie. One that is broken is listed with the reason.

    \b
    trails connectors
    trails connectors whatsapp
    """
    from trails.connector import list_connectors

    found = list_connectors()
    if name is not None:
        found = [_find(name, found)]
    if markdown:
        echo_layout(write_page(found))
    elif as_json:
        described = [describe(each) for each in found]
        print_json(described if name is None else described[0])
    elif name is None:
        _print_list(found)
    else:
        _print_one(found[0])


def _find(name: str, found: list[Connector]) -> Connector:
    from difflib import get_close_matches

    from trails.errors import UsageError

    by_name = {each.name: each for each in found}
    if name not in by_name:
        near = get_close_matches(name, list(by_name), 3, 0.4) or [each for each in by_name if name[:4] in each]
        hint = f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(by_name)}"
        raise UsageError(f"no connector is called {name!r}; {hint}")
    return by_name[name]


def describe(connector: Connector) -> dict[str, Any]:
    """A connector as plain values: its manifest, the layouts it knows, and its samples with what must be said."""
    from dataclasses import asdict

    return {
        "name": connector.name,
        "broken": connector.broken,
        **(asdict(connector.manifest) if connector.manifest else {}),
        "layouts": list_layouts(connector),
        "samples": list_samples(connector),
    }


def list_layouts(connector: Connector) -> list[dict[str, str]]:
    """The layouts a connector knows by their header (its ``profiles/``): name, title, and where each was seen."""
    folder = connector.folder / "profiles" if connector.folder else Path("profiles")
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    return [{key: str(table["profile"][key]) for key in ("name", "title", "source")} for table in tables]


def list_samples(connector: Connector) -> list[dict[str, Any]]:
    """A connector's made-up samples: where each lies, what must be said about it, and why it is recognised."""
    if connector.folder is None:
        return []
    beside = (".mapping.toml", ".options.toml")
    found = sorted(path for path in connector.folder.glob("sample*") if not path.name.endswith(beside))
    return [_describe_sample(connector, path) for path in found if ".with." not in path.name]


def _describe_sample(connector: Connector, path: Path) -> dict[str, Any]:
    from dataclasses import replace

    from trails.connector import Source
    from trails.records import read_head

    mapping, said = (path.with_name(f"{path.name}.{kind}.toml") for kind in ("mapping", "options"))
    declared = tomllib.loads(mapping.read_text(encoding="utf-8")) if mapping.is_file() else None
    why = None
    if not connector.broken:
        head = read_head(Source(path, path.name, "", path.stat().st_size))
        why = connector.recognise(replace(head, mapping=declared))
    return {
        "path": str(path),
        "recognised": why,
        "mapping": mapping.name if declared is not None else None,
        "said": tomllib.loads(said.read_text(encoding="utf-8")) if said.is_file() else {},
        "with": [each.name for each in sorted(path.parent.glob(f"{path.name}.with.*"))],
    }


def explain_options(options: Iterable[str]) -> list[tuple[str, str]]:
    """What a person may say, as on the command line, each with its meaning."""
    from trails.cli.case import add

    parameters = {parameter.name: parameter for parameter in add.params if isinstance(parameter, click.Option)}
    explained = []
    for name in options:
        _, dot, inner = name.partition(".")
        if dot:
            explained.append((f"{inner} in a mapping", _IN_A_MAPPING.get(inner, "")))
        elif parameter := parameters.get(_PARAMETERS.get(name, name)):
            explained.append((parameter.opts[0], parameter.help or ""))
    return explained


def _width() -> int:
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))


def _wrap(text: str, *, first: str = "", rest: str = "") -> str:
    """Text in lines of the terminal's width; words with hyphens, dots and slashes stay whole."""
    return textwrap.fill(
        text, _width(), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _print_field(label: str, text: str) -> None:
    if text:
        first = " " * _INDENT + label.ljust(_LABEL)
        echo_layout(_wrap(text, first=first, rest=" " * (_INDENT + _LABEL)))


def _print_section(title: str, texts: Iterable[str]) -> None:
    listed = list(texts)
    if listed:
        echo()
        echo_layout(_wrap(title))
    for text in listed:
        echo_layout(_wrap(text, first=" " * _INDENT + "- ", rest=" " * (_INDENT + 2)))


def _print_list(found: list[Connector]) -> None:
    for connector in found:
        manifest = connector.manifest
        echo_layout(_wrap(f"{connector.name}: {manifest.title if manifest else 'no manifest'}", rest=" " * _INDENT))
        if connector.broken:
            _print_field("BROKEN", connector.broken)
        if manifest:
            _print_common(manifest)
            _print_field("samples", ", ".join(Path(each["path"]).name for each in list_samples(connector)))
        echo()
    echo_layout(
        _wrap(
            f"{len(found)} connectors. `trails connectors NAME` says how one recognises a file, what it was verified "
            "on, what it misses, and where its samples lie."
        )
    )


def _print_common(manifest: Manifest) -> None:
    _print_field("formats", ", ".join(manifest.formats))
    _print_field("rails", ", ".join(manifest.rails) or "none: it states prices")
    _print_field("licence", manifest.licence)


def _print_one(connector: Connector) -> None:
    manifest = connector.manifest
    version = f" (version {manifest.version})" if manifest else ""
    echo_layout(_wrap(f"{connector.name}{version}: {manifest.title if manifest else 'no manifest'}", rest=" " * _INDENT))
    echo()
    if connector.broken:
        _print_field("BROKEN", connector.broken)
    if manifest is None:
        return
    _print_common(manifest)
    _print_field("a row is", manifest.row)
    _print_field("verified", manifest.verified or "the connector does not say on what")
    samples = list_samples(connector)
    _print_section(
        "How it recognises a file (shown by its samples)",
        dict.fromkeys(each["recognised"] or "only when it is named with --as" for each in samples),
    )
    _print_section(
        "Layouts it knows",
        (f"{each['title']} [{each['name']}]. Taken from: {each['source']}" for each in list_layouts(connector)),
    )
    _print_section(
        "What you can say about a file", (f"{name}: {text}" for name, text in explain_options(manifest.options))
    )
    _print_section("Files that go with it (--with)", manifest.companions)
    _print_section("Limits, and what it misses", manifest.limits)
    _print_section(f"Samples, all made up, in {connector.folder}", map(show_sample, samples))


def show_sample(sample: dict[str, Any]) -> str:
    """One sample with what must be said to read it."""
    words = [f"--{key.replace('_', '-')} {value}" for key, value in sample["said"].items()]
    words += [f"--with {name}" for name in sample["with"]]
    mapping = f" (read with {sample['mapping']} beside it)" if sample["mapping"] else ""
    return " ".join([Path(sample["path"]).name, *words]) + mapping


_PAGE = """# What each connector was verified on, and what it misses

Written by `trails connectors --markdown` out of the connectors' own manifests; a test compares it. "Real" is a file or an
answer that a live chain, an authority or a program made. "Published" is a description, or a test file of another project.
No file of a real investigation was at hand.
"""


def write_page(found: Iterable[Connector]) -> str:
    """The page of all connectors: formats, licence, what each was verified on, what it misses."""
    parts = [_PAGE]
    for connector in found:
        manifest = connector.manifest
        if manifest is None:
            parts.append(f"\n## {connector.name}\n\nBroken: {connector.broken}\n")
            continue
        about = [
            f"{manifest.title}. Files: {', '.join(manifest.formats)}.",
            f"**Licence.** {manifest.licence}",
            f"**Verified on.** {manifest.verified}",
            "**Limits, and what it misses.**",
        ]
        limits = "".join(f"- {limit}\n" for limit in manifest.limits)
        parts.append(f"\n## {connector.name}\n\n" + "\n\n".join(about) + f"\n\n{limits}")
    return "".join(parts)

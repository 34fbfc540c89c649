"""Keys: where they may come from, and that nobody else can read them there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trails.errors import UsageError
from trails.http import Access
from trails.lookups import SERVICES
from trails.lookups.keys import find_access
from trails.lookups.service import KeyPlace

HEADER = KeyPlace("header", "X-KEY", ("A_KEY",))
NEEDED = KeyPlace("parameter", "apikey", ("A_KEY",), needed=True)
PATH = KeyPlace("path", "{key}", ("A_KEY",))
LOGIN = KeyPlace("login", "user", ("A_USER", "A_PASSWORD"), needed=True)
URL = "https://host.example"


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("place", "url", "environment", "expected"),
    [
        (HEADER, URL, {}, Access()),
        (HEADER, URL, {"A_KEY": "k1"}, Access(header=("X-KEY", "k1"))),
        (NEEDED, URL, {"A_KEY": "k1"}, Access(parameter=("apikey", "k1"))),
        (PATH, f"{URL}/v3/{{key}}", {"A_KEY": "k1"}, Access(path="k1")),
        (PATH, URL, {"A_KEY": "k1"}, Access()),
        (LOGIN, URL, {"A_USER": "me", "A_PASSWORD": "p:w"}, Access(login=("me", "p:w"))),
    ],
)
def test_from_the_environment(place: KeyPlace, url: str, environment: dict[str, str], expected: Access) -> None:
    assert find_access(place, url, None, environment) == expected


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        (HEADER, "k2\n", Access(header=("X-KEY", "k2"))),
        (NEEDED, "\ufeffk2", Access(parameter=("apikey", "k2"))),
        (LOGIN, "__cookie__:ab:cd\n", Access(login=("__cookie__", "ab:cd"))),
    ],
)
def test_from_a_file_which_counts_more(tmp_path: Path, place: KeyPlace, text: str, expected: Access) -> None:
    assert (
        find_access(place, URL, key_file(tmp_path, text), {"A_KEY": "other", "A_USER": "x", "A_PASSWORD": "y"})
        == expected
    )


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UsageError, match=f"can be read by others .mode {mode:04o}.; run `chmod 600"):
        find_access(HEADER, URL, key_file(tmp_path, "k3", mode), {})


@pytest.mark.parametrize("text", ["", "\n", "two words", "line\nline", "k\x00y", "clé"])
def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="key") as caught:
        find_access(NEEDED, URL, key_file(tmp_path, text), {})
    assert not text.strip() or text.strip() not in str(caught.value)


def test_a_cookie_file_without_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NAME:PASSWORD"):
        find_access(LOGIN, URL, key_file(tmp_path, "just-a-name"), {})


def test_a_folder_or_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="--key-file"):
            find_access(HEADER, URL, path, {})


@pytest.mark.parametrize(
    ("place", "url", "environment"),
    [
        (NEEDED, URL, {}),
        (PATH, f"{URL}/{{key}}", {}),
        (LOGIN, URL, {"A_USER": "me"}),
        (LOGIN, URL, {"A_PASSWORD": "me"}),
    ],
)
def test_a_needed_key_that_is_missing(place: KeyPlace, url: str, environment: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="a key is needed: set A_"):
        find_access(place, url, None, environment)


def test_a_place_for_the_key_in_the_url_where_it_goes_elsewhere() -> None:
    with pytest.raises(UsageError, match="is sent as X-KEY"):
        find_access(HEADER, f"{URL}/{{key}}", None, {"A_KEY": "k"})


def test_every_service_names_its_variables_in_the_help() -> None:
    from trails.cli.fetch import fetch

    for service in SERVICES.values():
        for name in service.key.variables:
            assert name in (fetch.help or ""), service.name

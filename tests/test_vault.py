"""Originals are kept unchanged, and a change is found."""

from __future__ import annotations

import hashlib
import threading
from io import FileIO
from pathlib import Path

import pytest

from trails import vault
from trails.errors import SourceError
from trails.vault import open_vaulted, vault_file


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


def test_the_copy_has_the_bytes_and_the_name_of_its_hash(tmp_path: Path, sources: Path) -> None:
    original = tmp_path / "a.csv"
    original.write_bytes(b"x,y\n1,2\n")
    source, known = vault_file(original, sources)
    assert (source.name, source.size, known) == ("a.csv", 8, False)
    assert source.sha256 == hashlib.sha256(b"x,y\n1,2\n").hexdigest() == source.path.name
    assert source.path.stat().st_mode & 0o222 == 0
    assert vault_file(original, sources)[1]
    assert len(list(sources.iterdir())) == 1


def test_folders_missing_and_empty_files_are_one_clear_message(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "empty.csv").touch()
    for path, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "no.csv", "No such file"),
        (tmp_path / "empty.csv", "empty"),
    ):
        with pytest.raises(SourceError, match=words):
            vault_file(path, sources)
    assert not list(sources.iterdir())


def test_a_file_that_changes_while_it_is_read_is_not_added(
    tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = tmp_path / "growing.csv"
    original.write_bytes(b"row\n" * 1000)
    copy = vault._copy

    def slow_copy(path: Path, file: FileIO, part: Path, most: int) -> tuple[str, int]:
        result = copy(path, file, part, most)
        writer = threading.Thread(target=lambda: path.write_bytes(b"row\n" * 1001))
        writer.start()
        writer.join()
        return result

    monkeypatch.setattr(vault, "_copy", slow_copy)
    with pytest.raises(SourceError, match="changed while it was being read"):
        vault_file(original, sources)
    assert not list(sources.iterdir())


def test_an_altered_or_missing_original_is_found(tmp_path: Path, sources: Path) -> None:
    original = tmp_path / "a.csv"
    original.write_bytes(b"x\n1\n")
    source, _ = vault_file(original, sources)
    source.path.chmod(0o644)
    source.path.write_bytes(b"x\n2\n")
    with pytest.raises(SourceError, match="was changed"):
        open_vaulted(sources, source.sha256, "a.csv")
    source.path.unlink()
    with pytest.raises(SourceError, match="missing from the vault"):
        open_vaulted(sources, source.sha256, "a.csv")

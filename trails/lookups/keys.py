"""Where a service's key comes from: an environment variable, or a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from trails.errors import UsageError
from trails.http import Access
from trails.lookups.service import KeyPlace
from trails.plain_files import open_regular

_LONGEST = 4_096


def find_access(place: KeyPlace, url: str, key_file: Path | None, environment: Mapping[str, str]) -> Access:
    """The key of a service, as it is sent; raises UsageError where a needed one is missing.

    A file named on the command line counts more than the environment.
    """
    if "{key}" in url and place.how != "path":
        raise UsageError(f"{{key}} in --url has no meaning here: the key of this service is sent as {place.name}")
    values = _read_file(key_file, place) if key_file else [environment.get(name, "") for name in place.variables]
    if not all(values):
        if any(values) or place.needed or "{key}" in url:
            names = " and ".join(place.variables)
            wanted = "NAME:PASSWORD, like a node's .cookie file" if place.how == "login" else "the key alone"
            raise UsageError(f"a key is needed: set {names}, or name a file of mode 0600 with --key-file ({wanted})")
        return Access()
    if any(not value.isascii() or not value.isprintable() or " " in value for value in values):
        raise UsageError("the key holds spaces or characters that no key has; it is not shown here")
    if place.how == "header":
        return Access(header=(place.name, values[0]))
    if place.how == "parameter":
        return Access(parameter=(place.name, values[0]))
    if place.how == "login":
        return Access(login=(values[0], values[1]))
    return Access(path=values[0]) if "{key}" in url else Access()


def _read_file(path: Path, place: KeyPlace) -> list[str]:
    try:
        opened = open_regular(path, UsageError)
    except UsageError as problem:
        raise UsageError(f"--key-file {problem}") from None
    try:
        with opened as file:
            # looked at through the open file: what is checked is what is read
            found = os.fstat(file.fileno())
            if os.name == "posix" and found.st_mode & 0o077:
                raise UsageError(
                    f"--key-file {path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}); "
                    f"run `chmod 600 {path}` and consider the key known"
                )
            text = (file.read(_LONGEST) or b"").decode("utf-8-sig", "replace").strip()
    except OSError as problem:
        raise UsageError(f"--key-file {path}: {problem.strerror}") from None
    if place.how != "login":
        return [text]
    name, _, password = text.partition(":")
    return [name, password]

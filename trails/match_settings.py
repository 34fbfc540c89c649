"""What the matcher assumes before a case says more: the shipped file, or one of the user's."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from trails.errors import UsageError
from trails.plain_files import read_settings

#: Values by section and name, as in ``trails/hawala/matching.toml``.
Parameters = dict[str, dict[str, Any]]


def read_parameters(path: Path | None = None) -> Parameters:
    """The assumptions as shipped, or of a file that replaces some; raises UsageError for an unknown name or a wrong type."""
    shipped: Parameters = tomllib.loads((Path(__file__).parent / "hawala" / "matching.toml").read_text(encoding="utf-8"))
    if path is None:
        return shipped
    for section, values in read_settings(path).items():
        if section not in shipped or not isinstance(values, dict):
            raise UsageError(f"{path}: unknown section [{section}]; known: {', '.join(shipped)}")
        for name, value in values.items():
            if name not in shipped[section]:
                raise UsageError(f"{path}: [{section}] has no `{name}`; known: {', '.join(shipped[section])}")
            wanted = list if isinstance(shipped[section][name], list) else (int, float)
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise UsageError(f"{path}: [{section}] `{name}` is {value!r}, which is no {'list' if wanted is list else 'number'}")
            shipped[section][name] = value
    return shipped

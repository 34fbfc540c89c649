"""What can be wrong with an answer, in plain words: a library's own text may hold the URL with its key."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3

from trails.errors import SourceError


class FetchError(SourceError):
    """A look-up could not be finished; what came before is kept. ``everywhere``: the next one would fail as well."""

    def __init__(self, message: str, *, everywhere: bool = False) -> None:
        self.everywhere = everywhere
        super().__init__(message)


class Again(Exception):
    """A fault that may pass; ``wait_s`` is what the service asks for."""

    def __init__(self, problem: str, wait_s: float | None = None, status: int | None = None) -> None:
        self.problem, self.wait_s, self.status = problem, wait_s, status
        super().__init__(problem)


def read_wait(headers: Any) -> float | None:
    """The seconds a ``Retry-After`` asks for: a number, or a date held against the service's own clock."""
    text = str(headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 10**8))
    with suppress(ValueError, TypeError, OverflowError):
        moment = parsedate_to_datetime(text)
        try:
            now = parsedate_to_datetime(str(headers.get("Date")))
        except (ValueError, TypeError):
            now = datetime.now(UTC)
        return max(0.0, (moment - now).total_seconds())
    return None


def name_fault(problem: Exception) -> Again | FetchError:
    """A fault of the line in plain words."""
    if isinstance(problem, requests.exceptions.SSLError):
        return FetchError(
            "its certificate is not accepted, so it may be somebody else; nothing was sent (--ca-file names the "
            "certificate of a node of your own)",
            everywhere=True,
        )
    if isinstance(problem, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return FetchError("the URL or the key holds characters that cannot be sent", everywhere=True)
    if isinstance(problem, zlib.error):
        return Again("the packed answer is damaged or cut")
    if isinstance(problem, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return Again("it did not answer in time")
    if isinstance(problem, requests.exceptions.ConnectionError) and not _was_connected(problem):
        return Again("no connection: nothing listens there, or the name is not known")
    return Again("the line was cut before the whole answer had come")


def _was_connected(problem: BaseException) -> bool:
    """Whether a failed request had a connection: searched in the causes the libraries wrap into each other."""
    seen: list[BaseException] = [problem]
    for each in seen:
        if isinstance(each, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError):
            return False
        inner = [getattr(each, "reason", None), *each.args, each.__cause__, each.__context__]
        seen += [one for one in inner if isinstance(one, BaseException) and one not in seen]
    return True


def parse_json(body: bytes) -> tuple[Any, str | None]:
    """The JSON value of a body, or why there is none."""
    if not body.strip():
        return None, "the answer is empty"
    if body.lstrip()[:1] == b"<":
        return None, "the answer is a web page, not data"
    try:
        return json.loads(body), None
    except (ValueError, RecursionError):
        return None, "the answer is no whole JSON: cut or damaged"

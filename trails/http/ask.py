"""What is asked, with which key, how patiently, and what a base URL may be."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from trails.errors import UsageError
from trails.http.faults import FetchError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, without any key: ``{key}`` stands where one goes. ``scope`` tells apart equal requests whose
    answers may differ (the newest block), and is not sent."""

    url: str
    body: str | None = None
    scope: str = ""

    @property
    def method(self) -> str:
        """POST where there is a body."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True, slots=True)
class Access:
    """The keys of a service: as a header, a parameter, in the place of ``{key}`` in the URL, or name and password."""

    header: tuple[str, str] | None = field(default=None, repr=False)
    parameter: tuple[str, str] | None = field(default=None, repr=False)
    path: str | None = field(default=None, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def secrets(self) -> list[str]:
        """Every text that must be seen nowhere, the longest first."""
        pairs = [pair[1] for pair in (self.header, self.parameter, self.login) if pair]
        plain = [*pairs, *([self.path] if self.path else [])]
        if self.login:
            plain.append(base64.b64encode(":".join(self.login).encode()).decode())
        return sorted({each for text in plain for each in (text, quote(text, safe=""))} - {""}, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """A text with every key replaced by ``***``."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient and how polite: seconds for a whole answer, its size, tries, pauses, requests per second."""

    timeout_s: float = 60
    max_bytes: int = 64 << 20
    tries: int = 5
    backoff_s: float = 1
    longest_wait_s: float = 120
    pace: float = 2
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: status, body, its JSON value, which try it took, and where inside the host it was redirected."""

    status: int
    body: bytes
    value: Any
    attempt: int
    moved_to: str | None = None


#: Looks at status and JSON value: True where the answer is a good one, False to go by the status alone; raises Again
#: for an error that may pass, FetchError for one that will not.
Judge = Callable[[int, Any], bool]


@dataclass(slots=True)
class Deadline:
    """The moment at which a look-up must be over."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that remain."""
        return self.started + self.seconds - time.monotonic()

    def check(self, needed: float = 0) -> None:
        """Raise FetchError where less than ``needed`` seconds remain."""
        if self.left <= needed:
            raise FetchError(
                f"the time for one look-up ({self.seconds:g} s, --deadline) is over; what came so far is kept: "
                "the same command goes on from there"
            )


def check_url(url: str, *, insecure: bool = False) -> str:
    """A base URL that may be asked, without a slash at its end.

    Raises UsageError for a name or key in it, and for plain http to anything but this machine.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or port == 0 or not url.isascii() or url != url.strip():
        raise UsageError("--url must be like https://host/path")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(
            "--url may hold no name, password, `?` or `#`: what stands in a command is seen by others; write {key} where "
            "the key goes, and see `trails fetch --help` for where keys come from"
        )
    if any(len(part) >= 20 and part.replace("-", "").replace("_", "").isalnum() and any(map(str.isdigit, part))
           for part in parts.path.split("/")):  # fmt: skip
        raise UsageError(
            "--url seems to hold a key in its path; write {key} in its place and put the key where --help says"
        )
    if parts.scheme == "http" and host not in LOCAL_HOSTS and not insecure:
        raise UsageError(f"plain http to {host} is read by everybody on the way; use https, or say --insecure-http")
    return url.rstrip("/")

"""One polite, guarded way to ask an internet service: nothing here sends anything unless it is told to.

What a request never does: read proxies, passwords or certificates from the environment or ``.netrc`` (``trust_env`` is
off), keep cookies, follow a redirect to another host, take more than a bounded body, or outlive its deadline. The time
limit of ``requests`` is per read, so a service that sends a byte now and then would never end: here a timer cuts the line
when the whole answer, headers included, is not there in time. (The name look-up of the host is outside it: the system's
own limit holds.)

An answer is whole or it is none: a body shorter than announced, gzip that breaks off, JSON that is cut, an empty body and
a web page where JSON is due are faults. Faults that may pass (429, 5xx, a cut line) are tried again after a pause, which
is the service's own ``Retry-After`` where it gives one; the others stop with one message. Keys stand in no message.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from trails.errors import SourceError, UsageError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 528)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16


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

    header: tuple[str, str] | None = None
    parameter: tuple[str, str] | None = None
    path: str | None = None
    login: tuple[str, str] | None = None

    @property
    def secrets(self) -> list[str]:
        """Every text that must be seen nowhere, the longest first."""
        pairs = [pair[1] for pair in (self.header, self.parameter, self.login) if pair]
        plain = [*pairs, *([self.path] if self.path else [])]
        if self.login:
            encoded: str = requests.auth._basic_auth_str(*self.login)  # noqa: SLF001 - the header requests will send
            plain.append(encoded.split()[1])
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
    """A whole answer: status, body, its JSON value, and which try it took."""

    status: int
    body: bytes
    value: Any
    attempt: int


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
        raise UsageError("--url seems to hold a key in its path; write {key} in its place and put the key where --help says")
    if parts.scheme == "http" and host not in LOCAL_HOSTS and not insecure:
        raise UsageError(f"plain http to {host} is read by everybody on the way; use https, or say --insecure-http")
    return url.rstrip("/")


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


class _Guard:
    """Cuts the line of a request that is not over in time, however slowly its bytes come."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self.fired = False

    def watch(self, line: socket.socket) -> socket.socket:
        """Keep a second handle to the line: TLS takes the first one over."""
        self.close()
        self._line = line.dup()
        return line

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        self.fired = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.fired = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


class _GuardedAdapter(HTTPAdapter):
    """One line at a time, watched by a guard; nothing is retried behind our back."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
        guard = self._guard

        class PlainLine(urllib3.connection.HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.watch(super()._new_conn())

        class SafeLine(urllib3.connection.HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard.watch(super()._new_conn())

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = PlainLine

        class SafePool(urllib3.HTTPSConnectionPool):
            ConnectionCls = SafeLine

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SafePool}


class Client:
    """Asks one service. Not for several threads."""

    def __init__(self, policy: Policy, access: Access) -> None:
        self._policy, self._access, self._guard = policy, access, _Guard()
        self._not_before = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = policy.ca_file or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _GuardedAdapter(self._guard))
        if access.header:
            self._session.headers[access.header[0]] = access.header[1]

    def close(self) -> None:
        """Close the line."""
        self._session.close()
        self._guard.close()

    def send(
        self, request: Request, judge: Judge, deadline: Deadline, failed: Callable[[int, Again | FetchError], None]
    ) -> Reply:
        """Ask until there is a whole, good answer; ``failed`` is told of each try that gave none, before the pause.

        Raises FetchError when the tries or the time are used up, or the service refuses.
        """
        for attempt in range(1, self._policy.tries + 1):
            self._keep_pace(deadline)
            try:
                return self._try(request, judge, deadline, attempt)
            except Again as fault:
                failed(attempt, fault)
                if attempt == self._policy.tries:
                    raise FetchError(
                        f"{fault.problem}; tried {attempt} times. What came so far is kept: the same command goes on "
                        "from there",
                        everywhere=True,
                    ) from None
                self._pause(attempt, fault, deadline)
            except FetchError as problem:
                failed(attempt, problem)
                raise
        raise AssertionError("unreachable: a policy has at least one try")

    def _keep_pace(self, deadline: Deadline) -> None:
        wait = self._not_before - time.monotonic()
        if wait > 0:
            deadline.check(wait)
            time.sleep(wait)
        self._not_before = time.monotonic() + (1 / self._policy.pace if self._policy.pace else 0)

    def _pause(self, attempt: int, fault: Again, deadline: Deadline) -> None:
        wait = self._policy.backoff_s * 2 ** (attempt - 1) if fault.wait_s is None else fault.wait_s
        if wait > self._policy.longest_wait_s:
            raise FetchError(
                f"{fault.problem}; it asks to wait {wait:,.0f} s, longer than is waited for here "
                f"({self._policy.longest_wait_s:g} s). What came so far is kept: run the same command again later",
                everywhere=True,
            )
        deadline.check(wait)
        time.sleep(wait)

    def _try(self, request: Request, judge: Judge, deadline: Deadline, attempt: int) -> Reply:
        deadline.check()
        seconds = min(self._policy.timeout_s, deadline.left)
        with self._guard.limit(seconds):
            try:
                status, headers, body = self._exchange(request, seconds)
            except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error, OSError) as problem:
                if self._guard.fired:
                    raise Again(f"there was no whole answer within {seconds:g} s") from None
                raise _name_fault(problem) from None
        if self._guard.fired:
            raise Again(f"there was no whole answer within {seconds:g} s")
        return self._weigh(status, headers, body, judge, attempt)

    def _exchange(self, request: Request, seconds: float) -> tuple[int, Any, bytes]:
        """Send, and take the whole body; follows redirects inside the same host."""
        url = request.url.replace("{key}", quote(self._access.path or "", safe=""))
        for _ in range(3):
            response = self._session.request(
                request.method, url, stream=True, allow_redirects=False, timeout=(min(seconds, 20), seconds),
                data=None if request.body is None else request.body.encode(), auth=self._access.login,
                params=dict([self._access.parameter]) if self._access.parameter else None,
                headers={"Content-Type": "application/json"} if request.body is not None else None,
            )  # fmt: skip
            try:
                if response.status_code in _REDIRECTS:
                    url = self._follow(url, str(response.headers.get("Location") or ""))
                    continue
                return response.status_code, response.headers, self._take_body(response)
            finally:
                response.close()
        raise FetchError("it redirects in a circle; nothing more was sent", everywhere=True)

    def _follow(self, url: str, location: str) -> str:
        try:
            target, here = urlsplit(urljoin(url, location)), urlsplit(url)
            same = (target.scheme, target.hostname, target.port) == (here.scheme, here.hostname, here.port)
        except ValueError:
            same = False
        if not same or not location:
            shown = self._access.redact(location)[:100]
            raise FetchError(
                f"it redirects to {shown!r}, which is another host: refused, nothing was sent there",
                everywhere=True,
            )
        return target.geturl()

    def _take_body(self, response: requests.Response) -> bytes:
        """The whole body, unpacked; every size is bounded."""
        packing = str(response.headers.get("Content-Encoding") or "identity").strip().lower()
        if packing not in ("identity", "gzip", "x-gzip"):
            raise Again(f"the answer is packed as {packing[:20]!r}, which was not asked for")
        unpacker = zlib.decompressobj(31) if packing != "identity" else None
        parts, size, limit = [], 0, self._policy.max_bytes
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            part = unpacker.decompress(chunk, limit - size + 1) if unpacker else chunk
            size += len(part)
            if size > limit:
                raise FetchError(f"the answer is larger than {limit:,} bytes; ask for less at a time (--since, --until)")
            parts.append(part)
        if unpacker and not unpacker.eof:
            raise zlib.error
        return b"".join(parts)

    def _weigh(self, status: int, headers: Any, body: bytes, judge: Judge, attempt: int) -> Reply:
        """The answer, when it is whole JSON and good; else what kind of fault it is."""
        wait = read_wait(headers)
        value, problem = parse_json(body)
        try:
            if problem is None and judge(status, value):
                self._check_no_key(body)
                return Reply(status, body, value, attempt)
        except Again as fault:
            raise Again(self._access.redact(fault.problem), fault.wait_s or wait, status) from None
        except FetchError as refused:
            raise FetchError(self._access.redact(str(refused)), everywhere=refused.everywhere) from None
        if status in _PASSING:
            raise Again(f"it answered with status {status}", wait, status)
        if not 200 <= status < 300:
            shown = self._access.redact(body[:200].decode("utf-8", "replace"))
            said = f" and says {shown!r}" if problem is None else ""
            hint = "; a key may be missing or wrong" if status in (401, 403) else ""
            raise FetchError(f"it answered with status {status}{said}{hint}", everywhere=status in (401, 403))
        raise Again(problem or "the answer is none that is known", wait, status)

    def _check_no_key(self, body: bytes) -> None:
        if any(secret.encode() in body for secret in self._access.secrets):
            raise FetchError("the answer repeats the key, so it is not kept", everywhere=True)


def _name_fault(problem: Exception) -> Again | FetchError:
    """A fault of the line in plain words: the library's own text may hold the URL with its key."""
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

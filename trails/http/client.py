"""Asks one service, politely and guarded."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3

from trails.http.ask import Access, Deadline, Judge, Policy, Reply, Request
from trails.http.faults import Again, FetchError, name_fault, parse_json, read_wait
from trails.http.guard import Guard, GuardedAdapter

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 528)})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_LEAST_KEY = 8


class Client:
    """Asks one service. Not for several threads."""

    def __init__(self, policy: Policy, access: Access) -> None:
        self._policy, self._access, self._guard = policy, access, Guard()
        self._not_before = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(self._guard))
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
        attempt = 0
        while True:
            attempt += 1
            self._keep_pace(deadline)
            try:
                return self._try(request, judge, deadline, attempt)
            except Again as fault:
                failed(attempt, fault)
                if attempt >= self._policy.tries:
                    raise FetchError(
                        f"{fault.problem}; tried {attempt} times. What came so far is kept: the same command goes on "
                        "from there",
                        everywhere=True,
                    ) from None
                self._pause(attempt, fault, deadline)
            except FetchError as problem:
                failed(attempt, problem)
                raise

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
                status, headers, body, moved = self._exchange(request, seconds)
            except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error, OSError) as problem:
                if self._guard.fired:
                    raise Again(f"there was no whole answer within {seconds:g} s") from None
                raise name_fault(problem) from None
        if self._guard.fired:
            raise Again(f"there was no whole answer within {seconds:g} s")
        value = self._weigh(status, headers, body, judge)
        return Reply(status, body, value, attempt, self._access.redact(moved) if moved else None)

    def _exchange(self, request: Request, seconds: float) -> tuple[int, Any, bytes, str | None]:
        """Send, and take the whole body; follows redirects inside the same host."""
        url, moved = request.url.replace("{key}", quote(self._access.path or "", safe="")), None
        for _ in range(3):
            prepared = self._session.prepare_request(
                requests.Request(
                    request.method, url, data=None if request.body is None else request.body.encode(),
                    params=dict([self._access.parameter]) if self._access.parameter else None, auth=self._access.login,
                    headers={"Content-Type": "application/json"} if request.body is not None else None,
                )
            )  # fmt: skip
            # sent by the adapter and not by the session, which keeps cookies and reads the body of a redirect unbounded
            response = self._session.get_adapter(url).send(
                prepared, stream=True, timeout=(min(seconds, 20), seconds), verify=self._policy.ca_file or True
            )
            try:
                if response.status_code in _REDIRECTS:
                    url = moved = self._follow(url, str(response.headers.get("Location") or ""))
                    continue
                return response.status_code, response.headers, self._take_body(response), moved
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
                raise FetchError(
                    f"the answer is larger than {limit:,} bytes; ask for less at a time (--since, --until)"
                )
            parts.append(part)
        if unpacker and not unpacker.eof:
            raise zlib.error
        return b"".join(parts)

    def _weigh(self, status: int, headers: Any, body: bytes, judge: Judge) -> Any:
        """The answer's value, when it is whole JSON and good; else what kind of fault it is."""
        wait = read_wait(headers)
        value, problem = parse_json(body)
        try:
            if problem is None and judge(status, value):
                self._check_no_key(body)
                return value
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
        # a short password (1234) stands in many an answer by chance
        if any(secret.encode() in body for secret in self._access.secrets if len(secret) >= _LEAST_KEY):
            raise FetchError("the answer repeats the key, so it is not kept", everywhere=True)

"""Every fault a line and a service can have, on a real socket."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lookups import server as srv
from tests.lookups.conftest import StillClock
from tests.lookups.server import Fault, FaultServer, serve
from trails.errors import UsageError
from trails.http import Access, Again, Client, Deadline, FetchError, Policy, Request, check_url, read_wait
from trails.http.guard import Guard

QUICK = Policy(timeout_s=300, tries=3, backoff_s=0.01, longest_wait_s=5, pace=0, max_bytes=100_000)
GOOD = {"good": True, "text": "x" * 400}
CERTIFICATE = Path(__file__).parent / "self-signed.pem"


def judge(status: int, value: Any) -> bool:
    if isinstance(value, dict) and "wait" in value:
        raise Again("the service says wait", None, status)
    return status == 200 and isinstance(value, dict) and value.get("good") is True


class Asking:
    """A client, and what it was told of failed tries."""

    def __init__(self, policy: Policy = QUICK, access: Access | None = None) -> None:
        self.client = Client(policy, access or Access())
        self.failed: list[tuple[int, str]] = []

    def ask(self, url: str, *, body: str | None = None, seconds: float = 600) -> Any:
        reply = self.client.send(
            Request(url, body), judge, Deadline(seconds), lambda n, f: self.failed.append((n, str(f)))
        )
        return reply.value


@pytest.fixture
def asking() -> Iterator[Asking]:
    made = Asking()
    yield made
    made.client.close()


@pytest.fixture
def service() -> Iterator[FaultServer]:
    with serve(lambda _: GOOD) as running:
        yield running


PASSING = {
    "429": (srv.with_status(429), "status 429"),
    "500": (srv.with_status(500), "status 500"),
    "503": (srv.with_status(503, body=b"<html>busy</html>"), "status 503"),
    "cloudflare 522": (srv.with_status(522, body=b""), "status 522"),
    "reset": (srv.reset, "cut before the whole answer"),
    "cut JSON": (srv.cut_json, "no whole JSON"),
    "short body": (srv.short_body, "cut before the whole answer"),
    "cut without a length": (srv.unsized_cut, "no whole JSON"),
    "cut chunks": (srv.cut_chunks, "cut before the whole answer"),
    "broken gzip": (srv.broken_gzip, "damaged or cut"),
    "no gzip at all": (srv.no_gzip, "damaged or cut"),
    "unknown packing": (srv.unknown_packing, "not asked for"),
    "empty": (srv.empty, "empty"),
    "a web page": (srv.web_page, "web page"),
    "not what is due": (srv.with_value([1]), "none that is known"),
    "an error inside 200": (srv.with_value({"wait": 1}), "the service says wait"),
    "not UTF-8": (srv.with_body(lambda _: b'{"good": true, "text": "\xff"}'), "no whole JSON"),
    "nested too deep": (srv.with_body(lambda _: b"[" * 90_000), "no whole JSON"),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_told_and_tried_again(asking: Asking, service: FaultServer, name: str) -> None:
    fault, words = PASSING[name]
    service.faults.append(fault)
    assert asking.ask(f"{service.url}/x") == GOOD
    assert service.count == 2
    assert [number for number, _ in asking.failed] == [1]
    assert words in asking.failed[0][1]


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_stays_ends_with_one_clear_error(asking: Asking, service: FaultServer, name: str) -> None:
    fault, words = PASSING[name]
    service.faults += [fault] * 10
    with pytest.raises(FetchError, match="tried 3 times") as caught:
        asking.ask(f"{service.url}/x")
    assert words in str(caught.value)
    assert caught.value.everywhere
    assert service.count == 3


def test_a_packed_answer_is_unpacked(asking: Asking, service: FaultServer) -> None:
    service.faults.append(srv.packed)
    assert asking.ask(f"{service.url}/x") == GOOD
    assert service.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_refusal_is_not_tried_again(asking: Asking, service: FaultServer, status: int) -> None:
    service.faults.append(srv.with_status(status, body=b'{"error": "no such thing"}'))
    with pytest.raises(FetchError, match=f"status {status} and says .*no such thing") as caught:
        asking.ask(f"{service.url}/x")
    assert service.count == 1
    assert caught.value.everywhere == (status in (401, 403))


def test_retry_after_in_seconds_is_really_waited_for(asking: Asking, service: FaultServer) -> None:
    service.faults.append(srv.with_status(429, {"Retry-After": "1"}))
    asking.ask(f"{service.url}/x")
    assert service.seen[1].at - service.seen[0].at >= 1


def test_retry_after_in_seconds_is_waited_for_and_no_longer(
    asking: Asking, service: FaultServer, clock: StillClock
) -> None:
    service.faults.append(srv.with_status(429, {"Retry-After": "1"}))
    asking.ask(f"{service.url}/x")
    assert clock.pauses == [1]


def test_retry_after_as_a_date_is_held_against_the_clock_of_the_service(
    asking: Asking, service: FaultServer, clock: StillClock
) -> None:
    # the service's clock is an hour slow: against ours, its date has long passed
    theirs = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    headers = {
        "Date": format_datetime(theirs, usegmt=True),
        "Retry-After": format_datetime(theirs + timedelta(seconds=2), usegmt=True),
    }
    service.faults.append(srv.with_status(503, headers))
    asking.ask(f"{service.url}/x")
    assert clock.pauses == [2]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("7", 7.0), ("99999999999999999999", 1e8), ("-3", None), ("soon", None), ("", None), ("1.5", None)],
)
def test_what_a_retry_after_may_say(text: str, seconds: float | None) -> None:
    assert read_wait({"Retry-After": text}) == seconds


def test_a_retry_after_date_that_has_passed_means_now() -> None:
    assert read_wait({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_a_service_that_asks_to_wait_too_long_is_left_alone(
    asking: Asking, service: FaultServer, clock: StillClock
) -> None:
    service.faults.append(srv.with_status(429, {"Retry-After": "3600"}))
    with pytest.raises(FetchError, match="asks to wait 3,600 s"):
        asking.ask(f"{service.url}/x")
    assert clock.pauses == []
    assert service.count == 1


#: None of these ends by itself: that a request ends at all shows that it was cut.
SLOW = {"silence": srv.hang, "headers in drops": srv.drip_headers, "body in drops": srv.drip_body}


@pytest.mark.parametrize("name", SLOW)
def test_no_answer_lives_longer_than_its_limit(service: FaultServer, name: str) -> None:
    asking = Asking(Policy(timeout_s=0.6, tries=2, backoff_s=0.01, pace=0))
    service.faults += [SLOW[name]] * 2
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"(no whole answer within 0\.6 s|did not answer in time)"):
        asking.ask(f"{service.url}/x")
    assert time.monotonic() - began > 1.0
    assert [number for number, _ in asking.failed] == [1, 2]
    asking.client.close()


@dataclass
class HandTimer:
    """A timer that rings when a test says so."""

    seconds: float
    ring: Callable[[], None]
    daemon: bool = False

    def start(self) -> None:
        """Wait for the test."""

    def cancel(self) -> None:
        """There is nothing to stop."""


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[HandTimer]:
    """The timers that were started, the newest last; time is over for none of them by itself."""
    started: list[HandTimer] = []

    def start(seconds: float, ring: Callable[[], None]) -> HandTimer:
        started.append(HandTimer(seconds, ring))
        return started[-1]

    monkeypatch.setattr(threading, "Timer", start)
    return started


def when_time_is_over(timers: list[HandTimer], fault: Fault) -> Fault:
    """A fault that begins, and at once the time of its request is over."""

    def over(line: socket.socket, body: bytes) -> None:
        timers[-1].ring()
        fault(line, body)

    return over


@pytest.mark.parametrize("name", SLOW)
def test_every_try_is_sent_and_cut_when_its_time_is_over(
    service: FaultServer, timers: list[HandTimer], name: str
) -> None:
    asking = Asking(Policy(timeout_s=500, tries=2, backoff_s=0.01, pace=0))
    service.faults += [when_time_is_over(timers, SLOW[name])] * 2
    with pytest.raises(FetchError, match="no whole answer within 500 s; tried 2 times"):
        asking.ask(f"{service.url}/x")
    assert [timer.seconds for timer in timers] == [500, 500]
    assert service.count == 2
    asking.client.close()


def test_after_a_cut_line_the_next_answer_is_whole(service: FaultServer, timers: list[HandTimer]) -> None:
    asking = Asking(Policy(timeout_s=500, tries=2, backoff_s=0.01, pace=0))
    service.faults.append(when_time_is_over(timers, srv.drip_body))
    assert asking.ask(f"{service.url}/x") == GOOD
    assert asking.failed == [(1, "there was no whole answer within 500 s")]
    asking.client.close()


def test_a_line_that_comes_after_its_time_is_cut_at_once(timers: list[HandTimer]) -> None:
    guard = Guard()
    ours, theirs = socket.socketpair()
    with ours, theirs, guard.limit(500):
        timers[-1].ring()
        guard.watch(ours)
        theirs.setblocking(False)
        assert theirs.recv(1) == b"", "the other side sees the end"
    guard.close()


def test_a_handshake_that_never_ends_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = Asking(Policy(timeout_s=0.5, tries=1, pace=0))
        with pytest.raises(FetchError, match=r"(no whole answer within 0\.5 s|did not answer in time)"):
            asking.ask(f"https://127.0.0.1:{silent.getsockname()[1]}/x")
        asking.client.close()


def test_the_look_up_as_a_whole_has_a_deadline(service: FaultServer, clock: StillClock) -> None:
    asking = Asking(Policy(tries=3, longest_wait_s=5_000, pace=0))
    service.faults += [srv.with_status(503, {"Retry-After": "2000"})] * 9
    with pytest.raises(FetchError, match=r"the time for one look-up \(1000 s"):
        asking.ask(f"{service.url}/x", seconds=1_000)
    assert clock.pauses == []
    assert service.count == 1
    asking.client.close()


def test_the_deadline_of_the_look_up_also_cuts_a_slow_answer(service: FaultServer) -> None:
    asking = Asking(Policy(timeout_s=500, tries=5, backoff_s=0.01, pace=0))
    service.faults += [srv.drip_body] * 5
    with pytest.raises(FetchError, match=r"the time for one look-up \(0\.7 s"):
        asking.ask(f"{service.url}/x", seconds=0.7)
    asking.client.close()


def test_requests_keep_their_pace(service: FaultServer) -> None:
    asking = Asking(Policy(pace=5))
    began = time.monotonic()
    for _ in range(4):
        asking.ask(f"{service.url}/x")
    assert time.monotonic() - began > 0.59
    assert service.connections == 1
    asking.client.close()


def test_before_each_request_but_the_first_the_pace_is_waited_for(service: FaultServer, clock: StillClock) -> None:
    asking = Asking(Policy(pace=5))
    for _ in range(4):
        asking.ask(f"{service.url}/x")
    assert clock.pauses == pytest.approx([1 / 5] * 3)
    asking.client.close()


def test_a_body_over_the_bound_is_not_taken(asking: Asking, service: FaultServer) -> None:
    service.faults.append(srv.with_body(lambda _: b'"' + b"x" * 200_000 + b'"'))
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        asking.ask(f"{service.url}/x")
    assert service.count == 1


def test_a_gzip_bomb_is_not_unpacked(asking: Asking, service: FaultServer) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    assert len(bomb) < 300_000
    service.faults.append(srv.with_body(lambda _: bomb, {"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        asking.ask(f"{service.url}/x")


def test_an_endless_body_without_a_length_is_not_taken(asking: Asking, service: FaultServer) -> None:
    def endless(line: Any, _: bytes) -> None:
        line.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            line.sendall(b" " * 65_536)

    service.faults.append(endless)
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        asking.ask(f"{service.url}/x")


def test_a_redirect_to_another_host_is_refused_and_nothing_is_sent_there(asking: Asking, service: FaultServer) -> None:
    with serve(lambda _: GOOD) as other:
        for target in (
            f"{other.url}/x",
            f"//{other.url.removeprefix('http://')}/x",
            "https://example.org/",
            "file:///etc/passwd",
        ):
            service.faults.append(srv.with_status(302, {"Location": target}))
            with pytest.raises(FetchError, match="another host: refused"):
                asking.ask(f"{service.url}/x")
        assert other.count == 0
    assert service.count == 4


def test_a_redirect_inside_the_host_is_followed_with_the_body(asking: Asking, service: FaultServer) -> None:
    service.faults.append(srv.with_status(308, {"Location": "/moved"}))
    assert asking.ask(f"{service.url}/x", body='{"a": 1}') == GOOD
    assert [(seen.method, seen.path, seen.body) for seen in service.seen] == [
        ("POST", "/x", b'{"a": 1}'),
        ("POST", "/moved", b'{"a": 1}'),
    ]


def test_a_circle_of_redirects_ends(asking: Asking, service: FaultServer) -> None:
    service.faults += [srv.with_status(307, {"Location": "/x"})] * 20
    with pytest.raises(FetchError, match="in a circle"):
        asking.ask(f"{service.url}/x")
    assert service.count == 3


def test_where_nothing_listens_one_clear_error(asking: Asking) -> None:
    with serve(lambda _: GOOD) as gone:
        url = gone.url
    with pytest.raises(FetchError, match="no connection: nothing listens there"):
        asking.ask(f"{url}/x")


def test_a_name_nobody_knows(asking: Asking) -> None:
    with pytest.raises(FetchError, match="the name is not known"):
        asking.ask("http://no-such-host.invalid/x")


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(asking: Asking) -> None:
    with serve(lambda _: GOOD, certificate=CERTIFICATE) as own:
        with pytest.raises(FetchError, match="certificate is not accepted"):
            asking.ask(f"{own.url}/x")
        assert own.count == 0
        trusting = Asking(Policy(timeout_s=300, pace=0, ca_file=str(CERTIFICATE)))
        assert trusting.ask(f"{own.url}/x") == GOOD
        trusting.client.close()


def test_a_drip_inside_tls_is_cut_too(timers: list[HandTimer]) -> None:
    with serve(lambda _: GOOD, certificate=CERTIFICATE) as own:
        own.faults.append(when_time_is_over(timers, srv.drip_body))
        asking = Asking(Policy(timeout_s=500, tries=1, pace=0, ca_file=str(CERTIFICATE)))
        with pytest.raises(FetchError, match="no whole answer within 500 s"):
            asking.ask(f"{own.url}/x")
        asking.client.close()


def test_nothing_of_the_environment_leads_the_request_astray(
    service: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    asking = Asking()
    assert asking.ask(f"{service.url}/x") == GOOD
    assert "authorization" not in service.seen[0].headers
    asking.client.close()


def test_cookies_are_not_kept(asking: Asking, service: FaultServer) -> None:
    service.faults.append(srv.with_body(lambda body: body, {"Set-Cookie": "track=1; Path=/"}))
    asking.ask(f"{service.url}/x")
    asking.ask(f"{service.url}/x")
    assert "cookie" not in service.seen[1].headers


ACCESSES = {
    "header": (Access(header=("X-KEY", "s3cret-key/+1")), "x-key", "s3cret-key/+1"),
    "parameter": (Access(parameter=("apikey", "s3cret-key/+1")), None, "apikey=s3cret-key%2F%2B1"),
    "path": (Access(path="s3cret-key/+1"), None, "/v3/s3cret-key%2F%2B1"),
    "login": (Access(login=("me", "s3cret-key/+1")), "authorization", "Basic bWU6czNjcmV0LWtleS8rMQ=="),
}


@pytest.mark.parametrize("name", ACCESSES)
def test_a_key_is_sent_where_it_belongs_and_stands_in_no_error(service: FaultServer, name: str) -> None:
    access, header, sent = ACCESSES[name]
    asking = Asking(QUICK, access)
    url = f"{service.url}/v3/{{key}}" if name == "path" else f"{service.url}/x"
    asking.ask(url)
    found = service.seen[0].headers[header] if header else service.seen[0].target
    assert sent in found
    echo = json.dumps({"error": f"bad key {found} s3cret-key/+1"}).encode()
    for fault in (srv.with_status(403, body=echo), srv.with_status(302, {"Location": f"http://evil.example/?{found}"})):
        service.faults.append(fault)
        with pytest.raises(FetchError) as caught:
            asking.ask(url)
        assert "***" in str(caught.value)
        assert "s3cret" not in str(caught.value) + repr(asking.failed)
        assert caught.value.__cause__ is None
        assert "bWU6" not in str(caught.value)
    asking.client.close()


def test_an_answer_that_repeats_the_key_is_not_kept(service: FaultServer) -> None:
    asking = Asking(QUICK, Access(header=("X-KEY", "s3cret-key")))
    service.faults.append(srv.with_value({"good": True, "you_sent": "s3cret-key"}))
    with pytest.raises(FetchError, match="repeats the key"):
        asking.ask(f"{service.url}/x")
    asking.client.close()


def test_a_short_password_that_an_answer_holds_by_chance_is_no_leak(service: FaultServer) -> None:
    asking = Asking(QUICK, Access(login=("me", "xxxx")))
    assert asking.ask(f"{service.url}/x") == GOOD
    asking.client.close()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/", "host", "https://", "https://me:pw@host/", "https://me@host/", "https://host/?apikey=1", "https://host/#a",
        "https://host/v3/0123456789abcdef0123456789abcdef", "http://example.org/", "http://10.0.0.7:8545", "https://h\u00f6st/",
        "https://host:99999/", "https://host:0/", " https://host/", "http://localhost.example.org/",
    ],
)  # fmt: skip
def test_a_base_url_that_would_give_something_away_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"(--url|plain http)"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://host/v3/{key}",
        "http://127.0.0.1:8545",
        "http://[::1]:8545",
        "http://localhost/x/",
        "https://host:8443/api/v2",
    ],
)
def test_a_base_url_that_may_be_asked(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


def test_plain_http_to_another_machine_only_when_said() -> None:
    assert check_url("http://10.0.0.7:8545", insecure=True) == "http://10.0.0.7:8545"

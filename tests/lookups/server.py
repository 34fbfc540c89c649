"""A real server on a real socket that answers what it is told to, and breaks in every way it is told to.

``answer`` gives the JSON value (or bytes) for a request; ``faults`` are used up first, one a request. Everything that came
in is in ``seen``, so that a test can count what was sent.
"""

from __future__ import annotations

import gzip
import json
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came over the line."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def call(self) -> dict[str, Any]:
        """The JSON-RPC call in the body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


#: Writes to the line instead of the normal answer, whose bytes it gets.
Fault = Callable[[socket.socket, bytes], None]


@dataclass
class FaultServer:
    answer: Callable[[Seen], Any]
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def count(self) -> int:
        return len(self.seen)


def respond(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """The bytes of an answer; ``length`` lies about how long it is."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **(headers or {})}.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


#: The line ends after a fault: whoever is not told may send the next question down a line that is just being closed.
_CLOSING = {"Connection": "close"}


def with_status(status: int, headers: dict[str, str] | None = None, body: bytes = b"{}") -> Fault:
    return lambda line, _: line.sendall(respond(body, status, _CLOSING | (headers or {})))


def with_value(value: Any, status: int = 200) -> Fault:
    return with_status(status, body=json.dumps(value).encode())


def with_body(change: Callable[[bytes], bytes], headers: dict[str, str] | None = None) -> Fault:
    return lambda line, body: line.sendall(respond(change(body), 200, _CLOSING | (headers or {})))


def reset(line: socket.socket, _: bytes) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def hang(line: socket.socket, _: bytes) -> None:
    """Say nothing until the other side hangs up."""
    select.select([line], [], [])


def drip(beginning: bytes) -> Fault:
    """Send a beginning, then one byte after the other, never silent for long and never done, until the other side hangs up."""

    def fault(line: socket.socket, _: bytes) -> None:
        line.sendall(beginning)
        while not select.select([line], [], [], 0.02)[0]:
            line.sendall(b" ")

    return fault


drip_headers = drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")
drip_body = drip(respond(b"", length=10**9))


def short_body(line: socket.socket, body: bytes) -> None:
    line.sendall(respond(body[:-3], length=len(body)))


def unsized_cut(line: socket.socket, body: bytes) -> None:
    """No length is announced and the line ends early: only the JSON shows it."""
    line.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body[: len(body) // 2])


def cut_chunks(line: socket.socket, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    line.sendall(head + f"{len(body):x}\r\n".encode() + body[:-2])


cut_json = with_body(lambda body: body[: len(body) // 2])
empty = with_body(lambda _: b"")
web_page = with_body(
    lambda _: b"<!DOCTYPE html><html><body>Checking your browser</body></html>", {"Content-Type": "text/html"}
)
packed = with_body(gzip.compress, {"Content-Encoding": "gzip"})
broken_gzip = with_body(lambda body: gzip.compress(body)[:-12], {"Content-Encoding": "gzip"})
no_gzip = with_body(lambda body: body, {"Content-Encoding": "gzip"})
unknown_packing = with_body(lambda body: body, {"Content-Encoding": "br"})


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: FaultServer = self.server.told  # type: ignore[attr-defined]
        server.connections += 1
        with suppress(OSError, ValueError):
            while self._one(server):
                pass

    def _one(self, server: FaultServer) -> bool:
        first = self.rfile.readline().decode("latin-1").split()
        if len(first) < 2:
            return False
        headers = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        seen = Seen(first[0], first[1], headers, body, time.monotonic())
        server.seen.append(seen)
        value = server.answer(seen)
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        if server.faults:
            server.faults.pop(0)(self.connection, data)
            return False
        self.connection.sendall(respond(data))
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


@contextmanager
def serve(answer: Callable[[Seen], Any], *faults: Fault, certificate: Path | None = None) -> Iterator[FaultServer]:
    """A server that runs inside the ``with`` statement; with a certificate it speaks TLS."""
    told = FaultServer(answer, faults=list(faults))
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.told = told  # type: ignore[attr-defined]
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        told.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()

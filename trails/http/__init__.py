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

from trails.http.ask import LOCAL_HOSTS, Access, Deadline, Judge, Policy, Reply, Request, check_url
from trails.http.client import Client
from trails.http.faults import Again, FetchError, parse_json, read_wait

__all__ = [
    "LOCAL_HOSTS",
    "Access",
    "Again",
    "Client",
    "Deadline",
    "FetchError",
    "Judge",
    "Policy",
    "Reply",
    "Request",
    "check_url",
    "parse_json",
    "read_wait",
]

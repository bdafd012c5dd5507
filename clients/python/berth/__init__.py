"""A client of Berth. Standard library only; Python 3.11 or newer.

    from berth import Berth

    with Berth().container({"image": "redis:8"}) as redis:
        print(redis["url"])
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from .api import CALLS, Calls, CreateContainer, CreatedContainer

__all__ = ["Berth", "BerthError", "Event"]

# The server refused these before it did anything.
UNTOUCHED = {"SERVER_BUSY", "TOO_MANY_REQUESTS", "SERVER_STOPPING"}
LONGEST_PAUSE = 30.0
GOING = "the server is stopping"


class BerthError(Exception):
    """A refusal. `code` is one of docs/errors.md, or SERVER_UNREACHABLE, or NO_PROBLEM for what is no Berth."""

    def __init__(self, problem: dict[str, Any], retry_after: float | None = None) -> None:
        super().__init__(problem["detail"])
        self.problem = problem
        self.code: str = problem["code"]
        self.status: int = problem["status"]
        self.is_retryable: bool = problem["retryable"]
        self.retry_after = retry_after


class Event(NamedTuple):
    """One event of a stream."""

    event: str
    data: Any
    id: str | None


class Berth(Calls):
    """Asks one server. The address is `http://…`, `https://…` or `unix:/path`; BERTH_URL and BERTH_TOKEN when not given."""

    def __init__(self, url: str | None = None, token: str | None = None, *, tries: int = 4, timeout: float = 330) -> None:
        self.url = url or os.environ.get("BERTH_URL") or "http://127.0.0.1:8000"
        self._token = token or os.environ.get("BERTH_TOKEN")
        self._tries = tries
        self._timeout = timeout

    def call(self, operation: str, *, idempotency_key: str | None = None, **given: Any) -> Any:
        """Any operation by its operationId. A create is safe to repeat: it gets a key when it has none."""
        if operation in ("createContainer", "createContainerByVerb"):
            idempotency_key = idempotency_key or str(uuid.uuid4())
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        answer = self.request(operation, headers, **given)
        content = answer.read()
        return json.loads(content) if "json" in (answer.getheader("content-type") or "") else content.decode()

    def request(
        self, operation: str, headers: dict[str, str] | None = None, data: bytes | None = None, **given: Any
    ) -> http.client.HTTPResponse:
        """The answer as it comes: for bytes, texts and headers. `data` is the body of a call that takes bytes."""
        method, path, content = _request_of(operation, given)
        headers = {"accept": "application/json", **(content[0] if content else {}), **(headers or {})}
        body = data if data is not None else content and content[1]
        if data is not None:
            headers["content-type"] = "application/octet-stream"
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._send(method, path, headers, body)
            except BerthError as error:
                pause = _backoff(attempt) if error.retry_after is None else error.retry_after
                if attempt >= self._tries or pause > LONGEST_PAUSE or not _may_repeat(method, headers, error):
                    raise
            time.sleep(pause)

    def stream(self, operation: str, *, last_event_id: str | None = None, **given: Any) -> Iterator[Event]:
        """Events until the stream ends. One that can be read again goes on after a lost connection."""
        is_read = CALLS[operation][0] == "GET"
        tries = 0
        while True:
            headers = {"accept": "text/event-stream"}
            if last_event_id is not None:
                headers["last-event-id"] = last_event_id
            try:
                for event in _events_of(self.request(operation, headers, **given)):
                    tries = 0
                    last_event_id = event.id or last_event_id
                    if event.event == "end" and is_read and event.data.get("reason") == GOING:
                        break
                    yield event
                    if event.event == "end":
                        return
            except BerthError as error:
                if not is_read or 0 < error.status < 500:
                    raise
            except (OSError, http.client.HTTPException) as error:
                if not is_read:
                    raise _local("SERVER_UNREACHABLE", f"The connection was lost: {error}") from error
            else:
                if not is_read:
                    raise _local("SERVER_UNREACHABLE", "The stream broke off before its end.")
            tries += 1
            time.sleep(_backoff(tries))

    @contextmanager
    def container(self, body: CreateContainer, **options: Any) -> Iterator[CreatedContainer]:
        """A container that is removed when the block ends."""
        made = self.call("createContainer", body=body, **options)
        try:
            yield made
        finally:
            try:
                self.remove_container(id=made["full_id"], force=True)
            except BerthError as error:
                if error.code != "CONTAINER_NOT_FOUND":
                    raise

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> http.client.HTTPResponse:
        token = {} if self._token is None else {"authorization": f"Bearer {self._token}"}
        try:
            connection = _connect(self.url, self._timeout)
            connection.request(method, path, body, {"user-agent": "berth-python", **token, **headers})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise _local("SERVER_UNREACHABLE", f"{self.url} does not answer: {error}") from error
        if answer.status < 300:
            return answer
        raise _refusal(answer, self.url)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connect(url: str, timeout: float) -> http.client.HTTPConnection:
    if url.startswith("unix:"):
        return _SocketConnection("/" + url.removeprefix("unix:").lstrip("/"), timeout)
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=context)
    return http.client.HTTPConnection(parts.netloc, timeout=timeout)


def _request_of(operation: str, given: dict[str, Any]) -> tuple[str, str, tuple[dict[str, str], bytes] | None]:
    method, path = CALLS[operation]
    body, form = given.pop("body", None), given.pop("form", None)
    query: list[tuple[str, str]] = []
    for name, value in given.items():
        # A keyword of Python, such as for_.
        name = name.rstrip("_")
        if value is None:
            continue
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        else:
            query += [(name, _text(each)) for each in (value if isinstance(value, list) else [value])]
    if query:
        path += "?" + urlencode(query)
    if form is not None:
        return method, path, _multipart(form)
    if body is not None:
        return method, path, ({"content-type": "application/json"}, json.dumps(body).encode())
    return method, path, None


def _multipart(form: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The file comes last: the server wants to know before what it gets."""
    boundary = f"berth-{uuid.uuid4()}"
    parts: list[bytes] = []
    for name, value in form.items():
        for each in value if isinstance(value, list) else [value]:
            if name != "file":
                head = f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'
                parts.append(f"{head}{_text(each)}\r\n".encode())
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n\r\n'
    parts += [head.encode(), form["file"], f"\r\n--{boundary}--\r\n".encode()]
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, b"".join(parts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _events_of(answer: http.client.HTTPResponse) -> Iterator[Event]:
    event, id, data = "message", None, []
    for raw in answer:
        line = raw.decode().rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                yield Event(event, json.loads("\n".join(data)), id)
            event, data = "message", []
        elif field == "id":
            id = value
        elif field == "event":
            event = value
        elif field == "data":
            data.append(value)


def _may_repeat(method: str, headers: dict[str, str], error: BerthError) -> bool:
    if error.code in UNTOUCHED:
        return True
    is_repeatable = method in ("GET", "PUT") or "idempotency-key" in headers
    # A refused DELETE is repeated, too; one whose answer was lost may have been done.
    return error.is_retryable and (is_repeatable or (method == "DELETE" and error.status > 0))


def _backoff(attempt: int) -> float:
    return min(10.0, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.75, 1.25)


def _refusal(answer: http.client.HTTPResponse, url: str) -> BerthError:
    after = answer.getheader("retry-after")
    retry_after = float(after) if after is not None and after.isdigit() else None
    try:
        problem = json.loads(answer.read())
        if isinstance(problem, dict) and "code" in problem:
            return BerthError(problem, retry_after)
    except ValueError:
        pass
    detail = f"{url} answered {answer.status} without a problem: is that a Berth?"
    return BerthError(_problem("NO_PROBLEM", detail, answer.status), retry_after)


def _local(code: str, detail: str) -> BerthError:
    return BerthError(_problem(code, detail, 0))


def _problem(code: str, detail: str, status: int) -> dict[str, Any]:
    return {"code": code, "detail": detail, "status": status, "title": code, "retryable": status in (0, 502, 503, 504)}

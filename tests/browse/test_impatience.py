"""Whoever opens connections and asks nothing keeps nobody else from being answered."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn

from netaudit.browse import impatience
from netaudit.browse.impatience import MOST_WAITING, Impatient

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 300


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(impatience, "PATIENCE", 1.0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        config = uvicorn.Config(hello, log_level="error", lifespan="off", ws="none", http=Impatient)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def closed(one: socket.socket) -> bool:
    one.settimeout(5)
    try:
        return one.recv(100) == b""
    except ConnectionResetError:
        return True


def test_three_hundred_that_never_finish_asking(port: int) -> None:
    with contextlib.ExitStack() as stack:
        held = []
        for number in range(MANY):
            held.append(stack.enter_context(connected(port)))
            if number % 2:
                held[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        asks = stack.enter_context(connected(port))
        asks.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert asks.recv(1000).startswith(b"HTTP/1.1 200")
        assert all(closed(one) for one in held[: MANY - MOST_WAITING])
        began = time.monotonic()
        assert closed(held[-1])  # its time is up
        assert time.monotonic() - began < 5

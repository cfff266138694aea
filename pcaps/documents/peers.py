"""The ends of a scripted conversation, each a program: `peers.py serve|ask|publish|insert|dial|answer FILE`.

FILE holds the pickled half of the script: HTTP both ways, messages for an MQTT broker, documents for MongoDB.
"""

from __future__ import annotations

import contextlib
import http.client
import pickle
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ANSWERS: dict[int, list[Any]] = {}  # port -> (status, headers, body, ends with the connection), in order
SERVER = "10.99.0.3"
DIALLED = 7070
SILENCE = 0.4  # seconds after which the receiver of raw bytes takes them for whole


class Answer(BaseHTTPRequestHandler):
    """Reads a request and gives the next answer of its port."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Whatever the method."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body, stream = ANSWERS[self.server.server_address[1]].pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if stream:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 -- the names that http.server asks for

    def version_string(self) -> str:
        """What stands in `Server:`; nothing that a signature could name."""
        return "receiver"

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Raw(socketserver.BaseRequestHandler):
    """Takes whatever comes until silence, then answers and closes."""

    def handle(self) -> None:
        """One connection."""
        self.request.settimeout(SILENCE)
        with contextlib.suppress(OSError):
            while self.request.recv(65536):
                pass
        status, _, body, _ = ANSWERS[self.server.server_address[1]].pop(0)
        head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        with contextlib.suppress(OSError):
            self.request.sendall(head.encode() + body)


def serve(answers: dict[int, list[Any]]) -> None:
    """Answer on all ports of the script; a list that begins with None is for raw bytes."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    for port, listed in answers.items():
        raw = listed[0] is None
        ANSWERS[port] = listed[1:] if raw else listed
        server = socketserver.ThreadingTCPServer(("", port), Raw) if raw else ThreadingHTTPServer(("", port), Answer)
        threading.Thread(target=server.serve_forever).start()


def ask(script: list[Any]) -> None:
    """Send the requests in order, on one connection per receiver unless a fresh one is wanted."""
    links: dict[tuple[str, int], http.client.HTTPConnection] = {}
    for address, port, method, path, headers, body, raw, fresh, pause in script:
        time.sleep(pause)
        if raw is not None:
            _send(address, port, raw)
            continue
        if fresh and (address, port) in links:
            links.pop((address, port)).close()
        link = links.setdefault((address, port), http.client.HTTPConnection(address, port, timeout=10))
        link.request(method, path, body=body or None, headers=headers)
        link.getresponse().read()
    for link in links.values():
        link.close()


def _send(address: str, port: int, data: bytes) -> None:
    with socket.create_connection((address, port)) as link:
        link.sendall(data)
        while link.recv(65536):
            pass


def publish(script: list[tuple[str, bytes]]) -> None:
    """Publish messages, each once delivered before the next."""
    import paho.mqtt.client as mqtt

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "terminal-1")
    client.connect(SERVER)
    client.loop_start()
    for topic, payload in script:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def insert(script: list[tuple[str, list[dict[str, Any]]]]) -> None:
    """Insert documents into collections of `wcb-core`, and read them back from the first."""
    import pymongo

    base = pymongo.MongoClient(SERVER, maxPoolSize=1)["wcb-core"]
    for collection, documents in script:
        base[collection].insert_many(documents)
        if collection == script[0][0]:
            list(base[collection].find())


def dial(turns: list[tuple[bool, bytes]]) -> None:
    """Take the device's part of a conversation over one connection that it opens; the first turn is its own."""
    with socket.create_connection((SERVER, DIALLED)) as link:
        _converse(link, turns, mine=True)


def answer(turns: list[tuple[bool, bytes]]) -> None:
    """Take the platform's part."""
    with socket.create_server(("", DIALLED)) as listener:
        link, _ = listener.accept()
        with link:
            _converse(link, turns, mine=False)


def _converse(link: socket.socket, turns: list[tuple[bool, bytes]], *, mine: bool) -> None:
    for devices, data in turns:
        if devices == mine:
            link.sendall(data)
            continue
        left = len(data)
        while left:
            left -= len(link.recv(min(left, 65536)))


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "publish": publish, "insert": insert, "dial": dial, "answer": answer}[sys.argv[1]](
        pickle.loads(Path(sys.argv[2]).read_bytes())
    )

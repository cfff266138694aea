"""The ends of the second office: `peers.py serve FILE` for the server, `peers.py ask FILE` for the devices."""

from __future__ import annotations

import http.client
import pickle
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PORT = 8080


def serve(answers: dict[tuple[str, str], tuple[bytes, str]], addresses: list[str]) -> None:
    """Answer each path as the script says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            place = (self.server.server_address[0], self.path)
            body, kind = answers.get(place, (b"", "text/plain"))  # type: ignore[call-overload]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    for address in addresses:
        threading.Thread(target=ThreadingHTTPServer((address, PORT), Handler).serve_forever, daemon=True).start()
    time.sleep(600)


def ask(script: list[tuple[str, str, str, str, dict[str, str], bytes]]) -> None:
    """Send each request from its own address, one connection each."""
    for sender, receiver, method, path, headers, body in script:
        connection = http.client.HTTPConnection(receiver, PORT, timeout=30, source_address=(sender, 0))
        connection.request(method, path, body or None, headers)
        connection.getresponse().read()
        connection.close()
        time.sleep(0.05)


if __name__ == "__main__":
    given = pickle.loads(Path(sys.argv[2]).read_bytes())
    serve(*given) if sys.argv[1] == "serve" else ask(given)

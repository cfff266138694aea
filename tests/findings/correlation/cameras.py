"""Two cameras that send encrypted, in a network namespace of their own: real TLS, real kernels, real passes.

python cameras.py camera ADDRESS PORT SEED REST  uploads every REST seconds on the mean, and after each line read; says
                                                 when (s since 1970) each of the latter began
python cameras.py cloud ADDRESS PORT CERT KEY    takes whatever is posted
"""

from __future__ import annotations

import http.client
import random
import socket
import ssl
import sys
import threading
import time


def camera(address: str, port: int, seed: int, rest_s: float) -> None:
    """Heartbeats, uploads now and then, and one a moment after each line that is read."""
    trust, draw, one_at_a_time = ssl._create_unverified_context(), random.Random(seed), threading.Lock()
    link = http.client.HTTPSConnection(address, port, context=trust)

    def post(path: str, size: int, *, told: bool = False) -> None:
        with one_at_a_time:
            if told:
                print(time.time(), flush=True)
            link.request("POST", path, draw.randbytes(size), {"Content-Type": "application/octet-stream"})
            link.getresponse().read()

    def by_itself(mean: float, path: str, low: int, high: int) -> None:
        while True:
            time.sleep(draw.expovariate(1 / mean))
            post(path, draw.randint(low, high))

    threading.Thread(target=by_itself, args=(2.0, "/alive", 200, 300), daemon=True).start()
    threading.Thread(target=by_itself, args=(rest_s, "/sync", 12_000, 40_000), daemon=True).start()
    for _ in sys.stdin:
        time.sleep(draw.uniform(0.1, 0.9))
        post("/face", draw.randint(12_000, 40_000), told=True)


def cloud(address: str, port: int, cert: str, key: str) -> None:
    """Answers everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server((address, port))
    print("ready", flush=True)
    while True:
        link, _ = listener.accept()
        threading.Thread(target=_serve, args=(context, link), daemon=True).start()


def _serve(context: ssl.SSLContext, link: socket.socket) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(link, server_side=True) as tls, tls.makefile("rb") as lines:
        while lines.readline():
            length = 0
            while (line := lines.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            lines.read(length)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


if __name__ == "__main__":
    what, where, number, *rest = sys.argv[1:]
    if what == "camera":
        camera(where, int(number), int(rest[0]), float(rest[1]))
    else:
        cloud(where, int(number), *rest)

"""Peers whose TLS begins behind words in clear: STARTTLS of a mail server, CONNECT of a proxy. One picture by each way.

    python behind.py server FOLDER   listens at 121.40.77.19, ports 25 and 3128
    python behind.py client FOLDER   sends FOLDER/picture.jpg by both, and writes FOLDER/behind.keylog

Both in network namespaces of their own, joined by a cable that dumpcap records; FOLDER has server.pem and server.key.
"""

from __future__ import annotations

import base64
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

CLOUD, MAIL, PROXY = "121.40.77.19", 25, 3128


def mail(link: socket.socket, context: ssl.SSLContext) -> None:
    """A mail server that asks for TLS."""
    lines = link.makefile("rb")
    for said in (b"220 mail.example ESMTP", b"250-mail.example\r\n250 STARTTLS", b"220 Ready to start TLS"):
        link.sendall(said + b"\r\n")
        if not said.startswith(b"220 R"):
            lines.readline()
    with context.wrap_socket(link, server_side=True) as inner:
        lines = inner.makefile("rb")
        for said in (b"250 mail.example", b"250 ok", b"250 ok", b"354 go on"):
            lines.readline()
            inner.sendall(said + b"\r\n")
        while lines.readline().strip() != b".":
            pass
        inner.sendall(b"250 queued\r\n")
        lines.readline()


def proxy(link: socket.socket, context: ssl.SSLContext) -> None:
    """A proxy and the server behind it in one."""
    lines = link.makefile("rb")
    while lines.readline().strip():
        pass
    link.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with context.wrap_socket(link, server_side=True) as inner:
        lines, length = inner.makefile("rb"), 0
        while line := lines.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        lines.read(length)
        inner.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def serve(folder: Path) -> None:
    """Both servers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def listen(port: int, answer) -> None:
        listener = socket.create_server((CLOUD, port))
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0], context), daemon=True).start()

    for port, answer in ((MAIL, mail), (PROXY, proxy)):
        threading.Thread(target=listen, args=(port, answer), daemon=True).start()
    time.sleep(60)


def send(folder: Path) -> None:
    """One picture by each way."""
    context = ssl._create_unverified_context()  # noqa: SLF001
    context.keylog_filename = str(folder / "behind.keylog")
    picture = (folder / "picture.jpg").read_bytes()
    link = socket.create_connection((CLOUD, MAIL))
    lines = link.makefile("rb")
    lines.readline()
    link.sendall(b"EHLO camera\r\n")
    lines.readline(), lines.readline()
    link.sendall(b"STARTTLS\r\n")
    lines.readline()
    with context.wrap_socket(link, server_hostname="mail.example") as inner:
        lines = inner.makefile("rb")
        for said in (b"EHLO camera", b"MAIL FROM:<a@b.example>", b"RCPT TO:<c@d.example>", b"DATA"):
            inner.sendall(said + b"\r\n")
            lines.readline()
        text = base64.encodebytes(picture).replace(b"\n", b"\r\n")
        inner.sendall(b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + text + b".\r\n")
        lines.readline()
        inner.sendall(b"QUIT\r\n")
    link = socket.create_connection((CLOUD, PROXY))
    lines = link.makefile("rb")
    link.sendall(b"CONNECT up.example:443 HTTP/1.1\r\nHost: up.example:443\r\n\r\n")
    lines.readline(), lines.readline()
    with context.wrap_socket(link, server_hostname="up.example") as inner:
        head = "POST /face HTTP/1.1\r\nHost: up.example\r\nContent-Type: image/jpeg\r\n"
        head += f"Content-Length: {len(picture)}\r\n\r\n"
        inner.sendall(head.encode() + picture)
        inner.recv(100)


if __name__ == "__main__":
    {"server": serve, "client": send}[sys.argv[1]](Path(sys.argv[2]))

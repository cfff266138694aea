"""Clients for the captures of TLS that do what `openssl s_client` does not: odd segments and records, QUIC version 2.

`python clients.py KIND PORT` says hello once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
import time

SERVER, CLIENT = "10.99.0.3", "10.99.0.2"
PROTOCOLS = ["h2", "http/1.1"]


def segments(hello: bytes) -> list[bytes]:
    """The hello in small pieces, each a segment of its own."""
    return [hello[i : i + 90] for i in range(0, len(hello), 90)]


def records(hello: bytes) -> list[bytes]:
    """The hello over several records (RFC 8446, 5.1)."""
    body = hello[5:]
    parts = [body[:1], body[1:100], body[100:]]
    return [b"".join(hello[:3] + len(part).to_bytes(2, "big") + part for part in parts)]


def tcp(kind: str, port: int) -> None:
    """Shake hands over TCP; the first flight is sent as `kind` says."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(PROTOCOLS)
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(received, sent, server_hostname=f"{kind}.example")
    cut = {"segments": segments, "records": records}[kind]
    with socket.create_connection((SERVER, port), source_address=(CLIENT, 0)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = True
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                session.do_handshake()
                break
            flight = sent.read()
            for piece in cut(flight) if first else [flight]:
                peer.sendall(piece)
                time.sleep(0.02)
            first = False
            received.write(peer.recv(65536))
        session.write(b"hello")
        peer.sendall(sent.read())
        peer.recv(4096)


def quic(kind: str, port: int) -> None:
    """Shake hands over QUIC: version 1 or 2, or with so many protocols that the hello needs two Initials."""
    from aioquic.asyncio import connect
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.packet import QuicProtocolVersion

    async def run() -> None:
        names = ["h3", *(f"protocol-number-{i}" for i in range(80))] if kind == "long" else ["h3"]
        settings = QuicConfiguration(
            is_client=True, alpn_protocols=names, verify_mode=ssl.CERT_NONE, server_name=f"{kind}.example"
        )
        version = QuicProtocolVersion.VERSION_2 if kind == "second" else QuicProtocolVersion.VERSION_1
        settings.original_version = version
        settings.supported_versions = [version]
        async with connect(SERVER, port, configuration=settings, local_port=0) as connection:
            await connection.ping()

    asyncio.run(run())


if __name__ == "__main__":
    what, number = sys.argv[1], int(sys.argv[2])
    (tcp if what in ("segments", "records") else quic)(what, number)

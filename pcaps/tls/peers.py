"""Servers for the captures of TLS: the standard library's, OpenSSL's and aioquic's; a few canned preludes before them.

`python peers.py starttls PROTOCOL PORT` and `python peers.py quic PORT [retry]` serve until they are ended.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

CERTIFICATE, KEY = Path(__file__).parent / "build" / "server.pem", Path(__file__).parent / "build" / "server.key"
SERVER = "10.99.0.3"


def context() -> ssl.SSLContext:
    """Settings of every server here."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE, KEY)
    made.set_alpn_protocols(["http/1.1"])
    return made


def lines(*replies: bytes, greeting: bytes = b"") -> Callable[[socket.socket], None]:
    """A prelude of lines: a greeting, then one reply to each line of the client."""

    def talk(peer: socket.socket) -> None:
        peer.sendall(greeting)
        for reply in replies:
            while not peer.recv(1, socket.MSG_PEEK):
                pass
            while peer.recv(1) != b"\n":
                pass
            peer.sendall(reply)

    return talk


def once(size: int, reply: bytes) -> Callable[[socket.socket], None]:
    """A prelude of one question of `size` bytes and its answer."""

    def talk(peer: socket.socket) -> None:
        peer.recv(size, socket.MSG_WAITALL)
        peer.sendall(reply)

    return talk


def xmpp(peer: socket.socket) -> None:
    """The beginning of a stream, and its turn to TLS (RFC 6120, 5.4)."""
    peer.recv(4096)
    peer.sendall(
        b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
        b"version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
    )
    peer.recv(4096)
    peer.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


PRELUDES: dict[str, Callable[[socket.socket], None]] = {
    "none": lines(),
    "smtp": lines(b"250-mx.example\r\n250 STARTTLS\r\n", b"220 go on\r\n", greeting=b"220 mx.example ESMTP\r\n"),
    "imap": lines(
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n", b". OK begin\r\n", greeting=b"* OK imap.example ready\r\n"
    ),
    "pop3": lines(b"+OK begin\r\n", greeting=b"+OK pop.example ready\r\n"),
    "ftp": lines(b"234 go on\r\n", greeting=b"220 ftp.example ready\r\n"),
    "postgres": once(8, b"S"),
    "ldap": once(31, bytes.fromhex("300c02010178070a010004000400")),
    "xmpp": xmpp,
}


def starttls(protocol: str, port: int) -> None:
    """Serve one protocol: its prelude, TLS, and a word."""
    with socket.create_server((SERVER, port)) as server:
        while True:
            peer, _ = server.accept()
            try:
                PRELUDES[protocol](peer)
                with context().wrap_socket(peer, server_side=True) as secure:
                    secure.recv(100)
                    secure.sendall(b"bye")
            except OSError:
                peer.close()


def quic(port: int, *, retry: bool) -> None:
    """Serve QUIC."""
    from aioquic.asyncio import serve
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.packet import QuicProtocolVersion

    async def run() -> None:
        settings = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        settings.supported_versions = [QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2]
        settings.load_cert_chain(CERTIFICATE, KEY)
        await serve(SERVER, port, configuration=settings, retry=retry)
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    if sys.argv[1] == "quic":
        quic(int(sys.argv[2]), retry="retry" in sys.argv)
    else:
        starttls(sys.argv[2], int(sys.argv[3]))

"""Captures for `keys.py`: pictures uploaded through TLS and QUIC, with their key logs, and the same uploads in clear.

Both ends of each connection are real ones, Python's OpenSSL and aioquic, which hand each other their bytes in memory;
only the packets round these are ours. `python benchmarks/keyed.py FOLDER [MEGABYTES] [NAME …]`.
"""

from __future__ import annotations

import contextlib
import io
import ssl
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

Flights = Iterator[tuple[int, bytes]]  # direction, bytes
SEGMENT = 1448
EACH = 8  # uploads of one connection
PICTURE = 120_000  # bytes on the average
HOST = "cloud.example"
CHUNK = 1 << 16  # bytes written at once
SUITES: dict[str, tuple[ssl.TLSVersion, str, int]] = {  # version, suite (1.3: what the peers prefer), bytes of a record
    "tls13_gcm": (ssl.TLSVersion.TLSv1_3, "", CHUNK),
    "tls13_small": (ssl.TLSVersion.TLSv1_3, "", 1300),
    "tls12_cbc": (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-SHA256", CHUNK),
    "tls12_gcm": (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-GCM-SHA384", CHUNK),
    "tls12_chacha": (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305", CHUNK),
}
NAMES = ("clear", *SUITES, "quic_gcm", "quic_chacha")


def uploads(octets: int) -> list[bytes]:
    """Pictures in form only: what is within them is noise."""
    rng, left, out = np.random.default_rng(18), octets, []
    while left > 0:
        size = int(rng.integers(PICTURE // 2, PICTURE * 3 // 2))
        out.append(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + rng.bytes(size) + b"\xff\xd9")
        left -= size
    return out


def head(number: int, body: bytes) -> bytes:
    """Of a request in HTTP/1."""
    text = (
        f"POST /face/{number} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n"
    )
    return text.encode() + b"\r\n"


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def clear(bodies: list[bytes]) -> Flights:
    """Nothing protects them."""
    for number, body in enumerate(bodies):
        yield 0, head(number, body) + body
        yield 1, ANSWER


class Tls:
    """A client and a server that hand each other their bytes."""

    def __init__(self, folder: Path, log: Path, version: ssl.TLSVersion, suite: str, record: int) -> None:
        near, far = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        near.check_hostname, near.verify_mode, near.keylog_filename = False, ssl.CERT_NONE, str(log)
        far.load_cert_chain(folder / "pem", folder / "key")
        for context in (near, far):
            context.minimum_version = context.maximum_version = version
            if suite:
                context.set_ciphers(suite)
        self.contexts, self.record = (near, far), record

    def flights(self, bodies: list[bytes]) -> Flights:
        """One connection."""
        near_in, near_out, far_in, far_out = (ssl.MemoryBIO() for _ in range(4))
        near = self.contexts[0].wrap_bio(near_in, near_out, server_hostname=HOST)
        far = self.contexts[1].wrap_bio(far_in, far_out, server_side=True)

        def said(action: Callable[[], object]) -> Flights:
            with contextlib.suppress(ssl.SSLWantReadError):
                action()
            for out, to, direction in ((near_out, far_in, 0), (far_out, near_in, 1)):
                if data := out.read():
                    to.write(data)
                    yield direction, data

        for end in (near, far, near, far, near):
            yield from said(end.do_handshake)
        for number, body in enumerate(bodies):
            request = head(number, body) + body
            for at in range(0, len(request), self.record):
                yield from said(lambda part=request[at : at + self.record]: near.write(part))  # type: ignore[misc]
                with contextlib.suppress(ssl.SSLWantReadError):
                    while far.read(CHUNK):
                        pass
            yield from said(lambda: far.write(ANSWER))
            with contextlib.suppress(ssl.SSLWantReadError):
                near.read(CHUNK)


class Quic:
    """The same with HTTP/3; every flight is a datagram."""

    def __init__(self, folder: Path, log: io.TextIOBase, *, chacha: bool) -> None:
        from aioquic.quic.configuration import QuicConfiguration
        from aioquic.tls import CipherSuite

        options = {"alpn_protocols": ["h3"], "max_datagram_size": 1350}
        if chacha:
            options["cipher_suites"] = [CipherSuite.CHACHA20_POLY1305_SHA256]
        self.near = QuicConfiguration(is_client=True, secrets_log_file=log, verify_mode=ssl.CERT_NONE, **options)
        self.far = QuicConfiguration(is_client=False, **options)
        for one in (self.near, self.far):
            one.max_data, one.max_stream_data = 1 << 24, 1 << 24
        self.far.load_cert_chain(folder / "pem", folder / "key")

    def flights(self, bodies: list[bytes]) -> Flights:
        """One connection."""
        from aioquic.h3.connection import H3Connection
        from aioquic.h3.events import DataReceived
        from aioquic.quic.connection import QuicConnection

        near = QuicConnection(configuration=self.near)
        near.connect(("198.51.100.1", 443), now=0.0)
        far = QuicConnection(
            configuration=self.far, original_destination_connection_id=near.original_destination_connection_id
        )
        ends, addresses = (near, far), (("192.0.2.1", 1), ("198.51.100.1", 443))
        clock, https = 0.0, (H3Connection(near), H3Connection(far))

        def settle() -> Flights:
            nonlocal clock
            moved = True
            while moved:
                moved = False
                for direction, end in enumerate(ends):
                    clock += 0.001
                    for data, _ in end.datagrams_to_send(now=clock):
                        moved = True
                        yield direction, data
                        ends[1 - direction].receive_datagram(data, addresses[direction], now=clock)
                    while (event := ends[1 - direction].next_event()) is not None:
                        for told in https[1 - direction].handle_event(event):
                            if direction == 0 and isinstance(told, DataReceived) and told.stream_ended:
                                https[1].send_headers(told.stream_id, [(b":status", b"200"), (b"content-length", b"2")])
                                https[1].send_data(told.stream_id, b"ok", end_stream=True)
                                moved = True

        yield from settle()
        for number, body in enumerate(bodies):
            stream = near.get_next_available_stream_id()
            https[0].send_headers(stream, [
                (b":method", b"POST"), (b":scheme", b"https"), (b":authority", HOST.encode()),
                (b":path", f"/face/{number}".encode()), (b"content-type", b"image/jpeg"),
                (b"content-length", str(len(body)).encode()),
            ])  # fmt: skip
            https[0].send_data(stream, body, end_stream=True)
            yield from settle()


class Writer:
    """A capture of connections between two addresses of documentation."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.count = 0
        self.port = 40_000

    def tcp(self, flights: Flights, server: int) -> None:
        """One connection, with its handshake, and an acknowledgement of every second segment."""
        self.port += 1
        at = [1, 1]
        for direction, flags in ((0, 2), (1, 18), (0, 16)):
            self._segment(direction, server, (0 if flags & 2 else 1, 0 if flags == 2 else 1), flags, b"")
        for direction, data in flights:
            for number, begin in enumerate(range(0, len(data), SEGMENT)):
                part = data[begin : begin + SEGMENT]
                self._segment(direction, server, (at[direction], at[1 - direction]), 24, part)
                at[direction] += len(part)
                if number % 2:
                    self._segment(1 - direction, server, (at[1 - direction], at[direction]), 16, b"")
        for direction in (0, 1):
            self._segment(direction, server, (at[direction], at[1 - direction]), 17, b"")

    def _segment(self, direction: int, server: int, numbers: tuple[int, int], flags: int, data: bytes) -> None:
        ports = (self.port, server)[:: 1 - 2 * direction]
        self._packet(direction, 6, struct.pack("!HHIIBBHHH", *ports, *numbers, 80, flags, 65535, 0, 0) + data)

    def udp(self, flights: Flights) -> None:
        """One connection of datagrams."""
        self.port += 1
        for direction, data in flights:
            ports = (self.port, 443)[:: 1 - 2 * direction]
            self._packet(direction, 17, struct.pack("!HHHH", *ports, 8 + len(data), 0) + data)

    def _packet(self, direction: int, protocol: int, content: bytes) -> None:
        ends = (b"\xc0\0\2\1", b"\xc6\x33\x64\1")[:: 1 - 2 * direction]
        ip = struct.pack("!BBHHHBBH", 69, 0, 20 + len(content), 0, 0, 64, protocol, 0) + ends[0] + ends[1]
        frame = bytes(12) + b"\x08\x00" + ip + content
        self.count += 1
        time = divmod(self.count * 100, 1_000_000)
        self.file.write(struct.pack("<IIII", 1_700_000_000 + time[0], time[1], len(frame), len(frame)) + frame)


def build(folder: Path, name: str, bodies: list[bytes], certificate: Path) -> None:
    """Write one capture and its key log."""
    log = folder / f"{name}.keylog"
    log.write_bytes(b"")
    writer = Writer(folder / f"{name}.pcap")
    groups = [bodies[at : at + EACH] for at in range(0, len(bodies), EACH)]
    if name == "clear":
        for group in groups:
            writer.tcp(clear(group), 80)
    elif name in SUITES:
        tls = Tls(certificate, log, *SUITES[name])
        for group in groups:
            writer.tcp(tls.flights(group), 443)
    else:
        with log.open("w") as lines:
            quic = Quic(certificate, lines, chacha=name == "quic_chacha")
            for group in groups:
                writer.udp(quic.flights(group))
    writer.file.close()


def main(folder: Path, megabytes: int, names: list[str]) -> None:
    """Build the captures named, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    bodies = uploads(megabytes * 1_000_000)
    with tempfile.TemporaryDirectory() as work:
        certificate = Path(work)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", certificate / "key", "-out",
             certificate / "pem", "-days", "2", "-subj", f"/CN={HOST}"],
            check=True, capture_output=True,
        )  # fmt: skip
        for name in names or NAMES:
            build(folder, name, bodies, certificate)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 80, sys.argv[3:])

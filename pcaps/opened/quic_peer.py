"""A server and a client of HTTP/3 by aioquic, for build.py: `quic_peer.py server|client …`."""

from __future__ import annotations

import argparse
import asyncio
import ssl
from pathlib import Path

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion
from aioquic.tls import CipherSuite

PORT = 4433


class Peer(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.over: dict[int, asyncio.Future] = {}

    def quic_event_received(self, event):
        for said in self.http.handle_event(event):
            if isinstance(said, (HeadersReceived, DataReceived)) and said.stream_ended:
                if said.stream_id in self.over:
                    self.over.pop(said.stream_id).set_result(None)
                elif not self._quic.configuration.is_client:
                    self.http.send_headers(said.stream_id, [(b":status", b"200"), (b"content-length", b"2")])
                    self.http.send_data(said.stream_id, b"ok", end_stream=True)
                    self.transmit()

    async def post(self, data: bytes, number: int) -> None:
        stream = self._quic.get_next_available_stream_id()
        self.over[stream] = over = asyncio.get_running_loop().create_future()
        self.http.send_headers(stream, [
            (b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"cloud.example"),
            (b":path", f"/face/{number}?token=secret".encode()), (b"content-type", b"image/jpeg"),
            (b"content-length", str(len(data)).encode()), (b"cookie", b"sid=secret"), (b"x-device", b"camera-17"),
        ])  # fmt: skip
        self.http.send_data(stream, data, end_stream=True)
        self.transmit()
        await over


def configuration(options, *, client: bool) -> QuicConfiguration:
    config = QuicConfiguration(is_client=client, alpn_protocols=["h3"])
    if options.v2:
        config.supported_versions = [QuicProtocolVersion.VERSION_2, QuicProtocolVersion.VERSION_1]
        config.original_version = QuicProtocolVersion.VERSION_1 if client else None
    if options.chacha:
        config.cipher_suites = [CipherSuite.CHACHA20_POLY1305_SHA256]
    return config


async def server(options) -> None:
    config = configuration(options, client=False)
    config.load_cert_chain(options.certificate, options.private_key)
    tickets = {}
    await serve(
        "127.0.0.1", PORT, configuration=config, create_protocol=Peer, retry=options.retry,
        session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket),
        session_ticket_fetcher=tickets.get,
    )  # fmt: skip
    await asyncio.Future()


async def client(options, log, images: list[bytes]) -> None:
    config = configuration(options, client=True)
    config.verify_mode = ssl.CERT_NONE
    config.server_name = "cloud.example"
    config.secrets_log_file = log
    kept = []
    async with connect(
        "127.0.0.1", PORT, configuration=config, create_protocol=Peer, session_ticket_handler=kept.append
    ) as peer:
        for number, data in enumerate(images[:-1] if options.early else images):
            await peer.post(data, number)
            if options.key_update:
                peer.request_key_update()
            if options.change_id:
                peer.change_connection_id()
            await asyncio.sleep(0.1)
    if options.early:
        config.session_ticket = kept[-1]
        async with connect("127.0.0.1", PORT, configuration=config, create_protocol=Peer, wait_connected=False) as peer:
            await peer.post(images[-1], len(images))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["server", "client"])
    for name in ("certificate", "private-key", "keylog"):
        parser.add_argument(f"--{name}")
    for name in ("retry", "key-update", "change-id", "early", "v2", "chacha"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    if options.role == "server":
        asyncio.run(server(options))
        return
    with Path(options.keylog).open("a") as log:
        asyncio.run(client(options, log, [Path(name).read_bytes() for name in options.files]))


if __name__ == "__main__":
    main()

"""Real TLS: two OpenSSL state machines that talk over memory, with a certificate made for the occasion."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .conversation import Say

MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Authority:
    """Self-signed certificates by name, and the key log of every session, in a folder of the caller."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keylog = folder / "keylog"
        self.keylog.touch()
        self._key = rsa.generate_private_key(65537, 2048)  # RSA signatures have one length; ECDSA ones vary
        self._servers: dict[tuple[str, bool], ssl.SSLContext] = {}

    def server(self, name: str, *, old: bool) -> ssl.SSLContext:
        """Server side for one name; `old` stops at TLS 1.2, where the certificate is in clear."""
        if (name, old) not in self._servers:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate(name))
            if old:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_alpn_protocols(["http/1.1"])
            self._servers[name, old] = context
        return self._servers[name, old]

    def client(self) -> ssl.SSLContext:
        """Client side that trusts anybody and writes the key log."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.keylog_filename = str(self.keylog)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _certificate(self, name: str) -> Path:
        key = self._key
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        builder = builder.serial_number(0x5EED0000 + len(self._servers)).not_valid_before(MADE)
        builder = builder.not_valid_after(MADE + dt.timedelta(days=3650))
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        path = self.folder / f"{name}.pem"
        encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none)
        path.write_bytes(private + certificate.public_bytes(encoding))
        return path


def encrypt(turns: list[Say], name: str, authority: Authority, *, old: bool = False) -> list[Say]:
    """The same conversation inside TLS: handshake turns first, close-notify last."""
    ends = {up: (ssl.MemoryBIO(), ssl.MemoryBIO()) for up in (True, False)}
    client = authority.client().wrap_bio(*ends[True], server_hostname=name)
    server = authority.server(name, old=old).wrap_bio(*ends[False], server_side=True)
    sides = {True: client, False: server}
    out: list[Say] = []

    def carry(pause: float, *, up: bool) -> None:
        if data := ends[up][1].read():
            ends[not up][0].write(data)
            out.append(Say(up, data, pause))

    def step(*, up: bool) -> bool:
        try:
            sides[up].do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    done = {True: False, False: False}
    while not all(done.values()):
        for up in (True, False):
            done[up] = step(up=up)
            carry(1.0, up=up)
    for turn in turns:
        sides[turn.up].write(turn.data)
        carry(turn.pause, up=turn.up)
        while True:
            try:
                if not sides[not turn.up].read(1 << 16):
                    break
            except ssl.SSLWantReadError:
                break
    try:
        client.unwrap()
    except ssl.SSLError:
        carry(1.0, up=True)
    return out

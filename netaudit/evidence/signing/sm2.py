"""Signatures by SM2 with SM3 (GM/T 0009-2012, GB/T 32918), beside the CMS signature or instead of it.

Plain signatures over the bytes of a file, as a DER sequence of r and s, with the standard's own user id: what
`openssl pkeyutl` checks. `cryptography` knows no SM2 and `openssl cms` takes another user id, so no CMS is made of
them. gmalg (pure Python, optional) does the arithmetic.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from netaudit.errors import ReasonedError, UsageError
from netaudit.evidence.signing.der import values

if TYPE_CHECKING:
    from cryptography import x509

CURVE = bytes.fromhex("06082a811ccf5501822d")  # OID 1.2.156.10197.1.301, as DER has it
USER = b"1234567812345678"  # GM/T 0009-2012 section 10: where no other was agreed
BYTES = 32
_PEM = re.compile(rb"-----BEGIN ((?:EC )?PRIVATE KEY|CERTIFICATE)-----(.*?)-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    """A private key with the certificate of its public one."""

    secret: bytes
    certificate: x509.Certificate
    pem: bytes


def is_sm2(certificates: bytes) -> bool:
    """Whether the first certificate of a PEM file is on the curve of SM2."""
    found = next((base64.b64decode(one[2]) for one in _PEM.finditer(certificates) if one[1] == b"CERTIFICATE"), b"")
    return CURVE in found


def sm2_signer(key: bytes, certificates: bytes) -> Sm2Signer:
    """From PEM files, the key not encrypted. Raises UsageError."""
    from cryptography import x509

    _library()
    try:
        certificate = x509.load_pem_x509_certificates(certificates)[0]
        secret = _secret(key)
        public = public_of(certificate)
    except (ValueError, IndexError, StopIteration) as error:
        raise UsageError("key or certificate cannot be read: {}", ReasonedError(error)) from error
    if _library().SM2(sk=secret).generate_pk(secret) != public:
        raise UsageError("the key is not the one of the first certificate")
    return Sm2Signer(secret, certificate, certificates)


def sign_sm2(data: bytes, signer: Sm2Signer) -> bytes:
    """DER sequence of r and s."""
    made = _library().SM2(sk=signer.secret, uid=USER, pk=public_of(signer.certificate)).sign(data)
    both = b"".join(_integer(one) for one in made)
    return bytes((0x30, len(both))) + both


def check_sm2(data: bytes, signature: bytes, certificate: x509.Certificate) -> None:
    """Raises ValueError where `data` was not signed by the key of `certificate`."""
    r, s = _halves(signature)
    if not _library().SM2(uid=USER, pk=public_of(certificate)).verify(data, r, s):
        raise ValueError("cms_not_by_key")


def can_check() -> bool:
    """Whether the library that SM2 needs is installed."""
    return find_spec("gmalg") is not None


def _halves(signature: bytes) -> list[bytes]:
    """r and s, of 32 bytes each. Raises ValueError."""
    try:
        (whole,) = values(signature)
        both = [one.content.lstrip(b"\0").rjust(BYTES, b"\0") for one in values(whole.content)]
    except ValueError:
        both = []
    if [len(one) for one in both] != [BYTES, BYTES]:
        raise ValueError("sm2_none")
    return both


def public_of(certificate: x509.Certificate) -> bytes:
    """The public key of a certificate, uncompressed (65 bytes). Raises ValueError."""
    (outer,) = values(certificate.tbs_certificate_bytes)
    for one in values(outer.content):
        if one.tag == 0x30 and CURVE in one.content[:64]:
            _, held = values(one.content)
            if len(held.content) == 2 * BYTES + 2 and held.content[1] == 4:
                return held.content[1:]
    raise ValueError("sm2_curve")


def _secret(key: bytes) -> bytes:
    """The number in a private key: PKCS#8 (RFC 5208) or its own form (RFC 5915)."""
    kind, text = next((one[1], one[2]) for one in _PEM.finditer(key) if one[1] != b"CERTIFICATE")
    (outer,) = values(base64.b64decode(text))
    if kind == b"PRIVATE KEY":
        _, _, held, *_ = values(outer.content)
        (outer,) = values(held.content)
    _, number, *_ = values(outer.content)
    if len(number.content) != BYTES:
        raise ValueError("no key of 32 bytes")
    return number.content


def _integer(number: bytes) -> bytes:
    content = number.lstrip(b"\0") or b"\0"
    content = b"\0" + content if content[0] & 0x80 else content
    return bytes((2, len(content))) + content


def _library() -> Any:
    try:
        import gmalg
    except ImportError as error:
        raise UsageError("signatures by SM2 need gmalg: python -m pip install gmalg") from error
    return gmalg

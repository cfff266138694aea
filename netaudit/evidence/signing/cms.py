"""Detached CMS signatures (RFC 5652): made by `cryptography`, which cannot check them; checked here.

Checked is that the signature is over these bytes and by the certificate inside. Whether that certificate deserves
trust is not: `openssl cms -verify -CAfile` does both, and netaudit says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.errors import UsageError
from netaudit.evidence.signing.der import values

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")  # OIDs, as DER has them
SHA256 = bytes.fromhex("608648016503040201")
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its certificate and those above it."""

    key: EllipticCurvePrivateKey | RSAPrivateKey
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()


def signer_from_pem(key: bytes, certificates: bytes, password: bytes | None) -> Signer:
    """Key and certificates in PEM, the signer's certificate first. Raises UsageError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, password)
        chain = x509.load_pem_x509_certificates(certificates)
    except TypeError as error:
        if password is None:
            raise UsageError("the key is under a password: NETAUDIT_KEY_PASSWORD has to be set to it") from error
        raise UsageError("key or certificate cannot be read: {}", error) from error
    except ValueError as error:
        raise UsageError("key or certificate cannot be read: {}", error) from error
    return _signer(loaded, chain[0], tuple(chain[1:]))


def signer_from_pkcs12(data: bytes, password: bytes | None) -> Signer:
    """Key and certificates in PKCS#12. Raises UsageError."""
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, others = load_key_and_certificates(data, password)
    except (ValueError, TypeError) as error:
        raise UsageError("PKCS#12 file cannot be read: {}", error) from error
    if key is None or certificate is None:
        raise UsageError("PKCS#12 file has no key with its certificate")
    return _signer(key, certificate, tuple(others))


def _signer(key: object, certificate: x509.Certificate, others: tuple[x509.Certificate, ...]) -> Signer:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UsageError("only keys of P-256 (or another curve of NIST) and RSA sign; openssl refuses others here")
    if key.public_key() != certificate.public_key():
        raise UsageError("the key is not the one of the first certificate")
    return Signer(key, certificate, others)


def sign(data: bytes, signer: Signer) -> bytes:
    """A detached signature over `data`, in DER, with SHA-256."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

    builder = PKCS7SignatureBuilder().set_data(data).add_signer(signer.certificate, signer.key, hashes.SHA256())
    for other in signer.others:
        builder = builder.add_certificate(other)
    options = [PKCS7Options.DetachedSignature, PKCS7Options.Binary, PKCS7Options.NoCapabilities]
    return builder.sign(Encoding.DER, options)


def check(data: bytes, signature: bytes) -> x509.Certificate:
    """The certificate by which `data` was signed. Raises ValueError, with the reason, when it was not."""
    import hashlib

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

    if len(signature) > LARGEST:
        raise ValueError("cms_large")
    certificates = load_der_pkcs7_certificates(signature)
    serial, algorithm, attributes, signed = _signer_info(signature)
    if SHA256 not in algorithm:
        raise ValueError("cms_digest")
    if _attribute(attributes, MESSAGE_DIGEST) != hashlib.sha256(data).digest():
        raise ValueError("cms_other_bytes")
    mine = [one for one in certificates if one.serial_number == serial]
    if not mine:
        raise ValueError("cms_no_certificate")
    key = mine[0].public_key()
    as_set = b"\x31" + attributes[1:]  # RFC 5652 section 5.4: signed as SET OF, stored as [0]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signed, as_set, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signed, as_set, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise ValueError("cms_key")  # noqa: TRY004 - of what was read
    except InvalidSignature:
        raise ValueError("cms_not_by_key") from None
    return mine[0]


def _signer_info(signature: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Serial number, digest algorithm, signed attributes and signature of the one signer (RFC 5652 section 5.3)."""
    try:
        (content,) = values(signature)
        _, explicit = values(content.content)
        (signed_data,) = values(explicit.content)
        (info,) = values(list(values(signed_data.content))[-1].content)  # SET OF SignerInfo comes last
        _, issuer_and_serial, algorithm, attributes, _, signed, *_ = values(info.content)
        _, serial = values(issuer_and_serial.content)
    except (ValueError, IndexError):
        raise ValueError("cms_none") from None
    if attributes.tag != 0xA0:
        raise ValueError("cms_no_attributes")
    return int.from_bytes(serial.content, "big", signed=True), algorithm.content, attributes.whole, signed.content


def _attribute(attributes: bytes, wanted: bytes) -> bytes:
    (whole,) = values(attributes)
    for one in values(whole.content):
        kind, held = values(one.content)
        if kind.content == wanted:
            (value,) = values(held.content)
            return value.content
    return b""

"""What makes the certificate of a signature weak: its key, how it is signed itself, its time, what it is for.

Limits as NIST SP 800-131A Rev. 2 has them. Whether its authority deserves trust is not asked here (`cms.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from cryptography import x509

LEAST_RSA, LEAST_CURVE = 2048, 224  # bits
BROKEN = frozenset({"md5", "sha1"})
FOR_DOCUMENTS = frozenset(
    {
        "2.5.29.37.0",  # any (RFC 5280, 4.2.1.12)
        "1.3.6.1.5.5.7.3.4",  # mail, which CMS is checked for (RFC 8551)
        "1.3.6.1.5.5.7.3.36",  # documents (RFC 9336)
        "1.3.6.1.4.1.311.10.3.12",  # documents, by Microsoft
        "1.2.840.113583.1.1.5",  # documents, by Adobe
    }
)


def weaknesses(certificate: x509.Certificate, signed: datetime.datetime | None) -> list[str]:
    """Why a certificate is weak, as sentences that go on after "the certificate of its signer"; `signed` in UTC."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return [*_key(certificate), *_time(certificate, signed), *_purpose(certificate)]
    except (ValueError, UnsupportedAlgorithm) as error:
        return [f"cannot be read wholly: {error}"]


def _key(certificate: x509.Certificate) -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None  # of SM2, say, which is checked by another library
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA:
        yield f"has an RSA key of {key.key_size} bits, with which others may have signed"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_CURVE:
        yield f"has a key on a curve of {key.key_size} bits, with which others may have signed"
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    if digest is not None and digest.name in BROKEN:
        yield f"is itself signed with {digest.name.upper()}, so that it may be forged"


def _time(certificate: x509.Certificate, signed: datetime.datetime | None) -> Iterator[str]:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if signed is None:
        return
    if signed > last:
        yield f"had ended at {last.isoformat()}, and it was signed at {signed.isoformat(timespec='seconds')}"
    if signed < first:
        yield f"begins at {first.isoformat()} only, and it was signed at {signed.isoformat(timespec='seconds')}"


def _purpose(certificate: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    extensions = certificate.extensions
    for one in extensions:
        value = one.value
        if isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.content_commitment):
            yield "is not for signatures (key usage)"
        if isinstance(value, x509.ExtendedKeyUsage) and not {oid.dotted_string for oid in value} & FOR_DOCUMENTS:
            yield "is not for documents or mail (extended key usage)"

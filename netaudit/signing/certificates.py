"""What makes the certificate of a signature weak: its key, how it is signed itself, its time, what it is for.

Limits as NIST SP 800-131A Rev. 2 has them. Whether its authority deserves trust is not asked here (`cms.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.contracts.reasons import reason

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
    """Why a certificate is weak: reasons, whose words go on after "the certificate of its signer". `signed` in UTC."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return [*_key(certificate), *_time(certificate, signed), *_purpose(certificate)]
    except (ValueError, UnsupportedAlgorithm) as error:
        return [reason("certificate_unread", why=error)]


def _key(certificate: x509.Certificate) -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None  # of SM2, say, which is checked by another library
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA:
        yield reason("certificate_rsa", n=key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_CURVE:
        yield reason("certificate_curve", n=key.key_size)
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    if digest is not None and digest.name in BROKEN:
        yield reason("certificate_digest", digest=digest.name.upper())


def _time(certificate: x509.Certificate, signed: datetime.datetime | None) -> Iterator[str]:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if signed is None:
        return
    if signed > last:
        yield reason("certificate_ended", time=last.isoformat(), other=signed.isoformat(timespec="seconds"))
    if signed < first:
        yield reason("certificate_not_begun", time=first.isoformat(), other=signed.isoformat(timespec="seconds"))


def _purpose(certificate: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    extensions = certificate.extensions
    for one in extensions:
        value = one.value
        if isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.content_commitment):
            yield reason("certificate_usage")
        if isinstance(value, x509.ExtendedKeyUsage) and not {oid.dotted_string for oid in value} & FOR_DOCUMENTS:
            yield reason("certificate_purpose")

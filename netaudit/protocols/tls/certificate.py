"""Certificates that servers show in clear, up to TLS 1.2 (RFC 5246, 7.4.2; RFC 5280): names, validity, SHA-256."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import CertificateDetails
from netaudit.protocols.tls.fragments import Cursor

if TYPE_CHECKING:
    from cryptography import x509

HEADER = 4  # bytes of type and length in front of a handshake message
MOST_NAMES = 100  # alternative names kept; certificates of content networks list hundreds


def certificate_said(raw: bytes) -> CertificateDetails:
    """What the first certificate of a Certificate message says; empty for an empty chain.

    Its fingerprint is there whatever its bytes are, the rest only where they can be read.
    """
    leaf = Cursor(Cursor(raw[HEADER:]).vector(3)).vector(3)
    if not leaf:
        return CertificateDetails()
    return CertificateDetails(hashlib.sha256(leaf).hexdigest(), **_described(leaf))


def _described(der: bytes) -> dict[str, Any]:
    from cryptography import x509

    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about serial numbers and encodings that old devices get wrong
        try:
            certificate = x509.load_der_x509_certificate(der)
            found["serial"] = _octets(certificate.serial_number)
            found["not_before"] = certificate.not_valid_before_utc.isoformat()
            found["not_after"] = certificate.not_valid_after_utc.isoformat()
            found["subject"] = certificate.subject.rfc4514_string()
            found["issuer"] = certificate.issuer.rfc4514_string()
            common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            found["names"] = [str(name.value) for name in common]
            found["names"] = list(dict.fromkeys(found["names"] + _alternatives(certificate)))
        except Exception:  # noqa: BLE001 - a foreign parser on hostile bytes: what was read before it raised stays
            return found
    return found


def _alternatives(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    hosts = names.get_values_for_type(x509.DNSName) + [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]
    return hosts[:MOST_NAMES]


def _octets(number: int) -> str:
    """Hexadecimal octets with colons between them, as serial numbers are mostly written."""
    size = max(1, (abs(number).bit_length() + 7) // 8)
    return ("-" if number < 0 else "") + abs(number).to_bytes(size, "big").hex(":")

"""Time stamps (RFC 3161) without a network: a request as a file, carried to an authority, its answer attached."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from netaudit.core.storage.files import write_whole
from netaudit.errors import ReasonedError, UsageError
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.seal import later
from netaudit.evidence.signing.der import values
from netaudit.evidence.signing.file_names import ANSWER, AUTHORITY, FOLDER, REQUEST, STAMPED, manifest_of

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

LARGEST = 1 << 20
_INTEGER = 2  # a tag of DER


def request_stamp(folder: Path) -> Path:
    """Write the request over manifest.json, with a nonce; gives its place."""
    client = _client()
    data = manifest_of(folder)
    request = client.TimestampRequestBuilder().data(data).hash_algorithm(client.HashAlgorithm.SHA256).build()
    with writing(folder, "stamp"):
        (folder / FOLDER).mkdir(exist_ok=True)
        write_whole(folder / REQUEST, request.as_bytes())
    return folder / REQUEST


def attach_stamp(folder: Path, answer: bytes, authority: bytes) -> datetime.datetime:
    """Keep an authority's answer with the certificates (PEM) that are trusted for it; gives the time it states.

    Raises UsageError when the answer is not to this request, or not by that authority.
    """
    data = manifest_of(folder)
    try:
        stamped_at = _checked(data, (folder / REQUEST).read_bytes(), answer, authority)
    except FileNotFoundError:
        raise UsageError("{}: has no {}; make the request first", folder, REQUEST) from None
    except ValueError as error:
        raise UsageError("the answer is not taken: {}", ReasonedError(error)) from error
    with writing(folder, "stamp"):
        write_whole(folder / ANSWER, answer)
        write_whole(folder / AUTHORITY, authority)
        digests = {"answer": hashlib.sha256(answer).hexdigest(), "authority": hashlib.sha256(authority).hexdigest()}
        later(folder, STAMPED, time=stamped_at.isoformat(), **digests)
    return stamped_at


def stamped(folder: Path) -> datetime.datetime:
    """The time that the attached answer states. Raises ValueError when it does not hold for this manifest."""
    request, answer, authority = ((folder / name).read_bytes() for name in (REQUEST, ANSWER, AUTHORITY))
    return _checked(manifest_of(folder), request, answer, authority)


def _checked(data: bytes, request: bytes, answer: bytes, authority: bytes) -> datetime.datetime:
    from cryptography import x509

    client = _client()
    if len(answer) > LARGEST:
        raise ValueError("stamp_large")
    response = client.decode_timestamp_response(answer)
    builder = client.VerifierBuilder().nonce(_nonce(request, data))
    for certificate in x509.load_pem_x509_certificates(authority):
        own = certificate.subject == certificate.issuer
        add = builder.add_root_certificate if own else builder.add_intermediate_certificate
        builder = add(certificate)
    try:
        builder.build().verify_message(response, data)
    except client.VerificationError as error:
        raise ValueError(str(error)) from error
    made: datetime.datetime = response.tst_info.gen_time
    return made


def _nonce(request: bytes, data: bytes) -> int:
    """The nonce of a request that is over `data` (RFC 3161 section 2.4.1). Raises ValueError."""
    try:
        (whole,) = values(request)
        _, imprint, *others = values(whole.content)
        _, digest = values(imprint.content)
        (nonce,) = (one for one in others if one.tag == _INTEGER)
    except ValueError:
        raise ValueError("stamp_request_none") from None
    if digest.content != hashlib.sha256(data).digest():
        raise ValueError("stamp_request_other")
    return int.from_bytes(nonce.content, "big", signed=True)


def can_stamp() -> bool:
    """Whether the library that time stamps need is installed."""
    return find_spec("rfc3161_client") is not None


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise UsageError("time stamps need rfc3161-client: python -m pip install rfc3161-client") from error
    return rfc3161_client

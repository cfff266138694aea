"""What the signature and the time stamp of a case say, when it is verified."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.core.contracts.reasons import parsed, reason
from netaudit.core.masking.mask import visible
from netaudit.core.system.reasons import why
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.seal import SEALED, hashed
from netaudit.evidence.case.writing import MANIFEST
from netaudit.evidence.signing import cms
from netaudit.evidence.signing.file_names import (
    ANSWER,
    AUTHORITY,
    BAG,
    BAG_INFO,
    CMS,
    REQUEST,
    SIGNED,
    SIGNED_BY_SM2,
    SM2,
    SM2_CERTIFICATE,
    SM3,
    SM3_CMS,
    SM3_SM2,
    STAMPED,
    SUMS,
)
from netaudit.evidence.signing.sign import sm3
from netaudit.evidence.signing.sm2 import can_check, check_sm2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


_CMS = f"openssl cms -verify -binary -purpose any -inform DER -in {CMS} -content {MANIFEST}"
OPENSSL = (
    f"{_CMS} -CAfile ROOT.pem -out ../checked",
    f"openssl ts -verify -data {MANIFEST} -in {ANSWER} -CAfile {AUTHORITY}",
)
OPENSSL_SM2 = (
    f"openssl pkeyutl -verify -certin -inkey {SM2_CERTIFICATE} -rawin -digest sm3 -pkeyopt distid:1234567812345678 "
    f"-sigfile {SM2} -in {MANIFEST}"
)
"""The commands that say the same without netaudit, in the folder of the case."""


_NOTED = (  # line of the chain, file, and the name of its hash in that line
    ("signed", CMS, "signature"), ("signed", SM3_CMS, "sums"), ("signed", BAG, "bag"), ("signed", BAG_INFO, "bag_info"),
    (STAMPED, ANSWER, "answer"), (STAMPED, AUTHORITY, "authority"),
    (SIGNED_BY_SM2, SM2, "signature"), (SIGNED_BY_SM2, SM3_SM2, "sums"),
    (SIGNED_BY_SM2, SM2_CERTIFICATE, "certificates"),
)  # fmt: skip


@dataclass(slots=True)
class Attested:
    """What holds, in figures, and what does not, as reasons."""

    signer: str = ""  # subject of the certificate; empty without a signature that holds
    issuer: str = ""
    certificate: str = ""  # its SHA-256
    sm2: str = ""  # subject of the certificate by which SM2 signed
    sm2_certificate: str = ""
    stamp: str = ""  # time (UTC) that the authority states
    sums: int = 0  # lines of SM3 that fit
    problems: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def attested(folder: Path, *, sums: bool = True, lines: int | None = None) -> Attested | None:
    """Check what is in `signature/`; None where there is nothing. Without `sums` no file is hashed with SM3 (slow).

    With `lines` it is what was there when the chain had so many: of what a later line tells for the first time, nothing
    is said. Raises CaseError where something was there then and was made anew since.
    """
    whole = [line["what"] for line in entries(folder)]
    later = _made_later(whole, lines)
    chain = whole[:lines]
    after = chain[max((at for at, what in enumerate(chain) if what == SEALED), default=0) :]
    promised = [
        name
        for what, name in (
            (SIGNED, CMS),
            (SIGNED, SM3),
            (SIGNED, SUMS),
            (STAMPED, ANSWER),
            (SIGNED_BY_SM2, SM2),
            (SIGNED_BY_SM2, SM3),
            (SIGNED_BY_SM2, SUMS),
        )
        if what in after
    ]
    kinds = {SIGNED: (CMS, SM3_CMS), STAMPED: (ANSWER,), SIGNED_BY_SM2: (SM2,)}
    asked = [name for what, names in kinds.items() if what not in later for name in names]
    asked += [SM3, SUMS] if not later & {SIGNED, SIGNED_BY_SM2} else []
    if not promised and not any((folder / name).exists() for name in asked):
        return None
    attestation = Attested()
    attestation.problems = [reason("sealed_gone", name=name) for name in promised if not (folder / name).exists()]
    for what, look in ((STAMPED, _stamp), (SIGNED, _signature), (SIGNED_BY_SM2, _signature_sm2)):
        if what not in later:
            look(folder, attestation)
    if sums:
        _sm3(folder, attestation)
    _as_noted(folder, attestation, lines)
    return attestation


def _made_later(chain: list[str], lines: int | None) -> set[str]:
    """What was signed or stamped only after the chain had so many lines."""
    found = {what for what in chain[lines:] if what in (SIGNED, STAMPED, SIGNED_BY_SM2)} if lines is not None else set()
    if again := found & set(chain[:lines]):
        raise CaseError("{}: was done again since, so that nothing tells what was there before", min(again))
    return found


def _signature(folder: Path, attestation: Attested) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256

    if (folder / SM3).exists() and not (folder / SM3_CMS).exists() and not (folder / SM3_SM2).exists():
        attestation.problems.append(reason("sealed_gone", name=SM3_CMS))
    for name, over in ((SM3_CMS, SM3), (CMS, MANIFEST)):
        if not (folder / name).exists():
            continue
        try:
            certificate = cms.check((folder / over).read_bytes(), (folder / name).read_bytes())
        except (OSError, ValueError) as error:
            attestation.problems.append(reason("attested_holds_not", name=name, inner=error))
            continue
        attestation.signer = visible(certificate.subject.rfc4514_string(), 200)
        attestation.issuer = visible(certificate.issuer.rfc4514_string(), 200)
        attestation.certificate = certificate.fingerprint(SHA256()).hex()
        _weigh(name, certificate, _when(folder, attestation, SIGNED), attestation)


def _when(folder: Path, attestation: Attested, what: str) -> datetime.datetime | None:
    """When it was signed: as the time stamp says, else as the chain does."""
    stated = attestation.stamp or next((line["when"] for line in reversed(entries(folder)) if line["what"] == what), "")
    try:
        at = datetime.datetime.fromisoformat(stated)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=datetime.UTC)


def _weigh(name: str, certificate: x509.Certificate, signed: datetime.datetime | None, attestation: Attested) -> None:
    for one in weaknesses(certificate, signed):
        if not any(parsed(problem).arguments.get("inner") == one for problem in attestation.problems):  # once for both
            attestation.problems.append(reason("attested_certificate", name=name, inner=one))


def _signature_sm2(folder: Path, attestation: Attested) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    for name, over in ((SM3_SM2, SM3), (SM2, MANIFEST)):
        if not (folder / name).exists():
            continue
        try:
            certificate = x509.load_pem_x509_certificates((folder / SM2_CERTIFICATE).read_bytes())[0]
            check_sm2((folder / over).read_bytes(), (folder / name).read_bytes(), certificate)
        except UsageError as error:
            attestation.unchecked.append(str(error) if can_check() else reason("attested_sm2"))
        except (OSError, ValueError, IndexError) as error:
            attestation.problems.append(reason("attested_holds_not", name=name, inner=error))
        else:
            attestation.sm2 = visible(certificate.subject.rfc4514_string(), 200)
            attestation.sm2_certificate = certificate.fingerprint(SHA256()).hex()
            _weigh(name, certificate, _when(folder, attestation, SIGNED_BY_SM2), attestation)


def _as_noted(folder: Path, attestation: Attested, lines: int | None) -> None:
    """Bits that no check reaches, of certificates that signature and answer carry say, are held by the chain."""
    noted = {line["what"]: line for line in entries(folder)[:lines]}
    for what, name, key in _NOTED:
        digest = noted.get(what, {}).get(key)
        if not digest:
            continue
        if not (folder / name).is_file():
            attestation.problems += [
                problem for problem in (reason("sealed_gone", name=name),) if problem not in attestation.problems
            ]
        elif hashed(folder / name).sha256 != digest:
            attestation.problems.append(reason("attested_not_noted", name=name))


def _sm3(folder: Path, attestation: Attested) -> None:
    """An export has no images: what is not there is not checked, and `integrity` tells what is missing."""
    path = folder / SM3
    if not path.is_file():
        return
    for line in path.read_text("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        if name != MANIFEST and not name.startswith("private/objects/"):
            attestation.problems.append(reason("attested_names", name=SM3, other=visible(name, 80)))
        elif ".." not in name and (folder / name).is_file():
            if sm3(folder / name) == digest:
                attestation.sums += 1
            else:
                attestation.problems.append(reason("attested_sm3", name=name))
    if (folder / SUMS).is_file() and (folder / MANIFEST).is_file():
        _bag(folder, attestation)


def _bag(folder: Path, attestation: Attested) -> None:
    import orjson

    try:
        files = orjson.loads((folder / MANIFEST).read_bytes())["files"]
    except (ValueError, KeyError, TypeError):
        return  # the seal says so
    lines = "".join(f"{fact['sha256']}  data/{name}\n" for name, fact in sorted(files.items()))
    if (folder / SUMS).read_bytes() != lines.encode():
        attestation.problems.append(reason("attested_list", name=SUMS, digest=hashed(folder / SUMS).sha256[:16]))


def _stamp(folder: Path, attestation: Attested) -> None:
    if not (folder / ANSWER).exists():
        return
    from netaudit.evidence.signing.timestamps import can_stamp, stamped

    try:
        attestation.stamp = stamped(folder).isoformat()
    except FileNotFoundError as error:
        attestation.problems.append(
            reason("attested_missing", name=ANSWER, one=REQUEST, other=AUTHORITY, why=why(error))
        )
    except ValueError as error:
        attestation.problems.append(reason("attested_holds_not", name=ANSWER, inner=error))
    except UsageError as error:
        attestation.unchecked.append(str(error) if can_stamp() else reason("attested_library"))


def commands(attestation: Attested) -> list[str]:
    """The commands of openssl that check what there is."""
    chosen = ((attestation.signer, OPENSSL[0]), (attestation.stamp, OPENSSL[1]), (attestation.sm2, OPENSSL_SM2))
    return [command for there, command in chosen if there] or [OPENSSL[0]]

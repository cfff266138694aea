"""The certificate: what was validated, on what, with which outcome, as data and as a page for people.

Its number is the beginning of the SHA-256 over its canonical JSON without the number, so a changed one has another.
"""

from __future__ import annotations

import hashlib
import math
import platform
import sys
from typing import TYPE_CHECKING, Any

import orjson

from netaudit import __version__
from netaudit.errors import ReasonedError, UsageError
from netaudit.findings.bounds import lower
from netaudit.masking.mask import visible
from netaudit.signing.sm2 import can_check, check_sm2
from netaudit.storage.files import read_given
from netaudit.system.clock import now
from netaudit.system.release import code_digest
from netaudit.text.bilingual import speaker
from netaudit.text.yaml_text import yaml_of
from netaudit.validate.judging import Outcome
from netaudit.validate.reference import ASSERTION as REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cryptography import x509

    from netaudit.validate.running import Validation

SPECIFICATION = "4"
FORMAT = "netaudit validation 1"
CONFIDENCE = 0.95
LARGEST = 1 << 20  # bytes of a certificate
Certificate = dict[str, Any]

ASSERTIONS: dict[str, dict[str, str]] = {one["id"]: one for one in yaml_of(__package__, "assertions.yaml")}
say = speaker(yaml_of(__package__, "texts.yaml"))


def certificate_of(validation: Validation) -> Certificate:
    """All that a certificate says."""
    from netaudit.signatures.loading import load

    certificate: Certificate = {
        "format": FORMAT,
        "specification": SPECIFICATION,
        "netaudit": __version__,
        "code": code_digest(),
        "signatures": load().sha256,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "made": now(),
        "seconds": round(validation.seconds, 1),
        "most_memory_mb": most_memory(),
        "pack": {"captures": validation.captures, "bytes": validation.bytes, "sha256": validation.digest},
        "answers": validation.asked,
        "passed": all(one.passed for one in validation.outcomes.values()),
        "outcomes": outcomes_digest(validation.outcomes),
        "assertions": [_row(name, one) for name, one in validation.outcomes.items()],
        "not_asked": [name for name in ASSERTIONS if name not in validation.outcomes],
    }
    return certificate | {"number": number_of(certificate)}


def _row(name: str, one: Outcome) -> dict[str, Any]:
    bound = None if name == REFERENCE else 1 - lower(one.asked - one.failed, one.asked, CONFIDENCE)
    return {"id": name, "asked": one.asked, "failed": one.failed, "rate_at_most": bound, "examples": one.first}


def outcomes_digest(outcomes: Mapping[str, Outcome]) -> str:
    """SHA-256 over which assertions hold: not over counts, times or names, so it is the same wherever they hold.

    Without the one that is asked of installed releases only.
    """
    known = sorted((name, one) for name, one in outcomes.items() if name != REFERENCE)
    lines = (f"{name} {'holds' if one.passed else 'fails'}\n" for name, one in known)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def number_of(certificate: Certificate) -> str:
    """Number of a certificate."""
    plain = {key: value for key, value in certificate.items() if key != "number"}
    return "NV" + hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16].upper()


def most_memory() -> float:
    """Most that this process ever held, in MB; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def data_of(certificate: Certificate) -> bytes:
    """What is written, and signed."""
    return orjson.dumps(certificate, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def read_certificate(path: Path) -> Certificate:
    """A certificate from its file. Raises UsageError for what is none, or was changed."""
    try:
        certificate = orjson.loads(read_given(path, LARGEST))
    except (OSError, ValueError) as error:
        raise UsageError("{}: cannot be read: {}", path, error) from error
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise UsageError("{}: is no certificate of validation", path)
    if certificate.get("number") != number_of(certificate):
        raise UsageError("{}: was changed: its number is not of what it says", path)
    if not _agrees(certificate):
        raise UsageError("{}: contradicts itself: its outcome is not that of all its assertions", path)
    return certificate


def _agrees(certificate: Certificate) -> bool:
    """Whether all assertions are there, and what is said of them together follows from what is said of each."""
    try:
        found = {one["id"]: Outcome(one["asked"], one["failed"], one["examples"]) for one in certificate["assertions"]}
        rates = [_row(name, one)["rate_at_most"] for name, one in found.items()]
        return (
            {*found, REFERENCE} == {*ASSERTIONS, REFERENCE}
            and certificate["not_asked"] == [name for name in ASSERTIONS if name not in found]
            and len(rates) == len(certificate["assertions"])
            and all(
                rate == one["rate_at_most"] if rate is None else math.isclose(rate, one["rate_at_most"])
                for rate, one in zip(rates, certificate["assertions"], strict=True)
            )
            and certificate["answers"] == sum(one.asked for name, one in found.items() if name != REFERENCE)
            and certificate["passed"] is all(one.passed for one in found.values())
            and certificate["outcomes"] == outcomes_digest(found)
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return False


def of_this_copy(path: Path) -> Certificate:
    """A certificate of the very code and signatures that are here. Raises UsageError for another one."""
    from netaudit.signatures.loading import load

    certificate = read_certificate(path)
    if certificate.get("code") != code_digest() or certificate.get("signatures") != load().sha256:
        raise UsageError("{}: is of another copy of netaudit: run netaudit validate on this one", path)
    return certificate


def signed_by(path: Path) -> str:
    """Who signed a certificate in the .p7s and the .sm2 beside it; empty where neither is there or could be checked.

    Raises UsageError for a wrong one. Whether whoever signed is to be trusted is not asked.
    """
    from netaudit.signing.cms import check

    found = []
    if (signature := _beside(path, ".p7s")) is not None:
        found.append(_who(path, ".p7s", lambda data: check(data, signature)))
    if (by_sm2 := _beside(path, ".sm2")) is not None and not unchecked(path):
        certificate = _beside(path, ".pem") or b""
        found.append(_who(path, ".sm2", lambda data: _check_sm2(data, by_sm2, certificate)))
    return ", ".join(found)


def unchecked(path: Path) -> bool:
    """Whether an SM2 signature lies beside it that cannot be checked: no .pem, or no gmalg on this computer."""
    return _beside(path, ".sm2") is not None and (_beside(path, ".pem") is None or not can_check())


def _who(path: Path, suffix: str, check: Callable[[bytes], x509.Certificate]) -> str:
    try:
        return visible(check(read_given(path, LARGEST)).subject.rfc4514_string(), 200)
    except (ValueError, IndexError) as error:
        signature = path.with_suffix(suffix)
        raise UsageError("{}: is no signature over {}: {}", signature, path.name, ReasonedError(error)) from error


def _check_sm2(data: bytes, signature: bytes, certificates: bytes) -> x509.Certificate:
    """The certificate by whose key SM2 signed. Raises ValueError, IndexError."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(certificates)[0]
    check_sm2(data, signature, certificate)
    return certificate


def _beside(path: Path, suffix: str) -> bytes | None:
    """A file of the same name beside a certificate; None where there is none."""
    beside = path.with_suffix(suffix)
    try:
        return read_given(beside, LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError("{}: cannot be read: {}", beside, error) from error


def page_of(certificate: Certificate, lang: str) -> str:
    """A certificate for people."""
    failed = sum(one["failed"] > 0 for one in certificate["assertions"])
    pack = certificate["pack"]
    lines = [
        say("title", lang, number=certificate["number"]),
        _outcome(certificate, failed, lang),
        "",
        say("version", lang, version=certificate["netaudit"], specification=certificate["specification"]),
        say("code", lang, digest=certificate["code"]),
        say("signatures", lang, digest=certificate["signatures"]),
        say("pack", lang, captures=pack["captures"], megabytes=pack["bytes"] / 1e6, answers=certificate["answers"],
            digest=pack["sha256"]),
        say("platform", lang, platform=certificate["platform"], python=certificate["python"]),
        say("made", lang, made=certificate["made"], seconds=certificate["seconds"],
            megabytes=certificate["most_memory_mb"]),
        say("outcome", lang, digest=certificate["outcomes"]),
        "",
    ]  # fmt: skip
    for one in certificate["assertions"]:
        mark = say("fails" if one["failed"] else "holds", lang)
        text = ASSERTIONS[one["id"]][lang]
        row = "same" if one["id"] == REFERENCE else "row"
        lines.append(say(row, lang, mark=mark, id=one["id"], failed=one["failed"], asked=one["asked"],
                         bound=one["rate_at_most"], text=text))  # fmt: skip
        lines += [say("example", lang, text=example) for example in one["examples"]]
    lines += [say("not_asked", lang, id=name) for name in certificate["not_asked"]]
    return "\n".join([*lines, "", say("bounds", lang), say("scope", lang), ""])


def _outcome(certificate: Certificate, failed: int, lang: str) -> str:
    if not certificate["passed"]:
        return say("failed", lang, n=failed)
    return say("passed_asked" if certificate["not_asked"] else "passed", lang)

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

from netaudit.core.masking.mask import visible
from netaudit.core.storage.files import read_given
from netaudit.core.system.clock import now
from netaudit.core.system.release import code_digest
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.errors import ReasonedError, UsageError
from netaudit.findings.bounds import lower
from netaudit.validate.judging import Outcome
from netaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netaudit.validate.running import Validation

SPECIFICATION = "5"
FORMAT = "netaudit validation 2"
CONFIDENCE = 0.95
LARGEST = 1 << 20  # bytes of a certificate
Certificate = dict[str, Any]

ASSERTIONS: dict[str, dict[str, str]] = {one["id"]: one for one in yaml_of(__package__, "assertions.yaml")}
say = speaker(yaml_of(__package__, "texts.yaml"))


def certificate_of(validation: Validation) -> Certificate:
    """All that a certificate says."""
    from netaudit.core.signatures.loading import load

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
    }
    return certificate | {"number": number_of(certificate)}


def _row(name: str, one: Outcome) -> dict[str, Any]:
    bound = 1 - lower(one.asked - one.failed, one.asked, CONFIDENCE)
    return {"id": name, "asked": one.asked, "failed": one.failed, "rate_at_most": bound, "examples": one.first}


def outcomes_digest(outcomes: Mapping[str, Outcome]) -> str:
    """SHA-256 over which assertions hold: not over counts, times or names, so it is the same wherever they hold."""
    lines = (f"{name} {'holds' if one.passed else 'fails'}\n" for name, one in sorted(outcomes.items()))
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
            found.keys() == ASSERTIONS.keys()
            and len(rates) == len(certificate["assertions"])
            and all(
                math.isclose(rate, one["rate_at_most"])
                for rate, one in zip(rates, certificate["assertions"], strict=True)
            )
            and certificate["answers"] == sum(one.asked for one in found.values())
            and certificate["passed"] is all(one.passed for one in found.values())
            and certificate["outcomes"] == outcomes_digest(found)
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return False


def of_this_copy(path: Path) -> Certificate:
    """A certificate of the very code and signatures that are here. Raises UsageError for another one."""
    from netaudit.core.signatures.loading import load

    certificate = read_certificate(path)
    if certificate.get("code") != code_digest() or certificate.get("signatures") != load().sha256:
        raise UsageError("{}: is of another copy of netaudit: run netaudit validate on this one", path)
    return certificate


def signed_by(path: Path) -> str:
    """Return who signed a certificate in the .p7s beside it, or "". Raises UsageError for a wrong signature.

    Whether the signer is to be trusted is not asked.
    """
    from netaudit.evidence.signing.cms import check

    signature = path.with_suffix(".p7s")
    try:
        return visible(check(read_given(path, LARGEST), read_given(signature, LARGEST)).subject.rfc4514_string(), 200)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UsageError("{}: cannot be read: {}", signature, error) from error
    except (ValueError, IndexError) as error:
        raise UsageError("{}: is no signature over {}: {}", signature, path.name, ReasonedError(error)) from error


def page_of(certificate: Certificate, lang: str) -> str:
    """A certificate for people."""
    failed = sum(one["failed"] > 0 for one in certificate["assertions"])
    pack = certificate["pack"]
    lines = [
        say("title", lang, number=certificate["number"]),
        say("passed" if certificate["passed"] else "failed", lang, n=failed),
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
        lines.append(say("row", lang, mark=mark, id=one["id"], failed=one["failed"], asked=one["asked"],
                         bound=one["rate_at_most"], text=text))  # fmt: skip
        lines += [say("example", lang, text=example) for example in one["examples"]]
    return "\n".join([*lines, "", say("bounds", lang), say("scope", lang), ""])

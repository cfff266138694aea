"""`netaudit sign`: signature and time stamp; and what `verify` says of signature and time stamp."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import sentence
from netaudit.core.storage.files import read_given
from netaudit.core.system.reasons import why
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.evidence.signing.cms import Signer
    from netaudit.evidence.signing.sm2 import Sm2Signer
    from netaudit.evidence.signing.verification import Attested

LARGEST = 16 << 20  # bytes of a key, of certificates, of an answer
PASSWORD = "NETAUDIT_KEY_PASSWORD"  # noqa: S105 - the name of a variable: a command line is seen by all


def sign_command(folder: Path, key: Path | None, certificate: Path | None, pkcs12: Path | None, *, lang: str) -> Exit:
    """Sign the manifest and say by whom."""
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.signing.sign import sign_case
    from netaudit.evidence.signing.verification import attested

    sign_case(open_case(folder), signer_of(key, certificate, pkcs12))
    print_attested(attested(folder), lang)
    return Exit.AUDITED


def signer_of(key: Path | None, certificate: Path | None, pkcs12: Path | None) -> Signer | Sm2Signer:
    """Who signs, from the files that were named. Raises UsageError."""
    from netaudit.evidence.signing.cms import signer_from_pem, signer_from_pkcs12
    from netaudit.evidence.signing.sm2 import is_sm2, sm2_signer

    password = os.environ.get(PASSWORD, "").encode() or None
    if pkcs12 is not None and key is None and certificate is None:
        return signer_from_pkcs12(_read(pkcs12), password)
    if pkcs12 is None and key is not None and certificate is not None:
        chain = _read(certificate)
        return sm2_signer(_read(key), chain) if is_sm2(chain) else signer_from_pem(_read(key), chain, password)
    raise UsageError("say --key and --cert, or --p12")


def stamp_command(folder: Path, answer: Path | None, authority: Path | None, *, lang: str) -> Exit:
    """Write the request, or attach the answer."""
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.signing.timestamps import attach_stamp, request_stamp

    open_case(folder)
    if answer is None and authority is None:
        print(say("stamp_request", lang, file=request_stamp(folder)))
    elif answer is None or authority is None:
        raise UsageError("say --answer with --authority, the certificates (PEM) that are trusted for it")
    else:
        print(say("stamped_at", lang, time=attach_stamp(folder, _read(answer), _read(authority)).isoformat()))
    return Exit.AUDITED


def _read(path: Path) -> bytes:
    try:
        return read_given(path, LARGEST)
    except OSError as error:
        raise UsageError("{}: cannot be read: {}", path, why(error)) from error


def print_attested(standing: Attested | None, lang: str) -> None:
    """What holds, what does not, and how others check it."""
    if standing is None:
        print(say("signed_not", lang))
        return
    from netaudit.evidence.signing.verification import commands

    if standing.signer:
        print(say("signed_by", lang, signer=standing.signer, issuer=standing.issuer, certificate=standing.certificate))
    if standing.sm2:
        print(say("signed_by_sm2", lang, signer=standing.sm2, certificate=standing.sm2_certificate))
    if standing.stamp:
        print(say("stamped_at", lang, time=standing.stamp))
    if standing.sums:
        print(say("sm3_fit", lang, n=standing.sums))
    if standing.problems:
        print(say("attested_wrong", lang))
    for line in (*standing.problems, *standing.unchecked):
        print(f"    {sentence(line, lang)}")
    print(say("attested_openssl", lang))
    for command in commands(standing):
        print(f"    {command}")

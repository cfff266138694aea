"""`netaudit validate`: known answers against this copy on this computer, and a certificate of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import Exit
from netaudit.core.storage.files import write_whole
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.evidence.signing.cms import Signer
    from netaudit.evidence.signing.sm2 import Sm2Signer

NAME = "netaudit-validation"


def validate_command(out: Path, signer: Signer | Sm2Signer | None, *, as_json: bool, lang: str) -> Exit:
    """Validate, write the certificate (and its signature) into `out`, and say how it went."""
    from netaudit.evidence.signing.cms import Signer
    from netaudit.pipeline.startup import load_arrow
    from netaudit.validate.certificate import certificate_of, data_of, page_of
    from netaudit.validate.running import validate

    load_arrow()
    if signer is not None and not isinstance(signer, Signer):
        raise UsageError("a certificate of validation is signed with a P-256 or RSA key")
    certificate = certificate_of(validate())
    out.mkdir(parents=True, exist_ok=True)
    data = data_of(certificate)
    write_whole(out / f"{NAME}.json", data)
    for one in ("zh", "en"):
        page = page_of(certificate, one).replace("\n", "\r\n")
        write_whole(out / f"{NAME}-{one}.txt", page.encode("utf-8-sig"))
    if as_json:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        print(page_of(certificate, lang))
    _sign(out, data, signer, lang, quiet=as_json)
    return Exit.AUDITED if certificate["passed"] else Exit.DAMAGED


def _sign(out: Path, data: bytes, signer: Signer | None, lang: str, *, quiet: bool) -> None:
    from netaudit.core.masking.mask import visible
    from netaudit.validate.certificate import say

    lines: list[Any] = [say("written", lang, file=out / f"{NAME}.json")]
    if signer is not None:
        from netaudit.evidence.signing.cms import sign

        path = out / f"{NAME}.p7s"
        write_whole(path, sign(data, signer))
        who = visible(signer.certificate.subject.rfc4514_string(), 200)
        lines.append(say("signed", lang, file=path, who=who))
    if not quiet:
        print(*lines, sep="\n")


def pack_command(folder: Path) -> Exit:
    """Write the captures of the pack and their answers, so that another tool can be measured."""
    from netaudit.validate.running import unpack

    unpack(folder)
    print(folder)
    return Exit.AUDITED

"""`netaudit validate`: known answers against this copy on this computer, and a certificate of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import Exit
from netaudit.storage.files import write_whole

if TYPE_CHECKING:
    from netaudit.signing.cms import Signer
    from netaudit.signing.sm2 import Sm2Signer

NAME = "netaudit-validation"


def validate_command(out: Path, signer: Signer | Sm2Signer | None, *, as_json: bool, lang: str) -> Exit:
    """Validate, write the certificate (and its signature) into `out`, and say how it went."""
    from netaudit.pipeline.startup import load_lean
    from netaudit.validate.certificate import certificate_of, data_of, page_of
    from netaudit.validate.running import validate

    load_lean()
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


def _sign(out: Path, data: bytes, signer: Signer | Sm2Signer | None, lang: str, *, quiet: bool) -> None:
    from netaudit.masking.mask import visible
    from netaudit.validate.certificate import say

    lines: list[Any] = [say("written", lang, file=out / f"{NAME}.json")]
    if signer is not None:
        from netaudit.signing.cms import sign
        from netaudit.signing.sm2 import Sm2Signer, sign_sm2

        by_sm2 = isinstance(signer, Sm2Signer)
        path = out / f"{NAME}.{'sm2' if by_sm2 else 'p7s'}"
        write_whole(path, sign_sm2(data, signer) if isinstance(signer, Sm2Signer) else sign(data, signer))
        if isinstance(signer, Sm2Signer):
            write_whole(out / f"{NAME}.pem", signer.pem)  # a plain signature carries no certificate
        who = visible(signer.certificate.subject.rfc4514_string(), 200)
        lines.append(say("signed", lang, file=path, who=who))
    if not quiet:
        print(*lines, sep="\n")


def pack_command(folder: Path) -> Exit:
    """Write the captures of the pack and their answers, so that another tool can be measured."""
    import orjson

    from netaudit.validate.pack.cases import pack
    from netaudit.validate.running import write

    files = pack()
    write(files, folder)
    answers = [
        {"assertion": one.assertion, "capture": one.capture, "kind": one.kind, "about": one.about, "told": one.expected}
        for made in files
        for one in made.answers
    ]
    write_whole(folder / "answers.json", orjson.dumps(answers, option=orjson.OPT_INDENT_2))
    print(folder)
    return Exit.AUDITED

"""Signs the manifest of a case, and writes the lists of sums that go with it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.storage.files import write_whole
from netaudit.errors import CaseError
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.seal import hashed, later
from netaudit.evidence.case.writing import MANIFEST
from netaudit.evidence.signing import cms
from netaudit.evidence.signing.file_names import (
    BAG,
    BAG_INFO,
    CMS,
    FOLDER,
    SIGNED,
    SIGNED_BY_SM2,
    SM2,
    SM2_CERTIFICATE,
    SM3,
    SM3_CMS,
    SM3_SM2,
    SUMS,
    manifest_of,
)
from netaudit.evidence.signing.sm2 import Sm2Signer, sign_sm2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case
    from netaudit.evidence.signing.cms import Signer

_IMAGES = "private/objects/"


def sign_case(case: Case, signer: Signer | Sm2Signer) -> str:
    """Sign manifest.json and the list of SM3 sums; gives the SHA-256 of the signer's certificate.

    The signature replaces an earlier one of its kind (CMS or SM2) and says nothing of later lines of the chain. Raises
    UsageError for a case without a manifest, CaseError for one whose files are not those it was sealed with.
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    fingerprint = signer.certificate.fingerprint(SHA256()).hex()
    by_sm2 = isinstance(signer, Sm2Signer)
    over_manifest, over_list = (SM2, SM3_SM2) if by_sm2 else (CMS, SM3_CMS)
    folder = case.folder
    data = manifest_of(folder)
    manifest = orjson.loads(data)
    checked = integrity(folder)
    if wrong := [*checked.missing, *checked.changed]:
        raise CaseError(
            "{}: is gone or was changed after the case was sealed; netaudit verify says more", folder / wrong[0]
        )
    with writing(folder, "sign"):
        (folder / FOLDER).mkdir(exist_ok=True)
        sums = "".join(_sm3_lines(folder, manifest["files"])).encode()
        write_whole(folder / SM3, sums)
        made = {"signature": (over_manifest, _signed(data, signer)), "sums": (over_list, _signed(sums, signer))}
        if isinstance(signer, Sm2Signer):
            made["certificates"] = (SM2_CERTIFICATE, signer.pem)
        for name, content in made.values():
            write_whole(folder / name, content)
        _bag(case, manifest["files"])
        digests = {key: hashlib.sha256(content).hexdigest() for key, (_, content) in made.items()}
        digests |= {key: hashed(folder / name).sha256 for key, name in (("bag", BAG), ("bag_info", BAG_INFO))}
        what = SIGNED_BY_SM2 if by_sm2 else SIGNED
        later(folder, what, certificate=fingerprint, manifest=case.seal.manifest, **digests)
    return fingerprint


def _signed(data: bytes, signer: Signer | Sm2Signer) -> bytes:
    return sign_sm2(data, signer) if isinstance(signer, Sm2Signer) else cms.sign(data, signer)


def _sm3_lines(folder: Path, files: dict[str, Any]) -> Iterator[str]:
    """Lines as `sm3sum` writes them, of the manifest and of what was recovered: SM3 is too slow for captures."""
    for name in (MANIFEST, *sorted(name for name in files if name.startswith(_IMAGES))):
        path = folder / name
        if path.is_file() and not path.is_symlink():
            yield f"{sm3(path)}  {name}\n"


def sm3(path: Path) -> str:
    """SM3 (GB/T 32905) of a file, in hexadecimal digits."""
    from cryptography.hazmat.primitives.hashes import SM3 as Algorithm  # noqa: N811
    from cryptography.hazmat.primitives.hashes import Hash

    made = Hash(Algorithm())
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            made.update(piece)
    return made.finalize().hex()


def _bag(case: Case, files: dict[str, Any]) -> None:
    """The face of a bag (RFC 8493) made of the manifest: with the case under `data/` beside these files it is one."""
    total = sum(fact["bytes"] for fact in files.values())
    lines = "".join(f"{fact['sha256']}  data/{name}\n" for name, fact in sorted(files.items()))
    write_whole(case.folder / SUMS, lines.encode())
    write_whole(case.folder / BAG, b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    site = " ".join(str(case.manifest.get("site") or "").split())
    info = [
        f"Payload-Oxum: {total}.{len(files)}",
        f"Bag-Software-Agent: netaudit {case.manifest.get('netaudit_version', '')}",
        f"Internal-Sender-Identifier: {case.seal.manifest}",
        *([f"Internal-Sender-Description: {site}"] if site else []),
    ]
    write_whole(case.folder / BAG_INFO, "".join(f"{line}\n" for line in info).encode())

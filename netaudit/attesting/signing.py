"""Signs the manifest of a case, and writes the lists of sums that go with it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.attesting import cms
from netaudit.attesting.places import BAG, BAG_INFO, CMS, FOLDER, SM3, SM3_CMS, SUMS, manifest_of
from netaudit.case.integrity import integrity
from netaudit.case.lock import writing
from netaudit.case.seal import hashed, later
from netaudit.case.writing import MANIFEST
from netaudit.errors import CaseError
from netaudit.ground.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.attesting.cms import Signer
    from netaudit.case.reading import Case

_IMAGES = "private/objects/"


def sign_case(case: Case, signer: Signer) -> str:
    """Sign manifest.json and the list of SM3 sums; gives the SHA-256 of the signer's certificate.

    The signature replaces an earlier one and says nothing of later lines of the chain. Raises UsageError for a case
    without a manifest, CaseError for one whose files are not those it was sealed with.
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    folder = case.folder
    data = manifest_of(folder)
    said = orjson.loads(data)
    told = integrity(folder)
    if wrong := [*told.missing, *told.changed]:
        raise CaseError(
            f"{folder / wrong[0]}: is gone or was changed after the case was sealed; netaudit verify says more"
        )
    fingerprint = signer.certificate.fingerprint(SHA256()).hex()
    with writing(folder, "sign"):
        (folder / FOLDER).mkdir(exist_ok=True)
        sums = "".join(_sm3_lines(folder, said["files"])).encode()
        write_whole(folder / SM3, sums)
        over_sums = cms.sign(sums, signer)
        write_whole(folder / SM3_CMS, over_sums)
        signature = cms.sign(data, signer)
        write_whole(folder / CMS, signature)
        _bag(case, said["files"])
        digests = {
            name: hashlib.sha256(made).hexdigest() for name, made in (("signature", signature), ("sums", over_sums))
        }
        digests |= {key: hashed(folder / name).sha256 for key, name in (("bag", BAG), ("bag_info", BAG_INFO))}
        later(folder, "signed", certificate=fingerprint, manifest=case.seal.manifest, **digests)
    return fingerprint


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

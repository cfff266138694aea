"""Names of the files in `signature/` of a case. They are outside the manifest, since they are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.errors import UsageError
from netaudit.evidence.case.seal import ATTESTED
from netaudit.evidence.case.writing import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "signature"
SIGNED, SIGNED_BY_SM2, STAMPED = "signed", "signed by SM2", "stamped"  # lines of the chain
CMS = f"{FOLDER}/manifest.p7s"  # detached CMS signature over manifest.json, DER
REQUEST = f"{FOLDER}/manifest.tsq"  # RFC 3161, to be carried to an authority
ANSWER = f"{FOLDER}/manifest.tsr"
AUTHORITY = f"{FOLDER}/authority.pem"  # whom the one who attached the answer trusts
SM3 = f"{FOLDER}/manifest-sm3.txt"
SM3_CMS = f"{FOLDER}/manifest-sm3.p7s"  # over that list
SUMS = f"{FOLDER}/manifest-sha256.txt"
BAG = f"{FOLDER}/bagit.txt"
BAG_INFO = f"{FOLDER}/bag-info.txt"
SM2 = f"{FOLDER}/manifest.sm2"  # over manifest.json, by SM2 with SM3
SM3_SM2 = f"{FOLDER}/manifest-sm3.sm2"  # over the list of SM3 sums
SM2_CERTIFICATE = f"{FOLDER}/sm2.pem"

assert {CMS, REQUEST, ANSWER, AUTHORITY, SM3, SM3_CMS, SUMS, BAG, BAG_INFO, SM2, SM3_SM2, SM2_CERTIFICATE} == ATTESTED


def manifest_of(folder: Path) -> bytes:
    """manifest.json of a case. Raises UsageError when it has none: nothing stands for the whole of it then."""
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise UsageError(
            "{}: is unsealed (no {}); audit it again to have something to sign", folder, MANIFEST
        ) from None

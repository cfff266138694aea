"""How the case was sealed, signed and stamped when the report was written, and by which commands others check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.errors import NetauditError
from netaudit.report.signing_words import problem_text
from netaudit.signing.verification import attested, commands

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

OPINIONS = ("private/verify.json", "private/verify-dpkt.json")
MOST_PROBLEMS = 20
LARGEST = 64 << 20  # bytes of an opinion that is read


def checking(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Seal, signature, stamp, problems, opinions and commands, in words."""
    folder = case.folder
    return {
        **_seal(case, w),
        **_signature(folder, w),
        "opinions": _opinions(folder, w) if folder else [],
        "commands": [(command, w.t(f"checking_what.{key}")) for key, command in w.t.group("checking").items()],
    }


def _seal(case: CaseLike, w: Wording) -> dict[str, Any]:
    seal = getattr(case, "seal", None)
    if seal is not None and seal.state == "unsealed":
        return {"manifest": "", "seal": w.t("checking_never_sealed"), "unsealed": True}
    if seal is None or seal.state != "sealed":
        return {"manifest": "", "seal": w.t("checking_unsealed"), "unsealed": False}
    said = w.t("checking_sealed", n=w.number(len(seal.files)))
    return {"manifest": w.exact(seal.manifest, 64), "seal": said, "unsealed": False}


def _signature(folder: Path | None, w: Wording) -> dict[str, Any]:
    nothing = {"signed": "", "issuer": "", "stamped": "", "problems": [], "unchecked": [], "openssl": []}
    try:
        told = attested(folder, sums=False) if folder else None
    except (NetauditError, OSError, ValueError) as error:
        return nothing | {"problems": [w.exact(error, 300)]}
    if told is None:
        return nothing
    pairs = ((told.signer, told.certificate, ""), (told.sm2, told.sm2_certificate, " (SM2)"))
    signed = [
        w.t("summary_signed_by", signer=w.exact(who, 200), certificate=w.exact(digest, 64)) + kind
        for who, digest, kind in pairs
        if who
    ]
    return {
        "signed": w.t("device_join").join(signed),
        "issuer": w.t("checking_issuer", issuer=w.exact(told.issuer, 200)) if told.signer else "",
        "stamped": w.t("summary_stamped_at", time=w.exact(told.stamp)) if told.stamp else "",
        "problems": [problem_text(one, w) for one in told.problems[:MOST_PROBLEMS]],
        "unchecked": [problem_text(one, w) for one in told.unchecked[:MOST_PROBLEMS]],
        "openssl": commands(told),
    }


def _opinions(folder: Path, w: Wording) -> list[str]:
    """What second opinions that were asked for say, in figures; one that cannot be read is passed over."""
    import orjson

    told = []
    for name in OPINIONS:
        path = folder / name
        try:
            if not path.is_file() or path.stat().st_size > LARGEST:
                continue
            said = orjson.loads(path.read_bytes())
            statuses = [one["status"] for one in said["objects"].values()]
            tool = w.exact(said.get("tool") or said.get("tshark"), 80)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        counts = {name: w.number(statuses.count(name)) for name in ("confirmed", "contradicted")}
        told.append(w.t("checking_opinion", tool=tool, all=w.number(len(statuses)), **counts))
    return told

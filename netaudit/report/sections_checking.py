"""How the case was sealed, signed and stamped when the report was written, and by which commands others check it.

Problems of signatures and second opinions in the language of a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.errors import NetauditError
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.report_status import SECOND_OPINION, VALIDATED
from netaudit.evidence.case.seal import sealed_files
from netaudit.evidence.signing.verification import attested, commands

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.report_status import Moment
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

MOST = 400  # characters


def problem_text(problem: str, w: Wording) -> str:
    """A problem of seal, signature, stamp or opinion."""
    return w.t.phrase(problem, lambda part: w.exact(part, MOST))


def opinion_text(opinion: str, w: Wording) -> str:
    """Why a second opinion is what it is, from its status and its reason: 'confirmed: opinion_same'."""
    status, colon, why = opinion.partition(": ")
    known = w.t.known("status", status)
    if not colon or known is None:
        return problem_text(opinion, w)
    return ("：" if w.lang == "zh" else ": ").join((known, problem_text(why, w)))


MOST_PROBLEMS = 20
FIGURES = ("all", "confirmed", "contradicted")  # of a second opinion


def checking(case: CaseLike, w: Wording, at: Moment) -> dict[str, Any]:
    """Seal, signature, stamp, problems, opinions as they were then, and commands, in words."""
    folder = case.folder
    return {
        **_seal(case, w, at),
        **_signature(folder, w, at),
        "opinions": _opinions(folder, w, at) if folder else [],
        "validated": _validated(case, w, at),
        "commands": [(command, w.t(f"checking_what.{key}")) for key, command in w.t.group("checking").items()],
    }


def _seal(case: CaseLike, w: Wording, at: Moment) -> dict[str, Any]:
    seal = getattr(case, "seal", None)
    if seal is not None and seal.state == "unsealed":
        return {"manifest": "", "seal": w.t("checking_never_sealed"), "unsealed": True, "state": "head_never_sealed"}
    files = sealed_files(case.folder, at.lines) if case.folder and seal and seal.state == "sealed" else {}
    if seal is None or not files:
        return {"manifest": "", "seal": w.t("checking_unsealed"), "unsealed": False, "state": "head_unsealed"}
    text = w.t("checking_sealed", n=w.number(len(files)))
    return {"manifest": w.exact(seal.manifest, 64), "seal": text, "unsealed": False, "state": "head_sealed"}


def _signature(folder: Path | None, w: Wording, at: Moment) -> dict[str, Any]:
    nothing = {"signed": "", "issuer": "", "stamped": "", "problems": [], "unchecked": [], "openssl": []}
    try:
        attestation = attested(folder, sums=False, lines=at.lines) if folder else None
    except (NetauditError, OSError, ValueError) as error:
        return nothing | {"problems": [w.exact(error, 300)]}
    if attestation is None:
        return nothing
    pairs = (
        (attestation.signer, attestation.certificate, ""),
        (attestation.sm2, attestation.sm2_certificate, " (SM2)"),
    )
    signed = [
        w.t("summary_signed_by", signer=w.exact(who, 200), certificate=w.exact(digest, 64)) + kind
        for who, digest, kind in pairs
        if who
    ]
    return {
        "signed": w.t("device_join").join(signed),
        "issuer": w.t("checking_issuer", issuer=w.exact(attestation.issuer, 200)) if attestation.signer else "",
        "stamped": w.t("summary_stamped_at", time=w.exact(attestation.stamp)) if attestation.stamp else "",
        "problems": [problem_text(one, w) for one in attestation.problems[:MOST_PROBLEMS]],
        "unchecked": [problem_text(one, w) for one in attestation.unchecked[:MOST_PROBLEMS]],
        "openssl": commands(attestation),
    }


def _opinions(folder: Path, w: Wording, at: Moment) -> list[str]:
    """What second opinions that were asked for say, in figures: the last one of each tool."""
    last = {str(line.get("by")): line for line in entries(folder)[: at.lines] if line["what"] == SECOND_OPINION}
    return [
        w.t("checking_opinion", tool=w.exact(tool, 80), **{name: w.number(int(line[name])) for name in FIGURES})
        for tool, line in last.items()
        if all(isinstance(line.get(name), int) for name in FIGURES)
    ]


def _validated(case: CaseLike, w: Wording, at: Moment) -> list[str]:
    """The certificate of validation that was named last, of which copy it is, and which one audited; empty for none."""
    folder = case.folder
    chain = entries(folder)[: at.lines] if folder else []
    line = next((one for one in reversed(chain) if one["what"] == VALIDATED), None)
    if line is None or not all(isinstance(line.get(name), int) for name in ("answers", "wrong")):
        return []
    sentence = w.t(
        "checking_validated_as" if line.get("passed") is True else "checking_validated_failed",
        number=w.exact(line.get("certificate"), 40), version=w.exact(line.get("netaudit"), 40),
        made=w.exact(line.get("made"), 40), answers=w.number(line["answers"]), wrong=w.number(line["wrong"]),
    ) + _signed_by(w, line)  # fmt: skip
    own = bool(at.code) and line.get("code") == at.code
    return [sentence, w.t("checking_validated_own" if own else "checking_validated_other"), _audited_by(case, w, line)]


def _signed_by(w: Wording, line: dict[str, Any]) -> str:
    signer = line.get("signer")  # lines of earlier versions have none
    if signer:
        return w.t("checking_validated_signed", who=w.exact(signer, 200))
    return "" if signer is None else w.t("checking_validated_unsigned")


def _audited_by(case: CaseLike, w: Wording, line: dict[str, Any]) -> str:
    """Which version made the tables: the one that was validated need not be it."""
    version = case.manifest.get("netaudit_version")
    if not version:
        return w.t("checking_audited_unknown")
    same = version == line.get("netaudit")
    return w.t("checking_audited_as" if same else "checking_audited_other", version=w.exact(version, 40))

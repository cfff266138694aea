"""`netaudit verify`: whether a case is as it was sealed, and with --by what others make of the same captures."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.chinese import error_text
from netaudit.cli.exits import Exit
from netaudit.cli.signing import print_attested
from netaudit.cli.texts import say
from netaudit.cli.wording import sentence
from netaudit.core.masking.mask import visible
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.integrity import Integrity, integrity
from netaudit.evidence.case.report_status import stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.evidence.case.opinions import Verification
    from netaudit.evidence.case.reading import Case
    from netaudit.report.belonging import Belonging

FORGED = "not of this case"  # of `report.belonging`, which is loaded when it is asked
MOST_NAMES = 200  # printed of a kind; JSON has all


def _wireshark(case: Case, captures: list[Path], *, images: bool) -> Verification:
    from netaudit.evidence.case.second_opinion import verify

    return verify(case, captures, images=images)


def _dpkt(case: Case, captures: list[Path], *, images: bool) -> Verification:
    from netaudit.evidence.crosscheck.comparing import ask_dpkt

    return ask_dpkt(case, captures, images=images)


OPINIONS: dict[str, Callable[..., Verification]] = {"wireshark": _wireshark, "dpkt": _dpkt}
"""Who may be asked for a second opinion."""


AGAIN = "netaudit"  # which is asked by auditing once more


def verify_command(
    folder: Path,
    captures: list[Path],
    by: list[str],
    settings: dict[str, Any] | None = None,
    *,
    images: bool,
    as_json: bool,
    lang: str,
) -> Exit:
    """Print how the case stands, then each opinion asked for; exit code 3 when something is wrong.

    `settings` may name the signatures, project key and keys of then, which a case does not keep.
    """
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.case.replacement import taken_up
    from netaudit.evidence.signing.verification import attested

    for one in by:
        if one not in (*OPINIONS, AGAIN):
            raise UsageError("--by {}: say one of {}", one, ", ".join((*OPINIONS, AGAIN)))
    if not by and (images or captures):
        raise UsageError("--images and --captures go with --by, which asks for a second opinion")
    taken_up(folder)
    checked = integrity(folder)
    signed = attested(folder)
    report = _belonging(folder)
    if not as_json:
        _print(checked, lang)
        _print_belonging(report, folder, lang)
        if stale(folder):
            print(say("stale", lang, case=folder))
        print_attested(signed, lang)
    opinions, again = {}, {}
    if by:
        case = open_case(folder, check=False)
        for one in (one for one in by if one != AGAIN):
            opinions[one] = OPINIONS[one](case, captures, images=images)
            if not as_json:
                _print_opinion(opinions[one], lang)
        if AGAIN in by:
            from netaudit.cli.repeating import print_repeated, repeat

            again = repeat(case, captures, settings or {})
            if not as_json:
                print_repeated(again, lang)
    if as_json:
        import orjson

        by_tool = {name: {"tool": one.tool, "findings": one.findings} for name, one in opinions.items()}
        document = {"integrity": checked.document(), "report_stale": stale(folder), "opinions": by_tool}
        document["report"] = report.document()
        if again:
            document["repeated"] = again
        if signed is not None:
            document["signature"] = asdict(signed)
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    contradicted = any(row["status"] == "contradicted" for one in opinions.values() for row in one.findings)
    contradicted |= bool(again.get("differing"))
    wrong = contradicted or report.status == FORGED or (signed is not None and bool(signed.problems))
    return Exit.AUDITED if checked.sound and not wrong else Exit.DAMAGED


def _belonging(folder: Path) -> Belonging:
    """How the report stands to the case; not compared where the case itself cannot be opened."""
    from netaudit.evidence.case.reading import open_case
    from netaudit.report.belonging import UNKNOWN, Belonging, belonging

    try:
        return belonging(open_case(folder, check=False))
    except CaseError as error:
        return Belonging(UNKNOWN, why=error)


def _print_belonging(report: Belonging, folder: Path, lang: str) -> None:
    if report.status == FORGED:
        print(say("report_forged", lang, parts=", ".join(report.parts), case=folder))
    elif report.why is not None:
        print(say("report_not_compared", lang, reason=visible(error_text(report.why, lang), 400)))
    elif report.status != "none":
        print(say("report_belongs", lang))
    if report.unseen:
        print(say("report_unseen", lang))
    if report.after_seal:
        print(say("report_after_seal", lang))


def _print(checked: Integrity, lang: str) -> None:
    """State, what is wrong by kind, the chain and its end, and how far all this reaches."""
    print(say("integrity_sound" if checked.sound else f"integrity_{checked.state}", lang, n=checked.checked))
    if checked.partial:
        print(say("integrity_partial", lang))
    for kind in ("problems", "changed", "missing", "added", "leftovers", "desktop"):
        names = getattr(checked, kind)
        if names:
            print(say(f"integrity_{kind}", lang, n=len(names)))
            words = [sentence(name, lang) if kind == "problems" else name for name in names[:MOST_NAMES]]
            print("".join(f"    {visible(name, 400)}\n" for name in words), end="")
        if len(names) > MOST_NAMES:
            print(f"    … (+{len(names) - MOST_NAMES:,})")
    if checked.left_out:
        print(say("integrity_left_out", lang, n=checked.left_out))
    if checked.removed_on:
        why = say(f"removed_{checked.removed_why}", lang) if checked.removed_why in ("age", "room") else "?"
        print(say("integrity_removed", lang, n=checked.removed, day=visible(checked.removed_on[:10], 10), why=why))
    if checked.lines:
        print(say("integrity_chain", lang, n=checked.lines, head=checked.head))
    if checked.manifest:
        print(say("integrity_manifest", lang, digest=checked.manifest))
        print(say("integrity_reach", lang))


def _print_opinion(result: Verification, lang: str) -> None:
    print(result.tool)
    for row in result.findings:
        print(_line(row, lang))
    if not result.findings:
        print(say("verify_none", lang))


def _line(row: dict[str, Any], lang: str) -> str:
    from netaudit.report.sections_checking import opinion_text
    from netaudit.report.wording import Wording

    w = Wording(lang)
    if "finding_id" in row:
        act = w.term("act", row["act"])
        what = f"{row['finding_id'][:12]}  {row['certainty']}  {act}  {row['sender']} -> {row['receiver']}"
    else:
        what = row["protocol"]
    counts = row["counts"]
    status = say("verify_" + row["status"].replace(" ", "_"), lang)
    reasons = "".join(f"\n    {n:,} × {opinion_text(reason, w)}" for reason, n in sorted(row["reasons"].items()))
    return f"{status:<16} {counts['confirmed']:,}/{row['objects']:,}  {what}{reasons}"

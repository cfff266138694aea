"""`netaudit verify`: findings and what Wireshark's dissectors say of them, as a table or JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from netaudit.case.custody import NAME, broken, entries
from netaudit.case.reading import open_case
from netaudit.case.sealed import differing
from netaudit.case.verify import CONTRADICTED, verify
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import sentence


def verify_command(folder: Path, captures: list[Path], *, images: bool, as_json: bool, lang: str) -> Exit:
    """Print the opinion on each finding; exit code 3 when one is contradicted."""
    case = open_case(folder)
    lines, problems, files = entries(folder), broken(folder), differing(case)
    if not as_json:
        _print_custody(lines, problems, files, lang)
    result = verify(case, captures, images=images)
    if as_json:
        import orjson

        last = lines[-1]["hash"] if lines else ""
        custody = {"lines": len(lines), "problems": problems, "files": files, "last": last}
        summary = {"tshark": result.tshark, "findings": result.findings} | (
            {"custody": custody} if lines or problems or files else {}
        )
        sys.stdout.buffer.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    else:
        print(result.tshark)
        for row in result.findings:
            print(_line(row, lang))
        if not result.findings:
            print(say("verify_none", lang))
    bad = problems or files
    return Exit.DAMAGED if bad or any(row["status"] == CONTRADICTED for row in result.findings) else Exit.AUDITED


def _print_custody(lines: list[dict[str, Any]], problems: list[str], files: list[str], lang: str) -> None:
    """Whether the chain holds, and whether the files of the case are the ones it names."""
    if lines or problems:
        print(say("custody_broken" if problems else "custody_holds", lang, file=NAME, lines=len(lines)))
        print(_listed(problems, lang) or f"    {lines[-1]['hash']}\n", end="")
    if lines or files:
        print(say("custody_files_differ" if files else "custody_files_same", lang, file=NAME))
        print(_listed(files, lang), end="")


def _listed(sentences: list[str], lang: str) -> str:
    return "".join(f"    {sentence(one, lang)}\n" for one in sentences)


def _line(row: dict[str, Any], lang: str) -> str:
    if "finding_id" in row:
        what = f"{row['finding_id'][:12]}  {row['certainty']}  {row['act']}  {row['sender']} -> {row['receiver']}"
    else:
        what = row["protocol"]
    counts = row["counts"]
    status = say("verify_" + row["status"].replace(" ", "_"), lang)
    reasons = "".join(f"\n    {count:,} × {reason}" for reason, count in sorted(row["reasons"].items()))
    return f"{status:<16} {counts['confirmed']:,}/{row['objects']:,}  {what}{reasons}"

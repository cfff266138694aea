"""`netaudit recheck`: what became of each transfer from one visit to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from netaudit.cli.captured import is_of
from netaudit.cli.exits import Exit
from netaudit.errors import UsageError
from netaudit.evidence.case.reading import Case, open_case
from netaudit.evidence.case.writing import beside
from netaudit.findings.recheck.comparing import Comparison, recheck
from netaudit.findings.recheck.saying import say, visit_rows

if TYPE_CHECKING:
    from pathlib import Path


def recheck_command(before: list[Path], after: list[Path], html: Path | None, *, as_json: bool, lang: str) -> Exit:
    """Compare, print, and write the page where one is asked for."""
    if not after:
        before, after = before[:-1], before[-1:]
    if not before:
        raise UsageError("say at least one case before and one after")
    compared = recheck([_case(path, lang) for path in before], [_case(path, lang) for path in after])
    if html is not None:
        from netaudit.report.recheck_page import write_page

        write_page(compared, html, lang)
    if as_json:
        print(orjson.dumps(compared.document(), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(compared, lang)
        if html is not None:
            print(html)
    return Exit.AUDITED


def _case(path: Path, lang: str) -> Case:
    """A case; of a capture the case beside it, made now where there is none."""
    if (path / "case.json").exists() or path.is_dir():
        return open_case(path)
    folder = beside([str(path)])
    if (folder / "case.json").exists() and path.is_file():
        case = open_case(folder)
        if case.table("captures").num_rows == 1 and is_of(case, path):
            return case
        raise UsageError(
            "{}: the case beside it, {}, is of another capture; name the case that is meant", str(path), str(folder)
        )
    from netaudit.api.auditing import audit

    audit(path, folder, lang=lang)
    return open_case(folder)


def _print(compared: Comparison, lang: str) -> None:
    for cells in visit_rows(compared.sides, lang):
        print(" · ".join(cell for cell in cells if cell))
    rows = compared.rows(lang)
    if not rows:
        print(say("nothing", lang))
    for row in rows:
        print(f"\n{row['status'].upper() if lang == 'en' else row['status']}  {row['device']} → {row['endpoint']}")
        print(f"  {row['purpose']}")
        for one in row["said"]:
            print(f"  {one}")

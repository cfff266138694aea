"""The figures of a campaign as a workbook: sites, and a sheet for each kind of what recurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.masking.mask import visible
from netaudit.errors import UsageError
from netaudit.pipeline.campaign import across
from netaudit.pipeline.campaign.report import local_time
from netaudit.pipeline.campaign.report_texts import KINDS, TEXTS
from netaudit.pipeline.campaign.standing import standing

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.pipeline.campaign.catalogue import Campaign

LONGEST = 1000


def write_sheets(campaign: Campaign, path: Path, lang: str) -> Path:
    """Write an xlsx. Texts of captures are texts in it, never formulas. Raises UsageError without openpyxl."""
    try:
        import openpyxl
    except ImportError as error:
        raise UsageError("a workbook needs openpyxl: python -m pip install openpyxl") from error
    book = openpyxl.Workbook(write_only=True)
    found = {row["site"]: row for row in across.ranking(campaign)}
    names = [name for name in next(iter(found.values()), {"site": ""}) if name != "site"]
    head = TEXTS["columns"][lang].split("|")[:3]
    rows: list[list[Any]] = [[*head, TEXTS["standing"][lang], *(TEXTS[name][lang] for name in names)]]
    for row in standing(campaign.folder):
        figures = found.get(row["site"], {})
        none = 0 if row["state"] == "done" else None  # not audited is not nothing found
        rows.append(
            [
                row["site"],
                row["district"],
                _state(row, lang),
                *(int(figures[n]) if n in figures else none for n in names),
            ]
        )
    _sheet(book, TEXTS["sites"][lang], rows)
    for what in across.QUESTIONS:
        met = [
            [row["what"], row["sites"], local_time(row["first_s"]), local_time(row["last_s"]), row["n"]]
            for row in across.recurring(campaign, what)
        ]
        _sheet(book, KINDS[what][lang], [[*TEXTS["met"][lang].split("|"), TEXTS["times"][lang]], *met])
    book.save(path)
    return path


def _state(row: dict[str, Any], lang: str) -> str:
    if row["state"] == "done":
        return TEXTS["audited"][lang]
    return f"{TEXTS[row['state']][lang]} {row['reason']}".strip()


def _sheet(book: Any, title: str, rows: list[list[Any]]) -> None:
    from openpyxl.cell import WriteOnlyCell

    sheet = book.create_sheet(title[:31])
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, visible(value, LONGEST) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)

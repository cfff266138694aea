"""The record as a Word file, by python-docx: the same record gives the same bytes."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import TYPE_CHECKING, Any

from netaudit.core.storage.files import fresh
from netaudit.errors import UsageError
from netaudit.report.exports.record import say

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.report.exports.record import Record

EARLIEST = (1980, 1, 1, 0, 0, 0)  # APPNOTE.TXT 4.4.6: MS-DOS dates begin here
FONTS = {"zh": ("Times New Roman", "仿宋"), "en": ("Times New Roman", "宋体")}  # of the system; none is shipped
HEAVY = "黑体"
SMALL = 8  # points, in tables
WIDTHS_ITEMS = (1.0, 2.7, 1.9, 2.1, 3.3, 2.7, 3.7)  # centimetres
WIDTHS_FINDINGS = (0.9, 1.9, 1.0, 1.8, 2.9, 2.8, 1.3, 1.6, 1.4, 1.8)


def write_docx(record: Record, out: Path) -> None:
    """Write the record. Raises UsageError when python-docx is missing."""
    try:
        import docx
    except ImportError as error:
        raise UsageError("a Word file needs python-docx: python -m pip install python-docx XlsxWriter") from error
    document = docx.Document()
    _style(document, record.lang)
    lang = record.lang
    title = document.add_heading(say("title", lang), 0)
    title.alignment = 1
    _grid(document, [[name, value] for name, value in record.fields], (5.0, 12.4), head=False)
    document.add_heading(say("method", lang), 1)
    for text in record.method:
        document.add_paragraph(text)
    document.add_heading(say("result", lang), 1)
    for number, text in enumerate(record.sentences, 1):
        document.add_paragraph(f"{number}. {text}")
    if len(record.findings) > 1:
        _grid(document, record.findings, WIDTHS_FINDINGS)
    else:
        document.add_paragraph(say("none", lang))
    document.add_heading(say("list", lang), 1)
    _grid(document, record.items, WIDTHS_ITEMS)
    for note in record.notes:
        document.add_paragraph(note)
    signers = [[say(key, lang), "", say("signed", lang), ""] for key in ("party", "witness", "officers", "reviewer")]
    remarks = [[say(key, lang), "", "", ""] for key in ("statement", "refused")]
    _grid(document, [*remarks, *signers], (5, 6, 2.4, 4), head=False)
    _dated(document)
    packed = io.BytesIO()
    document.save(packed)
    with fresh(out) as temporary:
        temporary.write_bytes(_as_of_1980(packed.getvalue()))


def _style(document: Any, lang: str) -> None:
    """Fonts of both scripts: python-docx sets Latin ones only."""
    from docx.shared import Cm, Pt, RGBColor

    latin, eastern = FONTS[lang]
    for name in ("Normal", "Title", "Heading 1"):
        style = document.styles[name]
        style.font.name = latin
        style.font.color.rgb = RGBColor(0, 0, 0)
        _eastern(style, eastern if name == "Normal" else HEAVY)
    document.styles["Normal"].font.size = Pt(11)
    document.styles["Title"].font.size = Pt(20)
    document.styles["Heading 1"].font.size = Pt(13)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(2)


def _eastern(style: Any, font: str) -> None:
    from docx.oxml.ns import qn

    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)  # a theme would win over a name
    fonts.set(qn("w:eastAsia"), font)


def _grid(document: Any, rows: list[list[str]], widths: tuple[float, ...], *, head: bool = True) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    table = document.add_table(rows=len(rows), cols=len(widths))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)  # LibreOffice goes by the grid, Word by the cells
    cells = table._cells  # noqa: SLF001 - `table.cell` counts all cells anew each time
    for place, text in enumerate(text for row in rows for text in row):
        cell = cells[place]
        cell.width = Cm(widths[place % len(widths)])
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        if head:
            run.font.size = Pt(SMALL)
            run.bold = place < len(widths)
    for row in table.rows:  # a number split over two pages is misread
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001
    if head:
        again = OxmlElement("w:tblHeader")  # the head stands on every page
        again.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(again)  # noqa: SLF001
    document.add_paragraph("")


def _dated(document: Any) -> None:
    """No author and no time of writing: neither is known to be true."""
    properties = document.core_properties
    properties.author = "netaudit"
    properties.comments = ""
    properties.created = properties.modified = datetime.datetime(1980, 1, 1, tzinfo=datetime.UTC)


def _as_of_1980(packed: bytes) -> bytes:
    """The same zip without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            fixed.writestr(entry, given.read(name))
    return out.getvalue()

"""`netaudit export`: what can be made of a case for others, a form a function."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.core.system.windows_names import real
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.reading import Case, open_case
from netaudit.evidence.case.report_status import REPORT, stale, written
from netaudit.evidence.case.seal import ATTESTED
from netaudit.report.frames_annex import annex_path
from netaudit.report.rewriting import may_be_shown, renew, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to, and how."""

    out: Path | None
    lang: str
    zone: str | None = None
    officers: tuple[str, ...] = ()
    recipient: str = ""
    certificate: Path | None = None  # of `netaudit validate`
    annexes: bool = False
    unmask: bool = False
    overwrite: bool = False


def export_command(folder: Path, form: str, asked: Asked) -> Exit:
    """Write a case in a form, and say what was written."""
    if form not in FORMS:
        raise UsageError("{}: say one of {}", form, ", ".join(FORMS))
    for name, option, forms in (
        ("annexes", "--annexes", ("pdf",)), ("unmask", "--unmask", ("html",)), ("recipient", "--for", ("html",)),
        ("certificate", "--certificate", ("html",)),
        ("zone", "--zone", ("html", "pdf", "docx")),
    ):  # fmt: skip
        if getattr(asked, name) and form not in forms:
            raise UsageError("{} goes with {}", option, ", ".join(forms))
    if asked.recipient and not asked.unmask:
        raise UsageError("{} goes with {}", "--for", "--unmask")
    if form == "html":
        print(_html(folder, asked))
        return Exit.AUDITED
    ending, write = WRITERS[form]
    out = asked.out or Path(f"{real(folder)}{ending}")
    if out.exists() and not asked.overwrite:
        raise UsageError("{}: exists; choose another name or say --overwrite", out)
    if not out.parent.is_dir():
        raise UsageError("{}: is no folder", out.parent)
    note = write(folder, out, asked)
    print(f"{out}: {note or say('written', asked.lang)}")
    return Exit.AUDITED


def _html(folder: Path, asked: Asked) -> Path:
    """The report: written again in the case, or elsewhere."""
    from netaudit.report.from_case import write_report

    case = open_case(folder)
    if asked.certificate is not None:
        from netaudit.report.rewriting import note_validation
        from netaudit.validate.certificate import of_this_copy, signed_by

        path = asked.certificate
        note_validation(case, of_this_copy(path), signed_by(path))
    if asked.out is None or real(asked.out) == real(folder / REPORT):
        return rewrite(case, asked.lang, unmask=asked.unmask, zone=asked.zone, recipient=asked.recipient)
    may_be_shown(case)
    for there in (asked.out, annex_path(asked.out)):
        if there.exists() and not asked.overwrite:
            raise UsageError("{}: exists; choose another name or say --overwrite", there)
    return write_report(case, asked.out, asked.lang, asked.unmask, asked.zone, asked.recipient)


def _pdf(folder: Path, out: Path, asked: Asked) -> None:
    from netaudit.report.exports.pdf import write_pdf

    zone = asked.zone or written(folder).get("zone")
    write_pdf(_whole(folder), out, asked.lang, annexes=asked.annexes, zone=zone)


def _docx(folder: Path, out: Path, asked: Asked) -> None:
    from netaudit.report.exports.record import record_of
    from netaudit.report.exports.word import write_docx

    write_docx(record_of(_whole(folder), asked.lang, asked.zone, asked.officers), out)


def _xlsx(folder: Path, out: Path, asked: Asked) -> None:
    from netaudit.report.exports.record import record_of
    from netaudit.report.exports.sheets import write_xlsx

    case = _whole(folder)
    write_xlsx(case, record_of(case, asked.lang), out)


def _tables(folder: Path, out: Path, asked: Asked) -> None:
    from netaudit.report.exports.csv_tables import write_csv_files

    write_csv_files(_whole(folder), out, asked.lang)


def _zip(folder: Path, out: Path, asked: Asked) -> str:
    """Says how many files are in it."""
    from netaudit.evidence.case.export import export_shareable

    case = open_case(folder)
    if stale(folder):
        print(say(_renewed(case), asked.lang))
        case = open_case(folder)
    return say("exported", asked.lang, files=export_shareable(case, out, overwrite=asked.overwrite))


def _renewed(case: Case) -> str:
    """Renew a stale report where that can be done and overtakes no signature; gives what is to be said of it."""
    if any((case.folder / name).is_file() for name in ATTESTED):
        return "exported_signed"
    try:
        return "exported_renewed" if renew(case) else "exported_stale"
    except (CaseError, UsageError, OSError):  # too many findings, or a medium or a folder that cannot be written
        return "exported_stale"


def _whole(folder: Path) -> Case:
    """A case that came to its end, with nothing gone or of another size: a paper reads few files, and speaks for all.

    Raises CaseError for others: of an audit that was cut off before its findings a paper would say that there are none.
    """
    case = open_case(folder)
    if "totals" not in case.manifest:
        raise CaseError("{}: {}; audit it again to have something to write of", folder, case.headline("en"))
    case.look_over()
    return case


WRITERS: dict[str, tuple[str, Callable[[Path, Path, Asked], str | None]]] = {
    "pdf": (".pdf", _pdf),
    "docx": (".docx", _docx),
    "xlsx": (".xlsx", _xlsx),
    "zip": (".zip", _zip),
    "tables": ("-tables", _tables),
}
"""By form: how what is written beside a case is called after it, and what writes it."""
FORMS = ("html", *WRITERS)

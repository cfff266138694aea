"""The cases that are shown: one folder that is a case, the cases below a folder, or the sites of a campaign."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.browse.overviews import Overviews
from netaudit.browse.paging import Tables
from netaudit.browse.pictures import Pictures
from netaudit.core.schema import BY_NAME
from netaudit.errors import CaseError, NetauditError, UsageError
from netaudit.evidence.case.reading import open_case
from netaudit.pipeline.campaign.catalogue import open_campaign
from netaudit.pipeline.campaign.report import view
from netaudit.pipeline.campaign.standing import is_campaign
from netaudit.report.rewriting import may_be_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Standing = list[tuple[str, int, int]]
MOST_CASES = 500
DEEP = 3  # folders below the one given


class Book:
    """A case with what is kept of it while it is shown."""

    def __init__(self, folder: Path) -> None:
        self.case = open_case(folder)
        may_be_shown(self.case)
        self.tables = Tables(self.case)
        self.overviews = Overviews(self.tables)
        self.pictures = Pictures(self.case)

    def prepare(self) -> None:
        """Hold the tables against the seal and reckon the overviews, beside what is asked for."""
        threading.Thread(target=self._prepare, name="overviews", daemon=True).start()

    def _prepare(self) -> None:
        try:
            for name in BY_NAME:
                self.case.sound(f"tables/{name}.parquet")
            self.overviews.prepare()
        except (NetauditError, OSError):  # the page that needs it says so
            return


class Shelf:
    """Cases by number; each is opened when first asked for."""

    def __init__(
        self,
        folders: Sequence[Path] | Path,
        captures: Sequence[Path] = (),
        error_text: Callable[[Exception, str], str] = lambda error, _: str(error),
    ) -> None:
        self.error_text = error_text  # an error in a language: the command line has the words
        given = [folders] if isinstance(folders, Path) else list(folders)
        self.sites: dict[str, int] = {}  # of a campaign: numbers of their cases
        self._campaign = open_campaign(given[0]) if len(given) == 1 and is_campaign(given[0]) else None
        self._overviews: dict[str, dict[str, Any]] = {}
        if self._campaign is None:
            self.folders = list(dict.fromkeys(case for folder in given for case in _cases(folder)))[:MOST_CASES]
        else:
            self.folders = list(self._campaign.cases.values())
            self.sites = {site: number for number, site in enumerate(self._campaign.cases)}
        self.captures = list(captures)
        self._books: dict[int, Book] = {}
        self._briefs: dict[tuple[int, str], tuple[Standing, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        if len(self.folders) == 1:
            self.book(0)

    def overview(self, lang: str) -> dict[str, Any] | None:
        """What the report of a campaign shows, reckoned once; None where this is none, or where it has no case yet.

        Raises UsageError without DuckDB.
        """
        if self._campaign is None or not self.folders:
            return None
        with self._lock:
            if lang not in self._overviews:
                self._overviews[lang] = view(self._campaign, lang)
            return self._overviews[lang]

    def brief(self, number: int, lang: str, tell: Callable[[Path, str], dict[str, Any]]) -> dict[str, Any]:
        """What a list of cases says of one, reckoned anew when its files change; its number with it."""
        stands = _stands(self.folders[number])
        known = self._briefs.get((number, lang))
        if known is None or known[0] != stands:
            known = stands, tell(self.folders[number], lang) | {"number": number}
            self._briefs[number, lang] = known
        return known[1]

    def book(self, number: int) -> Book:
        """The case of a number. Raises CaseError where there is none, or it cannot be read."""
        if not 0 <= number < len(self.folders):
            raise CaseError("there is no such case")
        with self._lock:
            if number not in self._books:
                self._books[number] = book = Book(self.folders[number])
                book.prepare()
            return self._books[number]


def _stands(folder: Path) -> Standing:
    """Names, sizes and times of what lies in a case."""
    try:
        files = [*os.scandir(folder), *os.scandir(folder / "tables")]
        return sorted((one.name, (how := one.stat()).st_size, how.st_mtime_ns) for one in files)
    except OSError:
        return []


def _cases(folder: Path) -> list[Path]:
    if (folder / "case.json").is_file():
        return [folder]
    if not folder.is_dir():
        raise UsageError("{}: is no folder", folder)
    found, level = [], [folder]
    for _ in range(DEEP):
        below = [path for one in level for path in sorted(one.iterdir()) if path.is_dir() and not path.is_symlink()]
        found += [path for path in below if (path / "case.json").is_file()]
        level = [path for path in below if not (path / "case.json").is_file()][:MOST_CASES]
    if not found:
        raise UsageError("{}: is no case, and no case is in it", folder)
    return found[:MOST_CASES]

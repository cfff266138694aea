"""Nothing that netaudit gives shows a person of the capture, and every output is in the list that this is held against."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starlette")
pytest.importorskip("openpyxl")

import typer.main

import netaudit
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.cli.app import app
from tests.evidence.case.test_masked_case import codings
from tests.outputs import listed, planted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.evidence.case.reading import Case

PACKAGE = Path(netaudit.__file__).parent
WRITERS = {
    "pipeline/campaign/plan.py write_plan": "the auditor's own plan",
    "pipeline/campaign/report.py write_report": "campaign report", "pipeline/campaign/sheets.py write_sheets": "campaign report",
    "report/exports/sheets.py write_xlsx": "export",
    "report/recheck_page.py write_page": "recheck", "report/exports/pdf.py write_pdf": "export",
    "report/exports/word.py write_docx": "export", "report/from_case.py write_report": "export",
    "evidence/case/export.py export_shareable": "export", "cli/showing.py write_csv": "show",
    "report/exports/csv_tables.py write_rows": "show", "report/exports/csv_tables.py write_csv_files": "export",
    "cli/showing.py write_json_lines": "show", "cli/showing.py write_text": "show",
    "cli/auditing.py write_outcome": "show", "pipeline/live/lines.py line_of": "live",
}  # fmt: skip
"""Functions that write for people outside `private/`, and the output that holds them."""
INSIDE = {"cli/exporting.py export_command": "export"}
ROOMS = ("browse", "cli", "evidence", "pipeline/campaign", "pipeline/live", "report")
"""Those that give something to people."""


@pytest.fixture(scope="module")
def capture(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sites") / "site 1"
    folder.mkdir()
    path = folder / f"{planted.NAMES[0]} {planted.PHONES[0]}.pcap"
    planted.write(path)
    return path


@pytest.fixture(scope="module")
def case(capture, tmp_path_factory) -> Case:
    return netaudit.audit(capture, tmp_path_factory.mktemp("planted") / "case", keep_all=True, lang="zh")


SECRETS = {one: sorted(codings(one)) for one in planted.EVERYTHING}


def leaks(outputs: Iterator[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """Outputs, and what of the person they show."""
    found = []
    for name, data in outputs:
        said = data.lower()
        found += [(name, one) for one, ways in SECRETS.items() if any(way in said for way in ways)]
    return found


def test_the_capture_says_what_is_planted(capture) -> None:
    said = capture.read_bytes().lower()
    assert [one for one, ways in SECRETS.items() if not any(way in said for way in ways)] == []


def test_no_file_of_the_case_shows_the_person(case) -> None:
    assert leaks(listed.files(case)) == []


def test_no_command_and_nothing_it_writes_shows_the_person(case, capture, tmp_path) -> None:
    copy = shutil.copytree(case.folder, tmp_path / "case")
    assert leaks(listed.printed(netaudit.open_case(copy), capture, tmp_path)) == []


def test_no_page_shows_the_person(case, capture, tmp_path) -> None:
    assert leaks(listed.pages(case, capture, tmp_path)) == []


def test_a_notebook_shows_nothing_of_the_person(case) -> None:
    assert leaks((name, str(show(case)).encode()) for name, show in listed.SHOWS.items()) == []


def test_no_file_that_python_writes_shows_the_person(case, tmp_path) -> None:
    folder = case.to_csv(tmp_path / "csv")
    assert leaks((path.name, path.read_bytes()) for path in sorted(folder.iterdir())) == []


def test_live_lines_show_nothing_of_the_person(capture, tmp_path) -> None:
    lines = list(listed.live(capture, tmp_path))
    assert len(lines) > 100
    assert leaks(iter(lines)) == []


def test_every_command_is_listed() -> None:
    assert set(commands(typer.main.get_command(app))) == listed.COMMANDS.keys() | listed.NOTHING.keys()


def commands(command, words: tuple[str, ...] = ()) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from commands(one, (*words, name))
    else:
        yield " ".join(words)


def test_every_page_is_listed(case) -> None:
    routes = {route.path for route in below(application(Shelf(case.folder), "/m", "en").routes)}
    assert routes == listed.PAGES.keys() | listed.NO_PAGES.keys()


def below(routes) -> Iterator:
    for mount in routes:
        if mount.path.startswith("/c/"):
            yield from mount.routes
        elif getattr(mount, "routes", None):
            yield from below(mount.routes)


def test_every_way_of_a_case_to_show_itself_is_listed(case) -> None:
    names = {name for one in type(case).__mro__[:-1] for name in vars(one)}
    ours = {name for name in names if not name.startswith("_") or name in ("_repr_html_", "__repr__")}
    assert ours == listed.SHOWS.keys() | (listed.IN_CLEAR.keys() - {"folder", "manifest"})


def test_every_writer_is_listed() -> None:
    found = set()
    for path in (path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(("write_", "export_", "line_of")):
                found.add(f"{path.relative_to(PACKAGE).as_posix()} {node.name}")
    assert found == WRITERS.keys() | INSIDE.keys()

"""Two cases beside each other: figures, what became of each transfer, and what only one of them has.

Images are counted, never listed: a comparison of offices is no search for persons.

What became of each transfer from one case to the other, on the page that sets two beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.overviews import FACES
from netaudit.browse.page import away, language, page
from netaudit.browse.paging import Tables
from netaudit.browse.texts import say
from netaudit.errors import CaseError, NetauditError
from netaudit.evidence.case.reading import open_case
from netaudit.findings.recheck.comparing import recheck
from netaudit.findings.recheck.saying import say as say_recheck
from netaudit.findings.recheck.saying import visit_rows
from netaudit.report.column_words import heading
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.browse.shelf import Book, Shelf

MOST_FLOWS = 200_000  # of a case: more are read by the command, which has no one waiting
MOST_ROWS = 200


def rechecked(books: list[Book], lang: str) -> dict[str, Any]:
    """Visits and outcomes in words, the earlier case as the visit before; `problem` where they are none."""
    view: dict[str, Any] = {
        "say": lambda key: say_recheck(key, lang),
        "visits": [],
        "rows": [],
        "more": 0,
        "problem": "",
    }
    if max(book.tables.rows("flows") for book in books) > MOST_FLOWS:
        return view | {"problem": say("recheck_large", lang, n=MOST_FLOWS)}
    before, after = sorted((book.case for book in books), key=_begins)
    try:
        compared = recheck([before], [after])
    except NetauditError as error:
        return view | {"problem": Wording(lang).text(str(error), 300)}
    rows = compared.rows(lang)
    view["visits"] = visit_rows(compared.sides, lang)
    view["rows"] = rows[:MOST_ROWS]
    view["more"] = len(rows) - len(view["rows"])
    return view


def _begins(case: Any) -> int:
    """When the first packet of a case was captured, ns; 0 where none has a time."""
    return int(pc.min(case.table("captures", ["first_ts"])["first_ts"].cast("int64")).as_py() or 0)


LISTED = 40  # of what only one case has, and of what both have


@dataclass(frozen=True, slots=True)
class Topic:
    """What is compared: columns of a table that make up an answer; `within`: a column and its value."""

    name: str
    table: str
    columns: tuple[str, ...]
    within: tuple[str, str] = ("", "")
    counted: bool = False  # and never listed


TOPICS = (
    Topic("ways", "findings", ("certainty", "act", "sender", "receiver")),
    Topic("devices", "devices", ("device_id",)),
    Topic("makers", "devices", ("vendor", "class", "model")),
    Topic("outside", "endpoints", ("ip",), ("scope", "outside")),
    Topic("services", "endpoints", ("service",), ("scope", "outside")),
    Topic("server_names", "tls_hellos", ("sni",)),
    Topic("ja4", "tls_hellos", ("ja4",)),
    Topic("documents", "events", ("document", "kind")),
    Topic("images", "images", ("sha256",), counted=True),
)
FIGURES = ("packets_read", "findings", "faces", "encrypted", "devices", "first_ts", "last_ts")


def compare(request: Request) -> Response:
    """Which cases to compare, or the comparison of two."""
    shelf: Shelf = request.app.state.shelf
    lang = language(request)
    chosen = [request.query_params.get(name, "") for name in ("a", "b")]
    numbers = [int(one) for one in chosen if one.isascii() and one.isdigit() and int(one) < len(shelf.folders)]
    if any(chosen) and len(numbers) < len(chosen):
        raise CaseError("not found")
    names = [folder.name for folder in shelf.folders]
    w = Wording(lang)
    view: dict[str, Any] = {"names": [w.exact(name, 60) for name in names], "chosen": numbers, "topics": []}
    if len(numbers) == 2:
        if numbers[0] == numbers[1] and len(names) > 1:
            other = next(number for number in range(len(names)) if number != numbers[0])
            return away("?" + urlencode({"a": numbers[0], "b": other}))
        books = [shelf.book(number) for number in numbers]
        view["figures"] = _figures(books, lang)
        view["topics"] = [_topic(one, books, w) for one in TOPICS]
        view["recheck"] = rechecked(books, lang) if numbers[0] != numbers[1] else None
        view["headlines"] = [w.exact(book.case.headline(lang), 300) for book in books]
    return page(request, "compare.html.j2", say("compare", lang), here="compare", **view)


def overview(shelf: Shelf, lang: str) -> list[dict[str, Any]]:
    """A row for each case: site, when it was captured, state, figures, seal; of one that cannot be read why not."""
    return [shelf.brief(number, lang, _brief) for number in range(len(shelf.folders))]


def _brief(folder: Path, lang: str) -> dict[str, Any]:
    w = Wording(lang)
    row: dict[str, Any] = {"name": w.exact(folder.name, 60), "site": "", "problem": ""}
    try:
        case = open_case(folder)
        row |= {
            "site": w.exact(case.manifest.get("site"), 60),
            "headline": w.exact(case.headline(lang), 300),
            "seal": say(f"seal_{case.seal.state}", lang),
            "figures": _figures_of(Tables(case), lang),
        }
    except (
        NetauditError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:  # its files may be any
        row["problem"] = w.exact(error, 300)
    return row


def _figures(books: list[Book], lang: str) -> list[tuple[str, list[str]]]:
    sides = [_figures_of(book.tables, lang) for book in books]
    return [(say(f"figure_{name}", lang), [side[name] for side in sides]) for name in FIGURES]


def _figures_of(tables: Tables, lang: str) -> dict[str, str]:
    case, read = tables.case, tables.columns
    w = Wording(lang, case.zone)
    captures, findings = read("captures", ["first_ts", "last_ts"]), read("findings", ["certainty"])
    by = {one["values"]: one["counts"] for one in pc.value_counts(findings["certainty"]).to_pylist()}
    times = {}
    for name, ends in (("first_ts", pc.min), ("last_ts", pc.max)):
        value = ends(captures[name].cast("int64")).as_py()
        times[name] = w.when(value).local if value is not None else ""
    return {
        "packets_read": w.number((case.manifest.get("totals") or {}).get("packets_read") or 0),
        "findings": " · ".join(f"{letter} {by.get(letter, 0):,}" for letter in "ABCD"),
        "faces": w.number(pc.sum(pc.is_in(read("images", ["face"])["face"], pa.array(FACES))).as_py() or 0),
        "encrypted": w.number(tables.rows("encrypted_uploads")),
        "devices": w.number(tables.rows("devices")),
        **times,
    }


def _topic(topic: Topic, books: list[Book], w: Wording) -> dict[str, Any]:
    one, other = (_answers(topic, book) for book in books)

    def shown(answers: set[tuple[str, ...]]) -> list[str]:
        return [_said(topic, answer, w) for answer in sorted(answers)[:LISTED]] if not topic.counted else []

    sides = [(len(some), shown(some)) for some in (one - other, one & other, other - one)]
    title = say(f"compare_{topic.name}", w.lang)
    return {"title": title, "sides": sides, "columns": " · ".join(heading(name, w.lang) for name in topic.columns)}


def _answers(topic: Topic, book: Book) -> set[tuple[str, ...]]:
    column, value = topic.within
    table = book.tables.columns(topic.table, [*topic.columns, *([column] if column else [])])
    if column:
        table = table.filter(pc.equal(table[column], value))
    rows = table.select(list(topic.columns)).group_by(list(topic.columns)).aggregate([]).to_pylist()
    found = {tuple(str(row[name] or "") for name in topic.columns) for row in rows}
    return {answer for answer in found if any(answer)}


def _said(topic: Topic, answer: tuple[str, ...], w: Wording) -> str:
    from netaudit.report.cells import TERMS

    words = []
    for column, value in zip(topic.columns, answer, strict=True):
        group = TERMS.get(f"{topic.table}.{column}") or TERMS.get(column)
        words.append(w.term(group, value) if group and value else w.text(value, 120))
    return " · ".join(word for word in words if word)

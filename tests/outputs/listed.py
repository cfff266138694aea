"""The list of outputs: every command, page, file, paper and way of showing itself of a case, and how to have it.

A new command, page, writer or method that is not listed here fails `test_outputs.py`: list it, and what it says is
searched for the planted person. `NOTHING` are those that say nothing of a case's contents, with the reason.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from starlette.testclient import TestClient
from typer.testing import CliRunner

from netaudit.browse.access import Gate
from netaudit.browse.rooms import ORDER
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.capture.from_files import open_captures
from netaudit.cli.app import app
from netaudit.cli.exporting import FORMS
from netaudit.core.schema import BY_NAME
from netaudit.evidence.case.writing import make_folders
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.live.lines import line_of
from netaudit.pipeline.live.newsroom import Newsroom
from netaudit.pipeline.live.witness import Memory
from netaudit.pipeline.workers import Alone
from tests.conftest import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

CASE, CAPTURE, OUT = "{case}", "{capture}", "{out}"
COMMANDS: dict[str, list[list[str]]] = {
    "show": [["show", CASE], ["show", CASE, "--json"]]
    + [["show", CASE, name, *form] for name in BY_NAME for form in ([], ["--csv"], ["--json"])],
    "export": [
        ["export", CASE, form, "-o", f"{OUT}/{form}-{lang}", "--lang", lang]
        for form in FORMS
        if form != "pdf"  # the html, printed by another program
        for lang in ("zh", "en")
    ],
    "verify": [
        ["verify", CASE],
        ["verify", CASE, "--json"],
        ["verify", CASE, "--by", "dpkt", "--json"],
        ["verify", CASE, "--by", "netaudit", "--captures", CAPTURE],
    ],
    "explain": [
        ["explain", CASE, what, *form]
        for what in ("{finding}", "{object}", "{message}", "{person message}", "{device}", "{image}", "{address}", "1")
        for form in ([], ["--json"])
    ],
    "rules new": [
        ["rules", "new", CASE, "{device}", "--class", "ip_camera", "--vendor", "x"],
        ["rules", "new", CASE, "{person message}"],
    ],
    "campaign plan": [["campaign", "plan", "{captures}"]],
    "campaign run": [["campaign", "run", "{plan}", "--out", "{campaign}", "--no-faces"]],
    "campaign show": [["campaign", "show", "{campaign}", *more] for more in ([], ["--json"], ["endpoints"])],
    "campaign report": [
        ["campaign", "report", "{campaign}", "--html", f"{OUT}/campaign.html", "--xlsx", f"{OUT}/campaign.xlsx"]
    ],
    "duties": [["duties", CASE], ["duties"]],
    "sign": [["sign", CASE, "--stamp"]],
}
"""By the words of a command: how it is called. Those that change the case come last."""
NOTHING = {
    "audit": "what it prints is what `show` prints; what it writes are the files of the case",
    "recheck": "needs two visits; tests/findings/recheck holds its sentences and JSON against clear values",
    "live": "what it tells are `LIVE` lines, the screen shows the same rows",
    "browse": "its pages are `PAGES`",
    "extract": "gives the packets themselves, which nothing masks, and says so",
    "decide": "prints what the analyst decided; the report is written as by `export`",
    "validate": "of captures that it makes itself, in which nobody is named",
    "docs": "of netaudit", "doctor": "of this machine",
    "rules check": "of signatures", "rules list": "of signatures", "rules test": "of signatures",
}  # fmt: skip
PAGES: dict[str, list[str]] = {
    "/": [""],
    **{f"/{name}": [name] for name in ("verdict", "gallery", "timeline", "topology", "journeys", "tables")},
    "/search": [f"search?q={word}" for word in ("jpg", "photo", "192.168", "example")],
    "/{room:str}": list(ORDER),
    "/table/{table:str}": [f"table/{name}" for name in BY_NAME],
    "/row/{table:str}/{row:int}": [f"row/{name}/{row}" for name in BY_NAME for row in range(0, 40, 7)],
    "/find/{table:str}/{column:str}": ["find/objects/sha256?value={image}"],
    "/image/{sha256:str}": ["image/{image}"],
    "/message/{message:str}": [
        f"message/{one}?as={form}"
        for one in ("{message}", "{person message}", "{document}")
        for form in ("tree", "hex")
    ],
    "/follow/{flow:str}": ["follow/{flow}"],
    "/about": ["about?value={address}", "about?value={image}", "about?value=nobody"],
}
"""By the route of a page: addresses below a case."""
MOST_MESSAGES = 60  # read again for the pages
NO_PAGES = {
    "/image/{sha256:str}/unmask": "shows one picture in clear, and says so",
    "/thumbnail/{sha256:str}": "a picture", "/masked/{sha256:str}": "a picture", "/clear/{ticket:str}": "a picture",
    "/review/{finding:str}": "leads back to the row", "/decide/{device:str}": "leads back to the row", "/packets/{finding:str}": "gives packets, noted first",
}  # fmt: skip
SHOWS = {  # what a case shows of itself in a notebook
    "_repr_html_": lambda case: case._repr_html_(),
    "__repr__": repr,
    "headline": lambda case: case.headline("zh") + case.headline("en"),
    "summary": lambda case: str(case.summary),
    "zone": lambda case: case.zone,
    "run": lambda case: str({name: said for name, said in case.run.items() if name not in ("paths", "command")}),
    "table": lambda case: "".join(str(case.table(name).to_pydict()) for name in BY_NAME if "ts" not in name),
    "beginning": lambda case: "".join(
        str(case.beginning(name, 200)[0].to_pydict()) for name in BY_NAME if "ts" not in name
    ),
    "finding": lambda case: (one := case.finding(_first(case, "findings", "finding_id")))._repr_html_() + repr(one),
    "records": lambda case: str(case.records().to_dict()),
    "decided": lambda case: str(case.decided()),
    "packets": lambda case: str(case.packets(_first(case, "findings", "finding_id"))),
    "seal": lambda case: str(case.seal),
    "site": lambda case: case.site,
    "tables": lambda case: str(case.tables),
    "counts": lambda case: str(case.counts),
    "verify": lambda case: str(case.verify()),
    "flow": lambda case: repr(case.flow(_first(case, "flows", "flow_id"))),
    "message": lambda case: repr(case.message(_first(case, "messages", "message_id"))),
    "device": lambda case: repr(case.device(_first(case, "devices", "device_id"))),
    "words": lambda case: "".join(
        case.words(one, lang) for one in case.table("findings")["reason"].to_pylist() for lang in ("zh", "en")
    ),
}
IN_CLEAR = {
    "clear_events": "asked for by name, and logged", "clear_persons": "asked for by name, and logged",
    "clear_table": "asked for by name, and logged", "clear_picture": "asked for by name, and logged", "image": "a picture, masked unless asked for",
    "frame": "packets", "dissect": "packets", "plot": "a figure of counts", "object_path": "a path", "thumbnail": "a picture",
    "pictures": "pictures", "log_unmasking": "writes", "look_over": "checks", "sound": "checks", "partial": "yes or no", "folder": "a path",
    "manifest": "case.json, one of the files", "path": "a path", "sql": "rows of the tables", "search": "rows of the tables",
    "report": "a file, listed as one", "export": "a file, listed as one", "to_excel": "a file, listed as one",
    "to_csv": "files, listed as such", "extract": "packets",
}  # fmt: skip


def _first(case: Case, table: str, column: str) -> str:
    return str(case.table(table, [column])[column][0])


def _of_document(case: Case) -> str:
    """A message with a document in it."""
    return next(row["message_id"] for row in case.table("objects").to_pylist() if row["kind"] == "json")


def every_message(case: Case) -> list[str]:
    """Pages of the messages with documents: what is in them is shown in trees and bytes."""
    rows = case.table("objects", ["message_id", "kind"]).to_pylist()
    ids = dict.fromkeys(row["message_id"] for row in rows if row["kind"] in ("json", "xml", "form", "text"))
    return [f"message/{one}?as={form}" for one in list(ids)[:MOST_MESSAGES] for form in ("tree", "hex")]


def names_of(case: Case, capture: Path, out: Path) -> dict[str, str]:
    """What stands for the braces in the list."""
    persons = case.table("persons", ["message_id"])["message_id"]
    return {
        "case": str(case.folder), "capture": str(capture), "out": str(out), "captures": str(capture.parents[1]),
        "campaign": str(out / "campaign"), "plan": str(capture.parents[1]),
        "finding": _first(case, "findings", "finding_id"), "object": _first(case, "objects", "object_id"),
        "message": _first(case, "messages", "message_id"), "flow": _first(case, "flows", "flow_id"),
        "document": _of_document(case), "person message": str(persons[0]),
        "device": _first(case, "devices", "device_id"), "address": _first(case, "endpoints", "ip"), "image": _first(case, "images", "sha256"),
    }  # fmt: skip


def printed(case: Case, capture: Path, out: Path) -> Iterator[tuple[str, bytes]]:
    """What every command prints, and the files that it writes."""
    names = names_of(case, capture, out)
    for calls in COMMANDS.values():
        for call in calls:
            argv = [word.format_map(names) for word in call]
            done = CliRunner().invoke(app, argv)
            ran = done.exit_code in (0, 1, 3, 5)
            yield " ".join(call), done.stdout_bytes + done.stderr_bytes if ran else b""
            assert ran, (argv, done.output, done.exception)
    for path in sorted(out.rglob("*")):
        if path.is_file() and "private" not in path.parts:
            yield from opened(path.name, path.read_bytes())


def pages(case: Case, capture: Path, out: Path) -> Iterator[tuple[str, bytes]]:
    """Every page of browsing in both languages."""
    host, mount = "127.0.0.1:40404", "/m"
    names = names_of(case, capture, out)
    gate = Gate(application(Shelf(case.folder), mount, "en"), host, mount, lambda _: None)
    with TestClient(gate, base_url=f"http://{host}") as browser:
        browser.get(gate.address)
        browser.headers["origin"] = f"http://{host}"
        yield "compare", browser.get(f"{mount}/compare").content
        for addresses, one_by_one in [
            *((pages, False) for pages in PAGES.values()),
            (every_message(case), not THOROUGH),
        ]:
            for number, address in enumerate(addresses):
                for lang in ("zh", "en")[number % 2 :: 2] if one_by_one else ("zh", "en"):  # many pages of one kind
                    where = f"{mount}/c/0/{address.format_map(names)}"
                    answer = browser.get(where + ("&" if "?" in where else "?") + f"lang={lang}")
                    yield where, answer.content


def live(capture: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The lines that a live run tells of the same packets."""
    make_folders(folder)
    memory, news = Memory(), []
    crew = Alone(folder, keep_all=False, witness=memory)
    decoder = Decoder()
    room = Newsroom(memory, None, news.append)
    for window in open_captures([capture], window_size=1 << 18).windows():
        crew.feed(decoder.feed(window))
        room.step()
    crew.finish()
    room.step()
    for number, one in enumerate(news):
        yield f"live line {number}", line_of(one)


def files(case: Case) -> Iterator[tuple[str, bytes]]:
    """Every file of the case that is not private."""
    for path in sorted(case.folder.rglob("*")):
        name = path.relative_to(case.folder).as_posix()
        if path.is_file() and not name.startswith("private/"):
            yield from opened(name, path.read_bytes())


def opened(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is in it where it is an archive or a table."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from opened(f"{name}!{member}", archive.read(member))
    elif name.endswith(".parquet"):
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data))
        columns = [str(table[one].to_pylist()) for one in table.column_names if not one.endswith("ts")]
        yield name, "\n".join(columns).encode("utf-8", "surrogatepass")
    else:
        yield name, data

"""The list of outputs: every command, page, file, paper and way of showing itself of a case, and how to have it.

A new command, page, writer or method that is not listed here fails `test_outputs.py`: list it, and what it says is
searched for the planted person. `NOTHING` are those that say nothing of a case's contents, with the reason.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient
from typer.testing import CliRunner

from netaudit.browse.gate import Gate
from netaudit.browse.rooms import ORDER
from netaudit.browse.server import application
from netaudit.browse.shelf import Shelf
from netaudit.capture.from_files import open_captures
from netaudit.case.writing import make_folders
from netaudit.cli.app import app
from netaudit.live.lines import line_of
from netaudit.live.newsroom import Newsroom
from netaudit.live.witness import Memory
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.workers import Alone
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.case.reading import Case

CASE, CAPTURE, OUT = "{case}", "{capture}", "{out}"
COMMANDS: dict[str, list[list[str]]] = {
    "show": [["show", CASE], ["show", CASE, "--json"]]
    + [["show", CASE, name, *form] for name in BY_NAME for form in ([], ["--csv"], ["--json"])],
    "report": [["report", CASE, "--html", f"{OUT}/report-{lang}.html", "--lang", lang] for lang in ("zh", "en")],
    "record": [["record", CASE, "--docx", f"{OUT}/record-{lang}.docx", "--lang", lang] for lang in ("zh", "en")],
    "export": [
        ["export", CASE, "--shareable", f"{OUT}/shared.zip"],
        ["export", CASE, "--xlsx", f"{OUT}/tables.xlsx"],
        ["export", CASE, "--case-uco", f"{OUT}/case.jsonld"],
        ["export", CASE, "--eve", f"{OUT}/eve.jsonl"],
    ],
    "verify": [["verify", CASE], ["verify", CASE, "--json"], ["verify", CASE, "--by", "dpkt", "--json"]],
    "repeat": [["repeat", CASE, CAPTURE], ["repeat", CASE, CAPTURE, "--json"]],
    "explain": [
        ["explain", CASE, what, *form] for what in ("{finding}", "{object}", "{message}") for form in ([], ["--json"])
    ],
    "signatures explain": [
        ["signatures", "explain", CASE, "{device}"],
        ["signatures", "explain", CASE, "{device}", "--json"],
    ],
    "signatures new": [["signatures", "new", CASE, "{device}", "--class", "ip_camera", "--vendor", "x"]],
    "documents explain": [["documents", "explain", CASE, "{person message}"]],
    "documents new": [["documents", "new", CASE, "{person message}"]],
    "rules learn": [["rules", "learn", CASE]],
    "devices list": [["devices", "list", CASE], ["devices", "list", CASE, "--json"]],
    "campaign plan": [["campaign", "plan", "{captures}"]],
    "campaign run": [["campaign", "run", "{plan}", "--out", "{campaign}", "--no-faces"]],
    "campaign status": [["campaign", "status", "{campaign}"], ["campaign", "status", "{campaign}", "--json"]],
    "campaign report": [
        ["campaign", "report", "{campaign}", "--html", f"{OUT}/campaign.html", "--xlsx", f"{OUT}/campaign.xlsx"]
    ],
    "campaign compare": [["campaign", "compare", "{campaign}", "endpoints"]],
    "duties": [["duties", CASE], ["duties"]],
    "sign": [],
    "stamp": [["stamp", CASE]],
}
"""By the words of a command: how it is called. Those that change the case come last."""
NOTHING = {
    "audit": "what it prints is what `show` prints; what it writes are the files of the case",
    "sign": "writes a signature over the manifest",
    "recheck": "needs two visits; tests/recheck holds its sentences and JSON against clear values",
    "live": "what it tells are `LIVE` lines, the screen shows the same rows",
    "browse": "its pages are `PAGES`",
    "wireshark": "names the capture where it lies on this computer, so that it can be opened",
    "extract": "gives the packets themselves, which nothing masks, and says so",
    "devices set": "prints what the analyst decided; the report is written as by `report`",
    "docs": "of netaudit", "interfaces": "of this machine", "doctor": "of this machine", "warm": "of this machine",
    "signatures check": "of signatures", "signatures list": "of signatures", "signatures test": "of signatures",
    "documents check": "of signatures", "rules test": "of signatures",
    "validate": "of captures that it makes itself, in which nobody is named",
    "start": "asks for a capture or a case, and goes on as `audit` or `browse`",
}  # fmt: skip
PAGES: dict[str, list[str]] = {
    "/": [""],
    **{f"/{name}": [name] for name in ("verdict", "gallery", "timeline", "traffic", "topology", "journeys", "tables")},
    "/search": [f"search?q={word}" for word in ("jpg", "photo", "192.168", "example")],
    "/sql": ["sql"],  # questions: `QUESTIONS`
    "/{room:str}": list(ORDER),
    "/table/{table:str}": [f"table/{name}" for name in BY_NAME],
    "/row/{table:str}/{row:int}": [f"row/{name}/{row}" for name in BY_NAME for row in range(0, 40, 7)],
    "/find/{table:str}/{column:str}": ["find/objects/sha256?value={image}"],
    "/image/{sha256:str}": ["image/{image}"],
}
"""By the route of a page: addresses below a case."""
QUESTIONS = [f"select * from {name} limit 500" for name in BY_NAME]
NO_PAGES = {
    "/image/{sha256:str}/unmask": "shows one picture in clear, and says so",
    "/thumbnail/{sha256:str}": "a picture", "/masked/{sha256:str}": "a picture", "/clear/{ticket:str}": "a picture",
    "/correct/{field:int}": "leads back to the row",
    "/review/{finding:str}": "leads back to the row", "/decide/{device:str}": "leads back to the row", "/packets/{finding:str}": "gives packets, noted first",
}  # fmt: skip
SHOWS = {  # what a case shows of itself in a notebook
    "_repr_html_": lambda case: case._repr_html_(),
    "__repr__": repr,
    "verdict": lambda case: case.verdict("zh") + case.verdict("en"),
    "statements": lambda case: str(case.statements),
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
}
IN_CLEAR = {
    "clear_events": "asked for by name, and logged", "clear_persons": "asked for by name, and logged",
    "clear_table": "asked for by name, and logged", "clear_picture": "asked for by name, and logged", "image": "a picture, masked unless asked for",
    "frame": "packets", "dissect": "packets", "plot": "a figure of counts", "object_path": "a path", "thumbnail": "a picture",
    "pictures": "pictures", "log_unmasking": "writes", "look_over": "checks", "sound": "checks", "partial": "yes or no", "folder": "a path",
    "manifest": "case.json, one of the files",
}  # fmt: skip


def _first(case: Case, table: str, column: str) -> str:
    return str(case.table(table, [column])[column][0])


def names_of(case: Case, capture: Path, out: Path) -> dict[str, str]:
    """What stands for the braces in the list."""
    persons = case.table("persons", ["message_id"])["message_id"]
    return {
        "case": str(case.folder), "capture": str(capture), "out": str(out), "captures": str(capture.parents[1]),
        "campaign": str(out / "campaign"), "plan": str(capture.parents[1]),
        "finding": _first(case, "findings", "finding_id"), "object": _first(case, "objects", "object_id"),
        "message": _first(case, "messages", "message_id"), "person message": str(persons[0]),
        "device": _first(case, "devices", "device_id"), "image": _first(case, "images", "sha256"),
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
        for question in QUESTIONS:
            yield question, browser.post(f"{mount}/c/0/sql", data={"question": question}).content
        yield "compare", browser.get(f"{mount}/compare").content
        for addresses in PAGES.values():
            for address in addresses:
                for lang in ("zh", "en"):
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

"""Pages of things on the demo office: what it is stands first, the request and the conversation, everything of a value."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

import netaudit
from netaudit.browse.access import Gate
from netaudit.browse.comparing import _brief
from netaudit.browse.paging import Wanted
from netaudit.browse.request import _hex, _merged, header_shown, value_shown
from netaudit.browse.rooms import GROUPS, ORDER
from netaudit.browse.server import application
from netaudit.browse.shelf import Book, Shelf
from netaudit.browse.texts import say
from netaudit.browse.things import TELLERS, _captioned
from netaudit.capture.from_files import open_captures, read_frames
from netaudit.capture.write import PcapngWriter
from netaudit.pipeline.tracing import Trace, _note_runs
from netaudit.protocols.message import Message
from netaudit.report.wording import Wording
from netaudit.tables.shown_messages import key_shown
from tests.browse.conftest import HOST, MOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
HOME = f"{MOUNT}/c/0"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("things") / "case", zone="Asia/Shanghai", site="Office")


@pytest.fixture(scope="module")
def visitor(case) -> Iterator[TestClient]:
    yield from let_in(Shelf(case.folder))


def let_in(shelf: Shelf) -> Iterator[TestClient]:
    gate = Gate(application(shelf, MOUNT, "en"), HOST, MOUNT, lambda _: None)
    with TestClient(gate, base_url=f"http://{HOST}") as one:
        one.get(gate.address)
        yield one


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main>")[2]))


def of_a_capture(case) -> dict:
    """A message that sends a picture of a face."""
    event = next(row for row in case.table("events").to_pylist() if row["kind"] == "face_capture" and row["images"])
    return next(row for row in case.table("messages").to_pylist() if row["message_id"] == event["message_id"])


def test_there_are_nine_rooms(visitor) -> None:
    assert len(GROUPS) == 9
    page = visitor.get(f"{HOME}/findings?lang=en").text
    assert page.count("<nav") == 2  # the rooms, and the pages of this one
    assert page.partition("</nav>")[0].count("<a href") - page.partition("<nav")[0].count("<a href") == 9
    assert set(ORDER) >= {"verdict", "findings", "devices", "timeline"}


def test_findings_name_devices_and_far_sides_before_their_addresses(visitor) -> None:
    told = text_of(visitor.get(f"{HOME}/findings?lang=en"))
    assert re.search(r"face server ; 192\.168\.1\.10 .{0,60}47\.96\.10\.21", told)


@pytest.mark.parametrize(("lang", "said"), [("en", "sent 15 face images"), ("zh", "传输人脸图像15幅")])
def test_a_finding_is_its_sentence_then_its_packets_then_its_pictures_and_columns_last(visitor, lang, said) -> None:
    page = visitor.get(f"{HOME}/row/findings/0?lang={lang}").text
    assert said in page.partition("<h1>")[2].partition("</h1>")[0]
    places = [
        page.index(one) for one in ("<h1>", "<button>", "<figcaption>", 'id="review"', '<details class="columns">')
    ]
    assert places == sorted(places)
    assert "/packets/" in page[: places[1]]


def test_a_device_says_what_it_did_and_why_it_is_called_so(case, visitor) -> None:
    rows = case.table("devices").to_pylist()
    number, row = next((n, one) for n, one in enumerate(rows) if "192.168.1.10" in (one["ips"] or ()))
    told = text_of(visitor.get(f"{HOME}/row/devices/{number}?lang=en"))
    sent = sum(
        one["images"] for one in case.table("findings").to_pylist()
        if one["sender"] == "192.168.1.10" and one["act"] == "uploaded outside" and one["certainty"] in "AB"
    )  # fmt: skip
    assert f"{sent:,} face images" in told
    assert "Why it is called so" in told
    assert told.index("face images") < told.index("Why it is called so") < told.index(f"Row {number + 1} of Devices")
    assert row["name"] in told[:200]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_request_is_shown_as_it_was_sent_and_masked(case, visitor, lang) -> None:
    row = of_a_capture(case)
    page = visitor.get(f"{HOME}/message/{row['message_id']}?lang={lang}")
    told = text_of(page)
    assert f"{row['method']} /" in told
    assert "content-type" in told
    assert page.text.count("/thumbnail/") >= 2  # the pictures in place
    assert "base64" not in told
    seen = text_of(visitor.get(f"{HOME}/message/{row['message_id']}?as=hex&lang={lang}"))
    assert "000000" in seen
    assert "··" in seen
    assert "ff d8 ff" not in seen  # no picture in its bytes


def test_persons_in_a_request_are_masked(case, visitor) -> None:
    clear = case.clear_persons()
    clear = clear[clear["kind"].isin(["name", "id_number", "phone", "address"])]
    secrets = {str(value) for value in clear["value_clear"] if len(str(value)) > 2}
    assert len(secrets) > 5
    for identity in dict.fromkeys(case.table("persons")["message_id"].to_pylist()):
        for form in ("tree", "hex"):
            page = visitor.get(f"{HOME}/message/{identity}?as={form}&lang=zh").text
            assert not [one for one in secrets if one in page]


def test_a_conversation_has_both_sides_in_order(case, visitor) -> None:
    row = of_a_capture(case)
    page = visitor.get(f"{HOME}/follow/{row['flow_id']}?lang=en").text
    sides = re.findall(r'<li class="(up|down)">', page)
    mine = [one for one in case.table("messages").to_pylist() if one["flow_id"] == row["flow_id"]]
    assert len(sides) == len(mine)
    assert sides[:2] == ["up", "down"]
    assert 'class="gap' not in page


def test_what_was_never_captured_is_marked_where_it_is_missing(case, tmp_path) -> None:
    row = of_a_capture(case)
    lossy = tmp_path / "lossy.pcapng"
    gone = row["first_frame"] + 3
    with PcapngWriter(lossy) as out:
        place = None
        frames = [n for n in range(1, case.table("captures")["packets_read"][0].as_py() + 1) if n != gone]
        for record, data in read_frames(DEMO, frames):
            place = out.interface(int(record["linktype"])) if place is None else place
            out.packet(place, int(record["ts"]), data, wirelen=int(record["wirelen"]))
    assert open_captures([lossy])
    lost = netaudit.audit(lossy, tmp_path / "case", faces=False)
    flow = next(one for one in lost.table("flows").to_pylist() if (one["missing_up"] or 0) > 0)
    for browser in let_in(Shelf(lost.folder)):
        page = browser.get(f"{HOME}/follow/{flow['flow_id']}?lang=en").text
    assert f"{flow['missing_up']:,} bytes are missing here" in page
    assert '<li class="gap up">' in page


def test_gaps_stand_before_the_message_behind_them() -> None:
    steps = [(0, 0, {"n": 1}), (1, 0, {"n": 2}), (0, 500, {"n": 3})]
    gaps = [(0, 400, {"gap": "a"}), (1, 90, {"gap": "b"})]
    assert [one.get("n") or one["gap"] for one in _merged(steps, gaps)] == [1, 2, "a", 3, "b"]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [("personname", "张三丰", "张**"), ("name", "张三丰", "(a text of 3 characters)"),
     ("idcard", "990101199001010019", "990*************19"),
     ("devicemodel", "DS-K1T671", "DS-K1T671"), ("state", "active", "(a text of 6 characters)"),
     ("remark", "13912345678", "(a number of 11 characters)"), ("x", "Li Na", "(a text of 5 characters)"),
     ("x", "62345678", "(a number of 8 characters)"), ("p", "31.23041,121.47370", "(a number of 18 characters)"),
     ("y", "Room 301", "(a text of 8 characters)"), ("ok", "true", "true"), ("x", "\x00long 123", "(a long text, unwrapped below where it is something)")],
)  # fmt: skip
def test_values_of_a_body_name_nobody(key: str, value: str, shown: str) -> None:
    assert value_shown(key, value, "en") == shown


@pytest.mark.parametrize(
    ("key", "shown"),
    [("deviceName", "deviceName"), ("姓名", "姓名"), ("faceImage", "faceImage"), ("John Smith", "···"), ("LiNa", "L***"),
     ("62345678", "···"), ("JohnSmith:name", "J***S****:name")],
)  # fmt: skip
def test_keys_of_a_body_name_nobody(key: str, shown: str) -> None:
    assert key_shown(key, 80) == shown


@pytest.mark.parametrize(
    ("name", "value", "whole"),
    [("accept", "text/html, application/json;q=0.9, */*", True), ("date", "Mon, 02 Mar 2026 08:00:00 GMT", True),
     ("content-length", "2984", True), ("cache-control", "no-cache, max-age=0", True), ("pragma", "Li Na", False),
     ("date", "born 1990-01-01", False), ("age", "13912345678x", False), ("accept", "image/john", False),
     ("x-visitor", "Li Na", False), ("keep-alive", "62345678", False)],
)  # fmt: skip
def test_headers_name_nobody(name: str, value: str, whole: bool) -> None:
    assert (header_shown(name, value, "en") == value) is whole
    assert whole or header_shown(name, value, "en").startswith("(a ")


NAMES = (
    b'{"name": "Li Na"}',
    '{"name": "Li Na"}'.encode("utf-16-le"),
    b"\x00\x01Li Na\x00",
    b"Li Na",
    '{"x": "李娜"}'.encode("gbk"),
)


@pytest.mark.parametrize("body", [*NAMES, bytes(byte ^ 0x5A for byte in b"\xff\xd8\xff\xe0" + bytes(300))])
def test_bytes_show_marks_and_known_keys_of_documents_alone(body: bytes) -> None:
    found = Message("http", 0, 0, len(body), body=body, body_size=len(body), content_type="application/json")
    lines = _hex(found)
    assert not re.search("[Li]|Na", "".join(text for *_, text in lines).replace("name", ""))
    if body.startswith(b'{"name'):
        assert lines[0][2].startswith('{"name": "·· ··'[:10])
    elif not body.startswith(b"{"):
        assert set("".join(shown for _, shown, _ in lines)) <= {"·", " "}


def test_gaps_are_told_however_many_pieces_came_in_order() -> None:
    told = Trace({})
    runs = [SimpleNamespace(direction=0, offset=n, length=1, is_gap=n >= 300, pieces=[0], data=b"") for n in range(600)]
    _note_runs(SimpleNamespace(runs=runs), told, [b"", b""])
    assert [told.gaps[0].offset, len(told.gaps), told.untold] == [300, 200, {0: 500}]


def test_a_device_is_not_told_of_what_another_one_sent_under_its_address(case) -> None:
    rows = case.table("devices").to_pylist()
    number, row = next((n, one) for n, one in enumerate(rows) if "192.168.1.10" in (one["ips"] or ()))
    shelf = Shelf(case.folder)
    for one in shelf.book(0).overviews.judged(shelf.book(0).case).all:
        one["sender_device"] = one["receiver_device"] = "0" * 16  # who had the address before
    for browser in let_in(shelf):
        told = text_of(browser.get(f"{HOME}/row/devices/{number}?lang=en"))
    assert row["name"] in told[:200]
    assert say("device_quiet", "en") in told


def test_everything_about_a_value_is_counted_and_leads_on(case, visitor) -> None:
    ip = "192.168.1.10"
    page = visitor.get(f"{HOME}/about?value={ip}&lang=en")
    told = text_of(page)
    sent = case.table("findings")["sender"].to_pylist().count(ip)
    assert f"sender {sent} " in told
    assert f'/table/findings?sender=%3D{ip}"' in page.text
    assert f"about?value={ip}" in visitor.get(f"{HOME}/findings?lang=en").text
    assert "No row has exactly this value" in text_of(visitor.get(f"{HOME}/about?value=nobody&lang=en"))
    digest = case.table("images")["sha256"][0].as_py()
    assert digest in text_of(visitor.get(f"{HOME}/about?value={digest[:12]}&lang=en"))


def test_several_cases_are_a_row_each_with_verdict_and_figures(case, tmp_path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "case.json").write_text("{")
    for browser in let_in(Shelf([case.folder, tmp_path])):
        page = browser.get(f"{MOUNT}/?lang=en")
    told = text_of(page)
    assert "Office" in told
    assert "2026-03-14" in told
    assert f"{case.manifest['totals']['packets_read']:,}" in told
    assert "broken" in told
    assert page.text.count("<tr tabindex") == 2


def test_a_list_of_cases_says_how_they_stand_now(tmp_path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        (folder / "tables").mkdir(parents=True)
        (folder / "case.json").write_text("{}")
    shelf = Shelf(folders)
    said = iter(({"problem": ""}, {"problem": "changed"}))
    assert shelf.brief(0, "en", lambda *_: next(said))["problem"] == ""
    assert shelf.brief(0, "en", lambda *_: next(said))["problem"] == ""
    (folders[0] / "tables" / "flows.parquet").write_bytes(b"x")
    assert shelf.brief(0, "en", lambda *_: next(said))["problem"] == "changed"


def test_a_case_of_other_content_costs_its_own_row_only(tmp_path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "case.json").write_text('{"statements": 5, "totals": [], "site": {"a": 1}}')
    assert _brief(tmp_path, "en")["problem"]


@pytest.mark.parametrize(("protocol", "shown"), [("http", True), ("rtp", False)])
def test_no_link_leads_to_a_message_that_its_flow_alone_does_not_give(case, monkeypatch, protocol, shown) -> None:
    """What another flow announced (a stream of video) cannot be read once more from its own packets."""
    who = SimpleNamespace(book=Book(case.folder), lang="en", w=Wording("en"))
    wanted = Wanted("messages", (("message_id", f"={of_a_capture(case)['message_id']}"),))
    (row,), _ = who.book.tables.page(wanted, 0, 1)
    monkeypatch.setattr(
        who.book.tables,
        "columns",
        lambda name, wanted, read=who.book.tables.columns: _said(read(name, wanted), protocol),
    )
    told = TELLERS["messages"](who, row | {"protocol": protocol})
    assert (f"message/{row['message_id']}" in [link for _, link in told.links]) == shown
    objects = [one for one in case.table("objects").to_pylist() if one["message_id"] == row["message_id"]]
    _, messages = _captioned(who, [one["object_id"] for one in objects])
    assert (row["message_id"] in messages) == shown


def _said(table, protocol: str):
    """A table with another protocol in all its rows."""
    if "protocol" not in table.column_names:
        return table
    place = table.column_names.index("protocol")
    return table.set_column(place, "protocol", pa.array([protocol] * table.num_rows))

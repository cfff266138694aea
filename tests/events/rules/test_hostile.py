"""No document crashes the engine or takes it long: depth, width, huge keys, many parts, many records, random bytes."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.events.rules.explaining import verdicts
from netaudit.events.rules.from_unwrapping import MOST_LEAVES
from netaudit.events.rules.head import Head
from netaudit.events.rules.loading import load
from netaudit.events.rules.nodes import MOST
from netaudit.events.rules.reading import MOST_EVENTS
from netaudit.events.rules.statements import statements
from netaudit.events.rules.times import read_time
from netaudit.evidence.rule_drafting.document_drafts import draft
from netaudit.evidence.rule_drafting.document_examples import message_of, picture, read_message, spoken, tree_of
from netaudit.tables.events import head_of
from tests.processor_time import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.protocols.message import Message

SET = load()
BODIES = [message_of(example) for entry in SET.entries for example in entry.raw["examples"]["match"]]
KEYS = sorted(
    {part for entry in SET.entries for when in entry.when for ways in when.keys for way in ways for part in way.keys}
)
LIMIT = 4.0  # seconds of the processor, for what takes far less


def posted(body: bytes, content_type: str = "application/json", path: str = "/VIID/Faces") -> Message:
    message = message_of({"path": path})
    message.body, message.content_type, message.body_size = body, content_type, len(body)
    message.headers = [("content-type", content_type)]
    return message


def read(message: Message) -> list[dict[str, Any]]:
    with within(LIMIT):
        return [spoken(event) for event in read_message(SET.index, message)]


def face(number: int) -> dict[str, Any]:
    return {
        "FaceID": str(number),
        "DeviceID": "d",
        "SubImageList": {"SubImageInfoObject": [{"Type": "11", "StoragePath": f"http://h/{number}"}]},
    }


def test_what_is_no_number_counts_nothing() -> None:
    asked = Head("http", True, "GET", "192.0.2.10", "/ISAPI/Intelligent/FDLib", [])
    for total in ("²", "9" * 5000, "一百"):
        body = json.dumps({"list": [{"faces": {"total": total}}, {"faces": {"total": total}}]})
        assert not statements(asked, tree_of(posted(body.encode())))
    body = json.dumps({"list": [{"faces": {"total": "12"}}, {"faces": {"total": "30"}}]})
    assert ("faces", "42") in [fact for one in statements(asked, tree_of(posted(body.encode()))) for fact in one.facts]


def test_names_that_other_things_have_count_beside_a_serial_number_only() -> None:
    asked = Head("http", True, "GET", "192.0.2.10", "/api/about", [])
    goods = {"product": "IPC-X1", "ver": "1.2.3", "vendor": "Dahua"}
    assert not statements(asked, tree_of(posted(json.dumps(goods).encode())))
    (said,) = statements(asked, tree_of(posted(json.dumps(goods | {"sn": "EXAMPLE0017"}).encode())))
    assert dict(said.facts) == {"model": "IPC-X1", "firmware": "1.2.3", "vendor": "Dahua", "serial": "EXAMPLE0017"}
    named = goods | {"sn": "EXAMPLE0017", "model": "IPC-X2"}
    (said,) = statements(asked, tree_of(posted(json.dumps(named).encode())))
    assert dict(said.facts)["model"] == "IPC-X2"


def test_fields_between_tabs_are_split_in_time_that_grows_with_them() -> None:
    body = json.dumps({f"k{number}": "a=1" + "\t" * 4000 for number in range(60)}).encode()
    with within(1):
        statements(Head("http", False, "POST", "192.0.2.10", "/x", []), tree_of(posted(body)))


def parts(count: int) -> bytes:
    out = b""
    for number in range(count):
        said = json.dumps(
            {"eventType": "faceCapture", "macAddress": "m", "faceCapture": [{"targetAttrs": {"pId": f"p{number}"}}]}
        )
        out += b'--b\r\nContent-Disposition: form-data; name="faceCapture"\r\n\r\n' + said.encode() + b"\r\n"
        out += (
            b'--b\r\nContent-Disposition: form-data; name="faceImage"; filename="p%d.jpg"\r\n\r\n' % number
            + picture(number % 900)
            + b"\r\n"
        )
    return out + b"--b--\r\n"


HOSTILE: dict[str, Callable[[], Message]] = {
    "deep lists": lambda: posted(b'{"FaceListObject":' + b"[" * 100_000),
    "deep mappings": lambda: posted(b'{"FaceListObject":{"FaceObject":' + b'{"FaceObject":' * 900 + b"1" + b"}" * 902),
    "deep xml": lambda: posted(b"<EventNotificationAlert>" + b"<faceCapture>" * 100_000, "application/xml"),
    "wide": lambda: posted(json.dumps({"FaceListObject": {"FaceObject": {f"k{n}": n for n in range(200_000)}}}).encode()),
    "one key a thousand times": lambda: posted(json.dumps({"a": [{"FaceObject": [{"FaceObject": 1}]} for _ in range(3000)], "FaceListObject": 1}).encode()),
    "many records": lambda: posted(json.dumps({"FaceListObject": {"FaceObject": [face(n) for n in range(20_000)]}}).encode()),
    "huge key": lambda: posted(b'{"FaceListObject' + b"x" * 1_000_000 + b'":{"FaceObject":[{}]}}'),
    "every key of every entry": lambda: posted(json.dumps({"x": [dict.fromkeys(KEYS, "1") for _ in range(40)]}).encode()),
    "keys in keys": lambda: posted(json.dumps({one: {two: {"Code": "FaceRecognition"} for two in KEYS[:60]} for one in KEYS[:60]}).encode()),
    "many parts": lambda: posted(parts(900), "multipart/form-data; boundary=b", "/x"),
    "many texts in a row": lambda: posted(b'{"FaceListObject":{"FaceObject":[{"FaceID":"a"}]}}\n' * 8000),
    "long value against patterns": lambda: posted(b'{"eventType":"' + b"faceSnap" * 500 + b'","faceCapture":[{}],"EventNotificationAlert":1}'),
    "many pairs": lambda: posted(b"&".join(b"deviceKey%d=%d&personId=1" % (n, n) for n in range(50_000)), "application/x-www-form-urlencoded"),
    "lines": lambda: posted(b"Events[0].EventBaseInfo.Code=FaceRecognition\n" + b"".join(b"Events[%d].Faces[%d].Age=1\n" % (n % 300, n) for n in range(2000)), "text/plain"),
    "long query": lambda: posted(b"{}", path="/iclock/cdata?" + "&".join(f"SN{n}=1" for n in range(100_000))),
    "bson": lambda: posted((5).to_bytes(4, "little") + b"\0" + b"\xff\xff\xff\x7f\x03a\0" * 1000, "application/bson"),
    "nul and surrogates": lambda: posted(b'{"FaceListObject":{"FaceObject":[{"FaceID":"\\u0000\\ud800","DeviceID":"\x00\xff"}]}}'),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_documents_are_read_in_no_time(name: str) -> None:
    message = HOSTILE[name]()
    events = read(message)
    assert len(events) <= MOST_EVENTS
    with within(2 * LIMIT):
        tree = tree_of(message)
        assert tree.nodes <= MOST + MOST_LEAVES
        assert draft(head_of(message), tree)
        verdicts(SET.index, head_of(message), tree)


def test_what_is_cut_off_by_a_bound_is_called_incomplete() -> None:
    events = read(HOSTILE["many records"]())
    assert events
    assert not any(event["complete"] for event in events)


def test_records_of_many_parts_keep_their_own_pictures() -> None:
    events = read(posted(parts(60), "multipart/form-data; boundary=b", "/x"))
    assert len(events) == 60
    assert all(event["images"] == {"face": 1} for event in events)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["faceCapture", "FaceRecognition", "20250601101500", "1748744100000", "11", "http://h/a.jpg"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    TREES, st.sampled_from(["/VIID/Faces", "/wxb/record", "/iclock/cdata?table=ATTPHOTO&SN=1", "/x", "mqtt/face/1/Rec"])
)
def test_any_document_is_read_the_same_twice(value: Any, path: str) -> None:
    message = posted(json.dumps(value).encode(), path=path)
    once = read(message)
    assert read(message) == once
    assert len(once) <= MOST_EVENTS


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(BODIES) - 1), st.integers(0, 2**32))
def test_damaged_examples_do_no_harm(which: int, seed: int) -> None:
    rng, original = random.Random(seed), BODIES[which]
    body = bytearray(original.body)
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(body) + 1)
        if rng.random() < 0.5:
            del body[at : at + rng.randrange(1, 40)]
        else:
            body[at:at] = rng.choice(
                [b"\0", b'"', b"{", b"[", b"\\", b"--example-boundary\r\n", b"<", rng.randbytes(8)]
            )
    message = posted(bytes(body), original.content_type, original.path)
    message.method, message.request, message.status = original.method, original.request, original.status
    read(message)


@given(
    st.text(max_size=40),
    st.sampled_from(["", "UTC", "+08:00", "-25:99", "x"]),
    st.sampled_from(["", "%Y", "%d.%m.%Y %H:%M"]),
)
def test_no_time_raises(text: str, zone: str, form: str) -> None:
    read_time(text, zone, form)


@pytest.mark.parametrize(
    ("text", "zone", "ns", "note"),
    [
        ("2025-06-01T10:15:00+08:00", "", 1_748_744_100_000_000_000, "said"),
        ("2025-06-01T02:15:00Z", "", 1_748_744_100_000_000_000, "said"),
        ("2025-06-01 10:15:00", "", 1_748_744_100_000_000_000, "assumed +08:00"),
        ("2025-06-01 02:15:00", "UTC", 1_748_744_100_000_000_000, "assumed UTC"),
        ("2025/6/1 10:15:00.25", "", 1_748_744_100_250_000_000, "assumed +08:00"),
        ("20250601101500", "", 1_748_744_100_000_000_000, "assumed +08:00"),
        ("20250601101500123", "", 1_748_744_100_123_000_000, "assumed +08:00"),
        ("1748744100", "", 1_748_744_100_000_000_000, "epoch seconds"),
        ("1748744100000", "", 1_748_744_100_000_000_000, "epoch milliseconds"),
        ("2025-06-01T02:15:00.123456789012Z", "", 1_748_744_100_123_456_789, "said"),
        ("2025-06-01 02:15:00 UTC", "", 1_748_744_100_000_000_000, "said"),
        ("2025-06-01T10:15:00+08", "", 1_748_744_100_000_000_000, "said"),
        ("2025-06-01T10:15:00+08:00[Asia/Shanghai]", "", 1_748_744_100_000_000_000, "said"),
        ("2025-06-01 10:15:00 PM", "", None, ""),
        ("2025-06-01T10:15:00+99:00", "", None, ""),
        ("20251301101500", "", None, ""),
        ("17", "", None, ""),
        ("2025-06-31 10:15:00", "", None, ""),
    ],
)  # fmt: skip
def test_times_as_devices_write_them(text: str, zone: str, ns: int | None, note: str) -> None:
    said = read_time(text, zone)
    assert (said.ns if said else None) == ns
    assert (said.zone if said else "") == note


def test_a_zone_read_by_a_format_is_the_one_that_counts() -> None:
    said = read_time("01.06.2025 02:15 +0000", "+08:00", "%d.%m.%Y %H:%M %z")
    assert said is not None
    assert (said.ns, said.zone) == (1_748_744_100_000_000_000, "said")

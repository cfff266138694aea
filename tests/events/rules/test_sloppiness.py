"""Every example of every entry again, as careless senders write it: the same is read, or what is there of it."""

from __future__ import annotations

import base64
import copy
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from netaudit.events.rules.loading import load
from netaudit.evidence.rule_drafting.document_examples import message_of, picture, read_message, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.protocols.message import Message

SET = load()
JSON = [
    pytest.param(entry.id, example, id=f"{entry.id}-{number}")
    for entry in SET.entries
    for number, example in enumerate(entry.raw["examples"]["match"])
    if isinstance(example.get("json"), dict)
]


def read(message: Message, entry: str) -> list[dict[str, Any]]:
    return [spoken(event) for event in read_message(SET.index, message) if event.entry.id == entry]


def of_body(example: dict[str, Any], body: bytes, content_type: str = "application/json") -> Message:
    message = message_of(example)
    message.body, message.content_type, message.body_size = body, content_type, len(body)
    message.headers = [("content-type", content_type), *message.headers[1:]]
    return message


def changed(value: Any, key: Callable[[str], str], scalar: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key(name): changed(inner, key, scalar) for name, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, key, scalar) for inner in value]
    return scalar(value)


def same(value: Any) -> Any:
    return value


def as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def with_json(example: dict[str, Any], value: Any) -> Message:
    return message_of({**copy.deepcopy(example), "json": value})


@pytest.mark.parametrize(("entry", "example"), JSON)
def test_keys_in_other_case(entry: str, example: dict[str, Any]) -> None:
    plain = read(message_of(example), entry)
    for way in (str.upper, str.lower):
        assert read(with_json(example, changed(example["json"], way, same)), entry) == plain


@pytest.mark.parametrize(("entry", "example"), JSON)
def test_extra_wrappers_and_numbers_as_texts(entry: str, example: dict[str, Any]) -> None:
    plain = read(message_of(example), entry)
    wrapped = {"success": True, "payload": {"body": example["json"]}}
    assert len(read(with_json(example, wrapped), entry)) == len(plain)
    assert read(with_json(example, changed(example["json"], same, as_text)), entry) == plain


@pytest.mark.parametrize(("entry", "example"), JSON)
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "text/html; charset=gb2312"])
def test_wrong_content_types(entry: str, example: dict[str, Any], content_type: str) -> None:
    message = message_of(example)
    assert read(of_body(example, message.body, content_type), entry) == read(message, entry)


@pytest.mark.parametrize(("entry", "example"), JSON)
def test_a_document_inside_a_field_of_a_form_is_read(entry: str, example: dict[str, Any]) -> None:
    plain = read(message_of(example), entry)
    parts = [{"name": "payload", "json": example["json"]}]
    posted = {key: value for key, value in example.items() if key not in {"json", "content_type"}}
    assert len(read(message_of({**posted, "parts": parts}), entry)) == len(plain)


@pytest.mark.parametrize(("entry", "example"), JSON)
def test_a_cut_body_gives_what_is_there_and_never_more(entry: str, example: dict[str, Any]) -> None:
    message = message_of(example)
    whole = read(message, entry)
    for cut in range(len(message.body) // 7, len(message.body), max(1, len(message.body) // 7)):
        part = of_body(example, message.body[:cut])
        part.body_size, part.complete = len(message.body), False
        events = read_message(SET.index, part)
        assert len([event for event in events if event.entry.id == entry]) <= max(len(whole), 1)
        assert not any(event.complete for event in events)


def test_chinese_keys_and_values_in_gbk() -> None:
    body = json.dumps(
        {
            "DeviceID": "d",
            "PersonName": "王五",
            "eventType": "faceCapture",
            "faceCapture": [{"targetAttrs": {"deviceName": "案场大厅", "pId": "p"}}],
        },
        ensure_ascii=False,
    )
    for charset in ("utf-8", "gb18030", "utf-16"):
        message = of_body({"path": "/x"}, body.encode(charset), "text/plain")
        (event,) = read(message, "hikvision-face-capture")
        assert event["place"] == "案场大厅"


def test_a_text_cut_in_the_middle_keeps_its_whole_fields() -> None:
    body = b'{"FaceListObject":{"FaceObject":[{"FaceID":"a","DeviceID":"cam","ShotTime":"20250601101500","GenderCo'
    message = of_body({"path": "/VIID/Faces"}, body)
    message.complete, message.body_size = False, 4000
    (event,) = read(message, "gat1400-faces")
    assert (event["device"], event["event"], event["complete"]) == ("cam", "a", False)


def test_keys_behind_a_large_picture_count() -> None:
    image = base64.b64encode(picture(1) + bytes(2_000_000)).decode()
    body = f"<EventNotificationAlert><pic>{image}</pic><eventType>faceCapture</eventType></EventNotificationAlert>"
    assert len(read(of_body({"path": "/x"}, body.encode(), "application/xml"), "hikvision-alert")) == 1
    form = f"imgBase64={quote(image, safe='')}&deviceKey=k&personId=STRANGERBABY&time=1748744100000&type=face_0"
    declared = "application/x-www-form-urlencoded"
    assert read(of_body({"path": "/x"}, form.encode(), declared), "uface-callback-stranger")[0]["device"] == "k"

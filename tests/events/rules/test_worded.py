"""What an entry need not say: fields of known names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from netaudit.events.rules.loading import read_files
from netaudit.events.rules.worded import completed
from netaudit.evidence.rule_drafting.document_examples import failed_examples, message_of, read_message, spoken

if TYPE_CHECKING:
    from pathlib import Path

ENTRY: dict[str, Any] = {
    "id": "gate", "maker": "Example", "message": "a passing", "kind": "comparison", "when": {"path": "^/gate$"},
    "provenance": {"kind": "code", "source": "here"},
}  # fmt: skip
BODY = {
    "deviceSn": "EX-1", "snapTime": "2026-06-01 10:15:00", "format": "json", "visitor": {"name": "Example Person"}, "score": 0.9,
    "facePic": "@jpeg:1", "scenePic": "@jpeg:2",
}  # fmt: skip
NO_MATCH = [{"path": "/other", "json": {"a": 1}}]


def entry(body: Any = BODY, **more: Any) -> dict[str, Any]:
    gives = more.pop("gives", [{}])
    return (
        ENTRY | {"examples": {"match": [{"path": "/gate", "json": body, "gives": gives}], "no_match": NO_MATCH}} | more
    )


def loaded(tmp_path: Path, *entries: dict[str, Any]) -> Any:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8")
    return read_files((path,))


def test_fields_that_examples_show_under_known_names_are_read(tmp_path: Path) -> None:
    found = loaded(tmp_path, entry())
    assert found.problems == ()
    (event,) = read_message(found.index, message_of(entry()["examples"]["match"][0]))
    said = spoken(event)
    assert {name: said[name] for name in ("device", "time", "score", "name", "images")} == {
        "device": "EX-1", "time": "2026-06-01 10:15:00", "score": 0.9, "name": "Example Person", "images": {"face": 1, "scene": 1},
    }  # fmt: skip
    assert found.entries[0].act == "pushes"


@pytest.mark.parametrize(
    ("more", "field", "wanted"),
    [
        ({"device": []}, "device", []),  # said to be none
        ({"device": ["header:x-gate"]}, "device", ["header:x-gate"]),
        ({"unread": {"transport": ["deviceSn"]}}, "device", None),
        ({"when": {"keys": ["deviceSn"], "values": {"deviceSn": "^EX-1$"}}}, "device", None),  # tells messages apart
        ({"when": {"keys": ["deviceSn"], "values": {"deviceSn": "[A-Z]"}}}, "device", ["deviceSn"]),
        ({"names": ["placeName"]}, "place", ["placeName"]),
        ({}, "place", None),
        ({}, "time", ["snapTime"]),  # and not `format`, which ends as `created_at` does
    ],
)
def test_what_an_entry_says_goes_before(more: dict[str, Any], field: str, wanted: list[str] | None) -> None:
    assert completed(entry(**more)).get(field) == wanted


def test_whom_one_enrols_stands_in_a_library() -> None:
    assert {one["role"] for one in completed(entry({"facePic": "@jpeg"}, kind="enrolment"))["images"]} == {
        "library_photo"
    }


@pytest.mark.parametrize(
    "body",
    [
        {"xml": "<a><deviceSn>EX-1</deviceSn><b/></a>"},
        {"form": {"data": '{"deviceSn": "EX-1"}'}},
        {"body": "deviceSn=EX-1\tother=2"},
        {"parts": [{"name": "deviceSn", "body": "EX-1"}]},
        {"json": {"path": "/gate", "broken": '{"deviceSn'}, "form": {"deviceSn": "1"}},
    ],
)
def test_names_are_found_in_every_notation(body: dict[str, Any]) -> None:
    raw = ENTRY | {"examples": {"match": [body | {"gives": []}], "no_match": NO_MATCH}}
    assert completed(raw)["device"] == ["deviceSn"]


def test_defaults_hold_for_the_entries_behind_them(tmp_path: Path) -> None:
    short = {name: value for name, value in entry().items() if name not in {"maker", "provenance"}}
    given = {"defaults": {"maker": "Example", "provenance": {"kind": "capture", "source": "there"}}}
    found = loaded(tmp_path, given, short, entry(id="other", maker="Another"))
    assert [(one.maker, one.provenance) for one in found.entries] == [("Example", "capture"), ("Another", "code")]
    assert any("lacks maker" in problem for problem in loaded(tmp_path, short).problems)


def test_an_example_that_promises_more_than_is_read_fails(tmp_path: Path) -> None:
    assert failed_examples(loaded(tmp_path, entry(gives=[{"device": "EX-1"}]))) == []
    assert failed_examples(loaded(tmp_path, entry(gives=[{"place": "hall"}]))) != []

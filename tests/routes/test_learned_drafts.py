"""Entries that are learned: a route whose messages cannot be read again hides none of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from netaudit.contracts.unwrapping_steps import Way
from netaudit.documents.head import Head
from netaudit.documents.loading import read_files
from netaudit.documents.nodes import Document, Tree
from netaudit.errors import UsageError
from netaudit.rule_writing.document_examples import failed_examples
from netaudit.rule_writing.learned_drafts import Learned, drafts

ROUTES = [
    Learned(f"{at:016x}", f"message {at}", "comparison", "pushes", {"name": "name"}, {"name": 3}) for at in range(3)
]


def tree() -> Tree:
    return Tree([Document("o", Way(), "", [{"name": "Example Person", "gate": "A"}], complete=True, turn=1)], [])


def reading(*unread: int):
    def read(message: str) -> tuple[Head, Tree]:
        if int(message.split()[1]) in unread:
            raise UsageError("{}: the packets of its flow alone do not give this message", message)
        return Head("http", method="POST", target="/gate/up"), tree()

    return read


def test_a_route_that_cannot_be_read_again_is_told_and_the_others_follow() -> None:
    found = list(drafts(ROUTES, reading(0)))
    assert [one.startswith("#") for one in found] == [True, False, False]
    assert "learned-0000000000000002" in found[2]


def test_where_none_can_be_read_the_reason_is_told() -> None:
    with pytest.raises(UsageError, match="message 0"):
        list(drafts(ROUTES, reading(0, 1, 2)))


RECORD = {"id": "1", "cardNo": "990101199001010019", "who": "Example Person", "pic": "http://192.0.2.9/1.jpg"}
MEANT = {"list[].cardNo": "id_number", "list[].who": "name", "list[].pic": "url"}
OFTEN = {"list[].cardNo": 4, "list[].who": 9, "list[].pic": 9}  # strangers have no number


def test_records_of_a_list_are_entries_each_by_what_all_of_them_have(tmp_path: Path) -> None:
    body = [{"list": [RECORD, RECORD | {"id": "2"}]}]

    def read(_: str) -> tuple[Head, Tree]:
        made = Tree([Document("o", Way(), "", body, complete=True, turn=1)], [])
        return Head("http", method="POST", target="/gate/up"), made

    (text,) = drafts([Learned("0" * 16, "m", "comparison", "pushes", MEANT, OFTEN)], read)
    (entry,) = yaml.safe_load(text)
    assert entry["each"] == ["list"]
    assert entry["when"]["keys"][0] == "who"
    assert entry["images"] == [{"role": "face", "url": "list.pic"}]
    assert len(entry["examples"]["match"][0]["gives"]) == 2
    path = tmp_path / "learned.yaml"
    path.write_text(text, encoding="utf-8")
    found = read_files((path,))
    assert found.problems == ()
    assert failed_examples(found) == []

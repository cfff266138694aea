"""Entries that are learned: a route whose messages cannot be read again hides none of the others."""

from __future__ import annotations

import pytest

from netaudit.contracts.unwrapping_steps import Way
from netaudit.documents.head import Head
from netaudit.documents.nodes import Document, Tree
from netaudit.errors import UsageError
from netaudit.rule_writing.learned_drafts import Learned, drafts

ROUTES = [Learned(f"{at:016x}", f"message {at}", "comparison", "pushes", {"name": "name"}) for at in range(3)]


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

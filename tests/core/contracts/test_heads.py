"""What is read of a form is what would be read of the head itself, whatever was met before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.from_messages import root
from netaudit.core.contracts.heads import ANEW, MOST_CHARACTERS, MOST_FIELDS, Fields, form_of
from netaudit.protocols.http1.head import chunks_follow
from netaudit.protocols.message import Message
from netaudit.tables.messages import message_row

NAMES = ["host", "content-type", "content-length", "date", "user-agent", "server", "content-encoding", "x-chunk-index"]
heads = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "a", "gzip", "7", "b 张三"])), max_size=8)


def asked(calls: list[Fields]):
    def reader(fields: Fields) -> int:
        calls.append(fields)
        return len(fields)

    return reader


@settings(max_examples=60, deadline=None)
@given(heads, heads)
def test_rows_and_parts_are_those_of_a_message_met_first(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    for headers in (one, other, one):
        message = Message("http", 0, 0, 9, headers=headers, body=b"x", path="/p")
        row = message_row(message)
        said = {name: next((v for n, v in headers if n == name and v), "") for name in ("user-agent", "server", "date")}
        bare = Message("http", 0, 0, 9, headers=[*said.items()], path="/p")
        plain = message_row(bare)
        assert (row.user_agent, row.server, row.date) == (plain.user_agent, plain.server, plain.date)
        first = dict(reversed(headers))
        assert root(message).encoding == first.get("content-encoding", "")
        assert message.form.read(chunks_follow) == chunks_follow(headers)


def test_lengths_and_dates_make_no_other_form() -> None:
    calls: list[Fields] = []
    reader = asked(calls)
    for number in range(50):
        head = [("host", "forms.example"), ("content-length", str(number)), ("date", f"day {number}")]
        assert form_of(head).read(reader) == 1
    assert calls == [(("host", "forms.example"),)]
    assert {"content-length", "date"} == ANEW


def test_a_long_head_is_whole_and_not_remembered() -> None:
    many = [(f"x-{number}", "v") for number in range(MOST_FIELDS)] + [("date", "d")]
    assert form_of(many).fields == tuple(many)
    large = [("x", "v" * MOST_CHARACTERS)]
    assert form_of(large) is not form_of(large)
    assert form_of([("x", "v")]) is form_of([("x", "v")])


def test_a_head_that_changes_has_another_form() -> None:
    message = Message("http", 0, 0, 1, headers=[("a", "1")])
    before = message.form
    message.headers.append(("b", "2"))
    assert message.form.fields == (("a", "1"), ("b", "2"))
    message.headers = [("a", "1")]
    assert message.form is before

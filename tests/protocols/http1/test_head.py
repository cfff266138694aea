"""Heads are read the same whether their like was seen before or not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.contracts.heads import form_of
from netaudit.protocols.http1.head import content_length, parse_fields, parse_head

NAMES = ["Content-Length", "content-length", "Date", "DATE", "Host", "X-A", "", "Content-Length ", " Date", "\tdate"]
VALUES = [
    "5",
    "7",
    "Mon, 05 Jan 2026 10:00:00 GMT",
    "",
    "\0",
    "5, 5",
    "a\0b",
    "\u00e9\u4e2d",
    " padded ",
    "x" * 70,
    "\r5",
    "\xa0",
]
ENDS = ["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\n ", "\r\n\t folded\r\n"]
LINES = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from([": ", ": ", ":", ":  ", ""]),
    st.sampled_from(VALUES),
    st.sampled_from(ENDS),
)


@settings(max_examples=1500, deadline=None)
@given(
    lines=st.lists(LINES, max_size=7),
    charset=st.sampled_from(["utf-8", "gb18030"]),
    many=st.sampled_from([0, 0, 0, 40]),
)
def test_a_head_says_what_its_lines_say(lines, charset, many) -> None:
    fields = "".join(map("".join, lines)).encode(charset) + b"X: y\r\n" * many + b"\r\n"
    head = parse_head(b"POST /a HTTP/1.1\r\n" + fields)
    assert head is not None
    assert (head.headers, head.sloppy) == parse_fields(fields)
    assert head.form is None or head.form.fields == form_of(head.headers).fields


def test_values_are_those_of_each_head() -> None:
    """Heads that differ in length and date only share their form, and nothing that one may change of another."""
    raw = b"HTTP/1.1 200 OK\r\nDate: Mon\r\nServer: n\r\nContent-Length: %d\r\n\r\n"
    first, second = (parse_head(raw % size) for size in (5, 12))
    assert first is not None
    assert second is not None
    assert first.form is second.form
    assert first.form is not None
    first.headers.append(("x", "y"))
    assert second.headers == [("date", "Mon"), ("server", "n"), ("content-length", "12")]
    assert [content_length(one) for one in (first, second)] == [(5, ""), (12, "")]


def test_a_value_that_looks_masked_is_read() -> None:
    """What stands for a masked value in a skeleton may be sent, too."""
    plain, odd = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: \0\r\n\r\n"
    for raw, said in ((odd, "\0"), (plain, "5"), (odd, "\0"), (plain, "5")):
        head = parse_head(raw)
        assert head is not None
        assert head.headers == [("content-length", said)]

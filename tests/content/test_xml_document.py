"""An XML text that was parsed without its long runs says what expat says of the text itself."""

from __future__ import annotations

import contextlib
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.xml_document import Event, XmlDocument

LONG = "Lorem ipsum dolor sit amet " * 4


def told(text: bytes) -> list[Event] | None:
    """Events of expat, texts beside each other joined; None where it is not well-formed."""
    out: list[Event] = []

    def say(piece: str) -> None:
        if out and isinstance(out[-1], str):
            out[-1] += piece
        else:
            out.append(piece)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: out.append((name, attributes))
    parser.EndElementHandler = lambda name: out.append(None)
    parser.CharacterDataHandler = say
    parser.buffer_text = True
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        return None
    return out


def comments(text: bytes) -> str:
    """What stands in comments."""
    found: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.CommentHandler = found.append
    with contextlib.suppress(expat.ExpatError):
        parser.Parse(text, True)
    return "".join(found)


PIECES = st.sampled_from([
    "<a>", "</a>", '<b c="d">', "</b>", "<e/>", LONG, "张三" * 30, "\r\n" + "x" * 80, "&lt;", "]]>", "<![CDATA[", "<!-- ", " -->",
    f'<f g="{LONG}"/>', f'<h i="a\n{LONG}\t{LONG}" j="k"/>', f"<l {LONG}>", "short", "'", '"', ">", "--", "?>",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_events_are_those_of_the_text(pieces: list[str]) -> None:
    text = ("<r>" + "".join(pieces) + "</r>").encode()
    document = XmlDocument(text)
    events, wanted = list(document.events), told(text)
    assert wanted is None or events == wanted
    words = "".join(event for event in events if isinstance(event, str)) + document.rest.decode()
    words += comments(text)  # which are looked through as bytes are
    assert wanted is None or words.count("short") == "".join(pieces).count("short")


def test_a_gap_ends_what_is_said() -> None:
    text = b"<r><a>1</a><b>" + b"x" * 100 + b"</b><c>2</c></r>"
    whole = list(XmlDocument(text).events)
    at = text.index(b"x")
    for first, last in ((at, at + 5), (at + 50, at + 60), (at - 3, at + 1), (len(text) - 9, len(text) - 8)):
        cut = text[:first] + bytes(last - first) + text[last:]
        events = list(XmlDocument(cut, [(first, last)]).events)
        assert events == whole[: len(events)]
        assert len(events) >= (4 if first < at + 60 else 8)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_runs_are_read_in_the_charset_of_the_text(charset: str) -> None:
    text = f"<r><姓名>{'王小明' * 40}</姓名></r>".encode(charset)
    assert ("王小明" * 40) in list(XmlDocument(text).events)

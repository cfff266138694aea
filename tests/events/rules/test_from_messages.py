"""Text in one part of a stream and its picture in the next: joined, in whatever order parts, ends and other flows come."""

from __future__ import annotations

import itertools
import re
from types import SimpleNamespace

from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.rules.from_messages import LARGEST, MOST, MessageEvent, Streams
from netaudit.events.rules.nodes import Image
from netaudit.protocols.message import Message

SPECS = (
    SimpleNamespace(order=0, role="face", part=None),
    SimpleNamespace(order=-1, role="scene", part=re.compile("^backgroundImage$")),
)
REQUEST = Message("http", 0, 0, 0)


def event(**links):
    return SimpleNamespace(images=[], complete=True, entry=SimpleNamespace(images=SPECS), links=dict(links))


def message(flow=b"f", request=REQUEST, body=b"x", *, complete=True):
    return Message("http", 1, 0, 0, body=body, request=request, flow_id=flow, complete=complete)


def image(name="a", *, complete=True, field="", file=""):
    return Image("", name, Way(), file, field, "", complete, 1)


def text(streams, **more):
    one = event()
    part = message(**more)
    return one, streams.part([MessageEvent(one, part)], part, [])


def test_the_picture_after_the_text_is_its_own():
    streams = Streams()
    one, ready = text(streams)
    assert ready == []
    assert streams.part([], message(), [image(), image("b")]) == []
    (told,) = streams.closed(b"f")
    assert told.event is one
    assert [(claimed.role, claimed.image.sha256) for claimed in one.images] == [("face", "a"), ("unknown", "b")]
    assert one.complete


def test_all_pictures_up_to_the_next_text_are_its_own_by_the_names_of_their_parts():
    streams = Streams()
    one, _ = text(streams)
    for picture in (image(), image("b", field="backgroundImage"), image("c")):
        assert streams.part([], message(), [picture]) == []
    _, (told,) = text(streams)
    assert told.event is one
    roles = [(claimed.role, claimed.image.sha256) for claimed in one.images]
    assert roles == [("face", "a"), ("scene", "b"), ("unknown", "c")]
    assert one.complete


def test_what_names_its_picture_gets_that_one():
    streams = Streams()
    pair, part = [event(p1="library_photo"), event(p2="library_photo")], message()
    streams.part([MessageEvent(one, part) for one in pair], part, [])
    streams.part([], message(), [image("b", file="P2.jpg")])
    streams.part([], message(), [image("a", field="p1")])
    assert [told.event for told in streams.part([], message(), [image("c")])] == pair
    given = [[(claimed.role, claimed.image.sha256) for claimed in one.images] for one in pair]
    assert given == [[("library_photo", "a")], [("library_photo", "b")]]


def test_pictures_without_end_are_not_waited_for():
    streams = Streams()
    one, _ = text(streams)
    for _ in range(MOST):
        assert streams.part([], message(), [image()]) == []
    assert one.complete
    assert [told.event for told in streams.part([], message(), [image()])] == [one]
    assert len(one.images) == MOST
    assert not one.complete
    assert streams.closed(b"f") == []


def test_a_damaged_picture_makes_the_event_incomplete():
    for part, shown in ((message(complete=False), image()), (message(), image(complete=False))):
        streams = Streams()
        one, _ = text(streams)
        streams.part([], part, [shown])
        assert not one.complete


def test_nothing_is_joined_across_flows_answers_or_other_texts():
    for later in (message(flow=b"g"), message(request=Message("http", 0, 0, 0))):
        streams = Streams()
        one, _ = text(streams)
        streams.part([], later, [image()])
        assert not one.images
    streams = Streams()
    one, _ = text(streams)
    other, ready = text(streams)
    assert [told.event for told in ready] == [one]
    streams.part([], message(), [image()])
    assert not one.images
    assert other.images


def test_two_events_of_one_text_share_no_picture():
    streams = Streams()
    pair, part = [event(), event()], message()
    streams.part([MessageEvent(one, part) for one in pair], part, [])
    assert len(streams.part([], message(), [image()])) == 2
    assert not any(one.images for one in pair)


def test_a_heartbeat_between_ends_the_waiting():
    streams = Streams()
    one, _ = text(streams)
    assert [told.event for told in streams.part([], message(), [])] == [one]
    assert streams.part([], message(), [image()]) == []


def test_what_waits_when_the_flow_ends_comes_then_and_only_once():
    streams = Streams()
    one, _ = text(streams)
    assert streams.closed(b"g") == []
    assert [told.event for told in streams.closed(b"f")] == [one]
    assert streams.closed(b"f") == []


def test_large_parts_and_parts_with_pictures_do_not_wait():
    streams = Streams()
    _, ready = text(streams, body=bytes(LARGEST + 1))
    assert len(ready) == 1
    one, part = event(), message()
    assert [told.event for told in streams.part([MessageEvent(one, part)], part, [image()])] == [one]


def test_every_event_comes_out_once_in_any_order():
    for order in itertools.product("tih", repeat=4):
        streams, sent, given = Streams(), [], []
        for kind in order:
            one, part = event(), message()
            sent += [one] if kind == "t" else []
            told = [MessageEvent(one, part)] if kind == "t" else []
            given += streams.part(told, part, [image()] if kind == "i" else [])
        given += streams.closed(b"f")
        assert [id(told.event) for told in given] == [id(one) for one in sent]

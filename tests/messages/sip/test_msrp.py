"""MSRP: chunks of a message are one, in whatever order and pieces they come; what is never whole is told so."""

from __future__ import annotations

import pytest

from netaudit.messages.reader import Opening, Verdict
from netaudit.messages.sip import msrp
from tests.processor_time import within
from tests.unwrapping.samples import picture

PICTURE = picture(seed=5)
STEP = 300
PLACES = range(0, len(PICTURE), STEP)


def chunk(at: int, name: str = "m1", data: bytes = PICTURE) -> bytes:
    piece, last = data[at : at + STEP], at + STEP >= len(data)
    tid = b"t%04d" % at
    head = b"MSRP " + tid + b" SEND\r\nTo-Path: msrp://im.demo.cn:2855/s1;tcp\r\nMessage-ID: " + name.encode()
    head += b"\r\nByte-Range: %d-%d/%d\r\nContent-Type: image/jpeg\r\n\r\n" % (at + 1, at + len(piece), len(data))
    return head + piece + b"\r\n-------" + tid + (b"$" if last else b"+") + b"\r\n"


ANSWER = b"MSRP t0000 200 OK\r\nTo-Path: msrp://10.0.0.9:7777/c1;tcp\r\n-------t0000$\r\n"


def read(stream: bytes, step: int, gap: int = 0) -> list:
    reader, out = msrp.MsrpReader(), []
    for at in range(0, len(stream), step):
        if gap and at == gap * step:
            out += reader.gap(0, at, step)
        else:
            out += reader.feed(0, at, stream[at : at + step])
    return out + reader.finish()


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("turned", [False, True])
def test_chunks_are_one_message(step: int, turned: bool) -> None:
    stream = b"".join(map(chunk, reversed(PLACES) if turned else PLACES))
    [message] = read(ANSWER + stream, step)
    assert (message.body, message.complete, message.host) == (PICTURE, True, "im.demo.cn")
    assert (message.content_type, message.start) == ("image/jpeg", len(ANSWER))
    assert message.end == len(ANSWER + stream) - 2


def test_two_messages_in_turns_are_two() -> None:
    other = picture(seed=6)
    stream = b"".join(chunk(at) + chunk(at, "m2", other) for at in range(0, max(len(PICTURE), len(other)), STEP))
    assert {PICTURE, other} <= {one.body for one in read(stream, 1000)}


def test_what_is_not_whole_is_told() -> None:
    stream = b"".join(map(chunk, PLACES))
    [message] = read(stream, 100, gap=8)
    assert not message.complete
    ((first, last),) = message.missing
    assert (message.body_size, message.body) == (len(PICTURE), PICTURE[:first] + bytes(last - first) + PICTURE[last:])


def test_many_chunks_cost_what_they_are_long() -> None:
    """Not what all of them before are, each time."""
    body = bytes(range(256)) * 4096
    stream = b"".join(chunk(at, "m9", body) for at in range(0, len(body), STEP))
    with within(5):
        [message] = read(stream, 1 << 16)
        assert (message.body, message.complete) == (body, True)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [(chunk(0), Verdict.YES), (ANSWER, Verdict.YES), (b"MSRP t12", Verdict.MORE), (b"M", Verdict.MORE), (b"MSG ", Verdict.NO)],
)  # fmt: skip
def test_recognised(data: bytes, verdict: Verdict) -> None:
    assert msrp.recognise(Opening(data, b"", 40000, 2855, midstream=False)) is verdict

"""Redis: what commands store, pieces at their places, errors, answers of both protocols, any cut, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netaudit
from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.reader import Opening, Verdict
from netaudit.messages.redis import RedisReader, recognise
from tests.messages.carrier import check_noise
from tests.processor_time import within
from tests.reference.messages import down, read, up
from tests.spoken import Capture
from tests.unwrapping.samples import picture

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = picture(seed=17)
ROW = {"proto": 6, "client_port": 41000, "server_port": 6379}


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def test_a_value_is_a_message_by_command_and_key() -> None:
    messages, summary = read([up(command(b"SET", b"face:1", PICTURE)), down(b"+OK\r\n")], **ROW)
    assert summary.protocol == "redis"
    (one,) = [one for one in messages if one.body]
    assert (one.method, one.path, one.body, one.complete) == ("SET", "face:1", PICTURE, True)
    assert one.body_start == len(command(b"SET", b"face:1", PICTURE)) - len(PICTURE) - 2


def test_short_ones_are_one_message_and_long_ones_their_own() -> None:
    sent = command(b"hset", b"v:1", b"name", b"A", b"photo", PICTURE, b"age", b"31")
    messages, _ = read([up(sent)], **ROW)
    assert {(one.method, one.file_name, one.body) for one in messages if one.body} == {
        ("HSET", "photo", PICTURE), ("HSET", "", b"name\r\nA\r\nage\r\n31"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        (b"+OK\r\n+OK\r\n", []),
        (b"-NOAUTH Authentication required.\r\n+OK\r\n", [0]),
        (b"+OK\r\n-OOM command not allowed\r\n", [1]),
        (b":1\r\n!5\r\nERR x\r\n", [1]),
        (b"*2\r\n$1\r\na\r\n:3\r\n-ERR\r\n", [1]),
        (b"%1\r\n$1\r\na\r\n_\r\n-ERR\r\n", [1]),
        (b"|1\r\n+ttl\r\n:3600\r\n+OK\r\n-ERR\r\n", [1]),  # an attribute is of the answer behind it
        (b"|1\r\n+ttl\r\n:3600\r\n-ERR\r\n+OK\r\n", [0]),
        (b"*2\r\n|1\r\n+a\r\n:1\r\n:3\r\n:4\r\n-ERR\r\n", [1]),
        (b"*-1\r\n-ERR\r\n", [1]),
        (b"*2\r\n*0\r\n*1\r\n$-1\r\n-ERR\r\n", [1]),
        (b">2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n-ERR\r\n+OK\r\n", [0]),  # what comes unasked answers nothing
    ],
)
def test_errors_refuse_the_command_they_answer(answers: bytes, refused: list[int]) -> None:
    sent = [command(b"SET", b"k%d" % n, PICTURE) for n in range(2)]
    messages, _ = read([*map(up, sent), down(answers)], **ROW)
    ids = [one.message_id for one in messages if one.method == "SET"]
    assert [one.request.message_id for one in messages if IN_FIELD in one.notes] == [ids[n] for n in refused]


@pytest.mark.parametrize("word", [b"OFF", b"skip"])
def test_where_answers_are_switched_off_none_is_taken_for_one(word: bytes) -> None:
    sent = command(b"client", b"reply", word) + command(b"SET", b"k", PICTURE) + command(b"SET", b"l", PICTURE)
    messages, _ = read([up(sent), down(b"-ERR\r\n")], **ROW)
    assert not any(one.notes or one.request for one in messages)


@pytest.mark.parametrize("words", [
    (b"AUTH", b"secret#pw"), (b"auth", b"user#1", b"secret#pw"), (b"HELLO", b"3", b"AUTH", b"user#1", b"secret#pw"),
    (b"CONFIG", b"SET", b"requirepass", b"secret#pw"), (b"ACL", b"SETUSER", b"user#1", b">secret#pw"),
])  # fmt: skip
def test_passwords_are_in_no_message(words: tuple[bytes, ...]) -> None:
    messages, _ = read([up(command(*words)), down(b"-WRONGPASS\r\n")], **ROW)
    assert [one.request.method for one in messages if one.request] == [words[0].decode().upper()]
    assert not any(said in repr(one) for one in messages for said in ("#pw", "#1"))


def test_what_is_too_long_for_a_password_is_a_message() -> None:
    messages, _ = read([up(command(b"AUTH", b"secret#pw", PICTURE))], **ROW)
    assert [(one.path, one.file_name, one.body) for one in messages] == [("", "", PICTURE)]


@pytest.mark.parametrize(("sent", "step"), [
    (command(b"SET", b"a", b"b" * 170) * 60_000, 16 << 20), (command(b"DEL", *[b"a"] * 90_000), 1460),
])  # fmt: skip
def test_many_commands_and_many_arguments_take_no_time(sent: bytes, step: int) -> None:
    reader = RedisReader()
    with within(3):
        out = [one for at in range(0, len(sent), step) for one in reader.feed(0, at, sent[at : at + step])]
    assert sum(len(one.body.split()) for one in out) == (60_000 if step > len(sent) else 89_999)


def test_a_long_answer_of_many_takes_no_time() -> None:
    sent, reader = b"*90000\r\n" + b":1\r\n" * 90_000 + b"-ERR\r\n", RedisReader()
    with within(2):
        out = [one for at in range(0, len(sent), 1460) for one in reader.feed(1, at, sent[at : at + 1460])]
    assert [one.method for one in out] == ["error"]


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 9), min_size=1, max_size=90))
def test_any_cut_of_answers_gives_the_same(cuts: list[int]) -> None:
    answers = b"|1\r\n+a\r\n*1\r\n:1\r\n*2\r\n$3\r\nabc\r\n*0\r\n" + b"$600\r\n%s\r\n-ERR no\r\n" % (b"x" * 600)
    events, at = [up(command(b"GET", b"%d" % n)) for n in range(3)], 0
    for size in [*cuts, len(answers)]:
        events += [down(answers[at : at + size])] if answers[at : at + size] else []
        at += size
    messages, _ = read(events, segment=1 << 16, **ROW)
    assert [(one.method, one.request.path) for one in messages] == [("reply", "1"), ("error", "2")]


def test_behind_a_subscription_no_answer_is_taken_for_one() -> None:
    sent = command(b"SUBSCRIBE", b"c") + command(b"SET", b"k", PICTURE)
    messages, _ = read([up(sent), down(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n-ERR\r\n")], **ROW)
    assert not any(one.notes for one in messages)


def test_what_is_got_is_a_message_of_its_key() -> None:
    messages, _ = read([up(command(b"GET", b"face:1")), down(b"$%d\r\n%s\r\n" % (len(PICTURE), PICTURE))], **ROW)
    (one,) = [one for one in messages if one.body]
    assert (one.direction, one.path, one.body) == (1, "face:1", PICTURE)


def test_pieces_at_growing_offsets_are_one_picture(tmp_path: Path) -> None:
    capture = Capture()
    at = range(0, len(PICTURE), 600)
    turns = [(command(b"SETRANGE", b"face:1", b"%d" % n, PICTURE[n : n + 600]), b":9\r\n") for n in at]
    capture.talk("192.168.1.64", "47.96.10.20", *turns, port=6379)
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    whole = [row for row in case.table("objects").to_pylist() if row["size"] == len(PICTURE) and row["complete"]]
    assert [row["kind"] for row in whole] == ["jpeg"]


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    data, events, at = command(b"SET", b"a", PICTURE) + command(b"SET", b"b", b"x" * 600), [], 0
    for size in [*cuts, len(data)]:
        events += [up(data[at : at + size])] if data[at : at + size] else []
        at += size
    messages, _ = read(events, **ROW)
    assert [one.body for one in messages if one.body] == [PICTURE, b"x" * 600]


def test_behind_a_loss_images_are_looked_for() -> None:
    messages, _ = read([up(command(b"PING")), (0, 90), up(b"zz" + PICTURE + b"\r\n")], **ROW)
    assert any("a loss: carved from here on" in one.notes for one in messages)
    assert any(one.protocol == "carved" and one.body == PICTURE for one in messages)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (command(b"PING"), Verdict.YES),
        (b"*1\r\n$4", Verdict.MORE),
        (b"*0\r\n", Verdict.NO),
        (b"* 1 FETCH", Verdict.NO),
        (b"PING\r\n", Verdict.NO),
    ],
)
def test_what_is_recognised(data: bytes, verdict: Verdict) -> None:
    assert recognise(Opening(data, b"", 41_000, 6379, midstream=False)) is verdict


@settings(deadline=None, max_examples=30)
@given(chunks=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=8))
def test_noise_is_no_error(chunks) -> None:
    check_noise(RedisReader, chunks)

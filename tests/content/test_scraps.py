"""Words that nobody would read are told from those that every program sends; what is said again is known again."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netaudit.content.budget import Budget, Patience
from netaudit.content.from_messages import leaves, scraps
from netaudit.content.scraps import DIGEST, MOST, SPARE, scraps_of_body, scraps_of_head
from netaudit.protocols.message import UP, Message
from tests.processor_time import within

NOISE = random.Random(1).randbytes(3000)
BROWSER = (
    b"GET /static/js/vendor.chunk.8f14e45fceea167a5a36dedd4bea2543.js?v=1732600000 HTTP/1.1\r\nHost: www.example.cn\r\n"
    b"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n"
    b"Referer: http://www.example.cn/projects/building-3/apartments/index.html?from=wechat&utm_source=qrcode\r\n"
    b"Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF; _ga=GA1.2.1234567890.1700000000; theme=dark\r\n"
    b'If-None-Match: "5d8c72a5edda8d6a:3239ae1b"\r\n\r\n'
)
SIGNED = (
    b"PUT /bucket/door3/20241126/101500_000123.jpg HTTP/1.1\r\nHost: store.example.cn\r\nContent-Length: 5\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20241126/cn-north-1/s3/aws4_request, "
    b"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
    + hashlib.sha256(b"a").hexdigest().encode()
    + b"\r\n"
    b"x-amz-content-sha256: " + hashlib.sha256(b"b").hexdigest().encode() + b"\r\nx-amz-date: 20241126T101500Z\r\n\r\n"
)
DIGESTED = (
    b'POST /ISAPI/Event/notification/alertStream HTTP/1.1\r\nHost: 10.0.0.1\r\nAuthorization: Digest username="admin",'
    b'realm="DS-2CD2143G0",nonce="4e6a55784d6a45304e7a4d364e546b325a4463",uri="/ISAPI/Event/notification/alertStream",'
    b'cnonce="0a4f113b",nc=00000001,response="6629fae49393a05397450978507c4ef1",qop="auth"\r\n\r\n'
)


def head(text: bytes) -> Message:
    return Message("http", UP, 0, len(text), head=text)


def size(scraps):
    return sum(one for _, one in scraps)


@pytest.mark.parametrize("text", [BROWSER, SIGNED, DIGESTED], ids=["a browser", "a signature", "a digest"])
def test_what_every_program_sends_is_nothing(text):
    assert scraps(head(text)) == []


@pytest.mark.parametrize(
    "write",
    [
        base64.b64encode,
        base64.urlsafe_b64encode,
        base64.b32encode,
        lambda data: base64.b32encode(data).lower(),
        lambda data: data.hex().encode(),
        lambda data: quote(data).encode(),
        lambda data: b"".join(b"%03d" % byte for byte in data),
    ],
    ids=["base64", "base64 for urls", "base32", "small base32", "hexadecimal", "escapes", "digits"],
)
def test_most_of_what_is_written_in_a_cookie_counts(write):
    text = write(NOISE[:600])
    assert size(scraps(head(b"GET / HTTP/1.1\r\nCookie: s=" + text + b"\r\n\r\n"))) >= 0.8 * len(text)


def test_words_as_short_as_digests_count_where_there_are_many():
    words = [hashlib.md5(bytes([n])).hexdigest().encode() for n in range(40)]
    few, many = (b"GET / HTTP/1.1\r\n" + b"".join(b"X: %s\r\n" % one for one in some) for some in (words[:16], words))
    assert scraps(head(few + b"\r\n")) == []
    found = scraps(head(many + b"\r\n"))
    assert size(found) == 40 * 32 > SPARE
    assert len(found) == MOST


def test_what_is_said_again_is_known_again():
    first, second = (
        scraps(head(b"GET /%d HTTP/1.1\r\nCookie: s=%s\r\n\r\n" % (n, NOISE[:90].hex().encode()))) for n in (1, 2)
    )
    assert first == second
    assert size(first) == 180


def test_heads_that_did_not_come_as_they_are_count_by_their_fields():
    message = Message("mqtt", UP, 0, 9, method="PUBLISH", path=NOISE[:60].hex())
    assert size(scraps(message)) == 120


def test_small_bodies():
    assert scraps_of_body(NOISE[:DIGEST]) == []
    assert size(scraps_of_body(NOISE[:700])) == 700
    words = json.dumps(
        {"device": "door 3", "state": "the door was opened by a card of the staff, as it should be"}
    ).encode()
    assert scraps_of_body(words) == []
    assert scraps_of_body("门口机已打开，一切正常。".encode() * 9) == []
    assert size(scraps_of_body(json.dumps({"id": 7, "n": NOISE[:90].hex()}).encode())) == 180


def test_unwrapping_tells_what_it_did_not_open():
    text = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nwords\r\n--x--\r\n" + NOISE[:900]
    message = Message("http", UP, 0, 9, method="POST", body=text, content_type="multipart/form-data; boundary=x")
    budget = Budget.of(len(text), Patience())
    assert list(leaves(message, budget))
    assert len(text) >= size(message.scraps or []) >= 900


def test_a_picture_in_a_head_is_found(face):
    text = b"GET / HTTP/1.1\r\nCookie: s=" + base64.b64encode(face) + b"\r\n\r\n"
    found = [leaf for leaf in leaves(head(text)) if leaf.kind == "jpeg"]
    assert [leaf.part.data for leaf in found] == [face]
    assert found[0].part.path.startswith("request head")


@given(
    st.one_of(
        st.binary(max_size=3000),
        st.lists(st.sampled_from([b"\xe4", b"\xff", b"a", b"%ff", b"%41", b"0"])).map(b"".join),
    )
)
@example(b"X: %ff%ff%ff%ff%ff%ffaaaa\r\n" * 30)  # few bytes, no characters
@example(b"\xff" * 8 + b"a" * 9 + b"\n" + b"a" * 600)
def test_any_bytes(data):
    for found in (scraps_of_body(data), scraps(head(data))):
        assert len(found) <= MOST
        assert all(0 <= digest < 1 << 63 and one > 0 for digest, one in found)
        assert size(found) <= len(data)


@pytest.fixture(scope="module")
def face():
    from pcaps.lab import photos

    return photos.jpeg(photos.portrait(77, 120), 77)


def test_what_is_escaped_over_and_over_is_bounded():
    assert scraps_of_head(b"GET /%" + b"25" * 100_000 + b" HTTP/1.1\r\n\r\n")


def test_words_that_are_nearly_long_take_no_more_time_than_others():
    letters = b"".join(b"%c" % (97 + k % 26) for k in range(511))
    with within(0.25):  # 0.5 where each letter is tried
        assert not list(leaves(head((letters + b" ") * 1000)))

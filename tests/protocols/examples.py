"""Good and sloppy conversations, each with what must be read from it: (protocol, direction, method, path, status, body)."""

from __future__ import annotations

from tests.reference.messages import down, up

POST = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET /g HTTP/1.1\r\nHost: h\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;sig=1\r\nabcde\r\n3\r\nfgh\r\n0\r\nX-Sum: 1\r\n\r\n"
)  # fmt: skip
PARTS = b"".join(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\nAB%02d\r\n" % i for i in range(3))
MIXED = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
R = ("http", 0, "POST", "/a", 0, b"hello")
A = ("http", 1, "POST", "/a", 200, b"ok")
G = ("http", 0, "GET", "/g", 0, b"")

EXAMPLES = {
    "exchange": ([up(POST), down(OK)], [R, A]),
    "keep-alive": ([up(POST), down(OK), up(POST), down(OK)], [R, A, R, A]),
    "pipelined": ([up(POST + GET), down(OK + OK)], [R, G, A, ("http", 1, "GET", "/g", 200, b"ok")]),
    "chunked": ([up(GET), down(CHUNKED)], [G, ("http", 1, "GET", "/g", 200, b"abcdefgh")]),
    "a last chunk of many zeros": (
        [up(GET), down(CHUNKED.replace(b"\r\n0\r\n", b"\r\n" + b"0" * 20 + b"\r\n"))],
        [G, ("http", 1, "GET", "/g", 200, b"abcdefgh")],
    ),
    "continue": (
        [up(POST[:-5]), down(b"HTTP/1.1 100 Continue\r\n\r\n"), up(b"hello"), down(OK)],
        [("http", 1, "POST", "/a", 100, b""), R, A],
    ),
    "head": (
        [up(b"HEAD /h HTTP/1.1\r\n\r\n"), down(OK[:-2]), up(POST), down(OK)],
        [("http", 0, "HEAD", "/h", 0, b""), ("http", 1, "HEAD", "/h", 200, b""), R, A],
    ),
    "no content": (
        [up(GET), down(b"HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n"), up(POST), down(OK)],
        [G, ("http", 1, "GET", "/g", 204, b""), R, A],
    ),
    "close-delimited": ([up(GET), down(b"HTTP/1.0 200 OK\r\n\r\nrest of it")], [G, ("http", 1, "GET", "/g", 200, b"rest of it")]),
    "close-delimited, yet going on": (
        [up(GET), down(b"HTTP/1.1 200 OK\r\n\r\nhi"), up(POST), down(OK)],
        [G, R, ("http", 1, "GET", "/g", 200, b"hi"), A],
    ),
    "sloppy": (
        [up(b"\r\n\npost /s HTTP/1.1\nHOST:h\nno colon here\ncontent-LENGTH : 3, 3\nX: a\n b\n\nabc"), down(b"HTTP/1.1 200\nContent-length:1\n\nx")],
        [("http", 0, "POST", "/s", 0, b"abc"), ("http", 1, "POST", "/s", 200, b"x")],
    ),
    "body without length": (
        [up(b"POST /u HTTP/1.1\r\nHost: h\r\n\r\n{face}"), down(OK), up(POST), down(OK)],
        [("http", 1, "POST", "/u", 200, b"ok"), ("http", 0, "POST", "/u", 0, b"{face}"), R, A],
    ),
    "post without body or length": (
        [up(b"POST /u HTTP/1.1\r\nHost: h\r\n\r\n"), down(OK), up(POST), down(OK)],
        [("http", 0, "POST", "/u", 0, b""), ("http", 1, "POST", "/u", 200, b"ok"), R, A],
    ),
    "answer captured first": ([down(OK), up(POST)], [A, R]),
    "one direction only": ([up(POST + POST + GET)], [R, R, G]),
    "answers only": ([down(OK + CHUNKED + OK)], [("http", 1, "", "", 200, b"ok"), ("http", 1, "", "", 200, b"abcdefgh"), ("http", 1, "", "", 200, b"ok")]),
    "reverse": (
        [up(b"POST /cgi-bin/api/autoRegist/connect HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"), down(OK), down(GET), up(OK)],
        [
            ("http", 0, "POST", "/cgi-bin/api/autoRegist/connect", 0, b"{}"),
            ("http", 1, "POST", "/cgi-bin/api/autoRegist/connect", 200, b"ok"),
            ("http", 1, "GET", "/g", 0, b""),
            ("http", 0, "GET", "/g", 200, b"ok"),
        ],
    ),
    "mixed-replace": (
        [up(GET), down(MIXED + PARTS)],
        [G, ("http", 1, "GET", "/g", 200, b""), *[("http", 1, "GET", "/g", 200, b"AB%02d" % i) for i in range(3)]],
    ),
    "proxy": (
        [up(b"CONNECT c:80 HTTP/1.1\r\n\r\n"), down(b"HTTP/1.1 200 Fine\r\n\r\n"), up(POST), down(OK)],
        [("http", 0, "CONNECT", "c:80", 0, b""), ("http", 1, "CONNECT", "c:80", 200, b""), R, A],
    ),
    "upgrade refused": (
        [up(b"GET /g HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"), down(OK), up(POST), down(OK)],
        [G, ("http", 1, "GET", "/g", 200, b"ok"), R, A],
    ),
    "no head at all": ([up(GET), down(b"<html>0.9</html>")], [G, ("http", 1, "GET", "/g", 200, b"<html>0.9</html>")]),
    "declared as chunked, but is not": (
        [up(GET), down(OK.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")), up(POST), down(OK)],
        [G, ("http", 1, "GET", "/g", 200, b"ok"), R, A],
    ),
    "junk behind chunk sizes": ([up(GET), down(CHUNKED.replace(b"3\r\n", b"3x\r\n"))], [G, ("http", 1, "GET", "/g", 200, b"abcdefgh")]),
    "header line ended by CR alone": (
        [up(b"POST /a HTTP/1.1\r\nHost: h\rContent-Length: 5\r\n\r\nhello"), down(OK)],
        [R, A],
    ),
    "prelude": ([up(b"\x05\x01\x00" + POST), down(b"\x05\x00" + OK)], [R, A]),
}  # fmt: skip


def brief(messages):
    return [(m.protocol, m.direction, m.method, m.path, m.status, m.body) for m in messages]


def size(events):
    return sum(len(what) for _, what in events)


def with_gap(events, at, length=1):
    """The same events with `length` bytes lost from the byte at `at` on (within one event)."""
    out, total = [], 0
    for direction, what in events:
        here = at - total
        total += len(what)
        if 0 <= here < len(what):
            lost = min(length, len(what) - here)
            out += [(direction, what[:here]), (direction, lost), (direction, what[here + lost :])]
        else:
            out.append((direction, what))
    return out

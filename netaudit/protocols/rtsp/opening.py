"""How RTSP is recognised: by the first line of either direction, or behind the HTTP answer that tunnels it."""

from __future__ import annotations

import re

from netaudit.protocols.message import UP
from netaudit.protocols.reader import Opening, Verdict

TUNNELLED = "rtsp tunnelled"  # what an HTTP answer was switched to (`rtsp_http.py`)
METHODS = "OPTIONS|DESCRIBE|ANNOUNCE|SETUP|PLAY|PAUSE|TEARDOWN|GET_PARAMETER|SET_PARAMETER|REDIRECT|RECORD|PLAY_NOTIFY"
_WORDS = (*(f"{word} ".encode() for word in METHODS.split("|")), b"RTSP/1.0 ")
_LONGEST_WORD = max(map(len, _WORDS))
_OPENING = re.compile(rb"(?:RTSP/\d\.\d +\d{3}|(?:%s) +\S+ +RTSP/\d\.\d)[^\n]{0,200}\n" % METHODS.encode())
_PARTIAL = re.compile(rb"(?:%s) +[^\n]{0,2000}\Z" % METHODS.encode())


def recognise(opening: Opening) -> Verdict:
    """RTSP by its first line, or by what carries it."""
    if opening.upgrade == TUNNELLED:
        return _in_tunnel(opening)
    for direction, data in enumerate((opening.up, opening.down)):
        if _OPENING.match(data):
            return Verdict.YES if (data[:5] != b"RTSP/") == (direction == UP) else Verdict.SWAPPED
    partial = (opening.up or opening.down)[:2300]
    if partial.startswith(_WORDS):
        begun = b"\n" not in partial
    else:
        begun = len(partial) < _LONGEST_WORD and any(word.startswith(partial) for word in _WORDS)
    return (
        Verdict.MORE
        if begun and (len(partial) < 16 or _PARTIAL.match(partial) or partial[:5] == b"RTSP/")
        else Verdict.NO
    )


def begins_with_request(data: bytes) -> bool:
    """Whether a method comes first."""
    return data.startswith(_WORDS[:-1])


def _in_tunnel(opening: Opening) -> Verdict:
    """The server answers first; what is no answer only has the type of a tunnel, and may be anything."""
    data = opening.down.lstrip(b"\r\n")
    if opening.midstream or data.startswith((b"RTSP/", b"$")):
        return Verdict.YES
    return Verdict.MORE if b"RTSP/".startswith(data) else Verdict.NO

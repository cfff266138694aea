"""RTSP (RFC 2326, RFC 7826): the dialogue, and the media that is interleaved with it in one connection."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from netaudit.messages.expected import DATA_FLOW, Said, Transfer
from netaudit.messages.http1_head import BLANK_LINE, parse_fields
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, Opening, Verdict
from netaudit.messages.rtp import NAME, Sources
from netaudit.messages.sdp import Track, parse

HEAD_LIMIT = 64 << 10  # bytes of a head
BODY_LIMIT = 1 << 20  # bytes of a body
PENDING = 64  # requests that wait for an answer
UDP = 17  # IP protocol
TUNNELLED = "rtsp tunnelled"  # what an HTTP answer was switched to (`rtsp_http.py`)
CHANNELS = 32  # interleaved channels of a connection
TRACKS = 64
_METHODS = "OPTIONS|DESCRIBE|ANNOUNCE|SETUP|PLAY|PAUSE|TEARDOWN|GET_PARAMETER|SET_PARAMETER|REDIRECT|RECORD|PLAY_NOTIFY"
_WORDS = (*(f"{word} ".encode() for word in _METHODS.split("|")), b"RTSP/1.0 ")
_LONGEST_WORD = max(map(len, _WORDS))
_START = re.compile(r"(?:RTSP/\d\.\d +(\d{3})(?!\d).*|([A-Z][A-Z_]{2,30}) +(\S+) +RTSP/\d\.\d)[ \t]*\r?\Z")
_OPENING = re.compile(rb"(?:RTSP/\d\.\d +\d{3}|(?:%s) +\S+ +RTSP/\d\.\d)[^\n]{0,200}\n" % _METHODS.encode())
_PARTIAL = re.compile(rb"(?:%s) +[^\n]{0,2000}\Z" % _METHODS.encode())
_FOUND = re.compile(rb"\$[\x00-\x1f]..[\x80-\xbf]|RTSP/\d\.\d +\d{3}|(?:%s) +rtsp://" % _METHODS.encode(), re.DOTALL)
_KEEP = 24  # bytes in which a match may begin that is not whole yet


def recognise(opening: Opening) -> Verdict:
    """RTSP by the first line of either direction, or behind the HTTP answer that tunnels it."""
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


class _Side:
    """One direction."""

    def __init__(self, direction: int, owner: RtspReader) -> None:
        self.direction, self.owner = direction, owner
        self.held = b""
        self.at = 0
        self.seeking = False
        self.lost = 0  # payload bytes of a broken interleaved frame to be passed over

    def feed(self, offset: int, data: bytes, *, final: bool = False) -> None:
        """Take the next bytes."""
        base = offset - len(self.held)
        self.at = offset + len(data)
        data, self.held = self.held + data, b""
        pos = min(self.lost, len(data))
        self.lost -= pos
        while pos < len(data):
            used = self._seek(data, pos) if self.seeking else self._one(data, pos, base)
            if used < 0:
                self.seeking = True
            elif not used:
                break
            else:
                pos += used
        self.held = b"" if final else data[pos:]

    def _one(self, data: bytes, pos: int, base: int) -> int:
        """Read one frame or message: bytes used, 0 while some are missing, -1 when it is neither."""
        if data[pos] == 0x24:
            if len(data) - pos < 4:
                return 0
            size = 4 + (data[pos + 2] << 8 | data[pos + 3])
            if len(data) - pos < size:
                return 0
            self.owner.frame(self.direction, data[pos + 1], data[pos + 4 : pos + size], base + pos, base + pos + size)
            return size
        if data[pos] in b"\r\n":
            return 1
        end = BLANK_LINE.search(data, pos, pos + HEAD_LIMIT)
        if end is None:
            line = data.find(b"\n", pos)
            begun = line < 0 or _START.match(data[pos:line].decode("latin-1"))
            return 0 if begun and len(data) - pos < HEAD_LIMIT and data[pos : pos + 1].isupper() else -1
        head = data[pos : end.end()]
        first, _, rest = head.partition(b"\n")
        found = _START.match(first.decode("latin-1"))
        if found is None:
            return -1
        headers, _ = parse_fields(rest)
        lengths = [value for name, value in headers if name == "content-length"]
        length = (
            int(lengths[0]) if lengths and lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 9 else 0
        )
        size = len(head) + length
        if length > BODY_LIMIT:
            return -1
        if len(data) - pos < size:
            return 0
        message = Message("rtsp", self.direction, base + pos, base + pos + size, headers=headers)
        message.status, message.method, message.path = int(found[1] or 0), found[2] or "", found[3] or ""
        message.body, message.body_size = data[pos + len(head) : pos + size], length
        message.body_start = base + pos + len(head) if length else -1
        message.content_type = message.header("content-type")
        self.owner.said(message)
        return size

    def _seek(self, data: bytes, pos: int) -> int:
        """Pass over what is neither up to a frame of a known channel that holds RTP, or a start line."""
        found = _FOUND.search(data, pos)
        while (
            found is not None
            and data[found.start()] == 0x24
            and not self.owner.knows(self.direction, data[found.start() + 1])
        ):
            found = _FOUND.search(data, found.start() + 1)
        if found is None:
            return max(len(data) - _KEEP - pos, 0)
        at = found.start()
        if data[at] == 0x24:
            following = at + 4 + (data[at + 2] << 8 | data[at + 3])
            if following >= len(data):
                return at - pos  # the next beginning is not here yet
            if data[following] != 0x24 and not data[following : following + 1].isupper():
                return at - pos + 1
        self.seeking = False
        if at > pos:
            return at - pos
        used = self._one(data, at, self.at - len(data))  # nothing was passed over: read on at once
        self.seeking = used < 0
        return max(used, 1) if used else 0

    def gap(self, offset: int, length: int) -> None:
        """A loss within an interleaved frame costs that frame; any other, the way."""
        held, self.held = self.held, b""
        self.at = offset + length
        if self.lost > length:
            self.lost -= length
            return
        if held[:1] == b"$" and len(held) >= 4 and not self.seeking:
            left = 4 + (held[2] << 8 | held[3]) - len(held)
            if left >= length:
                self.lost = left - length
                return
        if held[:1].isupper() and not self.seeking:
            self._cut(held, offset)
        self.lost, self.seeking = 0, True

    def _cut(self, held: bytes, end: int) -> None:
        """A message whose rest is missing: what its first lines say."""
        first, _, rest = held.partition(b"\n")
        found = _START.match(first.decode("latin-1"))
        if found is None:
            return
        headers, _ = parse_fields(rest[: rest.rfind(b"\n") + 1])
        message = Message("rtsp", self.direction, end - len(held), end, headers=headers, complete=False, unknown_from=0)
        message.status, message.method, message.path = int(found[1] or 0), found[2] or "", found[3] or ""
        message.notes.append("cut off")
        self.owner.said(message)

    def finish(self) -> None:
        """The flow has ended."""
        if self.held[:1].isupper() and not self.seeking:
            self._cut(self.held, self.at)
        self.held = b""


class RtspReader(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.out: list[Message] = []
        self.sides = (_Side(UP, self), _Side(DOWN, self))
        self.pending: dict[tuple[int, str], Message] = {}
        self.tracks: list[Track] = []
        self.channels: dict[tuple[int, int], Sources] = {}
        self.paths: dict[int, tuple[str, str]] = {}  # channel → host and path
        self.named = ("", "")  # host and path where the questions are not here to name them

    def begin(self, opening: Opening) -> None:
        """In a tunnel, the HTTP request names the stream."""
        if opening.upgrade == TUNNELLED and opening.via is not None:
            self.named = (opening.via.host, opening.via.path)

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        self.sides[direction].feed(offset, data)
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self.sides[direction].gap(offset, length)
        return self._given()

    def finish(self) -> list[Message]:
        """Give what is left."""
        for side in self.sides:
            side.finish()
        for (direction, channel), sources in self.channels.items():
            self._media(direction, channel, sources.finish())
        return self._given()

    def let_go(self) -> None:
        """Cut off the sides, which refer back."""
        for side in self.sides:
            vars(side).clear()

    def needed_from(self, direction: int) -> int:
        """Beginning of the message or picture under way."""
        side = self.sides[direction]
        first = side.at - len(side.held)
        for (where, _), sources in self.channels.items():
            if where == direction:
                first = min(first, sources.needed_from(first))
        return first

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    # -- what the sides tell ------------------------------------------------------------------------------------------

    def knows(self, direction: int, channel: int) -> bool:
        """Whether a channel was set up or used; any may be where the capture began after the set-up."""
        return channel in self.paths or (direction, channel) in self.channels or not self.paths

    def frame(self, direction: int, channel: int, data: bytes, start: int, end: int) -> None:
        """An interleaved frame (RFC 2326, 10.12); odd channels carry RTCP by convention."""
        sources = self.channels.get((direction, channel))
        if sources is None:
            if len(self.channels) >= CHANNELS or len(data) < 12 or data[0] >> 6 != 2:
                return
            sources = self.channels[direction, channel] = Sources()
        if not sources.by_ssrc and sources.track is not None and not sources.track.codec and len(data) > 1:
            sources.track = self._coded(data[1] & 127) or sources.track
        self._media(direction, channel, sources.packet(data, start, end))

    def _media(self, direction: int, channel: int, found: list[Message]) -> None:
        host, path = self.paths.get(channel, self.named)
        for message in found:
            message.direction, message.host, message.path = direction, host, path
            self.out.append(message)

    def said(self, message: Message) -> None:
        """A request or an answer."""
        key = (message.direction, message.header("cseq"))
        if not message.status:
            _locate(message)
            if len(self.pending) < PENDING:
                self.pending[key] = message
            if message.method == "ANNOUNCE":
                self._describe(message)
        else:
            request = self.pending.pop((1 - message.direction, key[1]), None)
            if request is not None:
                message.request = request
                message.method, message.host, message.path = request.method, request.host, request.path
            if message.method == "DESCRIBE" or message.content_type.startswith("application/sdp"):
                self._describe(message)
            elif message.status == 200 and (message.method == "SETUP" or _alone(message)):
                self._set_up(message)
        self.out.append(message)

    def _describe(self, message: Message) -> None:
        self.tracks = (parse(message.body) + self.tracks)[:TRACKS]

    def _track(self, path: str) -> Track:
        """The track whose control address ends the path of SETUP; the only one otherwise."""
        for track in self.tracks:
            if track.control and track.control != "*" and path.rstrip("/").endswith(_tail(track.control)):
                return track
        return self.tracks[0] if len(self.tracks) == 1 else Track()

    def _coded(self, payload_type: int) -> Track | None:
        """The track of a payload type, where its address is not known."""
        return next((track for track in self.tracks if track.payload_type == payload_type), None)

    def _set_up(self, message: Message) -> None:
        """Where the media of a track will flow (RFC 2326, 12.39)."""
        asked = message.request.header("transport") if message.request is not None else ""
        agreed = message.header("transport") or asked
        track = self._track(message.path)
        if channels := re.search(r"interleaved=(\d{1,3})", agreed):
            channel = int(channels[1])
            self.paths[channel] = (message.host, message.path) if message.path else self.named
            for direction in (UP, DOWN):
                if len(self.channels) < CHANNELS:
                    self.channels[direction, channel] = Sources(track)
            return
        recording = "record" in agreed.lower() or "record" in asked.lower()
        found = re.search(r"server_port=(\d{1,5})" if recording else r"client_port=(\d{1,5})", f"{agreed};{asked}")
        if found and 0 < int(found[1]) < 65536:
            listener = message.direction if recording else 1 - message.direction
            transfer = Transfer("SETUP", message.path, coding=track.text())
            message.fields[DATA_FLOW] = Said(NAME, listener, int(found[1]), UDP, transfer)


def _alone(message: Message) -> bool:
    """Whether an answer without its question agrees on channels of this connection."""
    return message.request is None and "interleaved=" in message.header("transport")


def _tail(control: str) -> str:
    return control.rstrip("/").rpartition("/")[2] if "://" in control else control.strip("/")


def _locate(message: Message) -> None:
    """Host and path of the address that a request names."""
    try:
        parts = urlsplit(message.path)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return
    if parts.scheme.startswith("rtsp"):
        message.host = host
        message.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

"""RTSP (RFC 2326, RFC 7826): the dialogue, and the media that is interleaved with it in one connection."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from netaudit.core.contracts.details import ControlDetails
from netaudit.protocols.expected import Said, Transfer
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, Opening
from netaudit.protocols.rtp.reader import NAME, Sources
from netaudit.protocols.rtp.sdp import Track, parse
from netaudit.protocols.rtsp.opening import TUNNELLED
from netaudit.protocols.rtsp.side import RtspSide

PENDING = 64  # requests that wait for an answer
UDP = 17  # IP protocol
CHANNELS = 32  # interleaved channels of a connection
TRACKS = 64


class RtspReader(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.out: list[Message] = []
        self.sides = (RtspSide(UP, self), RtspSide(DOWN, self))
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

    def feed_message(self, message: Message) -> None:
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
            message.details = ControlDetails(Said(NAME, listener, int(found[1]), UDP, transfer))


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

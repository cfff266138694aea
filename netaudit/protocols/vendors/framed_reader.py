"""What readers of device protocols share: frames in both directions, documents in them, pictures across them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from netaudit.protocols.cutting import Cutter, Found, Frame, Layout
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.vendors.payload import PayloadCarver

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges

Said = list[tuple[str, str]]  # fields and values that a message states of its sender


def midway(opening: Opening, layout: Layout, ports: tuple[int, ...]) -> Verdict:
    """Recognition of a connection that was under way before the capture began: on a usual port, a frame anywhere.

    Such connections stay open for days, and their first captured bytes mostly lie within a frame. NO where this does
    not apply; MORE until a frame is found, since the next bytes may have one.
    """
    if not opening.midstream or opening.upgrade or not {opening.client_port, opening.server_port} & set(ports):
        return Verdict.NO
    for data in (opening.up, opening.down):
        match = layout.mark.search(data)
        while match is not None:
            head = data[match.start() : match.start() + layout.head]
            if len(head) == layout.head and layout.size(head):
                turned = opening.client_port in ports and opening.server_port not in ports
                return Verdict.SWAPPED if turned else Verdict.YES
            match = layout.mark.search(data, match.start() + 1)
    return Verdict.MORE


class FramedReader(BaseReader):
    """Reads one connection; subclasses name the protocol, its layout, and say what a frame is."""

    name: str
    layout: Layout

    def __init__(self) -> None:
        self.cutters = (Cutter(self.layout), Cutter(self.layout))
        self.pictures = (PayloadCarver(UP, self.name), PayloadCarver(DOWN, self.name))

    def begin(self, opening: Opening) -> None:
        """Midway the first bytes may lie within a frame."""
        if opening.midstream:
            for cutter in self.cutters:
                cutter.begin_midway()

    @abstractmethod
    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """Messages of one frame; its binary payload goes through `carve`."""

    def astray(self, direction: int) -> list[Message]:  # noqa: ARG002
        """End what is under way in a direction: whole frames may have been lost there, or were not known as such."""
        return []

    def message(self, direction: int, frame: Frame, method: str, skip: int = 0) -> Message:
        """A message of one frame whose body begins `skip` bytes into it, or that has none (0)."""
        message = Message(self.name, direction, frame.start, frame.end, method=method)
        if skip:
            message.body, message.body_start = frame.data[skip:], frame.start + skip
            message.body_size = frame.size - skip
            message.missing = frame.holes(skip, len(frame.data))
            if frame.size > len(frame.data):
                message.unknown_from = len(message.body)
        message.complete = not frame.missing and frame.size == len(frame.data)
        if not message.complete and not message.missing and message.unknown_from is None and message.body:
            message.unknown_from = 0  # what is missing is in the head
        return message

    def carve(self, direction: int, frame: Frame, skip: int) -> list[Message]:
        """Images in the payload behind `skip` bytes, that may go on in the next frame."""
        return carve(self.pictures[direction], frame, skip)

    def _found(self, direction: int, found: list[Found]) -> list[Message]:
        out: list[Message] = []
        for one in found:
            if isinstance(one, Frame):
                out += self.frame(direction, one)
                if one.size > len(one.data):
                    out += self.astray(direction)
                continue
            out += self.astray(direction)
            if one.data:
                out += self._stray(direction, one.start, one.data)
            else:
                out += self._missed(direction, one.start, one.lost)
        return out

    def _missed(self, direction: int, start: int, length: int) -> list[Message]:
        """Bytes that were not captured, between frames."""
        return self.pictures[direction].hole(start, length)

    def _stray(self, direction: int, start: int, data: bytes) -> list[Message]:
        """Bytes between frames, of which an image may be that goes on in the next one."""
        return self.pictures[direction].rest(start, data)

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        return self._found(direction, self.cutters[direction].feed(offset, data))

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap within a frame is a hole in it."""
        return self._found(direction, self.cutters[direction].gap(offset, length))

    def finish(self) -> list[Message]:
        """Give frames and images that never ended."""
        out: list[Message] = []
        for direction in (UP, DOWN):
            out += self._found(direction, self.cutters[direction].finish())
            out += self.pictures[direction].cut()
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the frame or image under way."""
        return self.pictures[direction].needed_from(self.cutters[direction].start)


def carve(carver: PayloadCarver, frame: Frame, skip: int) -> list[Message]:
    """Hand a frame's payload to a carver, holes as holes."""
    out: list[Message] = []
    at = skip
    holes: Ranges = [(a, b) for a, b in frame.missing if b > skip]
    for first, last in holes:
        out += carver.data(frame.start + at, frame.data[at : max(first, at)])
        out += carver.hole(frame.start + max(first, at), last - max(first, at))
        at = last
    out += carver.data(frame.start + at, frame.data[at:])
    if frame.size > len(frame.data):
        out += carver.cut()
    return out
